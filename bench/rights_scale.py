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
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bench._episodes import CLIPS, Episode, Piece, missing, references
from bench._rights_hours import generate, kept_print, statistics_of
from bench.common import ROOT, report, row, skip
from smallscreen.engines.sql import file
from smallscreen.rights.catalogue import Catalogue, add, open_catalogue
from smallscreen.rights.model import PICTURE, Asset, Fingerprint
from smallscreen.rights.termfiles import bits
from smallscreen.rights.terms import terms_of

HOURS = (100, 1_000, 10_000)
SERIES = "the-last-ferry"


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
        "mb": _peak_mb(),
        "terms": result.terms,
        "rows": result.found,
        "candidates": len({c.asset_id for c in result.candidates}),
        "found": sorted({m.asset.name for m in matches}),
    }


def _peak_mb() -> float:
    """Memory at its peak; on Linux of this program alone, where getrusage counts what the one that started it held."""
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(x for x in status.read_text("utf-8").splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


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
            catalogue, [path], series=SERIES, fingerprint=lambda p: ((f := kept_print(p, False)), terms_of(f))
        )
        assert not done.problems, done.problems
    query, shown = _query(episodes)
    (folder / "query.fp").write_bytes(kept_print(query.file(), True).to_bytes())
    clips = sorted(p for p in CLIPS.iterdir() if p.is_file())
    (folder / "clips").mkdir()
    for number, clip in enumerate(clips):
        (folder / "clips" / f"{number:03d}.fp").write_bytes(kept_print(clip, False).to_bytes())
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
