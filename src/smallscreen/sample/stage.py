"""The theater: puts the papers of a shot together, frame by frame, at twelve drawings a second."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image, ImageFilter

from smallscreen.engines.fonts import text_picture
from smallscreen.sample import cards, umbrella
from smallscreen.sample.backdrops import Backdrop, paint
from smallscreen.sample.cards import SIZE
from smallscreen.sample.palette import VERMILION, Light, light
from smallscreen.sample.paper import (
    Sheet,
    Sprite,
    ellipse,
    light_spot,
    mix,
    rect,
    shade,
    strip,
)
from smallscreen.sample.props import PROPS, background
from smallscreen.sample.puppets import Face, Puppet, look
from smallscreen.sample.scenery import MARGIN, WIDTH
from smallscreen.sample.storyboard import Board, BoardScene, Shot
from smallscreen.sample.weather import Weather

DRAWINGS = 12
"""Drawings a second: as puppets are moved by hand. Each is shown for two frames."""
BURNED_IN_BOX = (60, 568, 390, 624)
"""Where the Chinese subtitles stand (x0, y0, x1, y1 in pixels of 540x960): the lower part of the text
box that TikTok, Reels and Shorts all leave free."""

_TEXT_SIZE, _TEXT_SIZE_SMALLEST = 26, 18
_SLIDE = 7  # drawings that a sheet needs to slide over the one before
_PHASES = 4  # positions between two pixels


def drawings(board: Board, start_ms: int = 0, end_ms: int | None = None) -> Iterator[Image.Image]:
    """The drawings of an episode in order, RGB, 540x960; the same board gives the same drawings."""
    for _, subtitled in pairs(board, start_ms, end_ms):
        yield subtitled


def pairs(
    board: Board, start_ms: int = 0, end_ms: int | None = None
) -> Iterator[tuple[Image.Image, Image.Image]]:
    """Each drawing without and with the Chinese subtitles; one and the same picture where nobody speaks."""
    theater = _Theater(board)
    last = board.duration_ms if end_ms is None else min(end_ms, board.duration_ms)
    for number in range(math.ceil(start_ms * DRAWINGS / 1000), math.ceil(last * DRAWINGS / 1000)):
        yield theater.drawing(number)


class _Theater:
    def __init__(self, board: Board) -> None:
        self.board = board
        self._sets: dict[int, _Set] = {}
        self._subtitles: dict[str, tuple[Image.Image, int, int]] = {}
        self._vignette = _vignette()
        self._old: tuple[int, Image.Image] | None = None
        self._views: dict[int, Callable[[float, int], Image.Image]] = {}

    def drawing(self, number: int) -> tuple[Image.Image, Image.Image]:
        now = (number * 1000 + 500) // DRAWINGS
        index = next(
            (n for n, s in enumerate(self.board.shots) if s.start_ms <= now < s.end_ms),
            len(self.board.shots) - 1,
        )
        shot = self.board.shots[index]
        picture = self._look(index, now, number)
        before = self.board.shots[index - 1] if index else None
        passed = number - math.ceil(shot.start_ms * DRAWINGS / 1000)
        if (
            before
            and (before.scene != shot.scene or {before.kind, shot.kind} & {"title", "end"})
            and passed < _SLIDE
        ):
            if self._old is None or self._old[0] != index:
                self._old = (index, self._look(index - 1, before.end_ms - 60, number))
            picture = cards.slid(self._old[1], picture, (passed + 1) / (_SLIDE + 1))
        cue = next((c for c in self.board.cues if c.start_ms <= now < c.end_ms), None)
        if not cue:
            return picture, picture
        text, x, y = self._subtitle(cue.text)
        subtitled = picture.copy()
        subtitled.paste(text, (x, y), text)
        return picture, subtitled

    def _look(self, index: int, now: int, number: int) -> Image.Image:
        if index not in self._views:
            for old in [n for n in self._views if n < index - 1]:
                del self._views[old]
            shot = self.board.shots[index]
            if shot.kind == "title":
                self._views[index] = cards.title(self.board)
            elif shot.kind == "end":
                self._views[index] = cards.ending(self.board)
            else:
                if shot.scene not in self._sets:
                    # The scene before lives on in its last view, as long as that is needed.
                    self._sets.clear()
                    self._sets[shot.scene] = _Set(self.board, self.board.scenes[shot.scene])
                self._views[index] = self._sets[shot.scene].view(shot, index)
        shot = self.board.shots[index]
        part = (now - shot.start_ms) / max(1, shot.end_ms - shot.start_ms)
        picture = self._views[index](part, number)
        if shot.kind not in {"title", "end"}:
            picture.paste((10, 6, 8), (0, 0), self._vignette)
        return picture

    def _subtitle(self, text: str) -> tuple[Image.Image, int, int]:
        if text not in self._subtitles:
            x0, y0, x1, y1 = BURNED_IN_BOX
            size = _TEXT_SIZE
            while True:
                made = text_picture(text, locale="zh-Hans", size=size, weight="bold", outline=2.4)
                if made.shape[1] <= x1 - x0 + 6 or size <= _TEXT_SIZE_SMALLEST:
                    break
                size -= 1
            picture = Image.fromarray(made)
            self._subtitles[text] = (
                picture,
                (x0 + x1 - picture.width) // 2,
                max(y0 - 60, y1 - picture.height - 4),
            )
        return self._subtitles[text]


class _Set:
    """One scene's papers, drawn once; shots are views of it."""

    def __init__(self, board: Board, scene: BoardScene) -> None:
        self.board, self.scene = board, scene
        self.light: Light = light(scene.time, scene.mood, scene.weather)
        self.place: Backdrop = paint(scene.motif, self.light)
        self.front = self._with_props()
        self.cast = list(scene.characters)
        self.rain = Weather(scene.weather, self.light)
        self._shifted: dict[tuple[str, int], Sprite] = {}
        self._puppets: dict[tuple[str, int, int], Puppet] = {}

    def view(self, shot: Shot, index: int) -> Callable[[float, int], Image.Image]:
        way = 1 if index % 2 else -1
        if shot.kind == "insert":
            return self._insert(shot.prop, way)
        if shot.kind == "close":
            return self._near(shot, way, 2.1, 430, 1.55, 5)
        if shot.kind == "two":
            return self._near(shot, way, 1.45, 400, 1.25, 2.5)
        return self._wide(shot, way)

    def _with_props(self) -> Sprite:
        """The foremost sheet with the scene's things standing on it."""
        sheet = Sheet(WIDTH, SIZE[1], 5).stamp(self.place.front)
        standing = [(name, PROPS[name]) for name in self.scene.props if name in PROPS and PROPS[name].height]
        ground = [name for name, prop in standing if prop.stands == "ground"]
        tabled = [(name, prop) for name, prop in standing if prop.stands == "surface"]
        if self.place.outdoors and self.scene.motif != "courtyard":
            # Nothing to lay small things on out here: they are seen close, or not at all.
            tabled = [
                (name, prop) for name, prop in tabled if name in {"umbrella", "unfinished-umbrella", "bamboo"}
            ]
        for n, (name, prop) in enumerate(tabled):
            x = MARGIN + 540 * (n + 1) / (len(tabled) + 1) + (36 if n % 2 else -36) * (len(tabled) == 1)
            if self.place.outdoors and name not in {"umbrella", "unfinished-umbrella", "bamboo"}:
                _stool(sheet, x, self.place.surface + 8, self.light)
            prop.paint(sheet, x, self.place.surface + 14 - prop.height * 0.48, prop.height)
        for n, name in enumerate(ground):
            height = PROPS[name].height
            if self.place.outdoors:
                PROPS[name].paint(
                    sheet, MARGIN + 88 + n * 120, self.place.surface + 30 - height * 0.5, height
                )
            else:  # on the floor by the door, behind the people
                floor = Sheet(WIDTH, SIZE[1], 6).stamp(self.place.mid)
                PROPS[name].paint(floor, WIDTH - MARGIN - 64, 690 - height * 0.36, height * 0.72)
                self.place.mid = floor.sprite()
        return sheet.tinted(tuple(c / 255 for c in mix(self.light.ambient, (255, 255, 255), 0.4))).sprite()  # type: ignore[arg-type]

    def _layer(self, name: str, offset: float) -> tuple[Sprite, int]:
        """A layer moved right by `offset` pixels: the sprite shifted between pixels, and the whole pixels."""
        phase = round(offset * _PHASES)
        whole, between = divmod(phase, _PHASES)
        if (name, between) not in self._shifted:
            source = {"mid": self.place.mid, "front": self.front}[name]
            self._shifted[(name, between)] = source.shifted(between / _PHASES) if between else source
        return self._shifted[(name, between)], whole

    def _wide(self, shot: Shot, way: int) -> Callable[[float, int], Image.Image]:
        spots = _places(len(self.cast), self.place.outdoors)
        order = sorted(range(len(self.cast)), key=lambda n: spots[n][1])
        canopy = self._canopy(shot, 270, 150, 225) if len(self.cast) == 2 else None

        def draw(part: float, number: int) -> Image.Image:
            drift = way * (part - 0.5) * 2
            back = self.place.back
            x = MARGIN - drift * 4
            picture = back.crop((round(x), 0, round(x) + 540, 960))
            self.rain.far(picture, number)
            mid, dx = self._layer("mid", drift * 8 - MARGIN)
            mid.onto(picture, dx)
            if self.place.outdoors:
                self.rain.middle(picture, number)
            if canopy:
                canopy.onto(picture, round(drift * 11))
            for n in order:
                self._figure(picture, n, spots[n], shot, number, drift * 11, 0)
            front, dx = self._layer("front", drift * 17 - MARGIN)
            front.onto(picture, dx)
            if self.place.outdoors:
                self.rain.near(picture, number)
            return picture

        return draw

    def _near(
        self, shot: Shot, way: int, scale: float, neck: int, zoom: float, blur: float
    ) -> Callable[[float, int], Image.Image]:
        who = list(shot.who) or self.cast[:1]
        if shot.kind == "two" and len(who) == 1:
            who = (who + [name for name in self.cast if name not in who])[:2]
        who.sort(key=lambda name: self.cast.index(name) if name in self.cast else 99)
        first = self.cast.index(who[0]) if who[0] in self.cast else 0
        spots = _places(len(self.cast), self.place.outdoors)
        home = spots[min(first, len(spots) - 1)][0] if spots and len(who) == 1 else 270
        scenery = self._scenery(home, zoom, blur)
        held = shot.kind == "two" and len(who) == 2
        canopy = self._canopy(shot, 270, 96, 262) if held else None
        if len(who) == 1:
            side = 1 if home <= 270 else -1
            where = [(252.0 if side > 0 else 288.0, float(neck), scale, side)]
        else:
            where = [(150.0, float(neck), scale, 1), (390.0, float(neck + 6), scale, -1)]

        def draw(part: float, number: int) -> Image.Image:
            drift = way * (part - 0.5) * 2
            phase = round((30 + drift * 9) * _PHASES)
            picture = scenery(phase % _PHASES).crop((phase // _PHASES, 0, phase // _PHASES + 540, 960))
            if self.place.outdoors:
                self.rain.middle(picture, number)
            if canopy:
                canopy.onto(picture, round(drift * 4))
            for name, spot in zip(who, where, strict=False):
                self._figure(
                    picture,
                    self.cast.index(name) if name in self.cast else 0,
                    spot,
                    shot,
                    number,
                    -drift * 3,
                    1,
                )
            if self.place.outdoors:
                self.rain.near(picture, number)
            return picture

        return draw

    def _scenery(self, home: float, zoom: float, blur: float) -> Callable[[int], Image.Image]:
        """The place out of focus behind people who are near, 600 pixels wide; one picture a phase."""
        flat = self.place.back.copy()
        self.place.mid.onto(flat)
        wide, high = WIDTH / zoom, 960 / zoom
        left = min(max(0.0, home + MARGIN - wide / 2), WIDTH - wide)
        top = max(0.0, 330 - high * 0.42)
        large = flat.resize((WIDTH + 1, 960), Image.Resampling.BICUBIC, (left, top, left + wide, top + high))
        soft = np.asarray(large.filter(ImageFilter.GaussianBlur(blur)), np.float32)
        made: dict[int, Image.Image] = {}

        def at(phase: int) -> Image.Image:
            if phase not in made:
                part = phase / _PHASES
                made[phase] = Image.fromarray(
                    (soft[:, :-1] * (1 - part) + soft[:, 1:] * part).astype(np.uint8)
                )
            return made[phase]

        return at

    def _figure(
        self, picture: Image.Image, n: int, spot: tuple[float, float, float, int], shot: Shot, number: int, dx: float, near: int
    ) -> None:  # fmt: skip
        name = self.cast[n]
        x, y, scale, side = spot
        person = self.board.people.get(name)
        key = (name, round(scale * 100), side)
        if key not in self._puppets:
            dress = look(name, person.gender if person else None, person.age if person else None)
            self._puppets[key] = Puppet(dress, scale, self.light.ambient, side)
        now = number * 1000 // DRAWINGS + 40
        speaking = next((c for c in self.board.cues if c.start_ms <= now < c.end_ms), None)
        speaks = speaking is not None and speaking.speaker == name
        # Everyone has a breath and a blink of their own, by the letters of their name.
        own = zlib.crc32(name.encode())
        tick = number + own % 97
        beat = tick / DRAWINGS
        blink = tick % (34 + own % 17) in (0, 1)
        nod = 0.9 * math.sin(beat * 1.3) + (
            3.2 * math.sin(beat * 6.1) + 1.6 * math.sin(beat * 3.3) if speaks else 0
        )
        sway = 0.5 * math.sin(beat * 0.9) + (0.9 * math.sin(beat * 2.4) if speaks else 0)
        arm = 0.8 * math.sin(beat * 1.1) + (-9 - 7 * math.sin(beat * 2.9) if speaks else 0)
        mouth = (1, 2, 0, 2, 1, 0)[(number // 2 + own) % 6] if speaks else 0
        facing = side
        if not near and not speaks and speaking and speaking.speaker in self.cast:
            facing = (
                1
                if _places(len(self.cast), self.place.outdoors)[self.cast.index(speaking.speaker)][0] > x
                else -1
            )
        face = Face(facing, not blink, mouth, self.scene.mood)
        bob = 1.6 * math.sin(beat * 1.7) + (1.2 * math.sin(beat * 6.1) if speaks else 0)
        self._puppets[key].draw(picture, x + dx, y + bob, face, nod * side, sway, arm * side)

    def _canopy(self, shot: Shot, x: float, y: float, radius: float) -> Sprite | None:
        """One umbrella over two people, out in the rain: opened when half of the scene is over."""
        late = shot.start_ms > (self.scene.start_ms + self.scene.end_ms) // 2
        if not (
            late and self.place.outdoors and self.scene.weather == "rain" and "umbrella" in self.scene.props
        ):
            return None
        sheet = Sheet(*SIZE, seed=11)
        umbrella.from_side(sheet, x, y, radius, VERMILION, angle=-5, shaft=1.75, lift=9)
        return sheet.tinted(tuple(c / 255 for c in self.light.ambient)).sprite()  # type: ignore[arg-type]

    def _insert(self, name: str, way: int) -> Callable[[float, int], Image.Image]:
        middle, edge = background(self.light.night, self.light.ambient)
        sheet = Sheet(WIDTH, SIZE[1], 21).fill(mix(middle, edge, 0.3), edge)
        for n in range(36):  # the ribs of an umbrella, as a faint fan in the paper below
            a = math.radians(n * 10)
            sheet.piece(shade(middle, 1.12), strip([(300 + math.cos(a) * 120, 330 + math.sin(a) * 120), (300 + math.cos(a) * 760, 330 + math.sin(a) * 760)], 2, 12),
                        lift=0, rim=0, alpha=0.2)  # fmt: skip
        for radius in (300, 236):
            sheet.piece(mix(middle, self.light.lamp, 0.12), ellipse(300, 330, radius), lift=6, alpha=0.5)
        sheet.glow(300, 310, 430, self.light.lamp, 0.45)
        base = sheet.sprite()
        thing = Sheet(WIDTH, SIZE[1], 23)
        PROPS[name].paint(thing, 300, 326, 300)
        item = thing.tinted(tuple(c / 255 for c in mix(self.light.ambient, (255, 255, 255), 0.5))).sprite()  # type: ignore[arg-type]
        phases = [item.shifted(n / _PHASES) if n else item for n in range(_PHASES)]

        def draw(part: float, number: int) -> Image.Image:
            drift = way * (part - 0.5) * 2
            picture = base.image.crop((MARGIN, 0, MARGIN + 540, 960))
            phase = round((drift * 10 - MARGIN) * _PHASES)
            phases[phase % _PHASES].onto(picture, phase // _PHASES, round(2 * math.sin(number * 0.13)))
            return picture

        return draw


def _places(count: int, outdoors: bool) -> list[tuple[float, float, float, int]]:
    """Where people stand in a wide shot: neck x and y, scale, and the side that they face."""
    small = 0.86 if outdoors else 1.0
    rows: dict[int, list[tuple[float, float, float]]] = {
        0: [],
        1: [(270, 372, 1.2)],
        2: [(160, 376, 1.14), (384, 380, 1.14)],
        3: [(104, 388, 1.0), (440, 388, 1.0), (272, 350, 0.96)],
        4: [(92, 396, 0.92), (214, 350, 0.84), (332, 350, 0.84), (450, 396, 0.92)],
    }
    if count in rows:
        spots = rows[count]
    else:
        behind = (count + 1) // 2
        spots = [(70 + 400 * n / max(1, behind - 1), 306, 0.66) for n in range(behind)]
        ahead = count - behind
        spots = [(120 + 300 * n / max(1, ahead - 1), 420, 0.78) for n in range(ahead)] + spots
    return [(x, y, k * small, 1 if x < 270 or (x == 270 and count == 1) else -1) for x, y, k in spots]


def _stool(sheet: Sheet, x: float, y: float, scene_light: Light) -> None:
    wood = scene_light.wood
    sheet.piece(
        shade(wood, 0.7),
        strip([(x - 30, y), (x - 42, y + 78)], 9),
        strip([(x + 30, y), (x + 42, y + 78)], 9),
        lift=4,
    )
    sheet.piece(shade(wood, 0.8), strip([(x - 36, y + 44), (x + 36, y + 44)], 6), lift=3)
    sheet.piece(shade(wood, 1.1), rect(x - 50, y, x + 50, y + 13), lift=5)


def _vignette() -> Image.Image:
    spot = light_spot(540, 960, 270, 400, 1150)
    return Image.fromarray(np.clip((0.42 - spot) * 300, 0, 110).astype(np.uint8))
