// Beside what viewers left (a forest plot), experiments, and how good the data is.

import { clock, el, t } from "./base.js";
import { axes, band, number, path, percent, responsive, table, ticks } from "./chart.js";

const SURE = 0.05;
const $ = (id) => document.getElementById(id);
const told = (v, digits = 2) => (v === null || v === undefined ? "–" : number(v, digits));
const q = (v) => (v === null || v === undefined ? "–" : v < 0.001 ? "< 0.001" : number(v, 3));

/** A place on a logarithmic axis that holds all values, in percent of its width. */
function logAxis(values) {
  const logs = values.filter((v) => v > 0).map(Math.log);
  const reach = Math.min(Math.log(8), Math.max(Math.log(1.5), ...logs.map(Math.abs)) * 1.05);
  const at = (v) => Math.min(100, Math.max(0, 50 + (50 * Math.log(Math.max(v, 1e-9))) / reach));
  const marks = [0.125, 0.25, 0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 4, 8].filter((v) => Math.abs(Math.log(v)) <= reach);
  return { at, marks: marks.length > 7 ? marks.filter((v) => ![0.67, 0.8, 1.25, 1.5].includes(v)) : marks };
}

function onAxis(ratio, axis) {
  const low = axis.at(ratio.low ?? 1e-9), high = axis.at(ratio.high ?? 1e9);
  return el("div.onaxis", { "aria-hidden": "true" }, el("i.one", { style: { left: `${axis.at(1)}%` } }),
    el("i.range", { style: { left: `${low}%`, width: `${Math.max(0.5, high - low)}%` } }), el("i.value", { style: { left: `${axis.at(ratio.value)}%` } }));
}

const counted = (a) => {
  const n = number(a.exposed_s);
  if (a.level === "end") return a.exposed_s === 1 ? t("1 who finished") : t("{n} who finished", { n });
  return t("{n} viewer-seconds", { n });
};

function rows(list, axis) {
  const head = [t("What was there"), t("Hazard ratio"), t("95 % interval"), t("q-value"), t("Left there"), t("Out of")];
  const body = list.map((a) => {
    const h = a.hazard_ratio, sure = a.q_value !== null && a.q_value <= SURE;
    const where = a.episode === null ? (a.level === "end" ? t("{n} ends of episodes", { n: a.findings }) : a.findings === 1 ? t("1 place") : t("{n} places", { n: a.findings }))
      : t("episode {number}, {from} to {to}", { number: a.episode, from: clock(a.start_ms, true), to: clock(a.end_ms, true) });
    const name = a.link ? el("a", { href: a.link, title: t("Open this second on the timeline") }, t(a.kind)) : t(a.kind);
    return el(`tr${sure ? ".sure" : ""}`, { "data-level": a.level }, el("td", {}, name, " ", el("small", {}, where)),
      el("td.axis", {}, h.value === null ? el("small", {}, t("too little to compare")) : onAxis(h, axis)), el("td.num", {}, el("b", {}, told(h.value))),
      el("td.num", {}, h.value === null ? "–" : t("{low} to {high}", { low: told(h.low), high: h.high === null ? "∞" : told(h.high) })), el("td.num", {}, q(a.q_value)), el("td.num", {}, number(a.leaves)), el("td.num", {}, counted(a)));
  });
  const scale = el("span.axislabel", { "aria-hidden": "true" }, axis.marks.map((v) => el("i", { style: { left: `${axis.at(v)}%` } }, number(v, v < 1 && v !== 0.5 ? 2 : v % 1 ? 1 + (v === 1.25) : 0))));
  return el("table.figures", {}, el("caption.sr", {}, t("What stood on the screen when they left")),
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, head[0]), el("th.axis", { scope: "col" }, el("span", {}, t("associated with leaving less often ← 1 → more often")), scale),
      ...head.slice(1).map((x) => el("th.num", { scope: "col" }, x)))), el("tbody", {}, body));
}

