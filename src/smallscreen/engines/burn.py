"""A video written again with pictures drawn into it and writing covered.

    burn(source, target, overlays, covers=[Cover(...)], codec="hevc", sound=Path("dub.wav"))

Only the rows and columns that change are touched, in the video's own planes (Y, U, V): nothing is
converted to RGB and back. Frame times, frame rate and the color tags (range, matrix, primaries,
transfer) stay as they are; 10-bit pictures stay so in HEVC and become 8 bits deep in H.264.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np
from av.container import InputContainer, OutputContainer
from av.stream import Disposition

from smallscreen.engines import video
from smallscreen.engines.cover import Cover, Covered, Covers
from smallscreen.engines.mux import LANGUAGES
from smallscreen.engines.overlay import Overlay, Schedule
from smallscreen.engines.video import VideoInfo
from smallscreen.errors import UserError

Progress = Callable[[float], None]
"""Called with the part done, 0 to 1. What it raises stops the work and removes the unfinished file."""

Codec = Literal["h264", "hevc"]
CODECS: dict[str, str] = {"h264": "libx264", "hevc": "libx265"}
PRESETS: dict[str, str] = {"h264": "veryfast", "hevc": "superfast"}
"""x265 takes three times as long as x264; its next slower preset takes 1.4 times as long again, for 0.6 dB."""

_COPYABLE_AUDIO = {"aac", "mp3", "ac3", "eac3", "alac", "flac", "opus"}  # what the MP4 container may hold
_WHITE = {16: 0.58, 18: 0.75}  # text in HDR (PQ, HLG) at 203 cd/m2, the white of graphics in ITU-R BT.2408


def burn(
    in_path: Path,
    out_path: Path,
    overlays: Sequence[Overlay],
    progress: Progress | None = None,
    *,
    covers: Sequence[Cover] = (),
    codec: str = "h264",
    sound: Path | None = None,
    keep_sound: bool = False,
    language: str = "",
    crf: int | None = None,
    preset: str | None = None,
    threads: int = 0,
    ways: list[Covered] | None = None,
) -> VideoInfo:
    """Writes the video again with `covers` laid and the overlays drawn while they are visible.

    Sound is copied as it is (made AAC where MP4 cannot hold it). `sound` is a file whose first track takes
    its place, cut where the picture ends; with `keep_sound` the video's own stays as a further track.
    `language` marks the new track (`en`). `ways` is given what became of each writing to be inpainted. A phone's rotation is applied, an odd width or height loses its
    last column or row (4:2:0 wants even ones). Damaged stretches of the source are passed over. The index
    stands in front, so that the file plays while it loads. UserError where it is not a video.
    """
    if codec not in CODECS:
        raise UserError(f"There is no codec {codec!r} here; there are {', '.join(CODECS)}.")
    first = _first(in_path)
    partial = video.partial(out_path)
    try:
        with contextlib.ExitStack() as opened:
            source = opened.enter_context(video.opened(in_path))
            extra = opened.enter_context(video.opened(sound, sound=True)) if sound else None
            work = _Burn(source, first, overlays, covers, codec, Path(in_path), progress)
            options = {
                "crf": str(crf if crf is not None else 20 if codec == "h264" else 22),
                "preset": preset or PRESETS[codec],
            }
            target = av.open(
                str(partial),
                "w",
                format=video.container_format(out_path),
                options={"movflags": "+faststart"},
            )
            try:
                work.write(target, options, threads, extra, keep_sound, language)
            finally:
                target.close()
        os.replace(partial, out_path)
        if ways is not None:
            ways += work.covers.ways()
    except av.error.FFmpegError as problem:
        raise UserError(
            f"{Path(in_path).name}: the video cannot be written again ({problem.strerror}); "
            "convert it to MP4 with H.264 and try again."
        ) from problem
    finally:
        partial.unlink(missing_ok=True)
    if progress:
        progress(1.0)
    return video.probe(out_path)


def still(
    in_path: Path,
    at_ms: int,
    overlays: Sequence[Overlay],
    covers: Sequence[Cover] = (),
    ways: list[Covered] | None = None,
) -> np.ndarray:
    """The picture at a time as `burn` would write it, before coding: uint8 RGB.

    Covers that must be studied see the video from six seconds before up to two after.
    """
    first = _first(in_path)
    with video.opened(in_path) as source:
        work = _Burn(source, first, overlays, covers, "h264", Path(in_path), None)
        work.study(max(0, at_ms - 6000), at_ms + 8000)
        stream = source.streams.video[0]
        base = video.begins(source)
        best: av.VideoFrame | None = None
        source.seek(int((base + Fraction(at_ms, 1000)) * av.time_base))
        for frame in video.decoded(source, stream):
            if best is not None and video.time_ms(frame, base) > at_ms:
                break
            best = frame
        if best is None:
            raise UserError(f"{Path(in_path).name}: there is no picture at {at_ms / 1000:.1f} s.")
        picture = work.drawn(work.upright(best), at_ms).to_ndarray(format="rgb24")
        if ways is not None:
            ways += [w for w in work.covers.ways() if w.start_ms <= at_ms < w.end_ms]
        return picture


def _first(path: Path) -> av.VideoFrame:
    with video.opened(path) as source:
        first = next(video.decoded(source, source.streams.video[0]), None)
    if first is None:
        raise UserError(f"{Path(path).name}: no picture can be read from it; export the video again.")
    return first


class _Burn:
    """One video on its way: what its pictures are like, and what is drawn on them."""

    def __init__(
        self,
        source: InputContainer,
        first: av.VideoFrame,
        overlays: Sequence[Overlay],
        covers: Sequence[Cover],
        codec: str,
        path: Path,
        progress: Progress | None,
    ) -> None:
        self.source, self.path, self.progress = source, path, progress
        self.stream = source.streams.video[0]
        self.stream.thread_type = "AUTO"
        self.base = video.begins(source)
        self.total = float((source.duration or 0) / 1_000_000) or 1.0
        deep = codec == "hevc" and max(c.bits for c in first.format.components) > 8
        self.format = "yuv420p10le" if deep else "yuv420p"
        self.codec = codec
        turned = video.quarter_turns(first) % 2
        wide, high = (first.height, first.width) if turned else (first.width, first.height)
        self.width, self.height = max(2, wide // 2 * 2), max(2, high // 2 * 2)
        # RGB has no matrix of its own: it is written in that of HD.
        rgb = first.format.is_rgb
        self.range = int(av.video.reformatter.ColorRange.MPEG) if rgb else int(first.color_range)
        if first.format.name.startswith("yuvj"):
            self.range = 2
        self.matrix = 1 if rgb or int(first.colorspace) == 0 else int(first.colorspace)
        self.primaries, self.transfer = int(first.color_primaries), int(first.color_trc)
        full, depth = self.range == 2, 10 if deep else 8
        self.covers = Covers(covers, self.width, self.height, depth=depth, full=full)
        self.schedule = Schedule(
            overlays, self.width, self.height, self._weights(), full, depth, _WHITE.get(self.transfer, 1.0)
        )

    def _weights(self) -> tuple[float, float]:
        """How much of red and blue is in the brightness, by the video's matrix."""
        if self.matrix in (9, 10):
            return 0.2627, 0.0593
        # Unmarked video is taken for BT.709 when it is HD, as players do.
        hd = self.matrix == 1 or (self.matrix == 2 and min(self.width, self.height) >= 720)
        return (0.2126, 0.0722) if hd else (0.299, 0.114)

    def study(self, start_ms: int = 0, end_ms: int | None = None) -> None:
        """The first pass, for covers that must have seen the video."""
        if not self.covers.studies:
            return
        with video.opened(self.path) as source:
            stream = source.streams.video[0]
            stream.thread_type = "AUTO"
            if start_ms:
                source.seek(int((self.base + Fraction(start_ms, 1000)) * av.time_base))
            for count, frame in enumerate(video.decoded(source, stream)):
                at = video.time_ms(frame, self.base)
                if end_ms is not None and at > end_ms:
                    return
                self.covers.study(at, _planes(self.upright(frame), self.width, self.height))
                if self.progress and count % 24 == 0:
                    self.progress(min(0.25, 0.25 * at / 1000 / self.total))

    def write(
        self,
        target: OutputContainer,
        options: dict[str, str],
        threads: int,
        extra: InputContainer | None,
        keep_sound: bool,
        language: str,
    ) -> None:
        self.study()
        done = 0.25 if self.covers.studies else 0.0
        tick = self.stream.time_base or Fraction(1, 90_000)
        rate = self.stream.average_rate or self.stream.guessed_rate or Fraction(24)
        options = options | {"g": str(max(1, round(rate * 2)))}
        if self.codec == "hevc":
            options["x265-params"] = "log-level=none"
        # All is set before the first packet goes out: the sound may come first, and opens the encoders.
        out: Any = target.add_stream(CODECS[self.codec], rate=rate, options=options)
        out.width, out.height, out.pix_fmt = self.width, self.height, self.format
        context = out.codec_context
        context.time_base, context.thread_count = tick, threads
        context.color_range, context.colorspace = self.range, self.matrix
        context.color_primaries, context.color_trc = self.primaries, self.transfer
        if self.codec == "hevc":
            context.codec_tag = "hvc1"  # what Apple's players ask for
        tracks: list[_Track] = []
        if extra is not None:
            tracks.append(_Track(extra.streams.audio[0], target, Fraction(0), language))
        if extra is None or keep_sound:
            tracks += [_Track(s, target, self.base) for s in self.source.streams.audio]
        for number, track in enumerate(tracks if extra is not None else ()):
            # Players take the first track that is marked so.
            track.out.disposition = Disposition(0) if number else Disposition.default
        # A file of its own is read beside the pictures; tracks of the video come with its packets.
        beside = tracks[0].packets(extra) if extra is not None else iter(())
        waiting: Any = next(beside, None)
        own = {t.stream.index: t for t in (tracks[1:] if extra is not None else tracks)}
        count, last = 0, -1
        for packet in self._packets([self.stream, *(t.stream for t in own.values())]):
            if packet.stream.index != self.stream.index:
                own[packet.stream.index].put(packet)
                continue
            with contextlib.suppress(av.error.InvalidDataError):
                for frame in packet.decode():
                    at = video.time_ms(frame, self.base)
                    picture = self.drawn(self.upright(frame), at)
                    seconds = video.seconds(frame, self.base)
                    pts = last + 1 if seconds is None else round(seconds / tick)
                    last = max(pts, last + 1)  # an encoder refuses times that stand still or run back
                    picture.pts, picture.time_base = last, tick
                    picture.pict_type = av.video.frame.PictureType.NONE
                    count += 1
                    target.mux(out.encode(picture))
                    while waiting is not None and _at(waiting) <= last * tick:
                        tracks[0].put(waiting)
                        waiting = next(beside, None)
                    if self.progress and count % 24 == 0:
                        self.progress(min(0.999, done + (1 - done) * at / 1000 / self.total))
        if not count:
            raise UserError(f"{self.path.name}: no picture can be read from it; export the video again.")
        target.mux(out.encode(None))
        for track in tracks:
            track.end()

    def _packets(self, streams: list[Any]) -> Iterator[Any]:
        packets = self.source.demux(streams)
        while True:
            try:
                packet = next(packets)
            except (StopIteration, av.error.EOFError):
                return
            except av.error.InvalidDataError:
                continue
            yield packet

    def upright(self, frame: av.VideoFrame) -> av.VideoFrame:
        """The frame as it is to be seen, in the format that is written; the decoder's own where it can be."""
        turns = video.quarter_turns(frame)  # a converted frame no longer knows
        if frame.format.name.replace("yuvj", "yuv") != self.format:
            if frame.format.is_rgb:
                frame = frame.reformat(format=self.format, dst_colorspace="itu709", dst_color_range="MPEG")
            else:
                frame = frame.reformat(format=self.format)
        if turns:
            frame = _turned(frame, turns, self.format)
        wide, high = frame.width // 2 * 2, frame.height // 2 * 2
        if (wide, high) != (self.width, self.height):  # a stream may change its size midway
            frame = frame.reformat(width=self.width, height=self.height)
        return frame

    def drawn(self, frame: av.VideoFrame, at: int) -> av.VideoFrame:
        """The frame with what is visible at a time drawn on it: a copy, where anything is."""
        visible = self.schedule.at(at)
        covered = self.covers.covers(at)
        same = (frame.width, frame.height) == (self.width, self.height) and frame.format.name == self.format
        if same and not visible and not covered:
            return frame
        # A decoded frame is still the decoder's reference for later ones: draw on a copy, never on it.
        made = av.VideoFrame(self.width, self.height, self.format)
        planes = _planes(made, self.width, self.height)
        for ours, theirs in zip(planes, _planes(frame, self.width, self.height), strict=True):
            ours[...] = theirs
        if covered:
            self.covers.apply(at, planes)
        for overlay in visible:
            overlay.onto(planes)
        made.color_range, made.colorspace = self.range, self.matrix
        return made


