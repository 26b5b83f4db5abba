// The episode timeline: player, lanes, list and the cue under the cursor, all at the same second.
import { api, clock, el, later, mayEdit, onNews, pageData, prefs, t, toast, who } from "./base.js";
import { Player, indexAt, lastStart } from "./player.js";
import { Lanes } from "./timeline_lanes.js";
import { CueList, Detail } from "./timeline_cue.js";

let view = pageData();
const find = (id) => document.getElementById(id);
const here = { edition: view.edition?.name || null, episode: view.episode };

const player = new Player({
  ...playerState(view),
  video: view.video, size: view.size, outline: view.outline, leading: view.leading, burnedIn: view.burned_in,
  platforms: view.platforms, platform: view.edition?.platform || "universal",
  locale: view.edition?.locale || view.source_language, direction: view.edition?.direction || "ltr",
  remember: (key, value) => prefs.set(`player.${key}`, value), recall: (key, otherwise) => prefs.get(`player.${key}`, otherwise),
});
find("player").append(player.node);
const lanes = new Lanes(view, prefs.get("timeline.hidden", []));
find("lanes").append(lanes.node);
const detail = new Detail(find("detail"), { decide });
const list = new CueList(find("list"), view, (cue) => go(cue.start_ms + 1, cue));

let cue = null; // the one under the cursor, or the last that was

/** What is on at a time: the cue, else the one of the subtitle that is on, else the last that was. */
function cueAt(ms) {
  const i = indexAt(view.cues, ms);
  if (i >= 0) return view.cues[i];
  const j = indexAt(view.lines, ms);
  const of = j < 0 ? null : view.cues.find((c) => c.id === view.lines[j].cues.at(-1));
  return of || view.cues[Math.max(0, lastStart(view.cues, ms))] || null;
}

/** Seek, and show the cue there at once; how long that takes is measured as `seek-to-cue`. */
function go(ms, chosen = null, since = performance.now()) {
  asked = chosen;
  player.seek(ms);
  asked = null;
  lanes.time(player.ms, cue, true, () => {
    performance.measure("seek-to-cue", { start: since, end: performance.now() });
  });
}
let asked = null;

player.addEventListener("time", ({ detail: { ms } }) => {
  const next = asked || cueAt(ms);
  const changed = next !== cue;
  cue = next;
  lanes.time(ms, cue);
  if (!changed) return;
  list.mark(cue);
  detail.show(view, cue);
  tellPlace();
});
lanes.addEventListener("seek", ({ detail: { ms, cue: id, at } }) => {
  const chosen = id ? view.cues.find((c) => c.id === id) : null;
  go(ms, chosen, at);
});
lanes.addEventListener("hidden", ({ detail: { hidden } }) => {
  prefs.set("timeline.hidden", hidden);
  menu();
});

/** The address names the cue, so that it can be sent to somebody; others see where one is. */
const tellPlace = later(() => {
  if (!cue) return;
  history.replaceState(null, "", `${location.pathname}${location.search.replace(/[?&]t=\d+/, "").replace(/^&/, "?")}#c=${cue.id}`);
  api("POST", "/api/where", { page: "timeline", edition: here.edition, episode: here.episode, cue: cue.id }).catch(() => {});
}, 1000);

function playerState(v) {
  const source = v.cues.map((c) => ({ start_ms: c.start_ms, end_ms: c.end_ms, text: c.text }));
  return { durationMs: v.duration_ms, cues: source, lines: !v.edition ? source : v.lines.length ? v.lines : unfitted(v) };
}

/** Words that were not fitted to the screen yet, at the times of their cues, broken where a row is full. */
function unfitted(v) {
  return v.cues.filter((c) => c.draft).map((c) => {
    const rows = [""];
    for (const word of c.draft.split(/\s+/)) {
      if (rows.at(-1) && rows.at(-1).length + word.length >= v.edition.cpl) rows.push(word);
      else rows[rows.length - 1] += (rows.at(-1) && " ") + word;
    }
    return { start_ms: c.start_ms, end_ms: c.end_ms, text: rows.join("\n") };
  });
}

// --- changes by others, and by oneself --------------------------------------------------------

async function reload() {
  const query = here.edition ? `?edition=${encodeURIComponent(here.edition)}` : "";
  view = await api("GET", `/api/episodes/${here.episode}${query}`);
  cue = cue && (view.cues.find((c) => c.id === cue.id) || null);
  player.set(playerState(view));
  lanes.set(view);
  list.set(view);
  lanes.time(player.ms, cue, false, () => {});
  list.mark(cue);
  detail.show(view, cue);
  story();
  menu();
}
const soon = later(() => reload().catch((error) => toast(error.message, "error")), 250);
const mine = (event) => event.edition === here.edition && event.episode === here.episode;
onNews("episode", (event) => { if (mine(event)) soon(); });
onNews("reload", soon);
document.addEventListener("news-again", soon);
// One's own, too: another window may be the one that it was made in.
onNews("decision", (event) => { if (mine(event)) soon(); });
onNews("line", (event) => {
  if (!mine(event)) return;
  // The words are new at once; how they fit the screen comes with `episode`.
  const changed = view.cues.find((c) => c.id === event.cue);
  if (!changed) return;
  Object.assign(changed, { draft: event.text, status: event.status });
  list.set(view);
  list.mark(cue);
  if (cue === changed) detail.show(view, cue);
});

async function decide(finding, action) {
  try {
    await api("POST", `/api/editions/${encodeURIComponent(here.edition)}/decisions`, { cue: finding.place, check: finding.check, action });
  } catch (error) {
    toast(error.message, "error");
    return;
  }
  for (const f of view.findings) {
    if (f.place === finding.place && f.check === finding.check) Object.assign(f, { decision: action === "reopen" ? null : action, who });
  }
  lanes.time(player.ms, cue, false, () => {});
  list.set(view);
  list.mark(cue);
  detail.show(view, cue);
}

// --- the story's reading ------------------------------------------------------------------------

let job = null;
function story() {
  const box = find("story"), s = view.story;
  const readable = s.readable || !view.edition;
  const missing = !s.source || (view.edition && readable && !s.edition);
  box.replaceChildren();
  if (view.edition && !view.lines.length && view.cues.some((c) => c.draft)) box.append(el("span.chip.warning", {}, t("Not fitted to the screen yet")), " ");
  if (!missing && !s.stale) {
    if (!readable && view.edition) box.append(el("span.fine", {}, t("No reader reads {locale}; the curves are the source’s.", { locale: view.edition.locale })));
    return;
  }
  const why = s.stale ? t("Lines were changed after the story was read.") : s.source ? t("This edition’s story was not read yet.") : t("The story was not read yet.");
  box.append(el("span.fine", {}, why), " ");
  if (mayEdit) box.append(el("button", { type: "button", disabled: job !== null, onclick: read }, job ? t("Reading …") : t("Read the story")));
  else box.append(el("span.fine", {}, t("In a terminal:")), " ", el("code", {}, s.command));
}
async function read() {
  try {
    job = (await api("POST", "/api/story", { edition: view.story.readable ? here.edition : null })).job;
    story();
  } catch (error) {
    toast(error.message, "error");
  }
}
onNews("job", (event) => {
  if (event.id !== job) return;
  const button = find("story").querySelector("button");
  if (button && event.total) button.textContent = t("Reading {done} of {total}", event);
  if (!["done", "failed", "canceled"].includes(event.state)) return;
  job = null;
  if (event.error) toast(event.error, "error");
  soon();
});

// --- what can be shown and hidden ---------------------------------------------------------------

function menu() {
  find("lane-menu").replaceChildren(...lanes.all.map((lane) => {
    const box = el("input", { type: "checkbox", checked: !lanes.hidden.includes(lane.id), onchange: () => lanes.show(lane.id, box.checked) });
    return el("label", {}, box, lane.name);
  }));
}
const shown = (what) => {
  document.querySelector(".timeline").dataset.show = what;
  find("as-list").setAttribute("aria-pressed", String(what === "list"));
  if (what === "list") list.mark(cue);
  prefs.set("timeline.show", what);
};
find("as-list").addEventListener("click", () => shown(document.querySelector(".timeline").dataset.show === "list" ? "lanes" : "list"));
find("zoom-in").addEventListener("click", () => lanes.zoom(1.5));
find("zoom-out").addEventListener("click", () => lanes.zoom(1 / 1.5));
find("zoom-fit").addEventListener("click", () => lanes.fit());
find("help-open").addEventListener("click", () => find("help").showModal());
find("help").addEventListener("click", (event) => { if (event.target === find("help")) find("help").close(); });
find("edition")?.addEventListener("change", (event) => {
  document.cookie = `smallscreen_edition=${encodeURIComponent(event.target.value)}; path=/; max-age=31536000; SameSite=Strict`;
  location.assign(`/episodes/${here.episode}?edition=${encodeURIComponent(event.target.value)}${cue ? `#c=${cue.id}` : ""}`);
});

// --- keys ---------------------------------------------------------------------------------------

function walk(step) {
  const since = performance.now();
  const at = cue ? view.cues.indexOf(cue) : lastStart(view.cues, player.ms);
  const to = view.cues[Math.min(view.cues.length - 1, Math.max(0, at + step))];
  if (to) go(to.start_ms + 1, to, since);
}
const turn = (way) => document.getElementById(way)?.click();
const KEYS = {
  " ": () => player.toggle(), k: () => player.pause(), j: () => player.shuttle(-1), l: () => player.shuttle(1),
  ",": () => player.step(-1), ".": () => player.step(1), ArrowLeft: () => walk(-1), ArrowRight: () => walk(1),
  ArrowUp: () => walk(-1), ArrowDown: () => walk(1), Home: () => go(0), End: () => go(view.duration_ms),
  "+": () => lanes.zoom(1.5), "=": () => lanes.zoom(1.5), "-": () => lanes.zoom(1 / 1.5), 0: () => lanes.fit(),
  "[": () => turn("previous"), "]": () => turn("next"), s: () => player.showSafe(), w: () => turn("workbench"),
  "?": () => find("help").showModal(),
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || find("help").open) return;
  const node = event.target;
  if (node.closest?.("dialog, select, textarea, [contenteditable]") || (node.tagName === "INPUT" && node.type !== "checkbox")) return;
  if (event.key === " " && (node.closest?.("button, a, summary, label") || node.tagName === "INPUT")) return;
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

// --- begin --------------------------------------------------------------------------------------

function fromHash() {
  const id = /^#c=(.+)$/.exec(decodeURIComponent(location.hash))?.[1];
  const wanted = id && view.cues.find((c) => c.id === id);
  if (wanted) go(wanted.start_ms + 1, wanted);
  return Boolean(wanted);
}
addEventListener("hashchange", fromHash);
menu();
story();
shown(prefs.get("timeline.show", "lanes"));
const t0 = Number(new URLSearchParams(location.search).get("t"));
if (!fromHash()) go(Number.isFinite(t0) && t0 > 0 ? t0 : Math.max(0, view.cues[0]?.start_ms ?? 0) + 1);
find("lanes").dataset.ready = "yes";
