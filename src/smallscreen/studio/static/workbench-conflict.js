// Two people changed one line: both versions side by side, with what differs, and three ways on.

import { el, t } from "./base.js";

/** Words that both have, only the one, only the other: [["same" | "gone" | "new", text]]. */
export function wordDiff(before, after) {
  const a = words(before), b = words(after);
  const best = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) for (let j = b.length - 1; j >= 0; j--) {
    best[i][j] = a[i] === b[j] ? best[i + 1][j + 1] + 1 : Math.max(best[i + 1][j], best[i][j + 1]);
  }
  const out = [];
  const put = (kind, text) => (out.at(-1)?.[0] === kind ? (out.at(-1)[1] += text) : out.push([kind, text]));
  let i = 0, j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) { put("same", a[i]); i += 1; j += 1; }
    else if (j >= b.length || (i < a.length && best[i + 1][j] >= best[i][j + 1])) put("gone", a[i++]);
    else put("new", b[j++]);
  }
  return out;
}

// Scripts without spaces are compared by character.
const words = (text) => (text || "").match(/[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]|[^\s\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]+|\s+/g) || [];

/** The panel; `settle(choice, text)` is called with "mine", "theirs" or "merge". */
export function conflictPanel(mine, theirs, settle) {
  const diff = wordDiff(theirs?.text, mine.text);
  const side = (kind, shown) => diff.filter(([k]) => k !== shown).map(([k, text]) => (k === "same" ? text : el(kind, {}, text)));
  const name = theirs?.changed_by || t("somebody else");
  const notes = ["strategy", "reason"].filter((f) => (theirs?.[f] || "") !== (mine[f] || ""));
  const more = (line) => notes.map((f) => el("p.fine", {}, `${f === "strategy" ? t("Strategy") : t("Reason")}: ${line?.[f] || "–"}`));
  return el("section.conflict", { role: "alertdialog", "aria-label": t("This line was changed by {who}", { who: name }) },
    el("h3", {}, t("{who} changed this line while you were writing.", { who: name })),
    el("div.sides", {},
      el("div", {}, el("h4", {}, t("Yours")), el("p.words", {}, ...side("ins", "gone")), ...more(mine)),
      el("div", {}, el("h4", {}, theirs ? t("{who}, version {n}", { who: name, n: theirs.version }) : t("Gone")), el("p.words", {}, ...side("del", "new")), ...more(theirs))),
    el("div.ways", {},
      el("button.primary", { type: "button", onclick: () => settle("mine") }, t("Keep mine")),
      el("button", { type: "button", onclick: () => settle("theirs") }, t("Take theirs")),
      el("button", { type: "button", onclick: () => settle("merge", merged(diff)) }, t("Edit a merge"))));
}

/** Both versions in one, what differs side by side: a start for the person to edit. */
export const merged = (diff) => diff.map(([, text]) => text).join("").replace(/[ \t]+/g, " ").trim();
