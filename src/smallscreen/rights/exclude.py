"""The exclusion map of a series: what recurs from episode to episode and so says nothing of one of them.

Openings, title cards, jingles and stock music stand in many episodes, and the title card or the music in other
people's videos as well. A match whose seconds all lie in such stretches is none. The map is worked out when episodes
are added and people correct it in `exclusions.toml` of the catalogue:

    [[exclude]]
    series = "night-market"
    episode = 3            # or asset = "trailer.mp4", a file's name or id; neither: every asset of the series
    from = 0.0             # seconds
    to = 6.5
    kind = "sound"         # picture, sound, or both (left away)
    why = "library music"

    [[keep]]               # likewise: what was worked out but is ours alone
    series = "night-market"
    episode = 7
    from = 0
    to = 12

Two assets of one episode (an edition and its master) are the same work: what they share is not excluded. Neither is
what only two neighboring episodes of a longer series share: the one tells what happened in the other.
"""

from __future__ import annotations

import json
import math
import tomllib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from smallscreen.engines.sql import connect
from smallscreen.errors import FileProblem
from smallscreen.rights import refrains
from smallscreen.rights.asking import text
from smallscreen.rights.catalogue import Catalogue
from smallscreen.rights.model import FINGERPRINT_VERSION, GRID_MS, Asset, Fingerprint, Segment
from smallscreen.rights.terms import terms_of
from smallscreen.series.steps import fingerprint as key_of

