// A vertical player with an edition's subtitles drawn over the picture, where the platform leaves room for them.
//
//     const player = new Player({ durationMs, video, lines, platforms, platform, ... });
//     place.append(player.node);
//     player.addEventListener("time", (event) => event.detail.ms);
//     player.seek(62100); player.play(); player.step(-1);
//
// Without a video it runs on a clock of its own over a plain stage. Times are in ms, boxes are parts of the picture.
// It knows no page: everything it shows is given to it.
import { clock, el, t } from "./base.js";

const FAMILY = '"Noto Sans","Noto Sans Arabic","Noto Sans Thai","Noto Sans Devanagari","Noto Sans JP","Noto Sans KR","Noto Sans SC","Noto Sans CJK SC",system-ui,sans-serif';
const FASTEST = 8;
const BAND_GAP_MS = 600; // the band stays over shorter gaps, so that it does not blink

/** The last of `items` (in order of `start_ms`) that is on at `ms`; -1 where none is. */
export function indexAt(items, ms) {
  const i = lastStart(items, ms);
  // Where two overlap the later one shows; the earlier one again when that ends first.
  for (let j = i; j >= 0 && j > i - 4; j--) if (items[j].end_ms > ms) return j;
  return -1;
}

/** The last of `items` that has begun at `ms`; -1 before the first. */
export function lastStart(items, ms) {
  let low = 0, high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (items[middle].start_ms <= ms) low = middle + 1; else high = middle;
  }
  return low - 1;
}

export class Player extends EventTarget {
  #video = null;
  #broken = false;
  #ms = 0;
  #rate = 0; // 0 stands; else ms of the episode a ms of the clock
  #frame = 0;
  #last = 0;
  #wanted = null; // where the picture is still to go
  #shown = -2;
  #widths = new Map();
  #sizes = [];
  #measure = document.createElement("canvas").getContext("2d");

