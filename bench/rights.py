"""How well the rights room finds disguised copies, which seconds it names, how fast, at what size; and its peers.

    python -m bench.rights                 # everything; makes several hundred files the first time
    python -m bench.rights --quick         # the copies of four of the ten references
    python -m bench.rights --half tune     # one half alone, without peers; keeps no file
    python -m bench.rights --only crop     # one disguise alone, likewise

Ten reference episodes are put into a catalogue; every query (`bench._disguises`) goes through `rights.find`.
A copy is a hit when the right episode is matched with a confidence above the threshold, and the threshold is one
that lets no innocent through (`bench._episodes`; whatever episode it is said to be). The clips are parted into two
halves that share none: the threshold is chosen on the innocents and copies of one half and tried on the other, both
ways. The innocents are whole episodes and made clips of this bench alone, so its zero is a zero of so many.

Segments are scored as VCSL does (A Large-scale Comprehensive Dataset and Copy-overlap Aware Evaluation Protocol for
Segment-level Video Copy Detection, 2022): a segment is a box of query time by asset time; of every box found, the
part of its side that true boxes cover, summed and divided by the boxes' length, on both axes; the product is the
precision, and with true and found exchanged the recall. It is the mean over all pairs of a copy and an episode that
are true or reported, whatever the confidence.

Speeds are processor time of one thread; fingerprints and findings are kept beside the made files under a hash of the
program's files that make them, so a second run costs little.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench._disguises import SINGLE, THREE, Case, Truth, cases
from bench._episodes import HALVES, cache, missing, references
from bench.common import ROOT, report, row, skip

SOURCE = ROOT / "src" / "smallscreen" / "rights"
OF_FINGERPRINT = ("media.py", "fingerprint.py", "model.py", "picture", "sound")
OF_FINDING = (
    *OF_FINGERPRINT,
    *(
        f"{name}.py"
        for name in (
            "align",
            "lines",
            "fuse",
            "terms",
            "asking",
            "search",
            "find",
            "exclude",
            "refrains",
            "catalogue",
            "runs",
            "termfiles",
        )
    ),
    "sql",
)
"""Files of the program whose change makes what was kept worthless."""
QUICK = ("reference-02", "reference-04", "reference-07", "reference-09")
SERIES = "the-last-ferry"


@dataclass(frozen=True)
class Seen:
    """A segment as the program names it; seconds."""

    query_from: float
    query_to: float
    asset_from: float
    asset_to: float
    mirrored: bool = False
    by: str = ""


@dataclass
class Answer:
    """What was found in a query: each asset's confidence and segments, and what it cost."""

    confidence: dict[str, float] = field(default_factory=dict)
    segments: dict[str, list[Seen]] = field(default_factory=dict)
    fingerprint_s: float = 0.0
    search_s: float = 0.0

    def best(self) -> float:
        return max(self.confidence.values(), default=0.0)


# --- thresholds and recall -------------------------------------------------------------------


def threshold(asked: Iterable[Case], answers: dict[str, Answer]) -> float:
    """Half way between the surest innocent and the least sure hit above it: no innocent of `asked` passes it."""
    asked = list(asked)
    innocent = max((answers[c.id].best() for c in asked if not c.disguise), default=0.0)
    hits = [s for c in asked if c.disguise and (s := answers[c.id].confidence.get(c.asset, 0.0)) > innocent]
    return (innocent + min(hits)) / 2 if hits else innocent


def hit(case: Case, answer: Answer, least: float) -> bool:
    """Whether the right episode was matched with more than `least`."""
    return answer.confidence.get(case.asset, 0.0) > least


def recall(asked: Sequence[Case], answers: dict[str, Answer], least: float) -> float:
    """Share of copies found; NaN where there are none."""
    return sum(hit(c, answers[c.id], least) for c in asked) / len(asked) if asked else float("nan")


# --- segments --------------------------------------------------------------------------------

Box = tuple[float, float, float, float]
"""Query from, query to, asset from, asset to."""


