// The business page: sliders within their ranges, and a scenario that is computed anew while they move.

import { api, el, pageData, t, toast } from "./base.js";
import { number, percent, table } from "./chart.js";
import { fan, ledger, money, places, tornado } from "./business-draw.js";

const page = pageData();
const $ = (id) => document.getElementById(id);
let model = page.model, scenario = page.scenario, changes = {};

// --- sliders -----------------------------------------------------------------------------------

/** Enough steps for a hand, and none finer than what the range can tell. */
const steps = (low, high) => (high > low ? (high - low) / 200 : 1);
const shown = (s, v) => (s.kind === "share" ? percent(v) : s.kind === "money" ? money(v, s.currency) : number(v, v < 10 ? 2 : 0));

function slide({ id, name, help, low, mid, high, step, text, example, source }) {
  const out = el("output", {}, text(changes[id] ?? mid));
  const input = el("input", {
    type: "range", id: `s-${id}`, min: String(low), max: String(high), step: String(step), "aria-describedby": `d-${id}`,
    oninput: () => {
      const v = Number(input.value);
      if (Math.abs(v - mid) <= step / 2) delete changes[id];
      else changes[id] = v;
      out.textContent = text(changes[id] ?? mid);
      input.setAttribute("aria-valuetext", out.textContent);
      box.classList.toggle("moved", id in changes);
      ask();
    },
  });
  // Its value can only be set when its ends are.
  input.value = String(changes[id] ?? mid);
  input.setAttribute("aria-valuetext", out.textContent);
  const box = el(`div.slide${id in changes ? ".moved" : ""}`, { "data-id": id, title: source ? t("{help} Source: {source}", { help, source }) : help },
    el("div.what", {}, el("label", { htmlFor: `s-${id}` }, name, example ? el("span.chip.simulated", {}, t("example")) : null), out), input,
    el("div.ends", { id: `d-${id}` }, el("span", {}, text(low)), el("span", {}, text(high))));
  return box;
}

function sliders() {
  const first = page.episodes.find((n) => n > page.episodes[0]), last = page.episodes.at(-1);
  const own = [slide({ id: "viewers", name: t("Viewers who arrive"), help: t("As many as were measured, up to ten times as many."), low: Math.min(page.viewers, 100), mid: page.viewers, high: Math.max(1000, page.viewers * 10), step: 1, text: (v) => number(v) })];
  if (model !== "free" && last > first) {
    own.push(slide({ id: "first_paid_episode", name: t("First paid episode"), help: t("Without a choice it is the file's, else the best one."), low: first, mid: page.scenario?.model === model ? page.scenario.first_paid_episode : first, high: last, step: 1, text: (v) => String(v) }));
  }
  $("sliders").replaceChildren(...own, ...(page.sliders[model] || []).map((s) => slide({ ...s, name: t(s.name), help: `${t(s.help)} (${t(s.unit)})`, step: steps(s.low, s.high), text: (v) => shown(s, v) })));
}

// --- asking ------------------------------------------------------------------------------------

let running = false, again = false;
/** One request at a time; the last position of the slider is always computed. */
async function ask() {
  if (running) { again = true; return; }
  running = true;
  const since = performance.now();
  try {
    scenario = await api("POST", "/api/business/scenario", { edition: page.edition, model, changes });
    draw();
    performance.measure("slider-to-scenario", { start: since, end: performance.now() });
  } catch (error) {
    toast(error.message, "error");
  } finally {
    running = false;
  }
  if (again) { again = false; ask(); }
}

// --- what comes of it --------------------------------------------------------------------------

const span = (e) => t("{low} to {high}", { low: money(e.low), high: money(e.high) });
function figure(word, definition, value, small, kind = "") {
  return el("div", {}, el("dt", {}, word, " ", el("details.def", {}, el("summary", { "aria-label": t("What is {figure}?", { figure: word }) }, "?"), el("p", {}, definition))), el("dd", {}, el(`b${kind}`, {}, value), el("small", {}, small[0]), el("small", {}, small[1])));
}

