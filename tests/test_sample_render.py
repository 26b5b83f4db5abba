"""The sample series as pictures and sound: every thing named is drawn, words stand where they should."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageChops

from smallscreen import sample
from smallscreen.engines import video
from smallscreen.errors import UserError
from smallscreen.sample import backdrops, film, palette, props, puppets, sound, stage, storyboard
from smallscreen.sample.paper import Sheet
from smallscreen.series.model import Cue

SCENES = storyboard.read_scenes(sample.files() / "storyboard.toml")


def _board() -> storyboard.Board:
    """Four seconds: a day outdoors, then a rainy night indoors; one speaker each."""
    people = {n: storyboard.Person(n, (), "female", 26) for n in ("林小满", "周德全")}
    common = {"episode": 99, "place": "", "characters": tuple(people), "props": ("key",)}
    scenes = [
        storyboard.BoardScene(scene="1", motif="bus", time="day", weather="clear", mood="funny", start_ms=0, end_ms=3000, **common),
        storyboard.BoardScene(scene="2", motif="kitchen", time="night", weather="rain", mood="tender", start_ms=3000, end_ms=5000, **common),
    ]  # fmt: skip
    cues = [
        Cue("a", 99, 1, 1800, 2600, "三年没回来 你又长高了嘛", "周德全"),
        Cue("b", 99, 2, 3500, 4500, "外公", "林小满"),
    ]
    return storyboard.board(scenes, cues, people, series_title="差一格", title="试", last=True)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film.write(_board(), tmp_path_factory.mktemp("sample") / "ep099.mp4")


def test_the_file_is_what_a_phone_plays(rendered: Path) -> None:
    info = video.probe(rendered)
    assert (info.width, info.height, info.fps) == (540, 960, 24.0)
    assert (info.video_codec, info.audio_codec) == ("h264", "aac")
    assert abs(info.duration_ms - 5000) <= 100
    heard = video.read_audio(rendered)
    assert abs(len(heard) / sound.RATE - 5) <= 0.1
    assert np.abs(heard).max() < 0.95
    assert -32 < 20 * np.log10(np.sqrt((heard**2).mean())) < -22


def test_subtitles_stand_in_their_box_while_their_cue_is_on(rendered: Path) -> None:
    x0, y0, x1, y1 = stage.BURNED_IN_BOX

    def white(frame: np.ndarray) -> int:
        return int((frame[y0:y1, x0:x1].min(2) > 235).sum())

    frames = dict(video.read_frames(rendered))
    for at, frame in frames.items():
        spoken = 1850 <= at < 2500 or 3600 <= at < 4400
        if spoken:
            assert white(frame) > 250, at
        elif 2700 <= at < 2900 or at >= 4600:
            assert white(frame) < 60, at
    # Nothing of the words reaches outside the box.
    board = _board()
    shown = next(stage.drawings(board, 2000, 2080))
    bare = next(
        stage.drawings(replace(board, cues=tuple(replace(c, text=" ") for c in board.cues)), 2000, 2080)
    )
    left, top, right, bottom = ImageChops.difference(shown, bare).getbbox()  # type: ignore[misc]
    assert left >= x0 - 3 and right <= x1 + 3 and top >= y0 - 3 and bottom <= y1 + 3


def test_the_longest_line_of_the_sample_fits_the_box() -> None:
    theater = stage._Theater(_board())
    for number in sample.episodes():
        for cue in storyboard.load(sample.files(), number).cues:
            picture, x, y = theater._subtitle(cue.text)
            assert x >= 40 and x + picture.width <= 410, cue.text
            assert y >= 480 and y + picture.height <= 624, cue.text


def test_the_same_inputs_give_the_same_pictures_and_sound() -> None:
    def digest() -> str:
        made = hashlib.sha256()
        for picture in stage.drawings(_board(), 2700, 3400):
            made.update(picture.tobytes())
        made.update(sound.track(_board()).tobytes())
        return made.hexdigest()

    assert digest() == digest()


def test_the_speaker_moves_and_the_picture_is_never_still() -> None:
    pictures = [np.asarray(p, np.int16) for p in stage.drawings(_board(), 1800, 2600)]
    changes = [np.abs(a - b).mean() for a, b in pairwise(pictures)]
    assert min(changes) > 0.05


@pytest.mark.parametrize("motif", sorted({scene.motif for scene in SCENES}))
def test_every_place_of_the_storyboard_is_drawn(motif: str) -> None:
    scene = next(s for s in SCENES if s.motif == motif)
    place = backdrops.paint(motif, palette.light(scene.time, scene.mood, scene.weather))
    picture = place.back.copy()
    place.mid.onto(picture)
    place.front.onto(picture)
    assert picture.size == (backdrops.WIDTH, 960)
    assert np.asarray(picture.convert("L").resize((60, 96))).std() > 12, "layers can be told apart"


@pytest.mark.parametrize("name", sorted({prop for scene in SCENES for prop in scene.props}))
def test_every_thing_of_the_storyboard_is_drawn(name: str) -> None:
    for size in (70, 300):
        sheet = Sheet(600, 600)
        props.PROPS[name].paint(sheet, 300, 300, size)
        drawn = sheet.sprite()
        middle = (drawn.x + drawn.image.width / 2, drawn.y + drawn.image.height / 2)
        assert size * 0.5 < max(drawn.image.size) < size * 1.9 + 40
        assert max(abs(middle[0] - 300), abs(middle[1] - 300)) < size * 0.35


def test_every_light_of_the_storyboard_is_known_and_night_is_darker() -> None:
    for scene in SCENES:
        assert palette.light(scene.time, scene.mood, scene.weather)
    assert sum(palette.light("night", "warm", "clear").bottom) < sum(
        palette.light("day", "warm", "clear").bottom
    )
    with pytest.raises(ValueError, match="noon"):
        palette.light("noon", "warm", "clear")
    with pytest.raises(ValueError, match="moonbase"):
        backdrops.paint("moonbase", palette.light("day", "warm", "clear"))


def test_characters_can_be_told_apart() -> None:
    heads = {}
    for name in {c for scene in SCENES for c in scene.characters}:
        assert name in puppets.WARDROBE, f"{name} has nothing to wear"
        canvas = Image.new("RGB", (200, 260), (255, 255, 255))
        puppets.Puppet(puppets.look(name), 0.8, (255, 255, 255)).draw(
            canvas, 100, 130, puppets.Face(), 0, 0, 0
        )
        heads[name] = np.asarray(canvas, np.int16)
    names = sorted(heads)
    for n, one in enumerate(names):
        for other in names[n + 1 :]:
            assert np.abs(heads[one] - heads[other]).mean() > 6, (one, other)
    stranger = puppets.look("某人", "male", 70)
    assert stranger.hair == "thin" and stranger.hair_color[0] > 180


@pytest.mark.parametrize("number", sorted({scene.episode for scene in SCENES}))
def test_shots_tile_every_episode_and_follow_who_speaks(number: int) -> None:
    board = storyboard.load(sample.files(), number)
    assert board.shots[0].kind == "title" and board.shots[0].start_ms == 0
    assert board.shots[-1].end_ms == board.duration_ms
    for one, following in pairwise(board.shots):
        assert one.end_ms == following.start_ms > one.start_ms
    assert sum(cue.speaker is not None for cue in board.cues) >= len(board.cues) - 1
    for shot in board.shots:
        if shot.kind == "close":
            inside = {c.speaker for c in board.cues if shot.start_ms <= c.start_ms < shot.end_ms - 200}
            assert not inside - {None} or set(shot.who) & inside, shot
        assert shot.prop == "" or shot.prop in props.PROPS


def test_the_cache_is_filled_once_and_linked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    drawn: list[int] = []
    write = film.write

    def draw(board: storyboard.Board, path: Path, progress: object = None) -> Path:
        drawn.append(board.episode)
        return write(board, path, end_ms=300)

    monkeypatch.setattr(film, "write", draw)
    first = sample.render(1, tmp_path / "a" / "ep001.mp4")
    second = sample.copy_to(tmp_path / "b", with_video_for=[1]) / "ep001.mp4"
    assert drawn == [1]
    assert first.read_bytes() == second.read_bytes() and video.probe(second).duration_ms <= 350
    assert (tmp_path / "b" / "ep001.zh.srt").read_bytes() == (sample.files() / "ep001.zh.srt").read_bytes()
    assert not list(tmp_path.rglob(".*partial*"))
    with pytest.raises(UserError, match="no episode 77; it has 1 to 12"):
        sample.render(77, tmp_path / "x.mp4")
    with pytest.raises(UserError, match="is a file"):
        sample.copy_to(first)
