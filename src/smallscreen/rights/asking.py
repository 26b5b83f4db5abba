"""The catalogue before an engine: how the rows that a query asks for come to the join, and the texts of `rights/sql`.

`Everywhere` is any engine that reads all Parquet files (Spark's workers). `Here` is DuckDB in this process: the
directories beside the files say where the rows stand, and the others are not read.
"""

from __future__ import annotations

import glob
import math
import shutil
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smallscreen.engines.sql import DuckDB, SqlEngine, connect, file, literal
from smallscreen.rights.catalogue import Catalogue
from smallscreen.rights.model import PICTURE, SOUND
from smallscreen.rights.runs import Run, Snapshot
from smallscreen.rights.sound import SPAN_STEPS
from smallscreen.rights.termfiles import CHUNK_STEPS, KINDS, MOST_CHUNKS, PER_CHUNK, VIEWS, Part, read_new

EACH = 6
"""Alignments that are told of one asset and kind."""
PAIRS = 2_000_000
"""Pairs of terms that one kind may join: the rarest terms first."""
SPEEDS = tuple(range(800, 1251, 25))
"""Speeds that votes are counted for, in thousandths."""
_CHUNKS = 128
_VIEW_SLACK = 4
_LEAST = 2
_MOMENTS = 3
BIN = 6_000  # thousandths of a step: 0.48 s
ZERO = BIN * (1 << 34)
_LONGEST = 1 << 18
_RARE = 50
_THREADS = 2
"""Files of a run that are looked through at once."""


def text(name: str, **filled: object) -> str:
    """A text of `rights/sql`, filled."""
    return _file(name).format_map(filled)


class Asking:
    """One search: an engine with the catalogue's views."""

    def __init__(self, catalogue: Catalogue, engine: SqlEngine, snapshot: Snapshot) -> None:
        self.catalogue, self.engine, self.snapshot = catalogue, engine, snapshot
        self.totals = tuple(sum(r.rows[k] for r in snapshot.runs) for k in (PICTURE, SOUND))
        self.rows = sum(self.totals)
        self._chunks = sum(r.chunks for r in snapshot.runs)

    def votes(self, query: dict[str, NDArray[Any]]) -> tuple[list[tuple[Any, ...]], int]:
        """The rows of fine.sql for a window of the query, and how many rows of the catalogue were found."""
        self.bring(query)
        engine, spaces = self.engine, {"most_chunks": MOST_CHUNKS}
        try:
            engine.table(
                "hits",
                text(
                    "hits",
                    weight=_weight(self._chunks * CHUNK_STEPS),
                    pairs=PAIRS,
                    per_chunk=PER_CHUNK,
                    views=VIEWS,
                ),
            )
            engine.table(
                "shortlist", text("coarse", chunks=_CHUNKS, least=_LEAST, longest=_LONGEST, **spaces)
            )
            self.locate()
            speeds = ", ".join(f"({s}, {round(SPAN_STEPS * math.log2(s / 1000))})" for s in SPEEDS)
            answers = engine.rows(
                text(
                    "fine",
                    speeds=speeds,
                    zero=ZERO,
                    bin=BIN,
                    moments=_MOMENTS,
                    each=EACH,
                    slack=_VIEW_SLACK,
                )
            )
            found = int(engine.rows("SELECT count(*) FROM found")[0][0])
        finally:
            for name in ("shortlist", "hits", "found"):
                engine.drop(name)
        return [tuple(v if isinstance(v, str) else int(v) for v in r) for r in answers], found

    def bring(self, query: dict[str, NDArray[Any]]) -> None:
        """Make `query_terms` and `found`."""
        raise NotImplementedError

    def locate(self) -> None:
        """Make `chunks`, for the short list at least."""
        raise NotImplementedError

    def close(self) -> None: ...


