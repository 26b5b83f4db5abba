"""Why they left: the hazard of leaving by second, joined to the findings on the timeline.

For each place where something stood on the screen, the seconds that it was there (and a short lag after) are
compared with other seconds of the same episode and the same cut, close by, with about as many viewers left, where
the same other things were on the screen. What the position in an episode does by itself is taken out with the
other episodes of the edition. What is left is an association: nobody drew lots over what stood on the screen.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from smallscreen.audience import places as p
from smallscreen.audience.hazards import WINDOW_HOURS, Curve, Hazards, hazards
from smallscreen.audience.lake import Lake
from smallscreen.audience.stats import Interval, benjamini_hochberg, mantel_haenszel, overdispersion
from smallscreen.audience.stats.matched import Ratio
from smallscreen.audience.timemap import read_timemaps
from smallscreen.errors import UserError
from smallscreen.series.model import Finding

if TYPE_CHECKING:
    from smallscreen.series.project import Project

KINDS: dict[str, str] = {
    "culture.literal": "culture barrier left literal",
    "culture.dropped": "culture barrier dropped",
    "culture.barrier": "culture-bound place of the source",
    "screen.reading-speed": "reading speed over the limit",
    "fit.shorten": "line to be shortened for its time",
    "terms.term-missing": "agreed term missing",
    "terms.name-missing": "agreed name missing",
    "story.gratification": "gratification",
    "story.vulnerability": "vulnerability",
    "story.reversal": "reversal",
    "story.care": "care",
    "story.feeling-lost": "feeling lost in the edition",
    "story.hook": "hook",
}
"""Checks that are asked about, and the kind that each is. Other findings are counted in the notes."""

LAG_MS = 1000
"""A viewer who leaves because of something does so a little later: to decide, to swipe."""
WORDS = "associated with"
NEAR_END_MS = 20_000
"""A hook is one of its episode's end when it ends within this much of it."""
NEIGHBORS = 5
"""Episodes on each side whose ends an episode's end is compared with."""


@dataclass(frozen=True, slots=True)
class Association:
    """One row. `level`: "kind" (all its places together), "place", "end" (between episodes), "ad".

    `exposed_s` is viewer-seconds; at level "end" it counts completers instead. `matched` is the share of the
    exposed time that found seconds to be compared with, `shown` the share of it that was on the screen itself (the rest
    is lag): the hazard ratio is that of the time on the screen (`places.shown_ratio`). The q value is over all places together at level "place", and
    over all other rows together at the other levels. `told` is the row as a sentence.
    """

    check: str
    kind: str
    level: str
    findings: int
    hazard_ratio: Interval
    p_value: float
    q_value: float
    exposed_s: int
    leaves: int
    control_leaves: int
    matched: float = 1.0
    shown: float = 1.0
    episode: int | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    words: str = WORDS
    told: str = ""


@dataclass(frozen=True, slots=True)
class Why:
    """What stood on the screen where an edition's viewers left. `dispersion` 1 is pure chance between seconds."""

    edition: str
    simulated: bool
    as_of: str | None
    window_hours: int
    lag_ms: int
    viewers: int
    leaves: int
    open: int
    dispersion: float
    associations: list[Association]
    curves: list[Curve]
    notes: list[str] = field(default_factory=list)


def why(
    project: Project,
    lake: Lake,
    edition: str,
    *,
    lag_ms: int = LAG_MS,
    window_hours: int = WINDOW_HOURS,
    as_of: datetime | None = None,
) -> Why:
    """Join the hazard of leaving to the findings of the source and of an edition (`en-US`, `en-US.literal`).

    Raises UserError when the lake has no viewing of that edition.
    """
    market, _, variant = edition.partition(".")
    store = project.store
    seen = hazards(
        lake,
        store.slug,
        market,
        variant or "main",
        window_hours=window_hours,
        as_of=as_of,
        ad_lag_ms=lag_ms,
    )
    if not seen.curves:
        raise UserError(
            f"The lake has no viewing of {edition} that can be judged; import events of it, or wait {window_hours} hours "
            "after the last one."
        )
    known = {e.name: e for e in store.editions()}
    found = [f for fs in store.findings(None).values() for f in fs]
    notes = []
    if edition in known:
        found += [f for fs in store.findings(known[edition]).values() for f in fs]
    else:
        notes.append(f"{edition} has no findings of its own: it was not made here, or not checked yet.")
    maps = read_timemaps(lake.root)
    asked, others = _asked(found)
    if others:
        notes.append("Not asked about: " + ", ".join(f"{c} ({n})" for c, n in sorted(others.items())) + ".")
    if seen.open:
        notes.append(f"{seen.open} viewer-episodes are left out: their {window_hours} hours are not over.")
    if seen.ads_outside:
        notes.append(
            f"{seen.ads_outside} advertisements stood before or after an episode and have no second."
        )
    grid = p.grid(seen.curves, asked, maps, lag_ms)
    dispersion = p.dispersion(grid)
    rows = [
        *_by_place(grid, asked, dispersion),
        *_ads(grid, seen),
        *_ends(seen, asked, _paid(lake, store.slug, market, variant or "main")),
    ]
    rows = [replace(r, told=_told(r)) for r in _in_families(rows)]
    return Why(
        edition=edition,
        simulated=seen.simulated,
        as_of=seen.as_of.isoformat() if seen.as_of else None,
        window_hours=window_hours,
        lag_ms=lag_ms,
        viewers=seen.viewers,
        leaves=int(sum(c.leaves.sum() for c in seen.curves)),
        open=seen.open,
        dispersion=dispersion,
        associations=sorted(rows, key=_order),
        curves=seen.curves,
        notes=notes,
    )


