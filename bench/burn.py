"""Burning: how fast it is, and how near the picture comes to what was behind the old subtitles.

    python -m bench.burn            # about eight minutes on two cores
    python -m bench.burn quick      # the pictures' truth on fewer lines, no HEVC

The clip is the sample series' first episode (540x960, 24 frames a second), drawn once with Chinese subtitles in
the picture and once without: the second is the truth that covering is measured against. A second clip moves: the
drawn picture without subtitles is panned and turned grainy, and writing is set on it here, one line straight after
another: no picture is ever clean, which is the hardest case. Errors are mean
differences in levels of 256 over the pixels that the letters changed. Speeds are times of real time on this
machine, by the clock with two threads at most, and by processor seconds shared between two cores: the second
does not suffer from what else the machine does. The peer converts every picture to RGB and back.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

from bench.common import RESULTS, report, row
from smallscreen.engines import shape
from smallscreen.engines.burn import burn
from smallscreen.engines.cover import Cover, Kind
from smallscreen.engines.overlay import Overlay
from smallscreen.engines.video import Writer, probe, read_frames
from smallscreen.sample import files, film
from smallscreen.series.formats import read_subtitles

BOX = (59, 568, 390, 625)
SECONDS = 12.0
WORDS = ("外公 下雨了", "买伞还是补伞？", "我二十六了", "就在门口坐着等", "晚上来我那儿吃抄手")


def main() -> None:
    quick = "quick" in sys.argv[1:]
    source = film.cached(1)
    truth = film.textless(source)
    name = next(n for n in ("ep001.zh.srt", "subtitles/ep001.zh.srt") if (files() / n).is_file())
    cues = [(c.start_ms, c.end_ms) for c in read_subtitles(files() / name)]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        rows = _speeds(source, cues, out, quick)
        rows += _truths("drawn, still", source, truth, cues, out, BOX)
        moving, clean, stands, box = _moving(truth, out)
        rows += _truths("moving and grainy", moving, clean, stands, out, box)
        rows += _text()
    report("burn", rows)


def _speeds(source: Path, cues: list[tuple[int, int]], out: Path, quick: bool) -> list[dict[str, Any]]:
    picture = shape.text_picture(
        ["Come by tonight", "for wontons, will you?"], locale="en-US", size=28, outline=2.1, shadow=6
    )
    overlays = [Overlay(a, b, picture, 70, 540) for a, b in cues]
    length = probe(source).duration_ms / 1000
    rows = []
    kinds: list[tuple[str, str]] = [("none", "h264"), ("blur", "h264"), ("box", "h264"), ("inpaint", "h264")]
    kinds += [] if quick else [("inpaint", "hevc")]
    peer = _timed(lambda: _through_rgb(source, out / "rgb.mp4", overlays))
    for kind, codec in kinds:
        covers = [] if kind == "none" else [Cover(a, b, BOX, _kind(kind)) for a, b in cues]
        spent = _timed(
            lambda covers=covers, codec=codec: burn(
                source, out / "b.mp4", overlays, covers=covers, codec=codec
            )  # type: ignore[misc]
        )
        rows += [
            row(
                f"{codec}, {kind}: by the clock",
                length / spent[0],
                "x real time",
            ),
            row(
                f"{codec}, {kind}: by processor time on 2 cores",
                2 * length / spent[1],
                "x real time",
                at_least=2,
                peer="whole pictures through RGB, no cover, h264",
                peer_value=2 * length / peer[1],
            ),
        ]
    return rows


def _kind(name: str) -> Kind:
    return "blur" if name == "blur" else "box" if name == "box" else "inpaint"


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - clock, time.process_time() - processor


def _through_rgb(source: Path, target: Path, overlays: list[Overlay]) -> None:
    """The plain way: each picture as RGB, drawn on, and back."""
    with av.open(str(source)) as a, av.open(str(target), "w") as b:
        stream = a.streams.video[0]
        stream.thread_type = "AUTO"
        to: Any = b.add_stream(
            "libx264", rate=Fraction(24), options={"crf": "20", "preset": "veryfast", "g": "48"}
        )
        to.width, to.height, to.pix_fmt = stream.width, stream.height, "yuv420p"
        for n, frame in enumerate(a.decode(stream)):
            picture = frame.to_ndarray(format="rgb24")
            at = n * 1000 / 24
            for o in overlays:
                if o.start_ms <= at < o.end_ms:
                    part = picture[o.y : o.y + o.rgba.shape[0], o.x : o.x + o.rgba.shape[1]]
                    alpha = o.rgba[..., 3:] / np.float32(255)
                    part[...] = part * (1 - alpha) + o.rgba[..., :3] * alpha
            made = av.VideoFrame.from_ndarray(picture, format="rgb24")
            made.pts, made.time_base = n, Fraction(1, 24)
            b.mux(to.encode(made))
        b.mux(to.encode(None))


def _truths(
    name: str,
    source: Path,
    truth: Path,
    stands: list[tuple[int, int]],
    out: Path,
    box: tuple[int, int, int, int],
) -> list[dict[str, Any]]:
    """What covering leaves of the letters, and how far the picture is from what was behind them."""
    stands = [s for s in stands if s[0] / 1000 < SECONDS]
    made: dict[str, Path] = {"": source}
    for kind in ("blur", "inpaint"):
        made[kind] = out / f"{kind}.mp4"
        burn(source, made[kind], [], covers=[Cover(a, b, box, _kind(kind)) for a, b in stands], crf=12)
    streams: dict[str, Iterator[tuple[int, np.ndarray]]] = {
        k: read_frames(p, end_ms=round(SECONDS * 1000)) for k, p in made.items()
    }
    errors: dict[str, list[float]] = {k: [] for k in (*made, "cv2")}
    strips: list[np.ndarray] = []
    for at, clean in read_frames(truth, end_ms=round(SECONDS * 1000)):
        shown = {k: next(s)[1].astype(int) for k, s in streams.items()}
        inside = any(a + 60 <= at < b - 60 for a, b in stands)
        if not inside or round(at * 24 / 1000) % 6:
            continue
        part = (slice(box[1], box[3]), slice(box[0], box[2]))
        mask = np.abs(shown[""][part] - clean[part]).max(axis=2) > 30
        if mask.sum() < 50:
            continue
        for k, picture in shown.items():
            errors[k].append(float(np.abs(picture[part] - clean[part])[mask].mean()))
        other = _opencv(shown[""][part].astype(np.uint8), mask)
        if other is not None:
            errors["cv2"].append(float(np.abs(other.astype(int) - clean[part])[mask].mean()))
        if round(at * 24 / 1000) % 48 == 0 and len(strips) < 4:
            wide = (slice(box[1] - 30, box[3] + 30), slice(max(0, box[0] - 30), box[2] + 30))
            strips.append(np.vstack([*(p[wide] for p in shown.values()), clean[wide]]).astype(np.uint8))
    if strips:
        RESULTS.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.hstack(strips)).save(out / "strip.png")
        Image.fromarray(np.hstack(strips)).save(
            Path(tempfile.gettempdir()) / f"burn-{name.split(',')[0].split()[0]}.png"
        )
    before, blur, ours = (float(np.mean(errors[k])) for k in ("", "blur", "inpaint"))
    peer = float(np.mean(errors["cv2"])) if errors["cv2"] else None
    return [
        row(f"{name}: letters as they are", before, "levels"),
        row(f"{name}: blurred", blur, "levels", peer="left as it is", peer_value=before),
        row(
            f"{name}: inpainted",
            ours,
            "levels",
            at_most=10 if name.startswith("drawn") else None,
            peer="OpenCV's Telea, given the exact letters, a picture at a time" if peer else None,
            peer_value=peer,
        ),
    ]


def _opencv(part: np.ndarray, mask: np.ndarray) -> np.ndarray | None:
    try:
        import cv2
    except ImportError:
        return None
    wide = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8))
    found: np.ndarray = cv2.inpaint(part, wide, 3, cv2.INPAINT_TELEA)
    return found


def _moving(truth: Path, out: Path) -> tuple[Path, Path, list[tuple[int, int]], tuple[int, int, int, int]]:
    """A clip that pans and is grainy, with and without writing; the writing changes every 1.6 s, without a gap."""
    rng = np.random.default_rng(8)
    wide, high = 480, 856
    pictures = [shape.text_picture(w, locale="zh-Hans", size=30, weight="bold", outline=2.5) for w in WORDS]
    box = (90, 560, 390, 616)
    marked, clean = out / "marked.mp4", out / "clean.mp4"
    with Writer(marked, wide, high, 24, None, crf=16) as a, Writer(clean, wide, high, 24, None, crf=16) as b:
        for n, (at, picture) in enumerate(read_frames(truth, end_ms=round(SECONDS * 1000))):
            x, y = round(30 + 28 * np.sin(n / 40)), round(50 + 45 * np.cos(n / 55))
            part = picture[y : y + high, x : x + wide].astype(np.float32)
            # One sheet of grain in four places: a new one for each picture would take longer than all else.
            grain = rng.normal(0, 4, (high // 4, wide, 1)).astype(np.float32)
            part = (part + np.vstack([grain] * 4)).clip(0, 255)
            b.frame(part.astype(np.uint8))
            text = pictures[int(at / 1600) % len(pictures)]
            tall, long = text.shape[:2]
            left, top = (box[0] + box[2] - long) // 2, (box[1] + box[3] - tall) // 2
            alpha = text[..., 3:] / np.float32(255)
            spot = part[top : top + tall, left : left + long]
            spot[...] = spot * (1 - alpha) + text[..., :3] * alpha
            a.frame(part.astype(np.uint8))
    stands = [(t, t + 1600) for t in range(0, round(SECONDS * 1000), 1600)]
    return marked, clean, stands, box


def _text() -> list[dict[str, Any]]:
    lines = {
        "th-TH": "คุณตาคะฝนยังไม่หยุดเลยร่มคันนี้ราคาสิบห้าหยวน",
        "ar": "دفعت 15 يوانًا (فقط) لإصلاح المظلّة!",
        "zh-Hans": "外公，雨还没有停呢。买伞还是补伞？",
    }
    spent = []
    for locale, text in lines.items():
        for size in (27.0, 28.0, 29.0):  # sizes of its own, so that nothing was kept
            start = time.process_time()
            rows = shape.wrap(text, locale, 330, size, "medium")
            shape.text_picture(rows, locale=locale, size=size, outline=2.1, shadow=6)
            spent.append(time.process_time() - start)
    return [
        row(
            "a line broken, shaped and drawn at 540x960, median",
            1000 * float(np.median(spent)),
            "ms",
            at_most=60,
        )
    ]


if __name__ == "__main__":
    main()
