"""The merged terms of a catalogue: which runs there are, merging small ones, and reading while others write.

A run is a folder that never changes once it has its name. The manifest says which runs count; it is written anew and
renamed after a run's files stand, and what was merged stays for some minutes after that. A reader lists the files of `new` first and
reads the manifest then: a term that moved in between is seen in its run.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from smallscreen.engines.sql import connect, file
from smallscreen.errors import UserError
from smallscreen.rights.model import FINGERPRINT_VERSION
from smallscreen.rights.termfiles import (
    CHUNK_STEPS,
    KINDS,
    MOST_CHUNKS,
    NEW,
    PART_ROWS,
    PER_CHUNK,
    Chunks,
    Part,
    quantiles,
    read_chunks,
    read_new,
    write_chunks,
    write_part,
)

if TYPE_CHECKING:
    import duckdb

MANY_NEW = 64
"""Files in `new` at which `add` merges them before it goes on."""
MANY_RUNS = 6
"""Runs of about one size that are merged into one."""
_TIER = 8
_LEFT_S = 86_400
_READ_S = 600
"""How long the files of a run stay after it was merged into another: a search that began before may be reading."""


@dataclass(frozen=True)
class Run:
    """A merged run: rows by kind (picture, sound), files by kind, chunks."""

    name: str
    rows: tuple[int, int]
    parts: tuple[tuple[str, ...], tuple[str, ...]]
    chunks: int


@dataclass(frozen=True)
class Snapshot:
    """What a search reads: runs, and assets of `new` that are in none of them."""

    folder: Path
    runs: tuple[Run, ...]
    new: tuple[Path, ...]

    def files(self, run: Run, kind: int) -> list[Path]:
        """A run's files of one kind, in the order of their terms."""
        return [self.folder / run.name / p for p in run.parts[kind]]

    def chunks(self, run: Run) -> Path:
        """The file that says which asset a chunk of a run belongs to."""
        return self.folder / run.name / "chunks.parquet"


