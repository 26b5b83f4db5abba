"""A 90-second query in 100, 1,000 and 10,000 hours of catalogue: time, memory, growth, and whether it is found.

    python -m bench.rights_scale                      # all three; 10 GB in the system's temporary folder
    python -m bench.rights_scale --hours 100 1000     # prints and writes nothing
    python -m bench.rights_scale --hours 100 --ways   # other ways to bring the rows to the join, side by side

The reference episodes of `bench._episodes` are in the catalogue with their real fingerprints; the query is a video of
90 seconds put together of what they show, sampled at other moments and coded anew. The other hours are generated:
episodes of 90 seconds with terms of the same statistics as the fingerprints of the clips in `../shared/data/rights`:

- terms a second of each kind, as measured, all of them with sound;
- picture terms: words whose bits have the measured means and correlations (a Gaussian copula), a part replaced by words
  that the clips really have, so large that a query term finds as many rows by chance as between different clips;
- sound terms: their five small numbers drawn from the measured ones, mixed as the program mixes them, a part likewise;
- clumps: a term comes again within its episode as often as measured, within two seconds.

What is generated has terms and no fingerprints; where the search proposes such an episode, a clip's stored fingerprint
is read and verified in its place, so that the time is spent. Each question is asked by a process of its own, that
reads the query's fingerprint and prints its matches; what is timed begins after its modules are loaded. Cold means that
the catalogue's files were put out of the file cache before; warm is the median of three processes after that.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench._episodes import CLIPS, Episode, Piece, cache, missing, references
from bench.common import ROOT, report, row, skip
from smallscreen.engines.sql import connect, file
from smallscreen.rights import sound
from smallscreen.rights.catalogue import Catalogue, add, open_catalogue
from smallscreen.rights.fingerprint import fingerprint
from smallscreen.rights.model import FINGERPRINT_VERSION, PICTURE, WORD_BITS, Asset, Fingerprint
from smallscreen.rights.runs import Run
from smallscreen.rights.sound import landmarks
from smallscreen.rights.termfiles import (
    CHUNK_STEPS,
    KINDS,
    PER_CHUNK,
    VIEWS,
    Chunks,
    bits,
    write_chunks,
    write_part,
)
from smallscreen.rights.terms import terms_of

HOURS = (100, 1_000, 10_000)
EPISODE_S = 90
RUN = 200_000
"""Episodes of a generated run: 5,000 hours."""
POOL = 12_000_000
PART = 8_000_000
SERIES = "the-last-ferry"
Pool = tuple[NDArray[np.int32], NDArray[np.float64]]


@dataclass
class Statistics:
    """What is measured of real fingerprints: rates, words, views, how often a term comes again, chance hits."""

    rates: tuple[float, float]
    words: NDArray[np.int64]
    numbers: NDArray[np.int64]
    views: tuple[NDArray[np.uint8], NDArray[np.uint8]]
    again: tuple[NDArray[np.float64], NDArray[np.float64]]
    chance: tuple[float, float]


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.rights_scale")
    parser.add_argument("--hours", type=int, nargs="+", default=None)
    parser.add_argument("--ways", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--ask", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--way", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.ask:
        print(json.dumps(ask(given.ask) if given.way is None else ask_way(given.ask, given.way)))
        return 0
    if why := missing():
        skip("rights_scale", why)
        return 0
    rows: list[dict[str, Any]] = []
    for hours in given.hours or HOURS:
        folder = Path(tempfile.gettempdir()) / f"smallscreen-bench-rights-{hours}h"
        try:
            rows += measure(folder, hours)
            if given.ways:
                rows += compare(folder, hours)
        finally:
            if not given.keep:
                shutil.rmtree(folder, ignore_errors=True)
    if given.hours:
        for r in rows:
            verdict = {True: "holds", False: "FALLS SHORT", None: ""}[r["holds"]]
            print(f"{r['name']:<74} {r['value']:>12,.4g} {r['unit']:<14} {r['target'] or '':<8} {verdict}")
    else:
        report("rights_scale", rows)
    return 0


def measure(folder: Path, hours: int) -> list[dict[str, Any]]:
    """Make the catalogue where it is not there, and ask."""
    made = prepare(folder, hours)
    evict(folder)
    cold = run_part(folder)
    warm = [run_part(folder) for _ in range(3)]
    wall = statistics.median(w["wall"] for w in warm)
    cpu = statistics.median(w["cpu"] for w in warm)
    expected = set(made["shown"])
    found = set(warm[0]["found"])
    at = f"{hours:,} hours"
    last = hours == max(HOURS)
    share = len(found & expected) / len(expected)
    return [
        row(f"{at}: terms in the catalogue", made["rows"] / 1e6, "million"),
        row(f"{at}: episodes shown by the query that are found", share, "share", at_least=1.0),
        row(f"{at}: episodes found that it does not show", len(found - expected), "", at_most=0),
        row(f"{at}: a 90-second query, warm file cache", wall, "s", at_most=3.0 if last else None),
        row(f"{at}: of it the search, without verifying", statistics.median(w["search"] for w in warm), "s"),
        row(f"{at}: processor time, warm", cpu, "s"),
        row(f"{at}: cold file cache", cold["wall"], "s"),
        row(
            f"{at}: peak memory",
            max(w["mb"] for w in [cold, *warm]) / 1024,
            "GB",
            at_most=4.0 if last else None,
        ),
        row(f"{at}: terms of the query", warm[0]["terms"] / 1e3, "thousand"),
        row(f"{at}: rows of the catalogue that were joined", warm[0]["rows"] / 1e6, "million"),
        row(f"{at}: term files on disk", made["bytes"] / 1e9, "GB"),
        row(f"{at}: term files a minute of film", made["bytes"] / 1000 / (hours * 60), "kB"),
        row(f"{at}: generated in", made["seconds"], "s"),
    ]


# --- the question, in a process of its own -------------------------------------------------------


def run_part(folder: Path, *more: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.rights_scale", "--ask", str(folder), *more],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def ask(folder: Path) -> dict[str, Any]:
    """Find the query in the catalogue; times, memory, and the episodes found."""
    from smallscreen.rights.find import verified
    from smallscreen.rights.search import searched

    catalogue = _Generated(folder)
    data = (folder / "query.fp").read_bytes()
    start, cpu = time.perf_counter(), time.process_time()
    query = Fingerprint.from_bytes(data)
    result = searched(catalogue, terms_of(query))
    middle = time.perf_counter()
    matches = verified(catalogue, query, "query.mp4", result.candidates)
    end, used = time.perf_counter(), time.process_time() - cpu
    return {
        "wall": end - start,
        "search": middle - start,
        "cpu": used,
        "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "terms": result.terms,
        "rows": result.found,
        "candidates": len({c.asset_id for c in result.candidates}),
        "found": sorted({m.asset.name for m in matches}),
    }


class _Generated(Catalogue):
    """A catalogue that has a clip's fingerprint for each generated episode."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._clips = sorted((root / "clips").glob("*.fp"))

    def has(self, asset_id: str) -> bool:
        return asset_id.startswith("0000") or super().has(asset_id)

    def asset(self, asset_id: str) -> Asset:
        if super().has(asset_id):
            return super().asset(asset_id)
        moment = "2026-01-01T00:00:00+00:00"
        return Asset(
            asset_id,
            f"generated {asset_id}",
            "",
            None,
            None,
            "master",
            asset_id * 2,
            0,
            90_000,
            540,
            960,
            25.0,
            True,
            moment,
        )

    def fingerprint(self, asset_id: str) -> Fingerprint:
        if super().has(asset_id):
            return super().fingerprint(asset_id)
        return Fingerprint.from_bytes(self._clips[int(asset_id[4:], 16) % len(self._clips)].read_bytes())


