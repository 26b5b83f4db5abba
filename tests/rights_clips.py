"""Small clips for the tests of the rights room: pictures that differ from moment to moment, made in the test."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from smallscreen.engines.video import Writer, probe
from smallscreen.rights.cases import Case, sighting
from smallscreen.rights.model import Asset, Match, Segment
from smallscreen.rights.releases import Seen

WIDTH, HEIGHT, FPS = 180, 320, 24


def picture(ms: float, seed: int = 1) -> np.ndarray:
    """Soft colored shapes that move and change every second."""
    y, x = np.ogrid[0:HEIGHT:2, 0:WIDTH:2]
    scene = np.random.default_rng([seed, int(ms // 1000)])
    out = np.zeros((HEIGHT // 2, WIDTH // 2, 3), np.uint8)
    for _ in range(7):
        cx, cy, r = scene.uniform(0, WIDTH), scene.uniform(0, HEIGHT), scene.uniform(20, 70)
        drift = scene.uniform(-30, 30, 2) * (ms % 1000) / 1000
        inside = (x - cx - drift[0]) ** 2 + (y - cy - drift[1]) ** 2 < r * r
        out[inside] = scene.uniform(30, 255, 3)
    return out.repeat(2, 0).repeat(2, 1)


def clip(
    path: Path,
    seconds: float = 4,
    seed: int = 1,
    change: Callable[[np.ndarray], np.ndarray] = lambda p: p,
    start_ms: float = 0,
    speed: float = 1.0,
    sound: int | None = None,
) -> Path:
    """A clip of `picture`, from `start_ms` on; `sound` seeds noise that is no speech."""
    with Writer(path, WIDTH, HEIGHT, FPS, 22_050, crf=26, preset="ultrafast", threads=1) as out:
        for n in range(round(seconds * FPS)):
            out.frame(change(picture(start_ms + n / FPS * 1000 * speed, seed)))
        noise = np.random.default_rng(seed if sound is None else sound)
        out.audio((noise.normal(0, 0.05, round(seconds * 22_050))).astype(np.float32))
    return path


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def asset(path: Path, series: str = "红伞 <b>Umbrella</b>", **more: object) -> Asset:
    info, sha = probe(path), digest(path)
    values = {
        "id": sha[:32], "name": path.name, "series": series, "episode": 7, "edition": None, "kind": "master",
        "sha256": sha, "size": path.stat().st_size, "duration_ms": info.duration_ms, "width": info.width,
        "height": info.height, "fps": info.fps, "has_sound": True, "added_at": "2026-11-01T08:00:00+00:00",
        "work_id": "10.5240/7791-8534-2C23-9030-8610-5", "path": str(path), **more,
    }  # fmt: skip
    return Asset(**values)  # type: ignore[arg-type]


def case(query: Path, ours: Path, seen: Seen, **more: object) -> Case:
    """A case whose stretches are known because the test made both clips."""
    info = probe(query)
    end = info.duration_ms
    segments = (
        Segment(0, end // 2, 0, end // 2, 1.0, "both", 0.93),
        Segment(
            end // 2, end, end // 2, end, 1.0, "picture", 0.9, layout="cropped", window=(0.1, 0.1, 0.9, 0.9)
        ),
    )
    values = {
        "id": "m" + digest(query)[:20], "query_sha256": digest(query), "query_name": query.name,
        "asset": asset(ours), "segments": segments, "disguises": ("cropped", "sound replaced"), "confidence": 0.92,
        **more,
    }  # fmt: skip
    match = Match(**values)  # type: ignore[arg-type]
    return Case(match, query.stat().st_size, end, (sighting(query, seen),))