class TermStore:
    """The terms of a catalogue in a folder. `alive` says whether an asset is (still) in the catalogue."""

    def __init__(self, root: Path, alive: Callable[[str], bool]) -> None:
        self.root = root
        self.folder = root / f"terms-{FINGERPRINT_VERSION}"
        self._alive = alive

    def snapshot(self) -> Snapshot:
        """What is there now. Its files may go while it is read: FileNotFoundError means take another."""
        new = self._new()
        runs = self._manifest()
        inside = self._inside(runs, [p.stem for p in new])
        return Snapshot(self.folder, runs, tuple(p for p in new if p.stem not in inside))

    def rows(self) -> int:
        """Rows in runs."""
        return sum(sum(r.rows) for r in self._manifest())

    def bytes(self) -> int:
        """Bytes of the term files that count."""
        files = [p for run in self._manifest() for p in (self.folder / run.name).iterdir()]
        return sum(p.stat().st_size for p in (*files, *self._new()))

    def many_new(self) -> bool:
        """Whether so many files wait that they should be merged."""
        return len(self._new()) >= MANY_NEW

    def compact(self, *, all_runs: bool = False, wait: bool = False) -> bool:
        """Merge what waits in `new` into a run, and runs of one size into a larger one.

        `all_runs` makes one run of all, as far as one holds them, and forgets removed assets. False when another
        process is at it and `wait` is not set.
        """
        with _lock(self.root / ".lock", wait) as ours:
            if not ours:
                return False
            self._clean()
            while self._merge_new():
                pass
            while chosen := self._chosen(all_runs):
                self._merge_runs(chosen)
                all_runs = False
        return True

    # --- inside ------------------------------------------------------------------------------

    def _new(self) -> list[Path]:
        """Files of assets that are registered; one without a record is being added, or was cut off."""
        folder = self.folder / "new"
        found = sorted(folder.glob(f"*{NEW}")) if folder.is_dir() else []
        return [p for p in found if self._alive(p.stem)]

    def _manifest(self) -> tuple[Run, ...]:
        path = self.folder / "manifest.json"
        try:
            data = json.loads(path.read_text("utf-8"))
            return tuple(
                Run(
                    str(r["name"]),
                    (int(r["rows"][0]), int(r["rows"][1])),
                    (tuple(r["parts"][0]), tuple(r["parts"][1])),
                    int(r["chunks"]),
                )
                for r in data["runs"]
            )
        except FileNotFoundError:
            return ()
        except (ValueError, KeyError, TypeError):
            raise UserError(
                f"{path}: the list of term files is damaged; remove the folder {self.folder.name} and add the videos "
                "again (their fingerprints are kept)."
            ) from None

    def _put_manifest(self, runs: Sequence[Run]) -> None:
        path = self.folder / "manifest.json"
        temporary = path.with_name(f".manifest-{uuid.uuid4().hex[:8]}.json")
        temporary.write_text(json.dumps({"runs": [asdict(r) for r in runs]}, indent=1) + "\n", "utf-8")
        os.replace(temporary, path)

    def _inside(self, runs: Sequence[Run], ids: Sequence[str]) -> set[str]:
        """Those of the assets that a run holds."""
        if not runs or not ids:
            return set()
        with connect() as con:
            con.execute("CREATE TEMP TABLE asked (asset VARCHAR)")
            con.executemany("INSERT INTO asked VALUES (?)", [[i] for i in ids])
            files = ", ".join(file(self.folder / r.name / "chunks.parquet") for r in runs)
            got = con.execute(
                f"SELECT DISTINCT asset FROM read_parquet([{files}]) SEMI JOIN asked USING (asset)"
            )
            return {str(r[0]) for r in got.fetchall()}

    def _merge_new(self) -> bool:
        """Merge waiting files, as many as one run takes at once; False when there are none."""
        waiting = self._new()
        runs = self._manifest()
        inside = self._inside(runs, [p.stem for p in waiting])
        taken: list[Path] = []
        kinds, terms, places, assets, firsts = [], [], [], [], []
        rows = chunks = 0
        for path in waiting:
            if path.stem in inside:
                taken.append(path)
                continue
            kind, term, place = read_new(path)
            count = int(place.max()) // PER_CHUNK + 1 if len(place) else 1
            if rows and (rows + len(term) > PART_ROWS or chunks + count > MOST_CHUNKS):
                break
            taken.append(path)
            kinds.append(kind)
            terms.append(term)
            places.append(place + chunks * PER_CHUNK)
            assets += [path.stem] * count
            firsts += [i * CHUNK_STEPS for i in range(count)]
            rows, chunks = rows + len(term), chunks + count
        if not taken:
            return False
        if assets:
            kind, term, place = np.concatenate(kinds), np.concatenate(terms), np.concatenate(places)
            order = np.lexsort((place, term))
            kind, term, place = kind[order], term[order], place[order]
            with self._staged() as (name, folder), connect() as con:
                parts: list[tuple[str, ...]] = []
                for number, word in KINDS.items():
                    mine = kind == number
                    con.register("sorted_rows", {"term": term[mine], "place": place[mine]})
                    write_part(con, "SELECT term, place FROM sorted_rows", folder / f"{word}-000.parquet")
                    parts.append((f"{word}-000.parquet",))
                write_chunks(con, Chunks(assets, np.array(firsts, np.int32)), folder / "chunks.parquet")
                rows_of = (int((kind == 0).sum()), int((kind == 1).sum()))
                self._publish(Run(name, rows_of, (parts[0], parts[1]), chunks), folder, [])
        for path in taken:
            path.unlink(missing_ok=True)
        return True

    def _chosen(self, all_runs: bool) -> list[Run]:
        runs = sorted(self._manifest(), key=lambda r: (sum(r.rows), r.name))
        tiers: dict[int, list[Run]] = {}
        for run in runs:
            tier = 0 if all_runs else int(math.log(max(1, sum(run.rows)), _TIER))
            tiers.setdefault(tier, []).append(run)
        for members in tiers.values():
            if len(members) >= MANY_RUNS or (all_runs and members):
                chosen: list[Run] = []
                for run in members:
                    if sum(r.chunks for r in chosen) + run.chunks <= MOST_CHUNKS:
                        chosen.append(run)
                if len(chosen) > 1 or all_runs:
                    return chosen
        return []

    def _merge_runs(self, chosen: Sequence[Run]) -> None:
        """One run of several, without what belongs to removed assets."""
        snap = Snapshot(self.folder, tuple(chosen), ())
        assets: list[str] = []
        firsts: list[int] = []
        remap: list[tuple[int, int, int]] = []
        with self._staged() as (name, folder), connect(temp=folder / "spill") as con:
            known: dict[str, bool] = {}
            for source, run in enumerate(chosen):
                table = read_chunks(con, snap.chunks(run))
                for chunk, (asset, first) in enumerate(zip(table.assets, table.first.tolist(), strict=True)):
                    if asset not in known:
                        known[asset] = self._alive(asset)
                    if known[asset]:
                        remap.append((source, chunk, len(assets)))
                        assets.append(asset)
                        firsts.append(first)
            moved = np.array(remap, np.int32).reshape(-1, 3)
            con.register(
                "remap",
                {"source": moved[:, 0].copy(), "chunk": moved[:, 1].copy(), "now": moved[:, 2].copy()},
            )
            parts, rows_of = [], []
            for number, word in KINDS.items():
                names, rows = self._merge_kind(con, snap, number, folder, word)
                parts.append(names)
                rows_of.append(rows)
            write_chunks(con, Chunks(assets, np.array(firsts, np.int32)), folder / "chunks.parquet")
            shutil.rmtree(folder / "spill", ignore_errors=True)
            merged = Run(name, (rows_of[0], rows_of[1]), (parts[0], parts[1]), len(assets))
            self._publish(merged, folder, chosen)
        for run in chosen:
            os.utime(self.folder / run.name)

    def _merge_kind(
        self, con: duckdb.DuckDBPyConnection, snap: Snapshot, kind: int, folder: Path, word: str
    ) -> tuple[tuple[str, ...], int]:
        rows = sum(run.rows[kind] for run in snap.runs)
        opened = [
            p for run in snap.runs for path in snap.files(run, kind) if (p := Part.open(path)) is not None
        ]
        cuts = quantiles(opened, -(-rows // PART_ROWS))
        for part in opened:
            part.close()
        sources = " UNION ALL ".join(
            f"SELECT {i} AS source, term, place AS position "
            f"FROM read_parquet([{', '.join(file(p) for p in snap.files(run, kind))}])"
            for i, run in enumerate(snap.runs)
            if run.parts[kind]
        )
        names: list[str] = []
        total = 0
        for number, (low, high) in enumerate(zip([None, *cuts], [*cuts, None], strict=True)):
            bounds = [f"term >= {low}"] * (low is not None) + [f"term < {high}"] * (high is not None)
            names.append(f"{word}-{number:03d}.parquet")
            total += write_part(
                con,
                f"SELECT term, r.now * CAST({PER_CHUNK} AS BIGINT) + position % {PER_CHUNK} AS place "
                f"FROM (SELECT * FROM ({sources}) WHERE {' AND '.join(bounds) or 'true'}) x "
                f"JOIN remap r ON r.source = x.source AND r.chunk = x.position // {PER_CHUNK} ORDER BY term, place",
                folder / names[-1],
            )
        return tuple(names), total

    def _publish(self, run: Run, staged: Path, instead_of: Sequence[Run]) -> None:
        os.replace(staged, self.folder / run.name)
        gone = {r.name for r in instead_of}
        self._put_manifest(
            [*(r for r in self._manifest() if r.name not in gone), *([run] if run.chunks else [])]
        )

    @contextmanager
    def _staged(self) -> Iterator[tuple[str, Path]]:
        name = f"run-{uuid.uuid4().hex[:12]}"
        folder = self.folder / ".staging" / name
        folder.mkdir(parents=True)
        try:
            yield name, folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _clean(self) -> None:
        """Remove runs that were merged a while ago, and what killed processes left: half-made runs, temporary files.

        Called with the lock held: no other process is merging.
        """
        named = {r.name for r in self._manifest()}
        for left in self.folder.glob(".staging/run-*"):
            shutil.rmtree(left, ignore_errors=True)
        for left in self.folder.glob("run-*"):
            if left.name not in named and time.time() - left.stat().st_mtime > _READ_S:
                shutil.rmtree(left, ignore_errors=True)
        for folder in (self.folder / ".staging", self.root / ".staging"):
            for path in folder.glob("*"):
                if path.is_file() and time.time() - path.stat().st_mtime > _LEFT_S:
                    path.unlink(missing_ok=True)


@contextmanager
def _lock(path: Path, wait: bool) -> Iterator[bool]:
    """Whether this process is the one that merges; the system takes the lock back however the process ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as f:
        try:
            import fcntl
        except ImportError:  # a system without it
            yield True
            return
        try:
            fcntl.flock(f, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError:
            yield False
            return
        yield True
