"""The audience page: how far viewers come, where they leave and beside what, what was tried, how good the data is.

page = audience_page(studio.here(), "en-US", 3)     # AudiencePage, the JSON of /api/audience

Only what the audience's steps stored is read here (`audience.stored`); the lake is not asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from smallscreen.audience import stored
from smallscreen.audience.gather import claims_of
from smallscreen.audience.why import KINDS
from smallscreen.errors import UserError
from smallscreen.series import tables as t
from smallscreen.series.project import Project
from smallscreen.series.store import Store
from smallscreen.studio.views.audience_model import (
    ArmView,
    AssociationView,
    AudienceEdition,
    AudienceEpisode,
    AudiencePage,
    ClaimView,
    CohortView,
    CurveView,
    EpisodeCurves,
    ExperimentView,
    Figure,
    FileView,
    LeastLiftView,
    LiftView,
    LookView,
    MarkView,
    PaywallView,
    QualityView,
    ReasonView,
    SurvivalView,
    WhyView,
)
from smallscreen.studio.views.notes import note

_MARKED = (*KINDS, "fit.shorten")
"""Checks whose places are marked under the curves."""


def audience_page(project: Project, edition: str | None = None, episode: int | None = None) -> AudiencePage:
    """What the page shows. Without an edition the main one with the most viewers, without an episode the first.

    UserError names what there is when the edition was not seen or the episode has no viewers.
    """
    store = project.store
    read = stored.read_stored(store)
    if read is None:
        return AudiencePage(measured=False)
    made_here = {e.name for e in store.editions()}
    seen = read.summary["editions"]
    name = edition if edition is not None else max(seen, key=lambda e: ("." not in e, seen[e]["viewers"], e))
    if name not in seen:
        raise UserError(f"Nobody was seen to watch {name}; there are {', '.join(seen)}.")
    claims, lifts = _claims(project)
    numbers = [row["episode"] for row in seen[name]["episodes"]]
    number = episode if episode is not None else numbers[0]
    return AudiencePage(
        measured=True,
        simulated=read.summary["simulated"],
        as_of=read.summary["as_of"],
        patience_days=read.summary["patience_days"],
        measured_at=read.at,
        lake_changed=stored.key_of(project) != read.lake,
        findings_changed=_checked_since(store, read.at),
        edition=name,
        episode=number,
        editions=[_edition(e, seen[e], made_here) for e in _in_order(seen)],
        retention=episode_curves(store, read.summary, name, number),
        why=[_why(e, read.why[e], made_here) for e in _in_order(seen) if e in read.why],
        experiments=[_experiment(x) for x in read.experiments],
        claims=claims,
        least_lifts=lifts,
        quality=_quality(read.quality),
    )


def in_language(page: AudiencePage, language: str) -> AudiencePage:
    """The same with the rooms' notes in the reader's language; figures and names stay."""
    return page.model_copy(
        update={
            "why": [
                w.model_copy(
                    update={
                        "problem": w.problem and note(language, w.problem),
                        "notes": [note(language, n) for n in w.notes],
                    }
                )
                for w in page.why
            ],
            "experiments": [
                x.model_copy(
                    update={
                        "refused": x.refused and note(language, x.refused),
                        "notes": [note(language, n) for n in x.notes],
                    }
                )
                for x in page.experiments
            ],
        }
    )


def episode_curves(store: Store, summary: Mapping[str, Any], edition: str, number: int) -> EpisodeCurves:
    """The curves of an episode in all editions of one market, and what stood on the screen there."""
    market = edition.partition(".")[0]
    names = [e for e in _in_order(summary["editions"]) if e.partition(".")[0] == market]
    curves = []
    for name in names:
        found = stored.read_curve(store, name, number)
        if found is not None:
            curves.append(
                CurveView(edition=name, **{k: found[k] for k in CurveView.model_fields if k in found})
            )
    if not curves:
        raise UserError(f"Nobody was seen to watch episode {number} of {edition}; choose another one.")
    duration = next(
        (
            row["duration_ms"]
            for name in names
            for row in summary["editions"][name]["episodes"]
            if row["episode"] == number
        ),
        len(curves[0].share) * 1000,
    )
    return EpisodeCurves(
        episode=number,
        market=market,
        duration_ms=duration,
        simulated=bool(summary["simulated"]),
        curves=curves,
        marks=_marks(store, names, number),
    )


def stored_summary(store: Store) -> dict[str, Any]:
    """The summary of the measures; UserError where nothing was measured."""
    record = store.step(stored.MEASURE, "")
    if record is None:
        raise UserError("The viewing of this series was not measured yet.")
    return record.summary


# --- within --------------------------------------------------------------------------------


def _in_order(seen: Mapping[str, Any]) -> list[str]:
    """Markets by viewers, the main edition of each before its variants."""
    viewers: dict[str, int] = {}
    for name, e in seen.items():
        market = name.partition(".")[0]
        viewers[market] = viewers.get(market, 0) + e["viewers"]
    return sorted(seen, key=lambda n: (-viewers[n.partition(".")[0]], n.partition(".")[0], "." in n, n))


def _figure(x: Mapping[str, Any]) -> Figure:
    return Figure(value=x["value"], low=x["low"], high=x["high"], n=x["n"])


def _maybe(x: Mapping[str, Any] | None) -> Figure | None:
    return None if x is None else _figure(x)


def _link(name: str, made_here: set[str]) -> str | None:
    """The edition that a place is opened beside on the timeline; an edition that is not made here has its market's."""
    market = name.partition(".")[0]
    return name if name in made_here else market if market in made_here else None


