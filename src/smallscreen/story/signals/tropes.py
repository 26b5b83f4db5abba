"""Which tropes of short drama a series uses, and how close it stands to the genre's mean."""

from __future__ import annotations

from smallscreen.story import catalogue
from smallscreen.story.lexicon import entries
from smallscreen.story.signal import Context, Signal, SignalResult, Told, finding, quote

_STRONG_WORDS, _STRONG_LINES = 2, 3


class Tropes(Signal):
    """The trope fingerprint: how strongly each trope's words are heard; and the distance to the catalogue."""

    id = "tropes"
    name = "Trope fingerprint"
    description = "which tropes of short drama are heard in the lines and the synopsis, and how far the fingerprint stands from the mean of 100 short-drama scripts (0: the mean itself, 1: nothing in common)"
    unit = "weight of a trope, 0 to 1, adding up to 1; distance: 1 - cosine"
    source = "a list of 25 tropes of our own; catalogue: DramaBench (MIT), 100 scripts labelled by us; distance: 1 - cosine (Salton)"
    order = 70

    def measured(self, ctx: Context) -> str:
        return catalogue.measured_sentence(ctx.language)

    def run(self, ctx: Context) -> SignalResult:
        heard: dict[str, tuple[float, list[str], list[Told]]] = {}
        for trope in entries("trope"):
            lines: list[Told] = []
            words: list[str] = []
            for line in ctx.lines:
                hits = trope.find(line.text, ctx.language)
                if hits:
                    words += hits
                    lines.append(line)
            told = trope.find(ctx.series.synopsis, ctx.language)
            strength = catalogue.strength(len(set(words)), len(lines), len(ctx.lines), len(set(told)))
            if strength > 0:
                heard[trope.id] = (strength, sorted(set(words) | set(told)), lines)
        fingerprint = catalogue.normalized({k: v[0] for k, v in heard.items()})
        rows = []
        for trope in entries("trope"):
            strength, found_words, lines = heard.get(trope.id, (0.0, [], []))
            rows.append(
                {
                    "id": trope.id,
                    "name": trope.name,
                    "description": trope.description,
                    "weight": round(fingerprint.get(trope.id, 0.0), 3),
                    "genre": round(catalogue.mean().get(trope.id, 0.0), 3),
                    "lines": len(lines),
                    "words": found_words[:8],
                    "quotes": [quote(x) for x in lines[:3]],
                }
            )
        rows.sort(key=lambda r: (-float(str(r["weight"])), str(r["id"])))
        findings = []
        for row in rows[:3]:
            _, found_words, lines = heard.get(str(row["id"]), (0.0, [], []))
            if len(lines) >= _STRONG_LINES and len(found_words) >= _STRONG_WORDS:
                said = f"Trope “{row['name']}” is heard in {len(lines)} lines ({', '.join(found_words[:4])}); first: “{lines[0].text}”"
                findings.append(
                    finding(
                        "story.trope",
                        lines[:1],
                        said,
                        {"lines": row["quotes"], "words": row["words"], "weight": row["weight"]},
                        confidence=min(0.6, float(str(row["weight"])) * 2),
                        at=lines[0],
                    )
                )
        figures = {
            "distance_to_genre": round(catalogue.distance(fingerprint, catalogue.mean()), 2),
            "scripts_farther_from_it": catalogue.rank(fingerprint),
            "scripts": catalogue.size(),
            "nearest": catalogue.nearest(fingerprint),
            "tropes": rows,
        }
        return SignalResult(findings, figures)
