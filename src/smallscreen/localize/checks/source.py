"""Checks of the source itself: times that cannot be shown, text that cannot be read in time.

The limits for Chinese (9 characters a second, two frames between cues, 5/6 to 7 seconds) are those
of the Netflix Timed Text Style Guide for Simplified Chinese, as Subtitle Edit's checker holds them.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from smallscreen.localize.checks.base import SourceCheck, SourceContext, letters, quote
from smallscreen.series.model import Finding
from smallscreen.series.text import plain, reading_chars

SOURCE_CPS = 9.0
SHORTEST_MS = 833
LONGEST_MS = 7000
GAP_MS = 84  # two frames at 24 a second
LONG_TEXT = 60  # two rows of 16, and nearly as much again


class SourceReadingSpeed(SourceCheck):
    """source.reading-speed"""

    id = "source.reading-speed"
    name = "Source reads too fast"
    description = (
        "A source cue has more than 9 characters a second, so that any rendering will be short of time."
    )
    severity = "note"

    def run(self, ctx: SourceContext) -> Iterator[Finding]:
        for cue in ctx.cues:
            if cue.duration_ms <= 0 or len(cue.text) * 1000 <= SOURCE_CPS * cue.duration_ms:
                continue
            speed = reading_chars(plain(cue.text), "half") * 1000 / cue.duration_ms
            if speed > SOURCE_CPS:
                yield self.finding(
                    cue,
                    f"The source has {speed:.1f} characters a second; {SOURCE_CPS:.0f} can be read.",
                    "Plan a short rendering here, or merge the cue with its neighbor.",
                    evidence={"cps": round(speed, 1), "allowed_cps": SOURCE_CPS},
                )


class SourceTimes(SourceCheck):
    """source.times"""

    id = "source.times"
    name = "Impossible times"
    description = "A source cue ends when or before it begins, or begins before the episode does."
    severity = "error"

    def run(self, ctx: SourceContext) -> Iterator[Finding]:
        for cue in ctx.cues:
            if cue.start_ms < 0:
                yield self.finding(
                    cue,
                    "The cue begins before the episode does.",
                    "Correct its times in the subtitle file.",
                    evidence={"start_ms": cue.start_ms},
                )
            if cue.duration_ms <= 0:
                yield self.finding(
                    cue,
                    "The cue ends before it begins." if cue.duration_ms < 0 else "The cue has no duration.",
                    "Correct its times in the subtitle file.",
                    evidence={"duration_ms": cue.duration_ms},
                )


class SourceDuration(SourceCheck):
    """source.duration"""

    id = "source.duration"
    name = "Unusual duration"
    description = "A source cue is shown for less than 5/6 of a second or for more than 7 seconds."
    severity = "note"

    def run(self, ctx: SourceContext) -> Iterator[Finding]:
        for cue in ctx.cues:
            if 0 < cue.duration_ms < SHORTEST_MS:
                yield self.finding(
                    cue,
                    f"The cue is shown for {cue.duration_ms / 1000:.2f} s; {SHORTEST_MS / 1000:.2f} s is the least.",
                    "It will be lengthened into free time or merged, where there is room.",
                    evidence={"duration_ms": cue.duration_ms, "least_ms": SHORTEST_MS},
                )
            elif cue.duration_ms > LONGEST_MS:
                yield self.finding(
                    cue,
                    f"The cue is shown for {cue.duration_ms / 1000:.1f} s; {LONGEST_MS / 1000:.0f} s is the most.",
                    "Check that its end is right.",
                    evidence={"duration_ms": cue.duration_ms, "most_ms": LONGEST_MS},
                    severity="warning",
                )


class SourceOverlap(SourceCheck):
    """source.overlap"""

    id = "source.overlap"
    name = "Source cues overlap"
    description = "A source cue begins while another is still on the screen."

    def run(self, ctx: SourceContext) -> Iterator[Finding]:
        for cues in ctx.episodes.values():
            last = None
            for cue in cues:
                if last is not None and cue.start_ms < last.end_ms and cue.duration_ms > 0:
                    yield self.finding(
                        cue,
                        f"The cue begins {last.end_ms - cue.start_ms} ms before cue {last.index} has ended.",
                        "Correct the times, or mark the two as two people speaking at once.",
                        evidence={"overlap_ms": last.end_ms - cue.start_ms, "with": last.id},
                    )
                if last is None or cue.end_ms > last.end_ms:
                    last = cue


class SourceGap(SourceCheck):
    """source.gap"""

    id = "source.gap"
    name = "Source cues touch"
    description = "Less than two frames lie between two source cues."
    severity = "note"

    def run(self, ctx: SourceContext) -> Iterator[Finding]:
        for cues in ctx.episodes.values():
            touching = [
                (one, two)
                for one, two in itertools.pairwise(cues)
                if 0 <= two.start_ms - one.end_ms < GAP_MS - 1
            ]
            if not touching:
                continue
            # One finding an episode: files made by speech recognition touch everywhere.
            one, two = touching[0]
            yield self.finding(
                one,
                f"{len(touching)} of {len(cues) - 1} gaps between cues are shorter than two frames.",
                "Nothing to do: fitting keeps two frames between the lines of an edition.",
                evidence={"count": len(touching), "of": len(cues) - 1, "first": two.start_ms - one.end_ms},
            )


class SourceLong(SourceCheck):
    """source.long"""

    id = "source.long"
    name = "Very long cue"
    description = f"A source cue has more than {LONG_TEXT} characters: no subtitle holds that."

    def run(self, ctx: SourceContext) -> Iterator[Finding]:
        for cue in ctx.cues:
            if len(cue.text) <= LONG_TEXT:
                continue
            characters = reading_chars(plain(cue.text), "half")
            if characters > LONG_TEXT:
                yield self.finding(
                    cue,
                    f"The cue has {characters:.0f} characters; {LONG_TEXT} is more than any subtitle holds.",
                    "Split it in the source, and check that it is dialogue.",
                    evidence={"characters": round(characters, 1), "limit": LONG_TEXT, "text": cue.text[:80]},
                    severity="error" if characters > 10 * LONG_TEXT else "warning",
                )


class SourceEmpty(SourceCheck):
    """source.empty"""

    id = "source.empty"
    name = "Empty cue"
    description = "A source cue has no words."

    def run(self, ctx: SourceContext) -> Iterator[Finding]:
        for cue in ctx.cues:
            if not letters(plain(cue.text)):
                yield self.finding(
                    cue,
                    "The cue has no words."
                    if not cue.text.strip()
                    else f"The cue has no words, only {quote(cue.text, 20)}.",
                    "Delete it, or fill it in.",
                    evidence={"text": cue.text[:80]},
                    severity="note" if cue.text.strip() else "warning",
                )


class SourceDuplicate(SourceCheck):
    """source.duplicate"""

    id = "source.duplicate"
    name = "Cue given twice"
    description = (
        "The same words stand at the same time, or again right after, as a doubled block in a file does."
    )

    def run(self, ctx: SourceContext) -> Iterator[Finding]:
        for cues in ctx.episodes.values():
            for one, two in itertools.pairwise(cues):
                if one.text != two.text or not (folded := letters(one.text)):
                    continue
                same_time = abs(one.start_ms - two.start_ms) < 40
                if same_time or (len(folded) >= 6 and two.start_ms - one.end_ms < GAP_MS):
                    yield self.finding(
                        two,
                        f"The same words as in cue {one.index}: {quote(two.text)}.",
                        "Delete one of the two, unless it is said twice.",
                        evidence={"with": one.id, "text": two.text[:80]},
                        confidence=0.95 if same_time else 0.6,
                    )


_INSTRUCTION = re.compile(
    r"(?:ignore|disregard|forget)\s+(?:all\s+|any\s+)?(?:of\s+)?(?:the\s+|your\s+|my\s+)?"
    r"(?:above|previous|prior|earlier|preceding|instructions?)\b"
    r"|\bsystem\s*prompt\b|\byou\s+are\s+(?:now\s+)?(?:a|an)\s+(?:ai|assistant|language\s+model)\b"
    r"|<\|?(?:im_start|im_end|system|endoftext)\|?>|\[/?inst\]"
    r"|(?:忽略|无视|忘记|忘掉)(?:以上|上面|之前|前面|先前|上述)(?:的)?(?:所有|全部|一切)?(?:内容|指令|指示|提示|要求|规则)"
    r"|系统提示词?|提示词注入",
    re.IGNORECASE,
)


class SourceInstruction(SourceCheck):
    """source.instruction"""

    id = "source.instruction"
    name = "Reads like an instruction to a model"
    description = (
        "A cue talks to a language model (“ignore the above and …”); it is treated as dialogue, nothing else."
    )
    severity = "note"

    def run(self, ctx: SourceContext) -> Iterator[Finding]:
        for cue in ctx.cues:
            match = _INSTRUCTION.search(cue.text)
            if match:
                yield self.finding(
                    cue,
                    f"The cue reads like an instruction to a model: {quote(match[0])}.",
                    "Check that it belongs in the dialogue, and read this line's draft with care.",
                    evidence={"text": match[0][:80]},
                    confidence=0.8,
                )


class SourceBarrier(SourceCheck):
    """culture.barrier"""

    id = "culture.barrier"
    name = "Will not survive translation"
    description = (
        "A cue holds a culture-bound item that is wrong or meaningless when rendered word for word (need 3)."
    )
    severity = "note"

    def run(self, ctx: SourceContext) -> Iterator[Finding]:
        wanted = {barrier.cue for barrier in ctx.barriers if barrier.need >= 3}
        for cue in ctx.cues:
            if cue.id not in wanted:
                continue
            for barrier in ctx.barriers_of[cue.id]:
                if barrier.need < 3:
                    continue
                meaning = f" It means {quote(barrier.meaning)}." if barrier.meaning else ""
                ways = " or ".join(name.replace("-", " ") for name in barrier.strategies[:2])
                yield self.finding(
                    cue,
                    f"{quote(barrier.text)} cannot be rendered word for word.{meaning}",
                    f"Consider {ways}." if ways else "Say what it does here instead of what it says.",
                    evidence={
                        "text": barrier.text,
                        "kind": barrier.kind,
                        "literal": barrier.literal,
                        "meaning": barrier.meaning,
                        "strategies": list(barrier.strategies),
                    },
                    confidence=barrier.confidence,
                )
