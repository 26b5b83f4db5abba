"""The brightness of a video's frames, small and upright, with the time each is shown."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import av
import numpy as np

from smallscreen.engines import video
from smallscreen.engines.ocr import vision
from smallscreen.errors import UserError

T = TypeVar("T")

SHORT_SIDE = 540
"""Pictures are scaled down to this many pixels on their short side, never up."""
_LARGEST = 8192 * 8192


class Frames:
    """Iterates over (start ms, end ms, uint8 gray array) of every frame; sizes are known after `open`.

    A frame is shown until the next one starts. Damaged stretches are passed over. UserError where it is no video.
    """

    def __init__(self, path: Path, *, threads: int = 2) -> None:
        self.path, self.threads = Path(path), threads
        self.width = self.height = 0
        self.scale = 1.0
        self.count = 0

    def __iter__(self) -> Iterator[tuple[int, int, np.ndarray]]:
        cv2 = vision()
        self.count = 0
        with video.opened(self.path) as container:
            stream = container.streams.video[0]
            stream.thread_type, stream.thread_count = "AUTO", self.threads
            base = video.begins(container)
            usual = 1000 / float(stream.average_rate or stream.guessed_rate or 24)
            held: tuple[int, np.ndarray] | None = None
            last, previous = -1, 0
            for frame in _decoded(container, stream):
                if frame.width * frame.height > _LARGEST:
                    raise UserError(
                        f"{self.path.name}: its pictures are larger than 8192 x 8192; scale it down first."
                    )
                seconds = video.seconds(frame, base)
                at = round(previous + usual) if seconds is None else round(seconds * 1000)
                if at <= last:  # stands still or runs back: a damaged stretch
                    continue
                turns = video.quarter_turns(frame)
                across, down = (frame.height, frame.width) if turns % 2 else (frame.width, frame.height)
                if not self.width:
                    self.width, self.height = across, down
                    self.scale = min(1.0, SHORT_SIDE / max(1, min(across, down)))
                gray = _brightness(frame)
                size = round(self.width * self.scale), round(self.height * self.scale)
                stored = size[::-1] if turns % 2 else size
                if gray.shape[::-1] != stored:
                    gray = cv2.resize(gray, stored, interpolation=cv2.INTER_AREA)
                else:
                    gray = gray.copy()  # the decoder takes its memory back
                if turns:
                    gray = np.ascontiguousarray(np.rot90(gray, turns))
                if held is not None:
                    self.count += 1
                    yield held[0], at, held[1]
                held, last, previous = (at, gray), at, at
            if held is None:
                raise UserError(f"{self.path.name}: no picture can be read from it; export the video again.")
            self.count += 1
            yield held[0], held[0] + max(1, round(usual)), held[1]


def _brightness(frame: av.VideoFrame) -> np.ndarray:
    """The Y plane as 8 bits: where the decoder has it so, its own memory, good until the frame is let go."""
    name = frame.format.name
    if name.startswith(("yuv4", "yuvj4", "nv12", "nv21")) and frame.format.components[0].bits == 8:
        plane: Any = frame.planes[0]
        rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
        return rows[: frame.height, : frame.width]
    return frame.reformat(format="gray").to_ndarray()


def _decoded(container: Any, stream: Any) -> Iterator[av.VideoFrame]:
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.error.EOFError):
            return
        except av.error.FFmpegError:
            return  # the file ends here, whatever it says
        with contextlib.suppress(av.error.FFmpegError):
            yield from packet.decode()


def ahead(frames: Iterable[T], most: int = 48) -> Iterator[T]:
    """The same things, made by a thread of their own up to `most` ahead: decoding goes on while others compute.

    What the thread raises is raised here; when the caller stops early, so does the thread.
    """
    waiting: queue.Queue[tuple[str, Any]] = queue.Queue(most)
    stopped = threading.Event()

    def put(kind: str, thing: Any) -> None:
        while not stopped.is_set():
            try:
                waiting.put((kind, thing), timeout=0.2)
                return
            except queue.Full:
                continue

    def work() -> None:
        try:
            for thing in frames:
                put("one", thing)
                if stopped.is_set():
                    return
        except BaseException as problem:
            put("problem", problem)
        else:
            put("end", None)

    thread = threading.Thread(target=work, name="decoding", daemon=True)
    thread.start()
    try:
        while True:
            kind, thing = waiting.get()
            if kind == "problem":
                raise thing
            if kind == "end":
                return
            yield thing
    finally:
        stopped.set()
        thread.join()
