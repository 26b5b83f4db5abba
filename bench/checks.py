"""How fast the checks are, and what those that judge meaning can tell.

    python -m bench.checks

Speed is measured on the 80 real episodes with the stand-in drafts of bench/fit.py: true lengths, no
sense, so more findings than real drafts give. Meaning is judged on the sample's editions: true pairs of
source and line against lines given to a wrong cue. Whether a
line is word for word is judged by bench.literal.
"""

from __future__ import annotations

import gc
import itertools
import json
import random
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from bench import common
from bench import fit as stand_ins
from smallscreen.engines.embed import Embedder, get_embedder
from smallscreen.localize.barriers import find
from smallscreen.localize.checks import CheckContext, CheckSummary, check_edition, check_series
from smallscreen.localize.checks.meaning import BUDGET, Judge, Place, far_below, looks_shifted, places_of
from smallscreen.localize.fit import fit
from smallscreen.series import markets, platforms
from smallscreen.series.model import Barrier, Cue, Draft, cue_id

FINISHED = stand_ins.SAMPLE / "drafts" / "finished"
Rows = list[dict[str, Any]]


def main() -> None:
    """Print and write the figures."""
    embedder = get_embedder()
    rows: Rows = []
    sample, _ = stand_ins._sample()
    cues = [c for c, _ in sample]
    literal = {key: draft for _, drafts in sample for key, draft in drafts.items()}
    finished = {path.name.split(".")[0]: _drafts(path) for path in sorted(FINISHED.glob("*.edition.json"))}
    if common.SERIES_29.is_dir():
        rows += _speed(embedder)
    else:
        common.skip("speed of the checks", "the real series is not here")
    if embedder is None:
        common.skip("meaning", "no embedder is installed")
    else:
        rows += _meaning("literal draft", _contexts(cues, literal, "en-US"), embedder, None)
        for locale, drafts in finished.items():
            least = 0.97 if locale == "en-US" else None
            rows += _meaning(f"finished {locale}", _contexts(cues, drafts, locale), embedder, least)
        if "en-US" in finished:
            rows += _shifted(cues, finished["en-US"], embedder)
    common.report("checks", rows)


def _speed(embedder: Embedder | None) -> Rows:
    source = list(stand_ins._source(common.SERIES_29, "zh.srt", speakers=True))
    barriers = {number: find(cues) for number, cues in enumerate(source)}
    rows: Rows = []
    lines, alone, whole = 0, 0.0, 0.0
    # Fonts, patterns and the table of characters are made ready once a process; two episodes do that.
    warm = [
        _context(*stand_ins._stand_in(c, ["word"], " ", 3, "en-US"), "en-US", find(c), CheckSummary())
        for c in source[:2]
    ]
    _timed(warm)
    for locale in stand_ins.MARKETS:
        language = markets.load(locale).language
        words = stand_ins.WORDS.get(
            language, "your grandfather never told me what he did that night, but I know it"
        ).split()
        glue = "" if language in ("ja", "th") else " "
        ratio = stand_ins.RATIO.get(language, stand_ins.CONCISE)
        summary = CheckSummary()
        contexts = []
        for number, cues in enumerate(source):
            _, drafts = stand_ins._stand_in(cues, words, glue, ratio, locale)
            contexts.append(_context(cues, drafts, locale, barriers[number], summary=summary))
        count = sum(len(c.lines) for c in contexts)
        gc.collect()
        took = _timed(contexts)
        lines, alone = lines + count, alone + took
        rows.append(
            common.row(
                f"all checks but meaning, {locale}, {count:,} lines", count / took, "lines/s", at_least=6000
            )
        )
        if embedder is not None:
            fresh = [replace(c, embedder=embedder) for c in contexts]
            start = time.perf_counter()
            check_series(fresh, only={"adequacy.meaning"})
            whole += time.perf_counter() - start
    rows.append(
        common.row(
            f"all checks but meaning, 80 episodes x 6 markets, {lines:,} lines", alone, "s", at_most=4.0
        )
    )
    if embedder is not None:
        rows.append(
            common.row(
                "meaning within its budget, 80 episodes x 6 markets, all wrong", whole, "s", at_most=10.0
            )
        )
    return rows


def _timed(contexts: Sequence[CheckContext]) -> float:
    start = time.perf_counter()
    for ctx in contexts:
        check_edition(ctx)
    check_series(contexts)
    return time.perf_counter() - start


