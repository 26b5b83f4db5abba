// The drawings of the business page: ledger, money by day, places of the paywall, what it hangs on.

import { el, t } from "./base.js";
import { axes, band, number, path, percent, reader, responsive, table, ticks } from "./chart.js";

/** 2458.6 as "2,459"; small amounts keep four digits. With a currency in front where one is given. */
export function money(v, currency = "") {
  const size = Math.abs(v), digits = size >= 100 ? 0 : size >= 1 ? 2 : 4;
  return `${currency ? `${currency} ` : ""}${v < 0 ? "−" : ""}${number(size, digits)}`;
}
const short = (v) => {
  const size = Math.abs(v), sign = v < 0 ? "−" : "";
  return size >= 1e6 ? `${sign}${number(size / 1e6, size % 1e6 ? 1 : 0)}M` : size >= 1e4 ? `${sign}${number(size / 1e3)}k` : `${sign}${number(size, size && size < 2 ? 2 : 0)}`;
};
const drawing = (section) => section.querySelector(".drawing");
const kept = new Map();
/** Draws again for new values; the place is watched once. */
function draw(section, act) {
  const box = drawing(section);
  const before = kept.get(box);
  if (before) {
    before.act = act;
    before.again();
    return;
  }
  const one = { act };
  kept.set(box, one);
  one.again = responsive(box, (width) => one.act(width));
}

/** Line by line from nothing to the result. */
export function ledger(section, s) {
  const lines = s.ledger.map((x) => ({ ...x, amount: Number(x.amount) }));
  const steps = [];
  let sum = 0;
  for (const x of lines) {
    steps.push({ ...x, from: sum, to: sum + x.amount });
    sum += x.amount;
  }
  const all = [...steps.map((x) => x.to), 0, s.net.low, s.net.high, ...steps.flatMap((x) => [x.from + x.low, x.from + x.high])];
  draw(section, (width) => {
    const low = Math.min(...all), high = Math.max(...all, low + 1);
    const row = 26, height = (steps.length + 1) * row + 40, left = Math.min(230, width * 0.3);
    const ax = axes({ width, height, x: [low, high], y: [0, 1], xTicks: ticks(low, high, width / 110), yTicks: [], xText: short, left, label: t("From viewing to money: result {value}", { value: money(s.net.value, s.currency) }) });
    ax.svg.append(el("svg:line.grid.zero", { x1: ax.x(0), x2: ax.x(0), y1: ax.top - 4, y2: ax.bottom }));
    const bar = (i, kind, from, to, lowest, highest, name, value) => {
      const y = ax.top + i * row + 4, mid = y + 8;
      ax.svg.append(el("svg:text.name.end", { x: left - 10, y: y + 12 }, name),
        el(`svg:rect.${kind}`, { x: Math.min(ax.x(from), ax.x(to)), y, width: Math.max(1, Math.abs(ax.x(to) - ax.x(from))), height: 16, rx: 1 }, el("svg:title", {}, value)),
        el("svg:line.span", { x1: ax.x(lowest), x2: ax.x(highest), y1: mid, y2: mid }), ...[lowest, highest].map((v) => el("svg:line.span", { x1: ax.x(v), x2: ax.x(v), y1: mid - 3, y2: mid + 3 })));
      if (i < steps.length) ax.svg.append(el("svg:line.join", { x1: ax.x(to), x2: ax.x(to), y1: y + 16, y2: y + row }));
    };
    steps.forEach((x, i) => bar(i, x.amount < 0 ? "out" : "in", x.from, x.to, x.from + x.low, x.from + x.high, t(x.name), t("{value} ({low} to {high})", { value: money(x.amount), low: money(x.low), high: money(x.high) })));
    bar(steps.length, "sum", 0, s.net.value, s.net.low, s.net.high, t("Result"), t("{value} ({low} to {high})", { value: money(s.net.value), low: money(s.net.low), high: money(s.net.high) }));
    drawing(section).replaceChildren(ax.svg);
  });
  section.querySelector(".scrolls").replaceChildren(table(t("From viewing to money"), [[t("Line")], [t("Quantity"), "num"], [t("Rate"), "num"], [s.currency, "num"], [t("95 % interval"), "num"], [t("A thousand seconds"), "num"]],
    [...s.ledger.map((x) => [t(x.name), `${number(Number(x.quantity))} ${x.unit === s.currency ? s.currency : t(x.unit)}`, String(Number(x.each)), number(Number(x.amount), 2), t("{low} to {high}", { low: money(x.low), high: money(x.high) }), number(Number(x.a_thousand_seconds), 4)]),
      [t("Result"), "", "", number(Number(s.net_exact), 2), t("{low} to {high}", { low: money(s.net.low), high: money(s.net.high) }), ""]]));
}

