// The audience page: its state, the figures of the edition, and the sections that the other files draw.

import { api, el, later, mayEdit, onNews, pageData, t, toast } from "./base.js";
import { number, percent } from "./chart.js";
import { completion, Episode, survival } from "./audience-curves.js";
import { claims, cohorts } from "./audience-back.js";
import { experiments, quality, why } from "./audience-why.js";

const page = pageData();
const $ = (id) => document.getElementById(id);
const sections = {};

function figure(word, definition, f, text, range, of) {
  return el("div", {}, el("dt", {}, word, " ", el("details.def", {}, el("summary", { "aria-label": t("What is {figure}?", { figure: word }) }, "?"), el("p", {}, definition))),
    el("dd", {}, el("b", {}, f.value === null ? "–" : text), el("small", {}, range), el("small", {}, of)));
}

function figures() {
  const e = page.editions.find((x) => x.name === page.edition);
  const range = (f, digits, times = 1) => (f.low === null ? t("too little to tell") : t("{low} to {high}", { low: number(times * f.low, digits), high: number(times * f.high, digits) }));
  const of = (n) => t("of {n} viewers", { n: number(n) });
  const found = [
    figure(t("Minutes a viewer"), t("Time played, in minutes, over all who started any episode; a second that was played twice counts twice. The interval is the normal one of a mean over viewers."), e.minutes_a_user, number(e.minutes_a_user.value, 2), range(e.minutes_a_user, 2), of(e.minutes_a_user.n)),
    figure(t("Completion"), t("Episodes of which a viewer reached 95 %, over the episodes they started, summed over viewers (delta method)."), e.completion, percent(e.completion.value), range(e.completion, 1, 100), of(e.completion.n)),
    figure(t("Finish the series"), t("Viewers who saw 90 % of the seconds of all episodes together, over all viewers (Wilson)."), e.completer_share, percent(e.completer_share.value), range(e.completer_share, 1, 100), of(e.completer_share.n)),
    figure(t("Held by a fifth"), t("The share of the time played that belongs to the fifth of the viewers who played most (bootstrap over viewers)."), e.top_viewers, percent(e.top_viewers.value, 0), range(e.top_viewers, 0, 100), of(e.top_viewers.n)),
  ];
  const wall = e.paywall;
  if (wall?.hazard) {
    const at = t("Stop at the paywall (episode {number})", { number: wall.first_locked });
    const passed = Object.entries(wall.passed_by).map(([kind, n]) => `${t(kind)} ${number(n)}`).join(", ");
    found.push(figure(at, t("Of those who watched the last free episode and had the time to go on, the share who did not. By the story alone would be the share that stopped at the three free ends before it."), wall.hazard, percent(wall.hazard.value),
      range(wall.hazard, 1, 100) + (wall.story_hazard ? ` · ${t("by the story alone {value}", { value: percent(wall.story_hazard.value) })}` : "") + (passed ? ` · ${t("passed by {kinds}", { kinds: passed })}` : ""), of(wall.hazard.n)));
  }
  $("kpis").replaceChildren(...found);
  const day = (at) => (at ? at.slice(0, 10) : "–");
  $("span").textContent = [
    t("{n} viewers", { n: number(e.viewers) }),
    t("{rows} events in all editions, {first} to {last} (UTC)", { rows: number(page.quality.rows), first: day(page.quality.first), last: day(page.quality.last) }),
  ].join(" · ");
}

// --- measuring ---------------------------------------------------------------------------------

let job = page.job;
function state(progress = "") {
  const box = $("state");
  const why = !page.measured ? t("There is viewing that was not measured yet.") : page.lake_changed ? t("Viewing came in since this was measured.")
    : page.findings_changed ? t("Lines were checked anew since this was measured; what they left beside may have changed.") : "";
  box.hidden = !why && !job;
  if (box.hidden) return;
  const button = el("button", { type: "button", disabled: job !== null, onclick: measure }, job ? progress || t("Measuring …") : page.measured ? t("Measure again") : t("Measure"));
  if (page.measured === false && mayEdit) button.className = "primary";
  box.replaceChildren(...[why && el("span", {}, why), mayEdit ? button : el("span.fine", {}, t("Somebody who may edit can measure it."))].filter(Boolean));
}
async function measure() {
  try {
    job = (await api("POST", "/api/audience")).job;
    state();
  } catch (error) {
    toast(error.message, "error");
  }
}
function news() {
  onNews("job", (event) => {
    if (event.id !== job) return;
    if (["done", "failed", "canceled"].includes(event.state)) {
      job = null;
      if (event.state === "done") return location.reload();
      if (event.error) toast(event.error, "error");
    }
    state(event.total ? t("Measuring, {done} of {total}", event) : "");
  });
  // What was missed while the stream was away: the job may be over.
  document.addEventListener("news-again", async () => {
    if (job && (await api("GET", `/api/jobs/${job}`).catch(() => ({ state: "done" }))).state === "done") location.reload();
  });
}

// --- begin -------------------------------------------------------------------------------------

state();
if (page.measured) {
  figures();
  const market = page.editions.find((e) => e.name === page.edition).market;
  const color = Object.fromEntries(page.editions.map((e, i) => [e.name, i % 6]));
  sections.survival = survival($("survival"), page, color, market);
  sections.completion = completion($("completion"), page, color, market);
  sections.episode = new Episode($("retention"), page, color);
  why(page);
  experiments($("tests"), page);
  cohorts($("weeks"), page);
  claims($("claimed"), page);
  quality($("rows"), page);
  $("edition").addEventListener("change", (event) => {
    location.assign(`/audience?edition=${encodeURIComponent(event.target.value)}&episode=${sections.episode.number}`);
  });
  // A definition closes when one goes elsewhere.
  document.addEventListener("click", (event) => {
    for (const open of document.querySelectorAll(".def[open]")) if (!open.contains(event.target)) open.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const open of document.querySelectorAll(".def[open]")) open.open = false;
  });
}
document.documentElement.dataset.ready = "audience";
performance.mark("ready");
later(news, 50)();
