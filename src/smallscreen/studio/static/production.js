// The production page: strips by character or location, and what a scene needs and costs. Nothing is changed here.

import { el, pageData, t } from "./base.js";

const page = pageData();
const $ = (id) => document.getElementById(id);
const strips = new Map(page.strips.map((s) => [s.id, s]));
const rows = [...document.querySelectorAll("#board .strip")];
const money = (v) => Number(v).toLocaleString("en-US", { minimumFractionDigits: Number(v) % 1 ? 2 : 0, maximumFractionDigits: 2 });

// --- strips ------------------------------------------------------------------------------------

/** Shows the strips of a character and a location; moves are left out, for what lies between them may be hidden. */
function filter() {
  const person = $("person").value, place = $("place").value;
  let shown = 0;
  for (const row of rows) {
    row.hidden = Boolean((person && !row.dataset.cast.split(" ").includes(person)) || (place && row.dataset.place !== place));
    if (!row.hidden) shown += 1;
  }
  const all = !person && !place;
  for (const move of document.querySelectorAll("#board .move")) move.hidden = !all;
  for (const day of document.querySelectorAll("#board .day")) day.hidden = !day.querySelector(".strip:not([hidden])");
  $("count").textContent = all ? "" : t("{n} of {total} scenes", { n: shown, total: rows.length });
}

let current = null;
function tell(row) {
  if (row === current) return;
  current?.classList.remove("on");
  current = row;
  row.classList.add("on");
  const s = strips.get(row.dataset.scene);
  const line = (word, amount, strong) => el("tr", {}, el(strong ? "th" : "td", strong ? { scope: "row" } : {}, word), el("td.num", {}, strong ? el("b", {}, money(amount)) : money(amount)));
  $("told").replaceChildren(
    el("h3", {}, el("span", { dir: "auto" }, t("Scene {id}", { id: s.id })), el("span.dim", { dir: "auto" }, s.title)),
    ...(s.cast.length ? [el("p", { dir: "auto" }, s.cast.join(", "))] : []),
    ...(s.needs ? [el("p.dim", { dir: "auto" }, s.needs)] : []),
    ...(s.cost
      ? [el("table", {}, el("tbody", {},
        line(t("Its own"), s.cost.own), line(t("Shared with others"), s.cost.shared),
        line(`${t("Total")} (${page.currency})`, s.cost.total, true),
        ...s.cost.accounts.map(([name, amount]) => line(t(name), amount))))]
      : [el("p.dim", {}, t("It is in no plan, so it has no cost yet."))]));
}

// --- begin -------------------------------------------------------------------------------------

const handle = (row) => row.querySelector("a, button");
$("person").addEventListener("change", filter);
$("place").addEventListener("change", filter);
$("board").addEventListener("focusin", (event) => { const row = event.target.closest(".strip"); if (row) tell(row); });
$("board").addEventListener("pointerover", (event) => { const row = event.target.closest(".strip"); if (row) tell(row); });
$("board").addEventListener("keydown", (event) => {
  const row = event.target.closest(".strip");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!row || !step || event.ctrlKey || event.altKey || event.metaKey) return;
  const shown = rows.filter((r) => !r.hidden), next = shown[shown.indexOf(row) + step];
  if (next) { event.preventDefault(); handle(next).focus(); }
});
filter();
document.addEventListener("click", (event) => {
  for (const one of document.querySelectorAll(".def[open]")) if (!one.contains(event.target)) one.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") for (const one of document.querySelectorAll(".def[open]")) one.open = false;
});
document.documentElement.dataset.ready = "production";
performance.mark("ready");
