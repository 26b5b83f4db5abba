"""Training the embedded finder's scorer on `bench/labels`.

    python -m bench.train_finder            print what is held out, one show at a time
    python -m bench.train_finder --write    train on all shows and write localize/barriers/weights/scorer.npz
    python -m bench.train_finder --words    make the table of words first (needs wordfreq, one to two minutes)

An item is what both readings have (their spans overlap), with the extent of the first. What one reading alone has
is disputed: not trained on, neither a hit nor a false alarm. The table of pieces (`weights/learned.npz`) counts how
often a candidate was an item; a candidate is never judged by counts of its own show.

Held-out figures are leave-shows-out: every show is judged by trees and counts of only the six others. Two things they
do not hold out: the lexicons' false friends were removed over the text of the same seven shows, and the
operating point is chosen on the same held-out judgements.
"""

from __future__ import annotations

import argparse
import io
from collections import defaultdict
from collections.abc import Collection, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bench.boosting import fit
from bench.common import ROOT, report, row, skip
from bench.labels_io import POOL, Labelled, read
from smallscreen.localize.barriers.candidates import Patterns, candidates
from smallscreen.localize.barriers.features import LEARNED, NAMES, matrix
from smallscreen.localize.barriers.finders.lexicon import known_names, matcher
from smallscreen.localize.barriers.kin import plain
from smallscreen.localize.barriers.scorer import Scorer, preference
from smallscreen.localize.barriers.traditional import simplified
from smallscreen.localize.barriers.words import Learned, word_hash, words
from smallscreen.series.model import KINDS, Cue, cue_id

WEIGHTS = ROOT / "src" / "smallscreen" / "localize" / "barriers" / "weights"
OPERATING_POINT = 0.23
POINTS = (0.05, 0.1, 0.15, 0.2, 0.23, 0.25, 0.3, 0.35, 0.4, 0.5)
LEAST_SEEN = 1
"""Labelled lines that a piece must occur in to be in the table."""
Span = tuple[int, int]


@dataclass
class Examples:
    """Candidates of all labelled lines. `target` is 1 item, 0 none, -1 a small part of one or disputed (not trained on).
    `disputed` holds the spans of one reading alone, by line; `piece` numbers the candidates' texts, `pieces`."""

    lines: list[Labelled]
    x: np.ndarray
    target: np.ndarray
    show: np.ndarray
    line: np.ndarray
    spans: list[Span]
    kind: np.ndarray
    need: np.ndarray
    disputed: list[list[Span]]
    piece: np.ndarray
    pieces: list[str]


def readings() -> tuple[list[Labelled], list[list[Span]]]:
    """The lines with the items that both readings have, and each line's other spans of either reading."""
    first, second = read("first"), {x.id: x for x in read("second")}
    lines, disputed = [], []
    for x in first:
        other = second[x.id].culture if x.id in second else x.culture
        both = tuple(s for s in x.culture if any(s[0] < t[1] and t[0] < s[1] for t in other))
        lines.append(replace(x, culture=both))
        disputed.append([(s[0], s[1]) for s in (*x.culture, *other) if s not in both])
    return lines, disputed


def examples(lines: list[Labelled], disputed: list[list[Span]]) -> Examples:
    """The candidates of `lines` with their figures, each show with its own names."""
    index, table, kinds = matcher(), words(), list(KINDS)
    by_show: dict[str, list[int]] = defaultdict(list)
    for i, x in enumerate(lines):
        by_show[x.show].append(i)
    rows: list[np.ndarray] = []
    told: list[tuple[int, str, int, int, int]] = []
    spans: list[Span] = []
    numbers: dict[str, int] = {}
    piece: list[int] = []
    for show, members in by_show.items():
        cues = [_cue(n, lines[i]) for n, i in enumerate(members, 1)]
        names = known_names(cues, None, index)
        patterns = Patterns(names)
        for i in members:
            text = simplified(lines[i].text)
            found, segments = candidates(text, index.find(text, names), table, patterns, names)
            rows.append(matrix(text, found, segments, table))
            for c in found:
                spans.append((c.start, c.end))
                target, kind, need = _target((c.start, c.end), lines[i], kinds)
                if target == 0 and any(matches((c.start, c.end), s) for s in disputed[i]):
                    target = -1
                piece.append(numbers.setdefault(text[c.start : c.end], len(numbers)))
                told.append((target, show, i, kind, need))
    targets, shows, where, kind_of, need_of = zip(*told, strict=True)
    return Examples(
        lines, np.concatenate(rows), np.array(targets), np.array(shows), np.array(where), spans,
        np.array(kind_of), np.array(need_of), disputed, np.array(piece), list(numbers),
    )  # fmt: skip


def held_out(data: Examples) -> np.ndarray:
    """Each candidate's probability by trees and counts that did not see its show; none for plain words of real kin."""
    p = np.zeros(len(data.target))
    shows = sorted(set(data.show.tolist()))
    with ProcessPoolExecutor(max_workers=2) as pool:
        for show, judged in zip(shows, pool.map(_held_out_show, [data] * len(shows), shows), strict=True):
            p[data.show == show] = judged
    for j in np.flatnonzero(data.x[:, NAMES.index("is-match")] == 0):
        if plain(simplified(data.lines[data.line[j]].text), *data.spans[j]):
            p[j] = 0.0
    return p


