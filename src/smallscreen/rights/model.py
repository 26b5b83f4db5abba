"""What the rights room speaks of: assets, fingerprints, terms, candidates, segments and matches.

All times are whole milliseconds from the first moment of a file. The picture is sampled on a grid of
12.5 steps a second; terms are timed in steps of that grid (80 ms). A reference is hashed in a few **views**
(the whole picture and crops of it: `picture.views.VIEWS`), because a copy may show only a part. A query may
show the reference inside something else: its **frames** are the whole picture and the windows found in it
(inside padding, letterbox, a picture-in-picture), and each frame is hashed in a few **trims** (`TRIMS`),
which leave out edges with foreign writing.
"""

from __future__ import annotations

import json
import lzma
import struct
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from smallscreen.errors import UserError

FINGERPRINT_VERSION = 2
"""Goes up whenever fingerprints made before can no longer be compared with new ones."""
GRID_HZ = 12.5
GRID_MS = 80
CELLS = 10
"""Motion is kept on a grid of CELLS by CELLS cells over the picture of a reference."""
FINE = 30
"""And on FINE by FINE cells over each frame of a query, so that any part of it can be laid on a reference."""
HASH_BYTES = 16
WORD_BITS = 27
"""Bits of a picture term: the lowest frequencies of a hash, which survive most."""
PICTURE, SOUND = 0, 1
"""Kinds of terms."""

Box = tuple[float, float, float, float]
"""Left, top, right, bottom as parts of the picture's width and height, 0 to 1."""
Kind = Literal["picture", "sound"]
By = Literal["picture", "sound", "both"]
Layout = Literal["full", "cropped", "padded", "picture-in-picture"]
Status = Literal["copy", "own release", "licensed"]


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of ours in the catalogue. `id` is the first 32 hex digits of its SHA-256."""

    id: str
    name: str
    series: str
    episode: int | None
    edition: str | None
    kind: str
    """master, edition, trailer, ..."""
    sha256: str
    size: int
    duration_ms: int
    width: int
    height: int
    fps: float
    has_sound: bool
    added_at: str
    """UTC, ISO 8601."""
    work_id: str = ""
    """EIDR or ISAN, where there is one."""
    path: str = ""
    """As given when it was added."""


@dataclass(frozen=True, slots=True)
class PictureTrack:
    """What is kept of the picture.

    `times_ms` int32 (n,), `view` uint8 (n,), `hashes` uint8 (n, HASH_BYTES), `quality` uint8 (n,) 0 to 100: one
    row a kept hash, in order of time. `view` counts in `views` for a reference; for a query it is
    frame * len(TRIMS) + trim. `motion`: how the brightness of each cell of the picture changes, one row each
    80 ms: int8 (1, m, CELLS * CELLS) for a reference, int8 (frames, m, FINE * FINE) for a query.
    `frames` float32 (f, 4): boxes in the whole picture; row 0 is the whole picture. A reference has one.
    `flips` uint8 (n, 4): the places of the bits nearest to turning, for a query; else of shape (n, 0).
    """

    times_ms: NDArray[np.int32]
    view: NDArray[np.uint8]
    hashes: NDArray[np.uint8]
    quality: NDArray[np.uint8]
    motion: NDArray[np.int8]
    frames: NDArray[np.float32]
    flips: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """What is kept of the sound: `terms` uint32 (k,) at `times_ms` int32 (k,), and the peaks to verify with.

    `peaks` is an integer array (p, c) whose columns `rights.sound` knows.
    """

    terms: NDArray[np.uint32]
    times_ms: NDArray[np.int32]
    peaks: NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class Terms:
    """Rows for the join, all of one length: `kind` uint8 (PICTURE or SOUND), `term` int64, `t` int32 in steps of
    80 ms, `view` uint8 (see PictureTrack), `mirrored` bool (only of a query; a reference has none set)."""

    kind: NDArray[np.uint8]
    term: NDArray[np.int64]
    t: NDArray[np.int32]
    view: NDArray[np.uint8]
    mirrored: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.term)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Both tracks of one file. `notes` say what could not be read of it, in sentences for people."""

    version: int
    duration_ms: int
    width: int
    height: int
    fps: float
    sha256: str
    size: int
    picture: PictureTrack | None
    sound: SoundTrack | None
    query: bool = False
    notes: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        """A small file of its own: a header, then the arrays, packed."""
        return _pack(self)

    @staticmethod
    def from_bytes(data: bytes) -> Fingerprint:
        """Reads what `to_bytes` made; UserError where it is something else or of another version."""
        return _unpack(data)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Where the join points: query time = (asset time - offset) / speed, that is
    asset_ms = speed * query_ms + offset_ms. `speed` above 1: the copy runs faster than ours."""

    asset_id: str
    kind: Kind
    offset_ms: int
    votes: float
    speed: float = 1.0
    view: int = 0
    """View of the asset that answered."""
    layout: int = 0
    """View of the query that asked: frame * len(TRIMS) + trim."""
    mirrored: bool = False
    pitch: float = 0.0
    """Semitones the copy's sound stands above ours."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the query that shows (or sounds) a stretch of an asset: asset time runs `speed` times as fast."""

    query_from_ms: int
    query_to_ms: int
    asset_from_ms: int
    asset_to_ms: int
    speed: float
    by: By
    confidence: float
    mirrored: bool = False
    layout: Layout = "full"
    view: int = 0
    window: Box = (0.0, 0.0, 1.0, 1.0)
    """Where in the query's picture ours stands."""
    pitch: float = 0.0


