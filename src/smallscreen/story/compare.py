"""Two series side by side, or a series beside the catalogue: both axes, tropes, arcs. Never a ranking."""

from __future__ import annotations

import math

import numpy as np
from pydantic import BaseModel, ConfigDict

from smallscreen.story import catalogue
from smallscreen.story.reading import Axes, Reading

POINTS = 120
"""Places of an arc when two series of different length are laid over each other."""


class Point(BaseModel):
    """One script of the catalogue on the two axes."""

    model_config = ConfigDict(extra="forbid")
    script: str
    gratification: float
    resonance: float


class TropeRow(BaseModel):
    """A trope's weight here and there."""

    model_config = ConfigDict(extra="forbid")
    name: str
    here: float
    there: float


class Comparison(BaseModel):
    """What stands beside a reading. `same_reader` is False when the figures are of two scales."""

    model_config = ConfigDict(extra="forbid")
    title: str
    other_title: str
    is_catalogue: bool
    axes: Axes
    other_axes: Axes | None
    points: list[Point] = []
    same_reader: bool = True
    note: str = ""
    trope_overlap: float
    tropes: list[TropeRow]
    arcs: dict[str, tuple[list[float], list[float]]] = {}
    figures: list[tuple[str, float, float]] = []

    def rows(self) -> list[tuple[str, str, str]]:
        """The comparison as a table: measure, this series, the other."""
        found = [
            (
                axis,
                _interval(getattr(self.axes, axis)),
                _interval(getattr(self.other_axes, axis)) if self.other_axes else self._spread(axis),
            )
            for axis in ("gratification", "resonance")
        ]
        found.append(("trope overlap", f"{self.trope_overlap:.2f}", ""))
        return found + [(name, f"{a:g}", f"{b:g}") for name, a, b in self.figures]

    def _spread(self, axis: str) -> str:
        if not self.points:
            return "not measured with this reader"
        low, middle, high = np.quantile([getattr(p, axis) for p in self.points], (0.1, 0.5, 0.9))
        return f"{middle:.1f}, eight in ten from {low:.1f} to {high:.1f}"


def with_series(reading: Reading, other: Reading) -> Comparison:
    """Two series that were read."""
    a, b = _fingerprint(reading), _fingerprint(other)
    same = (reading.reader.id, reading.reader.version, reading.language) == (
        other.reader.id,
        other.reader.version,
        other.language,
    )
    return Comparison(
        title=reading.title,
        other_title=other.title,
        is_catalogue=False,
        axes=reading.axes,
        other_axes=other.axes,
        same_reader=same,
        note=""
        if same
        else "The two were read in different languages or by different readers; their figures are not of one scale.",
        trope_overlap=round(1 - catalogue.distance(a, b), 2),
        tropes=_trope_rows(reading, a, b),
        arcs={
            axis: (_resampled(reading, axis), _resampled(other, axis))
            for axis in ("gratification", "resonance", "feeling")
        },
        figures=[(name, *pair) for name, pair in _pairs(reading, other).items()],
    )


def with_catalogue(reading: Reading) -> Comparison:
    """A series and the hundred scripts of the catalogue."""
    known = catalogue.readings()
    measured = known.get("reader") == reading.reader.id
    points = [Point(**p) for p in known.get("scripts", [])] if measured else []
    note = (
        "The scripts are in English and are openings of about forty lines; read in English by the same reader. "
        "A cloud to look at, not a scale to be measured by."
    )
    if not points:
        note = "The catalogue was not read by this reader, so only labels are compared."
    elif known["version"] != reading.reader.version:
        note += f" The scripts were read by an earlier version of the reader ({known['version']})."
    a, b = _fingerprint(reading), catalogue.mean()
    return Comparison(
        title=reading.title,
        other_title=f"{catalogue.NAME}, {catalogue.size()} short-drama scripts",
        is_catalogue=True,
        axes=reading.axes,
        other_axes=None,
        points=points,
        same_reader=bool(points) and reading.language == "en",
        note=note,
        trope_overlap=round(1 - catalogue.distance(a, b), 2),
        tropes=_trope_rows(reading, a, b),
    )


def _fingerprint(reading: Reading) -> dict[str, float]:
    return {t["id"]: t["weight"] for t in reading.signals["tropes"].figures["tropes"] if t["weight"] > 0}


def _trope_rows(reading: Reading, a: dict[str, float], b: dict[str, float]) -> list[TropeRow]:
    names = {t["id"]: t["name"] for t in reading.signals["tropes"].figures["tropes"]}
    rows = [
        TropeRow(name=names.get(k, k), here=round(a.get(k, 0), 3), there=round(b.get(k, 0), 3))
        for k in names
        if a.get(k, 0) > 0 or b.get(k, 0) > 0
    ]
    return sorted(rows, key=lambda r: -max(r.here, r.there))


def _resampled(reading: Reading, axis: str) -> list[float]:
    """The arc at `POINTS` places from beginning to end, smoothed by a fortieth of its length."""
    values = reading.arc(axis, max(3.0, len(reading.lines) / 40))
    if len(values) == 1:
        return [round(float(values[0]), 4)] * POINTS
    at = np.linspace(0, len(values) - 1, POINTS)
    return [round(float(x), 4) for x in np.interp(at, np.arange(len(values)), values)]


def _pairs(a: Reading, b: Reading) -> dict[str, tuple[float, float]]:
    def both(signal: str, key: str) -> tuple[float, float]:
        return float(a.signals[signal].figures[key]), float(b.signals[signal].figures[key])

    return {
        "vulnerability, lines in 100": both("vulnerability", "per_hundred_lines"),
        "care, lines in 100": both("care", "per_hundred_lines"),
        "mean hook strength": both("hook", "mean_strength"),
        "reversals an episode": both("arc", "reversals_an_episode"),
        "restraint": both("restraint", "restraint"),
        "concreteness": both("restraint", "concrete"),
        "distance to the genre’s mean": both("tropes", "distance_to_genre"),
    }


def _interval(e: object) -> str:
    value, low, high = (getattr(e, k) for k in ("value", "low", "high"))
    return f"{value:g} ({low:g} to {high:g})" if math.isfinite(value) else "–"
