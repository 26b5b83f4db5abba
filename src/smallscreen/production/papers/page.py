"""The shoot as one HTML file that needs nothing else: stripboard, one-line schedule, day out of days.

What comes from the series is text to the page, always: the template escapes, there is no script, and a content
policy forbids everything that is not in the file. Strips keep the colors of their paper on a dark screen too.
"""

from __future__ import annotations

from pathlib import Path

from smallscreen.engines.pages import GROUND, Pages
from smallscreen.production.papers import _dood, _say
from smallscreen.production.papers._shoot import COLORS, Shoot, strip_color
from smallscreen.production.papers._words import pages
from smallscreen.production.papers.dayoutofdays import head_of, label, rule, totals
from smallscreen.production.papers.paper import Made, Paper, file_stem, one_file


class Page(Paper):
    """One file for screens, light and dark, that prints across A4."""

    id = "html"
    name = "Stripboard, one-line schedule and day out of days (.html)"
    description = "the whole shoot on one page, without network or script"
    order = 10

    def write(self, shoot: Shoot, out: Path) -> list[Made]:
        path = out / (file_stem(shoot.material.slug, "shoot") + ".html")
        path.write_text(render(shoot), "utf-8", errors="replace", newline="\n")
        return one_file(path, "the shoot on one page")


def render(shoot: Shoot) -> str:
    """The page as text."""
    rows = [shoot.letters[m.name] for m in shoot.cast]
    plan = shoot.material.plan
    used = {s.color for d in shoot.days for s in d.strips} | {strip_color(s) for s in shoot.unscheduled}
    return _PAGES.render(
        "shoot.html",
        s=shoot,
        w=shoot.words,
        say=_say,
        pages=pages,
        colors=COLORS,
        used=[c for c in COLORS if c in used],
        strip_color=strip_color,
        rows=rows,
        day_heads=[head_of(c, shoot) for c in shoot.columns],
        working=[_dood.working(rows, i) for i in range(len(shoot.columns))],
        totals=totals,
        sums=[sum(t) for t in zip(*(totals(r) for r in rows), strict=True)] if rows else [0] * 5,
        label=label,
        rule=rule(shoot),
        gap=_gap(shoot),
        cost=f"{plan.total:,.2f} {plan.currency}" if plan.cost else "",
    )


def _gap(shoot: Shoot) -> str:
    plan = shoot.material.plan
    if plan.proved:
        return shoot.words("proved")
    return shoot.words("gap", gap=f"{plan.gap:.1%}") if plan.gap is not None else ""


_PAGES = Pages(
    __package__,
    "shoot.css",
    before=GROUND,
    after=(),
    button=False,
    pictures=False,
    filters={"kind_of": lambda x: "w" if "W" in x else x[:1].lower()},
)