@dataclass(frozen=True, slots=True)
class Match:
    """One file that shows one of our works: where, how disguised, how sure, and whether it may."""

    id: str
    query_sha256: str
    query_name: str
    asset: Asset
    segments: tuple[Segment, ...]
    disguises: tuple[str, ...]
    confidence: float
    status: Status = "copy"
    why: str = ""
    """The release or licence that makes it no copy, in a sentence."""
    notes: tuple[str, ...] = field(default=())


_MAGIC = b"SSFP"
_DTYPES = {"|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<f4", "<i8"}
_MOST = 1 << 30
"""Bytes a fingerprint may unpack to; 4 hours take about 20 MB."""
_PACKING = [{"id": lzma.FILTER_LZMA2, "preset": 6, "lc": 0, "lp": 0, "pb": 0}]
"""Bytes here are numbers, none of which says much of the next one's high bits."""
_PICTURE = ("times_ms", "view", "hashes", "quality", "motion", "frames", "flips")
_SOUND = ("terms", "times_ms", "peaks")


def _pack(print_: Fingerprint) -> bytes:
    head: dict[str, object] = {
        "version": print_.version,
        "duration_ms": print_.duration_ms,
        "width": print_.width,
        "height": print_.height,
        "fps": print_.fps,
        "sha256": print_.sha256,
        "size": print_.size,
        "query": print_.query,
        "notes": list(print_.notes),
    }
    arrays: list[list[object]] = []
    body: list[bytes] = []
    for track, names in ((print_.picture, _PICTURE), (print_.sound, _SOUND)):
        for name in names if track is not None else ():
            values = np.asarray(getattr(track, name))
            kind = values.dtype.newbyteorder("<").str
            if kind not in _DTYPES:
                raise ValueError(f"{name}: arrays of {kind} are not kept")
            place = "picture" if track is print_.picture else "sound"
            arrays.append([place, name, kind, list(values.shape)])
            kept = values
            if name == "times_ms":  # differences from row to row are small and pack well
                kept = np.diff(values, prepend=values.dtype.type(0))
            elif name == "hashes":  # so do the bits that turned since the last hash of the same view
                kept = _turned(values, print_.picture.view)  # type: ignore[union-attr]
            elif name == "peaks":
                kept = values.T
            body.append(np.ascontiguousarray(kept.astype(kind)).tobytes())
    head["arrays"] = arrays
    text = json.dumps(head, ensure_ascii=False).encode()
    return _MAGIC + struct.pack("<I", len(text)) + text + lzma.compress(b"".join(body), filters=_PACKING)


def _unpack(data: bytes) -> Fingerprint:
    broken = UserError("fingerprint: its bytes are damaged; add the file again.")
    if data[:4] != _MAGIC or len(data) < 8:
        raise broken
    (length,) = struct.unpack("<I", data[4:8])
    try:
        head = json.loads(data[8 : 8 + length])
        if head["version"] != FINGERPRINT_VERSION:
            raise UserError(
                f"fingerprint: it was made by version {head['version']}, this program reads {FINGERPRINT_VERSION}; "
                "add the file again."
            )
        unpacker = lzma.LZMADecompressor(memlimit=1 << 28)
        body = unpacker.decompress(data[8 + length :], _MOST)
        if not unpacker.eof:
            raise broken
        tracks: dict[str, dict[str, NDArray[np.generic]]] = {"picture": {}, "sound": {}}
        at = 0
        for place, name, kind, shape in head["arrays"]:
            if kind not in _DTYPES or any(not isinstance(n, int) or n < 0 for n in shape):
                raise broken
            dtype = np.dtype(kind)
            size = dtype.itemsize
            for n in shape:
                size *= n
            if at + size > len(body):
                raise broken
            values = np.frombuffer(body, dtype, size // dtype.itemsize, at).reshape(shape)
            at += size
            if name == "times_ms":
                values = np.cumsum(values, dtype=values.dtype)
            elif name == "peaks":
                values = np.ascontiguousarray(values.reshape(shape[::-1]).T)
            tracks[place][name] = values
        if tracks["picture"]:
            seen = tracks["picture"]
            seen["hashes"] = _turned_back(seen["hashes"].astype(np.uint8), seen["view"].astype(np.uint8))
        return Fingerprint(
            **{
                k: head[k]
                for k in ("version", "duration_ms", "width", "height", "fps", "sha256", "size", "query")
            },
            picture=PictureTrack(**tracks["picture"]) if tracks["picture"] else None,  # type: ignore[arg-type]
            sound=SoundTrack(**tracks["sound"]) if tracks["sound"] else None,  # type: ignore[arg-type]
            notes=tuple(head["notes"]),
        )
    except (KeyError, TypeError, ValueError, lzma.LZMAError) as problem:
        raise broken from problem


def _turned(hashes: NDArray[np.uint8], views: NDArray[np.uint8]) -> NDArray[np.uint8]:
    kept = hashes.copy()
    for view in np.unique(views):
        rows = np.flatnonzero(views == view)
        kept[rows[1:]] ^= hashes[rows[:-1]]
    return kept


def _turned_back(kept: NDArray[np.uint8], views: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if len(kept) != len(views):
        raise ValueError("hashes and views are not of one length")
    hashes = kept.copy()
    for view in np.unique(views):
        rows = np.flatnonzero(views == view)
        hashes[rows] = np.bitwise_xor.accumulate(kept[rows], axis=0)
    return hashes
