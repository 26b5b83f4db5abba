// The series page: one line per edition, the matrix of episodes by editions, filters, live news.

import { api, el, later, onNews, pageData, prefs, t, toast, who } from "./base.js";
import { describe, Matrix } from "./series-matrix.js";
import { Search } from "./series-search.js";

const $ = (id) => document.getElementById(id);
const phone = matchMedia("(max-width: 720px)");
const FRESH_MS = 3000; // the page asks again at most this often, however many people write

let page = pageData();
const chosen = {
  errors: prefs.get("series.errors", false),
  open: prefs.get("series.open", false),
  variants: prefs.get("series.variants", false),
  only: prefs.get("series.only", null),
};
const matrix = new Matrix($("matrix"), {
  open: (edition, episode) => location.assign(workbench(edition, episode)),
  timeline: (edition, episode) => location.assign(timeline(edition, episode)),
  workbench,
  timelineLink: timeline,
});
new Search({ input: $("find"), list: $("found"), status: $("found-count"), edition: () => matrix.at?.edition });

function workbench(edition, episode) {
  return `/editions/${encodeURIComponent(edition)}/episodes/${episode}`;
}
function timeline(edition, episode) {
  return `/episodes/${episode}${edition ? `?edition=${encodeURIComponent(edition)}` : ""}`;
}

/** The editions that are shown: all main ones, variants when asked for; one alone on a phone. */
function shown() {
  const some = page.editions.filter((e) => chosen.variants || e.variant === "main");
  const list = some.length ? some : page.editions;
  if (!phone.matches) return list;
  return [list.find((e) => e.name === chosen.only) || list[0]].filter(Boolean);
}

function kept(editions) {
  return page.episodes.filter((episode) => {
    const cells = editions.map((e) => page.cells[e.name][episode.number]);
    if (chosen.errors && !cells.some((c) => c.errors)) return false;
    return !(chosen.open && cells.length && cells.every((c) => c.cues && c.approved >= c.cues));
  });
}

function draw() {
  const editions = shown();
  const episodes = kept(editions);
  const minutes = Math.round(page.episodes.reduce((sum, e) => sum + e.duration_ms, 0) / 60000);
  const cues = page.episodes.reduce((sum, e) => sum + e.cues, 0);
  const n = page.episodes.length, m = page.editions.length;
  $("sum").textContent = [
    n === 1 ? t("1 episode") : t("{n} episodes", { n }),
    minutes === 1 ? t("1 minute") : t("{n} minutes", { n: minutes }),
    cues === 1 ? t("1 cue") : t("{n} cues", { n: cues.toLocaleString() }),
    m === 1 ? t("1 edition") : t("{n} editions", { n: m }),
  ].join(" · ");
  drawEditions();
  matrix.draw(page, editions, episodes);
  $("rows").textContent = episodes.length === page.episodes.length ? "" :
    t("{shown} of {all} episodes", { shown: episodes.length, all: page.episodes.length });
  for (const one of document.querySelectorAll(".legend .arcs")) one.hidden = !page.reader;
  const seen = Object.values(page.cells).flatMap((row) => Object.values(row)).filter((c) => c.completion);
  const rates = document.querySelector(".legend .rates");
  rates.hidden = !seen.length;
  rates.lastElementChild.hidden = !seen.some((c) => c.completion.simulated);
}

// --- one line per edition --------------------------------------------------------------------

function drawEditions() {
  const all = page.editions.filter((e) => chosen.variants || e.variant === "main");
  const rows = (all.length ? all : page.editions).map((edition) => {
    const sum = edition.total;
    const name = el("a.name", { href: `/editions/${encodeURIComponent(edition.name)}/brief`, title: edition.title || edition.name }, edition.name);
    return el("div.edition", { "data-edition": edition.name }, name, strip(edition), share(t("drafted"), sum.drafted, sum.cues),
      share(t("checked"), sum.checked, sum.cues), share(t("approved"), sum.approved, sum.cues),
      el("span.count", {}, sum.errors ? el("b.error", { title: t("open errors") }, `● ${sum.errors.toLocaleString()}`) : el("span.dim", { title: t("open errors") }, "● 0")),
      el("span.count", {}, sum.warnings ? el("b.warning", { title: t("open warnings") }, `▲ ${sum.warnings.toLocaleString()}`) : el("span.dim", { title: t("open warnings") }, "▲ 0")));
  });
  if (!rows.length) rows.push(el("p.dim", {}, t("There is no edition yet; smallscreen localize makes one.")));
  $("editions").replaceChildren(...rows);
}

