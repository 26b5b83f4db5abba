// The workbench: write, see at once how long it is, answer findings, and go on; by keys alone if one likes.

import { api, el, mayEdit, onNews, pageData, prefs, t, toast, who } from "./base.js";
import { makeCounter } from "./workbench-count.js";
import { Lines } from "./workbench-lines.js";
import { makeRow, paintRow, initials, severityName } from "./workbench-rows.js";
import { makeOpened } from "./workbench-opened.js";
import { makeSide } from "./workbench-side.js";
import { listenKeys, helpDialog } from "./workbench-keys.js";
import { barrierTips } from "./workbench-tips.js";

const data = pageData();
const $ = (id) => document.getElementById(id);
const api0 = `/api/editions/${encodeURIComponent(data.edition)}`;
const place = `/editions/${encodeURIComponent(data.edition)}/episodes/`;
data.literal = data.cues.some((c) => c.literal !== null);
const byCue = new Map(data.cues.map((c) => [c.cue, c]));
const counter = makeCounter(data.screen, data.language);
const measured = new Map();
const people = new Map(); // who is where: name -> {cue, at}
let current = null;

const lines = new Lines(data.edition, document.querySelector(".bar .of")?.title || "", data.cues, { changed, busy });
const rows = new Map(data.cues.map((c) => [c.cue, makeRow(c, data, { focus, input: (cue, text) => lines.edit(cue, { text }), leave: (cue) => lines.flush(cue) })]));
const opened = makeOpened(data, { decide, accept, field, approve: () => approve(current), settle, back: () => rows.get(current)?.text.focus() });
const side = makeSide(data, { use, restore });

// --- painting -------------------------------------------------------------------------------

let findingsBy = new Map(), fittedBy = new Map();
function index() {
  findingsBy = new Map();
  fittedBy = new Map();
  for (const f of data.findings) group(findingsBy, f.place, f);
  for (const x of data.fitted) for (const cue of x.cues) group(fittedBy, cue, x);
}
const group = (map, key, value) => (map.has(key) ? map.get(key).push(value) : map.set(key, [value]));
const found = (cue) => findingsBy.get(cue) || [];

function measure(cue) {
  const c = byCue.get(cue), text = lines.now(cue).text;
  const known = measured.get(cue);
  if (known?.text === text) return known.m;
  const m = counter.measure(text, c.window_ms, c.budget);
  measured.set(cue, { text, m });
  return m;
}

function paint(cue) {
  const row = rows.get(cue), line = lines.get(cue), now = lines.now(cue);
  const here = [...people].filter(([, p]) => p.cue === cue).map(([name]) => name);
  const measured = { ...measure(cue), ...fittedSpeed(line, fittedBy.get(cue) || []) };
  paintRow(row, { line, now, measured, findings: found(cue), people: here, screen: data.screen });
  if (cue === current) paintOpened();
}

function paintOpened() {
  const cue = current, c = byCue.get(cue), line = lines.get(cue), now = lines.now(cue);
  const served = !line.mine && line.saved.rows?.length ? line.saved.rows : null;
  const subtitles = fittedBy.get(cue) || [];
  opened.meter.show({ ...measure(cue), ...fittedSpeed(line, subtitles) }, data.screen, c.budget, served);
  opened.paint({ cue, now, line, found: found(cue), subtitles });
  side.show(c, now);
}

/** The speed as it was fitted, where the stored words have a subtitle to themselves; before that it is reckoned. */
function fittedSpeed(line, subtitles) {
  const [one] = subtitles;
  if (line.mine || subtitles.length !== 1 || one.cues.length !== 1) return null;
  if (one.text.replace(/\s+/g, "") !== line.saved.text.replace(/\s+/g, "")) return null;
  return { cps: one.cps, fast: one.cps > data.screen.cps + 0.05 };
}

function paintCounts() {
  const all = data.cues.map((c) => lines.now(c.cue));
  const open = data.findings.filter((f) => !f.decision);
  const n = (s) => open.filter((f) => f.severity === s).length;
  $("counts").replaceChildren(
    t("{done} of {all} approved", { done: all.filter((l) => l.status === "approved").length, all: all.length }),
    ...[["error", t("Errors")], ["warning", t("Warnings")], ["note", t("Notes")]].map(([s, name]) => (n(s) ? el(`span.chip.${s}`, { title: t("open") }, `${name} ${n(s)}`) : null)).filter(Boolean));
}

function filter() {
  const kind = $("filter").value;
  for (const c of data.cues) {
    const now = lines.now(c.cue);
    const shows = { all: true, open: found(c.cue).some((f) => !f.decision), unapproved: now.status !== "approved", empty: !now.text }[kind];
    rows.get(c.cue).node.hidden = !shows && c.cue !== current;
  }
}