def precision_and_recall(found: Sequence[Box], true: Sequence[Box]) -> tuple[float, float]:
    """Segment precision and recall of one pair of query and asset, as VCSL has them."""
    if not found or not true:
        return (1.0 if not found else 0.0), (1.0 if not true else 0.0)
    return _covered(found, true), _covered(true, found)


def _covered(boxes: Sequence[Box], by: Sequence[Box]) -> float:
    """The part of the boxes' sides that overlapping boxes of `by` cover: query axis times asset axis."""
    share = 1.0
    for low, high in ((0, 1), (2, 3)):
        whole = sum(b[high] - b[low] for b in boxes)
        part = sum(
            _union([(max(b[low], o[low]), min(b[high], o[high])) for o in by if _overlap(b, o)])
            for b in boxes
        )
        share *= part / whole if whole else 0.0
    return share


def _overlap(one: Box, other: Box) -> bool:
    return min(one[1], other[1]) > max(one[0], other[0]) and min(one[3], other[3]) > max(one[2], other[2])


def _union(spans: list[tuple[float, float]]) -> float:
    total, at = 0.0, float("-inf")
    for low, high in sorted(spans):
        total += max(0.0, high - max(low, at))
        at = max(at, high)
    return total


def ends(found: Sequence[Box], true: Sequence[Box]) -> list[float]:
    """Seconds by which the ends of each true segment were missed in the query, by the box that covers most of it."""
    out = []
    for t in true:
        near = [f for f in found if _overlap(f, t)]
        if near:
            f = max(near, key=lambda f: min(f[1], t[1]) - max(f[0], t[0]))
            out += [abs(f[0] - t[0]), abs(f[1] - t[1])]
    return out


def _boxes(parts: Iterable[Seen | Truth]) -> list[Box]:
    return [(p.query_from, p.query_to, p.asset_from, p.asset_to) for p in parts]


# --- asking the program ----------------------------------------------------------------------


class Program:
    """The program through its public door, with what it found before."""

    def __init__(self) -> None:
        self.folder = cache() / f"program-{_version(OF_FINGERPRINT)}"
        (self.folder / "prints").mkdir(parents=True, exist_ok=True)
        self.found = self.folder / f"found-{_version(OF_FINDING)}"
        self.found.mkdir(exist_ok=True)
        self.catalogue, self.adding_s = self._catalogue()
        self._names = {a.id: Path(a.path).resolve().name for a in self.catalogue.assets()}

    def _catalogue(self) -> tuple[Any, dict[str, float]]:
        """The references' catalogue, made by `rights.catalogue.add`, and the processor seconds of each."""
        from smallscreen.rights import catalogue as door

        folder = self.folder / f"catalogue-{_version(OF_FINDING)}"
        notes = folder / "seconds.json"
        if not notes.is_file():
            shutil.rmtree(folder, ignore_errors=True)
            files = self.folder / "files"
            files.mkdir(exist_ok=True)
            there = door.open_catalogue(folder, create=True)
            spent: dict[str, float] = {}
            for episode in references():
                link = files / f"ep{episode.number:03d}.mp4"
                link.unlink(missing_ok=True)
                link.symlink_to(episode.file())

                def made(path: Path, name: str = episode.name) -> tuple[Any, Any]:
                    from smallscreen.rights.terms import terms_of

                    print_, seconds = self._fingerprint(path.resolve(), query=False)
                    began = time.process_time()
                    terms = terms_of(print_)
                    spent[name] = seconds + time.process_time() - began
                    return print_, terms

                done = door.add(there, [link], series=SERIES, fingerprint=made)
                if done.problems:
                    raise done.problems[0]
            notes.write_text(json.dumps(spent), "utf-8")
        return door.open_catalogue(folder), json.loads(notes.read_text("utf-8"))

    def note(self, path: Path) -> Path:
        """Where the answer about a file is kept."""
        return self.found / f"{path.stem}.json"

    def answer(self, case: Case) -> Answer:
        """What the program says of a query; kept until one of its files changes."""
        path = case.file()
        note = self.note(path)
        if note.is_file():
            return _read(note.read_text("utf-8"))
        answer = self._asked(path)
        note.write_text(json.dumps(asdict(answer)), "utf-8")
        return answer

    def _fingerprint(self, path: Path, *, query: bool = True) -> tuple[Any, float]:
        """A fingerprint and the processor seconds it took; kept until the files that make it change."""
        from smallscreen.rights.fingerprint import fingerprint
        from smallscreen.rights.model import Fingerprint

        kept = self.folder / "prints" / f"{path.stem}.fp"
        note = kept.with_suffix(".seconds")
        if kept.is_file() and note.is_file():
            return Fingerprint.from_bytes(kept.read_bytes()), float(note.read_text("utf-8"))
        began = time.process_time()
        made = fingerprint(path, query=query)
        seconds = time.process_time() - began
        kept.write_bytes(made.to_bytes())
        note.write_text(repr(seconds), "utf-8")
        return made, seconds

    def _asked(self, path: Path) -> Answer:
        from smallscreen.rights.find import find_fingerprint

        answer = Answer()
        print_, answer.fingerprint_s = self._fingerprint(path)
        began = time.process_time()
        matches = find_fingerprint(self.catalogue, print_, path.name)
        answer.search_s = time.process_time() - began
        for match in matches:
            name = f"reference-{match.asset.episode:02d}"
            answer.confidence[name] = max(answer.confidence.get(name, 0.0), match.confidence)
            answer.segments.setdefault(name, []).extend(
                Seen(
                    s.query_from_ms / 1000,
                    s.query_to_ms / 1000,
                    s.asset_from_ms / 1000,
                    s.asset_to_ms / 1000,
                    s.mirrored,
                    s.by,
                )
                for s in match.segments
            )
        return answer


