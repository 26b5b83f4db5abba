"""A small shoot whose costs can be counted by hand, and random ones."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

from smallscreen.production.charges import parts_of, scheduled
from smallscreen.production.model import (
    Breakdown,
    CastMember,
    Element,
    Location,
    Plan,
    Rate,
    Rules,
    SceneSheet,
    ShootDay,
)

D = Decimal
RATES = tuple(
    Rate(key, D(amount), "CNY", "2026-01-15", "price list")
    for key, amount in (
        ("crew.day", "10000"),
        ("night", "2000"),
        ("move", "500"),
        ("overtime.hour", "1200"),
        ("cast.day", "800.50"),
        ("location.day", "1000"),
    )
)
RULES = Rules(rates=RATES, day_minutes=600, move_minutes=45, overtime_minutes=60)


def scene(id: str, place: str, minutes: float, cast: str, **more: object) -> SceneSheet:
    """`cast` is a letter a part; the episode is the number before the hyphen."""
    episode, _, number = id.partition("-")
    values: dict[str, object] = {"interior": True, "time": "day", "screen_seconds": minutes / 2, **more}
    return SceneSheet(id, int(episode), number, place=place, minutes=minutes, cast=tuple(cast), **values)  # type: ignore[arg-type]


SCENES = (
    scene("1-1", "shop", 200, "AB", elements=(Element("prop", "umbrella", 2), Element("extra", "guests", 6))),
    scene("1-2", "yard", 100, "A", interior=False, time="night", elements=(Element("effect", "rain"),)),
    scene("2-1", "shop", 300, "B", elements=(Element("prop", "umbrella"),)),
    scene("2-2", "yard", 300, "AB"),
)
SMALL = Breakdown(
    SCENES,
    (CastMember("A", 1, D("3000")), CastMember("B", 2)),
    (Location("shop", D("700.25")), Location("yard")),
)


def plan_of(
    breakdown: Breakdown, days: list[list[str]], rules: Rules = RULES, nights: frozenset[int] = frozenset()
) -> Plan:
    """A plan of one unit from the scenes of each day; [] is a day on which the crew waits."""
    shot = []
    for i, ids in enumerate(days, 1):
        some = [breakdown.scene(x) for x in ids]
        places = tuple(dict.fromkeys(s.place for s in some))
        minutes = sum(s.minutes for s in some) + rules.move_minutes * (len(places) - 1 if places else 0)
        over = max(0.0, minutes - rules.day_minutes)
        if ids:
            shot.append(
                ShootDay(i, None, 1, tuple(ids), places, len(places) - 1, minutes, i in nights, over, D(0))
            )
    plan = Plan(tuple(shot), {}, rules.currency)
    return Plan(tuple(shot), parts_of(scheduled(breakdown, plan, rules)), rules.currency)


PLAN = plan_of(SMALL, [["1-1", "2-1"], ["2-2", "1-2"]], nights=frozenset({2}))


@st.composite
def breakdowns(draw: st.DrawFn) -> Breakdown:
    """Up to 12 scenes at up to 3 places with up to 4 parts, odd fees, and things that scenes need."""
    cents = st.integers(0, 500_000).map(lambda n: D(n) / 100)
    cast = tuple(CastMember(x, i, draw(st.none() | cents)) for i, x in enumerate("ABCD", 1))
    places = tuple(Location(x, draw(st.none() | cents)) for x in ("hall", "yard", "road"))
    elements = st.lists(
        st.builds(
            Element,
            st.sampled_from(["extra", "prop", "costume", "vehicle", "effect", "makeup", "animal", "music"]),
            st.sampled_from(["one", "two"]),
            st.integers(1, 5),
        ),
        max_size=4,
    )
    some = [
        scene(
            f"{draw(st.integers(1, 4))}-{i}",
            draw(st.sampled_from(["hall", "yard", "road"])),
            draw(st.integers(0, 400)),
            "".join(sorted(draw(st.sets(st.sampled_from("ABCD"), max_size=4)))),
            time=draw(st.sampled_from(["day", "night"])),
            interior=draw(st.booleans()),
            elements=tuple(draw(elements)),
        )
        for i in range(draw(st.integers(1, 12)))
    ]
    return Breakdown(tuple(some), cast, places)
