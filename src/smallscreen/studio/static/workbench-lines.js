// The lines as they are stored, as they are being written, and the way from one to the other: saved a moment
// after the last key, kept in this browser until the studio has them, sent once, never over somebody else's.

import { api, who, ApiError } from "./base.js";

const WAIT = 600;
const tab = tabId();

/** Fields of a line that a person writes. */
const FIELDS = ["text", "strategy", "reason"];
const same = (a, b) => FIELDS.every((f) => (a[f] || "") === (b[f] || ""));

/**
 * All lines of one edition's episode. `changed(cue, why)` is called whenever the state of a line changed:
 * "edit", "save", "news", "conflict", "refused", "waiting"; `busy(text)` says how saving stands.
 */
export class Lines {
  constructor(edition, series, cues, { changed, busy }) {
    this.edition = edition;
    this.prefix = `smallscreen.unsent.${series}.${edition}.`;
    this.changed = changed;
    this.busy = busy;
    this.lines = new Map(cues.map((c) => [c.cue, { saved: c.line, mine: null, base: c.line.version, state: "saved", theirs: null }]));
    this.undone = [];
    this.retry = 0;
    addEventListener("online", () => this.flushAll());
    document.addEventListener("visibilitychange", () => document.hidden && this.flushAll());
  }

  get(cue) { return this.lines.get(cue); }

  /** The words as the person sees them: what they wrote, else what is stored. */
  now(cue) {
    const line = this.get(cue);
    return line.mine ? { ...line.saved, ...line.mine } : line.saved;
  }

  /** Something was written. `status` goes with the words that it was said of. */
  edit(cue, change, soon = false) {
    const line = this.get(cue);
    const before = line.mine || { text: line.saved.text, strategy: line.saved.strategy, reason: line.saved.reason };
    if (!line.mine) line.base = line.saved.version;
    line.mine = { ...before, ...change };
    if (!("status" in change)) delete line.mine.status;
    if (!line.mine.status && same(line.mine, line.saved) && !line.sending) this.#clear(cue, line);
    else {
      if (line.state !== "conflict") line.state = "dirty";
      this.#keep(cue, line);
    }
    clearTimeout(line.timer);
    if (line.mine && line.state !== "conflict") line.timer = setTimeout(() => this.flush(cue), soon ? 0 : WAIT);
    this.changed(cue, "edit");
    this.#tell();
  }

  /** Send a line now, if there is anything to send. One request for a line at a time. */
  async flush(cue) {
    const line = this.get(cue);
    clearTimeout(line.timer);
    if (line.sending) { await line.sending; return line.mine && line.state === "dirty" ? this.flush(cue) : undefined; }
    if (!line.mine || line.state === "conflict") return undefined;
    line.sending = this.#send(cue, line).finally(() => { line.sending = null; });
    await line.sending;
    // What was written while the request was under way.
    if (line.mine && line.state === "dirty") line.timer = setTimeout(() => this.flush(cue), WAIT);
    return undefined;
  }

  flushAll() { return Promise.all([...this.lines.keys()].map((cue) => this.flush(cue))); }

