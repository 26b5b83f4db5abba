"""How well a finder finds culture-bound items, against lines that people labelled.

    python -m bench.gold --gold FILE [--finder embedded] [--reader embedded] [--errors 20]
    python -m bench.gold --finder model --reader model --model NAME

A gold file has one JSON object a line: `text`, `culture` (a list of `{"text", "kind", "need"}`, the text
an exact piece of the line), and, if there are any, `id`, `speaker`, `dialogue` and `"agreed": false` on
items that the labellers did not agree on.

How it counts. A found span matches an item when one contains the other in the line. Matching is
many to many: every found span that matches an agreed item is right, every agreed item that a found
span matches is found. An item that is not agreed is never a miss, and a span that matches only such
items is neither right nor a false alarm. A line with an item of need 2 or 3 is found when a found
span on it matches one of those items.

Where the rows carry the four story labels (`vulnerability`, `gratification`, `care`, `hook`; not scored
where a row names them in `disputed`), the embedded reader is scored too, a line and a dialogue; see
`bench/_story_gold.py`.

The last line of the output is one JSON object with the figures. `n` is the number of agreed items.
The intervals are 95 % Wilson intervals.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

from bench._models import configured, model_finder, model_reader, say_after, say_before
from bench._story_gold import default_reader, print_story, read_story_gold, score_story
from bench.common import report, row
from smallscreen.errors import EngineError, FileProblem, UserError
from smallscreen.localize.barriers import Finder, find
from smallscreen.series.model import KINDS, Barrier, Cue, cue_id

DEFAULT_GOLD = Path(__file__).resolve().parents[2] / "shared" / "gold" / "dev.jsonl"


@dataclass(frozen=True, slots=True)
class Item:
    """One labelled item of a line."""

    text: str
    kind: str
    need: int
    agreed: bool


@dataclass(frozen=True, slots=True)
class GoldLine:
    """One labelled line."""

    id: str
    text: str
    speaker: str | None
    items: tuple[Item, ...]
    dialogue: str | None = None


@dataclass(slots=True)
class Score:
    """Counts of one evaluation; `spans` and `items` say for each found span and agreed item what became of it."""

    spans: list[tuple[GoldLine, Barrier, str]]  # "right", "false", "ignored"
    items: list[tuple[GoldLine, Item, bool]]  # agreed items, and whether found
    lines_need2: list[bool]

    def precision(self, spans: list[tuple[GoldLine, Barrier, str]] | None = None) -> float | None:
        counts = Counter(outcome for *_, outcome in (self.spans if spans is None else spans))
        return _ratio(counts["right"], counts["right"] + counts["false"])

    def recall(self, kind: str | None = None, need: int = 1) -> float | None:
        chosen = [hit for _, item, hit in self.items if item.need >= need and kind in (None, item.kind)]
        return _ratio(sum(chosen), len(chosen))

    def summary(self) -> dict[str, Any]:
        """The figures as the last line of the output gives them; None where there is nothing to divide by."""
        precision, recall = self.precision(), self.recall()
        f1 = None if precision is None or recall is None else _f1(precision, recall)
        return {
            "precision": _round(precision),
            "recall": _round(recall),
            "f1": _round(f1),
            "recall_need2": _round(self.recall(need=2)),
            "lines_need2_recall": _round(_ratio(sum(self.lines_need2), len(self.lines_need2))),
            "n": len(self.items),
            "found": sum(outcome != "ignored" for *_, outcome in self.spans),
            "lines_need2": len(self.lines_need2),
        }


def read_gold(path: Path) -> list[GoldLine]:
    """Read a gold file. Raises FileProblem with the line number for a row that is not as the form asks."""
    try:
        raw = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise FileProblem(
            path, None, "there is no such file", "a gold file, one JSON object a line"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise FileProblem(path, None, f"it cannot be read ({error})", "a gold file in UTF-8") from None
    lines = [_gold_line(path, n, row) for n, row in enumerate(raw.split("\n"), 1) if row.strip()]
    if not lines:
        raise FileProblem(path, None, "it is empty", "one JSON object a line")
    return lines


def score(lines: Sequence[GoldLine], barriers: Sequence[Barrier]) -> Score:
    """Hold `barriers`, whose `cue` is `cue_id(1, place of the line from 1)`, against `lines`."""
    by_cue: dict[str, list[Barrier]] = {}
    for barrier in barriers:
        by_cue.setdefault(barrier.cue, []).append(barrier)
    result = Score([], [], [])
    for number, line in enumerate(lines, 1):
        found = by_cue.get(cue_id(1, number), [])
        hit = {
            (i, b): _matches(line.text, item, f)
            for i, item in enumerate(line.items)
            for b, f in enumerate(found)
        }
        for b, barrier in enumerate(found):
            matched = [item.agreed for i, item in enumerate(line.items) if hit[i, b]]
            result.spans.append(
                (line, barrier, "right" if any(matched) else "ignored" if matched else "false")
            )
        hits = [any(hit[i, b] for b in range(len(found))) for i in range(len(line.items))]
        result.items += [(line, item, h) for item, h in zip(line.items, hits, strict=True) if item.agreed]
        needed = [h for item, h in zip(line.items, hits, strict=True) if item.agreed and item.need >= 2]
        if needed:
            result.lines_need2.append(any(needed))
    return result


def evaluate(lines: Sequence[GoldLine], finder: str | Finder) -> Score:
    """Run a finder over the lines, as cues of one episode, and score it."""
    return score(lines, find(cues_of(lines), finder=finder))


def cues_of(lines: Sequence[GoldLine]) -> list[Cue]:
    """The lines as cues of one episode, two seconds each; a dialogue is a scene."""
    return [
        Cue(cue_id(1, n), 1, n, n * 2000, n * 2000 + 1800, line.text, line.speaker, line.dialogue)
        for n, line in enumerate(lines, 1)
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="bench.gold", description="Precision and recall of culture-bound items."
    )
    parser.add_argument("--gold", type=Path, default=DEFAULT_GOLD)
    parser.add_argument("--finder", default="embedded")
    parser.add_argument("--reader", default="embedded", choices=("embedded", "model"))
    parser.add_argument(
        "--model",
        default=os.environ.get("SMALLSCREEN_BENCH_MODEL"),
        help="the model's name, for --finder model and --reader model; else SMALLSCREEN_BENCH_MODEL",
    )
    parser.add_argument(
        "--errors", type=int, default=0, metavar="N", help="list up to N misses and N false alarms"
    )
    options = parser.parse_args(arguments)
    if options.gold == DEFAULT_GOLD and not DEFAULT_GOLD.exists():
        print("Skipped: the gold file is not here; give one with --gold FILE.")
        print(json.dumps({"culture": None, "skipped": "no gold file"}))
        return 0
    asks = "model" in (options.finder, options.reader)
    if asks and (missing := configured(options.model)):
        print(f"Skipped: no model can be asked. {missing}")
        print(json.dumps({"culture": None, "story": None, "skipped": "no model endpoint"}))
        return 0
    if not asks and (missing := configured(options.model)):
        print(f"The model finder and reader are not measured: {missing}\n")
    elif not asks:
        both = ["--finder", "model", "--reader", "model", "--model", options.model]
        if code := main(["--gold", str(options.gold), *both]):
            return code
    paid: dict[str, Any] = {}
    try:
        lines = read_gold(options.gold)
        if options.finder == "model":
            finder = model_finder(options.model)
            say_before(finder, cues_of(lines))
            result = evaluate(lines, finder)
            paid["finder"] = say_after(finder)
        else:
            result = evaluate(lines, options.finder)
    except (UserError, EngineError) as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(
        f"{options.gold.name}: {len(lines)} lines, {len(result.items)} agreed items; finder {options.finder}\n"
    )
    _print_tables(result)
    _print_errors(result, options.errors)
    if options.gold == DEFAULT_GOLD:
        _keep(result, "gold-model" if options.finder == "model" else "gold")
    labelled = read_story_gold(options.gold)
    story = None
    try:
        if labelled is not None and options.reader == "model":
            reader = model_reader(options.model)
            say_before(reader, labelled.cues)
            story = score_story(labelled, reader)
            paid["reader"] = say_after(reader)
        elif labelled is not None:
            story = score_story(labelled, default_reader())
    except (UserError, EngineError) as error:
        print(error, file=sys.stderr)
        return error.exit_code
    if story:
        print_story(story)
    figures = {"culture": result.summary(), "story": story, "lines": len(lines), "finder": options.finder}
    print(json.dumps({**figures, **({"asked": paid} if paid else {})}))
    return 0


def _keep(result: Score, name: str = "gold") -> None:
    figures = result.summary()
    report(
        name,
        [
            row(f"barriers {name}", figures[key] or 0.0, "share", at_least=target)
            for name, key, target in (
                ("F1", "f1", 0.6),
                ("precision", "precision", None),
                ("recall", "recall", None),
                ("recall of need 2 and 3", "recall_need2", None),
                ("lines with need 2 or 3 found", "lines_need2_recall", None),
            )
        ],
    )


def _matches(text: str, item: Item, barrier: Barrier) -> bool:
    start = text.find(item.text)
    while start >= 0:
        end = start + len(item.text)
        if (start <= barrier.start and barrier.end <= end) or (barrier.start <= start and end <= barrier.end):
            return True
        start = text.find(item.text, start + 1)
    return False


def _gold_line(path: Path, number: int, raw: str) -> GoldLine:
    form = '{"text": "...", "culture": [{"text": ..., "kind": ..., "need": 1 to 3}]}'
    try:
        row = json.loads(raw)
    except ValueError:
        raise FileProblem(path, number, "it is not JSON", form) from None
    if (
        not isinstance(row, dict)
        or not isinstance(row.get("text"), str)
        or not isinstance(row.get("culture"), list)
    ):
        raise FileProblem(path, number, "text or culture is missing or of the wrong type", form)
    items = []
    for item in row["culture"]:
        if not isinstance(item, dict) or not isinstance(item.get("text"), str) or not item["text"]:
            raise FileProblem(path, number, "an item of culture has no text", form)
        if item["text"] not in row["text"]:
            raise FileProblem(
                path, number, f"{item['text']!r} is not in the line's text", "an exact piece of it"
            )
        if item.get("kind") not in KINDS:
            raise FileProblem(
                path, number, f"there is no kind {item.get('kind')!r}", f"one of {', '.join(KINDS)}"
            )
        if item.get("need") not in (1, 2, 3):
            raise FileProblem(path, number, f"the need is {item.get('need')!r}", "1, 2 or 3")
        items.append(Item(item["text"], item["kind"], item["need"], item.get("agreed") is not False))
    speaker = row.get("speaker")
    return GoldLine(
        str(row.get("id", number)),
        row["text"],
        speaker if isinstance(speaker, str) else None,
        tuple(items),
        str(row["dialogue"]) if row.get("dialogue") else None,
    )


def _print_tables(result: Score) -> None:
    print(
        f"{'kind':14}{'items':>7}{'found':>7}{'recall':>8}{'need 2-3':>10}{'spans':>8}{'right':>7}{'precision':>11}"
    )
    for kind in [*KINDS, None]:
        spans = [s for s in result.spans if kind in (None, s[1].kind)]
        items = [hit for _, item, hit in result.items if kind in (None, item.kind)]
        right = sum(outcome == "right" for *_, outcome in spans)
        counted = sum(outcome != "ignored" for *_, outcome in spans)
        print(
            f"{kind or 'all':14}{len(items):>7}{sum(items):>7}{_shown(result.recall(kind)):>8}"
            f"{_shown(result.recall(kind, 2)):>10}{counted:>8}{right:>7}{_shown(result.precision(spans)):>11}"
        )
    print("(recall by the label's kind; precision by the finder's kind)\n")
    print(f"{'source':20}{'spans':>7}{'right':>7}{'precision':>11}   95 % interval")
    for source in sorted({barrier.lexicon for _, barrier, _ in result.spans}):
        spans = [s for s in result.spans if s[1].lexicon == source]
        right = sum(outcome == "right" for *_, outcome in spans)
        counted = sum(outcome != "ignored" for *_, outcome in spans)
        low, high = _wilson(right, counted)
        print(
            f"{source:20}{counted:>7}{right:>7}{_shown(result.precision(spans)):>11}   {low:.2f} to {high:.2f}"
        )
    right = sum(outcome == "right" for *_, outcome in result.spans)
    counted = sum(outcome != "ignored" for *_, outcome in result.spans)
    for name, a, n in (
        ("precision", right, counted),
        ("recall", sum(hit for *_, hit in result.items), len(result.items)),
        ("lines with need 2-3", sum(result.lines_need2), len(result.lines_need2)),
    ):
        low, high = _wilson(a, n)
        print(f"{name}: {_shown(_ratio(a, n))} ({a} of {n}, {low:.2f} to {high:.2f})")
    print()


def _print_errors(result: Score, limit: int) -> None:
    if limit <= 0:
        return
    print("Misses")
    for line, item, hit in [i for i in result.items if not i[2]][:limit]:
        del hit
        print(f"  {line.id}  {item.text}  ({item.kind}, need {item.need})  in: {line.text}")
    print("False alarms")
    for line, barrier, _ in [s for s in result.spans if s[2] == "false"][:limit]:
        print(f"  {line.id}  {barrier.text}  ({barrier.kind}, {barrier.lexicon})  in: {line.text}")
    print()


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _wilson(part: int, whole: int) -> tuple[float, float]:
    if not whole:
        return 0.0, 1.0
    z, p = 1.96, part / whole
    middle = (p + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z / (1 + z * z / whole) * sqrt(p * (1 - p) / whole + z * z / (4 * whole * whole))
    return max(0.0, middle - half), min(1.0, middle + half)


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


if __name__ == "__main__":
    raise SystemExit(main())
