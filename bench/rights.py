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

Fingerprints and findings are kept beside the made files under a hash of the program's files that make them, so a second
run costs little. Speeds are processor time of one process, taken at the end on TIMED queries that are read and asked anew,
so that processes beside each other do not count.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench._disguises import Case, cases
from bench._episodes import HALVES, cache, missing, references
from bench._rights_score import Answer, Seen, tables
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
TIMED = 16
SERIES = "the-last-ferry"


# --- asking the program ----------------------------------------------------------------------


class Program:
    """The program through its public door, with what it found before."""

    def __init__(self) -> None:
        self.folder = cache() / f"program-{_version(OF_FINGERPRINT)}"
        (self.folder / "prints").mkdir(parents=True, exist_ok=True)
        self.found = self.folder / f"found-{_version(OF_FINDING)}"
        self.found.mkdir(exist_ok=True)
        self.catalogue = self._catalogue()
        self._names = {a.id: Path(a.path).resolve().name for a in self.catalogue.assets()}

    def _catalogue(self) -> Any:
        """The references' catalogue, made by `rights.catalogue.add`."""
        from smallscreen.rights import catalogue as door

        folder = self.folder / f"catalogue-{_version(OF_FINDING)}"
        whole = folder / "whole"
        if not whole.is_file():
            shutil.rmtree(folder, ignore_errors=True)
            files = self.folder / "files"
            files.mkdir(exist_ok=True)
            there = door.open_catalogue(folder, create=True)
            for episode in references():
                link = files / f"ep{episode.number:03d}.mp4"
                link.unlink(missing_ok=True)
                link.symlink_to(episode.file())
                done = door.add(there, [link], series=SERIES)
                if done.problems:
                    raise done.problems[0]
            whole.touch()
        return door.open_catalogue(folder)

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

    def _fingerprint(self, path: Path) -> Any:
        """The fingerprint of a query; kept until the files that make it change."""
        from smallscreen.rights.fingerprint import fingerprint
        from smallscreen.rights.model import Fingerprint

        kept = self.folder / "prints" / f"{path.stem}.fp"
        if kept.is_file():
            return Fingerprint.from_bytes(kept.read_bytes())
        made = fingerprint(path, query=True)
        kept.write_bytes(made.to_bytes())
        return made

    def spent(self, case: Case) -> tuple[float, float]:
        """Processor seconds of reading a query and of asking for it, both done anew."""
        from smallscreen.rights.find import find_fingerprint
        from smallscreen.rights.fingerprint import fingerprint

        path = case.file()
        began = time.process_time()
        print_ = fingerprint(path, query=True)
        read = time.process_time()
        find_fingerprint(self.catalogue, print_, path.name)
        return read - began, time.process_time() - read

    def added(self, path: Path) -> float:
        """Processor seconds of describing a reference, done anew."""
        from smallscreen.rights.fingerprint import fingerprint
        from smallscreen.rights.terms import terms_of

        began = time.process_time()
        terms_of(fingerprint(path))
        return time.process_time() - began

    def _asked(self, path: Path) -> Answer:
        from smallscreen.rights.find import find_fingerprint

        answer = Answer()
        matches = find_fingerprint(self.catalogue, self._fingerprint(path), path.name)
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


# --- what it costs ---------------------------------------------------------------------------


def costs(program: Program, asked: Sequence[Case]) -> list[dict[str, Any]]:
    """Real-time factors of one core and bytes a minute."""
    ours = references()
    added = sum(e.seconds for e in ours) / sum(program.added(e.file()) for e in ours)
    full = [c for c in asked if c.plan is None or not any("Scaled" in repr(x) for x in c.plan.looks)]
    full = full[:: -(-len(full) // TIMED)]
    spent = [program.spent(c) for c in full]
    seconds = sum(c.seconds for c in full)
    read, searched = sum(r for r, _ in spent), sum(a for _, a in spent)
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
    rows = tables(asked, answers) + costs(program, asked)
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