let day = 0;
/** Money on the account by day, as quantiles of the draws. */
export function fan(section, s) {
  const days = s.fan, all = days.flatMap((d) => d.quantiles);
  draw(section, (width) => {
    const low = Math.min(0, ...all), high = Math.max(0, ...all);
    const ax = axes({ width, height: 260, x: [days[0].day, days.at(-1).day], y: [low, high || 1], xTicks: ticks(days[0].day, days.at(-1).day, width / 80), yTicks: ticks(low, high || 1, 5), yText: short, left: 54, zero: true });
    const at = (k) => days.map((d) => [ax.x(d.day), ax.y(d.quantiles[k])]);
    ax.svg.append(el("svg:path.band.c0", { d: band(at(4), at(0)) }), el("svg:path.band.c0.inner", { d: band(at(3), at(1)) }), el("svg:path.line.c0", { d: path(at(2)) }));
    const tell = (i) => [el("b", {}, t("Day {n}", { n: days[i].day })), el("span", {}, t("{value} ({low} to {high})", { value: money(days[i].quantiles[2], s.currency), low: money(days[i].quantiles[0]), high: money(days[i].quantiles[4]) }))];
    reader(drawing(section), ax, { label: t("Money by day"), count: days.length, start: day || days.length - 1, at: (i) => ax.x(days[i].day), tell: (i) => { day = i; return tell(i); }, said: (i) => tell(i).map((x) => x.textContent).join(": "), out: section.querySelector(".reads") });
  });
}

/** What every place of the paywall earns. */
export function places(section, s, choose) {
  section.hidden = !s.first_paid.length;
  if (section.hidden) return;
  const rows = s.first_paid;
  draw(section, (width) => {
    const low = Math.min(0, ...rows.map((p) => p.net.low)), high = Math.max(0, ...rows.map((p) => p.net.high));
    const step = Math.max(1, Math.ceil((rows.length * 28) / width));
    const ax = axes({ width, height: 260, x: [rows[0].episode - 0.5, rows.at(-1).episode + 0.5], y: [low, high || 1], xTicks: rows.map((p) => p.episode).filter((n, i) => i % step === 0), yTicks: ticks(low, high || 1, 5), yText: short, left: 54, zero: true });
    const here = rows.findIndex((p) => p.episode === s.first_paid_episode);
    if (here >= 0) ax.svg.append(el("svg:line.here", { x1: ax.x(rows[here].episode), x2: ax.x(rows[here].episode), y1: ax.top, y2: ax.bottom }));
    for (const p of rows) {
      const x = ax.x(p.episode);
      ax.svg.append(el("svg:line.whisker.c0", { x1: x, x2: x, y1: ax.y(p.net.low), y2: ax.y(p.net.high) }), el(`svg:circle.dot.c0${p.given ? "" : ".hollow"}`, { cx: x, cy: ax.y(p.net.value), r: 3.5 }));
    }
    const tell = (i) => [el("b", {}, t("From episode {number}", { number: rows[i].episode })), el("span", {}, t("{value} ({low} to {high})", { value: money(rows[i].net.value, s.currency), low: money(rows[i].net.low), high: money(rows[i].net.high) })),
      el("span.dim", {}, t("the best in {share} of the draws; {reach} reach it, {payers} of these pay", { share: percent(rows[i].chance_best, 0), reach: percent(rows[i].reach), payers: percent(rows[i].payers) })), rows[i].given ? null : el("span.dim", {}, t("a guess"))].filter(Boolean);
    reader(drawing(section), ax, { label: t("The first paid episode"), count: rows.length, start: Math.max(0, here), at: (i) => ax.x(rows[i].episode), tell, said: (i) => tell(i).map((x) => x.textContent).join(": "), open: (i) => choose(rows[i].episode), out: section.querySelector(".reads") });
  });
}

/** The widest bars first; all on one axis around the result. */
export function tornado(section, s) {
  const bars = s.sensitivity.slice(0, 12), mid = s.net.value;
  const ends = bars.flatMap((b) => [b.low, b.high]);
  const low = Math.min(mid, ...ends), high = Math.max(mid, ...ends);
  const at = (v) => (100 * (v - low)) / (high - low || 1);
  const rows = bars.map((b) => {
    const one = (v, kind) => el(`i${kind}`, { style: { left: `${Math.min(at(v), at(mid))}%`, width: `${Math.abs(at(v) - at(mid))}%` } });
    const name = /^Share who pay at the wall, episode (\d+)$/.exec(b.name);
    return [el("span", {}, name ? t("Share who pay at the wall, episode {number}", { number: name[1] }) : t(b.name), b.example ? el("span.chip.simulated", {}, t("example")) : ""),
      el("div.bar2", { "aria-hidden": "true" }, one(b.low, b.low > mid ? ".up" : ""), one(b.high, b.high > mid ? ".up" : ""), el("i.mid", { style: { left: `${at(mid)}%` } })), money(b.low), money(b.high), percent(b.share, 0)];
  });
  const made = table(t("What it hangs on"), [[t("Input")], [t("Result, in {currency}", { currency: s.currency }), "axis"], [t("At its low end"), "num"], [t("At its high end"), "num"], [t("Share of variance"), "num"]], rows);
  const more = s.sensitivity.length - bars.length;
  section.querySelector(".scrolls").replaceChildren(made, el("p.fine", {}, [more === 1 ? t("1 more changes less.") : more > 1 ? t("{n} more change less.", { n: more }) : "", t("{share} of the variance belongs to inputs together.", { share: percent(s.variance_together, 0) })].filter(Boolean).join(" ")));
}
