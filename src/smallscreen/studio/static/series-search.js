// Search over all lines and findings: asks while one types, shows what it finds by kind, leads to the very cue.

import { api, clock, el, later, t } from "./base.js";

const WAIT_MS = 160;

/** A combobox: `input` and its `list`; `status` tells the number of hits; `edition()` is where one is. */
export class Search {
  constructor({ input, list, status, edition }) {
    Object.assign(this, { input, list, status, edition, number: 0, place: -1 });
    const ask = later(() => this.#ask(), WAIT_MS);
    input.addEventListener("input", ask);
    input.addEventListener("keydown", (event) => this.#key(event));
    input.addEventListener("focus", () => this.list.childElementCount && this.#show(true));
    input.addEventListener("blur", () => setTimeout(() => !this.list.contains(document.activeElement) && this.#show(false), 150));
    // A press inside the list must not take the focus away before the click arrives.
    list.addEventListener("mousedown", (event) => event.preventDefault());
  }

  async #ask() {
    const q = this.input.value.trim();
    const number = (this.number += 1);
    if (!q) return this.#fill(null);
    const edition = this.edition();
    try {
      const found = await api("GET", `/api/search?q=${encodeURIComponent(q)}${edition ? `&edition=${encodeURIComponent(edition)}` : ""}`);
      if (number === this.number) this.#fill(found); // an answer that was overtaken is dropped
    } catch (error) {
      if (number === this.number) this.#say(error.message);
    }
  }

  #fill(found) {
    this.place = -1;
    this.input.removeAttribute("aria-activedescendant");
    if (!found) {
      this.list.replaceChildren();
      this.status.textContent = "";
      return this.#show(false);
    }
    if (!found.found) return this.#say(t("Nothing holds “{q}”.", { q: found.q }));
    let id = 0;
    const names = { cue: t("Source lines"), line: t("Lines of editions"), finding: t("Findings"), character: t("Characters"), term: t("Terms") };
    const groups = Object.entries(found.groups).map(([kind, hits]) =>
      el("div.group", { role: "group", "aria-labelledby": `group-${kind}` },
        el("div.kind", { id: `group-${kind}`, role: "presentation" }, names[kind] || kind, el("span.dim", {}, ` ${hits.length}`)),
        ...hits.map((hit) => el("a.hit", { role: "option", id: `hit-${id++}`, href: hit.link, tabIndex: -1, "aria-selected": "false" }, el("span.where", {}, where(hit)), el("span.text", {}, ...marked(hit))))));
    this.list.replaceChildren(...groups);
    if (found.more) this.list.append(el("div.more.fine", { role: "presentation" }, t("There is more; write more of it.")));
    this.status.textContent = t("{found} places", { found: found.found });
    this.#show(true);
  }

  #say(text) {
    this.list.replaceChildren(el("div.more.dim", { role: "option", "aria-disabled": "true", "aria-selected": "false" }, text));
    this.status.textContent = text;
    this.#show(true);
  }

  #key(event) {
    const hits = [...this.list.querySelectorAll("a.hit")];
    if (event.key === "Escape") {
      if (!this.list.hidden) this.#show(false);
      else this.input.blur();
      event.preventDefault();
    } else if (event.key === "Enter") {
      const hit = hits[Math.max(0, this.place)];
      if (hit && !this.list.hidden) location.assign(hit.href);
    } else if (["ArrowDown", "ArrowUp"].includes(event.key) && hits.length) {
      event.preventDefault();
      this.#show(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.place = (this.place + step + hits.length + (this.place < 0 && step < 0 ? 1 : 0)) % hits.length;
      hits.forEach((hit, i) => hit.setAttribute("aria-selected", String(i === this.place)));
      hits[this.place].scrollIntoView({ block: "nearest" });
      this.input.setAttribute("aria-activedescendant", hits[this.place].id);
    }
  }

  #show(yes) {
    this.list.hidden = !yes;
    this.input.setAttribute("aria-expanded", String(yes));
  }
}

function where(hit) {
  const at = [hit.edition, hit.episode && t("ep. {number}", { number: hit.episode }), hit.start_ms !== null && hit.start_ms !== undefined && clock(hit.start_ms, true)];
  return at.filter(Boolean).join(" · ");
}

/** The text with what was found marked; a long one is cut before it so that it is seen. */
function marked({ text, match: [start, end] }) {
  const letters = Array.from(text.replace(/\n/g, " ")); // `match` counts characters, not UTF-16 units
  const from = start > 40 ? start - 30 : 0;
  const part = (a, b) => letters.slice(a, b).join("");
  return [from ? "…" : "", part(from, start), el("mark", {}, part(start, end)), part(end)];
}
