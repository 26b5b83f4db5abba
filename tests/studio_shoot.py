"""A small shoot for the studio's tests: a breakdown with words that try to be HTML wherever a name may stand, and a plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from smallscreen.production.model import Breakdown, CastMember, Element, Location, Plan, Rules, SceneSheet
from smallscreen.production.quick import quick_plan
from smallscreen.production.schedule import inputs_key, put_plan
from smallscreen.series.project import Project
from tests.studio_small import HOSTILE


def broken_down() -> Breakdown:
    """Six scenes at three places, and names that try to be HTML wherever a name may stand."""
    scenes = tuple(
        SceneSheet(
            f"1-{n}" if n != 2 else HOSTILE, 1 if n < 5 else 9, str(n), HOSTILE, HOSTILE if n == 2 else f"place {n % 3}",
            HOSTILE if n == 2 else "", n % 2 == 0, ("day", "night", "dusk", HOSTILE)[n % 4], HOSTILE, n, 30.0 * n, 20.0,
            ("A", HOSTILE) if n % 2 else ("A",), (Element("prop", HOSTILE if n == 2 else "伞", 2),), HOSTILE,
            cues=("ep001.c0002", "ep001.c0003") if n == 2 else None,
        )
        for n in range(1, 7)
    )  # fmt: skip
    cast = (CastMember("A", 1), CastMember(HOSTILE, 2, Decimal(900), minor=True))
    return Breakdown(scenes, cast, tuple(Location(x) for x in dict.fromkeys(s.place for s in scenes)))


def plan_it(project: Project, made: Breakdown, rules: Rules, proved: bool = False) -> Plan:
    plan = quick_plan(made, rules, None)
    if rules.start is not None:
        # One day after the other, as there are no days off.
        days = (replace(d, date=rules.start + timedelta(days=d.index - 1)) for d in plan.days)
        plan = replace(plan, days=tuple(days))
    bound = plan.total if proved else plan.total - 1000
    plan = replace(
        plan, bound=bound, gap=0.0 if proved else 0.01, proved=proved, changes=(f"Scene {HOSTILE} moves.",)
    )
    put_plan(project.store, plan, inputs_key(made, rules), 1.0, "test")
    return plan