/** The forest plot of the page's edition: kinds, ends and advertisements, then single places. */
export function why(page) {
  const w = page.why.find((x) => x.edition === page.edition);
  const forest = $("forest"), places = $("places");
  places.hidden = true;
  if (!w || w.problem) {
    forest.replaceChildren(el("p.dim", {}, w?.problem || t("Nothing was asked for this edition.")));
    return;
  }
  $("why-sum").textContent = t("{edition}: {leaves} leaves of {viewers} viewers; each row is “associated with”, never a cause", { edition: page.edition, leaves: number(w.leaves), viewers: number(w.viewers) });
  const kinds = w.associations.filter((a) => a.level !== "place"), single = w.associations.filter((a) => a.level === "place");
  const axis = logAxis(kinds.flatMap((a) => [a.hazard_ratio.low, a.hazard_ratio.value, a.hazard_ratio.high]).filter((v) => v !== null));
  const sure = single.filter((a) => a.q_value !== null && a.q_value <= SURE).length;
  forest.replaceChildren(kinds.length ? rows(kinds, axis) : el("p.dim", {}, t("No kind of finding stands in two places of this edition; the single places are below.")));
  if (single.length) {
    const wide = logAxis(single.flatMap((a) => [a.hazard_ratio.low, a.hazard_ratio.value, a.hazard_ratio.high]).filter((v) => v !== null));
    places.hidden = false;
    places.open = sure > 0 || !kinds.length;
    places.firstElementChild.textContent = t("Single places: {all}, told apart from chance: {sure}. Each leads to its second.", { all: single.length, sure });
    places.lastElementChild.replaceChildren(rows([...single].sort((a, b) => (a.q_value ?? 2) - (b.q_value ?? 2) || b.exposed_s - a.exposed_s), wide));
  }
  $("why-notes").replaceChildren(...w.notes.map((n) => el("li", {}, n)));
}

// --- experiments -------------------------------------------------------------------------------

/** Every experiment: its arms, and each metric's lift; the primary one as it stood day by day. */
export function experiments(box, page) {
  if (!page.experiments.length) {
    box.replaceChildren(el("p.dim", {}, t("No experiment yet: the exposures name none with two arms.")));
    return;
  }
  box.replaceChildren(...page.experiments.map((x) => {
    const head = el("h3", {}, x.name, " ", x.simulated ? el("span.chip.simulated", {}, t("simulated")) : null);
    if (x.problem) return el("div.experiment", {}, head, el("p.dim", {}, x.problem));
    const users = x.arms.reduce((sum, a) => sum + a.users, 0);
    const arms = el("p.fine", {}, x.arms.map((a) => t("{arm}: {users} users ({share}; planned {planned})", { arm: a.name, users: number(a.users), share: percent(users ? a.users / users : null), planned: percent(a.planned, 0) })).join(" · "),
      ` · ${t("sample ratio mismatch: p = {p}, refused below {threshold}", { p: told(x.srm_p, 3), threshold: told(x.srm_threshold, 2) })}`);
    if (x.refused) return el("div.experiment", {}, head, el("div", {}, el("p.refused", {}, t("No conclusion:"), " ", x.refused), arms), el("div"), notes(x));
    const primary = x.metrics.find((m) => m.primary && m.looks.length);
    const drawing = el("div.drawing");
    const list = table(t("Experiment {name}", { name: x.name }), [[t("Metric")], [t("Arm")], [t("Lift"), "num"], [t("Valid at every look"), "num"], [t("Verdict")], [t("Users"), "num"]],
      x.metrics.map((m) => [el("span", {}, t(m.metric), m.primary ? el("small", {}, ` ${t("primary")}`) : ""), el("span", {}, m.arm, " ", el("small", {}, t("against {arm}", { arm: m.against }))),
        signed(m.lift.value), m.lift.low === null ? "–" : t("{low} to {high}", { low: signed(m.lift.low), high: signed(m.lift.high) }), verdict(m), number(m.lift.n)]));
    const made = el("div.experiment", {}, head, el("div.scrolls", {}, list, arms), el("div", {}, primary ? el("p.fine", {}, t("Lift of {metric}, day by day", { metric: t(primary.metric) })) : null, drawing), notes(x));
    if (primary) queueMicrotask(() => looks(drawing, primary));
    return made;
  }));
}

