"""Reads a shoot (the JSON form of SHOOT.md) and a talent-scheduling file, and writes a shoot.

    {"rate": [8000, ...], "loc": [["villa", 10000], ...], "win": {"0": [0, 11], ...},
     "scenes": [{"id": "1-1", "loc": 0, "cast": [0, 1], "dur": 27, "tod": "A"}, ...]}

`win` is the first and last day of an actor. Days are as many as the windows reach. More may be said, all of it
optional: `days`, `actors` (names), `rules` (the fields of `Problem` by name, minutes and money), of a scene
`first`, `last`, `after` (ids) and `locked`, of a place a third value `{"win": [[0, 3]], "night": false}`, and
`minors` ({"4": 300}, minutes a day). All faults of a file are said at once.
"""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from math import lcm
from pathlib import Path
from typing import Any

from smallscreen.errors import UserError
from smallscreen.production.solve.problem import Actor, Place, Problem, Scene, Span
from smallscreen.production.solve.talent import Talent

MOST_SCENES, MOST_DAYS = 20_000, 400
_RATES = ("day_rate", "unit_rate", "night_rate", "move_rate", "overtime_rate")
_COUNTS = (
    "units",
    "day_minutes",
    "night_minutes",
    "turnaround",
    "move_minutes",
    "most_moves",
    "overtime_max",
)
_SHOWN = 12
"""Faults that are spelled out; a file with more has the same one in every row."""


def read_problem(path: Path) -> Problem:
    """The shoot in a file. UserError says every fault, by place."""
    try:
        data = json.loads(_text(path), parse_float=Decimal)
    except (json.JSONDecodeError, RecursionError) as e:
        line = f", line {e.lineno}" if isinstance(e, json.JSONDecodeError) else ""
        raise UserError(
            f"{path.name}{line}: this is no JSON; give a shoot with rate, loc, scenes and win."
        ) from None
    return parse_problem(data, path.name)


def parse_problem(data: Any, name: str = "the shoot") -> Problem:
    """The shoot in parsed JSON. UserError says every fault, by place."""
    reader = _Reader(data if isinstance(data, dict) else {})
    missing = [k for k in ("rate", "loc", "scenes") if not isinstance(reader.data.get(k), list)]
    if missing:
        raise UserError(
            f"{name}: the lists {', '.join(missing)} are missing; a shoot has rate, loc, scenes and win."
        )
    problem = reader.problem(name)
    if reader.faults:
        more = f"; and {len(reader.faults) - _SHOWN} more" if len(reader.faults) > _SHOWN else ""
        raise UserError(
            f"{name}: {'; '.join(reader.faults[:_SHOWN])}{more}; correct these and read it again."
        )
    return problem


def write_problem(problem: Problem) -> dict[str, Any]:
    """The shoot as JSON values, every rule written out."""
    p = problem
    scenes = [
        {"id": s.id, "loc": s.place, "cast": list(s.cast), "dur": s.minutes, "tod": s.time, "first": s.first}
        | ({} if s.last is None else {"last": s.last})
        | ({} if s.locked is None else {"locked": s.locked})
        | ({"after": [p.scenes[i].id for i in s.after]} if s.after else {})
        for s in p.scenes
    ]
    return {
        "days": p.days,
        "actors": [a.name for a in p.actors],
        "rate": [p.money(a.rate) for a in p.actors],
        "loc": [
            [x.name, p.money(x.rate), {"win": list(map(list, x.windows)), "night": x.night_ok}]
            for x in p.places
        ],
        "win": {str(i): list(map(list, a.windows)) for i, a in enumerate(p.actors) if a.windows},
        "minors": {str(i): a.most_minutes for i, a in enumerate(p.actors) if a.most_minutes is not None},
        "rules": {k: getattr(p, k) for k in _COUNTS} | {k: p.money(getattr(p, k)) for k in _RATES},
        "scenes": scenes,
        **({"rested": sorted(p.rested)} if p.rested else {}),
    }


def read_talent(path: Path) -> Talent:
    """A talent-scheduling file: name, scenes, actors, a 0/1 row and a rate for each actor, lengths of the scenes."""
    words = _text(path).split()
    # The name may be several words: numbers begin at the first pair of them that fits the length.
    for at in range(1, min(len(words), 12)):
        numbers = words[at:]
        if not all(w.isdecimal() and len(w) < 10 for w in numbers) or len(numbers) < 2:
            continue
        scenes, actors, *rest = map(int, numbers)
        if len(rest) != actors * (scenes + 1) + scenes or not scenes:
            break
        rows = [rest[i * (scenes + 1) : (i + 1) * (scenes + 1)] for i in range(actors)]
        if any(x > 1 for row in rows for x in row[:-1]):
            break
        cast = tuple(sum(row[s] << a for a, row in enumerate(rows)) for s in range(scenes))
        return Talent(" ".join(words[:at]), tuple(rest[-scenes:]), cast, tuple(row[-1] for row in rows))
    raise UserError(
        f"{path.name}: this is no talent-scheduling file; it has a name, the numbers of scenes and actors, a row of "
        "0 and 1 with a rate for each actor, and the lengths of the scenes."
    )


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise UserError(f"{path.name}: this is no text file; give the JSON form of a shoot.") from None
    except OSError as e:
        raise UserError(f"{path} cannot be read ({e.strerror}); give a file that is there.") from None


