"""Claims about attributes: "healing series keep viewers 40 percent better".

The attribute belongs to the series, so that each series is one observation, however many watched it. The least
lift that so many series can show is always said; below it the answer is "not enough series", with how many are
needed. Ready-made questions are in `claims.toml`.

A series says its attributes in `series.toml`:

    [attributes]
    healing = true
    documentation = false
"""

from __future__ import annotations

import csv
import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from smallscreen.audience.stats import (
    Interval,
    Visible,
    cluster_t,
    mde,
    needed_series,
    outlier_t,
    visible_lifts,
)
from smallscreen.errors import FileProblem, UserError

if TYPE_CHECKING:
    from smallscreen.series.project import Project

Scale = Literal["logit", "log"]
COLUMNS = ("series", "attribute", "value")
NOT_ENOUGH = "not enough series"
MEASURED = {"completion": "completion", "minutes_a_user": "minutes_a_user"}
"""Outcomes that the step `audience-measure` has for each edition."""


@dataclass(frozen=True, slots=True)
class Question:
    """A ready-made question with what was reported, by whom, and what to be careful about."""

    id: str
    title: str
    reported: str
    reported_source: str
    attribute: str
    outcome: str
    outcome_meaning: str
    scale: Scale
    kind: Literal["attribute", "one-series"]
    caution: str
    source: str
    reported_lift: float | None = None
    reported_value: float | None = None
    reported_unit: str = ""


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """One series: whether it has the attribute, and its outcome (a share in 0..1, or an amount above 0)."""

    series: str
    attribute: bool
    value: float
    viewers: int = 0
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """The answer. `estimate` is a relative lift: 0.4 is 40 percent more; its n is the number of series.

    `mde` is the least lift that these series find 8 times in 10 at the spread they have; `needed` is how many in
    all (half with the attribute) find the reported lift, or, when none was reported, the one estimated.
    """

    question: str
    outcome: str
    scale: Scale
    estimate: Interval
    p_value: float
    spread: float
    mde: float
    n_series: int
    n_with: int
    needed: int | None
    reported_lift: float | None
    verdict: str
    table: list[Visible]
    simulated: bool
    caution: str = ""


def questions() -> list[Question]:
    """The questions that come with the program."""
    data = tomllib.loads(Path(__file__).with_name("claims.toml").read_text("utf-8"))
    return [Question(source=data["source"], **c) for c in data["claim"]]


def claim(
    rows: Sequence[SeriesRow],
    *,
    question: Question | None = None,
    outcome: str = "completion",
    scale: Scale = "logit",
    reported_lift: float | None = None,
) -> Claim:
    """Compare series with the attribute to those without, one value a series, by a clustered t.

    Raises UserError for a value outside the scale. With fewer than 2 series on a side there is no estimate.
    """
    if question:
        outcome, scale, reported_lift = question.outcome, question.scale, question.reported_lift
        if question.kind == "one-series":
            return _one_series(rows, question)
    x = [_scaled(r, scale) for r in rows if r.attribute]
    y = [_scaled(r, scale) for r in rows if not r.attribute]
    head: dict[str, Any] = {
        "question": question.id if question else "",
        "outcome": outcome,
        "scale": scale,
        "n_series": len(rows),
        "n_with": len(x),
        "reported_lift": reported_lift,
        "table": visible_lifts(),
        "simulated": any(r.simulated for r in rows),
        "caution": question.caution if question else "",
    }
    if min(len(x), len(y)) < 2:
        nothing = Interval(math.nan, -1.0, math.inf, len(rows), "relative lift", "too few series")
        told = f"{NOT_ENOUGH}: {len(x)} with the attribute and {len(y)} without; at least 2 of each are needed to begin with."
        return Claim(
            estimate=nothing,
            p_value=math.nan,
            spread=math.nan,
            mde=math.inf,
            needed=None,
            verdict=told,
            **head,
        )
    found = cluster_t(x, y)
    base = float(np.mean(y))
    lift, low, high = (_lift(base, d, scale) for d in (found.value, found.low, found.high))
    least = _lift(base, mde(found.n_with, found.n_without, found.spread), scale)
    wanted = reported_lift if reported_lift is not None else lift
    needed = _needed(base, wanted, found.spread, scale)
    return Claim(
        estimate=Interval(lift, low, high, len(rows), "relative lift", "Welch's t over series"),
        p_value=found.p,
        spread=found.spread,
        mde=least,
        needed=needed,
        verdict=_verdict(lift, low, high, least, len(rows), needed, reported_lift),
        **head,
    )