def _read(text: str) -> Answer:
    data = json.loads(text)
    data["segments"] = {k: [Seen(**s) for s in v] for k, v in data["segments"].items()}
    return Answer(**data)


def _version(parts: Sequence[str]) -> str:
    """A hash of the program's files, or of those named."""
    digest = hashlib.sha256()
    for part in parts:
        place = SOURCE / part
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.suffix in (".py", ".sql"):
                digest.update(str(path.relative_to(SOURCE)).encode() + path.read_bytes())
    return digest.hexdigest()[:10]


# --- the tables ------------------------------------------------------------------------------


def tables(asked: Sequence[Case], answers: dict[str, Answer]) -> list[dict[str, Any]]:
    """Print recall, thresholds and segments; their rows."""
    copies = [c for c in asked if c.disguise]
    least = threshold(asked, answers)
    innocent = [c for c in asked if not c.disguise]
    surest = max((answers[c.id].best() for c in innocent), default=0.0)
    print(f"\nthreshold {least:.3f}: the surest of {len(innocent)} innocents has {surest:.3f}")
    for case in sorted(innocent, key=lambda c: -answers[c.id].best())[:5]:
        if answers[case.id].best() > 0:
            print(f"  {case.id} ({case.episode.kind if case.episode else ''}): {answers[case.id].confidence}")
    rows = _recalls(copies, answers, least)
    rows += _halves(asked, answers)
    reported = sum(answers[c.id].best() > 0 for c in innocent)
    print(
        f"as the program reports: recall {recall(copies, answers, 0):.4f}, {reported} of {len(innocent)} innocents matched"
    )
    rows.append(row("innocents the program matches with anything", reported, "innocents", at_most=0))
    rows.append(row("recall: all copies, as the program reports", recall(copies, answers, 0), "share"))
    rows += _segments(copies, answers, 0.0)
    missed = [c for c in copies if not hit(c, answers[c.id], least)]
    print(
        "missed: "
        + (", ".join(f"{c.id} ({answers[c.id].confidence.get(c.asset, 0):.2f})" for c in missed) or "none")
    )
    wrong = [
        (c.id, n) for c in copies for n, s in answers[c.id].confidence.items() if n != c.asset and s > least
    ]
    rows.append(row("copies in which another episode is named too", len(wrong), "pairs"))
    if wrong:
        print("another episode named: " + ", ".join(f"{a} {b}" for a, b in wrong))
    return rows


