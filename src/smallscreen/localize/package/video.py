"""The video with the edition's subtitles burned in, inside the platform's safe area.

Where there is a textless master (`video/textless/ep001.mp4`), the subtitles go on that. A source video
often carries its own subtitles in the picture. Where `series.toml` says where they stand,

    burned_in = [0.08, 0.60, 0.92, 0.66]   # x0, y0, x1, y1 as parts of the width and height

a dark band is laid over them (`cover`), or the edition keeps clear of them. Nothing is taken out of the
picture: what is under the band is lost to the eye and stays lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from smallscreen.engines.fonts import line_height, text_picture, text_width
from smallscreen.engines.burn import Overlay, burn
from smallscreen.engines.video import VideoInfo, probe
from smallscreen.errors import UserError
from smallscreen.localize.package.bundle import EditionBundle, EpisodeBundle
from smallscreen.localize.package.output import Made, Options, Output, Progress, episode_stem, many_files
from smallscreen.series.model import Line

Box = tuple[int, int, int, int]
"""x0, y0, x1, y1 in pixels."""

_SIZE = 56 / 1080  # of the shorter side: letters of a size that is read at arm's length on a phone
_OUTLINE = 0.075  # of the size
_BAND = (17, 15, 14)
_GAP_MS = 600  # the band stays over shorter gaps, so that it does not blink


class Video(Output):
    """One MP4 an episode; sound and frame rate stay as they are."""

    id = "video"
    name = "Video with subtitles (.mp4)"
    description = "the episodes with the subtitles in the picture, inside the platform's safe area"
    order = 90

    def write(self, bundle: EditionBundle, out: Path, options: Options, progress: Progress) -> list[Made]:
        pictures = [(e, e.textless or e.video) for e in bundle.episodes if e.lines]
        episodes = [(e, path) for e, path in pictures if path is not None and path.is_file()]
        if not episodes:
            return []
        folder = out / "video"
        folder.mkdir(parents=True, exist_ok=True)
        shares = dict.fromkeys((e.number for e, _ in episodes), 0.0)

        def one(episode: EpisodeBundle, picture: Path) -> Path:
            path = folder / (episode_stem(bundle, episode.number) + ".mp4")

            def part(share: float) -> None:
                shares[episode.number] = share
                progress(round(sum(shares.values()) * 100), len(shares) * 100, f"video {path.name}")

            part(0.0)
            burn(picture, path, overlays(bundle, episode, probe(picture), options.cover), part)
            return path

        # Two at a time: coding leaves the interpreter's lock, and one alone does not fill two cores.
        with ThreadPoolExecutor(2) as pool:
            written = list(pool.map(one, *zip(*episodes, strict=True)))
        return many_files(folder, f"video with subtitles, placed for {bundle.platform.label}", written)


def overlays(bundle: EditionBundle, episode: EpisodeBundle, info: VideoInfo, cover: bool) -> list[Overlay]:
    """The pictures of an episode's subtitles, and of the band where one is wanted, for a video's size."""
    room = text_room(bundle, info.width, info.height)
    taken = None if episode.textless else _burned_in(bundle, info.width, info.height)
    setting = _Setting(bundle.market.locale, min(info.width, info.height) * _SIZE, room)
    pictures = setting.pictures(episode.lines)
    places = _places(pictures, room, taken, cover)
    made = []
    if taken and cover:
        # Over the source's subtitles as long as they stand; around ours no larger than they are.
        margin, blur = round(setting.size * 0.3), max(3, round(setting.size * 0.35))
        times = [(c.start_ms, c.end_ms) for c in episode.cues]
        spans = [(start, end, taken) for start, end in _merged(times)]
        if _meet(taken, room):
            spans += [
                (n.start_ms, n.end_ms, _grown(taken, [box], info, margin=margin))
                for n, box in zip(episode.lines, places, strict=True)
            ]
        for start, end, over in spans:
            band = _soft(over, info, blur=blur)
            made.append(Overlay(start, end, band.rgba, band.x, band.y))
    for line, picture, box in zip(episode.lines, pictures, places, strict=True):
        shaded = picture if taken and cover else _shaded(picture, setting.size)
        pad = (shaded.shape[0] - picture.shape[0]) // 2
        made.append(Overlay(line.start_ms, line.end_ms, shaded, box[0] - pad, box[1] - pad))
    return made


def text_room(bundle: EditionBundle, width: int, height: int) -> Box:
    """Where subtitles may stand in a picture: the platform's box; in a wide picture, its lower title area."""
    if width > height:
        return round(width * 0.1), round(height * 0.68), round(width * 0.9), round(height * 0.93)
    return bundle.platform.text_box(width, height)