  /**
   * `video`: {url, textless, width, height, fps} or null. `lines` and `cues`: {start_ms, end_ms, text}, in order.
   * `platforms`: [{name, label, safe, text}], `platform` one of their names. `size`, `outline`, `leading`: see `set`.
   * `remember(key, value)` and `recall(key, otherwise)` keep the viewer's choices.
   */
  constructor(options) {
    super();
    this.options = {
      video: null, durationMs: 0, lines: [], cues: [], platforms: [], platform: "", locale: "en", direction: "ltr",
      size: 56 / 1080, outline: 0.075, leading: 1.3, burnedIn: null, remember() {}, recall: (key, otherwise) => otherwise,
      ...options,
    };
    const { video, recall } = this.options;
    this.textless = Boolean(video?.textless) && (recall("textless", true) || !video.url);
    this.#build();
    this.#load();
    new ResizeObserver(() => this.#layout()).observe(this.stage);
    this.#layout();
    this.#tell();
  }

  get ms() { return this.#ms; }
  get playing() { return this.#rate !== 0; }
  get rate() { return this.#rate; }
  get durationMs() { return this.options.durationMs; }
  get fps() { return this.options.video?.fps || 24; }

  /** Other lines, cues, platform or times: what is named is changed. */
  set(options) {
    Object.assign(this.options, options);
    this.#shown = -2;
    this.#widths.clear();
    this.range.max = this.options.durationMs;
    this.#layout();
    this.#tell();
  }

  seek(ms) {
    this.#ms = Math.min(Math.max(0, ms), this.durationMs);
    if (this.#video) this.#wanted = this.#ms;
    this.#follow();
    this.#tell();
  }

  /** `rate` 1 is the usual speed, negative runs back. */
  play(rate = 1) {
    if (this.#ms >= this.durationMs - 20 && rate > 0) this.seek(0);
    this.#rate = rate;
    this.#last = performance.now();
    if (this.#video && rate > 0) {
      this.#follow();
      this.#video.playbackRate = rate;
      this.#video.play().catch(() => { if (!this.#broken) this.pause(); });
    } else this.#video?.pause();
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame((now) => this.#tick(now));
    this.#state();
  }

  pause() {
    this.#rate = 0;
    this.#video?.pause();
    cancelAnimationFrame(this.#frame);
    this.#state();
  }

  toggle() { if (this.playing) this.pause(); else this.play(); }

  /** Faster in a direction: 1, 2, 4, 8 times. */
  shuttle(direction) {
    const same = Math.sign(this.#rate) === direction;
    this.play(same ? direction * Math.min(FASTEST, Math.abs(this.#rate) * 2) : direction);
  }

  /** Frames on, or back. */
  step(frames) {
    this.pause();
    const frame = Math.floor((this.#ms * this.fps) / 1000 + 1e-3);
    // A little inside the frame, or rounding shows the one before.
    this.seek(((frame + frames) * 1000) / this.fps + 1);
  }

  /** Show the platform's safe area. */
  showSafe(on = !this.safe.classList.contains("on")) {
    this.safe.classList.toggle("on", on);
    if (this.safeBox) this.safeBox.checked = on;
    this.options.remember("safe", on);
  }

  #build() {
    const o = this.options;
    this.subtitle = el("p.player-subtitle", { lang: o.locale, dir: o.direction });
    this.band = el("div.player-band");
    this.note = el("p.player-note");
    this.safe = el("div.player-safe", { "aria-hidden": "true" });
    this.stage = el("div.player-stage", { onclick: () => this.toggle() }, this.band, this.subtitle, this.safe, this.note);
    const [wide, high] = o.video ? [o.video.width, o.video.height] : [9, 16];
    this.stage.style.setProperty("--ratio", wide / high);
    this.button = el("button.player-play", { type: "button", onclick: () => this.toggle() });
    this.range = el("input.player-range", {
      type: "range", min: 0, max: o.durationMs, step: 100, value: 0, "aria-label": t("Time"), oninput: () => this.seek(Number(this.range.value)),
    });
    this.time = el("span.player-time");
    const choices = el("div.player-choices");
    if (o.video?.url && o.video.textless) choices.append(this.#check(t("Without the source’s subtitles"), this.textless, (on) => this.#choose(on)));
    if (o.platforms.length) {
      const on = o.recall("safe", false);
      const label = this.#check(t("Safe area"), on, (is) => this.showSafe(is));
      this.safeBox = label.querySelector("input");
      this.safe.classList.toggle("on", on);
      const pick = el("select", { "aria-label": t("Platform"), onchange: () => this.set({ platform: pick.value }) },
        o.platforms.map((p) => el("option", { value: p.name, selected: p.name === o.platform, title: t(p.label) }, t(p.label))));
      choices.append(label, pick);
    }
    this.node = el("div.player", {}, el("div.player-frame", {}, this.stage), el("div.player-bar", {}, this.button, this.range, this.time), choices);
  }

  #check(text, on, act) {
    const box = el("input", { type: "checkbox", checked: on, onchange: () => act(box.checked) });
    return el("label", {}, box, text);
  }

  #choose(textless) {
    this.textless = textless;
    this.options.remember("textless", textless);
    const playing = this.#rate;
    this.pause();
    this.#load();
    this.#layout();
    this.seek(this.#ms);
    if (playing) this.play(playing);
  }

  #load() {
    const { video } = this.options;
    const src = video && (this.textless ? video.textless : video.url);
    this.#video?.remove();
    this.#video = null;
    this.note.textContent = src ? "" : t("No video: the subtitles run on a clock.");
    if (!src) return;
    this.#broken = false;
    const node = el("video", { src, preload: "auto", playsInline: true, tabIndex: -1, "aria-label": t("The episode") });
    node.addEventListener("loadedmetadata", () => this.#follow());
    node.addEventListener("seeked", () => this.#follow());
    node.addEventListener("pause", () => { if (this.#rate > 0 && !node.ended && !node.seeking && node === this.#video) this.pause(); });
    node.addEventListener("error", () => {
      if (node !== this.#video) return;
      // A picture that this browser cannot decode: the clock goes on without it.
      this.#broken = true;
      this.#video = null;
      node.remove();
      this.note.textContent = t("This browser cannot show the video; the subtitles run on a clock.");
    });
    this.#video = node;
    this.#wanted = this.#ms || null;
    this.stage.prepend(node);
  }

  /** Bring the picture to where the time is; while it is on its way, only the newest place is kept. */
  #follow() {
    const v = this.#video;
    if (!v || this.#wanted === null || v.readyState < 1 || v.seeking) return;
    const to = this.#wanted / 1000;
    this.#wanted = null;
    if (Math.abs(v.currentTime - to) > 0.001) v.currentTime = Math.min(to, v.duration || to);
  }

  #tick(now) {
    const v = this.#video;
    const passed = (now - this.#last) * this.#rate;
    this.#last = now;
    const shows = v && this.#rate > 0 && !v.ended && v.readyState >= 2;
    if (shows && this.#wanted === null && !v.seeking) this.#ms = v.currentTime * 1000;
    else if (!v || this.#rate < 0 || v.ended) {
      this.#ms += passed;
      if (v && this.#rate < 0) { this.#wanted = Math.max(0, this.#ms); this.#follow(); }
    }
    if (this.#ms >= this.durationMs || this.#ms <= 0 && this.#rate < 0) {
      this.#ms = Math.min(Math.max(0, this.#ms), this.durationMs);
      this.pause();
    }
    this.#tell();
    if (this.#rate) this.#frame = requestAnimationFrame((next) => this.#tick(next));
  }

  #state() {
    this.button.textContent = this.playing ? "❚❚" : "▶";
    this.button.setAttribute("aria-label", this.playing ? t("Pause") : t("Play"));
    this.button.title = this.playing ? t("Pause") : t("Play");
    this.#clock();
    this.dispatchEvent(new CustomEvent("state", { detail: { playing: this.playing, rate: this.#rate } }));
  }

  #clock() {
    const text = `${clock(this.#ms)} / ${clock(this.durationMs, true)}${Math.abs(this.#rate) > 1 || this.#rate < 0 ? ` ${this.#rate}×` : ""}`;
    if (this.time.textContent !== text) {
      this.time.textContent = text;
      this.range.value = this.#ms;
      this.range.setAttribute("aria-valuetext", clock(this.#ms));
    }
  }

  #tell() {
    this.#clock();
    if (!this.button.textContent) this.#state();
    this.#draw();
    this.dispatchEvent(new CustomEvent("time", { detail: { ms: this.#ms } }));
  }

  // --- the subtitle, set as the package's video sets it --------------------------------------

  /** The room for subtitles in px of the stage. */
  #room() {
    const { clientWidth: w, clientHeight: h } = this.stage;
    const place = this.options.platforms.find((p) => p.name === this.options.platform);
    const box = w > h ? [0.1, 0.68, 0.9, 0.93] : place?.text || [0.05, 0.667, 0.95, 0.95];
    return [box[0] * w, box[1] * h, box[2] * w, box[3] * h];
  }

  #taken() {
    const { burnedIn, video } = this.options;
    if (!burnedIn || !this.#video || (this.textless && video.textless)) return null;
    const { clientWidth: w, clientHeight: h } = this.stage;
    return [burnedIn[0] * w, burnedIn[1] * h, burnedIn[2] * w, burnedIn[3] * h];
  }

  #layout() {
    const { lines, size, outline, leading } = this.options;
    const { clientWidth: w, clientHeight: h } = this.stage;
    const room = this.#room();
    const wish = Math.min(w, h) * size;
    this.#measure.font = `500 100px ${FAMILY}`;
    const edge = 2 * (wish * outline + 1);
    const fitting = lines.map((line) => {
      const rows = line.text.split("\n");
      let width = this.#widths.get(line.text);
      if (width === undefined) this.#widths.set(line.text, width = Math.max(1, ...rows.map((r) => this.#measure.measureText(r).width)) / 100);
      return wish * Math.min(1, (room[2] - room[0] - edge) / (width * wish), (room[3] - room[1] - edge) / (leading * wish * rows.length));
    });
    // One size for all; the widest twentieth is set smaller by itself, rather than the whole episode with it.
    const common = Math.min(wish, [...fitting].sort((a, b) => a - b)[Math.floor(lines.length / 20)] ?? wish);
    this.#sizes = fitting.map((s) => Math.max(4, Math.min(common, s)));
    this.#overlay();
    this.#shown = -2;
    this.#draw();
  }

  #draw() {
    const { lines, cues, outline, leading } = this.options;
    const at = indexAt(lines, this.#ms);
    const taken = this.#taken();
    if (taken) {
      const c = lastStart(cues, this.#ms + 42);
      const near = c >= 0 && (cues[c].end_ms + 42 > this.#ms || (cues[c + 1] && cues[c + 1].start_ms - cues[c].end_ms <= BAND_GAP_MS));
      this.band.classList.toggle("on", Boolean(near));
    } else this.band.classList.remove("on");
    if (at === this.#shown) return;
    this.#shown = at;
    this.subtitle.textContent = at < 0 ? "" : lines[at].text;
    if (at < 0) return;
    const room = this.#room();
    const size = this.#sizes[at];
    const style = this.subtitle.style;
    style.fontSize = `${size}px`;
    style.lineHeight = leading;
    style.webkitTextStrokeWidth = `${size * outline * 2}px`;
    const high = size * leading * lines[at].text.split("\n").length;
    let bottom = room[3], middle = (room[0] + room[2]) / 2;
    if (taken && taken[1] < room[3] && taken[3] > room[1]) {
      bottom = Math.min(Math.max((taken[1] + taken[3] + high) / 2, room[1] + high), room[3]);
      middle = (taken[0] + taken[2]) / 2;
    }
    style.left = `${middle}px`;
    style.top = `${bottom - high}px`;
  }

  /** The band over the source's subtitles, the safe area, and where the platform's own buttons and words stand. */
  #overlay() {
    const { burnedIn, platforms, platform } = this.options;
    const place = (node, box) => Object.assign(node.style, {
      left: `${box[0] * 100}%`, top: `${box[1] * 100}%`, width: `${(box[2] - box[0]) * 100}%`, height: `${(box[3] - box[1]) * 100}%`,
    });
    if (burnedIn) place(this.band, burnedIn);
    const p = platforms.find((x) => x.name === platform);
    this.safe.replaceChildren();
    if (!p) return;
    const inside = el("div.player-inside"), text = el("div.player-room");
    place(inside, p.safe);
    place(text, p.text);
    this.safe.append(inside, text);
    if (p.name === "none") return;
    const right = Math.min(p.text[2], p.safe[2]);
    for (let i = 0; i < 4; i++) {
      const button = el("div.player-button");
      place(button, [right + (1 - right) / 2 - 0.045, 0.5 + i * 0.075, right + (1 - right) / 2 + 0.045, 0.5 + i * 0.075 + 0.05]);
      this.safe.append(button);
    }
    for (const [i, width] of [0.3, 0.62, 0.5].entries()) {
      const words = el("div.player-words");
      place(words, [0.06, p.safe[3] + 0.1 + i * 0.045, 0.06 + width, p.safe[3] + 0.1 + i * 0.045 + 0.014]);
      this.safe.append(words);
    }
  }
}