def evict(folder: Path) -> None:
    """Put a folder's files out of the file cache."""
    os.sync()
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as f:
                os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


# --- making it -----------------------------------------------------------------------------------


def prepare(folder: Path, hours: int) -> dict[str, Any]:
    """The catalogue with the real episodes and the generated hours, and the query; kept until the bench is over."""
    note = folder / "made.json"
    if note.is_file():
        made: dict[str, Any] = json.loads(note.read_text("utf-8"))
        return made
    shutil.rmtree(folder, ignore_errors=True)
    catalogue = open_catalogue(folder, create=True)
    episodes = references()
    for episode in episodes:
        path = episode.file()
        done = add(
            catalogue, [path], series=SERIES, fingerprint=lambda p: ((f := _kept(p, False)), terms_of(f))
        )
        assert not done.problems, done.problems
    query, shown = _query(episodes)
    (folder / "query.fp").write_bytes(_kept(query.file(), True).to_bytes())
    clips = sorted(p for p in CLIPS.iterdir() if p.is_file())
    (folder / "clips").mkdir()
    for number, clip in enumerate(clips):
        (folder / "clips" / f"{number:03d}.fp").write_bytes(_kept(clip, False).to_bytes())
    start = time.perf_counter()
    generate(catalogue, hours, statistics_of(clips))
    seconds = time.perf_counter() - start
    made = {
        "rows": catalogue.terms.rows(),
        "bytes": catalogue.terms.bytes(),
        "seconds": seconds,
        "shown": shown,
    }
    note.write_text(json.dumps(made), "utf-8")
    return made