class Everywhere(Asking):
    """Any engine: the views stand for all Parquet files, which it reads as it can."""

    def __init__(self, catalogue: Catalogue, engine: SqlEngine, snapshot: Snapshot) -> None:
        super().__init__(catalogue, engine, snapshot)
        self._scratch = catalogue.root.resolve() / ".staging" / f"ask-{uuid.uuid4().hex[:12]}"
        self._scratch.mkdir(parents=True)
        terms, chunks = [], []
        for number, run in enumerate(snapshot.runs):
            for kind, word in KINDS.items():
                if run.rows[kind]:
                    name = f"run_{number}_{word}"
                    engine.view(name, f"{_escaped(snapshot.folder.resolve() / run.name)}/{word}-*.parquet")
                    terms.append(
                        f"SELECT CAST({kind} AS INTEGER) AS kind, term, CAST({number} AS BIGINT) AS run, place FROM {name}"
                    )
            engine.view(f"run_{number}_chunks", _escaped(snapshot.chunks(run).resolve()))
            chunks.append(
                f"SELECT CAST({number} AS BIGINT) AS run, CAST(chunk AS BIGINT) AS chunk, asset, "
                f"CAST(first AS BIGINT) AS first FROM run_{number}_chunks"
            )
        nothing = "CAST(NULL AS BIGINT)"
        engine.define(
            "catalogue_terms",
            " UNION ALL ".join(terms)
            or f"SELECT CAST(0 AS INTEGER) AS kind, CAST(0 AS INTEGER) AS term, {nothing} AS run, "
            f"{nothing} AS place WHERE false",
        )
        engine.define(
            "chunks",
            " UNION ALL ".join(chunks)
            or f"SELECT {nothing} AS run, {nothing} AS chunk, '' AS asset, {nothing} AS first WHERE false",
        )

    def bring(self, query: dict[str, NDArray[Any]]) -> None:
        # Workers on other machines see the catalogue's folder, and this one in it.
        path = self._scratch / f"query-{uuid.uuid4().hex[:8]}.parquet"
        with connect() as con:
            con.register("given", query)
            con.execute(f"COPY (SELECT * FROM given) TO {literal(str(path))} (FORMAT parquet)")
        self.engine.view("query_terms", _escaped(path))
        self.engine.table("found", text("found"))

    def locate(self) -> None: ...

    def close(self) -> None:
        shutil.rmtree(self._scratch, ignore_errors=True)