NAME = "exclusions.toml"
OUTSIDE_MS = 1200
"""A segment counts when more than this of it lies outside what is excluded: ends are off by half a second."""
_VERSION = 2
_UNIT = 6  # steps: 0.48 s
_SLACK = 3
_FAR = 3 << 20
_MOST = 4000
_PERCENT = {"percent_picture": 20, "percent_sound": 15}
_LEAST_UNITS = 3
_GAP_UNITS = 2
_BITS = 32
_NEAR_MS = 240
_MOST_BYTES = 1 << 20
_SHOWN = ("master", "edition")
Track = Literal["picture", "sound"]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of an asset that says nothing of it. `by` is "measured" or "people"."""

    series: str
    asset_id: str
    from_ms: int
    to_ms: int
    kind: Track
    why: str
    by: str = "measured"


def update(catalogue: Catalogue, series: str) -> list[Span]:
    """Work out what recurs in the episodes of a series, unless it was done for these; the rows that are stored."""
    assets = [a for a in catalogue.assets(series) if a.episode is not None and a.kind in _SHOWN]
    key = key_of(_VERSION, FINGERPRINT_VERSION, [(a.id, a.episode) for a in assets])
    path = _path(catalogue, series)
    stored = _stored(path)
    if stored is not None and stored["key"] == key:
        return [Span(**s) for s in stored["spans"]]
    spans = recurring([(a, catalogue.fingerprint(a.id)) for a in assets])
    data = {"series": series, "key": key, "spans": [asdict(s) for s in spans]}
    catalogue.put(path, (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode())
    return spans


def spans(catalogue: Catalogue, series: str) -> list[Span]:
    """What is excluded in a series: what was worked out, less what people keep, and what they exclude."""
    stored = _stored(_path(catalogue, series))
    found = [Span(**s) for s in stored["spans"]] if stored else []
    people = _people(catalogue.root / NAME)
    if not any(r["series"] == series for _, r in people):
        return found
    assets = catalogue.assets(series)
    added: list[Span] = []
    for word, rule in people:
        if rule["series"] != series:
            continue
        meant = [a for a in assets if _means(rule, a)]
        for kind in ("picture", "sound") if rule["kind"] == "both" else (rule["kind"],):
            for asset in meant:
                low, high = rule["from"], min(rule["to"], asset.duration_ms)
                if word == "keep":
                    found = [p for s in found for p in _without(s, asset.id, kind, low, high)]
                elif high > low:
                    added.append(Span(series, asset.id, low, high, kind, rule["why"], "people"))
    return sorted([*found, *added], key=lambda s: (s.asset_id, s.kind, s.from_ms, s.to_ms))


def telling(
    segments: Sequence[Segment], asset_id: str, kind: Track, excluded: Sequence[Span]
) -> list[Segment]:
    """The segments of one kind that reach more than OUTSIDE_MS beyond what is excluded of the asset."""
    mine = [s for s in excluded if s.asset_id == asset_id and s.kind == kind]
    return [s for s in segments if _outside(s.asset_from_ms, s.asset_to_ms, mine) > OUTSIDE_MS]


def recurring(assets: Sequence[tuple[Asset, Fingerprint]]) -> list[Span]:
    """What recurs across different episodes of one series, of all its assets with their fingerprints."""
    episodes = {a.episode for a, _ in assets}
    if len(episodes) < 2:
        return []
    columns: dict[str, list[NDArray[Any]]] = defaultdict(list)
    for number, (asset, print_) in enumerate(assets):
        terms = terms_of(print_)
        columns["kind"].append(terms.kind.astype(np.int32))
        columns["term"].append(terms.term)
        columns["t"].append(terms.t.astype(np.int64))
        columns["asset"].append(np.full(len(terms), number, np.int32))
        columns["episode"].append(np.full(len(terms), asset.episode, np.int32))
    with connect() as con:
        con.register("given", {name: np.concatenate(parts) for name, parts in columns.items()})
        con.execute("CREATE TEMP TABLE own AS SELECT DISTINCT * FROM given")
        sql = text("recurs", unit=_UNIT, slack=_SLACK, far=_FAR, most=_MOST, units=_LEAST_UNITS, **_PERCENT)
        rows = con.execute(sql).fetchall()
    looks = [_pictures(p) for _, p in assets]
    # In which episodes a unit of an asset was found.
    where: dict[tuple[int, int], dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for kind, a, b, bin_, unit in rows:
        other = assets[b][0].episode
        seen = where[kind, a][unit]
        if other in seen or len(seen) > 3:
            continue
        if kind == 0 and not _alike(looks[a], looks[b], unit, (bin_ * _SLACK - _FAR) * GRID_MS):
            continue
        assert other is not None
        seen.add(other)
    heard = [refrains.peaks(p.sound) for _, p in assets]
    for a, (one, _) in enumerate(assets):
        for b, (other_one, _) in enumerate(assets):
            if one.episode != other_one.episode:
                assert other_one.episode is not None
                for low_ms, high_ms, _ in refrains.shared(heard[a], heard[b]):
                    step = _UNIT * GRID_MS
                    for unit in range(low_ms // step, -(-high_ms // step)):
                        where[1, a][unit].add(other_one.episode)
    found: list[Span] = []
    for (kind, a), units in sorted(where.items()):
        asset = assets[a][0]
        assert asset.episode is not None
        chosen = sorted(u for u, others in units.items() if _recurs(asset.episode, others, len(episodes)))
        for low, high in _stretches(chosen):
            count = len(set().union(*(units[u] for u in chosen if low <= u < high)))
            step = _UNIT * GRID_MS
            to = min(high * step, asset.duration_ms)
            why = (
                f"recurs in {count}{' or more' if count > 3 else ''} other episode{'s' if count > 1 else ''}"
            )
            found.append(Span(asset.series, asset.id, low * step, to, "sound" if kind else "picture", why))
    return sorted(found, key=lambda s: (s.asset_id, s.kind, s.from_ms))


# --- inside ----------------------------------------------------------------------------------


def _recurs(episode: int, others: set[int], episodes: int) -> bool:
    """Whether a unit is found in enough episodes: a recap stands in the next or the one before alone."""
    if len(others) >= 2:
        return True
    return len(others) == 1 and (episodes == 2 or abs(next(iter(others)) - episode) > 1)


def _stretches(units: Sequence[int]) -> list[tuple[int, int]]:
    """Units as stretches [from, to): small gaps are closed, short ones left away."""
    found: list[list[int]] = []
    for unit in units:
        if found and unit - found[-1][1] <= _GAP_UNITS:
            found[-1][1] = unit + 1
        else:
            found.append([unit, unit + 1])
    return [(a, b) for a, b in found if b - a >= _LEAST_UNITS]


def _pictures(print_: Fingerprint) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Times and hashes of the whole picture."""
    if print_.picture is None:
        return np.zeros(0, np.int32), np.zeros((0, 32), np.uint8)
    whole = np.flatnonzero(print_.picture.view == 0)
    order = whole[np.argsort(print_.picture.times_ms[whole], kind="stable")]
    return print_.picture.times_ms[order], print_.picture.hashes[order]


