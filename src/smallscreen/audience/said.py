"""What the audience figures say, in sentences that need no statistics: for the page's first screen and the command line."""

from __future__ import annotations

from typing import Any

SIMULATED = (
    "All of this viewing is simulated: a program made it up from invented figures. It says nothing about this series "
    "or any real audience."
)
ASSOCIATED = "An association, not a cause: nobody drew lots over what stood on the screen."


def edition_of(name: str) -> tuple[str, str]:
    """Market and variant of an edition's name."""
    market, _, variant = name.partition(".")
    return market, variant or "main"


def whole(interval: dict[str, Any]) -> str:
    """A share as people out of a hundred: `63`."""
    return _round(100 * interval["value"])


def percent(value: float | None, digits: int = 1, sign: bool = False) -> str:
    """A share as percent; a dash where it is not known."""
    if value is None:
        return "–"
    return f"{100 * value:{'+' if sign else ''}.{digits}f} %".replace("-", "−")


def share(interval: dict[str, Any], digits: int = 1) -> str:
    """A share with its interval: `62.9 % (61.9 to 63.9)`."""
    low, high = interval["low"], interval["high"]
    return f"{percent(interval['value'], digits)} ({100 * (low or 0):.{digits}f} to {100 * (1 if high is None else high):.{digits}f})"


def in_short(data: dict[str, Any]) -> list[dict[str, str]]:
    """What one would tell a colleague, each with where to look: `head`, `text`, `link`, and `kind` (fact, lot, hint)."""
    found = [*_held(data), *_wall(data), *_lots(data), *_hints(data)]
    return [x for x in found if x]


def variants_of(data: dict[str, Any]) -> list[str]:
    """The variants that were watched, main first: their place is their color."""
    found = {edition_of(e)[1] for e in data["summary"]["editions"]}
    return sorted(found, key=lambda v: (v != "main", v))


def in_order(data: dict[str, Any]) -> list[str]:
    """Names of the editions as the page has them: the market with the most viewers first, main first in it."""
    viewers: dict[str, int] = {}
    for name, e in data["summary"]["editions"].items():
        market = edition_of(name)[0]
        viewers[market] = viewers.get(market, 0) + e["viewers"]
    order = variants_of(data)
    return sorted(
        data["summary"]["editions"],
        key=lambda n: (-viewers[edition_of(n)[0]], edition_of(n)[0], order.index(edition_of(n)[1])),
    )


def _held(data: dict[str, Any]) -> list[dict[str, str]]:
    name = in_order(data)[0]
    e = data["summary"]["editions"][name]
    first = e["episodes"][0]
    text = (
        f"Of 100 people who start episode {first['episode']} of {name}, {whole(first['completion'])} finish it "
        f"({_round(100 * first['completion']['low'])} to {_round(100 * first['completion']['high'])})"
    )
    s = e["survival"]
    if s and len(s["episodes"]) > 1:
        text += (
            f", {_round(100 * s['survival'][1])} go on to episode {s['episodes'][1]}, and {_round(100 * s['survival'][-1])} "
            f"({_round(100 * s['low'][-1])} to {_round(100 * s['high'][-1])}) reach episode {s['episodes'][-1]}"
        )
    return [{"head": "How far they come", "text": text + ".", "link": "#survival", "kind": "fact"}]


def _wall(data: dict[str, Any]) -> list[dict[str, str]]:
    """The episode's end that loses most, apart from the first one, and whether money was asked there."""
    name = in_order(data)[0]
    e = data["summary"]["editions"][name]
    s, wall = e["survival"], e.get("paywall") or {}
    if not s:
        return []
    if wall.get("hazard"):
        text = f"{_hundred(wall['hazard'])} stop before episode {wall['first_locked']} of {name}, the first that is not free"
        if wall.get("story_hazard"):
            text += f"; at the free episodes before it {_hundred(wall['story_hazard'])} stop"
        return [{"head": "What the paywall costs", "text": text + ".", "link": "#paywall", "kind": "fact"}]
    ends = [(h["value"], i) for i, h in enumerate(s["hazard"]) if h and i > 0]
    if not ends:
        return []
    _, i = max(ends)
    text = f"{_hundred(s['hazard'][i])} who start episode {s['episodes'][i]} of {name} go no further, more than anywhere after the first."
    return [{"head": "Where most stop", "text": text, "link": "#survival", "kind": "fact"}]


def _lots(data: dict[str, Any]) -> list[dict[str, str]]:
    found = []
    for x in data["experiments"][:2]:
        if x["refused"]:
            text = f"No conclusion: {x['refused']}"
        else:
            m = next(m for m in x["metrics"] if m["primary"])
            lift = m["lift"]
            if lift["high"] is None or lift["value"] is None:
                continue
            more = (
                "not told apart yet"
                if lift["low"] <= 0 <= lift["high"]
                else "more"
                if lift["value"] > 0
                else "less"
            )
            text = (
                f"Shown by lot, {m['arm']} holds people {percent(abs(lift['value']))} {'longer' if lift['value'] > 0 else 'shorter'} "
                f"than {m['against']} ({percent(lift['low'], sign=True)} to {percent(lift['high'], sign=True)}): "
            )
            text += (
                "the two are not told apart yet."
                if more == "not told apart yet"
                else f"drawn by lot, so the edition is the cause of watching {more}."
            )
        found.append(
            {
                "head": f"Which is better: {x['name']}",
                "text": text,
                "link": "#experiments",
                "kind": "lot",
            }
        )
    return found


def _hints(data: dict[str, Any]) -> list[dict[str, str]]:
    """The surest kind of thing that stood on the screen where viewers left; the paywall is told apart."""
    sure = [
        (a["q_value"], w["edition"], a)
        for w in data["why"]
        for a in w["associations"]
        if a["level"] in ("kind", "ad")
        and a["q_value"] is not None
        and a["q_value"] <= 0.05
        and a["hazard_ratio"]["value"] is not None
    ]
    if not sure:
        asked = sum(len(w["associations"]) for w in data["why"])
        if not asked:
            return []
        text = f"Nothing that stood on the screen is told apart from chance, of {asked} places and kinds asked about."
        return [{"head": "What stood on the screen", "text": text, "link": "#why", "kind": "hint"}]
    _, name, a = min(sure, key=lambda x: (x[0], -abs(x[2]["hazard_ratio"]["value"] - 1)))
    h = a["hazard_ratio"]
    what = "is associated with" if a["level"] == "ad" else "on the screen is associated with"
    text = f"In {name}, {_a(a['kind'])} {what} leaving {h['value']:.2f} times as often ({h['low']:.2f} to {h['high']:.2f}). {ASSOCIATED}"
    return [{"head": "What stood on the screen", "text": text, "link": "#why", "kind": "hint"}]


def _a(kind: str) -> str:
    return kind if kind.startswith(("reading", "gratification", "care", "feeling")) else f"a {kind}"


def _hundred(h: dict[str, Any]) -> str:
    return f"{whole(h)} of 100 ({_round(100 * h['low'])} to {_round(100 * h['high'])})"


def _round(value: float) -> str:
    """Whole numbers; one digit where there are few."""
    return f"{value:.0f}" if value >= 10 or value == 0 else f"{value:.1f}"
