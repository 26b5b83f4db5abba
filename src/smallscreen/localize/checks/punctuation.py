"""Punctuation, spaces and typography as the locale writes them (series/markets/*.toml, [typography])."""

from __future__ import annotations

import re
from collections.abc import Iterator

from smallscreen.localize.checks.base import Check, CheckContext, Row, quote
from smallscreen.series.markets import Market
from smallscreen.series.model import Finding

_CHINESE_MARKS = re.compile(
    "[，。！？；：、（）「」『』《》〈〉【】～．…]*[，。！？；：、（）「」『』《》〈〉【】～．]"
)
_KOREAN_TOO = re.compile("[，。！？；：、（）【】～．]")


class ChineseMarks(Check):
    """language.chinese-punctuation"""

    id = "language.chinese-punctuation"
    name = "Chinese punctuation left"
    description = "Full-width marks (，。？！“「《) stand in a market that does not use them."
    spare = frozenset({"zh", "ja"})

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        pattern = _KOREAN_TOO if ctx.market.language == "ko" else _CHINESE_MARKS
        for row in ctx.rows:
            if row.text.isascii():
                continue
            marks = "".join(dict.fromkeys("".join(pattern.findall(row.text))))
            if marks:
                yield self.on_line(
                    ctx,
                    row.line,
                    f"Chinese punctuation is left in the line: {marks}",
                    "Replace it with the market's own marks.",
                    evidence={"marks": marks},
                )


class OpeningMarks(Check):
    """language.opening-marks"""

    id = "language.opening-marks"
    name = "Opening mark missing"
    description = "A question or exclamation lacks the mark that opens it (Spanish ¿ and ¡)."

    def why_not(self, market: Market) -> str | None:
        """Only where the locale has such marks."""
        return super().why_not(market) or (
            None if market.typography.opening_marks else "the locale has no such marks"
        )

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        marks = ctx.market.typography.opening_marks
        pending = ""  # opening marks of the line before whose sentence goes on
        for row in ctx.rows:
            opened = pending
            for at, char in enumerate(row.flat):
                if char in marks.values():
                    opened += char
                elif char in marks:
                    # ¡Qué? is right too, and so is ?! after one opening mark: what counts is that one is open.
                    if opened or (at and row.flat[at - 1] in marks):
                        opened = ""
                        continue
                    yield self.on_line(
                        ctx,
                        row.line,
                        f"{quote(row.flat, 40)} lacks the opening {marks[char]}.",
                        f"Put {marks[char]} where the {'question' if char == '?' else 'exclamation'} begins.",
                        evidence={"missing": marks[char]},
                        confidence=0.95,
                    )
                    break
            last_open = max((row.flat.rfind(m) for m in marks.values()), default=-1)
            last_close = max((row.flat.rfind(m) for m in marks), default=-1)
            pending = (
                "".join(marks.values()) if last_open > last_close or (pending and last_close < 0) else ""
            )


_SPACE_BEFORE = re.compile(r"\w[ \u00a0\u202f]+([,.;:!?])(?![\w.…)(\-/])")


class SpaceBeforeMark(Check):
    """language.mark-spacing"""

    id = "language.mark-spacing"
    name = "Space before a mark"
    description = (
        "A space stands before a mark where the locale wants none, or is missing where it wants one (French)."
    )
    spare = frozenset({"zh", "ja", "th"})

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        wanted = ctx.market.typography.space_before
        missing = re.compile(rf"[^\W\d_]\s?[»)]?([{re.escape(wanted)}])") if wanted else None
        for row in ctx.rows:
            for match in _SPACE_BEFORE.finditer(row.flat):
                if match[1] not in wanted:
                    yield self.on_line(
                        ctx,
                        row.line,
                        f"A space stands before “{match[1]}”.",
                        "Delete the space.",
                        evidence={"near": row.flat[max(0, match.start() - 10) : match.end()]},
                        severity="note",
                    )
                    break
            if missing is None:
                continue
            for match in missing.finditer(row.flat):
                if not match[0][-2].isspace() and "://" not in row.flat:
                    yield self.on_line(
                        ctx,
                        row.line,
                        f"A space is missing before “{match[1]}”.",
                        "Put a no-break space before it.",
                        evidence={"near": row.flat[max(0, match.start() - 10) : match.end()]},
                        severity="note",
                    )
                    break


_QUOTES = '"“”„«»「」『』‹›〝〞'
_QUOTE = re.compile(f"[{_QUOTES}]")


