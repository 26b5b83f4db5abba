"""What a program that was killed leaves behind is removed by the next one, and nothing else is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from smallscreen.engines import scratch
from smallscreen.engines.voice import voice_engine
from tests.test_voice import NEEDS_PIPER

HOLD = "import sys, time; from smallscreen.engines.scratch import folder; made = folder('voice'); print(made[0], flush=True); time.sleep(60)"


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def aged(path: Path, seconds: float = 7200) -> Path:
    os.utime(path, (time.time() - seconds,) * 2)
    return path


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is of POSIX")
@NEEDS_PIPER
def test_the_next_dub_removes_what_a_killed_one_left(temporary: Path) -> None:
    programs = [
        subprocess.Popen([sys.executable, "-c", HOLD], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    try:
        left, held = (Path(p.stdout.readline().strip()) for p in programs if p.stdout)
        (left / "line.wav").write_bytes(b"RIFF")
        programs[0].send_signal(signal.SIGKILL)
        programs[0].wait()
        other = temporary / "smallscreen-spark-1"
        stranger = temporary / "voice"
        link = temporary / "smallscreen-voice-link"
        for path in (other, stranger):
            path.mkdir()
        link.symlink_to(stranger, target_is_directory=True)
        for path in (left, held, other, stranger):
            aged(path)
        young = scratch.folder("voice")  # what was just made is left alone, and so is what somebody holds
        assert (
            not left.exists() and held.is_dir() and other.is_dir() and stranger.is_dir() and link.is_symlink()
        )
        young[1].close()
        scratch.sweep("voice")
        assert young[0].is_dir(), "it is younger than a minute"
        aged(young[0])
        engine = voice_engine("piper")
        try:
            engine.speak("Hello.", engine.voices("en-US")[0].id)
            assert not young[0].exists() and held.is_dir()
        finally:
            engine.close()
        assert sorted(
            p.name for p in temporary.iterdir() if p.name.startswith("smallscreen-voice-")
        ) == sorted((held.name, link.name))
    finally:
        for program in programs:
            program.kill()
            program.wait()
            if program.stdout:
                program.stdout.close()


def test_a_folder_without_a_lock_is_kept_for_a_day(temporary: Path) -> None:
    bare = temporary / "smallscreen-voice-old"
    bare.mkdir()
    aged(bare)
    assert scratch.sweep("voice") == []
    aged(bare, 100_000)
    assert scratch.sweep("voice") == [bare]


@pytest.mark.skipif(os.name != "posix", reason="whether a process runs is asked of POSIX")
def test_half_a_video_of_a_dead_process_goes(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    dead, fresh, mine, other = (
        tmp_path / name
        for name in (
            f".ep001.{gone.pid}.partial.mp4",
            f".ep001.{gone.pid}.partial.mkv",
            f".ep001.{os.getpid()}.partial.mp4",
            f".ep002.{gone.pid}.partial.mp4",
        )
    )
    for path in (dead, fresh, mine, other):
        path.write_bytes(b"half")
        aged(path)
    assert scratch.partial(tmp_path / "ep001.mp4") == mine
    assert not dead.exists() and fresh.exists() and mine.exists() and other.exists()
    dead.write_bytes(b"half")
    scratch.partial(tmp_path / "ep001.mp4")
    assert dead.exists(), "written a moment ago"
