"""Reading subtitles as a process that is killed in the middle: what was finished is kept, and not read again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rapidocr", reason="reading subtitles from the picture needs the extra ocr (rapidocr)")

from smallscreen.engines import fonts
from smallscreen.series.formats import read_subtitles
from tests import clips

WORDS = ("外公我回来了", "买伞还是补伞？", "你在楼上等我", "我马上就下来")
CALL = (sys.executable, "-m", "smallscreen", "ocr")


def _video(path: Path, words: str) -> None:
    text = fonts.text_picture(
        words, locale="zh-Hans", size=19, weight="bold", outline=1.6, outline_fill=(0, 0, 0)
    )
    high, wide = text.shape[:2]
    alpha = text[..., 3:] / 255
    pictures = []
    for n in range(34):
        picture = clips.ground(3 * n, 270, 480)
        if 4 <= n < 30:
            part = picture[320 : 320 + high, (270 - wide) // 2 : (270 - wide) // 2 + wide]
            part[...] = part * (1 - alpha) + text[..., :3] * alpha
        pictures.append(np.asarray(picture))
    clips.write(path, pictures)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")
def test_killed_in_the_middle_and_run_again(tmp_path: Path) -> None:
    for number, words in enumerate(WORDS, 1):
        _video(tmp_path / f"ep{number:03d}.mp4", words)
    first = tmp_path / "ep001.zh.srt"
    process = subprocess.Popen([*CALL, str(tmp_path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        patience = time.monotonic() + 120
        while not first.exists() and process.poll() is None and time.monotonic() < patience:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == -signal.SIGKILL
    assert first.is_file()
    assert not (tmp_path / "ep004.zh.srt").exists()
    before = first.read_bytes(), first.stat().st_mtime_ns

    told = subprocess.run([*CALL, str(tmp_path), "--json"], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    made = json.loads(told.stdout)
    fresh = {e["episode"]: e["fresh"] for e in made["episodes"]}
    assert fresh[1] is False
    assert fresh[4] is True
    assert (first.read_bytes(), first.stat().st_mtime_ns) == before
    for number, words in enumerate(WORDS, 1):
        assert [c.text for c in read_subtitles(tmp_path / f"ep{number:03d}.zh.srt")] == [words]
        assert (tmp_path / "ocr" / f"ep{number:03d}.png").is_file()
    assert all(e["is_source"] for e in made["episodes"])
