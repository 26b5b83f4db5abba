// The opened part of the current row: meter, how it breaks, findings with their answers, strategy and reason.

import { el, mayEdit, t } from "./base.js";
import { conflictPanel } from "./workbench-conflict.js";
import { makeMeter, severityName, strategyName } from "./workbench-rows.js";

/** `act`: {decide(finding, action, note), accept(finding), field(name, value), approve(), settle(choice, text)}. */
export function makeOpened(data, act) {
  const meter = makeMeter();
  const findings = el("ul.findings", { "aria-label": t("Findings") });
  const conflict = el("div");
  const notice = el("p.notice", { role: "status" });
  const fitted = el("p.fine.fitted");
  const strategy = el("select", { id: "strategy", disabled: !mayEdit, onchange: () => act.field("strategy", strategy.value) },
    el("option", { value: "" }, t("No strategy")), Object.keys(data.strategies).map((s) => el("option", { value: s, title: t(data.strategies[s]) }, strategyName(s))));
  const reason = el("textarea", { id: "reason", rows: 1, maxLength: 2000, readOnly: !mayEdit, autocomplete: "off", placeholder: t("Why the line departs from the source"), oninput: () => act.field("reason", reason.value) });
  const approve = el("button", { type: "button", disabled: !mayEdit, onclick: () => act.approve() });
  const node = el("div.opened", {},
    el("div.why", {},
      el("label", { htmlFor: "strategy" }, t("Strategy")), strategy,
      el("label", { htmlFor: "reason" }, t("Reason")), reason),
    el("div.work", {}, meter.node, el("div.breaks", {}, meter.screen, approve), fitted, notice, conflict, findings));
  let shownFor = "", shownConflict = null;

  return {
    node, meter,
    /** All but the meter; what has the focus stays as it is. */
    paint({ cue, now, line, found, subtitles }) {
      if (document.activeElement !== strategy) strategy.value = now.strategy || "";
      if (document.activeElement !== reason || shownFor !== cue) reason.value = now.reason || "";
      const approved = now.status === "approved";
      approve.textContent = approved ? t("Take approval back") : t("Approve");
      approve.className = approved ? "approved" : "";
      approve.title = "Ctrl+Enter";
      approve.disabled = !mayEdit || (!now.text && !now.version);
      const others = subtitles.flatMap((x) => x.cues).filter((c) => c !== cue);
      fitted.textContent = !subtitles.length || line.mine ? "" : subtitles.length > 1 ? t("Fitted into {n} subtitles.", { n: subtitles.length })
        : others.length ? t("Shares its subtitle with line {lines}.", { lines: [...new Set(others)].map((c) => Number(c.split(".c")[1])).join(", ") }) : "";
      notice.textContent = line.state === "refused" ? line.why : line.behind && line.state !== "conflict" ? t("{who} changed this line while you were writing: “{text}”", { who: line.behind.who, text: line.behind.text }) : "";
      notice.className = `notice${line.state === "refused" ? " error" : ""}`;
      const wanted = line.state === "conflict" ? line.theirs || "gone" : null;
      if (wanted !== shownConflict || shownFor !== cue) {
        conflict.replaceChildren(...(wanted ? [conflictPanel(now, line.theirs, act.settle)] : []));
        shownConflict = wanted;
      }
      shownFor = cue;
      if (!findings.contains(document.activeElement) || findings.dataset.cue !== cue || !document.activeElement.matches(".note")) {
        findings.replaceChildren(...found.map((f) => one(f)));
        findings.dataset.cue = cue;
      }
    },
    /** Ask for a note with the refusal of the first open finding. */
    askNote() { findings.querySelector("li:not(.decided) button.note-too")?.click(); },
  };

  function one(f) {
    const d = f.decision;
    const note = el("input.note", { type: "text", hidden: true, maxLength: 2000, placeholder: t("Why not? (Enter refuses, Escape does not)"), "aria-label": t("Note"), onkeydown: (event) => {
      if (event.key === "Enter") { event.preventDefault(); event.stopPropagation(); note.blur(); act.decide(f, "reject", note.value); }
      if (event.key === "Escape") { event.stopPropagation(); note.hidden = true; act.back(); }
    } });
    const offer = f.rendering && !d ? el("span.offer", {}, f.replaces ? [el("del", {}, f.replaces), " → "] : null, el("b", { lang: data.locale, dir: "auto" }, f.rendering)) : null;
    const answers = !mayEdit ? [] : d
      ? [el("button.quiet", { type: "button", onclick: () => act.decide(f, "reopen") }, t("Open again"))]
      : [el("button", { type: "button", title: "Alt+A", onclick: () => act.accept(f) }, f.rendering ? t("Use") : t("Accept")),
        el("button.quiet", { type: "button", title: "Alt+R", onclick: () => act.decide(f, "reject") }, t("Refuse")),
        el("button.quiet.note-too", { type: "button", title: "Alt+Shift+R", "aria-label": t("Refuse with a note"), onclick: () => { note.hidden = false; note.focus(); } }, "…")];
    return el(`li.finding.${f.severity}${d ? ".decided" : ""}`, {},
      el(`span.chip.${f.severity}`, { title: f.check }, severityName(f.severity)),
      el("div.said", {}, el("span", {}, f.message, f.suggestion ? [" ", el("span.dim", {}, f.suggestion)] : null), offer,
        d ? el("span.fine.verdict", {}, d.action === "accept" ? t("Accepted by {who}", { who: d.who }) : t("Refused by {who}", { who: d.who }), d.note ? ` · ${d.note}` : "") : null, note),
      el("div.answers", {}, ...answers));
  }
}
