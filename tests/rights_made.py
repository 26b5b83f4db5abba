"""Made-up fingerprints for the tests of catalogue and search: "videos" whose bytes say which terms they have.

A file `SEED SECONDS` has terms drawn from the seed: picture terms at about 12 a second and sound terms at about 9, as
real ones have, out of a skewed choice, so that some come in many files. Nothing is decoded.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from smallscreen.rights.model import FINGERPRINT_VERSION, PICTURE, SOUND, Fingerprint, Terms


def terms(seed: int, seconds: int) -> Terms:
    """Terms of one made-up reference, in order of time."""
    rng = np.random.default_rng(seed)
    count = seconds * 21
    kind = np.where(rng.random(count) < 0.6, PICTURE, SOUND).astype(np.uint8)
    term = (rng.pareto(1.0, count) * 2e6).astype(np.int64).clip(0, 2**32 - 1)
    t = np.sort(rng.integers(0, int(seconds * 12.5), count)).astype(np.int32)
    view = np.where(kind == SOUND, rng.integers(90, 150, count), 0).astype(np.uint8)
    return Terms(kind, term, t, view, np.zeros(count, np.bool_))


def cut(
    whole: Terms,
    start: int,
    end: int,
    *,
    speed: float = 1.0,
    mirrored: bool = False,
    share: float = 0.3,
    layout: int = 0,
) -> Terms:
    """A copy of steps [start, end) that runs `speed` times as fast and keeps a share of the terms."""
    rows = (
        (whole.t >= start) & (whole.t < end) & (np.random.default_rng([7, start]).random(len(whole)) < share)
    )
    sound = whole.kind[rows] == SOUND
    view = np.where(sound, whole.view[rows] - np.round(96 * np.log2(speed)), layout).astype(np.uint8)
    t = ((whole.t[rows] - start) / speed).astype(np.int32)
    return Terms(whole.kind[rows], whole.term[rows], t, view, np.full(len(t), mirrored) & ~sound)


def video(folder: Path, name: str, seed: int, seconds: int = 60) -> Path:
    """Write a made-up video."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"{seed} {seconds}", "ascii")
    return path


def asset_id(seed: int, seconds: int = 60) -> str:
    """The id that a made-up video gets."""
    return hashlib.sha256(f"{seed} {seconds}".encode()).hexdigest()[:32]


def made(path: Path) -> tuple[Fingerprint, Terms]:
    """What `add` takes in place of decoding. ValueError's text is no number: that is UserError's part."""
    data = path.read_bytes()
    seed, seconds = (int(n) for n in data.split())
    print_ = Fingerprint(
        FINGERPRINT_VERSION,
        seconds * 1000,
        540,
        960,
        25.0,
        hashlib.sha256(data).hexdigest(),
        len(data),
        None,
        None,
    )
    return print_, terms(seed, seconds)