def _recalls(copies: Sequence[Case], answers: dict[str, Answer], least: float) -> list[dict[str, Any]]:
    rows = []
    print(f"\n{'recall at zero false matches':<42} {'own sound':>12} {'sound replaced':>16}")
    groups = [(d.id, d.name, 0.95) for d in SINGLE] + [("+".join(t), " + ".join(t), None) for t in THREE]
    for key, name, least_recall in groups:
        line = []
        for replaced in (False, True):
            of = [c for c in copies if c.disguise == key and c.sound_replaced == replaced]
            line.append(f"{sum(hit(c, answers[c.id], least) for c in of)} of {len(of)}" if of else "")
            if of:
                words = f"{name}, sound replaced" if replaced and key != "sound" else name
                figure = recall(of, answers, least)
                rows.append(row(f"recall: {words}", figure, "share", at_least=least_recall))
        print(f"{name:<42} {line[0]:>12} {line[1]:>16}")
    for replaced in (False, True):
        of = [c for c in copies if "+" in c.disguise and c.sound_replaced == replaced]
        if of:
            words = "recall: three at once" + (", sound replaced" if replaced else "")
            rows.append(row(words, recall(of, answers, least), "share", at_least=0.90))
    rows.append(row("recall: all copies", recall(copies, answers, least), "share", at_least=0.98))
    rows.append(row("copies asked", len(copies), "files"))
    print(f"{'all':<42} {recall(copies, answers, least):>12.4f}")
    return rows


def _halves(asked: Sequence[Case], answers: dict[str, Answer]) -> list[dict[str, Any]]:
    """The threshold of one half, tried on the other."""
    rows = []
    for chosen_on, tried_on in (HALVES, HALVES[::-1]):
        mine = [c for c in asked if c.half == chosen_on]
        other = [c for c in asked if c.half == tried_on]
        if not mine or not other:
            continue
        least = threshold(mine, answers)
        false = sum(answers[c.id].best() > least for c in other if not c.disguise)
        share = recall([c for c in other if c.disguise], answers, least)
        print(
            f"threshold {least:.3f} of half {chosen_on}, tried on {tried_on}: recall {share:.4f}, false matches {false}"
        )
        words = f"threshold of half {chosen_on} tried on {tried_on}"
        rows.append(row(f"{words}: recall", share, "share", at_least=0.98))
        rows.append(row(f"{words}: false matches", false, "innocents", at_most=0))
    return rows


def _segments(copies: Sequence[Case], answers: dict[str, Answer], least: float) -> list[dict[str, Any]]:
    by: dict[str, list[tuple[float, float]]] = defaultdict(list)
    errors: dict[str, list[float]] = defaultdict(list)
    mirrors: list[bool] = []
    for case in copies:
        answer = answers[case.id]
        named = {n for n, s in answer.confidence.items() if s > least} | {case.asset}
        group = "three at once" if "+" in case.disguise else case.disguise
        for name in named:
            found = _boxes(answer.segments.get(name, [])) if answer.confidence.get(name, 0) > least else []
            true = _boxes(case.truth) if name == case.asset else []
            by[group].append(precision_and_recall(found, true))
            errors[group] += ends(found, true)
        if hit(case, answer, least):
            told = [s.mirrored for s in answer.segments[case.asset] if s.by != "sound"]
            if case.truth[0].mirrored and told:
                mirrors.append(sum(told) * 2 > len(told))
    print(f"\n{'segments (VCSL)':<42} {'precision':>10} {'recall':>10} {'ends, median s':>15}")
    for group, pairs in by.items():
        miss = statistics.median(errors[group]) if errors[group] else float("nan")
        name = next((d.name for d in SINGLE if d.id == group), group)
        print(
            f"{name:<42} {_mean(p for p, _ in pairs):>10.3f} {_mean(r for _, r in pairs):>10.3f} {miss:>15.2f}"
        )
    every = [p for pairs in by.values() for p in pairs]
    missed = [e for some in errors.values() for e in some]
    if not missed:
        return []
    precision, found_share = _mean(p for p, _ in every), _mean(r for _, r in every)
    print(f"{'all':<42} {precision:>10.3f} {found_share:>10.3f} {statistics.median(missed):>15.2f}")
    rows = [
        row("segments: precision (query times reference)", precision, "share", at_least=0.85),
        row("segments: recall (query times reference)", found_share, "share", at_least=0.85),
        row("segments: ends off at the median", statistics.median(missed), "s", at_most=0.5),
    ]
    if mirrors:
        rows.append(row("segments: mirrored copies called mirrored", _mean(mirrors), "share"))
    return rows