const percent = (part, of) => {
  if (!of) return "–";
  const share = (100 * part) / of;
  // 99.9 % is not all of it, and one line is not none.
  return `${part && share < 1 ? "<1" : part < of && share > 99 ? ">99" : Math.round(share)}%`;
};

function share(word, part, of) {
  return el("span.share", { title: `${part.toLocaleString()} / ${of.toLocaleString()}` }, el("b", {}, percent(part, of)), ` ${word}`);
}

/** All episodes of an edition as ticks: how far each is, and below it the worst that is open. */
function strip(edition) {
  const cells = page.cells[edition.name];
  const width = 10, n = page.episodes.length;
  const box = el("svg:svg.strip", { viewBox: `0 0 ${n * width} 18`, preserveAspectRatio: "none", role: "img" });
  const bad = page.episodes.filter((e) => cells[e.number].errors).length;
  box.setAttribute("aria-label", t("{edition}: {bad} of {all} episodes have open errors", { edition: edition.name, bad, all: n }));
  page.episodes.forEach((episode, i) => {
    const c = cells[episode.number];
    const rect = (kind, y, height) => height > 0 && el(`svg:rect.${kind}`, { x: i * width + 0.5, width: width - 1, y, height });
    const up = (k) => (c.cues ? (13 * Math.min(c[k], c.cues)) / c.cues : 0);
    box.append(el("svg:g", { "data-episode": episode.number },
      el("svg:title", {}, describe(edition.name, episode, c)),
      rect("back", 0, 13), rect("drafted", 13 - up("drafted"), up("drafted")), rect("checked", 13 - up("checked"), up("checked")),
      rect("approved", 13 - up("approved"), up("approved")), rect(c.errors ? "error" : c.warnings ? "warning" : "none", 14, 4)));
  });
  box.addEventListener("click", (event) => {
    const episode = Number(event.target.closest("g")?.dataset.episode);
    if (episode) matrix.focus(edition.name, episode);
  });
  return box;
}

// --- controls --------------------------------------------------------------------------------

function controls() {
  for (const [id, key] of [["with-errors", "errors"], ["not-approved", "open"], ["variants", "variants"]]) {
    $(id).checked = chosen[key];
    $(id).addEventListener("change", () => {
      chosen[key] = $(id).checked;
      prefs.set(`series.${key}`, chosen[key]);
      draw();
    });
  }
  $("variants-label").hidden = !page.editions.some((e) => e.variant !== "main");
  $("only").replaceChildren(...page.editions.map((e) => el("option", { value: e.name, selected: e.name === chosen.only }, e.name)));
  $("only").addEventListener("change", () => {
    chosen.only = $("only").value;
    chosen.variants ||= page.editions.find((e) => e.name === chosen.only)?.variant !== "main";
    prefs.set("series.only", chosen.only);
    draw();
  });
  phone.addEventListener("change", draw);
  document.addEventListener("keydown", (event) => {
    const writing = event.target.closest?.("input:not([type=checkbox]), textarea, select");
    if (event.key === "/" && !writing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      $("find").focus();
      $("find").select();
    }
  });
}

// --- news ------------------------------------------------------------------------------------

let stale = false, asked = 0, timer = null;

function refresh() {
  stale = true;
  if (document.hidden || timer) return;
  timer = setTimeout(async () => {
    timer = null;
    stale = false;
    asked = performance.now();
    try {
      page = await api("GET", "/api/series");
      draw();
    } catch (error) {
      toast(error.message, "error");
    }
  }, Math.max(200, asked + FRESH_MS - performance.now()));
}

function news() {
  for (const kind of ["line", "decision", "episode"]) {
    onNews(kind, (event) => {
      matrix.changed(event.edition, event.episode, event.who);
      refresh();
    });
  }
  onNews("where", (event) => event.who !== who && matrix.present(event.who, event.edition, event.episode));
  onNews("job", (event) => { if (event.job === "audience" && event.state === "done") refresh(); });
  onNews("reload", refresh);
  document.addEventListener("visibilitychange", () => !document.hidden && stale && refresh());
  // Coming back with the browser's button shows the page as it was left: ask again.
  addEventListener("pageshow", (event) => event.persisted && refresh());
}

controls();
draw();
document.documentElement.dataset.ready = "series";
performance.mark("ready");
// The stream of news holds a connection; the page is used before it opens.
later(news, 50)();