class ForeignQuotes(Check):
    """language.quotes"""

    id = "language.quotes"
    name = "Quotation marks of another locale"
    description = "Quotation marks are not those of the locale; straight ones are a note."

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        own = {*ctx.market.typography.quotes, *ctx.market.typography.inner_quotes}
        shown = " ".join(ctx.market.typography.quotes)
        for row in ctx.rows:
            foreign = [m for m in _QUOTE.findall(row.text) if m not in own]
            if not foreign:
                continue
            straight = all(m == '"' for m in foreign)
            yield self.on_line(
                ctx,
                row.line,
                "Quotation marks are straight."
                if straight
                else f"{foreign[0]} is not this locale's quotation mark.",
                f"Write {shown}.",
                evidence={"marks": "".join(dict.fromkeys(foreign)), "own": shown},
                severity="note" if straight else "warning",
            )


class UnbalancedQuotes(Check):
    """language.unbalanced-quotes"""

    id = "language.unbalanced-quotes"
    name = "Quotation or bracket not closed"
    description = "A quotation or bracket is opened and not closed within the next three lines, or closed and never opened."

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        opening, closing = ctx.market.typography.quotes
        pairs = [("(", ")"), ("[", "]")]
        pairs += [(opening, closing)] if opening != closing else []
        straight = '"' if opening == closing or '"' not in (opening, closing) else ""
        for first, last in pairs:
            yield from self._pair(ctx, first, last)
        if straight:
            yield from self._straight(ctx, straight)

    def _pair(self, ctx: CheckContext, first: str, last: str) -> Iterator[Finding]:
        still_open: list[tuple[int, Row]] = []
        for at, row in enumerate(ctx.rows):
            if still_open and at - still_open[0][0] > 3:
                yield self._finding(ctx, still_open.pop(0)[1], first, "opened and not closed")
                still_open.clear()
            if first not in row.text and last not in row.text:
                continue
            for char in row.text:
                if char == first:
                    still_open.append((at, row))
                elif char == last:
                    if still_open:
                        still_open.pop()
                    elif not (last == ")" and _SMILEY.search(row.text)):
                        yield self._finding(ctx, row, last, "closed and not opened")
                        break
            del still_open[8:]  # a line of thousands of brackets is one mistake
        if still_open:
            yield self._finding(ctx, still_open[0][1], first, "opened and not closed")

    def _straight(self, ctx: CheckContext, mark: str) -> Iterator[Finding]:
        odd: tuple[int, Row] | None = None
        for at, row in enumerate(ctx.rows):
            if odd is not None and at - odd[0] > 3:
                yield self._finding(ctx, odd[1], mark, "opened and not closed")
                odd = None
            if row.text.count(mark) % 2:
                odd = (at, row) if odd is None else None
        if odd is not None:
            yield self._finding(ctx, odd[1], mark, "opened and not closed")

    def _finding(self, ctx: CheckContext, row: Row, mark: str, what: str) -> Finding:
        return self.on_line(
            ctx,
            row.line,
            f"{mark} is {what} in {quote(row.flat, 40)}.",
            "Add the missing mark.",
            evidence={"mark": mark},
            confidence=0.85,
        )


_SMILEY = re.compile(r"[:;]-?\)|\d\)|\b[a-z]\)")
_DOTS = re.compile(r"\.{2,}|……|。{2,}|…\.|\.…")


class Ellipsis(Check):
    """language.ellipsis"""

    id = "language.ellipsis"
    name = "Ellipsis of another locale"
    description = "Dots (...), or the Chinese double ellipsis (……), stand where the locale writes its own."
    severity = "note"

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        own = ctx.market.typography.ellipsis
        for row in ctx.rows:
            match = _DOTS.search(row.text)
            if match and match[0] != own:
                yield self.on_line(
                    ctx,
                    row.line,
                    f"{quote(match[0], 10)} stands for an ellipsis.",
                    f"Write {own}.",
                    evidence={"mark": match[0][:10], "own": own},
                )


class Spaces(Check):
    """language.spaces"""

    id = "language.spaces"
    name = "Stray spaces"
    description = "Two spaces in a row, a space at the edge of a row, or an empty row."
    severity = "note"

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        for row in ctx.rows:
            text = row.text
            if not text.strip():
                continue
            what = ""
            if "  " in text or "\t" in text or "\u3000\u3000" in text:
                what = "two spaces in a row"
            elif any(not r.strip() for r in row.rows):
                what = "an empty row"
            elif any(r != r.strip() for r in row.rows):
                what = "a space at the edge of a row"
            if what:
                yield self.on_line(
                    ctx, row.line, f"There is {what}.", "Delete it.", evidence={"text": text[:120]}
                )