@dataclass(frozen=True, slots=True)
class _Setting:
    """How the lines of an episode are set: one size for all, smaller only where a line does not fit."""

    locale: str
    size: float
    room: Box

    def pictures(self, lines: Sequence[Line]) -> list[np.ndarray]:
        if not lines:
            return []
        fitting = [self._fitting(line.text) for line in lines]
        # The widest twentieth is set smaller by itself, rather than the whole episode with it.
        common = min(self.size, sorted(fitting)[len(fitting) // 20])
        return [self._picture(n.text, min(common, size)) for n, size in zip(lines, fitting, strict=True)]

    def _picture(self, text: str, size: float) -> np.ndarray:
        return text_picture(
            text.split("\n"),
            locale=self.locale,
            size=size,
            weight="medium",
            outline=max(1.5, size * _OUTLINE),
        )

    def _fitting(self, text: str) -> float:
        """The size at which a text fills the room, at most the one wished for."""
        wide, high = self.room[2] - self.room[0], self.room[3] - self.room[1]
        edge = 2 * (self.size * _OUTLINE + 5)
        width = text_width(text, self.locale, self.size, "medium") or 1.0
        height = line_height(self.locale, self.size) * (text.count("\n") + 1)
        share = min(1.0, (wide - edge) / width, (high - edge) / height)
        return max(6.0, float(int(self.size * share * 2)) / 2)


def _burned_in(bundle: EditionBundle, width: int, height: int) -> Box | None:
    """The box of the source's own subtitles, if the series names one."""
    value = bundle.series.extra.get("burned_in")
    if value is None:
        return None
    try:
        x0, y0, x1, y1 = (float(part) for part in value)
        right = 0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1
    except (TypeError, ValueError):
        right = False
    if not right:
        raise UserError(
            f"series.toml: burned_in is {str(value)[:60]!r}; give four parts of the picture between 0 and 1, "
            "[left, top, right, bottom], such as [0.08, 0.60, 0.92, 0.66]."
        )
    return int(x0 * width), int(y0 * height), -int(-x1 * width // 1), -int(-y1 * height // 1)


def _places(pictures: Sequence[np.ndarray], room: Box, taken: Box | None, cover: bool) -> list[Box]:
    """Where each text stands. Its foot is at the foot of the room, or as the source's subtitles ask.

    With the band, texts stand in its middle where it lies in the room. Without, they stand just above
    the source's subtitles, or below where there is more room; never on them.
    """
    tallest = max((p.shape[0] for p in pictures), default=0)
    places = []
    for picture in pictures:
        high, wide = picture.shape[:2]
        x, y = round((room[0] + room[2] - wide) / 2), room[3] - high
        if taken and _meet(taken, room):
            # Under or over the middle of the source's subtitles, as far as the room allows.
            x = min(max(round((taken[0] + taken[2] - wide) / 2), room[0]), room[2] - wide)
            if cover:
                y = round((taken[1] + taken[3] - high) / 2)
                y = min(max(y, room[1]), room[3] - high)
            elif room[3] - taken[3] >= tallest and room[3] - taken[3] > taken[1] - room[1]:
                y = max(taken[3], y)
            else:
                y = taken[1] - high
        places.append((x, y, x + wide, y + high))
    return places


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _grown(box: Box, others: Sequence[Box], info: VideoInfo, margin: int) -> Box:
    """The box that holds all, with a margin, inside the picture."""
    boxes = [box, *others]
    return (
        max(0, min(b[0] for b in boxes) - margin),
        max(0, min(b[1] for b in boxes) - margin // 2),
        min(info.width, max(b[2] for b in boxes) + margin),
        min(info.height, max(b[3] for b in boxes) + margin // 2),
    )


@dataclass(frozen=True, slots=True)
class _Band:
    rgba: np.ndarray
    x: int
    y: int


def _soft(box: Box, info: VideoInfo, blur: int) -> _Band:
    """A band that is opaque all over `box` and fades outside of it."""
    reach = blur * 3
    high, wide = box[3] - box[1] + 2 * reach, box[2] - box[0] + 2 * reach
    mask = np.zeros((high, wide), np.uint8)
    mask[reach // 2 : high - reach // 2, reach // 2 : wide - reach // 2] = 255
    soft = np.asarray(Image.fromarray(mask).filter(ImageFilter.GaussianBlur(blur / 2))).copy()
    soft[reach : high - reach, reach : wide - reach] = 255
    rgba = np.empty((high, wide, 4), np.uint8)
    rgba[..., :3] = _BAND
    rgba[..., 3] = soft
    return _Band(rgba, box[0] - reach, box[1] - reach)


def _shaded(picture: np.ndarray, size: float) -> np.ndarray:
    """The text over its own soft shadow, so that white letters hold on a white wall."""
    blur = max(2.0, size * 0.22)
    pad = int(blur * 2.5)
    alpha = np.pad(picture[..., 3], pad)
    shadow = np.asarray(Image.fromarray(alpha).filter(ImageFilter.GaussianBlur(blur)), np.float32)
    shadow = np.clip(shadow * 0.8, 0, 150) / 255
    text = np.pad(picture, ((pad, pad), (pad, pad), (0, 0))).astype(np.float32)
    own = text[..., 3:] / 255
    under = shadow[..., None] * (1 - own)
    total = own + under
    dark = np.array([20, 16, 14], np.float32)
    color = (text[..., :3] * own + dark * under) / np.maximum(total, 1e-6)
    return np.concatenate([color, total * 255], axis=2).round().astype(np.uint8)


def _merged(times: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Times joined where they touch or nearly do, each widened by a frame."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted((max(0, s - 42), e + 42) for s, e in times if e > s):
        if merged and start - merged[-1][1] <= _GAP_MS:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged
