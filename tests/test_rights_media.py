"""One decode pass over film files, good and bad: pictures on the grid, sound in step, bounds kept."""

from __future__ import annotations

import os
import zipfile
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from smallscreen.errors import UserError
from smallscreen.rights import media
from smallscreen.rights.fingerprint import fingerprint
from smallscreen.rights.model import CELLS, FINE, Fingerprint
from tests.rights_clips import clip


class Ear:
    rate = 8000

    def __init__(self) -> None:
        self.heard: list[np.ndarray] = []

    def feed(self, samples: np.ndarray) -> None:
        self.heard.append(samples)

    def wave(self) -> np.ndarray:
        return np.concatenate(self.heard) if self.heard else np.zeros(0, np.float32)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip(tmp_path_factory.mktemp("media") / "film.mp4", 6)


def seen(path: Path, ear: Ear | None = None) -> tuple[media.MediaInfo, list[tuple[np.ndarray, int]]]:
    pictures: list[tuple[np.ndarray, int]] = []
    info = media.read(path, lambda gray, times: pictures.append((gray, times)), ear)
    return info, pictures


def pictures_at(path: Path, ticks: list[int], size: tuple[int, int] = (64, 96), tick: int = 1000) -> Path:
    """A film without sound whose n-th picture, of brightness 20 + 20 n, begins at `ticks[n]`."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"preset": "ultrafast", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = size[0], size[1], "yuv420p"
        stream.codec_context.time_base = Fraction(1, tick)
        for number, at in enumerate(ticks):
            light = np.full((size[1], size[0], 3), (20 + 20 * number) % 230, np.uint8)
            frame = av.VideoFrame.from_ndarray(light, format="rgb24")
            frame.pts, frame.time_base = at, Fraction(1, tick)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def test_pictures_lie_on_the_grid_and_sound_runs_beside_them(film: Path) -> None:
    ear = Ear()
    told: list[float] = []
    info = media.read(film, lambda gray, times: None, ear, told.append)
    assert info.steps == pytest.approx(75, abs=1)  # 6 seconds of 12.5
    assert (info.width, info.height, info.fps) == (180, 320, 24)
    assert info.duration_ms == pytest.approx(6000, abs=60) and not info.notes
    assert len(ear.wave()) == pytest.approx(6 * 8000, rel=0.02)
    assert told == sorted(told) and told[-1] == 1.0
    _, pictures = seen(film)
    assert pictures[0][0].shape == (256, 144) and sum(times for _, times in pictures) == info.steps


def test_a_variable_rate_keeps_each_picture_as_long_as_it_stands(tmp_path: Path) -> None:
    path = pictures_at(tmp_path / "variable.mkv", [0, 40, 1000, 1010, 1020, 2200])
    _, pictures = seen(path)
    levels = np.repeat([round(float(p.mean())) for p, _ in pictures], [t for _, t in pictures])
    # At 80 ms the second picture stands, at 1040 the fifth; those between were over before a step came.
    assert levels[0] < levels[1] == levels[12] < levels[13] == levels[27]
    assert levels[28] > levels[27]


def test_a_turned_picture_is_seen_upright(film: Path, tmp_path: Path) -> None:
    data = bytearray(film.read_bytes())
    upright = np.array([65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30], ">i4").tobytes()
    turned = np.array([0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30], ">i4").tobytes()
    at = data.index(upright, data.index(b"tkhd"))
    data[at : at + 36] = turned
    path = tmp_path / "phone.mp4"
    path.write_bytes(data)
    info, pictures = seen(path)
    assert (info.width, info.height) == (320, 180)
    straight = seen(film)[1][10][0]
    # A quarter turn to the right, as the matrix says.
    assert np.abs(np.rot90(straight, -1).astype(int) - pictures[10][0]).mean() < 1


def test_a_film_cut_short_is_read_as_far_as_it_goes(film: Path, tmp_path: Path) -> None:
    data = film.read_bytes()
    path = tmp_path / "cut.mp4"
    path.write_bytes(data[: len(data) * 6 // 10])
    info, _ = seen(path)
    assert 1000 < info.duration_ms < 5000
    assert "only the first" in info.notes[0] and "6 seconds" in info.notes[0]
    path.write_bytes(data[:200])
    with pytest.raises(UserError, match="neither picture nor sound"):
        seen(path)


def test_damage_in_the_middle_is_passed_over(film: Path, tmp_path: Path) -> None:
    data = bytearray(film.read_bytes())
    random = np.random.default_rng(5)
    start = data.index(b"mdat") + 2000
    for at in random.integers(start, len(data), 400):
        data[at] = int(random.integers(256))
    path = tmp_path / "scratched.mp4"
    path.write_bytes(data)
    print_ = fingerprint(path)
    assert print_.picture is not None and print_.duration_ms > 4000


def test_sound_alone_picture_alone_and_a_second(film: Path, tmp_path: Path) -> None:
    alone = tmp_path / "sound.m4a"
    with av.open(str(film)) as source, av.open(str(alone), "w", format="mp4") as out:
        stream = out.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    heard = fingerprint(alone)
    assert heard.picture is None and heard.sound is not None and heard.duration_ms > 5500
    silent = fingerprint(pictures_at(tmp_path / "silent.mp4", list(range(0, 2000, 40))))
    assert silent.sound is None and silent.picture is not None
    short = fingerprint(clip(tmp_path / "short.mp4", 1), query=True)
    assert short.picture is not None and short.picture.motion.shape[1:] == (13, FINE * FINE)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.mp4", b"", "is empty"),
        ("noise.mp4", bytes(range(256)) * 40, "not a film"),
        (
            "list.mp4",
            b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n",
            "not a film",
        ),
        ("text.mp4", b"1\n00:00:01,000 --> 00:00:02,000\nhello\n", "not a film"),
    ],
)
def test_what_is_no_film(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UserError, match=words) as said:
        fingerprint(path)
    assert str(said.value).startswith(f"{name}: ")


def test_an_archive_a_folder_and_nothing(film: Path, tmp_path: Path) -> None:
    packed = tmp_path / "packed.mp4"
    with zipfile.ZipFile(packed, "w") as archive:  # stored as it is: the film's bytes are all there
        archive.write(film, "film.mp4")
    with pytest.raises(UserError, match="zip archive"):
        fingerprint(packed)
    with pytest.raises(UserError, match="not a file"):
        fingerprint(tmp_path)
    with pytest.raises(UserError, match="cannot be read"):
        fingerprint(tmp_path / "nothing.mp4")


def test_a_picture_too_big_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    path = tmp_path / "huge.mov"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = 10_000, 10_000, "gray"
        frame = av.VideoFrame(10_000, 10_000, "gray")
        frame.pts, frame.time_base = 0, Fraction(1, 1)
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    with pytest.raises(UserError, match="above 36 million pixels"):
        fingerprint(path)


def test_four_hours_take_no_more_room_than_their_fingerprint(tmp_path: Path) -> None:
    # A picture every 20 seconds: the decoding is short, the time is long.
    path = pictures_at(tmp_path / "long.mkv", list(range(0, 4 * 3600, 20)), tick=1)
    print_ = fingerprint(path)
    assert print_.picture is not None
    assert print_.duration_ms == pytest.approx(4 * 3600 * 1000, abs=25_000)
    assert print_.picture.motion.shape == (1, print_.picture.motion.shape[1], CELLS * CELLS)
    assert print_.picture.motion.shape[1] == pytest.approx(4 * 3600 * 12.5, rel=0.01)
    assert len(print_.to_bytes()) < 200_000
    over = pictures_at(tmp_path / "over.mkv", [0, 20, 13 * 3600], tick=1)
    with pytest.raises(UserError, match="longer than 12 hours"):
        fingerprint(over)


def test_a_file_that_changes_while_it_is_read(film: Path, tmp_path: Path) -> None:
    path = tmp_path / "growing.mp4"
    path.write_bytes(film.read_bytes())

    def grow(part: float) -> None:
        with path.open("ab") as file:
            file.write(b"more")
        os.utime(path)

    with pytest.raises(UserError, match="changed while it was read"):
        fingerprint(path, progress=grow)


def test_reading_stops_when_it_is_told_to(film: Path) -> None:
    def stop(part: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fingerprint(film, progress=stop)


def test_bytes_there_and_back(film: Path) -> None:
    for query in (False, True):
        made = fingerprint(film, query=query)
        data = made.to_bytes()
        back = Fingerprint.from_bytes(data)
        assert back.sha256 == made.sha256 and back.to_bytes() == data and back.query is query
        assert made.picture is not None and back.picture is not None
        assert (made.picture.motion == back.picture.motion).all()
        assert (made.picture.times_ms == back.picture.times_ms).all()
    for broken in (b"", b"SSFP", data[:40], data[: len(data) // 2], b"SSFP" + data[4:60][::-1], data[:-30]):
        with pytest.raises(UserError, match="add the file again"):
            Fingerprint.from_bytes(broken)