const notes = (x) => el("ul.notes", {}, x.notes.map((n) => el("li", {}, n)));
const signed = (v) => (v === null || v === undefined ? "–" : `${v > 0 ? "+" : ""}${percent(v)}`.replace("-", "−"));

function verdict(m) {
  const { low, high } = m.lift;
  if (low === null || high === null) return t("too little to tell");
  return low > 0 ? t("more than {arm}", { arm: m.against }) : high < 0 ? t("less than {arm}", { arm: m.against }) : t("not told apart yet");
}

function looks(box, m) {
  const known = m.looks.filter((k) => k.low !== null && k.high !== null && k.value !== null);
  if (known.length < 2) return;
  const reach = Math.min(1, Math.max(...known.slice(Math.floor(known.length / 4)).flatMap((k) => [Math.abs(k.low), Math.abs(k.high)])) * 1.1);
  responsive(box, (width) => {
    const step = Math.max(1, Math.ceil((known.length * 44) / width));
    const ax = axes({ width, height: 150, x: [0, known.length - 1], y: [-reach, reach], xTicks: known.map((_, i) => i).filter((i) => i % step === 0), yTicks: ticks(-reach, reach, 4), xText: (i) => known[i].day.slice(5), yText: (v) => signed(v).replace(/[.,]0(?= )/, ""), left: 56, zero: true,
      label: t("Lift by day; at the end {value} ({low} to {high})", { value: signed(known.at(-1).value), low: signed(known.at(-1).low), high: signed(known.at(-1).high) }) });
    const at = (k) => known.map((x, i) => [ax.x(i), ax.y(Math.min(reach, Math.max(-reach, x[k])))]);
    ax.svg.append(el("svg:path.band.c0", { d: band(at("high"), at("low")) }), el("svg:path.line.c0", { d: path(at("value")) }));
    box.replaceChildren(ax.svg);
  });
}

// --- the data ----------------------------------------------------------------------------------

export function quality(box, page) {
  const d = page.quality;
  const fact = (word, value) => el("div", {}, el("dt", {}, word), el("dd", {}, value));
  const aside = d.quarantined.reduce((sum, r) => sum + r.rows, 0);
  const facts = el("dl.facts", {}, fact(t("Events taken"), number(d.rows)), fact(t("Of these simulated"), number(d.simulated_rows)), fact(t("Users"), number(d.users)), fact(t("Set aside"), number(aside)),
    fact(t("Sent twice, counted once"), number(d.repeated)), fact(t("Cut to the episode's end"), number(d.clipped)), fact(t("No people, left out"), number(d.bots)), fact(t("Their events"), number(d.bot_intervals)));
  const parts = [];
  if (d.quarantined.length) parts.push(table(t("Set aside"), [[t("Reason")], [t("Rows"), "num"], [t("What is wrong with them")]], d.quarantined.map((r) => [r.reason, number(r.rows), t(r.meaning)])));
  if (d.files.length) {
    const many = table(t("Files"), [[t("File")], [t("Rows"), "num"], [t("Taken"), "num"], [t("Sent twice"), "num"]], d.files.map((f) => [f.file || "–", number(f.rows), number(f.taken), number(f.repeated)]));
    parts.push(d.files.length > 8 ? el("details.more", {}, el("summary", {}, t("{n} files", { n: d.files.length })), many) : many);
  }
  if (!parts.length) parts.push(el("p.dim", {}, d.simulated_rows ? t("No file was imported: the rows were simulated here.") : t("Nothing was set aside.")));
  box.replaceChildren(facts, el("div.scrolls", {}, parts));
}
