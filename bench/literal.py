"""Whether a rendering word for word is told from one that says the sense.

    python -m bench.literal

**What PETCI's labels are.** PETCI gives 4,310 idioms with renderings from a dictionary of idioms (the
first is called gold, the others human) and from two translation engines (machine). It does not say
which of them are word for word. Machine is no such label: of the machine renderings that we read
about a third are word for word, and of the dictionary's about an eighth. So 260 idioms were drawn at
random (seed 20261123) and up to six renderings of each, origin hidden and order shuffled, were read
once by a language model, before any score was seen:

    L  word for word: what it says is what the characters say, right or clumsy, whole or in part
    F  the sense in other words, or by another picture
    B  both at once: the idiom's words are its sense (plain idioms)
    M  the picture and the sense side by side        X  neither: wrong, cut off, spelt out

Reported: L against F (the question of this check), and L against F and B. M and X are left out.
Every score is by a model that saw no rendering of the idiom (5 folds, idioms whole). Then the same
for all renderings with the origin as label, beside what the labels themselves would reach there: a
perfect judge cannot come above that. The issue's 0.66 comes without a rule; the nearest that we
can make is the share of the gloss's words with the origin as label, for idioms with a gloss.

**Sentences.** Four sets. (1) The sample series: its word-for-word draft against its finished
edition, through the check; `SAMPLE_LITERAL` are the cues whose draft was read as giving the item word for
word at a loss. (2) bench/labels/literal_lines.tsv: lines written for this test, each with a word-for-word
rendering and one as a subtitle would have it. Sets 1 to 3 (230) were looked at while features, rules and
threshold were chosen, and are trained on; before they were, they had been scored unseen, set 2 with 87 and
set 3 with 83 % alarmed, 1 and 2 of 60 falsely. Set 4 (50) was scored unseen (88 %, 1 of 50), then once more
after sets 1 to 3 had been added to training; its lines were not looked at. Set 5 (40) was written last and
nothing was changed after it was scored. Both renderings are by one author, who knew what the test is for:
real editions will be harder. (3) PETCI's read renderings
set into lines of the sample (synthetic).
"""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from bench import common, train_literal
from bench.checks import FINISHED, _auc, _contexts, _drafts
from bench.fit import _sample
from smallscreen.localize.barriers import find
from smallscreen.localize.checks import check_edition
from smallscreen.localize.checks.culture import FIGURES
from smallscreen.localize.checks.literal import judge, literal_share, model
from smallscreen.series import markets
from smallscreen.series.model import Barrier, Cue, Draft

LINES = common.ROOT / "bench" / "labels" / "literal_lines.tsv"
SAMPLE_LITERAL = frozenset(
    f"ep{cue[:3]}.c{cue[4:]}"
    for cue in [
        "001.0003",
        "001.0013",
        "002.0009",
        "002.0010",
        "002.0014",
        "002.0015",
        "002.0016",
        "002.0017",
        "003.0001",
        "003.0016",
        "003.0022",
        "003.0025",
        "003.0026",
        "004.0003",
        "004.0004",
        "004.0007",
        "004.0012",
        "004.0018",
        "004.0023",
        "004.0027",
        "005.0002",
        "005.0003",
        "005.0006",
        "005.0016",
        "006.0007",
        "006.0009",
        "006.0014",
        "007.0004",
        "007.0011",
        "007.0015",
        "008.0008",
        "008.0010",
        "008.0024",
        "009.0013",
        "010.0005",
        "010.0009",
        "010.0013",
        "010.0021",
        "011.0007",
        "011.0012",
        "011.0013",
        "011.0025",
        "012.0004",
        "012.0006",
        "012.0007",
        "012.0017",
        "012.0018",
        "012.0022",
    ]
)
"""Cues whose word-for-word draft gives an item of need 2 or 3 word for word at a loss; one reading."""
Rows = list[dict[str, Any]]


