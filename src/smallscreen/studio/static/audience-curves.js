// Survival over episodes, completion by episode, and retention by second: editions over each other.

import { api, clock, el, t, toast } from "./base.js";
import { axes, band, number, path, percent, reader, responsive, table, ticks } from "./chart.js";

const FIRST = 10; // the second that is read at first: most who leave at once have left
const range = (low, high) => t("{low} to {high}", { low: number(100 * low, 1), high: number(100 * high, 1) });
const found = (section, css) => section.querySelector(css);
const swatch = (c, dash) => el(`i.sw.c${c}${dash ? ".dash" : ""}`, { "aria-hidden": "true" });
const dashed = (name) => name.includes(".");

/** How many episodes are named on an axis of so many px. */
const named = (episodes, wide) => {
  const step = Math.max(1, Math.ceil((episodes.length * 30) / wide));
  return episodes.filter((n, i) => i % step === 0);
};

/** Buttons that show and hide editions; `act` draws again. Gives the set of those that are shown. */
function toggles(box, names, color, shown, act) {
  const on = new Set(shown);
  box.replaceChildren(...names.map((name) => el("button", {
    type: "button", "aria-pressed": String(on.has(name)),
    onclick: (event) => {
      if (on.has(name) && on.size > 1) on.delete(name);
      else on.add(name);
      event.currentTarget.setAttribute("aria-pressed", String(on.has(name)));
      act();
    },
  }, swatch(color[name], dashed(name)), name)));
  return on;
}

/** Kaplan and Meier over episodes, all editions over each other; the market's own stand out. */
export function survival(section, page, color, market) {
  const all = page.editions.filter((e) => e.survival);
  const last = Math.max(...all.map((e) => e.survival.episodes.at(-1))), first = Math.min(...all.map((e) => e.survival.episodes[0]));
  const episodes = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const box = found(section, ".drawing"), out = found(section, ".reads");
  let again = () => {};
  const on = toggles(found(section, ".keys"), all.map((e) => e.name), color, all.map((e) => e.name), () => again());
  const tell = (i) => [el("b", {}, t("Episode {number}", { number: episodes[i] })), ...all.filter((e) => on.has(e.name)).map((e) => {
    const s = e.survival, k = s.episodes.indexOf(episodes[i]);
    const said = k < 0 ? "–" : t("{value} ({range}), {n} at risk", { value: percent(s.survival[k]), range: range(s.low[k], s.high[k]), n: number(s.at_risk[k]) });
    return el("span", {}, swatch(color[e.name], dashed(e.name)), ` ${e.name} `, el("span.dim", {}, said));
  })];
  let kept = episodes.length - 1;
  again = responsive(box, (width) => {
    const ax = axes({ width, height: 300, x: [first, Math.max(last, first + 1)], y: [0, 1], xTicks: named(episodes, width), yTicks: ticks(0, 1, 5), yText: (v) => `${Math.round(100 * v)}%` });
    for (const wall of new Set(all.map((e) => e.paywall?.first_locked).filter((n) => n > first))) ax.svg.append(el("svg:line.wall", { x1: ax.x(wall - 0.5), x2: ax.x(wall - 0.5), y1: ax.top, y2: ax.bottom }), el("svg:text.tick", { x: ax.x(wall - 0.5) + 4, y: ax.top + 10 }, t("paywall")));
    const lines = [], bands = [];
    for (const e of all.filter((x) => on.has(x.name))) {
      const s = e.survival, faint = e.market === market ? "" : ".faint", at = (k) => s.episodes.map((n, i) => [ax.x(n), ax.y(s[k][i])]);
      bands.push(el(`svg:path.band.c${color[e.name]}${faint}`, { d: band(at("high"), at("low")) }));
      lines.push(el(`svg:path.line.c${color[e.name]}${faint}${dashed(e.name) ? ".dash" : ""}`, { d: path(at("survival")) }));
    }
    ax.svg.append(...bands, ...lines);
    reader(box, ax, { label: t("How far they come, by episode"), count: episodes.length, start: kept, at: (i) => ax.x(episodes[i]), tell: (i) => { kept = i; return tell(i); }, said: (i) => tell(i).map((x) => x.textContent).join("; "), out });
  });
  found(section, ".scrolls").replaceChildren(table(t("How far they come"), [[t("Edition")], [t("Episode"), "num"], [t("Would start it"), "num"], [t("95 % interval"), "num"], [t("At risk"), "num"], [t("Stopped there"), "num"], [t("Censored"), "num"]],
    all.flatMap((e) => e.survival.episodes.map((n, i) => [e.name, String(n), percent(e.survival.survival[i]), range(e.survival.low[i], e.survival.high[i]), number(e.survival.at_risk[i]), number(e.survival.events[i]), number(e.survival.censored[i])]))));
}