_ITALIC = re.compile(r"</?i\b|\{\\i1|</?em\b", re.IGNORECASE)


class Italics(Check):
    """language.italics"""

    id = "language.italics"
    name = "Italics where there are none"
    description = "The line has italics, which this market's subtitles do not use (Chinese, Korean, Thai, Arabic, Hindi)."

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        if ctx.market.typography.italics:
            return
        for row in ctx.rows:
            if ("<" in row.line.text or "{" in row.line.text) and _ITALIC.search(row.line.text):
                yield self.on_line(
                    ctx,
                    row.line,
                    "The line has italics, which this market does not use.",
                    "Take the italics out; quotation marks serve instead.",
                    evidence={"text": row.line.text[:120]},
                )


_MARKUP = re.compile(
    r"</?[a-z][^<>\s]{0,20}>|\{[^{}]{0,60}\}|&(?:amp|nbsp|lt|gt|quot|apos|#\d{1,6});|\\N|\\[nh](?![a-z])|\*\*[^*\s][^*]{0,80}\*\*"
    r"|^\s*#{1,6} |```|\[(?:id|cue|line)\b[^\]]{0,20}\]|\"(?:id|text|cue)\"\s*:",
    re.IGNORECASE,
)


class Markup(Check):
    """language.markup"""

    id = "language.markup"
    name = "Markup left in the line"
    description = "A tag, an entity (&amp;), a line-break code (\\N) or a model's Markdown or JSON is visible to viewers."

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        for row in ctx.rows:
            match = _MARKUP.search(row.text)
            if match:
                yield self.on_line(
                    ctx,
                    row.line,
                    f"Markup is left in the line: {quote(match[0], 30)}.",
                    "Delete it.",
                    evidence={"markup": match[0][:60]},
                )


_HYPHEN = re.compile(r"^\s*([-‐‑–])(\s*)")


class DualSpeaker(Check):
    """language.dual-speaker"""

    id = "language.dual-speaker"
    name = "Two speakers marked otherwise"
    description = "Where two people speak in one subtitle, each row opens with the locale's hyphen, with or without a space."
    severity = "note"

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        own = ctx.market.typography.dual_speaker
        for row in ctx.rows:
            if len(row.rows) < 2:
                continue
            opens = [m for m in map(_HYPHEN.match, row.rows) if m]
            if len(opens) < 2:
                if opens and not row.rows[0].lstrip().startswith(("-", "–", "‐", "—")):
                    yield self.on_line(
                        ctx,
                        row.line,
                        "Only one row opens with a hyphen.",
                        f"Open the row of each speaker with {quote(own)}, or none.",
                        evidence={"text": row.text[:120], "own": own},
                        confidence=0.7,
                    )
                continue
            wrong = [m for m in opens if m[1] + m[2][:1] != own]
            if wrong:
                yield self.on_line(
                    ctx,
                    row.line,
                    f"Two speakers are marked with {quote(wrong[0][0] or '-')}; this locale writes “{own}”.",
                    f"Open each row with “{own}”.",
                    evidence={"found": wrong[0][1] + wrong[0][2][:1], "own": own},
                )


_QUESTION_MARKS = re.compile("[?？؟⁉]|か[。!！]?|かな|かい|の[。…]?$")


class QuestionMark(Check):
    """language.question-mark"""

    id = "language.question-mark"
    name = "Question lost"
    description = "The source asks (it ends with ? or 吗) and the line has no question mark."
    severity = "note"
    spare = frozenset({"zh", "th"})

    def run(self, ctx: CheckContext) -> Iterator[Finding]:
        for unit in ctx.units:
            if unit.text and asks(unit.source) and not _QUESTION_MARKS.search(unit.text):
                yield self.on_unit(
                    ctx,
                    unit,
                    f"The source asks {quote(unit.source, 30)}; the line does not.",
                    "Check that the line is still a question, or that a statement serves.",
                    evidence={"source": unit.source[:80], "text": unit.text[:120]},
                    confidence=0.5,
                )


def asks(source: str) -> bool:
    """Whether a Chinese line is surely a question: it ends with ? or 吗."""
    return source.rstrip(" !！”」\"'").endswith(("?", "？", "吗"))