  async #send(cue, line) {
    const sent = { ...line.mine };
    const before = line.saved;
    const body = { text: sent.text, version: line.base };
    for (const f of ["strategy", "reason"]) if ((sent[f] || "") !== (before[f] || "")) body[f] = sent[f] || "";
    if (sent.status) body.status = sent.status;
    line.state = "sending";
    this.#tell();
    try {
      const answer = await api("PUT", `/api/editions/${encodeURIComponent(this.edition)}/lines/${cue}`, body);
      if (!line.undoing) this.#remember(cue, before, answer);
      this.#stored(cue, line, answer, sent);
      this.retry = 0;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const theirs = error.status === 409 ? error.body.theirs : null;
      // The answer to an earlier request was lost: the studio has these very words already.
      if (theirs && same(theirs, sent) && (!sent.status || theirs.status === sent.status)) this.#stored(cue, line, theirs, sent);
      else if (error.status === 409) { line.state = "conflict"; line.theirs = theirs; this.changed(cue, "conflict"); }
      else if (error.status === 0 || error.status === 429 || error.status >= 500) this.#later(cue, line);
      else { line.state = "refused"; line.why = error.message; this.changed(cue, "refused"); }
    }
    line.undoing = false;
    this.#tell();
  }

  #stored(cue, line, answer, sent) {
    line.saved = answer;
    line.base = answer.version;
    line.theirs = null;
    if (line.mine && same(line.mine, sent) && line.mine.status === sent.status) this.#clear(cue, line);
    else { line.state = "dirty"; if (line.mine) this.#keep(cue, line); }
    this.changed(cue, "save");
  }

  #later(cue, line) {
    line.state = "waiting";
    this.changed(cue, "waiting");
    this.retry = Math.min((this.retry || 500) * 2, 15000);
    line.timer = setTimeout(() => this.flush(cue), this.retry);
  }

  /** News of another's change. Gives "shown", or "held" where this person is writing on that line. */
  news(event) {
    const line = this.get(event.cue);
    if (!line || event.version <= line.saved.version) return "old";
    if (line.sending && event.who === who && event.version === line.base + 1) return "old";
    if (line.mine) { line.behind = event; this.changed(event.cue, "behind"); return "held"; }
    const { text, version, status } = event;
    line.saved = { ...line.saved, text, version, status, changed_by: event.who, changed_at: event.at || line.saved.changed_at, rows: null };
    for (const f of ["strategy", "reason"]) if (f in event) line.saved[f] = event[f];
    line.base = version;
    this.changed(event.cue, "news");
    return "shown";
  }

  /** What the studio has now, after the connection was lost for a while. */
  renew(cues) {
    for (const { cue, line } of cues) this.news({ ...line, who: line.changed_by, at: line.changed_at });
  }

  /** Settle a conflict: "mine" goes over theirs, "theirs" throws mine away, "merge" goes on writing `text`. */
  settle(cue, choice, text) {
    const line = this.get(cue);
    const theirs = line.theirs || { cue, text: "", version: 0, status: "open", strategy: null, reason: null };
    line.saved = theirs;
    line.base = theirs.version;
    line.theirs = line.behind = null;
    if (choice === "theirs") { this.#clear(cue, line); this.changed(cue, "news"); this.#tell(); return; }
    line.state = "dirty";
    this.edit(cue, choice === "merge" ? { text } : {}, choice === "mine");
    this.changed(cue, "news");
  }

  #remember(cue, before, after) {
    if (before.version && !(same(before, after) && before.status === after.status)) this.undone.push({ cue, before, after: after.version });
    if (this.undone.length > 200) this.undone.shift();
  }

  /** Take back this person's last stored change; gives its cue. Words that came after it are left alone. */
  undo() {
    while (this.undone.length) {
      const { cue, before, after } = this.undone.pop();
      const line = this.get(cue);
      if (line.mine || line.saved.version !== after) continue;
      const { text, strategy, reason, status } = before;
      line.undoing = true;
      this.edit(cue, { text, strategy, reason, status }, true);
      return cue;
    }
    return null;
  }

  // --- what survives a reload ---------------------------------------------------------------

  #keep(cue, line) {
    const { text, strategy, reason, status } = line.mine;
    try {
      localStorage.setItem(this.prefix + cue, JSON.stringify({ text, strategy, reason, status, version: line.base, who, tab, at: Date.now() }));
    } catch { /* full or forbidden: it is still on the page */ }
  }

  #clear(cue, line) {
    line.mine = null;
    line.state = "saved";
    line.behind = null;
    localStorage.removeItem(this.prefix + cue);
  }

  /** Take up what an earlier visit could not send. Gives the episodes that hold more of it. */
  async recover() {
    const open = await openTabs();
    const elsewhere = new Set();
    for (const key of Object.keys(localStorage).filter((k) => k.startsWith(this.prefix))) {
      const cue = key.slice(this.prefix.length);
      let kept;
      try { kept = JSON.parse(localStorage.getItem(key)); } catch { kept = null; }
      // Another tab that is still open sends its own; another person's words are not sent in this one's name.
      if (!kept || kept.who !== who || (kept.tab !== tab && (open ? open.has(kept.tab) : Date.now() - kept.at < 10000))) continue;
      const line = this.get(cue);
      if (!line) { elsewhere.add(Number(cue.slice(2).split(".")[0])); continue; }
      if (line.mine) continue;
      const { text, strategy, reason, status, version } = kept;
      if (same(kept, line.saved) && (!status || status === line.saved.status)) { localStorage.removeItem(key); continue; }
      line.mine = { text, strategy, reason, ...(status ? { status } : {}) };
      line.base = version;
      line.state = "dirty";
      this.#keep(cue, line);
      this.changed(cue, "news");
      this.flush(cue);
    }
    this.#tell();
    return [...elsewhere].sort((a, b) => a - b);
  }

  #tell() {
    const states = [...this.lines.values()].map((line) => line.state);
    this.busy(["refused", "conflict", "waiting", "sending", "dirty"].find((s) => states.includes(s)) || "saved", states);
  }
}

function tabId() {
  const id = sessionStorage.getItem("smallscreen.tab") || Math.random().toString(36).slice(2);
  sessionStorage.setItem("smallscreen.tab", id);
  navigator.locks?.request(`smallscreen.tab.${id}`, () => new Promise(() => {}));
  return id;
}

async function openTabs() {
  if (!navigator.locks) return null;
  const { held } = await navigator.locks.query();
  return new Set(held.map((lock) => lock.name.replace("smallscreen.tab.", "")));
}