class _Reader:
    """Collects faults while it reads; wrong values are replaced so that reading goes on to the next fault."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        self.faults: list[str] = []
        self.amounts: list[Decimal] = []

    def problem(self, name: str) -> Problem:
        data = self.data
        rates = [self.amount(r, f"rate of actor {i}") for i, r in enumerate(data["rate"])]
        rules = self.table(data.get("rules"), "rules")
        for key in rules.keys() - {*_RATES, *_COUNTS}:
            self.faults.append(f"there is no rule {key!r}")
        money = {k: self.amount(rules[k], k) for k in _RATES if k in rules}
        counts = {
            k: None
            if k == "most_moves" and rules[k] is None
            else self.whole(rules[k], k, least=int(k == "units"))
            for k in _COUNTS
            if k in rules
        }
        named = data.get("actors")
        names = named if isinstance(named, list) and len(named) == len(rates) else range(len(rates))
        windows = {i: self.windows(w, f"win of actor {i}") for i, w in self.keyed("win", len(rates))}
        off = data.get("rested", [])
        if not isinstance(off, list):
            self.faults.append("rested is no list of days")
            off = []
        rested = [self.whole(d, "a day of rested") for d in off]
        minors = {i: self.whole(m, f"minors {i}") for i, m in self.keyed("minors", len(rates))}
        places = [self.place(x, i) for i, x in enumerate(data["loc"])]
        reach = [last for spans in windows.values() for _, last in spans]
        if "days" in data:
            days = self.whole(data["days"], "days", least=1, most=MOST_DAYS)
        else:
            days = max(reach, default=-1) + 1
            if not days:
                self.faults.append("the number of days is not said; give days, or win for the actors")
        scale = (
            lcm(2, *(a.as_integer_ratio()[1] for a in self.amounts)) if self._halves(rates) else self._scale()
        )
        scenes = self.scenes(len(rates), len(places))
        self.reachable(scenes, windows, places, days)
        if money.get("day_rate") is not None and "unit_rate" not in money:
            money["unit_rate"] = money["day_rate"]
        fixed = {k: int(v * scale) for k, v in money.items()}
        defaults = {k: getattr(Problem, k) * scale for k in _RATES if k not in fixed}
        return Problem(
            scenes=tuple(scenes),
            actors=tuple(
                Actor(str(n), int(r * scale), int(r * scale / 2), windows.get(i, ()), minors.get(i))
                for i, (n, r) in enumerate(zip(names, rates, strict=True))
            ),
            places=tuple(Place(n, int(r * scale), w, night) for n, r, w, night in places),
            days=days,
            name=name,
            scale=scale,
            rested=frozenset(rested),
            **counts,  # type: ignore[arg-type]
            **fixed,
            **defaults,
        )

    def _scale(self) -> int:
        return lcm(*(a.as_integer_ratio()[1] for a in self.amounts))

    def _halves(self, rates: list[Decimal]) -> bool:
        return any((r * self._scale()) % 2 for r in rates)

    def scenes(self, actors: int, places: int) -> list[Scene]:
        rows = self.data["scenes"]
        if len(rows) > MOST_SCENES:
            raise UserError(f"The shoot has {len(rows)} scenes; at most {MOST_SCENES} are read.")
        if not rows:
            self.faults.append("there is no scene")
        ids: dict[str, int] = {}
        for i, row in enumerate(rows):
            key = str(row.get("id", "")) if isinstance(row, dict) else ""
            if not key:
                self.faults.append(f"scene {i + 1} in the list has no id")
            elif key in ids:
                self.faults.append(f"scene {key} is there twice (rows {ids[key] + 1} and {i + 1})")
            ids.setdefault(key, i)
        return [
            self.scene(row, ids, actors, places) for row in rows if isinstance(row, dict) and row.get("id")
        ]

    def scene(self, row: dict[str, Any], ids: dict[str, int], actors: int, places: int) -> Scene:
        key = str(row["id"])
        if row.get("loc") is None:
            self.faults.append(f"scene {key} has no location")
        place = self.whole(row.get("loc", 0) or 0, f"loc of scene {key}")
        if row.get("loc") is not None and place >= places:
            self.faults.append(f"scene {key} is at location {place}, and there are only {places}")
        listed = row.get("cast", [])
        cast = [
            self.whole(a, f"cast of scene {key}") for a in (listed if isinstance(listed, list) else [listed])
        ]
        for a in cast:
            if a >= actors:
                self.faults.append(f"scene {key} has actor {a}, and there are only {actors}")
        time = row.get("tod", "A")
        if time not in ("D", "N", "A"):
            self.faults.append(f"scene {key} is at time {time!r}; D, N and A are known")
        after = row.get("after", [])
        for other in after if isinstance(after, list) else [after]:
            if str(other) not in ids or str(other) == key:
                self.faults.append(f"scene {key} follows {other!r}, which is no other scene")
        return Scene(
            key,
            self.whole(row.get("dur"), f"dur of scene {key}"),
            place,
            tuple(dict.fromkeys(cast)),
            time if time in ("D", "N") else "A",
            self.whole(row.get("first", 0), f"first of scene {key}"),
            None if row.get("last") is None else self.whole(row["last"], f"last of scene {key}"),
            tuple(ids[str(x)] for x in (after if isinstance(after, list) else [after]) if str(x) in ids),
            None if row.get("locked") is None else self.whole(row["locked"], f"locked of scene {key}"),
        )

    def reachable(
        self, scenes: list[Scene], windows: dict[int, tuple[Span, ...]], places: list[Any], days: int
    ) -> None:
        """An actor or place without any day of the shoot, where somebody needs it."""
        if not days:
            return
        for a in sorted({a for s in scenes for a in s.cast}):
            if windows.get(a) and not any(first < days for first, _ in windows[a]):
                self.faults.append(f"actor {a} is needed and has no day among the {days} of the shoot")
        for i in sorted({s.place for s in scenes if s.place < len(places)}):
            if places[i][2] and not any(first < days for first, _ in places[i][2]):
                self.faults.append(
                    f"location {places[i][0]} is needed and has no day among the {days} of the shoot"
                )

    def place(self, value: Any, at: int) -> tuple[str, Decimal, tuple[Span, ...], bool]:
        if not isinstance(value, list) or len(value) < 2 or not isinstance(value[0], str):
            self.faults.append(f"location {at} is not written as [name, rate]")
            return "", Decimal(0), (), True
        more = self.table(value[2] if len(value) > 2 else None, f"location {value[0]}")
        windows = self.windows(more["win"], f"win of location {value[0]}") if more.get("win") else ()
        return (
            value[0],
            self.amount(value[1], f"rate of location {value[0]}"),
            windows,
            more.get("night") is not False,
        )

    def keyed(self, key: str, size: int) -> list[tuple[int, Any]]:
        out = []
        for name, value in self.table(self.data.get(key), key).items():
            if not str(name).isdecimal() or len(str(name)) > 9 or int(name) >= size:
                self.faults.append(f"{key} speaks of actor {name}, and there are only {size}")
            else:
                out.append((int(name), value))
        return out

    def windows(self, value: Any, where: str) -> tuple[Span, ...]:
        spans = value if isinstance(value, list) and value and isinstance(value[0], list) else [value]
        out = []
        for span in spans:
            if not isinstance(span, list) or len(span) != 2 or not all(_is_whole(x) for x in span):
                self.faults.append(f"{where} is not written as [first day, last day]")
            elif span[1] < span[0] or span[1] < 0:
                self.faults.append(f"{where} leaves no day ({span[0]} to {span[1]})")
            else:
                out.append((max(0, span[0]), span[1]))
        return tuple(out)

    def table(self, value: Any, where: str) -> dict[str, Any]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.faults.append(f"{where} is not written as an object")
            return {}
        return value

    def amount(self, value: Any, where: str) -> Decimal:
        try:
            if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
                raise InvalidOperation
            amount = Decimal(value)
            if not amount.is_finite() or abs(amount) > 10**12 or amount != round(amount, 6):
                raise InvalidOperation
        except InvalidOperation:
            self.faults.append(f"{where} is no amount of money ({str(value)[:40]!r})")
            return Decimal(0)
        if amount < 0:
            self.faults.append(f"{where} is negative ({amount})")
            return Decimal(0)
        self.amounts.append(amount)
        return amount

    def whole(self, value: Any, where: str, least: int = 0, most: int = 10**9) -> int:
        if not _is_whole(value) or not least <= value <= most:
            self.faults.append(f"{where} is not a whole number from {least} on ({str(value)[:40]!r})")
            return least
        return int(value)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
