// The cue under the cursor in words, and the whole episode as a list: for phones, for screen readers, for reading.
import { clock, el, mayEdit, t } from "./base.js";
import { beatName } from "./timeline_draw.js";

/** Barriers without those that stand in the cue twice. */
const onceEach = (barriers) => barriers.filter((b, n) => barriers.findIndex((x) => x.text === b.text) === n);
const labels = (severity) => ({ error: t("Errors"), warning: t("Warnings"), note: t("Notes") })[severity];
const label = (severity) => ({ error: t("error"), warning: t("warning"), note: t("note") })[severity];

/** The findings that speak of a cue: by its id, else by the time they cover. */
export function findingsOf(view, cue) {
  return view.findings.filter((f) => (f.cue ? f.cue === cue.id : f.start_ms < cue.end_ms && f.end_ms > cue.start_ms));
}

/** The strip below the lanes. `decide(finding, action)` records accept, reject or reopen. */
export class Detail {
  constructor(root, { decide }) {
    this.root = root;
    this.decide = decide;
  }

  show(view, cue) {
    const { root } = this;
    root.hidden = !cue;
    if (!cue) return root.replaceChildren();
    const edition = view.edition;
    // What is made anew keeps the focus where it was.
    const held = root.contains(document.activeElement) ? document.activeElement.closest("[data-key]")?.dataset.key : null;
    const lines = view.lines.filter((n) => n.cues.includes(cue.id));
    const findings = findingsOf(view, cue);
    const barriers = onceEach(view.barriers.filter((b) => b.cue === cue.id));
    const i = view.cues.indexOf(cue);
    const rank = (curves, axis) => (curves && curves[axis][i] !== null ? Math.round(curves[axis][i] * 100) : "–");
    const fact = (name, ...what) => el("div.fact", {}, el("h3", {}, name), ...what);
    root.replaceChildren(...[
      el("div.detail-head", {},
        el("h2", {}, `${clock(cue.start_ms)}–${clock(cue.end_ms)}`),
        el("span.dim", {}, t("cue {index} of {count}", { index: cue.index, count: view.cues.length })),
        cue.speaker && el("span.chip", { lang: view.source_language }, cue.speaker),
        cue.status === "approved" && el("span.chip.ok", {}, t("approved")),
        lines.map((n) => el(`span.chip${n.over ? ".warning" : ""}`, { title: t("characters a second; the market’s limit is {limit}", { limit: edition.cps }) }, t("{cps} CPS", { cps: n.cps }))),
        el("span.gap"),
        edition && el("a.button", { id: "workbench", href: `/editions/${encodeURIComponent(edition.name)}/episodes/${view.episode}#c=${cue.id}` }, t("Open in the workbench"))),
      el("div.facts", {},
        fact(t("Source"), el("p.said", { lang: view.source_language, dir: "auto" }, cue.text)),
        edition && cue.literal !== null && fact(t("Literal"), el("p.said", { lang: edition.locale, dir: edition.direction }, cue.literal)),
        edition && fact(edition.name, cue.draft === null ? el("p.dim", {}, t("No words yet.")) : el("p.said.own", { lang: edition.locale, dir: edition.direction }, cue.draft))),
      (cue.strategy || cue.reason) && el("p.reason", {}, cue.strategy && el("span.chip", {}, t(cue.strategy)), " ", cue.reason),
      barriers.length > 0 && el("ul.plain", {}, barriers.map((b) => el("li", {}, el("span.chip.mark", {}, t(b.kind)), " ", el("b", { lang: view.source_language }, b.text), ` ${b.meaning}`))),
      findings.length > 0 && el("ul.plain.findings", {}, findings.map((f) => this.#finding(f, edition))),
      view.story.source && el("p.fine", { title: [...new Set(Object.values(view.story.trust))].join("\n") },
        ["feeling", "gratification", "resonance"].map((axis, n) => `${n ? " · " : ""}${{ feeling: t("Feeling"), gratification: t("Gratification"), resonance: t("Vulnerability, care") }[axis]} ${rank(view.story.source, axis)}${view.story.edition ? ` → ${rank(view.story.edition, axis)}` : ""}`).join(""),
        ` ${t("(rank of 100 among the lines of its language)")}`),
    ].filter(Boolean));
    if (held) [...root.querySelectorAll("[data-key]")].find((x) => x.dataset.key === held)?.querySelector("button")?.focus();
  }

  #finding(f, edition) {
    const mayDecide = mayEdit && edition;
    const said = { accept: t("accepted by {who}", { who: f.who }), reject: t("refused by {who}", { who: f.who }) }[f.decision];
    return el(`li${f.decision ? ".decided" : ""}`, { "data-key": `${f.place} ${f.check}` },
      el(`span.chip.${f.severity}`, {}, label(f.severity)),
      el("span.grow", {}, f.message, f.suggestion && el("span.dim", {}, ` ${f.suggestion}`), el("span.fine", {}, ` · ${f.check}${f.of === "source" ? ` (${t("of the source")})` : ""}`)),
      f.decision && el("span.fine", {}, said || f.decision),
      mayDecide && (f.decision
        ? el("button.quiet", { type: "button", onclick: () => this.decide(f, "reopen") }, t("Reopen"))
        : el("span.acts", {},
          el("button", { type: "button", onclick: () => this.decide(f, "accept") }, t("Accept")),
          el("button.quiet", { type: "button", onclick: () => this.decide(f, "reject") }, t("Refuse")))));
  }
}

/** All cues in order, with everything that the lanes say of them; the arrow keys walk it. */
export class CueList {
  constructor(root, view, choose) {
    this.root = root;
    this.choose = choose;
    this.list = el("ol.cues", { "aria-label": t("Cues") });
    root.append(this.list);
    new ResizeObserver(() => this.#reveal()).observe(root);
    this.set(view);
  }

  set(view) {
    this.view = view;
    this.rows = null;
    // A hidden list of two thousand cues is not worth making.
    if (this.root.offsetParent !== null) this.#make();
  }

  /** Show which cue is on. */
  mark(cue) {
    if (this.root.offsetParent === null) return;
    if (!this.rows) this.#make();
    this.on?.removeAttribute("aria-current");
    if (this.on) this.on.tabIndex = -1;
    this.on = cue ? this.rows.get(cue.id) : null;
    if (!this.on) return;
    this.on.setAttribute("aria-current", "true");
    this.on.tabIndex = 0;
    if (this.list.contains(document.activeElement)) this.on.focus({ preventScroll: true });
    // Rows that were never seen have no height of their own yet, so that a place is right only when it is reached.
    this.#reveal();
    requestAnimationFrame(() => this.#reveal());
  }

  #reveal() {
    const box = this.root.getBoundingClientRect(), row = this.on?.getBoundingClientRect();
    if (row && (row.top < box.top || row.bottom > box.bottom)) this.root.scrollTop += row.top - box.top - box.height / 3;
  }

  #make() {
    const { view } = this;
    const by = new Map(view.cues.map((c) => [c.id, { findings: [], lines: [], beats: [], barriers: [] }]));
    for (const f of view.findings) by.get(f.cue)?.findings.push(f);
    for (const b of view.beats) by.get(b.cue)?.beats.push(b);
    for (const b of view.barriers) by.get(b.cue)?.barriers.push(b);
    for (const n of view.lines) for (const id of n.cues) by.get(id)?.lines.push(n);
    this.rows = new Map();
    this.on = null;
    this.list.replaceChildren(...view.cues.map((c, i) => {
      const { findings, lines, beats, barriers } = by.get(c.id);
      const open = findings.filter((f) => !f.decision);
      const over = lines.find((n) => n.over);
      const button = el("button.cue", { type: "button", tabIndex: i ? -1 : 0, onclick: () => this.choose(c) },
        el("span.when", {}, clock(c.start_ms)),
        el("span.words", {},
          el("span.source", { lang: view.source_language }, c.speaker && el("b", {}, `${c.speaker} `), c.text),
          view.edition && el("span.own", { lang: view.edition.locale, dir: view.edition.direction }, c.draft ?? "–"),
          el("span.marks", {},
            over && el("span.chip.warning", {}, t("{cps} CPS", { cps: over.cps })),
            ["error", "warning", "note"].map((s) => {
              const n = open.filter((f) => f.severity === s).length;
              return n > 0 && el(`span.chip.${s}`, {}, `${labels(s)} ${n}`);
            }),
            onceEach(barriers).map((b) => el("span.chip.mark", {}, b.text)),
            beats.map((b) => el("span.chip", { title: b.message }, beatName(b.check))))));
      this.rows.set(c.id, button);
      return el("li", {}, button);
    }));
  }
}
