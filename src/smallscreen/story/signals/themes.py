"""Universal themes: what a story is about that people everywhere tell stories about."""

from __future__ import annotations

from smallscreen.story.lexicon import entries
from smallscreen.story.signal import Context, Signal, SignalResult, quote


class Themes(Signal):
    """How much of the series each of thirteen themes is heard in, by passage."""

    id = "themes"
    name = "Universal themes"
    description = "the share of passages in which at least two words of a theme fall, and the feeling that these passages carry"
    unit = "share of passages; expected lines in a hundred of these passages"
    source = "themes after Brown 1991, Human Universals; word lists of our own"
    order = 75

    def run(self, ctx: Context) -> SignalResult:
        rows = []
        for theme in entries("theme"):
            passages = []
            words: dict[str, int] = {}
            for passage in ctx.passages:
                hits = [w for x in passage.of(ctx.lines) for w in theme.find(x.text, ctx.language)]
                if len(hits) >= 2:
                    passages.append(passage)
                    for w in hits:
                        words[w] = words.get(w, 0) + 1
            lines = [x for p in passages for x in p.of(ctx.lines)]
            said = [x for x in lines if theme.find(x.text, ctx.language)]
            best = sorted(said, key=lambda x: -(x.resonance + 0.3 * x.gratification))[:2]
            rows.append(
                {
                    "id": theme.id,
                    "name": theme.name,
                    "share": round(len(passages) / max(1, len(ctx.passages)), 3),
                    "passages": len(passages),
                    "episodes": sorted({p.episode for p in passages}),
                    "words": [w for w, _ in sorted(words.items(), key=lambda i: (-i[1], i[0]))][:6],
                    "resonance": round(100 * sum(x.resonance for x in lines) / len(lines), 1)
                    if lines
                    else 0.0,
                    "gratification": round(100 * sum(x.gratification for x in lines) / len(lines), 1)
                    if lines
                    else 0.0,
                    "quotes": [quote(x) for x in best],
                }
            )
        rows.sort(key=lambda r: (-float(str(r["share"])), str(r["id"])))
        return SignalResult([], {"themes": rows, "passages": len(ctx.passages)})
