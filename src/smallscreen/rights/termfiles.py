"""Terms on disk: sorted Parquet that any engine reads, and beside it a small directory of where a term stands.

    terms-1/new/ASSET.npz              the terms of one asset that are not merged yet: kind, term, place
    terms-1/RUN/picture-000.parquet    merged terms, sorted by term, then place: term, place; likewise sound
    terms-1/RUN/picture-000.idx        the directory of that file
    terms-1/RUN/chunks.parquet         which asset a place belongs to: chunk, asset, first

`term` is a term's 32 bits as a signed number. `place` is chunk, step of 80 ms in the chunk and view in one number of
64 bits: the view has the lowest 8, the step the next 11. An asset has a chunk for each 164 seconds.

Numbers are written plain (Parquet's PLAIN, one page a row group, not packed), so that a term's rows are bytes at a known
place: some ten thousand terms out of a thousand million rows are then as many small reads, where a Parquet reader
would have to unpack nearly every row group. A file whose bytes do not stand so has no directory and is scanned.
"""

from __future__ import annotations

import mmap
import os
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from smallscreen.engines.sql import file, literal
from smallscreen.rights.model import PICTURE, SOUND, Terms

if TYPE_CHECKING:
    import duckdb

NEW = ".npz"
KINDS = {PICTURE: "picture", SOUND: "sound"}
CHUNK_STEPS = 2048
VIEWS = 256
PER_CHUNK = CHUNK_STEPS * VIEWS
MOST_CHUNKS = 1 << 20
"""In one run: 26,000 hours of 90-second episodes."""
BLOCK = 64
"""Rows between two entries of a directory."""
ROW_GROUP = 122_880
_AHEAD = 1 << 16
_FEW = 16
"""Reads that are not worth telling the disk of before."""
PART_ROWS = 16_000_000
"""Rows of a file of a run: what is sorted in memory at once."""

Ints = NDArray[np.int32]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Chunks:
    """Which asset each chunk of a run belongs to, and the step its chunk begins with."""

    assets: list[str]
    first: Ints

    def __len__(self) -> int:
        return len(self.assets)


def stored(terms: Terms) -> tuple[NDArray[np.uint8], Ints, Places, int]:
    """Kind, term and place of one asset's terms as they are stored, and how many chunks they take.

    ValueError for a term of more than 32 bits, or a time before 0.
    """
    t, view = np.asarray(terms.t, np.int64), np.asarray(terms.view, np.int64)
    if len(t) and (t.min() < 0 or t.max() >= CHUNK_STEPS * MOST_CHUNKS):
        raise ValueError("terms hold a time before 0 or beyond what an asset may have")
    # Steps and chunks stand side by side in the bits, so that chunk and step together are simply t.
    place = t * VIEWS + view
    return (
        np.asarray(terms.kind, np.uint8),
        bits(terms.term),
        place,
        int(t.max()) // CHUNK_STEPS + 1 if len(t) else 0,
    )


def bits(term: NDArray[Any]) -> Ints:
    """Terms as they are stored: their 32 bits as signed numbers."""
    wide = np.asarray(term, np.int64)
    if len(wide) and (wide.min() < 0 or wide.max() >= 1 << 32):
        raise ValueError("a term has more than 32 bits")
    return wide.astype(np.uint32).view(np.int32)