// --- the current row ------------------------------------------------------------------------

function focus(cue) {
  if (cue === current) return;
  const before = current;
  current = cue;
  if (before) { rows.get(before).node.classList.remove("current"); reach(before, -1); paint(before); }
  const row = rows.get(cue);
  row.node.append(opened.node);
  row.node.classList.add("current");
  reach(cue, 0);
  paint(cue);
  keepInView(row.node);
  history.replaceState(null, "", `#c=${cue}`);
  tellWhere();
}

/** Barriers can be reached with Tab in the current row only. */
const reach = (cue, index) => rows.get(cue).node.querySelectorAll(".barrier").forEach((b) => { b.tabIndex = index; });

/** The row with two rows before and after it in view. */
function keepInView(node) {
  const box = node.getBoundingClientRect(), top = $("rows").previousElementSibling.getBoundingClientRect().bottom;
  const near = 110;
  if (box.top < top + near) scrollBy({ top: box.top - top - near });
  else if (box.bottom > innerHeight - near) scrollBy({ top: Math.min(box.bottom - innerHeight + near, box.top - top - near) });
}

function go(cue) {
  const row = rows.get(cue);
  if (!row) return;
  row.node.hidden = false;
  row.text.focus({ preventScroll: true });
  focus(cue); // a window in the background gives no focus event
  keepInView(row.node);
}

const shown = () => data.cues.filter((c) => !rows.get(c.cue).node.hidden).map((c) => c.cue);
function step(by, wanted = () => true) {
  const list = shown();
  for (let i = list.indexOf(current) + by; i >= 0 && i < list.length; i += by) if (wanted(list[i])) { go(list[i]); return true; }
  return false;
}
const nextOpen = (by) => step(by, (cue) => found(cue).some((f) => !f.decision)) || toast(by > 0 ? t("No open finding after this line.") : t("No open finding before this line."));

function field(name, value) {
  if (current) lines.edit(current, { [name]: value });
}

function changed(cue, why) {
  paint(cue);
  if (why === "news" && !matchMedia("(prefers-reduced-motion: reduce)").matches) rows.get(cue).node.animate?.([{ backgroundColor: "var(--accent-soft)" }, {}], 1200);
  if (why === "conflict") toast(t("Line {n} was changed by somebody else; look at both versions.", { n: byCue.get(cue).index }), "error");
  if (why === "refused") toast(lines.get(cue).why, "error");
  if (why === "save" || why === "news") { paintCounts(); if (cue === current) side.history(); }
}

function busy(state, all) {
  const unsent = all.filter((s) => s !== "saved").length;
  $("saving").textContent = {
    saved: t("Saved"), dirty: t("Writing…"), sending: t("Saving…"), waiting: t("No connection: {n} kept here", { n: unsent }),
    conflict: t("Two versions: choose"), refused: t("Not saved"),
  }[state];
  $("saving").dataset.state = state;
}

// --- answers --------------------------------------------------------------------------------

/** Put words where the caret is, or in place of others. */
function put(text, replaces) {
  const area = rows.get(current).text;
  const value = area.value;
  if (replaces && value.includes(replaces)) area.value = value.replaceAll(replaces, text);
  else {
    const { selectionStart: from, selectionEnd: to } = area;
    const spaced = data.screen.word_breaks === "space";
    const before = spaced && from > 0 && !/[\s“‘(¿¡-]$/u.test(value.slice(0, from)) ? " " : "";
    const after = spaced && to < value.length && !/^[\s.,!?…;:”’)]/u.test(value.slice(to)) ? " " : "";
    area.setRangeText(before + text + after, from, to, "end");
  }
  lines.edit(current, { text: area.value });
}

function use(text, strategy) {
  if (!current || !mayEdit) return;
  put(text);
  if (strategy && !lines.now(current).strategy) field("strategy", strategy);
  rows.get(current).text.focus();
}

function accept(finding) {
  if (finding.rendering) put(finding.rendering, finding.replaces);
  return decide(finding, "accept");
}

async function decide(finding, action, note = "") {
  const before = finding.decision;
  const same = data.findings.filter((f) => f.place === finding.place && f.check === finding.check);
  const answer = (d) => { for (const f of same) f.decision = d; paintPlace(finding.place); };
  answer(action === "reopen" ? null : { action, who, when: "", note });
  rows.get(current)?.text.focus();
  try {
    const made = await api("POST", `${api0}/decisions`, { cue: finding.place, check: finding.check, action, note });
    if (action !== "reopen") answer(made);
  } catch (error) {
    answer(before);
    toast(error.message, "error");
  }
}

function paintPlace(cue) {
  if (rows.has(cue)) paint(cue);
  paintCounts();
  paintWide();
}

const firstOpen = () => found(current).find((f) => !f.decision);