class _Track:
    """One track of sound on its way into the file: copied, or made AAC where MP4 cannot hold it."""

    def __init__(self, stream: Any, target: OutputContainer, base: Fraction, language: str = "") -> None:
        self.stream, self.target, self.base = stream, target, base
        context = stream.codec_context
        self.copied = context.codec.canonical_name in _COPYABLE_AUDIO
        if self.copied:
            self.out: Any = target.add_stream_from_template(stream)
        else:
            layout = "mono" if context.layout.nb_channels == 1 else "stereo"
            self.out = target.add_stream("aac", rate=context.sample_rate or 44_100, layout=layout)
            self.out.bit_rate = 96_000 if layout == "mono" else 192_000
        if language:
            self.out.metadata["language"] = LANGUAGES.get(language, language)

    def packets(self, container: InputContainer) -> Iterator[Any]:
        """The packets of a file of its own, in order."""
        base = video.begins(container)
        self.base = base
        for packet in container.demux(self.stream):
            if packet.dts is not None:
                yield packet

    def put(self, packet: Any) -> None:
        shift = int(self.base / packet.time_base) if packet.time_base else 0
        if self.copied:
            if packet.dts is None:
                return
            packet.pts = None if packet.pts is None else packet.pts - shift
            packet.dts -= shift
            packet.stream = self.out
            self.target.mux(packet)
            return
        with contextlib.suppress(av.error.InvalidDataError):
            for frame in packet.decode():
                frame.pts = None if frame.pts is None else frame.pts - shift
                self.target.mux(self.out.encode(frame))

    def end(self) -> None:
        if not self.copied:
            self.target.mux(self.out.encode(None))


def _at(packet: Any) -> Fraction:
    return packet.dts * packet.time_base if packet.time_base else Fraction(0)


def _planes(frame: av.VideoFrame, width: int, height: int) -> list[np.ndarray]:
    """The planes of a 4:2:0 frame as arrays that share its memory."""
    kind: Any = np.uint16 if "10" in frame.format.name else np.uint8
    size = np.dtype(kind).itemsize
    found = []
    for number, plane in enumerate(frame.planes):
        whole = np.frombuffer(plane, kind).reshape(-1, plane.line_size // size)  # type: ignore[call-overload]
        part = 2 if number else 1
        found.append(whole[: height // part, : width // part])
    return found


def _turned(frame: av.VideoFrame, turns: int, name: str) -> av.VideoFrame:
    """The frame turned by quarters against the clock, plane by plane; odd edges are dropped first."""
    wide, high = frame.width // 2 * 2, frame.height // 2 * 2
    across, down = (high, wide) if turns % 2 else (wide, high)
    made = av.VideoFrame(across, down, name)
    for ours, theirs in zip(_planes(made, across, down), _planes(frame, wide, high), strict=True):
        ours[...] = np.rot90(theirs, turns)
    made.pts, made.time_base = frame.pts, frame.time_base
    return made
