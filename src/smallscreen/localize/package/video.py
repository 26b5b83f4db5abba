"""The video with the edition's subtitles burned in, inside the platform's safe area.

Where there is a textless master (`video/textless/ep001.mp4`), the subtitles go on that. Otherwise the source's
own subtitles are covered where it is known where they stand (`covering`), or kept clear of. What blur and box
hide is lost to the eye; inpaint guesses it.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from smallscreen.engines.burn import CODECS, burn
from smallscreen.engines.cover import Cover, Covered, Kind
from smallscreen.engines.loudness import measured
from smallscreen.engines.overlay import Overlay
from smallscreen.engines.sound import SoundProblem, read_sound
from smallscreen.engines.video import VideoInfo, probe
from smallscreen.errors import UserError
from smallscreen.localize.package import covering
from smallscreen.localize.package.bundle import EditionBundle, EpisodeBundle
from smallscreen.localize.package.covering import Old
from smallscreen.localize.package.output import Made, Options, Output, Progress, episode_stem, many_files
from smallscreen.localize.package.setting import SIZE, Box, SetLine, Setting

_SOUNDS = (".wav", ".flac", ".m4a", ".aac", ".mp3", ".mp4", ".opus", ".ogg", ".mka")

PEAK_DBTP = -1.0
"""The highest true peak that EBU R 128 allows."""


class Video(Output):
    """One MP4 an episode, or one picture of the choices; sound and frame rate stay as they are."""

    id = "video"
    name = "Video with subtitles (.mp4)"
    description = "the episodes with the subtitles in the picture, inside the platform's safe area"
    order = 90

    def write(self, bundle: EditionBundle, out: Path, options: Options, progress: Progress) -> list[Made]:
        pictures = [(e, e.textless or e.video) for e in bundle.episodes if e.lines]
        episodes = [(e, path) for e, path in pictures if path is not None and path.is_file()]
        if not episodes:
            return []
        cover = covering.choice(options.cover)
        if options.codec not in CODECS:
            raise UserError(f"There is no codec {options.codec!r}; there are {', '.join(CODECS)}.")
        sounds = {e.number: e.sound or _sound(options.audio, e.number, len(episodes)) for e, _ in episodes}
        folder = out / "video"
        folder.mkdir(parents=True, exist_ok=True)
        shares = dict.fromkeys((e.number for e, _ in episodes), 0.0)
        problems: dict[int, list[str]] = {}

        def one(episode: EpisodeBundle, picture: Path) -> Path:
            path = folder / (
                episode_stem(bundle, episode.number) + (".choices.jpg" if options.preview else ".mp4")
            )

            def part(share: float) -> None:
                shares[episode.number] = share
                progress(round(sum(shares.values()) * 100), len(shares) * 100, f"video {path.name}")

            part(0.0)
            if options.preview:
                from smallscreen.localize.package.preview import write_preview

                write_preview(path, bundle, episode, picture, options.band)
                part(1.0)
                return path
            info = probe(picture)
            work = Burned(bundle, episode, info, cover, options.band)
            problems[episode.number] = work.problems()
            if options.audio and (sound := sounds[episode.number]):
                problems[episode.number] += _too_loud(sound)
            ways: list[Covered] = []
            burn(
                picture,
                path,
                work.overlays(),
                part,
                covers=work.covers(),
                codec=options.codec,
                sound=sounds[episode.number],
                keep_sound=options.keep_audio,
                language=bundle.market.language,
                ways=ways,
            )
            problems[episode.number] += covering.not_filled(episode.number, ways)
            return path

        # Two at a time: coding leaves the interpreter's lock, and one alone does not fill two cores.
        with ThreadPoolExecutor(2) as pool:
            written = list(pool.map(one, *zip(*episodes, strict=True)))
        what = "pictures of the ways to cover" if options.preview else "video with subtitles"
        (made,) = many_files(folder, f"{what}, placed for {bundle.platform.label}", written)
        said = tuple(s for number in sorted(problems) for s in problems[number])
        return [Made(made.path, made.what, made.files, made.bytes, said)]


class Burned:
    """What is drawn on one episode: the lines, where they stand, and what is covered before."""

    def __init__(
        self,
        bundle: EditionBundle,
        episode: EpisodeBundle,
        info: VideoInfo,
        cover: str = "box",
        band: str | None = None,
        lines: Sequence[int] | None = None,
    ) -> None:
        self.episode, self.info, self.cover = episode, info, cover
        self.edition = bundle.edition.name
        self.old = covering.old_subtitles(bundle, episode, info.width, info.height, band)
        self.room = text_room(bundle, info.width, info.height)
        size = min(info.width, info.height) * SIZE
        setting = Setting(bundle.market.locale, size, self.room, safe_room(bundle, info.width, info.height))
        chosen = [n for n in episode.lines if lines is None or n.index in lines]
        self.size = size
        self.set, self._unfit = setting.set(chosen)
        tallest = max((s.picture.shape[0] - 2 * s.pad for s in self.set), default=0)
        self.places = [self._place(s, tallest) for s in self.set]

    def overlays(self) -> list[Overlay]:
        """The lines as pictures at their place and time."""
        return [
            Overlay(s.line.start_ms, s.line.end_ms, s.picture, box[0] - s.pad, box[1] - s.pad)
            for s, box in zip(self.set, self.places, strict=True)
        ]

    def covers(self) -> list[Cover]:
        """What is covered: the source's subtitles, and behind the edition's line where that stands on them."""
        if self.cover == "none" or not self.old:
            return []
        if self.cover == "inpaint":
            return [Cover(o.start_ms, o.end_ms, o.box, "inpaint", o.read) for o in self.old]
        kind: Kind = "box" if self.cover == "box" else "blur"
        made = [Cover(o.start_ms, o.end_ms, o.box, kind) for o in covering.steady(self.old)]
        if kind == "blur":
            return made
        margin = round(self.size * 0.3)
        for s, box in zip(self.set, self.places, strict=True):
            near = [o.box for o in self._beside(s)]
            if near and _meet(_hull([box]), _hull(near), margin):
                made.append(
                    Cover(s.line.start_ms, s.line.end_ms, _hull([box, *near], margin, self.info), kind)
                )
        return made

    def problems(self) -> list[str]:
        """What could not be set as it was written, and what cannot be covered."""
        said = [
            f"{self.edition} episode {self.episode.number}, line {index}: {problem}."
            for index, problem in self._unfit.items()
        ]
        if self.cover not in {"none", "box"} and not self.old and not self.episode.textless:
            said.append(
                f"Episode {self.episode.number}: nothing is covered, because it is not known where the source's "
                "subtitles stand; run smallscreen ocr, or give --band TOP-BOTTOM."
            )
        return said

    def _beside(self, s: SetLine) -> list[Old]:
        """The source's subtitles that stand while a line does."""
        return [o for o in self.old if o.start_ms < s.line.end_ms and o.end_ms > s.line.start_ms]

    def _place(self, s: SetLine, tallest: int) -> Box:
        """Where a text stands: at the foot of the room, or as the source's subtitles ask.

        Where these are covered it stands in their middle, as far as the room allows. Where they are not it
        stands just above them, or below where there is more room; never on them.
        """
        high, wide = (n - 2 * s.pad for n in s.picture.shape[:2])
        room = self.room
        x, y = round((room[0] + room[2] - wide) / 2), room[3] - high
        near = self._beside(s) or self.old
        # One that is somewhere else in the picture (a title, a sign) does not move the line.
        boxes = [o.box for o in near if _meet(o.box, room)]
        if boxes:
            taken = _hull(boxes) if self._beside(s) else boxes[0]
            x = min(max(round((taken[0] + taken[2] - wide) / 2), room[0]), max(room[0], room[2] - wide))
            if self.cover != "none":
                y = round((taken[1] + taken[3] - high) / 2)
                y = min(max(y, room[1]), room[3] - high)
            elif room[3] - taken[3] >= tallest and room[3] - taken[3] > taken[1] - room[1]:
                y = max(taken[3], y)
            else:
                y = taken[1] - high
        return x, y, x + wide, y + high