function approve(cue, onward = false) {
  const now = lines.now(cue);
  if (!mayEdit || (!now.text && !now.version)) return;
  lines.edit(cue, { status: now.status === "approved" && !onward ? "drafted" : "approved" }, true);
  if (onward) step(1);
}

async function approveAll() {
  await lines.flushAll();
  const ready = data.cues.filter((c) => lines.now(c.cue).version && !lines.get(c.cue).mine && lines.now(c.cue).status !== "approved");
  const open = data.findings.filter((f) => !f.decision && f.severity !== "note").length;
  if (!ready.length) { toast(t("There is nothing to approve.")); return; }
  const dialog = $("sure");
  const yes = el("button.primary", { value: "yes" }, t("Approve {n} lines", { n: ready.length }));
  dialog.replaceChildren(el("form", { method: "dialog" },
    el("h2", { id: "sure-title" }, t("Approve episode {n}?", { n: data.episode })),
    el("p", {}, open ? t("{n} errors and warnings are still open.", { n: open }) : t("No error or warning is open.")),
    el("div.ways", {}, yes, el("button", { value: "no" }, t("Not yet")))));
  dialog.onclose = async () => {
    if (dialog.returnValue !== "yes") return;
    try {
      const seen = Object.fromEntries(ready.map((c) => [c.cue, lines.get(c.cue).saved.version]));
      const { lines: now } = await api("POST", `${api0}/status`, { cues: ready.map((c) => c.cue), status: "approved", seen });
      lines.renew(now.map((line) => ({ cue: line.cue, line })));
      const left = now.filter((line) => line.status !== "approved").length;
      if (left) toast(t("{n} lines were changed meanwhile and are not approved.", { n: left }));
    } catch (error) { toast(error.message, "error"); }
  };
  dialog.returnValue = "";
  dialog.showModal();
  yes.focus();
}

function restore(change) {
  lines.edit(current, { text: change.text, strategy: change.strategy, reason: change.reason }, true);
  rows.get(current).text.focus();
}

function settle(choice, text) {
  lines.settle(current, choice, text);
  rows.get(current).text.focus();
}

function undo() {
  const cue = lines.undo();
  if (cue) go(cue); else toast(t("There is nothing to undo."));
}

// --- what belongs to no line ----------------------------------------------------------------

function paintWide() {
  const wide = data.findings.filter((f) => !byCue.has(f.place) && !f.decision);
  const box = $("trouble");
  box.hidden = !wide.length && !data.trouble;
  box.replaceChildren(
    ...(data.trouble ? [el("p", {}, t("This episode could not be fitted and checked: {why}", { why: data.trouble }), " ", el("button", { type: "button", onclick: () => api("POST", `${api0}/check`, { episode: data.episode }) }, t("Try again")))] : []),
    ...wide.map((f) => el("p", {}, el(`span.chip.${f.severity}`, {}, severityName(f.severity)), " ", f.message, " ", f.suggestion || "", mayEdit ? el("button.quiet", { type: "button", onclick: () => decide(f, "accept") }, t("Accept")) : null)));
}

// --- news -----------------------------------------------------------------------------------

const here = (event) => event.edition === data.edition && (event.episode === data.episode || event.episode === null);

async function renewFindings() {
  const fresh = await api("GET", `${api0}/episodes/${data.episode}/findings`).catch(() => null);
  $("checking").textContent = "";
  if (!fresh) return;
  Object.assign(data, { findings: fresh.findings, fitted: fresh.fitted, trouble: fresh.trouble });
  index();
  for (const c of data.cues) paint(c.cue);
  paintCounts();
  paintWide();
  side.refit();
}

function listen() {
  onNews("line", (event) => {
    if (event.edition !== data.edition || event.episode !== data.episode) return;
    lines.news(event);
    $("checking").textContent = t("Checking…");
  });
  onNews("decision", (event) => {
    if (!here(event)) return;
    const decision = event.action === "reopen" ? null : { action: event.action, who: event.who, when: event.when || "", note: event.note || "" };
    for (const f of data.findings) if (f.place === event.cue && f.check === event.check) f.decision = decision;
    paintPlace(event.cue);
  });
  onNews("episode", (event) => { if (here(event)) renewFindings(); });
  onNews("where", (event) => {
    if (event.who === who) return;
    const before = people.get(event.who);
    if (event.page === "workbench" && here(event)) people.set(event.who, { cue: event.cue, at: Date.now() });
    else people.delete(event.who);
    showPeople([before?.cue, event.cue]);
  });
  onNews("reload", renewAll);
  // News may have been missed while the connection was lost.
  let lost = false;
  addEventListener("offline", () => { lost = true; });
  addEventListener("online", () => { if (lost) renewAll(); lost = false; });
  document.addEventListener("news-again", renewAll);
}