def main() -> None:
    """Print and write the figures."""
    rows: Rows = []
    if train_literal.PETCI.is_file():
        rows += _petci()
    else:
        common.skip("literalness on PETCI", "the data is not here")
    rows += _on_lines()
    rows += _on_sample()
    common.report("literal", rows)


def _petci() -> Rows:
    rows, blocks = train_literal.material()
    label = np.array([r.label for r in rows])
    alone, *within = train_literal.held_out(rows, blocks)
    literal, figurative, both = label == "L", label == "F", label == "B"
    name = f"PETCI, read, {literal.sum()} L, {figurative.sum()} F, {both.sum()} B, {len({r.idiom for r in rows})} idioms"
    people = np.array([r.origin != "machine" for r in rows])
    low, high = _interval(rows, alone, literal, figurative)
    known = train_literal.glosses()
    glossed = np.array([bool(known.get(r.chinese, ("", ""))[0]) for r in rows])
    share = np.array([literal_share(known.get(r.chinese, ("", ""))[0], "", r.text)[0] for r in rows])
    both_ways = share + np.array(
        [literal_share(r.text, "", known.get(r.chinese, ("", ""))[0])[0] for r in rows]
    )
    found: Rows = [
        common.row(f"{name}: L against F", _auc(alone[literal], alone[figurative]), "AUC", at_least=0.85),
        common.row("  95 % interval, idioms drawn again 500 times, from", low, "AUC"),
        common.row("  to", high, "AUC"),
        common.row("PETCI, read: L against F and B", _auc(alone[literal], alone[~literal]), "AUC"),
        common.row(
            f"PETCI, read, idioms with a literal gloss ({(glossed & ~both).sum()}): L against F",
            _auc(alone[literal & glossed], alone[figurative & glossed]),
            "AUC",
        ),
        common.row(
            "  the same by the gloss's words alone",
            _auc(share[literal & glossed], share[figurative & glossed]),
            "AUC",
        ),
        common.row(
            "PETCI, read, all: by the gloss's words alone, both ways (no gloss: 0)",
            _auc(both_ways[literal], both_ways[figurative]),
            "AUC",
        ),
    ]
    for kind, scores in zip(("finished", "word-for-word"), within, strict=True):
        at = model().threshold
        found += [
            common.row(
                f"PETCI in {kind} lines of the sample (synthetic): L against F",
                _auc(scores[literal], scores[figurative]),
                "AUC",
            ),
            common.row("  L alarmed", 100 * float((scores[literal] >= at).mean()), "%"),
            common.row("  F alarmed", 100 * float((scores[figurative] >= at).mean()), "%"),
            common.row(
                f"  F from the dictionary ({(figurative & people).sum()}) alarmed",
                100 * float((scores[figurative & people] >= at).mean()),
                "%",
            ),
            common.row("  B alarmed", 100 * float((scores[both] >= at).mean()), "%"),
        ]
    return found + _by_origin(rows, blocks, literal)


def _interval(
    rows: Sequence[train_literal.Rendering], scores: np.ndarray, above: np.ndarray, below: np.ndarray
) -> tuple[float, float]:
    rng = np.random.default_rng(7)
    idiom = np.array([r.idiom for r in rows])
    places = [np.flatnonzero(idiom == one) for one in np.unique(idiom)]
    found = []
    for _ in range(500):
        drawn = np.concatenate([places[k] for k in rng.integers(0, len(places), len(places))])
        found.append(_auc(scores[drawn][above[drawn]], scores[drawn][below[drawn]]))
    return float(np.quantile(found, 0.025)), float(np.quantile(found, 0.975))


