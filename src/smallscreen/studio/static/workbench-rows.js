// The list: one row a cue, cheap to make and cheap to renew; the current row holds the opened part.

import { clock, el, mayEdit, t } from "./base.js";

const KIND = () => ({
  idiom: t("idiom"), kinship: t("kinship"), address: t("form of address"), custom: t("custom"), food: t("food"), institution: t("institution"),
  allusion: t("allusion"), slang: t("slang"), measure: t("measure"), value: t("value"), wordplay: t("wordplay"),
});
export const kindName = (kind) => KIND()[kind] || kind;
export const severityName = (s) => ({ error: t("error"), warning: t("warning"), note: t("note") })[s] || s;
export const strategyName = (s) => ({
  retention: t("Retention"), specification: t("Specification"), "direct-translation": t("Direct translation"), generalization: t("Generalization"),
  substitution: t("Substitution"), omission: t("Omission"), "official-equivalent": t("Official equivalent"),
})[s] || s;

/** The row of a cue. `on`: {focus(cue), input(cue, text), leave(cue)}. */
export function makeRow(c, data, on) {
  const text = el("textarea.words", {
    rows: 1, readOnly: !mayEdit, spellcheck: true, lang: data.locale, dir: data.direction, maxLength: 2000,
    "aria-label": t("Line {n}: {source}", { n: c.index, source: c.source.slice(0, 60) }),
    onfocus: () => on.focus(c.cue), oninput: () => on.input(c.cue, text.value), onblur: () => on.leave(c.cue),
  });
  const row = {
    cue: c, text, mini: el("span.mini"), status: el("span.status"), people: el("span.people"), flags: el("span.flags"), opened: null,
  };
  row.node = el("li.row", { id: `row-${c.cue}`, onmousedown: (event) => {
    if (event.target.closest("textarea,button,input,select,.opened,a")) return;
    // A click beside the field opens the row, a drag over the source selects there.
    row.node.addEventListener("mouseup", () => { if (getSelection().isCollapsed) text.focus(); }, { once: true });
  } },
    el("div.when", {}, el("span.index", {}, String(c.index)), el("span.time", {}, clock(c.start_ms))),
    el("div.speaker", { title: c.speaker || "" }, c.speaker || ""),
    el("div.source", { lang: "zh" }, ...marked(c)),
    data.literal ? el("div.literal", { lang: data.locale, dir: data.direction }, c.literal || "") : null,
    el("div.edition", {}, text),
    el("div.state", {}, row.status, row.mini, row.flags, row.people));
  return row;
}

/** The source with its barriers marked. Offsets count code points. */
function marked(c) {
  const chars = Array.from(c.source);
  const out = [];
  let at = 0;
  for (const [n, b] of c.barriers.entries()) {
    if (b.start < at) continue;
    if (b.start > at) out.push(chars.slice(at, b.start).join(""));
    out.push(el(`button.barrier.need${b.need}`, {
      type: "button", tabIndex: -1, "data-barrier": n, "aria-describedby": "tip",
      "aria-label": `${chars.slice(b.start, b.end).join("")}: ${b.meaning || b.literal || kindName(b.kind)}`,
    }, chars.slice(b.start, b.end).join("")));
    at = b.end;
  }
  out.push(chars.slice(at).join(""));
  return out;
}

/** What of a row follows from its line, its findings and who is on it. */
export function paintRow(row, { line, now, measured, findings, people, screen }) {
  const { status, mini, flags, node } = row;
  if (row.text.value !== now.text) row.text.value = now.text;
  const state = line.mine && now.status !== "approved" ? "drafted" : now.status;
  const said = { approved: ["✓", t("approved")], drafted: ["●", t("drafted")], open: ["○", t("no words yet")] }[now.text || now.version ? state : "open"] || ["○", t("no words yet")];
  set(status, said[0]);
  status.className = `status ${now.text || now.version ? state : "open"}`;
  status.title = `${said[1]}${now.changed_by ? ` · ${now.changed_by} ${now.changed_at.slice(0, 16).replace("T", " ")}` : ""}`;
  status.setAttribute("role", "img");
  status.setAttribute("aria-label", said[1]);
  set(mini, now.text ? t("{n} CPS", { n: measured.cps.toFixed(0) }) : "");
  mini.className = `mini${measured.fast ? " error" : ""}`;
  mini.title = t("{n} characters a second; {most} can be read", { n: measured.cps.toFixed(1), most: screen.cps });
  const open = findings.filter((f) => !f.decision);
  flags.replaceChildren(...["error", "warning", "note"].flatMap((s) => {
    const n = open.filter((f) => f.severity === s).length;
    return n ? [el(`span.chip.${s}`, { title: `${n} × ${severityName(s)}` }, String(n))] : [];
  }));
  row.people.replaceChildren(...people.map((name) => el("span.person", { title: t("{who} is on this line", { who: name }) }, initials(name))));
  node.classList.toggle("open-findings", open.length > 0);
  node.classList.toggle("unsaved", line.state !== "saved");
  node.classList.toggle("in-conflict", line.state === "conflict");
}

/** The meter: characters left and reading speed, changed in place while typing. */
export function makeMeter() {
  const fill = el("span.fill"), left = el("span.left"), cps = el("span.cps"), rows = el("span.count");
  const node = el("div.meter", { role: "group", "aria-label": t("Length and speed") }, el("span.track", { "aria-hidden": "true" }, fill), left, cps, rows);
  const screen = el("div.screen", { "aria-label": t("On the screen") });
  return {
    node, screen,
    show(m, rules, budget, served) {
      const level = m.left < 0 || m.fast ? "error" : m.left < budget * 0.1 ? "warning" : "ok";
      node.dataset.level = level;
      fill.style.width = `${Math.min(100, (100 * m.characters) / Math.max(budget, 1))}%`;
      set(left, m.left < 0 ? t("{n} over", { n: figure(-m.left) }) : t("{n} left", { n: figure(m.left) }));
      set(cps, t("{n} of {most} CPS", { n: m.cps.toFixed(1), most: rules.cps }));
      set(rows, t("{n} of {most} rows", { n: m.rows.length, most: rules.max_lines }));
      rows.classList.toggle("error", m.tall || m.rows.some((r) => r.over));
      const shown = served || m.rows.map((r) => r.text);
      const key = shown.join("\n") + Boolean(served);
      if (screen.dataset.key === key) return;
      screen.dataset.key = key;
      screen.replaceChildren(...shown.map((text, n) => el(`span${m.rows[n]?.over && !served ? ".over" : ""}`, {}, text)));
      screen.title = served ? t("As it will stand on the screen") : t("About as it will stand on the screen");
    },
  };
}

export const figure = (n) => (Number.isInteger(n) ? String(n) : n.toFixed(1));
export const initials = (name) => Array.from(name.trim()).slice(0, 2).join("");
function set(node, text) { if (node.textContent !== text) node.textContent = text; }