def _query(episodes: tuple[Episode, ...]) -> tuple[Episode, list[str]]:
    """90 seconds: pieces of references one after the other, read 40 ms later than they were; and their files' names."""
    pieces: list[Piece] = []
    shown: list[str] = []
    left = 90.0
    for episode in episodes:
        for piece in episode.pieces:
            length = min(left, piece.until - piece.since - 0.2)
            if length < 4:
                continue
            pieces.append(replace(piece, since=piece.since + 0.1, until=piece.since + 0.1 + length))
            left -= length
            if episode.file().name not in shown:
                shown.append(episode.file().name)
        if left < 4:
            break
    coding = replace(episodes[0].coding, crf=32)
    made = replace(
        episodes[0],
        name="scale-query",
        pieces=tuple(pieces),
        card=None,
        beds=(),
        coding=coding,
        phase=episodes[0].phase + 0.04,
    )
    return made, shown


def _kept(path: Path, query: bool) -> Fingerprint:
    """A file's fingerprint, kept beside the benchmarks' made files for as long as fingerprints have the same version."""
    key = f"{FINGERPRINT_VERSION}-{hashlib.sha256(f'{path} {path.stat().st_mtime_ns} {query}'.encode()).hexdigest()[:24]}"
    kept = cache() / "scale" / f"{key}.fp"
    if not kept.is_file():
        kept.parent.mkdir(exist_ok=True)
        kept.write_bytes(fingerprint(path, query=query).to_bytes())
    return Fingerprint.from_bytes(kept.read_bytes())


def statistics_of(clips: list[Path]) -> Statistics:
    """Measure the clips' fingerprints, as references and as queries."""
    terms = [[terms_of(_kept(clip, query)) for clip in clips] for query in (False, True)]
    seconds = [0.0, 0.0]
    again: list[NDArray[np.float64]] = []
    views: list[NDArray[np.uint8]] = []
    chance: list[float] = []
    rates: list[float] = []
    for kind in KINDS:
        ours = [(t.term[t.kind == kind], t.view[t.kind == kind]) for t in terms[0]]
        theirs = [np.unique(t.term[t.kind == kind]) for t in terms[1]]
        for clip, (term, _) in zip(clips, ours, strict=True):
            if len(term):
                seconds[kind] += _kept(clip, False).duration_ms / 1000
        count = np.concatenate([np.unique(term, return_counts=True)[1] for term, _ in ours if len(term)])
        again.append(np.bincount(count)[1:] / len(count))
        views.append(np.concatenate([view for _, view in ours]))
        hits = pairs = 0.0
        for i, asked in enumerate(theirs):
            for j, (term, _) in enumerate(ours):
                if i != j and len(asked) and len(term):
                    hits += float(np.isin(term, asked).sum())
                    pairs += len(asked) * len(term)
        chance.append(hits / pairs)
        rates.append(sum(len(term) for term, _ in ours) / seconds[kind])
    words = np.concatenate([np.unique(t.term[t.kind == PICTURE]) for t in terms[0]])
    numbers = [_numbers(f) for clip in clips if (f := _kept(clip, False)).sound is not None]
    return Statistics(
        (rates[0], rates[1]),
        words,
        np.concatenate(numbers),
        (views[0], views[1]),
        (again[0], again[1]),
        (chance[0], chance[1]),
    )


def _numbers(print_: Fingerprint) -> NDArray[np.int64]:
    """The five small numbers of each sound term of a reference."""
    assert print_.sound is not None
    time_, pitch, level = sound.landmarks.unpacked(print_.sound)
    group = landmarks.groups(time_, pitch, level, False)
    first = time_[group[:, 0]]
    span = np.maximum(time_[group[:, 3]] - first, 1.0)
    values = [(pitch[group[:, k]] - pitch[group[:, 0]]) / landmarks.STEP_BIN + 128 for k in (1, 2, 3)]
    values += [(time_[group[:, k]] - first) / span / landmarks.PART_BIN for k in (1, 2)]
    return np.floor(np.stack(values, axis=1)).astype(np.int64)