class Here(Asking):
    """DuckDB in this process: the rows of the query's terms are fetched by the directories."""

    engine: DuckDB

    def __init__(self, catalogue: Catalogue, engine: DuckDB, snapshot: Snapshot) -> None:
        super().__init__(catalogue, engine, snapshot)
        self._parts: list[tuple[int, int, Part]] = []
        self._plain: list[tuple[int, int, Path]] = []
        self._new: list[tuple[int, NDArray[np.uint8], NDArray[np.int32], NDArray[np.int64]]] = []
        try:
            for number, run in enumerate(snapshot.runs):
                self._open(number, run)
            for number, path in enumerate(snapshot.new, start=len(snapshot.runs)):
                self._new.append((number, *read_new(path)))
        except BaseException:
            self.close()
            raise
        kinds = [k for _, k, _, _ in self._new]
        loose = tuple(sum(int((k == number).sum()) for k in kinds) for number in (PICTURE, SOUND))
        self.totals = (self.totals[0] + loose[0], self.totals[1] + loose[1])
        self.rows = sum(self.totals)
        self._chunks += sum(_chunks_in(place) for _, _, _, place in self._new)

    def bring(self, query: dict[str, NDArray[Any]]) -> None:
        found: list[dict[str, NDArray[Any]]] = []
        for kind in KINDS:
            mine = query["term"][query["kind"] == kind]
            asked, times = np.unique(mine, return_counts=True)
            if len(asked):
                found += self._found(kind, asked, times)
        dtypes = {"kind": np.int32, "term": np.int32, "run": np.int64, "place": np.int64}
        empty = {name: np.zeros(0, dtype) for name, dtype in dtypes.items()}
        together = {
            name: np.concatenate([empty[name], *(f[name] for f in found)]).astype(dtype)
            for name, dtype in dtypes.items()
        }
        con = self.engine.con
        con.register("query_rows", query)
        con.register("found_rows", together)
        con.execute("CREATE OR REPLACE TEMP TABLE query_terms AS SELECT * FROM query_rows")
        con.execute("CREATE OR REPLACE TEMP TABLE found AS SELECT * FROM found_rows")
        con.unregister("found_rows")
        con.unregister("query_rows")

    def locate(self) -> None:
        con = self.engine.con
        pieces = [
            f"SELECT CAST({number} AS BIGINT) AS run, CAST(chunk AS BIGINT) AS chunk, asset, CAST(first AS BIGINT) AS first "
            f"FROM read_parquet({file(self.snapshot.chunks(run))}) WHERE chunk IN "
            f"(SELECT chunk FROM shortlist WHERE run = {number})"
            for number, run in enumerate(self.snapshot.runs)
        ]
        start = len(self.snapshot.runs)
        pieces += [
            f"SELECT CAST({start + i} AS BIGINT) AS run, s.chunk, {literal(path.stem)} AS asset, "
            f"s.chunk * {CHUNK_STEPS} AS first FROM shortlist s WHERE s.run = {start + i}"
            for i, path in enumerate(self.snapshot.new)
        ]
        nothing = "SELECT run, chunk, '' AS asset, chunk AS first FROM shortlist WHERE false"
        con.execute(f"CREATE OR REPLACE TEMP TABLE chunks AS {' UNION ALL '.join(pieces) or nothing}")

    def close(self) -> None:
        for _, _, part in self._parts:
            part.close()
        self._parts = []

    def _open(self, number: int, run: Run) -> None:
        for kind in KINDS:
            for path in self.snapshot.files(run, kind):
                part = Part.open(path)
                if part is None:
                    self._plain.append((number, kind, path))
                else:
                    self._parts.append((number, kind, part))

    def _found(
        self, kind: int, asked: NDArray[np.int32], times: NDArray[np.int64]
    ) -> Iterator[dict[str, NDArray[Any]]]:
        """Rows of one kind. What hits.sql would leave out as too frequent is not read."""
        mine = [(number, part) for number, k, part in self._parts if k == kind]
        with ThreadPoolExecutor(_THREADS) as pool:
            ranges = list(pool.map(lambda one: one[1].ranges(asked), mine))
        parts = [(*one, *where) for one, where in zip(mine, ranges, strict=True)]
        loose = []
        for number, kinds, term, place in self._new:
            chosen = (kinds == kind) & np.isin(term, asked)
            loose.append((number, term[chosen], place[chosen]))
        for number, k, path in self._plain:
            if k == kind:
                loose.append((number, *self._scanned(path, asked)))
        n = np.zeros(len(asked), np.int64)
        for _, _, low, high in parts:
            n += high - low
        for _, term, _ in loose:
            n += np.bincount(np.searchsorted(asked, term), minlength=len(asked))
        order = np.lexsort((asked, n))
        kept = np.zeros(len(asked), bool)
        kept[order] = np.cumsum((n * times)[order]) <= PAIRS
        for number, part, low, high in parts:
            some = kept & (high > low)
            place = part.places(low[some], high[some])
            yield _rows(kind, np.repeat(asked[some], (high - low)[some]), number, place)
        for number, term, place in loose:
            chosen = kept[np.searchsorted(asked, term)]
            yield _rows(kind, term[chosen], number, place[chosen])

    def _scanned(self, path: Path, asked: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        con = self.engine.con
        con.register("asked_terms", {"term": asked})
        got = con.execute(
            f"SELECT term, place FROM read_parquet({file(path)}) SEMI JOIN asked_terms USING (term)"
        ).fetchnumpy()
        con.unregister("asked_terms")
        return np.asarray(got["term"], np.int32), np.asarray(got["place"], np.int64)


def _rows(kind: int, term: NDArray[np.int32], run: int, place: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    return {
        "kind": np.full(len(term), kind, np.int32),
        "term": term,
        "run": np.full(len(term), run, np.int64),
        "place": place,
    }


def _chunks_in(place: NDArray[np.int64]) -> int:
    return int(place.max()) // PER_CHUNK + 1 if len(place) else 1


def _weight(steps: int) -> str:
    """A term's weight by how often it occurs, as SQL: log2 of how much rarer it is than a chance hit a bin, 0 for one
    that says nothing. `steps` is the length of the catalogue.

    A term of n rows falls into a given bin of offset (64 steps) n * 64 / steps times by chance; in a copy it is there
    about one time in ten.
    """
    cases = [f"WHEN n <= {steps // (640 << w)} THEN {w}" for w in range(20, 1, -1) if steps // (640 << w) > 0]
    return f"CASE {' '.join(cases)} WHEN n <= {max(_RARE, steps // 1280)} THEN 1 ELSE 0 END"


def _escaped(path: Path) -> str:
    return glob.escape(str(path))


@cache
def _file(name: str) -> str:
    return files("smallscreen.rights").joinpath("sql", f"{name}.sql").read_text("utf-8")
