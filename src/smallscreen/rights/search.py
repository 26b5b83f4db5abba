"""Search is a join: a query's terms with the catalogue's, then votes by asset, layout, speed and offset.

The texts of `rights/sql` mean the same to DuckDB and Spark, count in whole numbers and put ties into an order, so that
both give the same candidates to the last vote. What differs is how the catalogue's rows come to the join: Spark's
workers read all Parquet files; on one machine the directories beside them (`termfiles`) say where the few rows
stand that the query asks for, and the others are not read at all.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smallscreen.engines.sql import DuckDB, SqlEngine
from smallscreen.errors import UserError
from smallscreen.rights.asking import BIN, ZERO, Asking, Everywhere, Here
from smallscreen.rights.catalogue import Catalogue
from smallscreen.rights.model import GRID_MS, PICTURE, SOUND, Candidate, Terms
from smallscreen.rights.termfiles import (
    bits,
)

ASSETS = 24
"""Assets that each kind of terms may put on the list to be verified."""
WINDOW = 1500
"""Steps of the query that are searched at once: two minutes."""
_TRIES = 5


@dataclass(frozen=True)
class Searched:
    """Candidates, best first, and what was asked: terms of the query, rows found in the catalogue, its rows."""

    candidates: tuple[Candidate, ...]
    terms: int
    found: int
    rows: int


def search(
    catalogue: Catalogue, terms: Terms, *, engine: SqlEngine | None = None, assets: int = ASSETS
) -> list[Candidate]:
    """The assets that a query's terms point at, and where: at most `assets` for each kind, `EACH` alignments of each.

    `engine` is Spark for catalogues that many machines hold; without it DuckDB in this process. The candidates still
    have to be verified: some chance alignments are always among them.
    """
    return list(searched(catalogue, terms, engine=engine, assets=assets).candidates)


def searched(
    catalogue: Catalogue, terms: Terms, *, engine: SqlEngine | None = None, assets: int = ASSETS
) -> Searched:
    """As `search`, with how much was read."""
    if engine is not None and not isinstance(engine, DuckDB):
        catalogue.compact(wait=True)  # Spark reads runs alone
    last = int(terms.t.max()) if len(terms) else -1
    found = rows = 0
    lists: list[list[tuple[Any, ...]]] = []
    with _asked(catalogue, engine) as ask:
        # A last window of a few seconds would find little: it is part of the one before.
        starts = list(range(0, max(1, last + 1 - WINDOW // 4), WINDOW))
        for start in starts:
            end = start + WINDOW if start != starts[-1] else last + 1
            chosen = (terms.t >= start) & (terms.t < end)
            if chosen.any():
                answers, read = ask.votes(_table(terms, chosen))
                lists.append(answers)
                found += read
        rows = ask.rows
    return Searched(_candidates(catalogue, lists, assets), len(terms), found, rows)


# --- inside ----------------------------------------------------------------------------------


def _table(terms: Terms, chosen: NDArray[np.bool_]) -> dict[str, NDArray[Any]]:
    """The query's rows as the texts name them, each once: terms of the same moment that differ in nothing."""
    columns = {
        "kind": terms.kind[chosen].astype(np.int32),
        "term": bits(terms.term[chosen]),
        "t": terms.t[chosen].astype(np.int64),
        "layout": terms.view[chosen].astype(np.int32),
        "mirrored": terms.mirrored[chosen].astype(np.int32),
    }
    return {name: np.ascontiguousarray(values) for name, values in columns.items()}


def _candidates(
    catalogue: Catalogue, lists: Sequence[list[tuple[Any, ...]]], assets: int
) -> tuple[Candidate, ...]:
    """The best assets of each kind over all windows, all their alignments; without what was removed."""
    chosen: list[Candidate] = []
    alive: dict[str, bool] = {}
    for kind in (PICTURE, SOUND):
        best: dict[str, int] = {}
        mine = [r for rows in lists for r in rows if r[0] == kind]
        for row in mine:
            best[row[1]] = max(best.get(row[1], 0), row[6])
        taken: list[str] = []
        for asset in sorted(best, key=lambda a: (-best[a], a)):
            if asset not in alive:
                alive[asset] = catalogue.has(asset)
            if alive[asset]:
                taken.append(asset)
            if len(taken) == assets:
                break
        for row in mine:
            if row[1] in taken:
                # The middle of two bins of a votes' pair.
                offset = ((row[5] + 1) * BIN - ZERO) / 1000 * GRID_MS
                chosen.append(
                    Candidate(
                        asset_id=row[1],
                        kind="picture" if kind == PICTURE else "sound",
                        offset_ms=round(offset),
                        votes=float(row[6]),
                        speed=row[4] / 1000,
                        view=int(row[8]),
                        layout=int(row[2]),
                        mirrored=bool(row[3]),
                    )
                )
    return tuple(sorted(chosen, key=lambda c: (-c.votes, c.asset_id, c.kind, c.offset_ms, c.speed, c.layout)))


@contextmanager
def _asked(catalogue: Catalogue, engine: SqlEngine | None) -> Iterator[Asking]:
    """An engine that stands before what the catalogue holds now. Runs that are merged away meanwhile are looked for anew."""
    scratch = None
    if engine is None:
        scratch = Path(tempfile.gettempdir()) / f"smallscreen-rights-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        engine = DuckDB(temp=scratch)
        ours = True
    else:
        ours = False
    try:
        for turn in range(_TRIES):
            try:
                kind: type[Asking] = Here if isinstance(engine, DuckDB) else Everywhere
                asking = kind(catalogue, engine, catalogue.terms.snapshot())
                break
            except FileNotFoundError:
                if turn == _TRIES - 1:
                    raise UserError(
                        f"{catalogue.root}: term files are missing; take the folder from a backup, or remove "
                        f"{catalogue.terms.folder.name} and add the videos again."
                    ) from None
        try:
            yield asking
        finally:
            asking.close()
    finally:
        if ours:
            engine.close()
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)