function draw() {
  const s = scenario, days = (v) => (v === null ? t("never") : t("day {n}", { n: number(v) }));
  const open = document.querySelector("#kpis .def[open]") !== null;
  if (!open) {
    $("kpis").replaceChildren(
      figure(t("Result"), t("The sum of the ledger with everything at its most likely value; the interval holds 95 % of the draws."), money(s.net.value, s.currency), [span(s.net), t("from {n} viewers", { n: number(s.viewers) })], s.net.value < 0 ? ".loss" : ""),
      figure(t("Chance of a loss"), t("The share of the draws whose result is below zero."), percent(s.loss_chance, 0), [t("of {n} draws", { n: number(s.draws) }), t("rates within their ranges")]),
      figure(t("Break-even cost of a viewer"), t("What an arriving viewer brings after platform and taxes: a bought viewer may cost that much."), money(s.break_even.value, s.currency), [span(s.break_even), t("a bought viewer")]),
      figure(t("Paid back"), t("The first day on which a bought viewer's money covers what the viewer cost, in the middle of the draws."), days(s.payback.day), [t("{low} to {high}", { low: days(s.payback.day_low), high: days(s.payback.day_high) }), t("pays back in {share} of the draws", { share: percent(s.payback.chance, 0) })]),
      ...(s.first_paid_episode === null ? [] : [figure(t("First paid episode"), t("Where the paywall stands, and who said so."), String(s.first_paid_episode), [t(s.first_paid_from), ""])]));
  }
  $("told").textContent = t("Result {value}, {low} to {high}", { value: money(s.net.value, s.currency), low: money(s.net.low), high: money(s.net.high) });
  ledger($("ledger"), s);
  fan($("fan"), s);
  places($("places"), s, (episode) => {
    changes.first_paid_episode = episode;
    sliders();
    ask();
  });
  tornado($("tornado"), s);
  used(s);
  $("notes").replaceChildren(...s.notes.map((n) => el("li", {}, t(n))));
}

function used(s) {
  const rate = (r) => {
    const kind = r.unit.startsWith("of ") ? "share" : r.currency ? "money" : "number";
    const text = (v) => shown({ kind, currency: r.currency }, Number(v));
    return [el("span", {}, t(r.name), r.example ? el("span.chip.simulated", {}, t("example")) : "", r.changed ? el("span.chip", {}, t("moved")) : ""), text(r.low), text(r.mid), text(r.high), t(r.unit), r.date, el("span", { dir: "auto" }, r.source, r.note ? el("small", {}, ` ${r.note}`) : "")];
  };
  document.querySelector("#used .scrolls").replaceChildren(
    table(t("Rates"), [[t("Rate")], [t("Low"), "num"], [t("Most likely"), "num"], [t("High"), "num"], [t("Unit")], [t("Date")], [t("Source")]], s.rates.map(rate)),
    table(t("Measures"), [[t("Measure")], [t("Low"), "num"], [t("Value"), "num"], [t("High"), "num"], [t("Counted on"), "num"]],
      s.measures.map((m) => [m.name, number(m.low, m.low < 10 ? 3 : 1), number(m.value, m.value < 10 ? 3 : 1), number(m.high, m.high < 10 ? 3 : 1), number(m.n)])));
}

// --- begin -------------------------------------------------------------------------------------

if (scenario) {
  sliders();
  draw();
  for (const radio of document.querySelectorAll("[name=model]")) {
    radio.addEventListener("change", async () => {
      model = radio.value;
      changes = Object.fromEntries(Object.entries(changes).filter(([id]) => id === "viewers" || page.sliders[model].some((s) => s.id === id)));
      history.replaceState(null, "", `/business?edition=${encodeURIComponent(page.edition)}&model=${model}`);
      await ask();
      if (!Object.keys(changes).length) page.scenario = scenario;
      sliders();
    });
  }
  $("reset").addEventListener("click", () => { changes = {}; sliders(); ask(); });
  $("rates").addEventListener("submit", (event) => event.preventDefault());
  $("edition").addEventListener("change", (event) => location.assign(`/business?edition=${encodeURIComponent(event.target.value)}&model=${model}`));
  document.addEventListener("click", (event) => {
    for (const one of document.querySelectorAll(".def[open]")) if (!one.contains(event.target)) one.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") for (const one of document.querySelectorAll(".def[open]")) one.open = false;
  });
}
document.documentElement.dataset.ready = "business";
performance.mark("ready");
