"""TTML and its subtitle profile IMSC (.ttml, .dfxp, .xml, .itt).

https://www.w3.org/TR/ttml2/ and https://www.w3.org/TR/ttml-imsc1.1/. Read through defusedxml, so that no
entity is expanded: clock times, offsets, frames and ticks; times inherited from body and div; timed
spans; line breaks; styles as far as they say italic; agents as speakers. Written as the IMSC 1.1 text
profile, with a region in the safe area.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape, quoteattr

from smallscreen.errors import FileProblem
from smallscreen.series.formats.base import (
    LINE_HEIGHT,
    Format,
    Layout,
    RawCue,
    Timed,
    checked_times,
    clock,
    italic_runs,
)

_CLOCK = re.compile(r"(\d{1,4}):(\d{2}):(\d{2})(?:\.(\d+)|:(\d{1,3})(?:\.\d+)?)?", re.ASCII)
_OFFSET = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s|f|t)", re.ASCII)
_EXPECTED = "a time such as 00:00:01.500, 1.5s, 36f or 15000000t"
_XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
_LINE = "line"  # attribute in which the parser leaves the line number; TTML has none of that name
_MAX_DEPTH = 100
_PROFILE = "http://www.w3.org/ns/ttml/profile/imsc1.1/text"


class Ttml(Format):
    """TTML, IMSC1 text profile."""

    id = "ttml"
    name = "TTML (IMSC1)"
    description = "for stations and streaming services: the IMSC 1.1 text profile"
    suffixes = (".ttml", ".dfxp", ".imsc", ".itt", ".xml")

    def claims(self, text: str) -> bool:
        return re.match(r"\s*(<\?xml\b|<(\w+:)?tt[\s>])", text) is not None

    def read(self, text: str, path: Path) -> list[RawCue]:
        root = _parse(text, path)
        if _name(root) != "tt":
            raise FileProblem(path, 1, f"its first element is <{_name(root)}>", "a TTML document, <tt>")
        body = next((e for e in root if _name(e) == "body"), None)
        if body is None:
            raise FileProblem(path, 1, "it has no <body>", "a TTML document with <body>")
        reader = _Reader(root, path)
        cues = list(reader.cues(body, _Span(0, None), root.get(_XML_SPACE) == "preserve"))
        if not cues:
            raise FileProblem(
                path, int(body.get(_LINE, 1)), "its <body> holds no timed text", "<p begin= end=>"
            )
        return cues

    def write(self, lines: Sequence[Timed], layout: Layout, title: str) -> str:
        direction = ' tts:direction="rtl" tts:unicodeBidi="embed"' if layout.rtl else ""
        writing = ' tts:writingMode="rltb"' if layout.rtl else ""
        # One cell is 1/15 of the picture's height; the font size is a share of it.
        size = layout.font_px * 100 / (layout.height / 15)
        aspect = f"{layout.width} {layout.height}" if layout.width * 16 != layout.height * 9 else "9 16"
        if layout.width * 9 == layout.height * 16:
            aspect = "16 9"
        out = [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<tt xmlns="http://www.w3.org/ns/ttml"',
            '    xmlns:ttp="http://www.w3.org/ns/ttml#parameter"',
            '    xmlns:tts="http://www.w3.org/ns/ttml#styling"',
            '    xmlns:ttm="http://www.w3.org/ns/ttml#metadata"',
            '    xmlns:ittp="http://www.w3.org/ns/ttml/profile/imsc1#parameter"',
            f'    xml:lang={quoteattr("" if layout.locale == "und" else layout.locale)} xml:space="preserve"',
            f'    ttp:contentProfiles="{_PROFILE}" ttp:timeBase="media"',
            f'    ttp:cellResolution="32 15" ittp:aspectRatio="{aspect}">',
            "  <head>",
            f"    <metadata><ttm:title>{escape(title)}</ttm:title></metadata>",
            "    <styling>",
            f'      <style xml:id="subtitle" tts:fontFamily="proportionalSansSerif" tts:fontSize="{size:.1f}%"'
            f' tts:lineHeight="{LINE_HEIGHT * 100:.0f}%"',
            '             tts:color="white" tts:textAlign="center" tts:textOutline="black 5%"/>',
            '      <style xml:id="italic" tts:fontStyle="italic"/>',
            "    </styling>",
            "    <layout>",
            f'      <region xml:id="text" tts:origin="{_share(layout.left, layout.width)}'
            f' {_share(layout.top, layout.height)}"',
            f'              tts:extent="{_share(layout.right - layout.left, layout.width)}'
            f' {_share(layout.bottom - layout.top, layout.height)}"',
            f'              tts:displayAlign="after" tts:overflow="visible"{writing}/>',
            "    </layout>",
            "  </head>",
            '  <body region="text" style="subtitle">',
            "    <div>",
        ]
        out += [
            f'      <p xml:id="s{number}" begin="{clock(line.start_ms)}" end="{clock(line.end_ms)}"{direction}>'
            f"{_markup(line.text)}</p>"
            for number, line in enumerate(lines, start=1)
        ]
        return "\n".join([*out, "    </div>", "  </body>", "</tt>", ""])


@dataclass(frozen=True, slots=True)
class _Span:
    """An interval of media time, ms; `end` None: until its parent ends."""

    begin: int
    end: int | None


class _Reader:
    """Walks a document with its time parameters, styles and agents at hand."""

    def __init__(self, root: Element, path: Path) -> None:
        self.path = path
        rate = _number(_attribute(root, "frameRate"), Fraction(30), path)
        multiplier = (_attribute(root, "frameRateMultiplier") or "1 1").replace(":", " ").split()
        if len(multiplier) == 2:
            rate *= _number(multiplier[0], Fraction(1), path) / _number(multiplier[1], Fraction(1), path)
        self.frame_rate = rate
        ticks = _attribute(root, "tickRate")
        self.tick_rate = _number(ticks, rate if _attribute(root, "frameRate") else Fraction(1), path)
        self.italic_styles = {
            e.get(_XML_ID)
            for e in root.iter()
            if _name(e) == "style" and _attribute(e, "fontStyle") in ("italic", "oblique")
        }
        self.agents = {
            e.get(_XML_ID): " ".join("".join(n.itertext()).split())
            for e in root.iter()
            if _name(e) == "agent"
            for n in e
            if _name(n) == "name"
        }

    def cues(self, element: Element, parent: _Span, preserve: bool) -> Iterator[RawCue]:
        """The cues of an element and below: its own when it is <p>, else its children's."""
        preserve = _space(element, preserve)
        span = self._span(element, parent)
        if _name(element) != "p":
            for child in element:
                if _name(child) in ("div", "p"):
                    yield from self.cues(child, span, preserve)
            return
        timed = [c for c in element.iter() if _name(c) == "span" and (c.get("begin") or c.get("end"))]
        if timed and element.get("begin") is None and element.get("end") is None:
            for part in timed:
                yield from self._cue(
                    part, self._span(part, span), preserve, self._agent(part) or self._agent(element)
                )
        else:
            yield from self._cue(element, span, preserve, self._agent(element))

    def _cue(self, element: Element, span: _Span, preserve: bool, speaker: str | None) -> Iterator[RawCue]:
        text = "".join(self._text(element, preserve, self._italic(element)))
        if not preserve:
            text = re.sub(r" *\n *", "\n", text)
        if not text.replace("<i>", "").replace("</i>", "").strip():
            return
        line = int(element.get(_LINE, 1))
        if span.end is None:
            raise FileProblem(self.path, line, "a subtitle has no end", "end= or dur=")
        checked_times(self.path, line, span.begin, span.end)
        yield RawCue(span.begin, span.end, text, speaker, line)

    def _text(self, element: Element, preserve: bool, italic: bool) -> Iterator[str]:
        def run(text: str | None) -> str:
            text = text or ""
            if not preserve:
                return re.sub(r"[ \t\r\n]+", " ", text)
            return text

        if italic:
            yield "<i>"
        yield run(element.text)
        for child in element:
            name = _name(child)
            if name == "br":
                yield "\n"
            elif name == "span":
                yield from self._text(child, _space(child, preserve), self._italic(child) and not italic)
            yield run(child.tail)
        if italic:
            yield "</i>"

    def _italic(self, element: Element) -> bool:
        own = _attribute(element, "fontStyle")
        if own is not None:
            return own in ("italic", "oblique")
        return bool(self.italic_styles.intersection((element.get("style") or "").split()))

    def _agent(self, element: Element) -> str | None:
        for key in (_attribute(element, "agent") or "").split():
            if self.agents.get(key):
                return self.agents[key]
        return None

    def _span(self, element: Element, parent: _Span) -> _Span:
        line = int(element.get(_LINE, 1))
        begin = parent.begin + (self._ms(element.get("begin"), line) or 0)
        ends = [] if parent.end is None else [parent.end]
        if (end := self._ms(element.get("end"), line)) is not None:
            ends.append(parent.begin + end)
        if (dur := self._ms(element.get("dur"), line)) is not None:
            ends.append(begin + dur)
        return _Span(begin, min(ends) if ends else None)

    def _ms(self, value: str | None, line: int) -> int | None:
        if value is None:
            return None
        value = value.strip()
        if value.startswith("-"):
            raise FileProblem(self.path, line, f"{value[:40]!r} is a negative time", "times from 0 on")
        if match := _CLOCK.fullmatch(value):
            hours, minutes, seconds, fraction, frames = match.groups()
            total = Fraction((int(hours) * 60 + int(minutes)) * 60 + int(seconds))
            if fraction:
                total += Fraction(int(fraction[:9]), 10 ** len(fraction[:9]))
            if frames:
                total += int(frames) / self.frame_rate
        elif match := _OFFSET.fullmatch(value):
            count, unit = Fraction(match.group(1)[:30]), match.group(2)
            scale = {"h": Fraction(3600), "m": Fraction(60), "s": Fraction(1), "ms": Fraction(1, 1000)}
            scale |= {"f": 1 / self.frame_rate, "t": 1 / self.tick_rate}
            total = count * scale[unit]
        else:
            raise FileProblem(self.path, line, f"{value[:40]!r} is no time", _EXPECTED)
        if total > 360_000_000:
            raise FileProblem(self.path, line, f"{value[:40]!r} is too late a time", _EXPECTED)
        return int(total * 1000 + Fraction(1, 2))


