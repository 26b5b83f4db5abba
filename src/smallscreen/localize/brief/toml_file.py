"""The brief as TOML, for people: written by `render`, read back by `series.brief_file`.

Every line is one decision or one fact, so that `merge` can tell line by line whose it is. What holds is
what stands in the file; the page and the document show it, and the draft and the checks obey it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from smallscreen.localize.brief.model import Brief
from smallscreen.series.brief_file import KEYS, UNWANTED

_HEAD = """\
# The brief of the edition {market} of {title}: what is decided for the whole series.
# Change what you like. Running `smallscreen brief` again adds what is new and rewrites only lines that
# still read as it wrote them; whatever you changed, added or took out stays as you left it.
# The draft obeys this file, and the checks take a rendering as agreed where you changed it
# or wrote settled = true. docs/brief.md explains every key.
"""


def render(brief: Brief) -> str:
    """The brief as TOML, as the program proposes it: one key a line."""
    out = [_HEAD.format(market=brief.market, title=json.dumps(brief.title, ensure_ascii=False))]
    head = {
        "market": brief.market,
        "title": "",
        "synopsis": "",
        "tone": brief.tone,
        "register": brief.register,
        "address": brief.address,
        "note": "",
    }
    out += [_line(k, v) for k, v in head.items()]
    for title, table, entries in _tables(brief):
        if entries:
            out += ["", f"# --- {title} ---"]
        seen = set()
        for entry in entries:
            key = tuple(dump(entry[k]) for k in KEYS[table])
            if key not in seen:  # series.toml may name one person twice
                out += ["", f"[[{table}]]", *(_line(k, v) for k, v in entry.items())]
            seen.add(key)
    return "\n".join(out) + "\n"


def _tables(brief: Brief) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    yield (
        "names", "name",
        [{"name": n.name, "who": n.who, "rendering": n.rendering, "note": ""} for n in brief.names],
    )  # fmt: skip
    yield (
        "who calls whom what",
        "pair",
        [
            {
                "from": p.speaker,
                "to": p.to,
                "relation": p.relation,
                "source": [f"{f.source} ×{f.count}" for f in p.forms[:6]],
                "cues": list(dict.fromkeys(c for f in p.forms for c in f.cues[:2]))[:5],
                "rendering": p.rendering,
                "form": "",
                "note": "",
            }
            for p in brief.pairs
        ],
    )
    yield (
        "culture-bound items, what matters most first",
        "item",
        [
            {
                "item": i.item,
                "kind": i.kind,
                "need": i.need,
                "count": i.count,
                "episodes": i.episodes,
                "cues": list(i.cues),
                "literal": i.literal,
                "meaning": i.meaning,
                "strategy": i.strategies[0] if i.strategies else "",
                "rendering": i.rendering,
                "reason": i.reason,
                "note": "",
                "settled": i.agreed,
            }
            for i in brief.items
        ],
    )
    yield (
        "scenes that may not travel",
        "scene",
        [
            {
                "id": s.found.id,
                "type": t.name,
                "episode": s.found.episode,
                "scene": s.found.scene,
                "place": s.found.place,
                "first": s.found.first,
                "last": s.found.last,
                "cues": list(s.found.lines[:8]),
                "action": s.grade,
                "reason": s.reason,
                "do": s.do,
                "note": "",
            }
            for t in brief.threads
            for s in t.scenes
        ],
    )
    yield "open questions", "question", [{"question": q, "answer": ""} for q in brief.questions]


def _line(key: str, value: Any) -> str:
    return f"{key} = {dump(value)}"


def dump(value: Any) -> str:
    """One TOML value on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, Mapping):
        return (
            "{ "
            + ", ".join(f"{json.dumps(str(k), ensure_ascii=False)} = {dump(v)}" for k, v in value.items())
            + " }"
        )
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(dump(v) for v in value) + "]"
    # JSON's escapes are TOML's, but for DEL, which TOML wants escaped; surrogates cannot be written at all.
    clean = UNWANTED.sub("", str(value))
    return json.dumps(clean, ensure_ascii=False)