def _in_families(rows: list[Association]) -> list[Association]:
    """The rows with their q values: what is asked of a kind is one family, the single places are another.

    Ten kinds, some with an effect, among hundreds of places, nearly all without: ranked together the places set the
    limit for the kinds. Source: Efron 2008, Annals of Applied Statistics 2(1):197, on combining classes of tests.
    """
    told = []
    for single in (False, True):
        family = [r for r in rows if (r.level == "place") is single]
        q = benjamini_hochberg([r.p_value for r in family])
        told += [replace(r, q_value=float(v)) for r, v in zip(family, q, strict=True)]
    return told


# --- within episodes -----------------------------------------------------------------------


def _asked(found: list[Finding]) -> tuple[list[p.Place], Counter[str]]:
    """Places of the kinds asked about; findings of one check that overlap are one place."""
    others = Counter(f.check for f in found if f.check not in KINDS)
    places: list[p.Place] = []
    for f in sorted((f for f in found if f.check in KINDS), key=lambda f: (f.check, f.episode, f.start_ms)):
        last = places[-1] if places else None
        if last and (last.check, last.episode) == (f.check, f.episode) and f.start_ms <= last.end_ms:
            places[-1] = replace(last, end_ms=max(last.end_ms, f.end_ms), findings=last.findings + 1)
        else:
            places.append(p.Place(f.check, f.episode, f.start_ms, f.end_ms))
    return places, others


def _by_place(grid: list[p.Cut], asked: list[p.Place], dispersion: float) -> list[Association]:
    rows = []
    by_check: dict[str, list[p.Compared]] = {}
    counted: Counter[str] = Counter()
    for place in asked:
        compared = p.compare(grid, place)
        by_check.setdefault(place.check, []).append(compared)
        counted[place.check] += place.findings
        added = dispersion * p.position_variance([compared])
        ratio = mantel_haenszel(*p.sets([compared]), dispersion=dispersion, robust=False, added=added)
        rows.append(_row(place.check, "place", place.findings, ratio, [compared], place))
    for check, all_of_it in by_check.items():
        if len(all_of_it) < 2:
            continue
        clusters = [i for i, c in enumerate(all_of_it) for _ in c.exposed_leaves]
        added = dispersion * p.position_variance(all_of_it)
        ratio = mantel_haenszel(*p.sets(all_of_it), dispersion=dispersion, clusters=clusters, added=added)
        rows.append(_row(check, "kind", counted[check], ratio, all_of_it, None))
    return rows


def _row(
    check: str, level: str, findings: int, ratio: Ratio, compared: list[p.Compared], place: p.Place | None
) -> Association:
    seconds = sum(c.exposed_s for c in compared)
    matched = sum(c.matched_s for c in compared)
    share = p.on_screen(compared)
    shown = replace(
        ratio,
        value=p.shown_ratio(ratio.value, share),
        low=p.shown_ratio(ratio.low, share),
        high=p.shown_ratio(ratio.high, share),
    )
    return Association(
        check=check,
        kind=KINDS[check],
        level=level,
        findings=findings,
        hazard_ratio=_interval(shown, int(matched), "viewer-seconds exposed"),
        p_value=ratio.p,
        q_value=math.nan,
        exposed_s=int(seconds),
        leaves=int(sum(sum(c.exposed_leaves) for c in compared)),
        control_leaves=int(sum(sum(c.control_leaves) for c in compared)),
        matched=matched / seconds if seconds else 0.0,
        shown=share if math.isfinite(share) else 0.0,
        episode=place.episode if place else None,
        start_ms=place.start_ms if place else None,
        end_ms=place.end_ms if place else None,
    )


def _interval(ratio: Ratio, n: int, unit: str) -> Interval:
    return Interval(ratio.value, ratio.low, ratio.high, n, f"hazard ratio, n in {unit}", ratio.method)