def _by_origin(
    read: Sequence[train_literal.Rendering], blocks: Sequence[np.ndarray], literal: np.ndarray
) -> Rows:
    """The same scores with machine as "literal" and the dictionary as "figurative"."""
    everything = [r for r in train_literal.renderings() if r.label == "."]
    seen = {r.idiom for r in read}
    fresh = [r for r in everything if r.idiom not in seen]
    fitted = train_literal.fit(blocks, literal.astype(float))
    scores = train_literal.score(fitted, train_literal.features(fresh))
    machine = np.array([r.origin == "machine" for r in fresh])
    known = train_literal.glosses()
    glossed = np.array([bool(known.get(r.chinese, ("", ""))[0]) for r in fresh])
    share = np.array([literal_share(known.get(r.chinese, ("", ""))[0], "", r.text)[0] for r in fresh])
    perfect = literal.astype(float)
    made = np.array([r.origin == "machine" for r in read])
    return [
        common.row(
            f"PETCI by origin, {len(fresh):,} of {len({r.idiom for r in fresh}):,} idioms never read: machine against dictionary",
            _auc(scores[machine], scores[~machine]),
            "AUC",
        ),
        common.row(
            f"  by the gloss's words alone, {glossed.sum():,} with a gloss",
            _auc(share[machine & glossed], share[~machine & glossed]),
            "AUC",
        ),
        common.row(
            "  a perfect judge of L, on the read ones with the origin as label",
            _auc(perfect[made], perfect[~made]),
            "AUC",
        ),
        common.row("  machine renderings read as L", 100 * float(perfect[made].mean()), "%"),
        common.row("  dictionary renderings read as L", 100 * float(perfect[~made].mean()), "%"),
    ]


def _on_lines() -> Rows:
    """The written lines: the model with the item as the finder knows it, and the check as a whole."""
    lines = [
        line.split("\t")
        for line in LINES.read_text("utf-8").splitlines()
        if not line.startswith(("#", "set\t"))
    ]
    found: Rows = []
    counted = {True: [0, 0], False: [0, 0]}
    for which, what in (("123", "trained on"), ("4", "scored before"), ("5", "not seen")):
        some = [line[1:] for line in lines if line[0] in which]
        rows, wrong = _on_set(f"written lines, set {', '.join(which)} ({what}), {len(some)}", some)
        found += rows
        for trained in (True, False):
            if trained or what != "trained on":
                counted[trained][0] += wrong
                counted[trained][1] += len(some)
    for trained, what in ((False, "sets 4 and 5"), (True, "all sets")):
        wrong, human = counted[trained]
        found.append(
            common.row(
                f"written lines, {what}: human alarmed ({wrong} of {human}, upper end of the 95 % interval "
                f"{100 * _upper(wrong, human):.1f} %)",
                100 * wrong / human,
                "%",
                at_most=None if trained else 0.5,
            )
        )
    return found


def _on_set(name: str, lines: Sequence[Sequence[str]]) -> tuple[Rows, int]:
    market = markets.load("en-US")
    scores: dict[str, list[float]] = {"literal": [], "human": []}
    caught: dict[str, list[bool]] = {"literal": [], "human": []}
    by_finder: list[bool] = []
    found = 0
    for source, item, *texts in lines:
        cue = Cue("ep001.c0001", 1, 1, 0, 4000, source)
        start = source.index(item)
        of_item = [
            b for b in find([cue], market=market) if b.need >= 2 and (b.text in item or item in b.text)
        ]
        found += bool(of_item)
        bare = Barrier(cue.id, 1, start, start + len(item), item, "idiom", 2)
        known = max(of_item, key=lambda b: len(b.text), default=bare)
        for kind, text in zip(("literal", "human"), texts, strict=True):
            seen = judge(
                item,
                text,
                source=source,
                gloss=known.literal,
                meaning=known.meaning,
                suggestion=known.suggestions.get("en", ""),
            )
            scores[kind].append(seen.sure)
            [ctx] = _contexts([[cue]], {cue.id: Draft(cue.id, text)}, "en-US")
            ctx.barriers = of_item or [bare]
            caught[kind].append(bool(list(check_edition(ctx, only={"culture.literal"}))))
        by_finder.append(caught["literal"][-1] and bool(of_item))
    false = int(np.sum(caught["human"]))
    return [
        common.row(f"{name}: word for word against human", _auc(scores["literal"], scores["human"]), "AUC"),
        common.row(
            f"  through the check ({found} items found, the rest given): word for word alarmed",
            100 * float(np.mean(caught["literal"])),
            "%",
            at_least=90,
        ),
        common.row(
            "  the same where the finder must find the item itself", 100 * float(np.mean(by_finder)), "%"
        ),
        common.row(f"  human alarmed ({false})", 100 * float(np.mean(caught["human"])), "%"),
    ], false


