"""How a story was read, as the timeline draws it: three curves of the source and of an edition.

Only stored readings are used (the steps of `story.run`); nothing is read here. A probability in one
language is not one in the other, so a curve is a rank from 0 to 1: each language is smoothed over about
three lines and ranked among its own lines of the whole series, as `story.edition` compares them. The axes
stay two; they are never added up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa
from pydantic import BaseModel

from smallscreen.errors import UserError
from smallscreen.series import tables as t
from smallscreen.series.model import Cue, Edition
from smallscreen.series.store import Store
from smallscreen.story.edition import WIDTH, edition_cues, language_of
from smallscreen.story.model import LineReading
from smallscreen.story.run import READ, SIGNALS
from smallscreen.story.signal import Values, context, smooth

AXES = ("feeling", "gratification", "resonance")
_READERS = ("embedded", "model")


class Curves(BaseModel):
    """One language's curves over the cues of an episode: ranks from 0 to 1 among its lines of the whole series.

    `feeling` is low where a line is sad or hostile, high where it is glad; `gratification` is a quick reward;
    `resonance` is vulnerability or care. None where a cue was not read.
    """

    feeling: list[float | None]
    gratification: list[float | None]
    resonance: list[float | None]


class StoryView(BaseModel):
    """The stored reading of an episode. `source` or `edition` is None where it was not read."""

    reader: str | None = None
    source: Curves | None = None
    edition: Curves | None = None
    readable: bool = True
    """Whether there is a reader for the edition's language."""
    stale: bool = False
    """Lines of the edition were changed after they were read."""
    trust: dict[str, str] = {}
    """For each axis, the sentence on how well it was measured."""
    command: str = ""
    """What makes the reading, for a terminal."""


@dataclass(frozen=True)
class _Ranks:
    stamp: tuple[Any, ...]
    by_cue: dict[str, tuple[float, float, float]]


def story_view(
    store: Store, cues: Sequence[Cue], edition: Edition | None, kept: dict[Any, Any], folder: str
) -> StoryView:
    """The curves over `cues` (one episode). `kept` is where ranks of the whole series stay between calls."""
    name = edition.name if edition else None
    command = f"smallscreen story {folder}" + (f" --edition {name}" if name else "")
    view = StoryView(command=command)
    view.readable = edition is None or _readable(edition.locale)
    if not view.readable:
        view.command = f"smallscreen story {folder}"
    view.reader = next((r for r in _READERS if _stamp(store, f"{r}/ep")), None)
    if view.reader is None:
        return view
    source = _ranks(store, f"{view.reader}/ep", None, kept)
    view.source = _curves(source, cues)
    if edition is not None and view.readable:
        prefix = f"{view.reader}/{edition.name}/ep"
        if _stamp(store, prefix):
            view.edition = _curves(_ranks(store, prefix, edition, kept), cues)
            view.stale = _changed_since(store, prefix, edition, cues)
    told = store.step(SIGNALS, "")
    axes = told.summary.get("axes", {}) if told else {}
    view.trust = {a: axes[f"{a}_trust"] for a in AXES if axes.get(f"{a}_trust")}
    return view


def _readable(locale: str) -> bool:
    try:
        return bool(language_of(locale))
    except UserError:
        return False


def _curves(ranks: Mapping[str, tuple[float, float, float]], cues: Sequence[Cue]) -> Curves | None:
    rows = [ranks.get(c.id) for c in cues]
    if not any(rows):
        return None
    return Curves(**{axis: [r[i] if r else None for r in rows] for i, axis in enumerate(AXES)})


def _ranks(
    store: Store, prefix: str, edition: Edition | None, kept: dict[Any, Any]
) -> dict[str, tuple[float, float, float]]:
    stamp = _stamp(store, prefix)
    found = kept.get(prefix)
    if found is None or found.stamp != stamp:
        found = kept[prefix] = _Ranks(stamp, _rank_all(store, prefix, edition))
    return found.by_cue


def _rank_all(store: Store, prefix: str, edition: Edition | None) -> dict[str, tuple[float, float, float]]:
    """Ranks of all lines that were read, by cue."""
    series, cues = store.series(), store.cues()
    readings = _readings(store, prefix)
    language = language_of(edition.locale if edition else series.source_language)
    if edition is not None:
        drafts = store.drafts(edition)
        cues = {n: edition_cues(some, drafts) for n, some in cues.items()}
    ctx = context(series, cues, readings, language=language)
    if not ctx.lines:
        return {}
    columns = [_ranked(smooth(v, WIDTH)) for v in (ctx.valence, ctx.gratification, ctx.resonance)]
    rows = np.round(np.stack(columns, axis=1), 3).tolist()
    return {line.cue.id: (a, b, c) for line, (a, b, c) in zip(ctx.lines, rows, strict=True)}


def _ranked(values: Values) -> Values:
    """Mid-ranks from 0 to 1."""
    if len(values) < 2:
        return np.full(len(values), 0.5)
    order = np.sort(values)
    low, high = np.searchsorted(order, values, "left"), np.searchsorted(order, values, "right")
    return np.asarray((low + high - 1) / (2 * (len(values) - 1)), dtype=np.float64)


def _where(store: Store, prefix: str) -> sa.ColumnElement[bool]:
    s = t.step.c
    mine = (s.series_id == store.series_id) & (s.step == READ)
    return mine & s.scope.startswith(prefix, autoescape=True)


def _stamp(store: Store, prefix: str) -> tuple[Any, ...]:
    """Changes when one of the readings does; empty when there is none."""
    s = t.step.c
    query = sa.select(sa.func.count(), sa.func.max(s.finished_at)).where(_where(store, prefix))
    with store.reading() as c:
        count, last = c.execute(query).one()
    return (count, last) if count else ()


def _readings(store: Store, prefix: str) -> dict[str, LineReading]:
    with store.reading() as c:
        rows = c.execute(sa.select(t.step.c.summary).where(_where(store, prefix))).scalars()
        lines = [line for summary in rows for line in summary.get("lines", ())]
    return {x["cue"]: LineReading(x["cue"], x["episode"], x["p"], x.get("valence", 0.0)) for x in lines}


def _changed_since(store: Store, prefix: str, edition: Edition, cues: Sequence[Cue]) -> bool:
    """Whether a line of this episode was changed after it was read."""
    if not cues:
        return False
    record = store.step(READ, f"{prefix}{cues[0].episode:03d}")
    where = (t.draft.c.edition_id == edition.id) & (t.draft.c.episode == cues[0].episode)
    with store.reading() as c:
        last = c.execute(sa.select(sa.func.max(t.draft.c.changed_at)).where(where)).scalar()
    return bool(record and last and last > record.finished_at)
