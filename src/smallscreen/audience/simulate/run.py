"""The step `simulate`: make up the viewers of a series and write them into its lake, labelled simulated."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from smallscreen.audience.lake import Lake, alone, open_lake, publish
from smallscreen.audience.once import once
from smallscreen.audience.simulate.timeline import Timeline, read_timeline
from smallscreen.audience.simulate.truth import KINDS, Truth, curve, true_completion
from smallscreen.audience.simulate.viewing import FORMATS, Columns, Tables, Window, watch
from smallscreen.engines.sql import literal
from smallscreen.errors import UserError
from smallscreen.series.project import Project

STEP = "simulate"
EXPERIMENT = "edition"
"""Name of the experiment whose arms are the variants: each viewer of a market is shown one at random."""
TRUTH_FILE = "simulated.json"
"""In the lake's folder: the truth the rows were made with."""
AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
DAYS = 28
MOST = 20_000_000
BLOCK = 10_000
"""Viewers that share one stream of random numbers. Parts are whole blocks: their size changes no row."""
_VERSION = 3
_TABLES = ("events", "exposure", "unlock", "ad_impression")

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class SimulatedSummary:
    """What was made up. `completion`: the true value by edition and episode; `stand_ins`: editions without lines."""

    simulated: bool
    viewers: int
    seed: int
    start: str
    as_of: str
    rows: dict[str, int]
    editions: dict[str, int]
    stand_ins: list[str]
    completion: dict[str, dict[str, float]]
    truth: dict[str, Any]
    fresh: bool = True


def simulate(
    project: Project,
    *,
    viewers: int = 200_000,
    markets: Sequence[str] | None = None,
    variants: Sequence[str] = ("main", "literal"),
    seed: int = 1,
    truth: Truth | None = None,
    lake: Lake | None = None,
    days: int = DAYS,
    as_of: datetime = AS_OF,
    split: Sequence[float] | None = None,
    paywall: int | None = None,
    part: int = 100_000,
    progress: Progress | None = None,
) -> SimulatedSummary:
    """Make up `viewers` people who saw the series in the `days` before `as_of`, and write what they watched.

    Viewers are dealt to the markets in turn (default: those of the series' editions) and to the variants at
    random, evenly or by `split`. With the same settings and the same series nothing is done; with others
    the simulated rows of the series are replaced. `paywall` is the first paid episode (0: none); `part`,
    how many viewers are in memory at a time.

    Without `truth` the usual one is taken, with small differences between markets and a paywall in the
    middle, drawn from the seed. Raises UserError for settings that cannot be, a series without editions,
    and a lake that holds rows that are not simulated or that something else is writing into.
    """
    store = project.store
    markets = list(dict.fromkeys(markets or sorted({e.locale for e in store.editions()})))
    variants = list(dict.fromkeys(variants))
    if not markets:
        raise UserError(f"{store.slug} has no edition to show; make one with smallscreen localize.")
    shares = _checked(viewers, variants, split, days, part, seed)
    timeline = read_timeline(store, markets, variants)
    truth = truth or usual(timeline, markets, seed)
    if paywall is not None:
        if paywall and paywall not in timeline.durations:
            raise UserError(f"The series has no episode {paywall} to begin its paywall with.")
        truth = replace(truth, paywall_episode=paywall or None)
    window = Window(_micros(as_of - timedelta(days=days)), _micros(as_of))
    inputs = (
        _VERSION,
        timeline,
        sorted(asdict(truth).items()),
        viewers,
        shares,
        seed,
        days,
        as_of.isoformat(),
    )
    with lake or open_lake(project) as out, alone(out):
        refuse_real(out)
        record = store.step(STEP, "")
        if record is not None and record.key and not out.has_events:
            store.put_step(STEP, "", "", {})  # the lake was taken away: make it again

        def work() -> dict[str, Any]:
            return _make(out, timeline, truth, viewers, shares, seed, window, part, progress)

        ran = once(store, STEP, "", inputs, work)
    return SimulatedSummary(**ran.summary, fresh=ran.fresh)


