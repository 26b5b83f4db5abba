"""Drawings and sound made into video files, and the cache that they are kept in.

Each episode is drawn once and written twice: with the Chinese subtitles in the picture, as it was
released at home, and without, the textless master that editions are made on.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from PIL import Image

from smallscreen.engines.video import Writer
from smallscreen.sample import files, sound, stage, storyboard

Progress = Callable[[float], None]

VERSION = 2
"""Raise it when the drawings change: videos in caches are then drawn again."""

FPS = 24
_CRF = 25  # three to six megabytes an episode: paper grain that stands still costs little


def textless(path: Path) -> Path:
    """Where the textless master of the video at `path` is."""
    return path.parent / "textless" / path.name


def cached(episode: int, progress: Progress | None = None) -> Path:
    """The video of an episode in the cache, drawn with its textless master if they are not there."""
    path = _place(files(), episode)
    if not (path.is_file() and textless(path).is_file()):
        write(storyboard.load(files(), episode), path, progress)
    if progress:
        progress(1.0)
    return path


def cached_many(
    episodes: Sequence[int], progress: Progress | None = None, workers: int | None = None
) -> list[Path]:
    """The videos of several episodes, drawn by `workers` processes at a time (None: one more than cores)."""
    # One more than there are cores: three episodes on two cores then end together, not two and one.
    workers = (os.cpu_count() or 1) + 1 if workers is None else workers
    places = {number: _place(files(), number) for number in episodes}
    waiting = [n for n, path in places.items() if not (path.is_file() and textless(path).is_file())]
    if len(waiting) > 1 and workers > 1:
        # Started afresh (spawn), not forked: the parent may have threads (progress bars, a database).
        with ProcessPoolExecutor(min(workers, len(waiting)), mp_context=get_context("spawn")) as pool:
            running = {pool.submit(cached, number): number for number in waiting}
            for done, future in enumerate(as_completed(running), 1):
                places[running[future]] = future.result()
                if progress:
                    progress(done / len(waiting))
    else:
        for number in waiting:
            places[number] = cached(number, progress)
    return [places[number] for number in episodes]


def write(
    board: storyboard.Board,
    path: Path,
    progress: Progress | None = None,
    *,
    start_ms: int = 0,
    end_ms: int | None = None,
) -> Path:
    """Draws an episode, or a stretch of it, into two MP4 files (H.264, AAC), 540x960 at 24 frames a second.

    The one at `path` has the Chinese subtitles in the picture; `textless(path)` has none.
    """
    import numpy as np

    textless(path).parent.mkdir(parents=True, exist_ok=True)
    end = board.duration_ms if end_ms is None else min(end_ms, board.duration_ms)
    total = max(1, round((end - start_ms) * FPS / 1000))
    with (
        Writer(path, *stage.SIZE, FPS, sound.RATE, crf=_CRF, threads=1) as out,
        Writer(
            textless(path), *stage.SIZE, FPS, sound.RATE, crf=_CRF, preset="superfast", threads=1
        ) as clean,
    ):
        track = sound.track(board)
        for picture, subtitled in stage.pairs(board, start_ms, end):
            times = min(FPS // stage.DRAWINGS, total - out.frames)
            out.frame(np.asarray(subtitled), times)
            clean.frame(np.asarray(picture), times)
            if progress and out.frames % FPS == 0:
                progress(0.99 * out.frames / total)
        heard = track[round(start_ms * sound.RATE / 1000) : round(end * sound.RATE / 1000)]
        out.audio(heard)
        clean.audio(heard)
    return path


def contact_sheet(episodes: Sequence[int], out: Path, columns: int = 6, width: int = 180) -> Path:
    """The first episode's title and one frame of each scene, wide and near in turn, in a grid (PNG)."""
    kinds = ("wide", "close", "two", "insert")
    tiles: list[Image.Image] = []
    for number in episodes:
        board = storyboard.load(files(), number)
        wanted = [] if tiles else [board.shots[0]]
        for index in range(len(board.scenes)):
            shots = [s for s in board.shots if s.scene == index and s.kind not in {"title", "end"}]
            kind = kinds[(len(tiles) + len(wanted) - 1) % len(kinds)]
            wanted.append(next((s for s in shots[1:] if s.kind == kind), shots[0]))
        for shot in wanted:
            at = shot.start_ms + (shot.end_ms - shot.start_ms) * 6 // 10
            picture = next(stage.drawings(board, at, at + 1000 // stage.DRAWINGS + 1))
            tiles.append(picture.resize((width, width * 16 // 9), Image.Resampling.LANCZOS))
    rows = max(1, len(tiles) // columns)
    gap, high = 6, width * 16 // 9
    sheet = Image.new("RGB", (columns * (width + gap) + gap, rows * (high + gap) + gap), (38, 28, 28))
    for n, tile in enumerate(tiles[: rows * columns]):
        sheet.paste(tile, (gap + n % columns * (width + gap), gap + n // columns * (high + gap)))
    out.parent.mkdir(parents=True, exist_ok=True)
    # 256 colors are enough for paper and keep the picture a third of the size.
    sheet.quantize(256, method=Image.Quantize.MEDIANCUT, kmeans=3, dither=Image.Dither.NONE).save(
        out, optimize=True
    )
    return out


def _place(folder: Path, episode: int) -> Path:
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "smallscreen" / "sample" / _key(folder, episode) / f"ep{episode:03d}.mp4"


def _key(folder: Path, episode: int) -> str:
    """A hash of what the video is made from."""
    made = hashlib.sha256(f"{VERSION}".encode())
    for name in (f"ep{episode:03d}.zh.srt", "series.toml", "storyboard.toml", "script.txt"):
        made.update((folder / name).read_bytes())
    return made.hexdigest()[:16]
