// The matrix of the series page: a row per episode, a column per edition, walked with the arrow keys.

import { clock, el, t } from "./base.js";

const POINTS_HIGH = 18, ARC_WIDE = 72;
const PRESENT_MS = 60000;

/** Draws into `box`; `links` says where a cell leads: `workbench`, `timelineLink`, `open`, `timeline`. */
export class Matrix {
  constructor(box, links) {
    this.box = box;
    this.links = links;
    this.at = null; // {edition, episode}: the cell that Tab reaches
    this.here = new Map(); // who: {edition, episode, until}
    box.addEventListener("keydown", (event) => this.#key(event));
    box.addEventListener("focusin", (event) => {
      const cell = event.target.closest("td[data-edition]");
      if (cell) this.#stand(cell);
    });
  }

  /** Draw the page's cells for these editions and episodes; the focus stays where it was. */
  draw(page, editions, episodes) {
    Object.assign(this, { page, editions, episodes });
    const focused = this.box.contains(document.activeElement);
    const top = this.box.scrollTop;
    const ranks = Object.fromEntries(["gratification", "resonance"].map((axis) => [axis, ranker(page.episodes.flatMap((e) => e.arc?.[axis] || []))]));
    this.completion = Object.values(page.cells).some((row) => Object.values(row).some((c) => c.completion));
    const head = el("tr", { role: "row" },
      el("th.corner", { role: "columnheader", scope: "col" }, t("Episode")),
      ...editions.map((e) => el("th", { role: "columnheader", scope: "col", "data-edition": e.name, title: e.title || e.name }, e.name)));
    const table = el(`table${page.episodes.some((e) => e.title) ? ".titled" : ""}`, { role: "grid", "aria-label": t("Episodes and editions"), "aria-rowcount": page.episodes.length + 1 },
      el("thead", { role: "rowgroup" }, head), el("tbody", { role: "rowgroup" }, ...episodes.map((e) => this.#row(e, ranks))));
    this.table = table;
    this.box.replaceChildren(...(episodes.length ? [table] : [el("p.nothing.dim", {}, page.episodes.length ? t("No episode is left by these filters.") : t("The series has no episode yet."))]));
    this.box.scrollTop = top;
    this.#stand(this.#cell(this.at) || table.querySelector("td[data-edition]"));
    if (focused) this.#cell(this.at)?.querySelector("a").focus({ preventScroll: true });
    this.#people();
  }

  /** Go to a cell; where filters hide it, nothing happens. */
  focus(edition, episode) {
    const cell = this.#cell({ edition, episode });
    if (!cell) return;
    this.#stand(cell);
    cell.querySelector("a").focus({ preventScroll: true });
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** Somebody changed something in a cell: it lights up for a moment. */
  changed(edition, episode, who) {
    const cell = this.#cell({ edition, episode });
    if (!cell) return;
    cell.classList.remove("changed");
    void cell.offsetWidth; // starts the animation anew
    cell.classList.add("changed");
    if (who) cell.title = t("Changed by {who}", { who });
  }

  /** Somebody is at work in a cell. */
  present(who, edition, episode) {
    this.here.set(who, { edition, episode, until: Date.now() + PRESENT_MS });
    this.#people();
    clearTimeout(this.sweep);
    this.sweep = setTimeout(() => this.#people(), PRESENT_MS + 500);
  }

  // --- within ----------------------------------------------------------------------------------

  #row(episode, ranks) {
    const name = episode.title || "";
    return el("tr", { role: "row", "data-episode": episode.number },
      el("th", { role: "rowheader", scope: "row" }, el("div.first", {},
        el("a.episode", { href: this.links.timelineLink(this.editions[0]?.name, episode.number), tabIndex: -1, title: t("Open the timeline") },
          el("b", {}, String(episode.number)), " ", el("span.title", { title: name }, name)),
        el("span.length", {}, clock(episode.duration_ms, true)),
        arc(episode.arc, ranks))),
      ...this.editions.map((e) => this.#draw(e.name, episode, this.page.cells[e.name][episode.number])));
  }

  #draw(edition, episode, c) {
    const said = describe(edition, episode, c);
    const wide = (part) => ({ style: { width: `${c.cues ? (100 * Math.min(part, c.cues)) / c.cues : 0}%` } });
    const done = c.cues > 0 && c.approved >= c.cues;
    return el(`td${done ? ".done" : ""}`, { role: "gridcell", "data-edition": edition, "data-episode": episode.number },
      el("a.cell", { href: this.links.workbench(edition, episode.number), tabIndex: -1, "aria-label": said },
        el("span.bar3", { "aria-hidden": "true" }, el("i.drafted", wide(c.drafted)), el("i.checked", wide(c.checked)), el("i.approved", wide(c.approved))),
        el(`span.n.${c.errors ? "error" : "zero"}`, { "aria-hidden": "true" }, c.errors ? `● ${c.errors}` : "·"),
        el(`span.n.${c.warnings ? "warning" : "zero"}`, { "aria-hidden": "true" }, c.warnings ? `▲ ${c.warnings}` : "·"),
        this.completion && rate(c.completion)),
      el("a.to-timeline", { href: this.links.timelineLink(edition, episode.number), tabIndex: -1, title: t("Open the timeline"), "aria-label": t("Timeline of episode {number}, {edition}", { number: episode.number, edition }) }, "›"),
      el("span.people"));
  }

  #cell(at) {
    return at && this.table?.querySelector(`td[data-edition="${CSS.escape(at.edition)}"][data-episode="${at.episode}"]`);
  }

  #stand(cell) {
    const before = this.table?.querySelector("a.cell[tabindex='0']");
    if (before) before.tabIndex = -1;
    if (!cell) return;
    this.at = { edition: cell.dataset.edition, episode: Number(cell.dataset.episode) };
    cell.querySelector("a.cell").tabIndex = 0;
  }

  #key(event) {
    if (event.ctrlKey && !["Home", "End"].includes(event.key)) return;
    const at = event.target.closest?.("td[data-edition]");
    if (!at || event.altKey || event.metaKey) return;
    let column = this.editions.findIndex((e) => e.name === at.dataset.edition);
    let row = this.episodes.findIndex((e) => e.number === Number(at.dataset.episode));
    const last = this.episodes.length - 1, right = this.editions.length - 1;
    const jump = Math.max(1, Math.floor(this.box.clientHeight / (at.offsetHeight || 22)) - 2);
    switch (event.key) {
      case "ArrowLeft": column -= 1; break;
      case "ArrowRight": column += 1; break;
      case "ArrowUp": row -= 1; break;
      case "ArrowDown": row += 1; break;
      case "PageUp": row -= jump; break;
      case "PageDown": row += jump; break;
      case "Home": column = 0; if (event.ctrlKey) row = 0; break;
      case "End": column = right; if (event.ctrlKey) row = last; break;
      case "t": this.links.timeline(at.dataset.edition, Number(at.dataset.episode)); return;
      default: return; // Enter is the link's own
    }
    event.preventDefault();
    row = Math.min(last, Math.max(0, row));
    column = Math.min(right, Math.max(0, column));
    this.focus(this.editions[column].name, this.episodes[row].number);
  }

  #people() {
    for (const old of this.table?.querySelectorAll(".people i") || []) old.remove();
    for (const [who, place] of this.here) {
      if (place.until < Date.now()) this.here.delete(who);
      else this.#cell(place)?.querySelector(".people")?.append(el("i", { title: t("{who} works here", { who }) }));
    }
  }
}

/** The share of viewers who saw the end, with its interval. */
function rate(completion) {
  if (!completion) return el("span.rate");
  const p = (v) => Math.round(100 * v);
  const said = t("{value} of 100 starters saw the end (95 per cent interval {low} to {high}, {viewers} starters)", {
    value: p(completion.value), low: p(completion.low), high: p(completion.high), viewers: completion.viewers.toLocaleString(),
  }) + (completion.simulated ? ` · ${t("simulated")}` : "");
  return el(`span.rate${completion.simulated ? ".simulated" : ""}`, { title: said }, `${p(completion.value)}%`,
    el("small", {}, ` ${p(completion.low)}–${p(completion.high)}`));
}

/** Where a value stands among all of the series, 0 to 1; as the timeline ranks lines. One strong episode would
 * make all others flat otherwise. */
function ranker(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const places = new Map(sorted.map((v, n) => [v, n / Math.max(1, sorted.length - 1)]));
  return (v) => places.get(v);
}

/** Resonance and gratification over an episode, ranked among the series. */
function arc(curves, ranks) {
  if (!curves) return null;
  const path = (axis) => curves[axis].map((v, i) => `${i ? "L" : "M"}${((i * ARC_WIDE) / (curves[axis].length - 1)).toFixed(1)} ${(POINTS_HIGH - 1 - ranks[axis](v) * (POINTS_HIGH - 2)).toFixed(1)}`).join("");
  return el("svg:svg.arc", { viewBox: `0 0 ${ARC_WIDE} ${POINTS_HIGH}`, role: "img", "aria-label": t("Arc of feeling: resonance and gratification") },
    el("svg:path.grat", { d: path("gratification") }), el("svg:path.reso", { d: path("resonance") }));
}

/** A cell in words: for titles and for those who hear the page. */
export function describe(edition, episode, c) {
  return t("{edition}, episode {number}: {drafted} of {cues} lines drafted, {checked} checked, {approved} approved; {errors} open errors, {warnings} open warnings", {
    edition, number: episode.number, drafted: c.drafted, cues: c.cues, checked: c.checked, approved: c.approved, errors: c.errors, warnings: c.warnings,
  });
}