def usual(timeline: Timeline, markets: Sequence[str], seed: int) -> Truth:
    """The truth a command takes: invented figures, with markets that differ and a paywall in the middle."""
    rng = np.random.default_rng([seed, 5])
    numbers = sorted(timeline.durations)
    paywall = numbers[min(9, len(numbers) // 2)] if len(numbers) >= 4 else None
    differ = {m: round(float(rng.normal(0, 0.12)), 3) for m in markets}
    return replace(
        Truth(), markets=differ, series=round(float(rng.normal(0, 0.05)), 3), paywall_episode=paywall
    )


def refuse_real(lake: Lake) -> None:
    """UserError when the lake holds rows that nobody made up: the two must never be in one lake."""
    for table in ("all_events", "exposure", "unlock", "ad_impression"):
        if lake.sql(f"SELECT 1 FROM {table} WHERE simulated IS NOT TRUE LIMIT 1"):
            raise UserError(
                f"{lake.root} holds viewing that is not simulated, and made-up rows must not mix with it; "
                "simulate in a copy of the series, or take the folder lake away first."
            )


# --- inside ------------------------------------------------------------------------------------


def _checked(
    viewers: int, variants: list[str], split: Sequence[float] | None, days: int, part: int, seed: int
) -> list[tuple[str, float]]:
    """The variants with the share of viewers each is shown to."""
    if not 1 <= viewers <= MOST:
        raise UserError(f"{viewers} viewers cannot be simulated; give a number from 1 to {MOST:,}.")
    if not 1 <= days <= 3650:
        raise UserError(f"{days} days cannot be simulated; give a number from 1 to 3650.")
    if part < 1 or seed < 0:
        raise UserError("The seed must be 0 or more, and a part at least one viewer.")
    if not variants:
        raise UserError("No edition to show was named; name some, such as main,literal.")
    shares = list(split) if split is not None else [1 / len(variants)] * len(variants)
    if len(shares) != len(variants) or min(shares) < 0 or abs(sum(shares) - 1) > 1e-9:
        raise UserError(f"The split {shares} must give each of {', '.join(variants)} a share; together 1.")
    return list(zip(variants, shares, strict=True))


def _make(
    lake: Lake,
    timeline: Timeline,
    truth: Truth,
    viewers: int,
    shares: list[tuple[str, float]],
    seed: int,
    window: Window,
    part: int,
    progress: Progress | None,
) -> dict[str, Any]:
    """Simulate in parts, then put the files in the place of the series' old simulated ones."""
    numbers = sorted(timeline.durations)
    curves = {
        e.name: {
            n: curve(truth, n, timeline.durations[n], e.spans.get(n, ()), e.market, e.variant)
            for n in numbers
        }
        for e in timeline.editions
    }
    staging = lake.root / ".staging" / f"simulate-{uuid.uuid4().hex}"
    rows: Counter[str] = Counter()
    shown: Counter[str] = Counter()
    blocks = [(b, min(viewers, b + BLOCK)) for b in range(0, viewers, BLOCK)]
    a_part = max(1, part // BLOCK)
    try:
        for first in range(0, len(blocks), a_part):
            made: dict[str, list[Columns]] = {t: [] for t in _TABLES}
            for low, high in blocks[first : first + a_part]:
                if progress:
                    progress(low, viewers, f"viewer {low:,} (simulated)")
                rng = np.random.default_rng([seed, low // BLOCK])
                for which, who, tables in _block(timeline, truth, curves, shares, low, high, rng, window):
                    shown[timeline.editions[which].name] += who
                    _collect(made, which, tables)
            for table, parts in made.items():
                rows[table] += _stage(lake, table, parts, timeline, truth.coins, staging)
        _replace(lake, timeline.series, staging)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    if progress:
        progress(viewers, viewers, "")
    summary = SimulatedSummary(
        simulated=True,
        viewers=viewers,
        seed=seed,
        start=_iso(window.start),
        as_of=_iso(window.as_of),
        rows={t: rows[t] for t in _TABLES},
        editions={e.name: shown[e.name] for e in timeline.editions},
        stand_ins=[e.name for e in timeline.editions if e.stand_in],
        completion={
            name: dict(
                zip(map(str, numbers), _rounded(true_completion(truth, list(c.values()))), strict=True)
            )
            for name, c in curves.items()
        },
        truth=asdict(truth),
    )
    kept = {k: v for k, v in asdict(summary).items() if k != "fresh"}
    _write_truth(lake.root / TRUTH_FILE, kept)
    return kept


def _block(
    timeline: Timeline,
    truth: Truth,
    curves: dict[str, dict[int, Any]],
    shares: list[tuple[str, float]],
    low: int,
    high: int,
    rng: np.random.Generator,
    window: Window,
) -> list[tuple[int, int, Tables]]:
    """One block of viewers: for each edition its place in the timeline, how many saw it, and their rows."""
    ids = np.arange(low, high)
    markets = list(dict.fromkeys(e.market for e in timeline.editions))
    market = ids % len(markets)
    arm = rng.choice(len(shares), len(ids), p=[s for _, s in shares])
    found = []
    for which, edition in enumerate(timeline.editions):
        mine = (market == markets.index(edition.market)) & (
            arm == [v for v, _ in shares].index(edition.variant)
        )
        some = ids[mine]
        if len(some):
            numbers = sorted(timeline.durations)
            tables = watch(truth, numbers, curves[edition.name], timeline.source, some, rng, window)
            found.append((which, len(some), tables))
    return found


def _collect(made: dict[str, list[Columns]], which: int, tables: Tables) -> None:
    for table, parts in tables.items():
        for rows in parts:
            made[table].append({**rows, "edition": np.full(len(rows["at"]), which, np.int32)})


def _stage(
    lake: Lake, table: str, parts: list[Columns], timeline: Timeline, coins: int, staging: Path
) -> int:
    """One part of one table: numbers become names in SQL, which is faster than in Python."""
    parts = [p for p in parts if len(p["at"])]
    if not parts:
        return 0
    columns = {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}
    columns["at"] = columns["at"].astype("datetime64[us]")
    con = lake.con()
    con.register("made_up", columns)
    coin = KINDS.index("coin")
    try:
        text = _SELECT[table].format(
            series=literal(timeline.series),
            market=_listed([e.market for e in timeline.editions], "edition"),
            variant=_listed([e.variant for e in timeline.editions], "edition"),
            duration=_durations(timeline.durations),
            user="'sim-' || lpad(CAST(viewer AS VARCHAR), 8, '0')",
            kind=_listed(list(KINDS), "kind"),
            coins=f"CASE WHEN kind = {coin} THEN {coins} ELSE 0 END",
            format=_listed(list(FORMATS), "format"),
            experiment=literal(EXPERIMENT),
        )
        return lake.stage(table, text, staging)
    finally:
        con.unregister("made_up")


_HEAD = "{user} AS user_id, {series} AS series_id, {market} AS market, true AS simulated"
_SELECT = {
    "events": f"SELECT {_HEAD}, {{variant}} AS variant_id, {{user}} || '-' || episode || '-' || piece AS event_id, "
    "{user} || '-' || episode || '-' || opening AS media_session_id, episode, time_from_ms, time_to_ms, "
    '{duration} AS duration_ms, rate AS playback_rate, muted, "at" AS started_at FROM made_up',
    "exposure": f'SELECT {_HEAD}, {{experiment}} AS experiment, {{variant}} AS arm, "at" AS exposed_at FROM made_up',
    "unlock": f'SELECT {_HEAD}, {{variant}} AS variant_id, episode, {{kind}} AS kind, {{coins}} AS coins, "at" FROM made_up',
    "ad_impression": f'SELECT {_HEAD}, {{variant}} AS variant_id, episode, {{format}} AS format, "at" FROM made_up',
}


def _listed(names: Sequence[str], column: str) -> str:
    return f"list_extract([{', '.join(literal(n) for n in names)}], CAST({column} AS BIGINT) + 1)"


def _durations(durations: Any) -> str:
    numbers = sorted(durations)
    return (
        f"list_extract([{', '.join(str(durations[n]) for n in numbers)}], list_position({numbers}, episode))"
    )


def _replace(lake: Lake, series: str, staging: Path) -> None:
    """Publish the staged files in the place of the series' old ones.

    A run killed in between leaves fewer rows, never rows twice; its step is not done and the next run
    makes all of them again.
    """
    lake.close()
    for table in _TABLES:
        shutil.rmtree(lake.root / table / f"series={series}", ignore_errors=True)
    publish(staging, lake.root)
    lake.refresh()


def _write_truth(path: Path, summary: dict[str, Any]) -> None:
    new = path.with_suffix(".new")
    new.write_text(json.dumps(summary, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")
    os.replace(new, path)


def _rounded(values: list[float]) -> list[float]:
    return [round(v, 6) for v in values]


def _micros(moment: datetime) -> int:
    return round(moment.astimezone(UTC).timestamp() * 1_000_000)


def _iso(micros: int) -> str:
    return datetime.fromtimestamp(micros / 1e6, UTC).isoformat()