def generate(catalogue: Catalogue, hours: int, measured: Statistics) -> None:
    """Write runs of generated episodes in the catalogue's own files."""
    rng = np.random.default_rng(20261123)
    pools = (
        _pool(_words(measured, rng), measured.words, measured.chance[0]),
        _pool(_sounds(measured, rng), None, 0),
    )
    left = hours * 3600 // EPISODE_S
    number = 0
    with connect(memory="1GB") as con:
        while left > 0:
            episodes = min(left, RUN)
            left -= episodes
            name = f"run-generated-{number:02d}"
            folder = catalogue.terms.folder / name
            folder.mkdir(parents=True)
            files: list[tuple[str, ...]] = []
            rows: list[int] = []
            for kind in KINDS:
                names, count = _write_kind(con, folder, kind, pools[kind], episodes, measured, rng)
                files.append(names)
                rows.append(count)
            ids = [f"0000{number:04x}{i:024x}" for i in range(episodes)]
            write_chunks(con, Chunks(ids, np.zeros(episodes, np.int32)), folder / "chunks.parquet")
            run = Run(name, (rows[0], rows[1]), (files[0], files[1]), episodes)
            catalogue.terms._put_manifest([*catalogue.terms._manifest(), run])
            number += 1


def _write_kind(
    con: Any,
    folder: Path,
    kind: int,
    pool: Pool,
    episodes: int,
    measured: Statistics,
    rng: np.random.Generator,
) -> tuple[tuple[str, ...], int]:
    """One kind of a run's files: terms in order, each as often as chance has it, in clumps at random places."""
    term, chance = pool
    again = measured.again[kind]
    mean = float((again * np.arange(1, len(again) + 1)).sum())
    clumps = episodes * EPISODE_S * measured.rates[kind] / mean
    bounds = np.searchsorted(np.cumsum(chance), np.arange(0, 1, PART / mean / max(clumps, 1)))
    steps = int(EPISODE_S * 12.5)
    views = measured.views[kind]
    names: list[str] = []
    total = 0
    for number, (low, high) in enumerate(zip(bounds, [*bounds[1:], len(term)], strict=True)):
        count = rng.poisson(chance[low:high] * clumps)
        episode = rng.integers(0, episodes, int(count.sum()))
        step = rng.integers(0, steps, len(episode))
        size = rng.choice(len(again), len(episode), p=again / again.sum()) + 1
        terms = np.repeat(np.repeat(term[low:high], count), size)
        step = np.minimum(np.repeat(step, size) + rng.integers(0, 25, len(terms)), steps - 1)
        view = views[rng.integers(0, len(views), len(terms))]
        place = np.repeat(episode, size) * PER_CHUNK + step * VIEWS + view
        names.append(f"{KINDS[kind]}-{number:03d}.parquet")
        con.register("generated", {"term": terms, "place": place})
        total += write_part(con, "SELECT * FROM generated", folder / names[-1])
    assert steps < CHUNK_STEPS
    return tuple(names), total


