// The panel beside the list: preview, barriers, names and terms, and the history of the current line.

import { api, el, mayEdit, prefs, t } from "./base.js";
import { kindName, strategyName } from "./workbench-rows.js";
import { wordDiff } from "./workbench-conflict.js";

/** `act`: {use(text, strategy), restore(change)}. */
export function makeSide(data, act) {
  const preview = fold("preview", t("Preview"), false);
  const barriers = el("div.barriers"), agreed = el("ul.agreed"), past = fold("history", t("History of the line"), true);
  const none = el("p.fine", {}, t("Nothing culture-bound is marked here."));
  const node = el("div", {},
    preview.node,
    el("h2", {}, t("In this line")), barriers, agreed,
    past.node);
  let player = null, current = null, asked = 0, stopAt = 0;

  // Opening the preview and playing a line both ask for it, perhaps at once: there is one player.
  let filming = null;
  const film = () => (filming ??= makeFilm());
  async function makeFilm() {
    const { Player } = await import("./player.js");
    const media = `/media/${data.episode}`;
    const end = Math.max(1000, ...data.cues.map((c) => c.end_ms + 1000));
    player = new Player({ durationMs: end, video: data.video || data.textless ? { url: data.video ? media : null, textless: data.textless ? `${media}/textless` : null, width: 9, height: 16 } : null, lines: subtitles(data), cues: data.cues, locale: data.locale, direction: data.direction });
    player.addEventListener("time", (event) => { if (stopAt && event.detail.ms >= stopAt && player.playing) { stopAt = 0; player.pause(); } });
    preview.body.append(player.node);
    return player;
  }
  preview.opened = () => film().then((p) => current && !p.playing && p.seek(current.start_ms));

  const history = async () => {
    if (!current || !past.node.open) return;
    const cue = current.cue, turn = ++asked;
    const changes = await api("GET", `/api/editions/${encodeURIComponent(data.edition)}/lines/${cue}/history`).catch(() => null);
    if (turn !== asked || !changes) return;
    past.body.replaceChildren(changes.length ? el("ol.changes", {}, changes.map((x, n) => change(x, changes[n + 1], n === 0))) : el("p.fine", {}, t("Nobody has changed this line.")));
  };
  past.opened = history;

  function change(x, older, latest) {
    const diff = older ? wordDiff(older.text, x.text) : [["same", x.text]];
    const what = older && older.text === x.text ? [el("span.dim", {}, older.status !== x.status ? (x.status === "approved" ? t("approved") : t("approval taken back")) : [x.strategy && strategyName(x.strategy), x.reason].filter(Boolean).join(" · ") || t("strategy or reason taken away"))]
      : diff.map(([kind, text]) => (kind === "same" ? text : el(kind === "new" ? "ins" : "del", {}, text)));
    return el("li", {},
      el("p.fine", {}, [x.version, x.who || x.origin, when(x.at)].filter(Boolean).join(" · ")),
      el("p.words", { lang: data.locale, dir: "auto" }, ...what),
      latest || !mayEdit ? null : el("button.quiet", { type: "button", onclick: () => act.restore(x) }, t("Restore")));
  }

  return {
    node, history,
    /** What belongs to a cue. */
    show(c, now) {
      const moved = current?.cue !== c.cue;
      current = c;
      if (moved) {
        barriers.replaceChildren(...(c.barriers.length ? c.barriers.map((b, n) => (c.barriers.findIndex((x) => x.text === b.text) < n ? el("div", { hidden: true }) : barrier(b))) : [none]));
        past.body.replaceChildren();
        if (player && !player.playing && preview.node.open) player.seek(c.start_ms);
        clearTimeout(this.timer);
        this.timer = setTimeout(history, 250);
      }
      this.terms(c, now);
    },
    /** The agreed renderings, with a mark where the line lacks one. */
    terms(c, now) {
      const speaker = data.agreed.find((a) => a.source === c.speaker);
      const mine = c.agreed.map((n) => data.agreed[n]);
      const key = [c.cue, ...mine.map((a) => missing(a, now.text))].join();
      if (agreed.dataset.key === key) return;
      agreed.dataset.key = key;
      agreed.replaceChildren(
        ...(speaker ? [el("li", {}, el("span.tag", {}, t("speaks")), el("span", { lang: "zh" }, speaker.source), " ", el("b", { dir: "auto" }, speaker.rendering || "–"), speaker.note ? el("span.fine", {}, speaker.note) : null)] : []),
        ...mine.map((a) => el("li", {}, missing(a, now.text) ? el("span.chip.warning", { title: t("The agreed rendering is not in the line") }, t("missing")) : a.rendering ? el("span.chip.ok", { title: t("In the line") }, "✓") : el("span.chip", {}, t("not agreed")),
          el("span", { lang: "zh" }, a.source), " ", a.rendering ? el("button.use", { type: "button", disabled: !mayEdit, title: t("Put it into the line"), onclick: () => act.use(a.rendering) }, a.rendering) : "–", a.note ? el("span.fine", {}, a.note) : null)));
    },
    barrier(n) { return barriers.children[n]; },
    refit() { player?.set({ lines: subtitles(data) }); },
    async play() {
      preview.node.open = true;
      const p = await film();
      if (p.playing) { p.pause(); return; }
      p.seek(Math.max(0, current.start_ms - 150));
      stopAt = current.end_ms + 350;
      p.play();
    },
  };

  function barrier(b) {
    return el(`div.item.need${b.need}`, {},
      el("p", {}, el("b", { lang: "zh" }, b.text), " ", el("span.fine", {}, kindName(b.kind), " · ", [t("tone is lost"), t("meaning blurs"), t("wrong or meaningless word for word")][b.need - 1])),
      b.meaning ? el("p", {}, b.meaning) : null,
      b.literal ? el("p.fine", {}, t("Literally: {text}", { text: b.literal })) : null,
      b.suggestion ? el("p", {}, el("button.use", { type: "button", disabled: !mayEdit, title: t("Put it into the line"), onclick: () => act.use(b.suggestion, b.strategies[0]) }, b.suggestion), b.strategies[0] ? el("span.fine", {}, strategyName(b.strategies[0])) : null) : null);
  }
}

/** Whether a name or term is agreed and none of its forms stands in the text. */
export function missing(entry, text) {
  if (!entry.rendering || !text) return false;
  const folded = fold1(text);
  return !entry.accepts.some((form) => folded.includes(fold1(form)));
}

const fold1 = (text) => text.normalize("NFKD").replace(/\p{Mn}/gu, "").toLowerCase().replace(/^(the|an?) /, "");

const subtitles = (data) => data.fitted.map(({ start_ms, end_ms, text }) => ({ start_ms, end_ms, text }));

function when(at) {
  const time = new Date(at);
  return Number.isNaN(time.getTime()) ? "" : time.toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
}

function fold(name, title, open) {
  const body = el("div.fold");
  const node = el("details", { open: prefs.get(`workbench.${name}`, open), ontoggle: () => { prefs.set(`workbench.${name}`, node.open); if (node.open) made.opened?.(); } }, el("summary", {}, title), body);
  const made = { node, body, opened: null };
  return made;
}