def _parse(text: str, path: Path) -> Element:
    from xml.etree.ElementTree import TreeBuilder

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser

    class Builder(TreeBuilder):
        """Leaves its line number in every element, and refuses to go too deep."""

        depth = 0

        def start(self, tag: Any, attrs: Any, /) -> Element:
            self.depth += 1
            here = parser.parser.CurrentLineNumber
            if self.depth > _MAX_DEPTH:
                raise FileProblem(
                    path, here, f"elements are nested more than {_MAX_DEPTH} deep", "a TTML document"
                )
            return super().start(tag, {**attrs, _LINE: str(here)})

        def end(self, tag: str, /) -> Element:
            self.depth -= 1
            return super().end(tag)

    parser = DefusedXMLParser(target=Builder(), forbid_dtd=False, forbid_entities=True, forbid_external=True)
    try:
        parser.feed(text)
        root: Element = parser.close()
        return root
    except ParseError as e:
        raise FileProblem(
            path, e.position[0], f"it is not well-formed XML ({str(e).split(':')[0]})", "TTML"
        ) from None
    except (DefusedXmlException, ValueError) as e:
        kind = type(e).__name__.removesuffix("Forbidden")
        raise FileProblem(
            path, None, f"it declares entities, which are not read ({kind})", "TTML without them"
        ) from None


def _name(element: Element) -> str:
    """The local name; older files use other namespaces for the same elements."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _attribute(element: Element, name: str) -> str | None:
    """An attribute by its local name, in whichever of TTML's namespaces the file is."""
    for key, value in element.items():
        if key.rpartition("}")[2] == name:
            return value
    return None


def _space(element: Element, preserve: bool) -> bool:
    own = element.get(_XML_SPACE)
    return preserve if own is None else own == "preserve"


def _number(value: str | None, default: Fraction, path: Path) -> Fraction:
    if value is None:
        return default
    try:
        number = Fraction(value.strip()[:30])
    except (ValueError, ZeroDivisionError):
        number = Fraction(0)
    if number <= 0:
        raise FileProblem(path, 1, f"{value[:40]!r} is no frame or tick rate", "a number above 0")
    return number


def _markup(text: str) -> str:
    parts = []
    for italic, run in italic_runs(text):
        escaped = escape(run).replace("\n", "<br/>")
        parts.append(f'<span style="italic">{escaped}</span>' if italic else escaped)
    return "".join(parts)


def _share(part: int, whole: int) -> str:
    return f"{part * 100 / whole:.3f}%"