def overlays(
    bundle: EditionBundle, episode: EpisodeBundle, info: VideoInfo, cover: bool | str
) -> list[Overlay]:
    """The pictures of an episode's lines, for a video's size."""
    return Burned(bundle, episode, info, covering.choice(cover)).overlays()


def text_room(bundle: EditionBundle, width: int, height: int) -> Box:
    """Where subtitles may stand in a picture: the platform's box; in a wide picture, its lower title area."""
    if width > height:
        return round(width * 0.1), round(height * 0.68), round(width * 0.9), round(height * 0.93)
    return bundle.platform.text_box(width, height)


def safe_room(bundle: EditionBundle, width: int, height: int) -> Box:
    """What the platform leaves free: where a text that is far too long may grow into, upwards."""
    if width > height:
        return round(width * 0.1), round(height * 0.07), round(width * 0.9), round(height * 0.93)
    return bundle.platform.safe_box(width, height)


def _sound(given: Path | None, episode: int, episodes: int) -> Path | None:
    """The sound for an episode: the file that was given, or the one in a folder that names the episode."""
    if given is None:
        return None
    if given.is_dir():
        from smallscreen.series.names import episode_number

        found = sorted(
            p for p in given.iterdir() if p.suffix.lower() in _SOUNDS and episode_number(p) == episode
        )
        # A dub's folder may hold the mix and a video with it: the mix was not coded yet.
        found = [p for p in found if p.suffix.lower() != ".mp4"] or found
        if len(found) > 1:
            raise UserError(
                f"{given}: {found[0].name} and {found[1].name} are both for episode {episode}; keep one."
            )
        if not found:
            raise UserError(
                f"{given}: there is no sound for episode {episode} in it; name it ep{episode:03d}.wav, "
                "or leave the episode out with --episodes."
            )
        return found[0]
    if not given.is_file():
        raise UserError(
            f"{given}: there is no such file; give a sound file, or a folder with one an episode."
        )
    if episodes > 1:
        raise UserError(
            f"{given.name} is one file and there are {episodes} episodes; give a folder with one file an "
            "episode, or one episode with --episodes."
        )
    return given


def _too_loud(sound: Path) -> list[str]:
    """What a sound that others mixed may do when it is coded; ours keeps its peaks low (`dub`)."""
    try:
        peak = measured(read_sound(sound)).dbtp
    except SoundProblem:
        return []  # what cannot be read is refused where it is put in
    if peak <= PEAK_DBTP:
        return []
    return [
        f"{sound.name}: its true peak is {peak:.1f} dBTP, which coding may clip; mix it to {PEAK_DBTP:g} or lower."
    ]


def _meet(a: Box, b: Box, margin: int = 0) -> bool:
    return a[0] < b[2] + margin and b[0] < a[2] + margin and a[1] < b[3] + margin and b[1] < a[3] + margin


def _hull(boxes: Sequence[Box], margin: int = 0, info: VideoInfo | None = None) -> Box:
    """The box that holds all, with a margin, inside the picture."""
    sides = np.array(boxes)
    x0, y0 = (int(n) for n in sides[:, :2].min(axis=0))
    x1, y1 = (int(n) for n in sides[:, 2:].max(axis=0))
    if info is None:
        return x0, y0, x1, y1
    half = margin // 2
    return max(0, x0 - margin), max(0, y0 - half), min(info.width, x1 + margin), min(info.height, y1 + half)
