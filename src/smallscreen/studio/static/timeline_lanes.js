// The lanes of the timeline: one canvas that is as wide as the window, over a strip that is as wide as the time.
// Only what can be seen is drawn, so a film of 2,000 cues is as smooth as an episode of forty.
import { clock, el, t } from "./base.js";
import { draw, heights, itemAt, laneList } from "./timeline_draw.js";

const AXIS = 22;
const MOST = 600; // px a second
const SHARE = 0.58; // of the room on the right
const LONG = 240_000; // ms
const FIRST = 120_000;
const SMALL = 3; // px that a pointer may move and still be a click

export class Lanes extends EventTarget {
  #view;
  #hidden;
  #scale = 0.01; // px a ms
  #fitted = true;
  #tall = 1;
  #colors = {};
  #waiting = 0;
  #ms = 0;
  #after = [];

  /** `hidden`: ids of lanes that are not shown. Tells `seek` {ms, cue?} and `hidden` {hidden}. */
  constructor(view, hidden) {
    super();
    this.#hidden = new Set(hidden);
    this.canvas = el("canvas", { "aria-hidden": "true" });
    this.cursor = el("div.lanes-cursor");
    this.tip = el("div.lanes-tip", { hidden: true, "aria-hidden": "true" });
    this.window = el("div.lanes-window", { role: "slider", tabIndex: 0, "aria-label": t("Time"), "aria-valuemin": 0 }, this.canvas, this.cursor, this.tip);
    this.strip = el("div.lanes-strip", {}, this.window);
    // The window inside takes the focus; without -1 a scrolling box would be one more stop of the tab key.
    this.scroll = el("div.lanes-scroll", { tabIndex: -1 }, this.strip);
    this.heads = el("div.lanes-heads");
    this.node = el("div.lanes", {}, this.heads, this.scroll);
    this.scroll.addEventListener("scroll", () => this.#redraw());
    this.#pointer();
    this.scroll.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY / 300), this.#msAt(event.clientX));
    }, { passive: false });
    document.addEventListener("theme", () => this.#paint());
    this.set(view);
    new ResizeObserver(() => { this.#begin(); this.#resize(); }).observe(this.scroll);
    addEventListener("resize", () => this.#resize());
    this.#paint();
  }

  get hidden() { return [...this.#hidden]; }
  get lanes() { return this.all.filter((lane) => !this.#hidden.has(lane.id)); }
  /** px a second */
  get scale() { return this.#scale * 1000; }

  /** Another state of the episode. */
  set(view) {
    this.#view = view;
    this.all = laneList(view);
    this.window.setAttribute("aria-valuemax", view.duration_ms);
    this.#heads();
    this.#resize();
  }

  show(id, on) {
    if (on) this.#hidden.delete(id); else this.#hidden.add(id);
    this.dispatchEvent(new CustomEvent("hidden", { detail: { hidden: this.hidden } }));
    this.#heads();
    this.#resize();
  }

  /** Zoom by a factor; `around` (ms) stays where it is. */
  zoom(factor, around = this.#inSight(this.#ms) ? this.#ms : this.#msAt(this.scroll.getBoundingClientRect().left + this.scroll.clientWidth / 2)) {
    const x = around * this.#scale - this.scroll.scrollLeft;
    const least = this.#least();
    this.#scale = Math.min(MOST / 1000, Math.max(least, this.#scale * factor));
    this.#fitted = this.#scale <= least * 1.0001;
    this.#wide();
    this.scroll.scrollLeft = around * this.#scale - x;
    this.#redraw();
  }

  fit() { this.zoom(1e-9); }

  /** Move the cursor; with `follow` the strip keeps it in sight. `done` is called when it is painted. */
  time(ms, cue, follow = true, done = null) {
    this.#ms = ms;
    const changed = this.#cue !== cue;
    this.#cue = cue;
    if (done) this.#after.push(done);
    if (follow && !this.#inSight(ms)) this.scroll.scrollLeft = ms * this.#scale - this.scroll.clientWidth * 0.2;
    this.#place();
    if (changed || done) this.#redraw();
    this.window.setAttribute("aria-valuenow", Math.round(ms));
    if (changed) this.window.setAttribute("aria-valuetext", `${clock(ms)} ${cue?.draft || cue?.text || ""}`);
  }
  #cue = null;

  /** A long film begins with its first minutes in sight; whole, nothing could be read. */
  #begin() {
    if (this.#begun || !this.scroll.clientWidth) return;
    this.#begun = true;
    if (this.#view.duration_ms <= LONG) return;
    this.#fitted = false;
    this.#scale = this.scroll.clientWidth / FIRST;
    this.#wide();
    this.time(this.#ms, this.#cue);
  }
  #begun = false;

  // --- within --------------------------------------------------------------------------------

  #least() { return Math.max(20, this.scroll.clientWidth) / Math.max(1000, this.#view.duration_ms); }
  #msAt(clientX) { return (clientX - this.scroll.getBoundingClientRect().left + this.scroll.scrollLeft) / this.#scale; }
  #inSight(ms) {
    const x = ms * this.#scale - this.scroll.scrollLeft;
    return x >= 0 && x <= this.scroll.clientWidth - 8;
  }

  #heads() {
    this.heads.replaceChildren(el("div.lanes-head.axis", {}, ""), ...this.lanes.map((lane) => el("div.lanes-head", { title: lane.about },
      el("span", {}, lane.name),
      el("button.quiet", { type: "button", title: t("Hide this lane"), "aria-label": t("Hide the lane {name}", { name: lane.name }), onclick: () => this.show(lane.id, false) }, "×"))));
  }

  #resize() {
    // Where there is more room than the lanes need, they grow into it.
    const room = (this.node.closest("[data-tall]")?.clientHeight || 0) * SHARE;
    const plain = heights(this.lanes, 1).reduce((a, b) => a + b, 0);
    this.#tall = plain ? Math.min(1.7, Math.max(1, (room - AXIS - 16) / plain)) : 1;
    const each = heights(this.lanes, this.#tall);
    [...this.heads.children].forEach((node, i) => { node.style.height = `${i ? each[i - 1] : AXIS}px`; });
    this.#scale = this.#fitted ? this.#least() : Math.max(this.#scale, this.#least());
    this.#wide();
    this.#redraw();
  }

  #wide() {
    const high = AXIS + heights(this.lanes, this.#tall).reduce((a, b) => a + b, 0);
    const wide = this.scroll.clientWidth;
    this.strip.style.width = `${Math.max(wide, Math.round(this.#view.duration_ms * this.#scale))}px`;
    this.strip.style.height = this.window.style.height = `${high}px`;
    this.window.style.width = `${wide}px`;
    const ratio = devicePixelRatio || 1;
    if (this.canvas.width !== Math.round(wide * ratio) || this.canvas.height !== Math.round(high * ratio)) {
      this.canvas.width = Math.round(wide * ratio);
      this.canvas.height = Math.round(high * ratio);
      this.canvas.style.width = `${wide}px`;
      this.canvas.style.height = `${high}px`;
    }
  }

  #paint() {
    const style = getComputedStyle(document.documentElement);
    const names = ["bg", "card", "ink", "dim", "rule", "soft", "accent", "accent-soft", "on-accent", "error", "warning", "warning-soft", "note", "ok", "source", "edition", "grat", "reso", "hook", "care", "mark", "cue", "cue-on"];
    this.#colors = Object.fromEntries(names.map((n) => [n, style.getPropertyValue(`--${n}`).trim()]));
    this.#colors.font = getComputedStyle(document.body).fontFamily;
    this.#redraw();
  }

  #place() { this.cursor.style.transform = `translateX(${Math.round(this.#ms * this.#scale - this.scroll.scrollLeft)}px)`; }

  #redraw() {
    this.#waiting ||= requestAnimationFrame(() => {
      this.#waiting = 0;
      this.#place();
      const ratio = devicePixelRatio || 1;
      const ctx = this.canvas.getContext("2d");
      ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
      draw(ctx, {
        view: this.#view, lanes: this.lanes, heights: heights(this.lanes, this.#tall), axis: AXIS, colors: this.#colors,
        scale: this.#scale, left: this.scroll.scrollLeft, width: this.scroll.clientWidth, height: this.canvas.height / ratio, cue: this.#cue,
      });
      for (const done of this.#after.splice(0)) done();
    });
  }

  #hit(event) {
    const box = this.window.getBoundingClientRect();
    const ms = this.#msAt(event.clientX);
    let y = event.clientY - box.top - AXIS;
    const each = heights(this.lanes, this.#tall);
    for (const [i, lane] of this.lanes.entries()) {
      if (y >= 0 && y < each[i]) return { ms, lane, item: itemAt(this.#view, lane, ms, y / each[i], 3 / this.#scale) };
      y -= each[i];
    }
    return { ms, lane: null, item: null };
  }

  #pointer() {
    let from = null, moved = false;
    const seek = (event, cue = null) => this.dispatchEvent(new CustomEvent("seek", { detail: { ms: this.#msAt(event.clientX), cue, at: event.timeStamp } }));
    this.window.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      from = event.clientX;
      moved = false;
      this.window.setPointerCapture(event.pointerId);
      const { item } = this.#hit(event);
      seek(event, item?.cue || item?.cues?.[0] || item?.id || null);
    });
    this.window.addEventListener("pointermove", (event) => {
      if (from !== null) {
        moved ||= Math.abs(event.clientX - from) > SMALL;
        if (moved) seek(event);
      }
      this.#hint(event);
    });
    for (const end of ["pointerup", "pointercancel"]) this.window.addEventListener(end, () => { from = null; });
    this.window.addEventListener("pointerleave", () => { this.tip.hidden = true; });
  }

  #hint(event) {
    const { ms, lane, item } = this.#hit(event);
    const text = lane && item ? lane.tell(item, this.#view) : "";
    this.tip.hidden = false;
    this.tip.textContent = text ? `${clock(ms)}  \u2068${text}\u2069` : clock(ms);
    const box = this.window.getBoundingClientRect();
    const x = event.clientX - box.left, y = event.clientY - box.top;
    this.tip.style.left = `${Math.max(0, Math.min(x + 12, this.scroll.clientWidth - this.tip.offsetWidth - 4))}px`;
    this.tip.style.top = `${y + 18 + this.tip.offsetHeight > box.height ? Math.max(0, y - this.tip.offsetHeight - 8) : y + 18}px`;
  }
}
