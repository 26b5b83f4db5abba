"""The pack as a PDF with a text layer: what the page shows, on A4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from smallscreen.engines.pdf import DIM, INK, RULE, Sheet, save
from smallscreen.rights.evidence.page import exact, how
from smallscreen.rights.evidence.timeline import COLORS, LABELS, draw
from smallscreen.rights.model import Segment
from smallscreen.rights.pages import utc
from smallscreen.rights.words import clock, score

_ROWS = 40
"""Stretches that are listed on paper; evidence.json has all."""


def draw_paper(
    facts: Mapping[str, Any],
    pictures: Mapping[str, bytes],
    segments: Sequence[Segment],
    path: Path,
    moment: datetime,
) -> None:
    """Write the PDF; the same facts, pictures and moment give the same bytes."""
    paper = _Paper(facts)
    paper.head()
    paper.pairs(pictures)
    paper.timeline(segments)
    paper.files()
    paper.notices()
    paper.end()
    save([(paper.sheet, path)], moment)


class _Paper:
    def __init__(self, facts: Mapping[str, Any]) -> None:
        self.e = facts
        self.sheet = Sheet(
            f"{facts['work']['series']} {facts['work']['name']}: evidence {facts['pack']}", "zh", margin=46
        )
        self.y = 0.0
        self._page()

    def head(self) -> None:
        e, s = self.e, self.sheet
        title = ", ".join(v for v in (e["work"]["series"], e["work"]["name"]) if v)
        self.y += 8
        self._words(title, 22, bold=True)
        self._words(e["said"] + ".", 12, after=6)
        rows = [("Found in", e["file"]["name"])]
        for seen in e["file"]["sightings"][:6]:
            who = [f"{k} {seen[k]}" for k in ("channel", "account", "uploader") if seen[k]]
            said = ", ".join([seen["day"] or seen["at"][:10], *who, *filter(None, [seen["territory"]])])
            rows.append(("Seen", f"{said}\n{seen['url']}\nlooked at {utc(seen['at'])}".replace("\n\n", "\n")))
        number = f"{e['work']['work_id_kind']} {e['work']['work_id']}".strip()
        rows += [
            ("Registered work", number or "no EIDR or ISAN was given"),
            ("Owner", e["owner"]["name"] or "not given"),
            (
                "Recognized",
                f"{e['match']['by']}, confidence {score(e['match']['confidence'])}",
            ),
        ]
        if e["standing"]["why"]:
            rows.append(("A license is near", e["standing"]["why"]))
        rows.append(("How sure", " ".join(filter(None, (e["accuracy"]["sentence"], e["accuracy"]["below"])))))
        for label, value in rows:
            self._row([(label, 100, DIM, False), (value, s.right - s.left - 100, INK, False)])
        s.rule(self.y - 4)
        self.y += 8

    def pairs(self, pictures: Mapping[str, bytes]) -> None:
        self._title(
            "Side by side", "The file on the left, our work at the second that belongs to it on the right."
        )
        s, gap = self.sheet, 18.0
        wide = (s.right - s.left - 2 * gap) / 3
        each = (wide - 6) / 2
        frames = self.e["frames"]
        for start in range(0, len(frames), 3):
            row = frames[start : start + 3]
            sizes = [_size(pictures[f["query"]], each) for f in row]
            high = max(
                [h for _, h in sizes] + [_size(pictures[f["ours"]], each)[1] for f in row if f["ours"]]
            )
            self._need(high + 34)
            for n, f in enumerate(row):
                x = s.left + n * (wide + gap)
                segment = self.e["match"]["segments"][f["segment"]]
                mirrored = ", mirrored" if segment["mirrored"] else ""
                self._picture(x, pictures[f["query"]], each)
                if segment["window"] != [0.0, 0.0, 1.0, 1.0]:
                    w, h = _size(pictures[f["query"]], each)
                    x1, y1, x2, y2 = segment["window"]
                    s.box(x + x1 * w, self.y + y1 * h, (x2 - x1) * w, (y2 - y1) * h, None, COLORS["both"], 1)
                if f["ours"]:
                    self._picture(x + each + 6, pictures[f["ours"]], each)
                else:
                    s.box(x + each + 6, self.y, each, high, "#ece7dd")
                    s.text(
                        x + 1.5 * each + 6,
                        self.y + high / 2,
                        "our file is not here",
                        7,
                        color=DIM,
                        align="center",
                    )
                below = self.y + high + 10
                s.text(x, below, f"file {exact(f['query_ms'])}{mirrored}", 7.5, fit=each)
                s.text(x + each + 6, below, f"ours {exact(f['asset_ms'])}", 7.5, fit=each)
            self.y += high + 26

    def timeline(self, segments: Sequence[Segment]) -> None:
        e, s = self.e, self.sheet
        d = draw(e["file"]["duration_ms"], e["work"]["duration_ms"], segments, s.right - s.left, 210)
        self._need(d.height + 80)
        self._title("Which seconds", "Time in the file from left to right, time in our work upwards.")
        left, top = s.left, self.y
        for at, words in d.yticks:
            s.rule(top + at, left + d.left, left + d.right)
            s.text(left + d.left - 5, top + at + 3, words, 7.5, color=DIM, align="right")
        for at, words in d.xticks:
            s.line(left + at, top + d.bottom, left + at, top + d.bottom + 3, DIM, 0.5)
            s.text(left + at, top + d.bottom + 12, words, 7.5, color=DIM, align="center")
        for x1, y1, x2, y2, by in d.lines:
            s.line(left + x1, top + y1, left + x2, top + y2, COLORS[by], 3)
        s.text(left + 6, top + d.top - 12, "time in our work", 7.5, color=DIM)
        s.text(left + d.right, top + d.bottom + 23, "time in the file", 7.5, color=DIM, align="right")
        x = left + d.left
        for by, color in COLORS.items():
            s.line(x, top + d.bottom + 21, x + 14, top + d.bottom + 21, color, 3)
            x += 19
            x += s.text(x, top + d.bottom + 23.5, LABELS[by], 7.5, color=DIM) + 16
        self.y += d.height + 14
        widths = (88.0, 88.0, 96.0, s.right - s.left - 332, 60.0)
        self._row([(t, w, DIM, False) for t, w in zip(("in the file", "in our work", "recognized by", "how", "confidence"), widths, strict=True)], 8)  # fmt: skip
        rows = e["match"]["segments"]
        for m in rows[:_ROWS]:
            values = (m["query"], m["asset"], LABELS[m["by"]], how(m), score(m["confidence"]))
            self._row([(v, w, INK, False) for v, w in zip(values, widths, strict=True)], 8.5)
        if len(rows) > _ROWS:
            self._words(f"{len(rows) - _ROWS} more stretches are in evidence.json.", 8, DIM)
        for note in e["match"]["notes"]:
            self._words(note, 8, DIM)
        self.y += 8

    def files(self) -> None:
        e, s = self.e, self.sheet
        self._need(120)
        self._title("The files", "")
        wide = s.right - s.left - 60
        for label, f in (("found", e["file"] | {"file": e["file"]["name"]}), ("ours", e["work"])):
            said = f"{f['file']}\n{f['size']:,} bytes, {clock(f['duration_ms'])}\nSHA-256 {f['sha256']}"
            self._row([(label, 60, INK, True), (said, wide, INK, False)])
        self._words(f"Ours was added to the catalogue on {utc(e['work']['added_at'])}.", 8, DIM, after=10)

    def notices(self) -> None:
        n = self.e["notices"]
        for title, law, rows in (
            ("For a notice in the United States", "The elements of 17 U.S.C. 512(c)(3)(A).", n["us"]),
            (
                "For a notice in the European Union",
                "The elements of Regulation (EU) 2022/2065, Article 16(2).",
                n["eu"],
            ),
        ):
            self._page()
            self._title(title, law + " What is framed is for a person to write.")
            for f in rows:
                self._field(f)
            self.y += 6
            for w in n["warnings"]:
                self._need(40)
                self._words(w, 8.5, after=3)

    def end(self) -> None:
        e = self.e
        self.y += 10
        self._need(70)
        before = e["previous"]
        said = (
            f"Before it: pack {before['pack']}, evidence.json {before['evidence_sha256']}"
            if before
            else "This is the first pack of its catalogue."
        )
        self._title("The chain", "")
        self._words(
            f"evidence.json holds the SHA-256 of every file of this pack and of the pack before it. {said}",
            8,
            DIM,
        )
        self._words(
            f"Made by {e['program']} on {utc(e['made'])}. Nothing in it was sent anywhere. It is no legal advice.",
            8,
            DIM,
        )
        for number, page in enumerate(self.sheet.pages, 1):
            self.sheet.pages.append(page)  # `text` writes to the last page
            self.sheet.text(
                self.sheet.right,
                self.sheet.bottom + 16,
                f"{number} of {self._count}",
                7.5,
                color=DIM,
                align="right",
            )
            self.sheet.pages.pop()

    # --- flow --------------------------------------------------------------------------------

    def _page(self) -> None:
        s = self.sheet
        s.page()
        self._count = len(s.pages)
        s.text(s.left, s.top - 8, f"Evidence, pack {self.e['pack']}", 7.5, color=DIM)
        s.text(s.right, s.top - 8, utc(self.e["made"]), 7.5, color=DIM, align="right")
        s.rule(s.top - 2, color=INK, thick=1)
        self.y = s.top + 18

    def _need(self, height: float) -> None:
        if self.y + height > self.sheet.bottom:
            self._page()

    def _words(
        self, text: str, size: float, color: str = INK, *, bold: bool = False, after: float = 0
    ) -> None:
        s = self.sheet
        for line in s.wrap(text, s.right - s.left, size, bold):
            self._need(s.step(size))
            s.text(s.left, self.y, line, size, bold=bold, color=color)
            self.y += s.step(size)
        self.y += after

    def _title(self, text: str, say: str) -> None:
        self._need(60)
        self.sheet.text(self.sheet.left, self.y, text, 13, bold=True)
        self.y += 14
        if say:
            self._words(say, 8.5, DIM)
        self.y += 4

    def _row(self, cells: Sequence[tuple[str, float, str, bool]], size: float = 9) -> None:
        s = self.sheet
        wrapped = [s.wrap(text, wide - 8, size, bold) for text, wide, _, bold in cells]
        high = max(1, *(len(lines) for lines in wrapped)) * s.step(size) + 5
        self._need(high)
        s.rule(self.y - size - 1)
        x = s.left
        for lines, (_, wide, color, bold) in zip(wrapped, cells, strict=True):
            s.lines(x, self.y, lines, size, bold=bold, color=color)
            x += wide
        self.y += high

    def _field(self, f: Mapping[str, Any]) -> None:
        s, size = self.sheet, 8.5
        wide = s.right - s.left - 190
        label = s.wrap(f["label"], 146, size, True)
        value = s.wrap(f["value"], wide, size)
        frame = 36.0 if f["blank"] else 0.0
        high = max(len(label) * s.step(size), len(value) * s.step(size) + frame + (4 if frame else 0)) + 8
        self._need(high)
        s.rule(self.y - size - 1)
        s.text(s.left, self.y, f["place"], size, color=DIM)
        s.lines(s.left + 28, self.y, label, size, bold=True)
        y = s.lines(s.left + 190, self.y, value, size)
        if frame:
            s.box(s.left + 190, y - size + 1, wide, frame, None, RULE, 0.8)
            s.text(s.left + 196, y + 3, f["blank"], 7, color=DIM, fit=wide - 12)
        self.y += high

    def _picture(self, x: float, data: bytes, wide: float) -> None:
        self.sheet.picture(x, self.y, *_size(data, wide), data)


def _size(data: bytes, wide: float) -> tuple[float, float]:
    """Width and height on paper; a picture is never higher than 190 points."""
    with Image.open(BytesIO(data)) as image:
        high = wide * image.height / image.width
    return (wide, high) if high <= 190 else (wide * 190 / high, 190.0)