def _words(measured: Statistics, rng: np.random.Generator) -> NDArray[np.int64]:
    """Words whose bits have the means and correlations of the measured ones."""
    seen = (measured.words[:, None] >> np.arange(WORD_BITS)) & 1
    mean = np.clip(seen.mean(0), 0.02, 0.98)
    # Of two bits cut from normal numbers, the correlation of these (exact for bits that are half ones).
    between = np.sin(np.pi / 2 * np.nan_to_num(np.corrcoef(seen.T)))
    values, vectors = np.linalg.eigh(between)
    root = (vectors * np.sqrt(np.maximum(values, 1e-6))).astype(np.float32)
    cut = np.array([statistics.NormalDist().inv_cdf(1 - m) for m in mean], np.float32)
    spread = np.sqrt((root**2).sum(1))
    parts = []
    for _ in range(POOL // 1_000_000):
        drawn = rng.standard_normal((1_000_000, WORD_BITS), np.float32) @ root.T
        parts.append((drawn > cut * spread).astype(np.int64) @ (1 << np.arange(WORD_BITS, dtype=np.int64)))
    return np.concatenate(parts)


def _sounds(measured: Statistics, rng: np.random.Generator) -> NDArray[np.int64]:
    """Sound terms of small numbers that go together as measured: two groups' numbers crossed, and moved by at most one."""
    rows = measured.numbers
    one, other = rows[rng.integers(0, len(rows), POOL)], rows[rng.integers(0, len(rows), POOL)]
    mixed = np.where(rng.random((POOL, 5)) < 0.5, one, other) + rng.integers(-1, 2, (POOL, 5))
    term = np.zeros(POOL, np.uint64)
    for column in range(5):
        term = term * np.uint64(256) + np.maximum(mixed[:, column], 0).astype(np.uint64)
    return ((term * np.uint64(landmarks._SCATTER)) >> np.uint64(32)).astype(np.int64)


def _pool(drawn: NDArray[np.int64], real: NDArray[np.int64] | None, chance: float) -> Pool:
    """Different terms, in the order in which they are stored, with their probabilities."""
    term, count = np.unique(bits(drawn), return_counts=True)
    probability = count / len(drawn)
    if real is not None:
        # What a query term meets by chance among these words; the rest comes from words that the clips have.
        word = bits(np.unique(real))
        here = np.searchsorted(term, word).clip(0, len(term) - 1)
        alone = float(np.where(term[here] == word, probability[here], 0).mean())
        share = float(np.clip((chance - alone) * len(word), 0, 0.2))
        both = np.concatenate([term, word])
        weight = np.concatenate([probability * (1 - share), np.full(len(word), share / len(word))])
        term, where = np.unique(both, return_inverse=True)
        probability = np.bincount(where, weight)
    return term, probability / probability.sum()


# --- other ways to bring the rows to the join ----------------------------------------------------

WAYS = ("directory", "join over Parquet", "IN over Parquet", "DuckDB table, sorted")


def compare(folder: Path, hours: int) -> list[dict[str, Any]]:
    rows = []
    for way in WAYS:
        answer = run_part(folder, "--way", way)
        rows.append(row(f"{hours:,} hours: rows fetched by {way}", answer["wall"], "s"))
        rows.append(row(f"{hours:,} hours: rows fetched by {way}, processor time", answer["cpu"], "s"))
    return rows


def ask_way(folder: Path, way: str) -> dict[str, Any]:
    """Fetch the rows of the query's picture terms in one way; all ways fetch the same number."""
    import smallscreen.rights.asking as door
    from smallscreen.engines.sql import DuckDB

    catalogue = _Generated(folder)
    terms = terms_of(Fingerprint.from_bytes((folder / "query.fp").read_bytes()))
    asked = np.unique(bits(terms.term[terms.kind == PICTURE]))
    snap = catalogue.terms.snapshot()
    paths = [p for run in snap.runs for p in snap.files(run, PICTURE)]
    listed = "[" + ", ".join(file(p) for p in paths) + "]"
    engine = DuckDB(folder / "sorted.duckdb" if way.startswith("DuckDB") else ":memory:")
    con = engine.con
    con.execute("CREATE OR REPLACE TEMP TABLE asked (term INTEGER)")
    con.register("given", {"term": asked})
    con.execute("INSERT INTO asked SELECT term FROM given")
    if way.startswith("DuckDB"):
        con.execute(
            f"CREATE TABLE IF NOT EXISTS held AS SELECT term, place FROM read_parquet({listed}) ORDER BY term"
        )
        con.execute("CHECKPOINT")
    start, cpu = time.perf_counter(), time.process_time()
    if way == "directory":
        here = door.Here(catalogue, engine, snap)
        count = sum(
            int((high - low).sum())
            for _, k, p in here._parts
            if k == PICTURE
            for low, high in [p.ranges(asked)]
        )
        for _, kind, part in here._parts:
            if kind == PICTURE:
                part.places(*part.ranges(asked))
        here.close()
    elif way == "IN over Parquet":
        inside = ", ".join(map(str, asked.tolist()))
        got = con.execute(
            f"SELECT term, place FROM read_parquet({listed}) WHERE term IN ({inside})"
        ).fetchnumpy()
        count = len(got["term"])
    else:
        source = "held" if way.startswith("DuckDB") else f"read_parquet({listed})"
        got = con.execute(f"SELECT h.term, h.place FROM {source} h SEMI JOIN asked USING (term)").fetchnumpy()
        count = len(got["term"])
    answer = {"wall": time.perf_counter() - start, "cpu": time.process_time() - cpu, "count": count}
    con.close()
    return answer


if __name__ == "__main__":
    sys.exit(main())
