// The keys of the workbench. Alt with a letter, so that they work while writing; the letter alone elsewhere.

import { el, t } from "./base.js";

const KEYS = () => [
  ["next", t("Next line"), "Alt+↓", { code: "ArrowDown" }],
  ["previous", t("Previous line"), "Alt+↑", { code: "ArrowUp" }],
  ["nextOpen", t("Next line with an open finding"), "Alt+J", { code: "KeyJ" }],
  ["previousOpen", t("Previous line with an open finding"), "Alt+K", { code: "KeyK" }],
  ["accept", t("Accept the finding, use its rendering"), "Alt+A", { code: "KeyA" }],
  ["refuse", t("Refuse the finding"), "Alt+R", { code: "KeyR" }],
  ["refuseNote", t("Refuse with a note"), "Alt+Shift+R", { code: "KeyR", shift: true }],
  ["useBarrier", t("Use the rendering suggested for the barrier"), "Alt+U", { code: "KeyU" }],
  ["approveNext", t("Approve the line and go on"), "Ctrl+Enter", { code: "Enter", ctrl: true }],
  ["approve", t("Approve the line, or take it back"), "Alt+Enter", { code: "Enter" }],
  ["approveAll", t("Approve the episode"), "Ctrl+Shift+Enter", { code: "Enter", ctrl: true, shift: true }],
  ["undo", t("Undo the last saved change"), "Alt+Z", { code: "KeyZ" }],
  ["play", t("Play the line"), "Alt+P", { code: "KeyP" }],
  ["field", t("Back to the line’s words"), "Alt+L", { code: "KeyL" }],
  ["episodeBefore", t("Episode before"), "Alt+PageUp", { code: "PageUp" }],
  ["episodeAfter", t("Episode after"), "Alt+PageDown", { code: "PageDown" }],
  ["whole", t("Check all episodes together"), "Alt+Shift+C", { code: "KeyC", shift: true }],
  ["help", t("These keys"), "Alt+H", { code: "KeyH" }],
];

/** Calls the action of a key; `actions` has one for every name. */
export function listenKeys(actions) {
  const keys = KEYS();
  addEventListener("keydown", (event) => {
    if (event.isComposing || document.querySelector("dialog[open]")) return;
    const writing = event.target.closest?.("input,textarea,select");
    const ctrl = event.ctrlKey || event.metaKey;
    if (event.key === "?" && !writing) { event.preventDefault(); actions.help(); return; }
    if (event.key === "Escape" && event.target.closest?.("textarea.words")) { event.target.blur(); return; }
    const code = event.code === "NumpadEnter" ? "Enter" : event.code;
    const alone = !writing && !event.altKey && !ctrl && /^(Key|Arrow)/.test(event.code) && !event.target.closest?.("button,summary,a,#side,.player");
    const found = keys.find(([, , , k]) => k.code === code && Boolean(k.shift) === event.shiftKey && (k.ctrl ? ctrl && !event.altKey : (event.altKey && !ctrl) || alone));
    if (!found) return;
    event.preventDefault();
    actions[found[0]]();
  });
}

/** Shows what the keys do. */
export function helpDialog(dialog) {
  dialog.replaceChildren(el("form", { method: "dialog" },
    el("h2", { id: "help-title" }, t("Keys")),
    el("dl", {}, KEYS().flatMap(([, what, keys]) => [el("dt", {}, ...keys.split("+").flatMap((k, n) => [n ? "+" : "", el("kbd", {}, k)])), el("dd", {}, what)])),
    el("p.fine", {}, t("Outside a field the letters work without Alt. Lines are saved by themselves a moment after the last key.")),
    el("button", { value: "close" }, t("Close"))));
  dialog.showModal();
}