def _alike(
    one: tuple[NDArray[np.int32], NDArray[np.uint8]],
    other: tuple[NDArray[np.int32], NDArray[np.uint8]],
    unit: int,
    offset_ms: int,
) -> bool:
    """Whether the pictures of a unit are those of the other asset `offset_ms` later: half of them within 32 bits."""
    times, hashes = one
    start, end = unit * _UNIT * GRID_MS, (unit + 1) * _UNIT * GRID_MS
    # A hash stands until the next one is kept.
    low = max(0, int(np.searchsorted(times, start, "right")) - 1)
    high = int(np.searchsorted(times, end))
    near = good = 0
    for i in range(low, high):
        at = max(int(times[i]), start) + offset_ms
        first = max(0, int(np.searchsorted(other[0], at - _NEAR_MS, "right")) - 1)
        last = int(np.searchsorted(other[0], at + _SLACK * GRID_MS + _NEAR_MS, "right"))
        if last > first:
            differ = np.bitwise_count(hashes[i] ^ other[1][first:last]).sum(1)
            near += 1
            good += bool(differ.min() <= _BITS)
    return near > 0 and 2 * good >= near


def _outside(low: int, high: int, excluded: Sequence[Span]) -> int:
    """How many ms of [low, high) no span covers."""
    left, at = 0, low
    for span in sorted(excluded, key=lambda s: s.from_ms):
        if span.to_ms <= at or span.from_ms >= high:
            continue
        left += max(0, span.from_ms - at)
        at = max(at, span.to_ms)
    return left + max(0, high - at)


def _without(span: Span, asset_id: str, kind: str, low: int, high: int) -> list[Span]:
    if span.asset_id != asset_id or span.kind != kind or span.to_ms <= low or span.from_ms >= high:
        return [span]
    pieces = [(span.from_ms, low), (high, span.to_ms)]
    return [Span(span.series, span.asset_id, a, b, span.kind, span.why, span.by) for a, b in pieces if b > a]


def _path(catalogue: Catalogue, series: str) -> Path:
    return catalogue.root / "exclusions" / f"{key_of(series)}.json"


def _stored(path: Path) -> dict[str, Any] | None:
    """What was worked out; None where there is nothing or it cannot be read: it is made anew."""
    try:
        data = json.loads(path.read_text("utf-8"))
        [Span(**s) for s in data["spans"]]
        return dict(data) if isinstance(data["key"], str) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _means(rule: dict[str, Any], asset: Asset) -> bool:
    if rule["asset"] is not None:
        return rule["asset"] in (asset.id, asset.name)
    return rule["episode"] is None or rule["episode"] == asset.episode


def _people(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """The rules of `exclusions.toml`. FileProblem where one is wrong."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise FileProblem(path, None, "it is larger than 1 MB", "a short list of stretches")
        data = tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        return []
    except UnicodeDecodeError:
        raise FileProblem(path, None, "it is not UTF-8", "a UTF-8 text file") from None
    except tomllib.TOMLDecodeError as problem:
        raise FileProblem(
            path, None, f"it is no TOML ({problem})", "[[exclude]] and [[keep]] tables"
        ) from None
    rules: list[tuple[str, dict[str, Any]]] = []
    for word, tables in data.items():
        if word not in ("exclude", "keep") or not isinstance(tables, list):
            raise FileProblem(path, None, f"{word[:40]!r} is unknown", "[[exclude]] and [[keep]] tables")
        for number, table in enumerate(tables, start=1):
            wrong = _wrong(table)
            if wrong:
                raise FileProblem(
                    path,
                    None,
                    f"[[{word}]] number {number}: {wrong}",
                    "series, from and to in seconds, and episode, asset, kind or why where wanted",
                )
            rules.append(
                (
                    word,
                    {
                        "series": table["series"],
                        "episode": table.get("episode"),
                        "asset": table.get("asset"),
                        "from": round(table["from"] * 1000),
                        "to": round(table["to"] * 1000),
                        "kind": table.get("kind", "both"),
                        "why": table.get("why", "set by hand"),
                    },
                )
            )
    return rules


def _wrong(table: Any) -> str:
    """What is wrong with a rule, or nothing."""
    if not isinstance(table, dict):
        return "it is no table"
    unknown = sorted(set(table) - {"series", "episode", "asset", "from", "to", "kind", "why"})
    if unknown:
        return f"the key {unknown[0][:40]!r} is unknown"
    for name in ("from", "to"):
        value = table.get(name)
        if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
            return f"{name} is no number of seconds"
        if not 0 <= value <= 1_000_000:
            return f"{name} is not between 0 and 1000000 seconds"
    if table["to"] <= table["from"]:
        return "to is not after from"
    if not isinstance(table.get("series"), str):
        return "series is missing"
    if table.get("kind", "both") not in ("picture", "sound", "both"):
        return "kind is not picture, sound or both"
    if not isinstance(table.get("episode", 0), int) or isinstance(table.get("episode"), bool):
        return "episode is no whole number"
    if not isinstance(table.get("asset", ""), str) or not isinstance(table.get("why", ""), str):
        return "asset or why is no text"
    return ""
