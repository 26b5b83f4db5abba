"""Final Draft's XML (.fdx), as Final Draft 8 to 13 and the programs that write it for them save it.

    <FinalDraft><Content>
      <Paragraph Type="Scene Heading" Number="12A"><SceneProperties Length="5/8"/><Text>INT. KITCHEN - DAY</Text></Paragraph>
      <Paragraph Type="Action"><Text>She opens </Text><Text TagNumber="3">a red umbrella</Text><Text>.</Text></Paragraph>

Kept: scene numbers, text in several runs, dual dialogue (one after the other), the summary and length of
scenes, the characters of their arc beats, and the tags of a breakdown (TagData). What is no words of the
script becomes lines of the kind `tag`: `Props: a red umbrella`, `Length: 5/8`, `Synopsis: ...`. Script notes
and omitted scenes are left out. Read through defusedxml, so that no entity is expanded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from smallscreen.errors import FileProblem
from smallscreen.series.names import episode_number
from smallscreen.series.scripts.base import Collector, Paragraph, Script, ScriptForm, join
from smallscreen.series.scripts.fountain import (
    _CAPTION,
    _EPISODE,
    _EXTENSION,
    _SHORT_EPISODE,
    begin_scene,
    voice,
)

_MAX_DEPTH = 60
_EXPECTED = "a script that Final Draft can open (.fdx)"
# Types whose words are neither spoken nor seen.
_SILENT = frozenset({"transition", "cast list", "end of act", "new act", "header", "footer"})


@dataclass(frozen=True, slots=True)
class FdxParagraph(Paragraph):
    """A paragraph of the file; `style` is its type in lower case, `tags` its tags as `Category: label`."""

    number: str = ""
    tags: tuple[str, ...] = ()
    cast: tuple[str, ...] = ()


class FinalDraft(ScriptForm):
    """Final Draft."""

    id = "fdx"
    name = "Final Draft"
    description = "Final Draft's .fdx: scene numbers, tags and dual dialogue kept"

    def claims(self, paragraphs: Sequence[Paragraph]) -> int:
        return 10 * sum(isinstance(p, FdxParagraph) for p in paragraphs)

    def parse(self, paragraphs: Sequence[Paragraph], path: Path) -> Script:
        out = Collector(episode=episode_number(path.name) or 1)
        speech: tuple[str, str, str] | None = None  # kind, speaker and manner of the words that follow
        for p in paragraphs:
            text, style = " ".join(p.text.split()), p.style
            tags, cast = (p.tags, p.cast) if isinstance(p, FdxParagraph) else ((), ())
            if style == "scene heading":
                speech = None
                _scene(p, text, out)
            elif not text:
                pass
            elif style == "character":
                kind, manners = voice(text)
                speech = kind, _EXTENSION.sub("", text).strip(), ", ".join(manners)
                out.cast(speech[1])
            elif style == "parenthetical" and speech:
                speech = speech[0], speech[1], re.sub(r"^[(（]|[)）]$", "", text).strip()
            elif style in ("dialogue", "lyrics", "singing") and speech:
                out.line(speech[0], text, speech[1], speech[2] or None)
                # The manner was said of these words; the next ones have a parenthetical of their own.
                speech = speech[0], speech[1], ""
            elif not _episode(text, out) and style not in _SILENT:
                speech = None
                caption = _CAPTION.fullmatch(text)
                out.line(
                    "caption" if caption else "action", caption.group(1).strip("“”\"' ") if caption else text
                )
            out.cast(*cast)
            for tag in tags:
                out.line("tag", tag)
        return out.script(path.stem)


def paragraphs(data: bytes, path: Path) -> list[Paragraph]:
    """The paragraphs of a Final Draft file. FileProblem when it is none, or damaged."""
    root = _parse(data, path)
    content = root.find("Content")
    if root.tag != "FinalDraft" or content is None:
        raise FileProblem(path, None, f"its first element is <{str(root.tag)[:40]}>", _EXPECTED)
    tags = _tags(root.find("TagData"))
    return [p for element in content for p in _paragraphs(element, tags)]


# --- paragraphs into a script ----------------------------------------------------------------


def _scene(p: Paragraph, text: str, out: Collector) -> None:
    if re.fullmatch(r"OMIT(?:TED)?|删除|取消", text, re.IGNORECASE):
        out.end_scene()
        return
    number = re.sub(r"\s+", "", p.number)[:60] if isinstance(p, FdxParagraph) else ""
    begin_scene(text or "?", out, number or None)
    if not text:
        out.place(place="")


def _episode(text: str, out: Collector) -> bool:
    match = _EPISODE.fullmatch(text) or _SHORT_EPISODE.fullmatch(text)
    if match is None or int(match.group(1)) < 1:
        return False
    out.begin_episode(int(match.group(1)))
    return True


# --- XML into paragraphs ---------------------------------------------------------------------


def _paragraphs(element: Element, tags: dict[str, str]) -> Iterator[Paragraph]:
    """A paragraph of the content; one that holds dual dialogue is those of both speakers, in their order."""
    dual = element.find("DualDialogue")
    if dual is not None:
        for inner in dual:
            yield from _paragraphs(inner, tags)
        return
    if element.tag != "Paragraph":
        return
    runs = element.findall("Text")
    found = [tags[n] for r in runs for n in re.split(r"[\s,;]+", r.get("TagNumber", "")) if n in tags]
    scene = element.find("SceneProperties")
    cast: list[str] = []
    if scene is not None:
        length = scene.get("Length", "").strip()
        if re.fullmatch(r"(?:\d{1,3} )?\d{1,3}(?:/8)?", length):
            found.append(f"Length: {length}")
        summary = ""
        for p in scene.iterfind("Summary/Paragraph"):
            summary = join(summary, " ".join("".join(t.itertext()) for t in p.findall("Text")).strip())
        if summary:
            found.append(f"Synopsis: {' '.join(summary.split())}")
        cast = [b.get("Name", "").strip() for b in scene.iterfind("SceneArcBeats/CharacterArcBeat")]
    yield FdxParagraph(
        "".join("".join(r.itertext()) for r in runs),
        (element.get("Type") or "action").strip().lower(),
        (element.get("Number") or "").strip(),
        tuple(dict.fromkeys(found)),
        tuple(name for name in cast if name),
    )


def _tags(data: Element | None) -> dict[str, str]:
    """`Category: label` by the number that a run of text names (TagNumber)."""
    if data is None:
        return {}
    categories = {c.get("Id"): c.get("Name", "").strip() for c in data.iter("TagCategory")}
    definitions = {
        d.get("Id"): f"{categories.get(d.get('CatId')) or 'Miscellaneous'}: {d.get('Label', '').strip()}"
        for d in data.iter("TagDefinition")
        if d.get("Label", "").strip()
    }
    found: dict[str, str] = {}
    for tag in data.iter("Tag"):
        for definition in tag.findall("DefId"):
            label = definitions.get((definition.text or "").strip())
            if label and tag.get("Number"):
                found.setdefault(str(tag.get("Number")), label)
    return found


def _parse(data: bytes, path: Path) -> Element:
    from xml.etree.ElementTree import TreeBuilder

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser

    class Builder(TreeBuilder):
        """Refuses to go too deep: what walks the tree calls itself."""

        depth = 0

        def start(self, tag: Any, attrs: Any, /) -> Element:
            self.depth += 1
            if self.depth > _MAX_DEPTH:
                raise FileProblem(
                    path, None, f"its elements are nested more than {_MAX_DEPTH} deep", _EXPECTED
                )
            return super().start(tag, attrs)

        def end(self, tag: str, /) -> Element:
            self.depth -= 1
            return super().end(tag)

    parser = DefusedXMLParser(target=Builder(), forbid_dtd=False, forbid_entities=True, forbid_external=True)
    try:
        parser.feed(data)
        root: Element = parser.close()
        return root
    except ParseError as e:
        problem = f"it is not well-formed XML ({str(e).split(':')[0]})"
        raise FileProblem(path, e.position[0], problem, _EXPECTED) from None
    except (DefusedXmlException, ValueError, LookupError) as e:
        problem = f"its XML cannot be read ({type(e).__name__})"
        raise FileProblem(path, None, problem, _EXPECTED) from None
