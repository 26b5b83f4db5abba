"""What the model reader and the model finder cost, counted by a test endpoint; and what is lost on the way.

The endpoint is tests/reading_server.py, which answers with the labels of bench/labels: whoever answers
as well as that gets them back, so what the first rows count is the questions and the answers, not a model.
Of feeling (neg, pos) it says what the pool's sentiment says. Quotes are the first eight characters of
the line, glosses two words each. Tokens are counted by the rule of engines/tokens.py. Then, without asking
anybody, the estimate for 80 episodes of television dialogue without scenes.
"""

from __future__ import annotations

from typing import Any

from bench.common import SERIES_29, report, row, skip
from bench.labels_io import POOL, Labelled, read
from smallscreen.engines.openai_chat import OpenAIChat
from smallscreen.localize.barriers.finders.model import ModelFinder
from smallscreen.series.formats import read_subtitles
from smallscreen.series.model import Cue, cue_id
from smallscreen.story.model import LABELS
from smallscreen.story.readers.model import ModelReader
from tests.reading_server import ReadingServer


def main() -> None:
    """Print and write down the figures."""
    rows: list[dict[str, Any]] = []
    if POOL.is_file():
        rows += labelled(read("first"))
    else:
        skip("reading, labelled lines", "needs ../shared/gold/cped_pool.csv")
    if SERIES_29.is_dir():
        rows += television()
    else:
        skip("reading, 80 episodes", "needs ../shared/real/series-29")
    if rows:
        report("reading", rows)


def labelled(lines: list[Labelled]) -> list[dict[str, Any]]:
    """The labelled lines through both, one show an episode, one dialogue a scene."""
    # A request holds a line with single spaces.
    by_text = {" ".join(x.text.split()): x for x in lines}
    cues = []
    shows = {show: n for n, show in enumerate(dict.fromkeys(x.show for x in lines), 1)}
    for n, x in enumerate(sorted(lines, key=lambda x: shows[x.show]), 1):
        cues.append(
            Cue(
                cue_id(shows[x.show], n),
                shows[x.show],
                n,
                n * 2000,
                n * 2000 + 1500,
                x.text,
                x.speaker,
                x.dialogue,
            )
        )
    rows = []
    with ReadingServer(told=lambda text: told(by_text[text])) as server:
        engine = OpenAIChat("test", environment=server.environment())
        reader, finder = ModelReader(engine), ModelFinder(engine)
        for name, who, run in (("reader", reader, reader.read), ("finder", finder, finder.find)):
            before = who.estimate(cues)
            result: Any = run(cues)
            rows.append(row(f"{name}, labelled lines: tokens a line", who.usage.tokens / len(cues), "tokens"))
            rows.append(
                row(f"{name}, of these in the answer", who.usage.completion_tokens / len(cues), "tokens")
            )
            rows.append(row(f"{name}, lines a request", len(cues) / who.usage.requests, "lines"))
            rows.append(row(f"{name}, estimate to count", before.tokens / who.usage.tokens, "ratio"))
            if name == "reader":
                same = sum(
                    all(
                        (r.p[label] >= 0.5) == by_text[" ".join(c.text.split())].has(label)
                        for label in LABELS
                    )
                    for r, c in zip(result, cues, strict=True)
                )
                rows.append(
                    row(
                        "reader, lines whose labels came through as given",
                        same / len(cues),
                        "share",
                        at_least=1,
                    )
                )
            else:
                given = sum(len(by_text[" ".join(c.text.split())].culture) for c in cues)
                rows.append(row("finder, items that came through", len(result) / given, "share"))
    return rows


def television() -> list[dict[str, Any]]:
    """The estimate alone: nothing is asked."""
    cues = [
        Cue(cue_id(number, n), number, n, raw.start_ms, raw.end_ms, raw.text, raw.speaker)
        for number, path in enumerate(sorted(SERIES_29.glob("*.srt")), 1)
        for n, raw in enumerate(read_subtitles(path), 1)
    ]
    engine = OpenAIChat("test", environment={"SMALLSCREEN_API_KEY": "unused"})
    rows = []
    for name, before in (
        ("reader", ModelReader(engine).estimate(cues)),
        ("finder", ModelFinder(engine).estimate(cues)),
    ):
        rows.append(
            row(f"{name}, 80 episodes: tokens a line, estimated", before.tokens / before.lines, "tokens")
        )
        rows.append(row(f"{name}, 80 episodes: requests, estimated", before.requests, "requests"))
    return rows


def told(x: Labelled) -> tuple[Any, Any, list[str]]:
    """What the endpoint says of a labelled line."""
    story: dict[str, Any] = {}
    if x.vulnerability:
        story["v"] = list(x.vulnerability)
    if x.gratification:
        story["g"] = list(x.gratification)
    story |= {name: 1 for name, value in (("c", x.care), ("h", x.hook)) if value}
    if story:
        story |= {"q": x.text[:8], "s": 2}
    items = [
        {"t": x.text[start:end], "k": kind, "n": need, "l": "literal words", "m": "meaning here"}
        for start, end, kind, need in x.culture
    ]
    return story, items, {"negative": ["neg"], "positive": ["pos"]}.get(x.sentiment, [])


if __name__ == "__main__":
    main()
