"""How fast fitting is, and how many lines it makes readable.

    python -m bench.fit

The real series has no translation. Its drafts here are stand-ins: English words in the order of the
sample's literal draft, CONCISE characters for each Chinese one. They have true lengths and no meaning,
so merging by sense is tested only where the sample's own drafts are fitted.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import common
from smallscreen.localize.fit import FitResult, fit, pieces, sense
from smallscreen.localize.fit.pieces import cut, refine
from smallscreen.series import markets
from smallscreen.series.formats import read_subtitles
from smallscreen.series.model import Cue, Draft, cue_id
from smallscreen.series.text import counted_width, reading_chars

SAMPLE = common.ROOT / "src" / "smallscreen" / "sample" / "series"
CONCISE = 22 / 5.9
"""Characters of concise English to a Chinese one: 22 a second where Chinese has 5.9 (facts of the screen rules)."""
MARKETS = ("en-US", "es-419", "id-ID", "ja-JP", "th-TH", "ar")
# Words for stand-ins that only the speed is measured on.
WORDS = {
    "es": "la abuela no me dijo nada de aquella noche, pero yo sé que estaba en el taller con el paraguas.",
    "id": "nenek tidak bilang apa-apa soal malam itu, tapi aku tahu dia ada di bengkel dengan payung tua itu.",
    "ja": "おばあちゃんは あの夜のことを 何も言わなかった でも私は 工房にいたことを 知っている",
    "th": "คุณย่าไม่ได้บอกอะไร เรื่องคืนนั้นเลย แต่ฉันรู้ว่า ท่านอยู่ในร้าน กับร่มเก่า คันนั้น",
    "ar": "لم تقل جدتي شيئًا عن تلك الليلة، لكنني أعرف أنها كانت في الورشة مع المظلة القديمة.",
}
RATIO = {
    "es": 4.0,
    "id": 4.0,
    "ja": 1.3,
    "th": 3.0,
    "ar": 3.0,
}  # only to give the speed test lines of usual length

Episode = tuple[list[Cue], dict[str, Draft]]


def main() -> None:
    """Print and write the figures."""
    rows = []
    sample, ratio = _sample()
    rows.append(common.row("English characters to a Chinese one, sample's literal draft", ratio, "x"))
    rows += _readable("sample, literal draft", sample)
    finished = _finished([cues for cues, _ in sample])
    if finished:
        rows += _readable("sample, finished edition", finished)
    else:
        common.skip("fit on the finished edition", "the sample has none for en-US")
    if common.SERIES_29.is_dir():
        source = list(_source(common.SERIES_29, "zh.srt", speakers=True))
        words = [w for _, drafts in sample for d in drafts.values() for w in d.text.split()]
        real = [_stand_in(cues, words, " ", CONCISE, "en-US") for cues in source]
        rows += _readable("80 real episodes, stand-in draft", real)
        rows += _speed(source, real)
    else:
        common.skip("fit on the real series", "its folder is not here")
    rows += _phrases()
    common.report("fit", rows)


def _readable(name: str, episodes: list[Episode]) -> list[dict[str, object]]:
    rows = []
    market = markets.load("en-US")
    for profile in ("vertical", "landscape"):
        screen = market.screen(profile)
        cues = [(c, d[c.id].text) for cs, d in episodes for c in cs if c.id in d and d[c.id].text.strip()]
        before = sum(reading_chars(t, market.counting) * 1000 > screen.cps * c.duration_ms for c, t in cues)
        apart = _fast_cues(_all(episodes, profile, merging=False))
        merged = _fast_cues(_all(episodes, profile))
        n = len(cues)
        rows += [
            common.row(f"{name}, {profile}: cues too fast with the source's times", 100 * before / n, "%"),
            common.row(f"{name}, {profile}: too fast after fitting, no merging", 100 * apart / n, "%",
                       peer="source's times", peer_value=100 * before / n),
            common.row(f"{name}, {profile}: too fast after fitting", 100 * merged / n, "%",
                       peer="source's times", peer_value=100 * before / n),
        ]  # fmt: skip
    return rows


def _speed(source: list[list[Cue]], real: list[Episode]) -> list[dict[str, object]]:
    count = sum(len(cues) for cues in source)
    seconds = _timed(lambda: _all(real, "vertical"))
    rows = [common.row("fit, en-US, 80 episodes", count / seconds, "cues/s", at_least=8000)]
    total = seconds
    for locale in MARKETS[1:]:
        language = markets.load(locale).language
        glue = "" if language in ("ja", "th") else " "
        episodes = [
            _stand_in(cues, WORDS[language].split(), glue, RATIO[language], locale) for cues in source
        ]
        took = _timed(lambda e=episodes, m=locale: _all(e, "vertical", locale=m))
        rows.append(common.row(f"fit, {locale}, 80 episodes", count / took, "cues/s"))
        total += took
    rows.append(common.row("fit, 80 episodes x 6 markets", total, "s", at_most=4.0))
    episode = real[0][0], real[0][1]
    for times in (1, 4, 16):
        many = _repeat(episode, times)
        took = _timed(lambda m=many: _all([m], "vertical"))
        rows.append(common.row(f"fit, one episode {times}x", took * 1e6 / len(many[0]), "µs/cue"))
    return rows


def _phrases() -> list[dict[str, object]]:
    rows = []
    for locale in ("ja-JP", "th-TH"):
        market = markets.load(locale)
        run = "".join(WORDS[market.language].split())
        texts = [run[i:] + run[:i] for i in range(len(run))]
        took = _timed(lambda t=texts, m=market: [refine(cut(x, m), m, 12) for x in t])
        rows.append(
            common.row(
                f"phrases of a new line of {len(run)} characters, {locale}", took * 1e6 / len(texts), "µs"
            )
        )
    return rows


def _all(
    episodes: list[Episode], profile: str, *, locale: str = "en-US", merging: bool = True
) -> list[FitResult]:
    market = markets.load(locale)
    return [fit(c, d, market, profile, edition=locale, merging=merging) for c, d in episodes]


def _fast_cues(results: list[FitResult]) -> int:
    """Source cues whose words are in a subtitle that must be shortened."""
    return sum(
        len({c for f in r.findings if f.check == "fit.shorten" for c in f.evidence["cues"]}) for r in results
    )


def _timed(work: Callable[[], object]) -> float:
    for cached in (counted_width, pieces._width, pieces._phrases, sense._begins, sense._ends):
        cached.cache_clear()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _sample() -> tuple[list[Episode], float]:
    episodes: list[Episode] = []
    chinese = english = 0.0
    for cues, drafts in zip(
        _source(SAMPLE, "zh.srt"), _source(SAMPLE / "drafts" / "literal", "en.srt"), strict=True
    ):
        pairs = {c.id: Draft(c.id, d.text) for c, d in zip(cues, drafts, strict=False)}
        chinese += sum(counted_width("".join(c.text.split()), "half") for c in cues)
        english += sum(reading_chars(d.text, "character") for d in pairs.values())
        episodes.append((cues, pairs))
    return episodes, english / chinese


def _finished(source: list[list[Cue]]) -> list[Episode]:
    path = SAMPLE / "drafts" / "finished" / "en-US.edition.json"
    if not path.exists():
        return []
    texts: dict[str, Draft] = {}
    for line in json.loads(path.read_text("utf-8"))["lines"]:
        key = cue_id(line["episode"], line["cue"])
        texts[key] = Draft(key, line["text"])
    return [(cues, {c.id: texts[c.id] for c in cues if c.id in texts}) for cues in source]


def _source(folder: Path, suffix: str, speakers: bool = False) -> Iterator[list[Cue]]:
    for number, path in enumerate(sorted(folder.glob(f"*.{suffix}")), start=1):
        names: list[str] = []
        table = path.with_name(path.name.replace(suffix, "speakers.tsv"))
        if speakers and table.exists():
            names = [line.split("\t")[1] for line in table.read_text("utf-8").splitlines()]
        yield [
            Cue(cue_id(number, i), number, i, c.start_ms, c.end_ms, c.text, _speaker(names, i))
            for i, c in enumerate(read_subtitles(path), start=1)
        ]


def _speaker(names: list[str], index: int) -> str | None:
    # "Others" is nobody in particular: two such cues may have two speakers.
    name = names[index - 1] if index <= len(names) else ""
    return None if name in ("", "其他") else name


def _stand_in(cues: list[Cue], words: list[str], glue: str, ratio: float, locale: str) -> Episode:
    """Drafts of the length that a translation has: whole words until the length is reached."""
    counting = markets.load(locale).counting
    # Each cue starts at another word, so that no two markets or runs are alike by chance.
    out: dict[str, Draft] = {}
    at = sum(map(ord, cues[0].text)) if cues else 0
    for cue in cues:
        goal = ratio * counted_width("".join(cue.text.split()), "half")
        text = ""
        for word in itertools.islice(itertools.cycle(words), at % len(words), at % len(words) + 400):
            at += 1
            if (
                text
                and counted_width(text + glue + word, counting) > goal + counted_width(word, counting) / 2
            ):
                break
            text += (glue if text else "") + word
        out[cue.id] = Draft(cue.id, text)
    return cues, out


def _repeat(episode: Episode, times: int) -> Episode:
    cues, drafts = episode
    length = cues[-1].end_ms + 1000
    out: list[Cue] = []
    texts: dict[str, Draft] = {}
    for k in range(times):
        for c in cues:
            index = len(out) + 1
            new = Cue(
                cue_id(1, index), 1, index, c.start_ms + k * length, c.end_ms + k * length, c.text, c.speaker
            )
            out.append(new)
            # Another text each time: the caches must not make it faster than it is.
            texts[new.id] = Draft(
                new.id, " ".join(reversed(drafts[c.id].text.split())) if k % 2 else drafts[c.id].text
            )
    return out, texts


if __name__ == "__main__":
    main()
