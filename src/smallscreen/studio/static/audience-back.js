// Who came back in the days after, and what others claim of series like this one.

import { el, t } from "./base.js";
import { number, percent, table } from "./chart.js";

const DAYS = [0, 1, 2, 3, 4, 5, 6, 7, 14, 21, 28];

export function cohorts(box, page) {
  const edition = page.editions.find((e) => e.name === page.edition);
  const days = DAYS.filter((k) => edition.cohorts.some((c) => c.share.length > k));
  if (!days.length) return box.replaceChildren(el("p.dim", {}, t("No week is old enough yet.")));
  const cell = (c, k) => (k < c.share.length ? el("span", { title: t("{low} to {high}", { low: percent(c.low[k]), high: percent(c.high[k]) }) }, percent(c.share[k]), el("small", {}, ` ${t("of {n}", { n: number(c.eligible[k]) })}`)) : "");
  const head = [[t("Week of")], [t("Viewers"), "num"], ...days.map((k) => [t("Day {n}", { n: k }), "num"])];
  box.replaceChildren(table(t("Coming back, {edition}", { edition: edition.name }), head, edition.cohorts.map((c) => [c.week, number(c.viewers), ...days.map((k) => cell(c, k))])));
}

export function claims(box, page) {
  box.closest("section").hidden = !page.claims.length;
  const rows = page.claims.map((c) => {
    const said = c.kind === "one-series" ? null : c.said === null ? t("series.toml does not say whether this series is one ([attributes], {name} = true or false).", { name: c.attribute })
      : c.said ? t("This series says it is one.") : t("This series says it is none.");
    const needed = c.needed ? t("Not enough series: about {n} are needed, half of them with the attribute, to see {lift}.", { n: number(c.needed), lift: `+${percent(c.reported_lift, 0)}` })
      : c.kind === "one-series" ? t("Not enough series: this one and at least two others are needed.") : t("Not enough series: no lift was reported; the table says what so many series can see.");
    return [el("span", {}, t(c.title), el("small", {}, ` ${t(c.reported)} (${t(c.reported_source)}; ${t("not verified here")})`)), el("span", {}, needed, said && el("small", {}, ` ${said}`), el("small", {}, ` ${t(c.caution)}`))];
  });
  const lifts = table(t("Least lift that so many series can see"), [[t("Series in all"), "num"], [t("At best"), "num"], [t("With the spread estimated"), "num"]], page.least_lifts.map((x) => [number(x.series), percent(x.known_spread, 0), percent(x.spread_estimated, 0)]));
  box.replaceChildren(el("div.scrolls", {}, table(t("What others claim"), [[t("Claim")], [t("What this series can say to it")]], rows)), el("div.scrolls", {}, lifts),
    el("p.fine", {}, t("Over many series: smallscreen audience claims and their folders.")));
}
