"""Cuts: how many are found, how many are none, how fast; and what fitting does with them.

    python -m bench.shot_cuts       # about four minutes on two cores where the sample's videos are drawn

Two materials, both made, so that every cut is known. The sample series' first three episodes: drawn pictures
that stand still between cuts, and wipes of a quarter second where a scene changes. And harder clips made of its
frames: panned like a camera held by hand, grainy, with changing light and a camera's flash now and then, shots of
0.4 to 3 s, encoded at low quality, at 25 and 30 frames a second and at an uneven rate. A cut is right within one
frame. Speeds are by processor seconds of the process, all threads together.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from bench.common import report, row
from smallscreen.engines.shots import find_cuts
from smallscreen.engines.video import read_frames
from smallscreen.localize.fit.cuts import faults
from smallscreen.localize.pipeline import Localizer
from smallscreen.sample import files, film, stage, storyboard
from smallscreen.series.project import new_project
from smallscreen.series.shots import find_shots

EPISODES = (1, 2, 3)
WIDE, HIGH = 360, 640
_THRESHOLDS = (10, 14, 18, 22, 26, 30, 36, 42)
"""The peer takes a fixed difference of two pictures for a cut: of these, the one that does best on the clips."""


def main() -> None:
    videos = film.cached_many(EPISODES)
    rows = sample(videos) + moving(videos) + fitted(videos)
    report("shot_cuts", rows)


def sample(videos: Sequence[Path]) -> list[dict[str, Any]]:
    """The sample's own cuts, by its storyboard: the first drawing of each shot."""
    hits = found = hard = wipes = wiped = 0
    cpu = length = 0.0
    for number, path in zip(EPISODES, videos, strict=True):
        cuts, slides = _drawn(number)
        began = time.process_time()
        result = find_cuts(path)
        cpu += time.process_time() - began
        length += result.duration_ms / 1000
        got = [c.ms for c in result.cuts]
        step = 1000 / result.fps
        hits += _hits(got, cuts, step)
        hard += len(cuts)
        wipes += len(slides)
        inside = [ms for ms in got if any(a - step <= ms <= b + step for a, b in slides)]
        wiped += len(inside)
        found += len(got) - len(inside)
    return [
        row(f"sample, {hard} hard cuts: found within a frame", hits / hard, "share", at_least=0.99),
        row(f"sample, {found} reported: are cuts", hits / max(found, 1), "share", at_least=0.99),
        row(f"sample, {wipes} wipes: found", wiped / wipes, "share"),
        row("sample, 540x960: times real time a core", length / cpu, "x", at_least=8),
    ]


def moving(videos: Sequence[Path]) -> list[dict[str, Any]]:
    """Clips of the sample's frames in movement, side by side with the plain difference of frames."""
    stills = [p for v in videos for _, p in read_frames(film.textless(v), fps=0.4, width=WIDE + 80)]
    totals = np.zeros(3)
    peers = np.zeros((len(_THRESHOLDS), 3))
    cpu = length = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for n, (rate, uneven) in enumerate(((25, False), (30, False), (30, True), (25, False))):
            path = Path(folder) / f"{n}.mkv"
            truth, times = _shaken(path, stills, rate, uneven, seed=n)
            began = time.process_time()
            result = find_cuts(path)
            cpu += time.process_time() - began
            length += times[-1] / 1000
            got = [c.ms for c in result.cuts]
            step = 1000 / rate * (2 if uneven else 1)
            totals += (_hits(got, truth, step), len(truth), len(got))
            changes = _changes(path)
            for k, threshold in enumerate(_THRESHOLDS):
                plain = [ms for ms, change in changes if change > threshold]
                peers[k] += (_hits(plain, truth, step), len(truth), len(plain))
    recall, precision = totals[0] / totals[1], totals[0] / max(totals[2], 1)
    best = int(np.argmax(peers[:, 0] / (peers[:, 1] + peers[:, 2])))
    peer, named = peers[best], f"difference above {_THRESHOLDS[best]}"
    return [
        row(
            f"in movement, {int(totals[1])} cuts: found within a frame", recall, "share",
            at_least=0.95, peer=named, peer_value=peer[0] / peer[1],
        ),
        row(
            f"in movement, {int(totals[2])} reported: are cuts", precision, "share",
            at_least=0.95, peer=named, peer_value=peer[0] / max(peer[2], 1),
        ),
        row("in movement, 360x640: times real time a core", length / cpu, "x"),
    ]  # fmt: skip


def fitted(videos: Sequence[Path]) -> list[dict[str, Any]]:
    """Lines of the finished editions that hang over a cut for less than half a second, without and with cuts."""
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "series"
        project = new_project(files(), root)
        (root / "video").mkdir(exist_ok=True)
        for number, path in zip(EPISODES, videos, strict=True):
            (root / "video" / f"ep{number:03d}.mp4").symlink_to(path)
        project = type(project)(root, project.store)
        for number in EPISODES:
            project.store.set_video(number, f"video/ep{number:03d}.mp4")
        for locale in ("en-US", "es-419", "id-ID"):
            work = Localizer(project, locale, EPISODES)
            work.draft_from_files(files() / "drafts" / "finished")
            work.fit()
            before = _crossing(work)
            find_shots(project, EPISODES)
            work = Localizer(project, locale, EPISODES)
            work.fit()
            work.check()
            after = _crossing(work)
            told = {
                (f.episode, f.line)
                for some in project.store.findings(work.edition).values()
                for f in some
                if f.check == "screen.cut" and f.evidence["crosses"]
            }
            total = sum(map(len, project.store.lines(work.edition).values()))
            rows += [
                row(f"{locale}, {total} lines: hang over a cut, fitted without cuts", len(before), "lines"),
                row(f"{locale}: with cuts", len(after), "lines"),
                row(f"{locale}: of these not reported", len(after - told), "lines", at_most=0),
            ]
            for number in EPISODES:  # the next edition begins without cuts, too
                project.store.put_step("shots", f"ep{number:03d}", "", {})
            _forget(project)
    return rows