/** The share of starters who reached the end, the editions of a market beside each other. */
export function completion(section, page, color, market) {
  const all = page.editions;
  const numbers = [...new Set(all.flatMap((e) => e.episodes.map((r) => r.episode)))].sort((a, b) => a - b);
  const row = (e, n) => e.episodes.find((r) => r.episode === n);
  const box = found(section, ".drawing"), out = found(section, ".reads");
  let again = () => {};
  const on = toggles(found(section, ".keys"), all.map((e) => e.name), color, all.filter((e) => e.market === market).map((e) => e.name), () => again());
  const tell = (i) => [el("b", {}, t("Episode {number}", { number: numbers[i] })), ...all.filter((e) => on.has(e.name)).map((e) => {
    const f = row(e, numbers[i])?.completion;
    const said = f && f.value !== null ? t("{value} ({range}) of {n} starters", { value: percent(f.value), range: range(f.low, f.high), n: number(f.n) }) : "–";
    return el("span", {}, swatch(color[e.name], dashed(e.name)), ` ${e.name} `, el("span.dim", {}, said));
  })];
  let kept = 0;
  again = responsive(box, (width) => {
    const mine = all.filter((e) => on.has(e.name));
    const lows = mine.flatMap((e) => e.episodes.map((r) => r.completion.low)).filter((v) => v !== null);
    const floor = Math.max(0, Math.floor(Math.min(0.9, ...lows) * 10 - 0.001) / 10);
    const ax = axes({ width, height: 300, x: [numbers[0] - 0.5, numbers.at(-1) + 0.5], y: [floor, 1], xTicks: named(numbers, width), yTicks: ticks(floor, 1, 5), yText: (v) => `${Math.round(100 * v)}%` });
    const gap = Math.min(8, (ax.right - ax.left) / numbers.length / (mine.length + 1));
    mine.forEach((e, k) => {
      for (const r of e.episodes) {
        const f = r.completion, x = ax.x(r.episode) + (k - (mine.length - 1) / 2) * gap;
        if (f.value === null) continue;
        ax.svg.append(el(`svg:line.whisker.c${color[e.name]}`, { x1: x, x2: x, y1: ax.y(f.low), y2: ax.y(f.high) }), el(`svg:circle.dot.c${color[e.name]}`, { cx: x, cy: ax.y(f.value), r: Math.max(2, Math.min(3.5, gap / 2)) }));
      }
    });
    reader(box, ax, { label: t("Completion, by episode"), count: numbers.length, start: kept, at: (i) => ax.x(numbers[i]), tell: (i) => { kept = i; return tell(i); }, said: (i) => tell(i).map((x) => x.textContent).join("; "), out });
  });
  found(section, ".scrolls").replaceChildren(table(t("Completion by episode"), [[t("Edition")], [t("Episode"), "num"], [t("Completion"), "num"], [t("95 % interval"), "num"], [t("Starters"), "num"], [t("Seconds a play"), "num"], [t("95 % interval"), "num"], [t("Plays"), "num"]],
    all.flatMap((e) => e.episodes.map((r) => [e.name, String(r.episode), percent(r.completion.value), range(r.completion.low, r.completion.high), number(r.starters),
      number(r.average_view_duration.value, 1), t("{low} to {high}", { low: number(r.average_view_duration.low, 1), high: number(r.average_view_duration.high, 1) }), number(r.plays)]))));
}

/** Retention by second of one episode, in all editions of the market; a second leads to the timeline. */
export class Episode {
  constructor(section, page, color) {
    Object.assign(this, { section, page, color, data: page.retention, number: page.episode });
    this.editions = page.editions.filter((e) => e.market === page.retention.market);
    const mine = page.editions.find((e) => e.name === page.edition);
    this.numbers = mine.episodes.map((r) => r.episode);
    this.choice = document.getElementById("episode");
    this.choice.replaceChildren(...this.numbers.map((n) => el("option", { value: String(n), selected: n === this.number }, t("Episode {number}", { number: n }))));
    this.choice.addEventListener("change", () => this.go(Number(this.choice.value)));
    for (const [id, step] of [["before", -1], ["after", 1]]) {
      document.getElementById(id).addEventListener("click", () => this.go(this.numbers[this.numbers.indexOf(this.number) + step]));
    }
    this.box = found(section, ".drawing");
    this.on = toggles(found(section, ".keys"), this.editions.map((e) => e.name), color, this.editions.map((e) => e.name), () => this.again());
    this.second = FIRST;
    this.again = responsive(this.box, (width) => this.#draw(width));
    this.#buttons();
  }

  async go(number) {
    if (!number || number === this.number) return;
    try {
      this.data = await api("GET", `/api/audience/episodes/${number}?edition=${encodeURIComponent(this.page.edition)}`);
    } catch (error) {
      toast(error.message, "error");
      this.choice.value = String(this.number);
      return;
    }
    this.number = number;
    this.choice.value = String(number);
    this.second = FIRST;
    history.replaceState(null, "", `/audience?edition=${encodeURIComponent(this.page.edition)}&episode=${number}${location.hash}`);
    this.#buttons();
    this.again();
  }

  #buttons() {
    const i = this.numbers.indexOf(this.number);
    document.getElementById("before").disabled = i <= 0;
    document.getElementById("after").disabled = i >= this.numbers.length - 1;
  }