def _meaning(name: str, contexts: list[CheckContext], embedder: Embedder, least: float | None) -> Rows:
    places = [p for number, ctx in enumerate(contexts) for p in places_of(ctx, number)]
    judge = Judge(places, embedder, None)
    few = Judge(places[:: max(1, len(places) // BUDGET)][:BUDGET], embedder, None)
    rng, n = random.Random(1), len(places)
    true = [judge.score(p.unit.source, p.unit.text) for p in places]
    wrong = [
        judge.score(p.unit.source, places[(i + rng.randrange(10, n - 10)) % n].unit.text)
        for i, p in enumerate(places)
    ]
    true_few = [few.score(p.unit.source, p.unit.text) for p in places]
    beside = [judge.score(p.unit.source, places[(i + 1) % n].unit.text) for i, p in enumerate(places)]
    return [
        common.row(
            f"meaning, {name}, {n} pairs: AUC against a far cue's line",
            _auc(true, wrong),
            "AUC",
            at_least=least,
        ),
        common.row(f"meaning, {name}: AUC against the next cue's line", _auc(true, beside), "AUC"),
        common.row(f"meaning, {name}: true pairs reported", _reported(places, true), "%"),
        common.row(
            f"meaning, {name}: true pairs reported, judged against {BUDGET} pairs as by default",
            _reported(places, true_few),
            "%",
        ),
        common.row(f"meaning, {name}: wrong pairs reported", _reported(places, wrong), "%"),
    ]


def _reported(places: Sequence[Place], scores: Sequence[float]) -> float:
    return 100 * float(np.mean([s < far_below(p.unit.source) for p, s in zip(places, scores, strict=True)]))


def _shifted(cues: list[list[Cue]], drafts: dict[str, Draft], embedder: Embedder) -> Rows:
    """Every episode in turn is shifted by one cue; how many are reported as such within the budget."""
    found = by_length = 0
    for shifted in range(len(cues)):
        moved = dict(drafts)
        ids = [c.id for c in cues[shifted]]
        for before, after in itertools.pairwise(ids):
            moved[after] = replace(drafts[before], cue=after) if before in drafts else moved[after]
        contexts = _contexts(cues, moved, "en-US", embedder=embedder)
        by_length += looks_shifted(places_of(contexts[shifted], shifted))
        findings = check_series(contexts, only={"adequacy.meaning"})
        found += sum(f.episode == shifted + 1 and "other_cue" in f.evidence for f in findings) >= 3
    return [
        common.row(f"episodes shifted by one cue and found, of {len(cues)}", found, "episodes"),
        common.row(
            f"of these by their lengths alone, without a sample, of {len(cues)}", by_length, "episodes"
        ),
    ]


def _contexts(
    cues: list[list[Cue]], drafts: dict[str, Draft], locale: str, embedder: Embedder | None = None
) -> list[CheckContext]:
    summary = CheckSummary()
    market = markets.load(locale)
    return [
        _context(one, drafts, locale, find(one, market=market), summary=summary, embedder=embedder)
        for one in cues
    ]


def _context(
    cues: list[Cue],
    drafts: dict[str, Draft],
    locale: str,
    barriers: Sequence[Barrier],
    summary: CheckSummary,
    embedder: Embedder | None = None,
) -> CheckContext:
    market = markets.load(locale)
    return CheckContext(
        market=market,
        profile="vertical",
        edition=locale,
        cues=cues,
        lines=fit(cues, drafts, market, "vertical", edition=locale).lines,
        drafts=drafts,
        barriers=barriers,
        platform=platforms.load("universal"),
        embedder=embedder,
        summary=summary,
    )


def _drafts(path: Any) -> dict[str, Draft]:
    found = {}
    for line in json.loads(path.read_text("utf-8"))["lines"]:
        key = cue_id(line["episode"], line["cue"])
        found[key] = Draft(key, line["text"])
    return found


def _auc(above: Sequence[float] | np.ndarray, below: Sequence[float] | np.ndarray) -> float:
    """Chance that one of `above` is larger than one of `below`; ties count half."""
    one, two = np.asarray(above, dtype=float), np.sort(np.asarray(below, dtype=float))
    less, upto = np.searchsorted(two, one, "left"), np.searchsorted(two, one, "right")
    return float((less + upto).sum() / 2 / (len(one) * len(two)))


if __name__ == "__main__":
    main()
