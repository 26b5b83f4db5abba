"""Scene headings in Chinese, as they stand in Fountain and Final Draft files: `内景 客厅 - 日`, `2-1 夜 内 灶房`."""

from __future__ import annotations

import re
from typing import NamedTuple

from smallscreen.series.scripts.drama import _scene, _setting
from smallscreen.series.text import HAN, has_han

_OPENING = re.compile(r"(?:[内內外]\s*[/／]\s*[内內外]\s*景?|[内內]外景|[内內外]景)\s*[\s.．。、:：,，]\s*\S")
_NAME = re.compile(rf"[{HAN}]{{1,6}}(?:\s*[（(][^（()）]{{1,12}}[)）])*\s*\^?")


class Heading(NamedTuple):
    """What a heading says; `number` None where it has none."""

    number: str | None
    place: str
    time: str
    interior: bool | None


def chinese_heading(text: str, episode: int, *, forced: bool = False) -> Heading | None:
    """The heading, or None when `text` is no scene heading in Chinese; `forced`: the file says that it is one.

    The setting stands in any order after the opening, as in the short-drama form.
    """
    if len(text) > 80 or not has_han(text):
        return None
    text = re.sub(r"\s+[-－–—]+\s+", " ", text)
    if _OPENING.match(text) and not re.search("[！？!?]", text):
        return Heading(None, *_setting(text))
    if (found := _scene(text, episode)) is not None:
        _, number, rest = found
        return Heading(number, *_setting(rest))
    if forced:
        place, time, interior = _setting(text)
        return Heading(None, place, time, interior) if time or interior is not None else None
    return None


def is_chinese_name(text: str) -> bool:
    """Whether a line by itself can be a speaker: Chinese has no capitals to tell it by, so short and without a mark."""
    return _NAME.fullmatch(text) is not None