def _edition(name: str, e: Mapping[str, Any], made_here: set[str]) -> AudienceEdition:
    market, _, variant = name.partition(".")
    s, wall = e["survival"], e["paywall"] or {}
    return AudienceEdition(
        name=name,
        market=market,
        variant=variant or "main",
        timeline=_link(name, made_here),
        viewers=e["viewers"],
        minutes_a_user=_figure(e["minutes_a_user"]),
        completion=_figure(e["completion"]),
        completer_share=_figure(e["completer_share"]),
        completers=e["completers"],
        top_viewers=_figure(e["concentration"]["top_viewers"]),
        episodes=[
            AudienceEpisode(
                episode=row["episode"],
                starters=row["starters"],
                plays=row["plays"],
                duration_ms=row["duration_ms"],
                completion=_figure(row["completion"]),
                average_view_duration=_figure(row["average_view_duration"]),
                hazard=_maybe(row["hazard"]),
            )
            for row in e["episodes"]
        ],
        survival=None if s is None else SurvivalView(**{k: s[k] for k in SurvivalView.model_fields}),
        paywall=None
        if wall.get("first_locked") is None
        else PaywallView(
            first_locked=wall["first_locked"],
            hazard=_maybe(wall["hazard"]),
            story_hazard=_maybe(wall["story_hazard"]),
            excess=_maybe(wall["excess"]),
            passed_by=wall.get("passed_by") or {},
        ),
        cohorts=[CohortView(**{k: c[k] for k in CohortView.model_fields}) for c in e["cohorts"]],
    )


def _claims(project: Project) -> tuple[list[ClaimView], list[LeastLiftView]]:
    """What others claim, beside what this one series can say to it, and what more series could."""
    try:
        asked = claims_of([project])
    except UserError:  # a share of 0 or 1 has no place on the scale of the comparison
        return [], []
    said = project.store.series().extra.get("attributes") or {}
    views = []
    for c in asked:
        q, a = c["question"], c["answer"]
        mine = said.get(q["attribute"])
        views.append(
            ClaimView(
                **{k: q[k] for k in ("id", "title", "reported", "reported_source", "kind", "attribute")},
                said=mine if isinstance(mine, bool) else None,
                series=a["n_series"],
                reported_lift=q["reported_lift"],
                needed=a["needed"] or c["needed_usual"],
                verdict=a["verdict"],
                caution=q["caution"],
            )
        )
    return views, [
        LeastLiftView(**{k: x[k] for k in LeastLiftView.model_fields}) for x in asked[0]["answer"]["table"]
    ]


def _why(name: str, w: Mapping[str, Any], made_here: set[str]) -> WhyView:
    if "problem" in w:
        return WhyView(edition=name, problem=w["problem"])
    rows = [
        AssociationView(
            **{k: a[k] for k in AssociationView.model_fields if k in a and k != "hazard_ratio"},
            hazard_ratio=_figure(a["hazard_ratio"]),
            link=_place(a, _link(name, made_here)),
        )
        for a in w["associations"]
    ]
    kept = {k: w[k] for k in ("viewers", "leaves", "open", "window_hours", "lag_ms", "dispersion", "notes")}
    return WhyView(edition=name, associations=rows, **kept)


def _place(a: Mapping[str, Any], edition: str | None) -> str | None:
    """The second on the timeline that a row is about."""
    if a["episode"] is None or a["start_ms"] is None:
        return None
    beside = f"edition={edition}&" if edition else ""
    return f"/episodes/{a['episode']}?{beside}t={a['start_ms']}"


