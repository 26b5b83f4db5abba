"""The audience report: one HTML file that needs nothing else, for people who make and sell series.

It is drawn from the value of `gather` alone. What comes from files and the series is text to the page, always: the
template escapes, the page's script writes no markup, and a content policy forbids what is not in the file.
"""

from __future__ import annotations

from typing import Any

from smallscreen.audience import report_svg as svg
from smallscreen.audience.said import edition_of, in_order, in_short, percent, share, variants_of, whole
from smallscreen.engines.pages import Pages

_FIRST = 12
"""Episodes whose curves stand open; the others unfold."""
_PLACES = 12
_NAMED_DAYS = (0, 1, 2, 3, 7, 14, 21, 28)


def render(data: dict[str, Any]) -> str:
    """The whole page as text."""
    return _PAGES.render(
        "audience.html",
        d=data,
        s=data["summary"],
        short=in_short(data),
        markets=_markets(data),
        forest=_forest(data),
        places=_places(data),
        experiments=[_experiment(x) for x in data["experiments"]],
        days=_NAMED_DAYS,
        lang=data["language"],
        panel=svg.PANEL,
    )


# --- one market ------------------------------------------------------------------------------


def _markets(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The markets, the one with the most viewers first, each with its editions over each other."""
    order = variants_of(data)
    by_market: dict[str, list[dict[str, Any]]] = {}
    for name in in_order(data):
        e = data["summary"]["editions"][name]
        market, variant = edition_of(name)
        by_market.setdefault(market, []).append(
            {"name": name, "variant": variant, "color": order.index(variant) % 4, "e": e}
        )
    markets = []
    for market, editions in by_market.items():
        color = {x["variant"]: x["color"] for x in editions}
        markets.append(
            {
                "name": market,
                "editions": editions,
                "viewers": sum(x["e"]["viewers"] for x in editions),
                "survival": _survival(editions),
                "completion": _completion(editions, data),
                "episodes": sorted({r["episode"] for x in editions for r in x["e"]["episodes"]}),
                "wall": [
                    x for x in editions if (x["e"].get("paywall") or {}).get("hazard") and x["e"]["survival"]
                ],
                "curves": _curves(data, market, color),
                "lanes": _lanes(data, market),
            }
        )
    return markets


def _survival(editions: list[dict[str, Any]]) -> dict[str, Any] | None:
    curves = [{**x["e"]["survival"], "variant": x["color"]} for x in editions if x["e"]["survival"]]
    return svg.survival(curves) if curves else None


def _completion(editions: list[dict[str, Any]], data: dict[str, Any]) -> dict[str, Any]:
    rows = []
    for x in editions:
        for r in x["e"]["episodes"]:
            c = r["completion"]
            rows.append(
                {
                    "episode": r["episode"],
                    "variant": x["color"],
                    "value": c["value"],
                    "low": c["low"],
                    "high": c["high"],
                    "title": f"{x['name']}, episode {r['episode']}: {share(c)} of {r['starters']:,} starters",
                }
            )
    rows.sort(key=lambda r: r["variant"])
    return svg.dots(rows, svg.floor_of([r["low"] for r in rows if r["value"] > 0]))


def _curves(data: dict[str, Any], market: str, color: dict[str, int]) -> dict[str, Any]:
    """The first episode large, the others small and on one scale; the later ones of a long series folded away."""
    mine: dict[int, list[dict[str, Any]]] = {}
    for c in data["retention"]:
        m, variant = edition_of(c["edition"])
        if m == market and c["starters"]:
            mine.setdefault(c["episode"], []).append({**c, "variant": color.get(variant, 3)})
    for at_one in mine.values():
        at_one.sort(key=lambda c: c["variant"])
    numbers = sorted(mine)
    if not numbers:
        return {"large": None, "small": [], "more": [], "floor": 0.0}
    telling = {
        (w["edition"], a["check"], a["episode"], a["start_ms"])
        for w in data["why"]
        for a in w["associations"]
        if a["level"] == "place" and (a["q_value"] or 1) <= 0.05
    }
    sure = _sure_kinds(data)
    rest = [x for n in numbers[1:] for c in mine[n] for x in c["low"][: _most(c)]]
    floor = svg.floor_of(rest) if rest else 0.0

    def one(number: int, size: tuple[int, int], low: float, bare: bool) -> dict[str, Any]:
        marks = [
            {
                "lane": "source" if m["edition"] is None else edition_of(m["edition"])[1],
                "color": "s" if m["edition"] is None else color.get(edition_of(m["edition"])[1], 3),
                "title": f"{m['kind']} ({m['edition'] or 'source'}): {m['message']}",
                "sure": any((c["edition"], m["check"]) in sure for c in mine[number]),
                "telling": any(
                    (c["edition"], m["check"], number, m["start_ms"]) in telling for c in mine[number]
                ),
                **{k: m[k] for k in ("start_ms", "end_ms")},
            }
            for m in data["marks"]
            if m["episode"] == number and (m["edition"] is None or edition_of(m["edition"])[0] == market)
        ]
        marks.sort(key=lambda m: (m["lane"] == "source", m["lane"]))
        return {
            "number": number,
            "picture": svg.retention(mine[number], marks, size, low, bare=bare),
            "curves": mine[number],
            "stays": [{"color": c["variant"], "share": c["share"][_most(c) - 1]} for c in mine[number]],
        }

    first = [x for c in mine[numbers[0]] for x in c["low"][: _most(c)]]
    small = [one(n, svg.SMALL, floor, True) for n in numbers[1:]]
    return {
        "large": one(numbers[0], (1190, 330), svg.floor_of(first), False),
        "small": small[: _FIRST - 1],
        "more": small[_FIRST - 1 :],
        "floor": floor,
        "grid": [f"{100 * v:.0f}" for v in svg.shares(floor)],
    }


def _most(c: dict[str, Any]) -> int:
    """Seconds up to 95 % of the episode: the credits' end would set the scale otherwise."""
    return max(1, int(0.95 * len(c["share"])))


def _sure_kinds(data: dict[str, Any]) -> set[tuple[str, str]]:
    """Editions and checks whose places, all together, are told apart from chance."""
    return {
        (w["edition"], a["check"])
        for w in data["why"]
        for a in w["associations"]
        if a["level"] == "kind" and a["q_value"] is not None and a["q_value"] <= 0.05
    }


def _lanes(data: dict[str, Any], market: str) -> list[dict[str, Any]]:
    """What the marks under the curves are, and how many."""
    order = variants_of(data)
    counted: dict[tuple[str, str], int] = {}
    mine = {a for e, a in _sure_kinds(data) if edition_of(e)[0] == market}
    sure = {m["kind"] for m in data["marks"] if m["check"] in mine}
    for m in data["marks"]:
        if m["edition"] is None or edition_of(m["edition"])[0] == market:
            lane = "source" if m["edition"] is None else edition_of(m["edition"])[1]
            counted[lane, m["kind"]] = counted.get((lane, m["kind"]), 0) + 1
    return [
        {
            "lane": lane,
            "kind": kind,
            "n": n,
            "sure": kind in sure,
            "color": "s" if lane == "source" else order.index(lane) % 4 if lane in order else 3,
        }
        for (lane, kind), n in sorted(counted.items(), key=lambda x: (x[0][0] == "source", x[0][0], -x[1]))
    ]


# --- why they left ---------------------------------------------------------------------------


def _forest(data: dict[str, Any]) -> dict[str, Any]:
    """All rows but single places, by edition, on one logarithmic axis."""
    order = variants_of(data)
    groups, values = [], []
    place = {e: i for i, e in enumerate(in_order(data))}
    for w in sorted(data["why"], key=lambda w: place.get(w["edition"], 0)):
        rows = [
            a for a in w["associations"] if a["level"] != "place" and a["hazard_ratio"]["value"] is not None
        ]
        values += [v for a in rows for v in _ends(a)]
        groups.append(
            {"w": w, "rows": rows, "color": order.index(edition_of(w["edition"])[1]) % 4 if order else 0}
        )
    axis = svg.LogAxis(values)
    for g in groups:
        g["rows"] = [_placed(a, axis) for a in g["rows"]]
    return {"groups": groups, "ticks": axis.ticks, "one": axis(1.0)}


def _places(data: dict[str, Any]) -> dict[str, Any]:
    """Single places that stand out from chance, the surest first, with what stood there."""
    found = []
    for w in data["why"]:
        for a in w["associations"]:
            if a["level"] == "place" and a["q_value"] is not None and a["q_value"] <= 0.05:
                said = [
                    m["message"]
                    for m in data["marks"]
                    if (m["check"], m["episode"]) == (a["check"], a["episode"])
                    and m["start_ms"] < a["end_ms"]
                    and a["start_ms"] < m["end_ms"]
                    and m["edition"] in (None, w["edition"])
                ]
                found.append({"edition": w["edition"], "a": a, "said": said})
    found.sort(key=lambda x: (x["a"]["q_value"], -abs(x["a"]["hazard_ratio"]["value"] - 1)))
    asked = sum(1 for w in data["why"] for a in w["associations"] if a["level"] == "place")
    return {"rows": found[:_PLACES], "all": len(found), "asked": asked}


def _ends(a: dict[str, Any]) -> list[float]:
    h = a["hazard_ratio"]
    return [v for v in (h["low"], h["value"], h["high"]) if v is not None]


def _placed(a: dict[str, Any], axis: svg.LogAxis) -> dict[str, Any]:
    h = a["hazard_ratio"]
    low, high = axis(h["low"] or 1e-9), axis(h["high"] if h["high"] is not None else 1e9)
    sure = a["q_value"] is not None and a["q_value"] <= 0.05
    return {"a": a, "at": axis(h["value"]), "low": low, "wide": round(max(0.4, high - low), 2), "sure": sure}


def _experiment(x: dict[str, Any]) -> dict[str, Any]:
    """An experiment with its lifts on one axis, and the primary metric as it stood day by day."""
    known = [
        m["lift"]
        for m in x["metrics"]
        if m["lift"]["value"] is not None and m["lift"]["high"] is not None and m["lift"]["high"] < 10
    ]
    reach = max([0.02, *(abs(v) for i in known for v in (i["low"], i["high"]))]) * 1.1

    def at(v: float) -> float:
        return round(50 + 50 * min(1.0, max(-1.0, v / reach)), 2)

    rows = []
    for m in x["metrics"]:
        lift = m["lift"]
        shown = lift in known
        rows.append(
            {
                "m": m,
                "shown": shown,
                "at": at(lift["value"]) if shown else 50,
                "low": at(lift["low"]) if shown else 0,
                "wide": round(at(lift["high"]) - at(lift["low"]), 2) if shown else 100,
            }
        )
    primary = next((m for m in x["metrics"] if m["primary"]), None)
    total = sum(a["users"] for a in x["arms"])
    return {
        "x": x,
        "rows": rows,
        "reach": reach,
        "primary": primary,
        "total": total,
        "looks": svg.looks(primary["looks"]) if primary else None,
    }


# --- the page --------------------------------------------------------------------------------


def _clock(ms: int) -> str:
    return f"{ms // 60_000}:{ms // 1000 % 60:02d}"


def _q(value: float | None) -> str:
    return "–" if value is None else "< 0.001" if value < 0.001 else f"{value:.3f}"


_PAGES = Pages(
    __package__,
    "audience.css",
    script="audience.js",
    filters={
        "share": share,
        "percent": percent,
        "whole": whole,
        "clock": _clock,
        "q": _q,
        "edition": edition_of,
    },
)