def write_new(folder: Path, asset_id: str, terms: Terms) -> int:
    """Write one asset's terms under `folder`/new, whole or not at all; returns how many."""
    kind, term, place, _ = stored(terms)
    target = folder / "new" / f"{asset_id}{NEW}"
    temporary = folder / ".staging" / f"{asset_id}-{uuid.uuid4().hex[:8]}"
    temporary.parent.mkdir(parents=True, exist_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with temporary.open("wb") as f:
            np.savez_compressed(f, kind=kind, term=term, place=place)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    return len(term)


def read_new(path: Path) -> tuple[NDArray[np.uint8], Ints, Places]:
    """Kind, term and place of a file that `write_new` made."""
    with np.load(path, allow_pickle=False) as held:
        return held["kind"], held["term"], held["place"]


def write_part(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> int:
    """Write a query's rows (term, place, sorted) as a file of a run with its directory; returns how many."""
    con.execute("SET preserve_insertion_order = true")
    done = con.execute(
        f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION uncompressed, PARQUET_VERSION V1, "
        f"DICTIONARY_SIZE_LIMIT 0, ROW_GROUP_SIZE {ROW_GROUP})"
    ).fetchall()
    write_directory(con, path)
    return int(done[0][0])


def write_chunks(con: duckdb.DuckDBPyConnection, chunks: Chunks, path: Path) -> None:
    """Write which asset each chunk of a run belongs to."""
    names, numbers = np.unique(np.array(chunks.assets, object), return_inverse=True)
    con.register("names", {"number": np.arange(len(names), dtype=np.int32), "asset": names.astype(object)})
    con.register(
        "numbered",
        {
            "chunk": np.arange(len(chunks), dtype=np.int32),
            "number": numbers.astype(np.int32).reshape(-1),
            "first": np.asarray(chunks.first, np.int32),
        },
    )
    con.execute(
        "COPY (SELECT c.chunk, CAST(n.asset AS VARCHAR) AS asset, c.first FROM numbered c JOIN names n USING (number) "
        f"ORDER BY c.chunk) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)"
    )


def read_chunks(con: duckdb.DuckDBPyConnection, path: Path) -> Chunks:
    """What `write_chunks` wrote."""
    got = con.execute(f"SELECT asset, first FROM read_parquet({file(path)}) ORDER BY chunk").fetchnumpy()
    return Chunks([str(a) for a in got["asset"]], np.asarray(got["first"], np.int32))


# --- the directory ---------------------------------------------------------------------------


def write_directory(con: duckdb.DuckDBPyConnection, path: Path) -> bool:
    """Write the directory of a sorted file; False, and none, where its bytes do not stand as we read them."""
    meta = con.execute(
        "SELECT row_group_id, path_in_schema, num_values, data_page_offset + total_compressed_size, "
        "CAST(stats_min AS BIGINT), CAST(stats_max AS BIGINT), encodings, compression "
        f"FROM parquet_metadata({file(path)}) ORDER BY row_group_id, column_id"
    ).fetchall()
    terms, places = [m for m in meta if m[1] == "term"], [m for m in meta if m[1] == "place"]
    if any(m[6] != "PLAIN" or m[7] != "UNCOMPRESSED" for m in meta):
        return False
    rows = np.array([m[2] for m in terms], np.int64)
    # A page ends with its values: they are the last 4 or 8 bytes a value of the column's bytes.
    term_at = np.array([m[3] - 4 * m[2] for m in terms], np.int64)
    place_at = np.array([m[3] - 8 * m[2] for m in places], np.int64)
    first: list[Ints] = []
    if len(rows):
        with path.open("rb") as f, mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as bytes_:
            for i, (term, place) in enumerate(zip(terms, places, strict=True)):
                values = np.frombuffer(bytes_[term_at[i] : term_at[i] + 4 * rows[i]], "<i4")
                others = np.frombuffer(bytes_[place_at[i] : place_at[i] + 8 * rows[i]], "<i8")
                sound = (
                    values[0] == term[4] and values[-1] == term[5] and bool((values[1:] >= values[:-1]).all())
                )
                if not sound or others.min() != place[4] or others.max() != place[5]:
                    return False
                first.append(values[::BLOCK])
    entries = np.concatenate(first) if first else np.zeros(0, np.int32)
    temporary = path.with_suffix(f".{os.getpid()}.part")
    with temporary.open("wb") as out:
        for array in (rows, term_at, place_at, entries.astype(np.int32)):
            np.save(out, array)
    os.replace(temporary, path.with_suffix(".idx"))
    return True


@dataclass
class Part:
    """One sorted file of a run, open: rows of terms by random access. Close it, or use it in a `with`."""

    path: Path
    rows: NDArray[np.int64]
    _term_at: NDArray[np.int64]
    _place_at: NDArray[np.int64]
    _first: Ints
    _last: int = 0
    _bytes: Any = None
    _file: Any = None
    _group_row: NDArray[np.int64] = field(default_factory=lambda: np.zeros(1, np.int64))
    _group_block: NDArray[np.int64] = field(default_factory=lambda: np.zeros(1, np.int64))

    @classmethod
    def open(cls, path: Path) -> Part | None:
        """The file with its directory; None where there is none. FileNotFoundError when the file is gone."""
        handle = path.open("rb")
        try:
            with path.with_suffix(".idx").open("rb") as f:
                rows, term_at, place_at, first = (np.load(f, allow_pickle=False) for _ in range(4))
        except (FileNotFoundError, ValueError, EOFError):
            handle.close()
            return None
        part = cls(path, rows, term_at, place_at, first)
        part._file = handle
        if len(rows):
            part._bytes = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
            if hasattr(part._bytes, "madvise"):
                part._bytes.madvise(mmap.MADV_RANDOM)
        if len(rows):
            end = int(term_at[-1] + 4 * rows[-1])
            part._last = int(np.frombuffer(part._bytes[end - 4 : end], "<i4")[0])
        part._group_row = np.concatenate([[0], np.cumsum(rows)])
        part._group_block = np.concatenate([[0], np.cumsum(-(-rows // BLOCK))])
        return part

    def close(self) -> None:
        if self._bytes is not None:
            self._bytes.close()
        self._file.close()

    def ranges(self, asked: Ints) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Row ranges [from, to) of sorted, different terms; empty ones for those that are not there."""
        low = np.zeros(len(asked), np.int64)
        high = low.copy()
        if not len(self._first):
            return low, high
        # A file of a run has a stretch of all terms: only those asked that are not before or behind it are looked for.
        a = int(np.searchsorted(asked, self._first[0], "left"))
        b = int(np.searchsorted(asked, self._last, "right"))
        if a >= b:
            return low, high
        inside = asked[a:b]
        last = np.searchsorted(self._first, inside, "right") - 1
        before = np.maximum(np.searchsorted(self._first, inside, "left") - 1, 0)
        both = np.sort(np.concatenate([before, last]))
        blocks = both[np.concatenate([[True], both[1:] != both[:-1]])]
        start, count = self._block_rows(blocks)
        # Blocks of a sorted file, one after the other, are sorted too.
        values = self._blocks(start, count)
        begins = np.concatenate([[0], np.cumsum(count)])
        for rows, side, of in ((low, "left", before), (high, "right", last)):
            block = np.searchsorted(blocks, of)
            found = np.searchsorted(values, inside, side)  # type: ignore[call-overload]
            rows[a:b] = start[block] + found - begins[block]
        return low, high

    def places(self, low: NDArray[np.int64], high: NDArray[np.int64]) -> Places:
        """The places of row ranges, one after the other."""
        return np.frombuffer(self._read(self._place_at, 8, low, high), "<i8")

    def _block_rows(self, blocks: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        group = np.searchsorted(self._group_block, blocks, "right") - 1
        inside = (blocks - self._group_block[group]) * BLOCK
        return self._group_row[group] + inside, np.minimum(BLOCK, self.rows[group] - inside)

    def _blocks(self, start: NDArray[np.int64], count: NDArray[np.int64]) -> Ints:
        """The terms of blocks, one after the other; `count` is BLOCK but for the last block of a row group."""
        group = np.searchsorted(self._group_row, start, "right") - 1
        at = self._term_at[group] + 4 * (start - self._group_row[group])
        if int(at[-1]) + 4 * BLOCK > len(self._bytes):
            return np.frombuffer(self._read(self._term_at, 4, start, start + count), "<i4")
        self._announce(at, at + 4 * BLOCK)
        # A block may begin at any byte. After a row group's last one, which is shorter, places are read and left out.
        whole = np.ndarray((len(self._bytes) - 4 * BLOCK + 1,), f"V{4 * BLOCK}", self._bytes, strides=(1,))
        values = whole[at].view("<i4").reshape(-1, BLOCK)
        del whole
        self._forget()
        if (count < BLOCK).any():
            return np.asarray(values[np.arange(BLOCK) < count[:, None]])
        return np.asarray(values.ravel())

    def _read(
        self, at: NDArray[np.int64], size: int, low: NDArray[np.int64], high: NDArray[np.int64]
    ) -> bytes:
        """The bytes of a column's row ranges; a value has `size` bytes."""
        some = high > low
        low, high = low[some], high[some]
        first = np.searchsorted(self._group_row, low, "right") - 1
        last = np.searchsorted(self._group_row, high - 1, "right") - 1
        start = at[first] + size * (low - self._group_row[first])
        end = start + size * (high - low)
        pieces = list(zip(start.tolist(), end.tolist(), strict=True))
        if (first != last).any():
            pieces = list(self._cut(pieces, at, size, first, last, low, high))
        self._announce(start, end)
        data = self._bytes
        found = b"".join([data[a:b] for a, b in pieces])
        self._forget()
        return found

    def _announce(self, start: NDArray[np.int64], end: NDArray[np.int64]) -> None:
        """Tell the disk of all reads before the first one waits."""
        if len(start) <= _FEW or not hasattr(os, "posix_fadvise"):
            return
        near = np.unique(np.concatenate([start // _AHEAD, (end - 1) // _AHEAD]))
        first = np.flatnonzero(np.diff(near, prepend=-2) != 1)
        long = np.diff(first, append=len(near))
        for begin, pages in zip(near[first].tolist(), long.tolist(), strict=True):
            os.posix_fadvise(self._file.fileno(), begin * _AHEAD, pages * _AHEAD, os.POSIX_FADV_WILLNEED)

    def _forget(self) -> None:
        """Pages that were looked at stay in the file cache, but count no longer as this process's memory."""
        if self._bytes is not None and hasattr(self._bytes, "madvise") and hasattr(mmap, "MADV_DONTNEED"):
            self._bytes.madvise(mmap.MADV_DONTNEED)

    def _cut(
        self,
        pieces: Sequence[tuple[int, int]],
        at: NDArray[np.int64],
        size: int,
        first: NDArray[np.int64],
        last: NDArray[np.int64],
        low: NDArray[np.int64],
        high: NDArray[np.int64],
    ) -> Iterator[tuple[int, int]]:
        """Byte ranges of row ranges; those over several row groups are cut at their borders."""
        for i, piece in enumerate(pieces):
            if first[i] == last[i]:
                yield piece
                continue
            for group in range(int(first[i]), int(last[i]) + 1):
                begin, after = int(self._group_row[group]), int(self._group_row[group + 1])
                a, b = max(int(low[i]), begin), min(int(high[i]), after)
                yield int(at[group]) + size * (a - begin), int(at[group]) + size * (b - begin)


def quantiles(parts: Sequence[Part], count: int) -> list[int]:
    """Terms that cut the rows of sorted files into `count` stretches of about the same length."""
    entries = np.sort(np.concatenate([p._first for p in parts] or [np.zeros(0, np.int32)]))
    if count < 2 or not len(entries):
        return []
    return sorted({int(entries[len(entries) * i // count]) for i in range(1, count)})