def _mean(values: Iterable[float]) -> float:
    return statistics.fmean(values)


def costs(program: Program, asked: Sequence[Case], answers: dict[str, Answer]) -> list[dict[str, Any]]:
    """Real-time factors of one core and bytes a minute."""
    added = sum(e.seconds for e in references()) / sum(program.adding_s.values())
    full = [c for c in asked if c.plan is None or not any("Scaled" in repr(x) for x in c.plan.looks)]
    seconds = sum(c.seconds for c in full)
    read = sum(answers[c.id].fingerprint_s for c in full)
    searched = sum(answers[c.id].search_s for c in full)
    stats = program.catalogue.stats()
    return [
        row("adding a reference at 540x960", added, "x real time, a core", at_least=15),
        row("reading a query at 540x960", seconds / read, "x real time, a core", at_least=15),
        row("finding, reading and searching", seconds / (read + searched), "x real time, a core"),
        row("searching and verifying a query", searched / len(full), "s, a core"),
        row("catalogue", stats.kb_per_minute or 0, "KB a minute", at_most=60),
    ]


def _answers(program: Program, asked: Sequence[Case], workers: int) -> dict[str, Answer]:
    """By the query's id."""
    if workers == 1:
        given = map(program.answer, asked)
        return {
            c.id: _told(n, len(asked), c, a) for n, (c, a) in enumerate(zip(asked, given, strict=True), 1)
        }
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        given = pool.map(_answer, asked)
        return {
            c.id: _told(n, len(asked), c, a) for n, (c, a) in enumerate(zip(asked, given, strict=True), 1)
        }


def _answer(case: Case) -> Answer:
    """In a process of its own."""
    return _program().answer(case)


@lru_cache(maxsize=1)
def _program() -> Program:
    return Program()


def _told(number: int, of: int, case: Case, answer: Answer) -> Answer:
    if sys.stderr.isatty() or number % 25 == 0:
        print(f"  {number} of {of}: {case.id}", file=sys.stderr, flush=True)
    return answer


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="the copies of four of the ten references")
    parser.add_argument("--half", choices=HALVES, help="one half alone; keeps no file")
    parser.add_argument("--workers", type=int, default=1, help="processes that ask (1)")
    parser.add_argument("--only", metavar="DISGUISE", help="one disguise alone; keeps no file")
    parser.add_argument("--reference", metavar="NN", help="the copies of one reference; keeps no file")
    parser.add_argument("--kept", action="store_true", help="only what was answered before; keeps no file")
    parser.add_argument("--no-peers", action="store_true", help="without the peers")
    options = parser.parse_args()
    if why := missing():
        skip("rights", why)
        return 0
    asked = [
        c
        for c in cases(options.half)
        if not c.disguise
        or (
            options.only in (None, c.disguise)
            and (not options.quick or c.asset in QUICK)
            and options.reference in (None, c.asset[10:])
        )
    ]
    program = Program()
    if options.kept:
        asked = [c for c in asked if c.is_made() and program.note(c.file()).is_file()]
    answers = _answers(program, asked, options.workers)
    rows = tables(asked, answers) + costs(program, asked, answers)
    if options.half or options.only or options.kept or options.reference:
        for r in rows:
            print(f"{r['name']:<70} {r['value']:>10.4g} {r['unit']}")
        return 0
    if not options.no_peers:
        from bench import _rights_peers

        rows += _rights_peers.compared(asked, {c.id: answers[c.id].confidence for c in asked})
    report("rights", rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