def _upper(hits: int, n: int) -> float:
    """Upper end of Wilson's 95 % interval."""
    z, p = 1.96, hits / n
    return (p + z * z / 2 / n + z * float(np.sqrt(p * (1 - p) / n + z * z / 4 / n / n))) / (1 + z * z / n)


def _on_sample() -> Rows:
    """The check on the sample's two English drafts, without recorded reasons and without comparing the drafts."""
    sample, _ = _sample()
    cues = [some for some, _ in sample]
    drafts = {
        "word-for-word draft": {key: draft for _, some in sample for key, draft in some.items()},
        "finished edition": _drafts(FINISHED / "en-US.edition.json"),
    }
    found: Rows = []
    for name, some in drafts.items():
        contexts = _contexts(cues, {key: Draft(key, draft.text) for key, draft in some.items()}, "en-US")
        units = sum(len(c.units) for c in contexts)
        holding = {b.cue for c in contexts for b in c.barriers if b.need >= 2}
        alarmed = {f.cue for c in contexts for f in check_edition(c, only={"culture.literal"})}
        kind_of = {b.cue: b.kind in FIGURES for c in contexts for b in c.barriers if b.need >= 2}
        finished = name.startswith("finished")
        found.append(
            common.row(
                f"sample, {name}: of {units} lines alarmed ({len(alarmed)})",
                100 * len(alarmed) / units,
                "%",
                at_most=0.5 if finished else None,
            )
        )
        if finished:
            found.append(
                common.row(
                    f"  of {len(holding)} cues with an item of need 2 or 3",
                    100 * len(alarmed & holding) / len(holding),
                    "%",
                )
            )
            continue
        literal = SAMPLE_LITERAL & holding
        figures = {cue for cue in literal if kind_of[cue]}
        for what, part in (
            ("items read as word for word at a loss", literal),
            ("of these, figures", figures),
            ("of these, kin, offices, customs and other names of things", literal - figures),
        ):
            found.append(
                common.row(
                    f"  {what} ({len(part)}): alarmed", 100 * len(alarmed & part) / max(1, len(part)), "%"
                )
            )
    return found + _speed(cues, drafts["word-for-word draft"])


def _speed(cues: list[list[Cue]], drafts: dict[str, Draft]) -> Rows:
    contexts = _contexts(cues, {key: Draft(key, draft.text) for key, draft in drafts.items()}, "en-US")
    holding = sum(len({b.cue for b in c.barriers if b.need >= 2}) for c in contexts)
    for ctx in contexts:
        list(check_edition(ctx, only={"culture.literal"}))
    rng = random.Random(1)
    words = [w for d in drafts.values() for w in d.text.split()]
    items = [(b, ctx.cue_by_id[b.cue].text) for ctx in contexts for b in ctx.barriers if b.need >= 2]
    # New words every time, so that nothing is answered from memory but the dictionary.
    asked = [(*rng.choice(items), " ".join(rng.choices(words, k=7))) for _ in range(5000)]
    gc.collect()
    start = time.perf_counter()
    for barrier, source, text in asked:
        judge(barrier.text, text, source=source, gloss=barrier.literal, meaning=barrier.meaning)
    took = time.perf_counter() - start
    return [
        common.row(
            f"speed, lines with an item ({holding} items of the sample in 5,000 lines of its words)",
            len(asked) / took,
            "lines/s",
            at_least=5000,
        )
    ]


if __name__ == "__main__":
    main()
