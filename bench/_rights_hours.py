"""Hours of a catalogue that nobody filmed: terms with the statistics of real fingerprints, for `bench.rights_scale`.

What is measured of the clips, and what is made of it, stands at the head of that file.
"""

from __future__ import annotations

import hashlib
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench._episodes import cache
from smallscreen.engines.sql import connect
from smallscreen.rights import sound
from smallscreen.rights.catalogue import Catalogue
from smallscreen.rights.fingerprint import fingerprint
from smallscreen.rights.model import FINGERPRINT_VERSION, PICTURE, WORD_BITS, Fingerprint
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

EPISODE_S = 90
RUN = 200_000
"""Episodes of a generated run: 5,000 hours."""
POOL = 12_000_000
PART = 8_000_000
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


def statistics_of(clips: list[Path]) -> Statistics:
    """Measure the clips' fingerprints, as references and as queries."""
    terms = [[terms_of(kept_print(clip, query)) for clip in clips] for query in (False, True)]
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
                seconds[kind] += kept_print(clip, False).duration_ms / 1000
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
    numbers = [_numbers(f) for clip in clips if (f := kept_print(clip, False)).sound is not None]
    return Statistics(
        (rates[0], rates[1]),
        words,
        np.concatenate(numbers),
        (views[0], views[1]),
        (again[0], again[1]),
        (chance[0], chance[1]),
    )


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


def kept_print(path: Path, query: bool) -> Fingerprint:
    """A file's fingerprint, kept beside the benchmarks' made files for as long as fingerprints have the same version."""
    key = f"{FINGERPRINT_VERSION}-{hashlib.sha256(f'{path} {path.stat().st_mtime_ns} {query}'.encode()).hexdigest()[:24]}"
    kept = cache() / "scale" / f"{key}.fp"
    if not kept.is_file():
        kept.parent.mkdir(exist_ok=True)
        kept.write_bytes(fingerprint(path, query=query).to_bytes())
    return Fingerprint.from_bytes(kept.read_bytes())


# --- inside ----------------------------------------------------------------------------------


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