def _experiment(x: Mapping[str, Any]) -> ExperimentView:
    if "problem" in x:
        return ExperimentView(name=x["name"], problem=x["problem"])
    return ExperimentView(
        name=x["name"],
        simulated=x["simulated"],
        as_of=x["as_of"],
        window_hours=x["window_hours"],
        srm_p=x["srm_p"],
        srm_threshold=x["srm_threshold"],
        refused=x["refused"],
        arms=[ArmView(**a) for a in x["arms"]],
        metrics=[
            LiftView(
                **{k: m[k] for k in LiftView.model_fields if k not in ("lift", "looks")},
                lift=_figure(m["lift"]),
                looks=[LookView(**k) for k in m["looks"]],
            )
            for m in x["metrics"]
        ],
        notes=x["notes"],
    )


def _quality(q: Mapping[str, Any]) -> QualityView:
    return QualityView(
        **{k: q[k] for k in QualityView.model_fields if k not in ("quarantined", "files")},
        quarantined=[ReasonView(**r) for r in q["quarantined"]],
        files=[FileView(**{k: f[k] for k in FileView.model_fields if k in f}) for f in q["files"]],
    )


def _marks(store: Store, names: list[str], number: int) -> list[MarkView]:
    ids = {e.id: e.name for e in store.editions() if e.name in names}
    c = t.finding.c
    where = (c.series_id == store.series_id) & (c.episode == number) & c.check.in_(_MARKED)
    mine = c.edition_id.is_(None) | c.edition_id.in_(list(ids))
    query = sa.select(c.edition_id, c.check, c.start_ms, c.end_ms, c.message).where(where & mine)
    with store.reading() as connection:
        rows = connection.execute(query.order_by(c.start_ms, c.id)).all()
    return [
        MarkView(
            edition=ids.get(row[0]),
            check=row[1],
            kind=KINDS.get(row[1], "line too long to read in its time"),
            start_ms=row[2],
            end_ms=row[3],
            message=row[4],
        )
        for row in rows
    ]


def _checked_since(store: Store, at: str) -> bool:
    """Whether a step that leaves findings was done after the figures were stored."""
    s = t.step.c
    own = (*stored.STEPS, "simulate")
    query = sa.select(sa.func.max(s.finished_at)).where(
        (s.series_id == store.series_id) & s.step.not_in(own) & s.step.not_like("audience-%")
    )
    with store.reading() as c:
        last = c.execute(query).scalar_one_or_none()
    return bool(last and last > at)


def _(text: str) -> str:
    """Marks a text for `make words`."""
    return text


WORDS = (
    _("culture barrier left literal"), _("culture barrier dropped"), _("culture-bound place of the source"),
    _("reading speed over the limit"), _("line to be shortened for its time"), _("agreed term missing"),
    _("agreed name missing"), _("gratification"), _("vulnerability"), _("reversal"), _("care"),
    _("feeling lost in the edition"), _("hook"), _("advertisement"), _("hook at the episode's end"),
    _("paywall before the next episode"), _("line too long to read in its time"),
    _("minutes a user"), _("minutes"), _("completion"), _("view duration"),
    _("the row could not be read, or a value has the wrong type"), _("no user_id"),
    _("no time, or a time that cannot be read"), _("a time without a zone, and the mapping names none"),
    _("the series is not this one"), _("the series has no episode of this number"), _("no market"),
    _("where it began or ended is missing"), _("it begins before 0, or the asset has no length"),
    _("it ends where it began or before"), _("it begins beyond the asset, or ends more than 500 ms beyond"),
    _("the playback rate is outside 0.1 to 8"), _("it began more than 5 minutes from now: a clock is wrong"),
    _("it began before 2010-01-01: a clock is wrong"),
    _("coin"), _("ad"), _("subscription"), _("free"),
    _("Did viewership of healing series grow more than that of the others?"),
    _("Overseas viewership of healing series grew by more than 300 percent in 2025."),
    _("CoGoLinks 2025, as cited in the article"),
    _("The report has no comparison: growth of all series in the same period is needed beside it."),
    _("Do series told as real life keep viewers better than deliberately crafted feel-good ones?"),
    _("Series branded as real-life documentation keep viewers 40 percent better than deliberately crafted feel-good ones."),
    _("the article"),
    _("How many series stand behind the figure is not said. What the brand is put on was chosen, not drawn by lot."),
    _("Does one series stand out in viewing minutes a user?"),
    _("Yi Pin Bu Yi was watched for 77 minutes a user, far above the average of the industry."),
    _("One series shows what is possible, not what its attributes do; the best of many is always far above the mean."),
    _("Are free series watched to the end more often than paid ones?"),
    _("66.3 percent of the domestic market is free to watch (2025), so that completion and watch time decide the return."),
    _("The report gives the share of the market, not a difference in completion; who pays is also another viewer."),
)  # fmt: skip
"""What the audience room says in English and the page says in the reader's language; a test holds them together."""
