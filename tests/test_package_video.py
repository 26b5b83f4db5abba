"""The burned-in subtitles are looked for in the pictures of the video that was made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from smallscreen.engines.video import VideoInfo, Writer, probe, read_frames
from smallscreen.errors import UserError
from smallscreen.localize.package import EditionBundle, EpisodeBundle, package
from smallscreen.localize.package.report import render
from smallscreen.localize.package.video import overlays, text_room
from smallscreen.series import markets, platforms
from smallscreen.series.model import Cue, Edition, Episode, Line, Series, cue_id

WIDE, HIGH = 270, 480
GRAY = 120
INFO = VideoInfo(3000, WIDE, HIGH, 12, False)
LONG = "A line that is far too long for the box of any platform at all"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three gray seconds with a bright stripe where the source's own subtitles stand."""
    path = tmp_path_factory.mktemp("video") / "source.mp4"
    picture = np.full((HIGH, WIDE, 3), GRAY, np.uint8)
    picture[270:290, 40:230] = 255
    with Writer(path, WIDE, HIGH, 12, None) as writer:
        writer.frame(picture, 36)
    return path


def make_bundle(
    video: Path | None,
    text: str = "Come in.\nSit down.",
    burned: object = None,
    locale: str = "en-US",
    platform: str = "universal",
) -> EditionBundle:
    cue = Cue(cue_id(1, 1), 1, 1, 1000, 2000, "进来坐")
    episode = EpisodeBundle(
        Episode(1, "", 3000), [cue], lines=[Line(locale, 1, 1, 1000, 2000, text, (cue.id,))], video=video
    )
    extra = {} if burned is None else {"burned_in": burned}
    return EditionBundle(
        Series("s", "S", extra=extra),
        markets.load(locale),
        platforms.load(platform),
        Edition(1, locale),
        [episode],
    )


def frames(path: Path) -> dict[int, np.ndarray]:
    return {at: picture.astype(int) for at, picture in read_frames(path)}


def test_text_is_shown_in_its_time_and_in_the_safe_area(tmp_path: Path, source: Path) -> None:
    (made,) = package(make_bundle(source), tmp_path, formats=set(), video=True)
    path = made.path / "ep001.en-US.mp4"
    assert made.files == 1 and probe(path).width == WIDE
    before, after = frames(source), frames(path)
    changed = {at for at in after if np.abs(after[at] - before[at]).max() > 60}
    assert changed == {at for at in after if 1000 <= at < 2000} and len(changed) == 12
    difference = np.abs(after[1500] - before[1500]).max(axis=2) > 24
    ys, xs = np.nonzero(difference)
    x0, y0, x1, y1 = text_room(make_bundle(source), WIDE, HIGH)
    soft = 10  # the shadow's fading edge may reach over; letters may not
    assert xs.min() >= x0 - soft and xs.max() <= x1 + soft and ys.min() >= y0 - soft and ys.max() <= y1 + soft
    assert (after[1500][y0:y1, x0:x1].min(axis=2) > 225).sum() > 60  # white letters


def test_without_the_band_the_edition_keeps_clear(tmp_path: Path, source: Path) -> None:
    bundle = make_bundle(source, burned=[0.12, 0.55, 0.88, 0.61])
    package(bundle, tmp_path / "clear", formats={"video"}, cover=False)
    shown, before = frames(tmp_path / "clear/video/ep001.en-US.mp4")[1500], frames(source)[1500]
    assert np.abs(shown[272:288, 60:210] - before[272:288, 60:210]).mean() < 30
    letters = [o for o in overlays(bundle, bundle.episodes[0], INFO, False) if (o.rgba[..., 3] == 255).any()]
    taken = range(int(0.55 * HIGH), int(0.61 * HIGH))
    rows = {
        o.y + int(y)
        for o in letters
        for y in np.nonzero((o.rgba[..., :3].min(axis=2) > 200) & (o.rgba[..., 3] > 200))[0]
    }
    assert rows and not rows & set(taken)


def test_the_band_hides_the_source_while_anything_is_said(tmp_path: Path, source: Path) -> None:
    bundle = make_bundle(source, text="Hi.", burned=[0.12, 0.55, 0.88, 0.61])
    package(bundle, tmp_path, formats={"video"})
    after = frames(tmp_path / "video/ep001.en-US.mp4")
    assert after[1500][272:288, 42:90].max() < 60  # the stripe beside the short text is gone
    assert after[500][272:288, 42:90].min() > 200  # and there where nobody speaks


@pytest.mark.parametrize("locale", ["en-US", "ar", "th-TH", "ja-JP", "hi-IN"])
@pytest.mark.parametrize("platform", platforms.names())
def test_letters_never_leave_the_platforms_box(locale: str, platform: str) -> None:
    texts = {
        "en-US": LONG,
        "ar": "تعال يا جدي الآن واجلس معنا",
        "th-TH": "เข้ามานั่งก่อน" * 3,
        "ja-JP": "お入りください" * 4,
        "hi-IN": "अंदर आइए " * 5,
    }
    bundle = make_bundle(None, "\n".join([texts[locale]] * 3), locale=locale, platform=platform)
    x0, y0, x1, y1 = text_room(bundle, 540, 960)
    for overlay in overlays(bundle, bundle.episodes[0], VideoInfo(3000, 540, 960, 24, False), True):
        white = (overlay.rgba[..., :3].min(axis=2) > 200) & (overlay.rgba[..., 3] > 128)
        ys, xs = np.nonzero(white)
        assert len(xs)
        assert x0 <= overlay.x + xs.min() and overlay.x + xs.max() < x1
        assert y0 <= overlay.y + ys.min() and overlay.y + ys.max() < y1


@pytest.mark.parametrize(
    "bad", [[0.1, 0.2], "box", [0.5, 0.5, 0.1, 0.9], [0, 0, 2, 2], {"x": 1}, 7, [None] * 4]
)
def test_a_wrong_box_is_named(source: Path, bad: object) -> None:
    bundle = make_bundle(source, burned=bad)
    with pytest.raises(UserError, match="burned_in"):
        overlays(bundle, bundle.episodes[0], INFO, True)


def test_episodes_without_video_are_passed_over(tmp_path: Path, source: Path) -> None:
    bundle = make_bundle(source)
    bare = replace(bundle.episodes[0], video=tmp_path / "gone.mp4")
    assert package(replace(bundle, episodes=[bare]), tmp_path / "o", formats=set(), video=True) == []


def test_report_carries_a_small_picture(tmp_path: Path, source: Path) -> None:
    html = render(make_bundle(source))
    assert html.count("data:image/jpeg;base64,") == 1
    assert len(html) - len(render(make_bundle(None))) < 12_000 * 4 / 3 + 400
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"not a video")
    assert "data:image" not in render(make_bundle(broken)).replace("img-src data:", "")