def series_rows(
    projects: Sequence[Project], attribute: str, outcome: str, *, scope: str = ""
) -> tuple[list[SeriesRow], list[str]]:
    """One row a series from what `audience measure` stored, and a sentence for each series that has none.

    Editions of a series are averaged by their viewers: they are no further observations. `scope` is that of the
    step (`measures.run.scope_of`).
    """
    rows, missing = [], []
    for project in projects:
        series = project.store.series()
        said = (series.extra.get("attributes") or {}).get(attribute)
        done = project.store.step("audience-measure", scope)
        if not isinstance(said, bool):
            missing.append(
                f"{series.slug}: series.toml does not say whether it is {attribute!r} ([attributes] {attribute} = true or false)."
            )
        elif done is None or outcome not in MEASURED:
            missing.append(
                f"{series.slug}: has no {outcome}; run smallscreen audience measure, or give a CSV file."
            )
        else:
            parts = [
                (float(e[MEASURED[outcome]]["value"]), int(e["viewers"]))
                for e in done.summary["editions"].values()
                if e.get("viewers") and e.get(MEASURED[outcome])
            ]
            viewers = sum(n for _, n in parts)
            if viewers:
                value = sum(v * n for v, n in parts) / viewers
                rows.append(
                    SeriesRow(series.slug, said, value, viewers, bool(done.summary.get("simulated", False)))
                )
            else:
                missing.append(f"{series.slug}: nobody has watched it yet.")
    return rows, missing


def read_rows(path: Path) -> list[SeriesRow]:
    """A CSV file with the columns series, attribute (true or false), value, and if wanted viewers, simulated."""
    expected = "a CSV file with the columns series, attribute (true or false) and value"
    try:
        lines = list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
    except UnicodeDecodeError:
        raise FileProblem(path, None, "it is not UTF-8", expected) from None
    except OSError as e:
        raise FileProblem(path, None, f"it cannot be read ({e.strerror})", expected) from None
    rows: list[SeriesRow] = []
    for number, line in enumerate(lines, start=2):
        lacking = [c for c in COLUMNS if not (line.get(c) or "").strip()]
        if lacking:
            raise FileProblem(path, number, f"{', '.join(lacking)} is missing", expected)
        try:
            row = SeriesRow(
                line["series"].strip(),
                _truth(line["attribute"]),
                float(line["value"]),
                int(line.get("viewers") or 0),
                _truth(line.get("simulated") or "false"),
            )
        except ValueError as e:
            raise FileProblem(path, number, f"{e}", expected) from None
        if any(r.series == row.series for r in rows):
            raise FileProblem(
                path, number, f"{row.series} comes twice", "one row a series: it is one observation"
            )
        rows.append(row)
    if not rows:
        raise FileProblem(path, None, "it has no rows", expected)
    return rows


# --- inside --------------------------------------------------------------------------------