def _held_out_show(data: Examples, show: str) -> np.ndarray:
    known = with_counts(data, {show})
    judge = Scorer(_arrays(known, (data.show != show) & (data.target >= 0)))
    return judge.probability(known.x[data.show == show])


def counts(data: Examples, without: Collection[str]) -> tuple[np.ndarray, np.ndarray]:
    """Times each piece was seen and taken in all shows but those."""
    rest = (data.target >= 0) & ~np.isin(data.show, list(without))
    seen = np.bincount(data.piece[rest], minlength=len(data.pieces))
    taken = np.bincount(data.piece[rest & (data.target == 1)], minlength=len(data.pieces))
    taken[seen < LEAST_SEEN] = 0
    seen[seen < LEAST_SEEN] = 0
    return seen, taken


def with_counts(data: Examples, without: Collection[str] = ()) -> Examples:
    """`data` with the counts of pieces filled in: those of other shows than its own and than `without`."""
    x = data.x.copy()
    hashes = np.array([word_hash(p) for p in data.pieces], dtype=np.uint64)
    for show in sorted(set(data.show.tolist())):
        table = Learned(hashes, *counts(data, {show, *without}))
        here = np.flatnonzero(data.show == show)
        x[here, LEARNED] = [table.figures(data.pieces[n]) for n in data.piece[here]]
    return replace(data, x=x)


def chosen(data: Examples, p: np.ndarray, point: float) -> dict[int, list[Span]]:
    """The spans kept at an operating point, by line: the preferred first, none over another."""
    out: dict[int, list[Span]] = defaultdict(list)
    for j in np.argsort(-preference(data.x, p), kind="stable"):
        if p[j] < point:
            continue
        a, b = data.spans[j]
        here = out[int(data.line[j])]
        if all(b <= x or a >= y for x, y in here):
            here.append((a, b))
    return out


def figures(
    lines: Sequence[Labelled],
    found: dict[int, list[Span]],
    which: Sequence[int],
    disputed: Sequence[Sequence[Span]],
) -> dict[str, float]:
    """Precision, recall, F1 and the recall of lines with need 2 or 3, as `bench.gold` counts them."""
    right = spans = hit = items = need_lines = need_hit = 0
    for i in which:
        here, items_here = found.get(i, []), lines[i].culture
        good = [a for a in here if any(matches(a, s) for s in items_here)]
        false = [a for a in here if a not in good and not any(matches(a, s) for s in disputed[i])]
        right, spans = right + len(good), spans + len(good) + len(false)
        hits = [any(matches(a, s) for a in here) for s in items_here]
        items, hit = items + len(hits), hit + sum(hits)
        needed = [h for h, s in zip(hits, items_here, strict=True) if s[3] >= 2]
        need_lines, need_hit = need_lines + bool(needed), need_hit + any(needed)
    precision, recall = right / max(1, spans), hit / max(1, items)
    return {
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / max(1e-9, precision + recall),
        "lines": need_hit / max(1, need_lines),
    }


