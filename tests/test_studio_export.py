"""Videos out of the export dialog: how the old subtitles are covered is chosen by a picture of the ways."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from smallscreen.engines.video import read_frames
from smallscreen.localize.pipeline import Localizer
from smallscreen.series.model import Draft
from smallscreen.series.project import new_project
from tests import clips
from tests.browser import Browser
from tests.studio_server import StudioClient, running


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One episode of three seconds with Chinese writing in its picture, and one English line."""
    root = tmp_path_factory.mktemp("export") / "series"
    (root / "video").mkdir(parents=True)
    (root / "ep001.zh.srt").write_text("1\n00:00:00,500 --> 00:00:02,500\n你好世界\n", "utf-8")
    pictures = [clips.ground(n) for n in range(72)]
    shown = [clips.written(p) if 12 <= n < 60 else p for n, p in enumerate(pictures)]
    clips.write(root / "video" / "ep001.mp4", shown, sound=True)
    project = new_project(root)
    work = Localizer(project, "en-US", [1])
    project.store.put_drafts(work.edition, [Draft("ep001.c0001", "Hi 🌂.", "hand")])
    work.fit()
    return root


@pytest.fixture(scope="module")
def studio(series: Path) -> Iterator[StudioClient]:
    with running(series) as one:
        yield one


def test_the_way_to_cover_is_chosen_by_its_picture(
    studio: StudioClient, browser: Browser, series: Path
) -> None:
    browser.scheme("light")
    browser.open(studio.url + "/")
    browser.cookie("smallscreen_language", "en")
    browser.open(studio.url + "/")
    browser.one("#export").click()
    browser.one("#export-form")
    assert "not known where they stand" in browser.one("#export-band-said").text
    for box in browser.all("input[name=format]"):
        if box.is_selected() != (box.get_attribute("value") == "video"):
            box.click()
    browser.one("#export-band").send_keys("90%-120%")
    browser.one("#export-look").click()
    assert "--band" in browser.one("#export-state .failed", 60).text
    browser.one("#export-band").clear()
    browser.one("#export-band").send_keys("61%-72%")
    browser.one("#export-look").click()
    browser.one("#export-preview img", 60)
    wide = "document.querySelector('#export-preview img').naturalWidth"
    browser.wait(lambda: browser.js(wide) == 4 * clips.WIDE + 5 * 8, told="the picture of four ways")
    assert browser.accessibility() == [] and browser.errors() == []
    browser.look("export-cover")
    assert not (series / "editions/en-US/video/ep001.en-US.mp4").exists()
    browser.one("input[name=cover][value=inpaint]").click()
    browser.one("#export-begin").click()
    path = series / "editions/en-US/video/ep001.en-US.mp4"
    browser.wait(path.is_file, 90, "the video")
    # What could not be set is told where the work was asked for.
    browser.wait(lambda: "no font has 🌂" in browser.one("#export-state").text, 30, "what was left out")
    browser.look("export-covered")
    before, after = (dict(read_frames(p)) for p in (series / "video" / "ep001.mp4", path))
    x0, y0, x1, y1 = clips.BOX
    truth = clips.ground(36)[y0:y1, x0:x1].astype(int)
    old = before[1500][y0:y1, x0:x1].min(axis=2) > 225
    old[:, 36:-36] = False  # our own line stands there
    assert old.sum() > 40
    # Taken out, not boxed or blurred: it is what was behind, the dark box and the blur are not.
    assert np.abs(after[1500][y0:y1, x0:x1].astype(int) - truth)[old].mean() < 12
    assert np.abs(after[1500][y0:y1, x0:x1].astype(int) - truth)[:, :20].mean() < 8


def test_only_ways_that_there_are(studio: StudioClient) -> None:
    for asked in (
        {"formats": ["video"], "cover": "paint"},
        {"formats": ["video"], "cover": True},
        {"cover": "box"},
    ):
        assert studio.post("/api/editions/en-US/export", json=asked).status_code == 422
    view = studio.get("/api/editions/en-US/export").json()
    assert view["covers"] is False and view["dubbed"] is False