async function renewAll() {
  const fresh = await api("GET", `${api0}/episodes/${data.episode}`).catch(() => null);
  if (!fresh) return;
  lines.renew(fresh.cues);
  Object.assign(data, { findings: fresh.findings, fitted: fresh.fitted, trouble: fresh.trouble });
  index();
  for (const c of data.cues) paint(c.cue);
  paintCounts();
  paintWide();
  lines.flushAll();
}

function showPeople(cues) {
  for (const cue of cues) if (cue && rows.has(cue)) paint(cue);
  $("presence").replaceChildren(...[...people.keys()].map((name) => el("span.person", { title: t("{who} is on this episode", { who: name }) }, initials(name))));
}

let told = 0, telling;
/** At most once a second. */
function tellWhere() {
  clearTimeout(telling);
  telling = setTimeout(() => {
    told = Date.now();
    api("POST", "/api/where", { page: "workbench", edition: data.edition, episode: data.episode, cue: current }).catch(() => {});
  }, Math.max(50, 1000 - (Date.now() - told)));
}

// --- begin ----------------------------------------------------------------------------------

function begin() {
  index();
  $("columns").append(...["", t("Speaker"), t("Source"), data.literal ? t("Literal") : null, `${t("Edition")} · ${data.edition}`, ""].filter((x) => x !== null).map((x) => el("span", {}, x)));
  $("desk").classList.toggle("no-literal", !data.literal);
  const all = document.createDocumentFragment();
  for (const c of data.cues) { paint(c.cue); all.append(rows.get(c.cue).node); }
  $("rows").append(all);
  $("side").append(side.node);
  paintCounts();
  paintWide();
  busy("saved", []);
  $("filter").value = prefs.get("workbench.filter", "all");
  filter();
  $("filter").onchange = () => { prefs.set("workbench.filter", $("filter").value); filter(); };
  $("which-edition").onchange = () => { location.assign(`/editions/${encodeURIComponent($("which-edition").value)}/episodes/${data.episode}${location.hash}`); };
  $("which-episode").onchange = () => location.assign(place + $("which-episode").value);
  $("before").onclick = () => turn(-1);
  $("after").onclick = () => turn(1);
  $("approve-all").onclick = approveAll;
  $("approve-all").disabled = !mayEdit;
  $("help-open").onclick = () => helpDialog($("help"));
  barrierTips($("rows"), byCue, (cue) => cue !== current && go(cue));
  const wanted = new URLSearchParams(location.hash.slice(1)).get("c");
  go(rows.has(wanted) ? wanted : shown()[0] || data.cues[0]?.cue);
  addEventListener("hashchange", () => go(new URLSearchParams(location.hash.slice(1)).get("c")));
  listen();
  api("GET", "/api/where").then((all) => {
    const others = all.filter((p) => p.who !== who && p.page === "workbench" && here(p));
    for (const p of others) people.set(p.who, { cue: p.cue, at: Date.now() });
    showPeople(others.map((p) => p.cue));
  }, () => {});
  setInterval(tellWhere, 15000);
  setInterval(() => {
    const old = [...people].filter(([, p]) => Date.now() - p.at > 40000);
    for (const [name] of old) people.delete(name);
    if (old.length) showPeople(old.map(([, p]) => p.cue));
  }, 5000);
  if (mayEdit) lines.recover().then((episodes) => {
    for (const n of episodes) toast(t("Episode {n} holds words that were not sent; open it to send them.", { n }), "error");
  });
  performance.mark("workbench-ready");
  document.documentElement.dataset.ready = "yes";
}

function turn(by) {
  const options = [...$("which-episode").options].map((o) => o.value);
  const to = options[options.indexOf(String(data.episode)) + by];
  if (to) location.assign(place + to);
}

listenKeys({
  next: () => step(1), previous: () => step(-1), nextOpen: () => nextOpen(1), previousOpen: () => nextOpen(-1),
  accept: () => { const f = firstOpen(); if (f && mayEdit) accept(f); }, refuse: () => { const f = firstOpen(); if (f && mayEdit) decide(f, "reject"); }, refuseNote: () => opened.askNote(),
  approve: () => current && approve(current), approveNext: () => current && approve(current, true), approveAll: () => mayEdit && approveAll(),
  undo, play: () => current && side.play(), help: () => helpDialog($("help")), field: () => rows.get(current)?.text.focus(),
  useBarrier: () => { const b = current && byCue.get(current).barriers.find((x) => x.suggestion); if (b) use(b.suggestion, b.strategies[0]); },
  episodeBefore: () => turn(-1), episodeAfter: () => turn(1), whole: () => mayEdit && api("POST", `${api0}/check`, {}).then(() => toast(t("All episodes are being checked.")), (e) => toast(e.message, "error")),
});
begin();