def _ads(grid: list[p.Cut], seen: Hazards) -> list[Association]:
    """Viewers just after an advertisement against the others in the same second of the same episode.

    Both stand in the same second, so that what makes seconds differ falls out: no dispersion.
    """
    if not seen.ads:
        return []
    sets: list[tuple[float, float, float, float]] = []
    for ad in seen.ads:
        here = [c.curve for c in grid if c.curve.episode == ad.episode and ad.second < c.curve.viewers.size]
        n = float(sum(c.viewers[ad.second] for c in here))
        d = float(sum(c.leaves[ad.second] for c in here))
        with_it, gone = min(float(ad.viewers), n), min(float(ad.leaves), d)
        if with_it < n:
            sets.append((gone, with_it, d - gone, n - with_it))
    d1, n1s, d0, n0s = ([s[i] for s in sets] for i in range(4))
    ratio = mantel_haenszel(d1, n1s, d0, n0s)
    shown = int(sum(n1s))
    return [
        Association(
            check="ad",
            kind="advertisement",
            level="ad",
            findings=len({a.episode for a in seen.ads}),
            hazard_ratio=_interval(ratio, shown, "viewer-seconds exposed"),
            p_value=ratio.p,
            q_value=math.nan,
            exposed_s=sum(a.viewers for a in seen.ads),
            leaves=int(sum(d1)),
            control_leaves=int(sum(d0)),
            matched=shown / max(1, sum(a.viewers for a in seen.ads)),
        )
    ]


# --- between episodes ----------------------------------------------------------------------


def _ends(seen: Hazards, asked: list[p.Place], paid: set[int]) -> list[Association]:
    """Stopping between two episodes: behind a hook, before an episode that costs something."""
    length = {c.episode: c.duration_ms for c in seen.curves}
    hooked = {
        x.episode
        for x in asked
        if x.check == "story.hook" and x.end_ms >= length.get(x.episode, 0) - NEAR_END_MS
    }
    walled = {b.episode for b in seen.boundaries if b.episode + 1 in paid}
    rows = []
    for check, kind, mine in (
        ("story.hook", "hook at the episode's end", hooked),
        ("paywall", "paywall before the next episode", walled),
    ):
        row = _end(check, kind, seen, mine)
        if row:
            rows.append(row)
    return rows


def _end(check: str, kind: str, seen: Hazards, mine: set[int]) -> Association | None:
    sets: list[tuple[float, float, float, float]] = []
    used, controls = [], set[int]()
    for b in seen.boundaries:
        others = [
            o
            for o in seen.boundaries
            if o.episode not in mine and 0 < abs(o.episode - b.episode) <= NEIGHBORS
        ]
        if b.episode in mine and others:
            used.append(b)
            controls |= {o.episode for o in others}
            # A control that serves several ends counts in part for each, so that it is not counted twice.
            shared = [sum(1 for x in mine if 0 < abs(x - o.episode) <= NEIGHBORS) for o in others]
            stopped = sum(o.stopped / k for o, k in zip(others, shared, strict=True))
            completers = sum(o.completers / k for o, k in zip(others, shared, strict=True))
            sets.append((b.stopped, b.completers, stopped, completers))
    if not sets:
        return None
    rest = [b for b in seen.boundaries if b.episode in controls]
    rate = sum(b.stopped for b in rest) / max(1, sum(b.completers for b in rest))
    spread = overdispersion([b.stopped for b in rest], [b.completers * rate for b in rest])
    df = max(1.0, len(rest) - 1.0)
    d1, n1, d0, n0 = ([s[i] for s in sets] for i in range(4))
    ratio = mantel_haenszel(d1, n1, d0, n0, dispersion=spread, df=df, robust=False)
    return Association(
        check=check,
        kind=kind,
        level="end",
        findings=len(used),
        hazard_ratio=_interval(ratio, sum(b.completers for b in used), "completers"),
        p_value=ratio.p,
        q_value=math.nan,
        exposed_s=sum(b.completers for b in used),
        leaves=sum(b.stopped for b in used),
        control_leaves=sum(b.stopped for b in rest),
    )


def _paid(lake: Lake, series: str, market: str, variant: str) -> set[int]:
    """Episodes that most viewers opened with coins, an advertisement or a subscription."""
    rows = lake.sql(
        "SELECT episode FROM unlock WHERE series_id = $series AND market = $market AND variant_id = $variant "
        "GROUP BY episode HAVING count(*) FILTER (kind <> 'free') > count(*) FILTER (kind = 'free')",
        series=series,
        market=market,
        variant=variant,
    )
    return {int(r[0]) for r in rows}


def _order(row: Association) -> tuple[int, float, float]:
    q = row.q_value if row.q_value == row.q_value else 2.0
    return (("kind", "end", "ad", "place").index(row.level), q, -row.exposed_s)


def _told(row: Association) -> str:
    h = row.hazard_ratio
    where = "" if row.episode is None else f" in episode {row.episode}"
    if not math.isfinite(h.value):
        return f"{row.kind}{where}: too little to compare."
    sure = "" if row.q_value <= 0.05 else "; not told apart from chance"
    return (
        f"{row.kind}{where} is {row.words} leaving {h.value:.2f} times as often "
        f"({h.low:.2f} to {h.high:.2f}; q {row.q_value:.3f}){sure}."
    )