  #draw(width) {
    const { data, color } = this;
    const curves = data.curves.filter((c) => this.on.has(c.edition));
    const seconds = Math.max(...data.curves.map((c) => c.share.length), 1);
    const most = (c) => Math.max(1, Math.floor(0.95 * c.share.length));
    const floor = Math.max(0, Math.floor(Math.min(0.9, ...curves.flatMap((c) => c.low.slice(0, most(c)))) * 10 - 0.001) / 10);
    const lanes = [...curves.map((c) => c.edition), null];
    const high = 260 + lanes.length * 9;
    const ax = axes({ width, height: high + 24, x: [0, seconds], y: [floor, 1], xTicks: ticks(0, seconds, Math.min(12, width / 80)), yTicks: ticks(floor, 1, 5), xText: (v) => clock(v * 1000, true), yText: (v) => `${Math.round(100 * v)}%` });
    // The lanes of what stood on the screen lie between the curves and the axis.
    const over = ax.bottom - lanes.length * 9 - 4;
    const y = (v) => over - ((over - ax.top) * (Math.min(1, Math.max(floor, v)) - floor)) / (1 - floor);
    for (const [i, line] of [...ax.svg.querySelectorAll(".grid")].entries()) {
      const v = y(ticks(floor, 1, 5)[i]);
      line.setAttribute("y1", v);
      line.setAttribute("y2", v);
      line.nextSibling.setAttribute("y", v + 4);
    }
    for (const c of curves) {
      const at = (k) => c[k].map((v, s) => [ax.x(s + 0.5), y(v)]);
      ax.svg.append(el(`svg:path.band.c${color[c.edition]}`, { d: band(at("high"), at("low")) }));
    }
    for (const c of curves) ax.svg.append(el(`svg:path.line.c${color[c.edition]}${dashed(c.edition) ? ".dash" : ""}`, { d: path(c.share.map((v, s) => [ax.x(s + 0.5), y(v)])) }));
    for (const m of data.marks) {
      const lane = lanes.indexOf(m.edition);
      if (lane < 0) continue;
      const x = ax.x(m.start_ms / 1000);
      ax.svg.append(el(`svg:rect.mark.${m.edition === null ? "source" : `c${color[m.edition]}`}`, { x, y: over + 5 + lane * 9, width: Math.max(2, ax.x(m.end_ms / 1000) - x), height: 6, rx: 1 }));
    }
    this.read = reader(this.box, ax, {
      label: t("Retention by second, episode {number}", { number: this.number }), count: seconds, start: this.second, at: (s) => ax.x(s + 0.5),
      tell: (s) => { this.second = s; return this.#tell(s); }, said: (s) => this.#tell(s).map((x) => x.textContent).join("; "),
      open: (s) => location.assign(this.#link(s)), out: found(this.section, ".reads"),
    });
  }

  #tell(second) {
    const ms = second * 1000;
    const rows = this.data.curves.filter((c) => this.on.has(c.edition)).map((c) => {
      const said = second < c.share.length ? t("{value} ({range}), {viewers} of {n} starters", { value: percent(c.share[second]), range: range(c.low[second], c.high[second]), viewers: number(c.viewers[second]), n: number(c.starters) }) : "–";
      return el("span", {}, swatch(this.color[c.edition], dashed(c.edition)), ` ${c.edition} `, el("span.dim", {}, said), c.cuts > 1 ? el("span.dim", {}, ` ${t("(more than one cut)")}`) : null);
    });
    const here = this.data.marks.filter((m) => (m.edition === null || this.on.has(m.edition)) && m.start_ms < ms + 1000 && m.end_ms > ms);
    // One kind is told once, whatever number of editions has it.
    const kinds = [...new Set(here.map((m) => t(m.kind)))];
    return [el("b", {}, clock(ms, true)), ...rows, kinds.length ? el("span", {}, kinds.join(", ")) : null, this.data.simulated ? el("span.chip.simulated", {}, t("simulated")) : null].filter(Boolean);
  }

  #link(second) {
    const edition = this.page.editions.find((e) => e.name === this.page.edition).timeline;
    return `/episodes/${this.number}?${edition ? `edition=${encodeURIComponent(edition)}&` : ""}t=${second * 1000 + 1}`;
  }
}
