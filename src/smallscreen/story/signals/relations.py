"""Who speaks to whom, and in what tone."""

from __future__ import annotations

from collections import defaultdict

from smallscreen.story.signal import Context, Signal, SignalResult, Told, finding, quote

_REACH_MS = 6000


class Relations(Signal):
    """A network of people: an edge is a line of one after a line of the other in the same passage."""

    id = "relations"
    name = "Relation network"
    description = "who answers whom within a passage, how often, how warmly (care) and how sharply (put-down, insult); with the relations that series.toml states"
    unit = "replies; mean feeling of the replies, from -1 to 1"
    source = (
        "conversational networks from speaker adjacency: Elson, Dames and McKeown 2010; Labatut and Bost 2019"
    )
    order = 65

    def measured(self, ctx: Context) -> str:
        return "Who speaks is as the script or the subtitles say; that a line answers the one before it is an assumption, not measured."

    def run(self, ctx: Context) -> SignalResult:
        replies: dict[tuple[str, str], list[Told]] = defaultdict(list)
        spoken: dict[str, int] = defaultdict(int)
        for passage in ctx.passages:
            before: Told | None = None
            for line in passage.of(ctx.lines):
                if line.who is None:
                    before = None
                    continue
                spoken[line.who] += 1
                if before and before.who and before.who != line.who and _near(before, line):
                    replies[line.who, before.who].append(line)
                before = line
        stated = {
            (c.name, r.get("to", "")): r.get("kind", "") for c in ctx.series.characters for r in c.relations
        }
        edges = []
        for pair in {tuple(sorted(k)) for k in replies}:
            there, back = replies.get((pair[0], pair[1]), []), replies.get((pair[1], pair[0]), [])
            both = [*there, *back]
            edges.append(
                {
                    "a": pair[0],
                    "b": pair[1],
                    "replies": len(both),
                    "a_to_b": len(there),
                    "b_to_a": len(back),
                    "feeling": round(sum(x.reading.valence for x in both) / len(both), 2),
                    "care": round(sum(x.p("care") for x in both), 1),
                    "sharp": round(sum(max(x.p("put-down"), x.reading.insult) for x in both), 1),
                    "a_is": stated.get((pair[0], pair[1]), ""),
                    "b_is": stated.get((pair[1], pair[0]), ""),
                    "warmest": quote(max(both, key=lambda x: x.p("care"))),
                    "sharpest": quote(max(both, key=lambda x: max(x.p("put-down"), x.reading.insult))),
                }
            )
        edges.sort(key=lambda e: (-int(str(e["replies"])), str(e["a"]), str(e["b"])))
        met = {n for e in edges for n in (e["a"], e["b"])}
        people = sorted(spoken.items(), key=lambda x: (-x[1], x[0]))
        found = []
        for (a, b), kind in stated.items():
            together = any({a, b} == {e["a"], e["b"]} for e in edges)
            if not together and a < b and spoken.get(a, 0) >= 20 and spoken.get(b, 0) >= 20:
                first = next(x for x in ctx.lines if x.who == a)
                said = f"{a} and {b} ({kind}) never answer each other, though both speak often"
                found.append(
                    finding(
                        "story.never-meet",
                        [first],
                        said,
                        {"lines": [quote(first)], "a": a, "b": b},
                        confidence=0.5,
                    )
                )
        figures = {
            "people": [{"name": n, "lines": k, "answers": n in met} for n, k in people],
            "edges": edges,
            "possible_pairs": len(met) * (len(met) - 1) // 2,
        }
        return SignalResult(found, figures)


def _near(before: Told, line: Told) -> bool:
    return line.cue.start_ms - before.cue.end_ms <= _REACH_MS