def _one_series(rows: Sequence[SeriesRow], question: Question) -> Claim:
    """One series against the others: is it outside of where one more of them would fall?"""
    mine = [r for r in rows if r.attribute]
    others = [_scaled(r, question.scale) for r in rows if not r.attribute]
    head: dict[str, Any] = {
        "question": question.id,
        "outcome": question.outcome,
        "scale": question.scale,
        "n_series": len(rows),
        "n_with": len(mine),
        "needed": None,
        "reported_lift": None,
        "table": visible_lifts(),
        "simulated": any(r.simulated for r in rows),
        "caution": question.caution,
    }
    if len(mine) != 1 or len(others) < 2:
        nothing = Interval(math.nan, -1.0, math.inf, len(rows), "relative lift", "too few series")
        told = f"{NOT_ENOUGH}: one series and at least 2 others are needed, there are {len(mine)} and {len(others)}."
        return Claim(estimate=nothing, p_value=math.nan, spread=math.nan, mde=math.inf, verdict=told, **head)
    distance, low, high, p = outlier_t(_scaled(mine[0], question.scale), others)
    base = float(np.mean(others))
    lift = _lift(base, distance, question.scale)
    reach = _lift(base, high - base, question.scale)
    method = "distance from the others' mean; low and high by one more series of theirs (t)"
    told = f"{mine[0].series} is {lift:+.0%} from the mean of {len(others)} others; one more of them falls between "
    told += f"{_lift(base, low - base, question.scale):+.0%} and {reach:+.0%}: it "
    told += "stands out." if p < 0.05 else "does not stand out."
    return Claim(
        estimate=Interval(
            lift,
            _lift(base, distance - (high - base), question.scale),
            _lift(base, distance + (high - base), question.scale),
            len(rows),
            "relative lift",
            method,
        ),
        p_value=p,
        spread=float(np.std(others, ddof=1)),
        mde=reach,
        verdict=told,
        **head,
    )


def _verdict(
    lift: float, low: float, high: float, least: float, n: int, needed: int | None, reported: float | None
) -> str:
    told = f"{lift:+.0%} ({low:+.0%} to {high:+.0%}) over {n} series, which can see {least:.0%} or more"
    more = (
        ""
        if needed is None
        else f"; {needed} series are needed to see {(reported if reported is not None else lift):+.0%}"
    )
    if low > 0 or high < 0:
        if abs(lift) < least:
            return f"{NOT_ENOUGH}: {told}; a difference this small is found by so few only when it is overstated{more}."
        return f"with the attribute {'more' if low > 0 else 'less'}: {told}; associated with, the attribute was not drawn by lot."
    if reported is not None and least <= abs(reported):
        agrees = low <= reported <= high
        return f"no difference shown: {told}; the reported {reported:+.0%} is {'still possible' if agrees else 'outside the interval'}."
    return f"{NOT_ENOUGH}: {told}{more}."


def _scaled(row: SeriesRow, scale: Scale) -> float:
    if scale == "logit":
        if not 0 < row.value < 1:
            raise UserError(f"{row.series} has the value {row.value:g}; a share between 0 and 1 is needed.")
        return math.log(row.value / (1 - row.value))
    if not row.value > 0 or not math.isfinite(row.value):
        raise UserError(f"{row.series} has the value {row.value:g}; an amount above 0 is needed.")
    return math.log(row.value)


def _lift(base: float, difference: float, scale: Scale) -> float:
    """Relative lift of the outcome when `difference` is added to the control's mean on the scale."""
    if scale == "log":
        return math.expm1(min(difference, 700.0))
    return _share(base + difference) / _share(base) - 1


def _share(logit: float) -> float:
    return 1 / (1 + math.exp(-min(max(logit, -700.0), 700.0)))


def _needed(base: float, lift: float, spread: float, scale: Scale) -> int | None:
    """Series in all for a lift; None when a share cannot rise so far, or there is nothing to find."""
    if scale == "log":
        difference = math.log1p(lift) if lift > -1 else math.nan
    else:
        share = _share(base) * (1 + lift)
        difference = math.log(share / (1 - share)) - base if 0 < share < 1 else math.nan
    if not math.isfinite(difference) or abs(difference) < 1e-3:
        return None
    return needed_series(difference, spread)


def _truth(said: str) -> bool:
    word = said.strip().lower()
    if word in ("true", "yes", "1"):
        return True
    if word in ("false", "no", "0"):
        return False
    raise ValueError(f"{said!r} is neither true nor false")