def _crossing(work: Localizer) -> set[tuple[int, int | None]]:
    shots = work.shots or dict.fromkeys(EPISODES)
    found: set[tuple[int, int | None]] = set()
    for number in shots:
        cuts = sorted(_drawn(number)[0])
        for line in work.project.store.lines(work.edition).get(number, []):
            if any(f.crosses for f in faults(line.start_ms, line.end_ms, cuts, 84)):
                found.add((number, line.index))
    return found


def _forget(project: Any) -> None:
    import sqlalchemy as sa

    from smallscreen.series import tables

    with project.store.engine.begin() as c:
        c.execute(sa.delete(tables.document).where(tables.document.c.room == "shots"))


def _drawn(number: int) -> tuple[list[int], list[tuple[int, int]]]:
    """An episode's hard cuts, ms, and its wipes (from, to), as the film draws them: twelve drawings a second."""
    board = storyboard.load(files(), number)
    cuts: list[int] = []
    slides: list[tuple[int, int]] = []
    drawing = 1000 / stage.DRAWINGS
    for before, shot in zip(board.shots, board.shots[1:], strict=False):
        first = int(np.ceil((shot.start_ms - drawing / 2) / drawing - 1e-9)) * drawing
        if before.scene != shot.scene or {before.kind, shot.kind} & {"title", "end"}:
            slides.append((round(first), round(first + stage._SLIDE * drawing + drawing)))
        else:
            cuts.append(round(first))
    return cuts, slides


def _hits(got: Sequence[int], truth: Sequence[int], step: float) -> int:
    """How many true cuts have a reported one within a frame, each reported one used once."""
    left = list(got)
    count = 0
    for at in truth:
        near = min(left, key=lambda ms: abs(ms - at), default=None)
        if near is not None and abs(near - at) <= step + 1:
            left.remove(near)
            count += 1
    return count


def _shaken(
    path: Path, stills: Sequence[np.ndarray], rate: int, uneven: bool, seed: int, shots: int = 30
) -> tuple[list[int], list[int]]:
    """Writes a clip and gives its cuts and the times of all its frames, ms."""
    draw = np.random.default_rng([89, seed])
    times = [0]
    truth: list[int] = []
    with av.open(str(path), "w") as container:
        out: Any = container.add_stream("libx264", rate=rate, options={"crf": "30", "preset": "veryfast"})
        out.width, out.height, out.pix_fmt = WIDE, HIGH, "yuv420p"
        out.codec_context.time_base = Fraction(1, 1000)
        last = -1
        for shot in range(shots):
            pick = int(draw.integers(0, len(stills)))
            while abs(pick - last) < 2:  # two frames of one shot would be no cut
                pick = int(draw.integers(0, len(stills)))
            last, still = pick, stills[pick].astype(np.float32)
            if shot:
                truth.append(times[-1])
            long = round(draw.uniform(0.4, 3.0) * rate)
            at = draw.uniform(10, 60, 2)
            push = draw.uniform(-1.2, 1.2, 2)
            flash = int(draw.integers(3, long)) if draw.random() < 0.15 and long > 8 else -1
            for n in range(long):
                at = np.clip(at + push + draw.normal(0, 1.0, 2), 0, 78)
                y, x = int(at[0] * (still.shape[0] - HIGH) / 80), int(at[1])
                light = 1 + 0.08 * np.sin(n / 5) + (0.9 if n == flash else 0)
                picture = still[y : y + HIGH, x : x + WIDE] * light + draw.normal(0, 6, (HIGH, WIDE, 1))
                frame = av.VideoFrame.from_ndarray(picture.clip(0, 255).astype(np.uint8), format="rgb24")
                frame = frame.reformat(format="yuv420p")
                frame.pts, frame.time_base = times[-1], Fraction(1, 1000)
                container.mux(out.encode(frame))
                step = 1000 / rate * (float(draw.choice([1, 1, 1, 2])) if uneven else 1)
                times.append(round(times[-1] + step) if uneven else round(len(times) * 1000 / rate))
        container.mux(out.encode(None))
    return truth, times[:-1]


def _changes(path: Path) -> list[tuple[int, float]]:
    """For the peer: how much each picture differs from the one before, mean gray levels."""
    found: list[tuple[int, float]] = []
    before: np.ndarray | None = None
    for ms, picture in read_frames(path, width=90):
        gray = picture.astype(np.float32).mean(axis=2)
        if before is not None:
            found.append((ms, float(np.abs(gray - before).mean())))
        before = gray
    return found


if __name__ == "__main__":
    main()
