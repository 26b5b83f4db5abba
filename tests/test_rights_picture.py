"""What a film shows, found again: layouts, hashes, motion, alignment - on pictures made here, sampled apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smallscreen.engines.video import Writer, read_frames
from smallscreen.rights import align
from smallscreen.rights.fingerprint import fingerprint
from smallscreen.rights.fuse import fuse
from smallscreen.rights.model import (
    FINGERPRINT_VERSION,
    PICTURE,
    WORD_BITS,
    Candidate,
    Fingerprint,
    PictureTrack,
    Segment,
)
from smallscreen.rights.picture import PictureBuilder, hashes, layout, terms
from smallscreen.rights.picture.views import TRIMS, WHOLE, mirrored, placed, views

HIGH, WIDE = 128, 72


class World:
    """A room that stays the same, in which some people walk about: `seed` is their walk, `room` the room."""

    def __init__(self, seed: int, room: int = 1, people: int = 6) -> None:
        draw = np.random.default_rng(room)
        y, x = np.mgrid[0:HIGH, 0:WIDE]
        waves = draw.uniform(-0.09, 0.09, (9, 2)), draw.uniform(0, 6.3, 9), draw.uniform(8, 25, 9)
        self.wall = 120 + sum(
            light * np.sin(across * x + down * y + phase)
            for (across, down), phase, light in zip(*waves, strict=True)
        )
        walk = np.random.default_rng([seed, room])
        self.speeds = walk.uniform(0.3, 1.6, (people, 2, 3))
        self.phases = walk.uniform(0, 6.3, (people, 2, 3))
        self.sizes = walk.uniform(4, 11, people)
        self.lights = walk.choice([-1, 1], people) * walk.uniform(60, 120, people)

    def at(self, seconds: float) -> np.ndarray:
        y, x = np.ogrid[0:HIGH, 0:WIDE]
        scene = self.wall.copy()
        for speed, phase, size, light in zip(self.speeds, self.phases, self.sizes, self.lights, strict=True):
            across, down = np.sin(speed * seconds * 2 + phase).mean(1)
            away = (x - WIDE * (0.5 + 0.8 * across)) ** 2 + (y - HIGH * (0.5 + 0.8 * down)) ** 2
            scene += light * np.exp(-away / (2 * size * size))
        return np.clip(scene, 0, 255).astype(np.uint8)


def track(pictures: list[np.ndarray], query: bool = False) -> PictureTrack:
    builder = PictureBuilder(query=query)
    for picture in pictures:
        builder.add(picture)
    made = builder.finish()
    assert made is not None
    return made


def print_of(pictures: list[np.ndarray], query: bool = False) -> Fingerprint:
    return Fingerprint(
        version=FINGERPRINT_VERSION,
        duration_ms=len(pictures) * 80,
        width=540,
        height=960,
        fps=25,
        sha256="0" * 64,
        size=1,
        picture=track(pictures, query),
        sound=None,
        query=query,
    )


def shown(world: World, seconds: float, start: float = 0.0, speed: float = 1.0) -> list[np.ndarray]:
    """What the world shows on the grid, from `start` on, `speed` times as fast."""
    return [world.at(start + n * 0.08 * speed) for n in range(int(seconds * 12.5))]


OURS = World(7)


@pytest.fixture(scope="module")
def ours() -> Fingerprint:
    return print_of(shown(OURS, 24))


def found(query: Fingerprint, ours: Fingerprint) -> list[Segment]:
    return align.verify_all(query, ours)


# --- alignment -------------------------------------------------------------------------------


@settings(max_examples=12, deadline=None)
@given(
    start=st.floats(0.0, 10.0),
    speed=st.sampled_from([0.85, 0.95, 1.0, 1.04, 1.1, 1.2]),
    turned=st.booleans(),
)
def test_offset_speed_and_side_are_recovered(
    ours: Fingerprint, start: float, speed: float, turned: bool
) -> None:
    pictures = shown(OURS, 9, start, speed)
    query = print_of([p[:, ::-1] if turned else p for p in pictures], query=True)
    (segment,) = found(query, ours)
    assert segment.mirrored is turned and segment.by == "picture"
    assert segment.speed == pytest.approx(speed, abs=0.01)
    middle = (segment.query_from_ms + segment.query_to_ms) / 2
    meant = segment.asset_from_ms + segment.speed * (middle - segment.query_from_ms)
    assert meant == pytest.approx(1000 * start + speed * middle, abs=90)
    assert segment.query_from_ms <= 500 and segment.query_to_ms >= 8500


def test_long_films_are_compared_where_they_share_words(
    ours: Fingerprint, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = print_of([p[:, ::-1] for p in shown(OURS, 9, 3.31)], query=True)
    (whole,) = found(query, ours)
    monkeypatch.setattr(align, "_ALL_WITH_ALL", 0)
    (shared,) = found(query, ours)
    assert shared.mirrored and abs(shared.asset_from_ms - whole.asset_from_ms) <= 80
    assert abs(shared.query_to_ms - whole.query_to_ms) <= 80
    monkeypatch.setattr(align, "_MOST_MARKS", 1)
    assert len(found(query, ours)) <= 1


def test_near_pairs_are_those_of_all_distances() -> None:
    rng = np.random.default_rng(4)
    given_ = rng.integers(0, 256, (50, 16), dtype=np.uint8)
    asked = np.concatenate(
        [given_[:20] ^ 3, given_[20:40] ^ hashes.MIRROR, rng.integers(0, 256, (9, 16), dtype=np.uint8)]
    )
    seen = set()
    for turned, rows, columns, apart in hashes.near(asked, given_, 50):
        seen |= {(turned, *x) for x in zip(rows.tolist(), columns.tolist(), apart.tolist(), strict=True)}
    for side in (False, True):
        apart = hashes.distances(asked ^ hashes.MIRROR if side else asked, given_)
        expected = {(side, int(r), int(c), int(apart[r, c])) for r, c in np.argwhere(apart <= 50)}
        assert {x for x in seen if x[0] is side} == expected and len(expected) >= 20


def test_the_ends_of_an_excerpt_lie_where_it_was_cut(ours: Fingerprint) -> None:
    foreign = shown(World(99, room=4), 14)
    pictures = foreign[:70] + shown(OURS, 8, 5.03) + foreign[70:]
    (segment,) = found(print_of(pictures, query=True), ours)
    assert segment.query_from_ms == pytest.approx(5600, abs=400)
    assert segment.query_to_ms == pytest.approx(13_600, abs=400)
    assert segment.asset_from_ms == pytest.approx(5030 + segment.query_from_ms - 5600, abs=90)


def test_pieces_of_four_seconds_in_another_order(ours: Fingerprint) -> None:
    order = [12.0, 4.0, 16.0, 0.0]
    pictures = [p for start in order for p in shown(OURS, 4, start + 0.03)]
    query = print_of(pictures, query=True)
    segments = found(query, ours)
    assert [round((s.asset_from_ms - s.query_from_ms) / 1000) for s in segments] == [12, 0, 8, -12]
    made = fuse(query, segments, [], ours)
    assert made is not None and "cut again in another order" in made.disguises


@pytest.mark.parametrize("seed", [11, 12, 13, 14])
def test_the_same_room_at_another_time_is_no_match(ours: Fingerprint, seed: int) -> None:
    query = print_of(shown(World(seed), 20, 3), query=True)
    near = hashes.distances(query.picture.hashes, ours.picture.hashes)  # type: ignore[union-attr]
    assert (near < align.NEAR).any(), "the room must look alike, or this shows nothing"
    assert found(query, ours) == []


def test_what_stands_still_or_fades_is_no_match() -> None:
    card = World(1, people=3).at(0)
    still = [card] * 150
    assert found(print_of(still, query=True), print_of(still)) == []
    fade = [(card * min(1.0, n / 100)).astype(np.uint8) for n in range(150)]
    assert found(print_of(fade, query=True), print_of(fade)) == []
    black = [np.zeros((HIGH, WIDE), np.uint8)] * 150
    assert len(track(black).hashes) == 0 and len(terms(track(black, True), query=True)) == 0
    assert found(print_of(black, query=True), print_of(still)) == []


def test_a_quiet_stretch_between_moving_ones_belongs_to_the_match() -> None:
    moving, rest = shown(OURS, 8), [OURS.at(8.0)] * 50
    pictures = moving + rest + shown(OURS, 8, 8.0)
    noise = np.random.default_rng(3)
    copy = [np.clip(p + noise.normal(0, 3, p.shape), 0, 255).astype(np.uint8) for p in pictures]
    query = print_of(copy, query=True)
    made = fuse(query, found(query, print_of(pictures)), [], None)
    assert made is not None and len(made.segments) == 1
    assert made.segments[0].query_from_ms < 400 and made.segments[0].query_to_ms > 19_600


def test_one_candidate_is_verified_like_all(ours: Fingerprint) -> None:
    query = print_of(shown(OURS, 8, 2.0), query=True)
    one = align.verify(query, ours, Candidate("x", "picture", 2000, 9.0))
    assert one == align.verify_all(query, ours, [Candidate("x", "picture", 2000, 9.0)])
    assert one[0].asset_from_ms - one[0].query_from_ms == pytest.approx(2000, abs=90)
    sound_only = Fingerprint(**{**{f: getattr(ours, f) for f in ours.__slots__}, "picture": None})
    assert align.verify(query, sound_only, Candidate("x", "picture", 0, 1.0)) == []


# --- disguises through real files --------------------------------------------------------------


def film(path: Path, pictures: list[np.ndarray], fps: int = 25, crf: int = 26) -> Path:
    high, wide = pictures[0].shape
    with Writer(path, wide, high, fps, None, crf=crf, preset="ultrafast", threads=1) as out:
        for picture in pictures:
            out.frame(np.repeat(picture[:, :, None], 3, axis=2))
    return path


def larger(picture: np.ndarray, wide: int, high: int) -> np.ndarray:
    rows, columns = np.arange(high) * picture.shape[0] // high, np.arange(wide) * picture.shape[1] // wide
    return picture[rows[:, None], columns[None, :]]


def padded(picture: np.ndarray, number: int) -> np.ndarray:
    inner = larger(picture, 180, 320)
    soft = larger(inner[110:210:12, ::12], 570, 320) // 2 + 60
    soft[:, 195:375] = inner
    return soft


def inset(picture: np.ndarray, number: int) -> np.ndarray:
    out = larger(World(50, room=9).at(number / 25), 180, 320)
    out[50:242, 40:148] = larger(picture, 108, 192)
    return out


def written_over(picture: np.ndarray, number: int) -> np.ndarray:
    out = larger(picture, 180, 320).copy()
    out[250:290, 20:160][:, (np.arange(140) * 7 + number // 40 * 13) % 19 < 9] = 255
    out[8:30, 8:60] = 230
    return out


DISGUISES = {
    "as it is": (lambda p, n: larger(p, 180, 320), "full"),
    "padded": (padded, "padded"),
    "inset": (inset, "picture-in-picture"),
    "middle": (lambda p, n: larger(larger(p, 180, 320)[48:272, 27:153], 180, 320), "cropped"),
    "corner": (lambda p, n: larger(larger(p, 180, 320)[10:234, 50:176], 180, 320), "cropped"),
    "square": (lambda p, n: larger(p, 180, 320)[60:240], "cropped"),
    "written over": (written_over, "full"),
    "darker, smaller": (lambda p, n: larger(255 - (255 - p) // 2, 90, 160), "full"),
}


@pytest.fixture(scope="module")
def ours_filmed(tmp_path_factory: pytest.TempPathFactory) -> Fingerprint:
    pictures = [larger(OURS.at(n / 25), 180, 320) for n in range(250)]
    return fingerprint(film(tmp_path_factory.mktemp("ours") / "ours.mp4", pictures))


@pytest.mark.parametrize("name", DISGUISES)
def test_a_disguised_copy_is_found(ours_filmed: Fingerprint, tmp_path: Path, name: str) -> None:
    change, kind = DISGUISES[name]
    # 30 pictures a second, beginning 1.017 seconds in: no moment is sampled in both.
    pictures = [change(OURS.at(1.017 + n / 30), n) for n in range(240)]
    path = film(tmp_path / "copy.mp4", pictures, fps=30, crf=32)
    assert len(list(read_frames(path, end_ms=100))) == 3
    query = fingerprint(path, query=True)
    made = fuse(query, found(query, ours_filmed), [], ours_filmed)
    assert made is not None and made.confidence > 0.9
    (segment,) = made.segments
    assert segment.asset_from_ms - segment.query_from_ms == pytest.approx(1017, abs=100)
    assert segment.query_to_ms - segment.query_from_ms > 7000
    if kind != "full":
        assert segment.layout == kind and kind in made.disguises


# --- pieces ------------------------------------------------------------------------------------


def test_a_mirrored_hash_is_that_of_the_mirrored_picture() -> None:
    pictures = np.stack(shown(OURS, 1))
    straight, quality, _ = hashes.describe(pictures, WHOLE)
    turned, _, _ = hashes.describe(pictures[:, :, ::-1], WHOLE)
    assert (np.bitwise_count((straight ^ hashes.MIRROR) ^ turned).sum(1) <= 1).all()
    assert (quality > hashes.FLAT * 4).all()
    assert (hashes.words(straight) < 1 << WORD_BITS).all()
    apart = hashes.distances(straight, turned)
    assert apart.shape == (12, 12) and apart.min() > 30


def test_our_bits_are_those_of_pdq_where_both_have_them() -> None:
    pdqhash = pytest.importorskip("pdqhash")
    picture = OURS.at(1.0)
    strengths, _ = pdqhash.compute_float(np.repeat(picture[:, :, None], 3, axis=2))
    theirs = strengths[::-1].reshape(16, 16)
    from smallscreen.rights.picture.windows import cosines

    ours = cosines(picture[None], WHOLE, 17)[0, 1:, 1:]
    low = np.add.outer(np.arange(16), np.arange(16)) < 8
    alike = [np.mean((t > 0)[low] == (ours > 0)[low]) for t in (theirs, theirs.T, theirs[::-1, ::-1])]
    assert max(alike) > 0.85


def test_a_reference_gives_few_terms_and_a_query_more() -> None:
    pictures = shown(OURS, 12)
    few, many = terms(track(pictures)), terms(track(pictures, query=True), query=True)
    assert len(few) / 12 <= 24 < len(many) / 12
    assert (few.kind == PICTURE).all() and not few.mirrored.any() and many.mirrored.any()
    kept, asked = set(few.term[few.view == 0].tolist()), set(many.term[~many.mirrored].tolist())
    assert kept <= asked


@pytest.mark.parametrize(
    ("left", "top", "right", "bottom"), [(0.3, 0.0, 0.7, 1.0), (0.2, 0.15, 0.8, 0.75), (0.0, 0.2, 1.0, 0.8)]
)
def test_windows_are_found_where_they_are(left: float, top: float, right: float, bottom: float) -> None:
    around, inner = World(31, room=5), World(32, room=6)
    pictures = []
    for n in range(60):
        picture = larger(around.at(n * 0.08), 144, 256).copy()
        if top > 0 and left == 0:
            picture[:] = 16  # bars
        box = (round(top * 256), round(bottom * 256), round(left * 144), round(right * 144))
        picture[box[0] : box[1], box[2] : box[3]] = larger(
            inner.at(n * 0.08), box[3] - box[2], box[1] - box[0]
        )
        pictures.append(picture)
    found = layout.windows(np.stack(pictures))
    assert max(layout.overlap(box, (left, top, right, bottom)) for box in found) > 0.94


@given(
    trim=st.sampled_from(TRIMS),
    view=st.sampled_from(views(540, 960) + views(1280, 720) + views(500, 500)),
)
def test_placing_and_mirroring_agree(trim: tuple, view: tuple) -> None:
    place = placed(trim, view)
    # The view's corner in our picture, put into the query's frame, is the trim's corner.
    for k in range(4):
        low, size = place[k % 2], place[k % 2 + 2] - place[k % 2]
        assert low + view[k] * size == pytest.approx(trim[k], abs=1e-9)
    assert mirrored(mirrored(trim)) == pytest.approx(trim)