def matches(span: Span, item: Span | tuple[int, int, str, int]) -> bool:
    """Whether one contains the other."""
    a, b, x, y = *span, item[0], item[1]
    return (a <= x and y <= b) or (x <= a and b <= y)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench.train_finder", description="Train the embedded finder.")
    parser.add_argument("--write", action="store_true", help="write the weights that ship")
    parser.add_argument("--words", action="store_true", help="make the table of words first (needs wordfreq)")
    options = parser.parse_args(arguments)
    if not POOL.is_file():
        skip("train_finder", "needs ../shared/gold/cped_pool.csv")
        return 0
    if options.words:
        from bench.finder_words import build

        _save(WEIGHTS / "words.npz", build())
        words.cache_clear()
    data = examples(*readings())
    p = held_out(data)
    every = range(len(data.lines))
    print(f"{'point':>6}{'precision':>11}{'recall':>8}{'F1':>7}{'lines of need 2-3':>19}   (leave-shows-out)")
    for point in POINTS:
        f = figures(data.lines, chosen(data, p, point), every, data.disputed)
        print(f"{point:>6}{f['precision']:>11.3f}{f['recall']:>8.3f}{f['f1']:>7.3f}{f['lines']:>19.3f}")
    found = chosen(data, p, OPERATING_POINT)
    f = figures(data.lines, found, every, data.disputed)
    shows = [
        figures(data.lines, found, [i for i in every if data.lines[i].show == show], data.disputed)["f1"]
        for show in sorted({x.show for x in data.lines})
    ]
    print(f"\n{'kind':14}{'items':>7}{' recall at ' + str(OPERATING_POINT):>15}{'at the lowest':>15}")
    low = chosen(data, p, POINTS[0])
    for kind in KINDS:
        items = [(i, s) for i in every for s in data.lines[i].culture if s[2] == kind]
        hits = [sum(any(matches(a, s) for a in some.get(i, [])) for i, s in items) for some in (found, low)]
        print(f"{kind:14}{len(items):>7}{hits[0] / len(items):>14.2f}{hits[1] / len(items):>15.2f}")
    best = max(
        (figures(data.lines, chosen(data, p, t), every, data.disputed) for t in POINTS),
        key=lambda g: g["lines"],
    )
    alone = figures(data.lines, lexicon_spans(data.lines), every, data.disputed)
    print(f"\nThe lexicon finder alone: {', '.join(f'{k} {v:.3f}' for k, v in alone.items())}")
    if options.write:
        seen, taken = counts(data, ())
        hashes = np.array([word_hash(piece) for piece in data.pieces], dtype=np.uint64)
        some = np.flatnonzero(seen)
        some = some[np.argsort(hashes[some])]
        arrays = {"hash": hashes[some], "seen": seen[some].astype(np.uint16)}
        _save(WEIGHTS / "learned.npz", {**arrays, "taken": taken[some].astype(np.uint16)})
        _save(WEIGHTS / "scorer.npz", _arrays(with_counts(data), data.target >= 0))
    rows = [
        row("labelled lines", len(data.lines), "lines"),
        row("labelled items of both readings", sum(len(x.culture) for x in data.lines), "items"),
        row("leave-shows-out F1", f["f1"], "share", at_least=0.65),
        row("leave-shows-out precision", f["precision"], "share"),
        row("leave-shows-out recall", f["recall"], "share"),
        row("leave-shows-out F1, worst show", min(shows), "share"),
        row("leave-shows-out F1, best show", max(shows), "share"),
        row("the lexicon finder's F1 on the same lines", alone["f1"], "share"),
        row("leave-shows-out lines of need 2-3 found", f["lines"], "share", at_least=0.8),
        row("the same at the lowest operating point", best["lines"], "share"),
        row("precision there", best["precision"], "share"),
        row("weights", sum(x.stat().st_size for x in WEIGHTS.glob("*.npz")) / 1e6, "MB", at_most=5),
    ]
    report("train_finder", rows)
    return 0


def lexicon_spans(lines: Sequence[Labelled]) -> dict[int, list[Span]]:
    """What the lexicon finder finds, by line, each show with its own names."""
    by_show: dict[str, list[int]] = defaultdict(list)
    for i, x in enumerate(lines):
        by_show[x.show].append(i)
    out: dict[int, list[Span]] = {}
    for members in by_show.values():
        names = known_names([_cue(n, lines[i]) for n, i in enumerate(members, 1)], None, matcher())
        for i in members:
            out[i] = [(m.start, m.end) for m in matcher().find(simplified(lines[i].text), names)]
    return out


def _arrays(data: Examples, train: np.ndarray) -> dict[str, np.ndarray]:
    x, y = data.x[train], data.target[train]
    arrays = fit(x, y.astype(float))
    positive = y == 1
    mean, scale = x[positive].mean(axis=0), x[positive].std(axis=0) + 0.3
    z = (x[positive] - mean) / scale
    z = np.concatenate([z, np.ones((len(z), 1), z.dtype)], axis=1)
    return {
        **arrays,
        "names": np.array(NAMES),
        "mean": mean.astype(np.float32),
        "scale": scale.astype(np.float32),
        "kind": _softmax(z, data.kind[train][positive], len(KINDS)),
        "need": _softmax(z, data.need[train][positive] - 1, 3),
        "operating_point": np.array(OPERATING_POINT),
    }


def _softmax(z: np.ndarray, y: np.ndarray, classes: int, steps: int = 300, ridge: float = 0.02) -> np.ndarray:
    """Multinomial logistic regression with an L2 penalty, by accelerated gradient descent."""
    weight = np.zeros((z.shape[1], classes))
    ahead = weight.copy()
    onehot = np.eye(classes)[y]
    rate = 1.0 / (0.25 * float((z**2).sum(axis=1).mean()) + ridge)
    for step in range(steps):
        logits = z @ ahead
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        new = ahead - rate * (z.T @ (p - onehot) / len(z) + ridge * ahead)
        ahead = new + step / (step + 3) * (new - weight)
        weight = new
    return weight.astype(np.float32)


def _target(span: Span, line: Labelled, kinds: list[str]) -> tuple[int, int, int]:
    best = (0, -1, 0)
    for item in line.culture:
        if matches(span, item):
            sizes = (span[1] - span[0], item[1] - item[0])
            if min(sizes) / max(sizes) >= 0.6:
                return (1, kinds.index(item[2]), item[3])
            best = (-1, -1, 0)
    return best


def _cue(number: int, x: Labelled) -> Cue:
    return Cue(cue_id(1, number), 1, number, number * 2000, number * 2000 + 1800, x.text, x.speaker)


def _save(path: Path, arrays: dict[str, np.ndarray]) -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    path.write_bytes(buffer.getvalue())


if __name__ == "__main__":
    raise SystemExit(main())
