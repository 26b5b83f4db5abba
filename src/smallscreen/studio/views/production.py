"""The production page: what is stored of a shoot (breakdown, rules, plan, an edition's block), ready to show.

    page = production_page(project, cache, "en")        # ProductionPage, the JSON of /api/production

Nothing is planned here and nothing written: what was not made yet is null, and the page says which command makes it.
The budget is reckoned from the stored plan, by the same function as `smallscreen budget`.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from smallscreen.errors import UserError
from smallscreen.production.budget import Budget, budget
from smallscreen.production.customize import AGAIN, treatments
from smallscreen.production.kept import kept_block
from smallscreen.production.model import ROOM, Breakdown, Plan, Rules, SceneSheet, from_json
from smallscreen.production.papers import _say
from smallscreen.production.papers._material import Material, Options
from smallscreen.production.papers._shoot import Shoot, shoot_of, strip_color
from smallscreen.production.papers._words import Words, pages, words
from smallscreen.production.rates import NAME, ProductionRates, read_rates
from smallscreen.series import documents
from smallscreen.series.brief_file import Settled, settled_for
from smallscreen.series.project import Project
from smallscreen.series.store import Store
from smallscreen.studio.views.production_models import (
    Account,
    Again,
    Column,
    Group,
    Person,
    PlanFigures,
    Problem,
    ProductionPage,
    SceneCost,
    ShootingDay,
    Strip,
    Topsheet,
    Treated,
)  # fmt: skip
from smallscreen.studio.views.production_words import said

PLAN_STEP = "plan"


def has_breakdown(store: Store) -> bool:
    """Whether a breakdown is stored."""
    return "breakdown" in documents.versions(store, ROOM)


def production_page(project: Project, cache: MutableMapping[str, Any], language: str) -> ProductionPage:
    """What the page shows, made again when one of its documents or files changed. UserError without a breakdown."""
    short = "zh" if language.startswith("zh") else "en"
    key = (short, *_state(project))
    if cache.get("key", {}).get(short) != key:
        cache.setdefault("page", {})[short] = _made(project, language, words(short))
        cache.setdefault("key", {})[short] = key
    return cache["page"][short]  # type: ignore[no-any-return]


def picture_of(root: Path, edition: str) -> Path:
    """Where `smallscreen budget customize --curve` draws what a share of the scenes costs."""
    return root / "papers" / f"customizing.{edition}.svg"


# --- within ----------------------------------------------------------------------------------


def _state(project: Project) -> tuple[Any, ...]:
    """What the page hangs on, without reading it."""
    store = project.store
    editions = [e.name for e in store.editions()]
    files = [project.root / NAME]
    for name in editions:
        market = name.partition(".")[0]
        files += [project.root / "briefs" / f"{market}.toml", picture_of(project.root, name)]
    done = store.step(PLAN_STEP, "")
    return (
        tuple(documents.versions(store, ROOM).items()),
        tuple(editions),
        tuple(_stamp(f) for f in files),
        done.key if done else None,
        tuple(e.number for e in store.episodes()),
    )


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size


def _made(project: Project, language: str, w: Words) -> ProductionPage:
    store, root = project.store, project.root
    there = documents.get(store, ROOM, "breakdown")
    if there is None:
        raise UserError(f"There is no breakdown yet; make it with smallscreen breakdown {root.name}.")
    made = from_json(Breakdown, there.body)
    found = documents.get(store, ROOM, "plan")
    plan = None if found is None else from_json(Plan, found.body)
    problems: list[str] = []

    made, rules, rates = _priced(project, made, problems)
    shoot = _shoot(project, made, rules, plan, w, problems)
    priced = _budget(made, rules, plan, rates, problems) if plan is not None and shoot is not None else None
    episodes = {e.number for e in store.episodes()}
    strips = _strips(made, shoot, priced, episodes, w)
    return ProductionPage(
        folder=root.name,
        source=made.source,
        currency=plan.currency if plan else rules.currency,
        problem=" ".join(p.replace(str(root), root.name) for p in dict.fromkeys(problems)) or None,
        clash=[said(language, x) for x in _clash(project, made, rules)],
        strips=strips,
        days=_days(shoot, w) if shoot else [],
        unscheduled=[s.id for s in strips if s.day is None],
        places=list(dict.fromkeys(s.place for s in strips if s.place)),
        cast=_cast(made, shoot),
        columns=[Column(number=c.number, date=c.date) for c in shoot.columns] if shoot else [],
        plan=_figures(project, made, rules, plan) if plan and shoot else None,
        budget=_topsheet(priced, language) if priced else None,
        problems=[
            Problem(check=f.check, severity=f.severity, episode=f.episode, cue=f.cue, message=f.message, suggestion=f.suggestion)
            for f in made.problems
        ],
        editions=[a for e in store.editions() if (a := _again(project, e.name, made, language)) is not None],
    )  # fmt: skip


def _priced(
    project: Project, made: Breakdown, problems: list[str]
) -> tuple[Breakdown, Rules, ProductionRates | None]:
    """The breakdown and the rules at the rates of production.toml, where it can be used."""
    from smallscreen.production.breakdown import load_rules
    from smallscreen.production.rates import priced

    rules = load_rules(project.store)
    path = project.root / NAME
    if not path.is_file():
        return made, rules, None
    try:
        rates = read_rates(path)
        return *priced(made, rules, rates), rates
    except UserError as error:
        problems.append(str(error))
        return made, rules, None


def _shoot(
    project: Project, made: Breakdown, rules: Rules, plan: Plan | None, w: Words, problems: list[str]
) -> Shoot | None:
    if plan is None:
        return None
    series = project.store.series()
    try:
        return shoot_of(Material(series.title, series.slug, made, rules, plan), Options(), w)
    except UserError as error:
        problems.append(str(error))
        return None


def _budget(
    made: Breakdown, rules: Rules, plan: Plan, rates: ProductionRates | None, problems: list[str]
) -> Budget | None:
    try:
        return budget(made, plan, rules, rates)
    except UserError as error:
        problems.append(str(error))
        return None


def _strips(
    made: Breakdown, shoot: Shoot | None, priced: Budget | None, episodes: set[int], w: Words
) -> list[Strip]:
    """Every scene, in the order of the breakdown."""
    planned = {s.scene.id: (d, s) for d in shoot.days for s in d.strips} if shoot else {}
    numbers = {c.name: c.number for c in made.cast}
    out = []
    for scene in made.scenes:
        day, strip = planned.get(scene.id, (None, None))
        cost = priced.scenes.get(scene.id) if priced and day is not None else None
        out.append(
            Strip(
                id=scene.id,
                episode=scene.episode,
                in_series=scene.episode in episodes,
                cue=scene.cues[0] if scene.cues else None,
                color=strip_color(scene),
                title=_say.title(scene),
                place=_place(scene),
                setting=_say.setting(scene, w),
                time=w.time(scene.time),
                story_day=scene.story_day,
                pages=pages(scene.eighths),
                minutes=scene.minutes,
                cast=list(scene.cast),
                numbers=[str(n) for n in sorted(numbers[c] for c in scene.cast if c in numbers)],
                needs=_say.needs_of(scene, w),
                synopsis=scene.synopsis,
                tier=scene.tier,
                day=day.number if day else None,
                times=_say.times(strip, w) if strip else "",
                move_minutes=strip.move if strip else None,
                cost=SceneCost(
                    own=cost.own,
                    shared=cost.shared,
                    total=cost.total,
                    accounts=[(_name(n), v) for n, v in cost.accounts.items()],
                )
                if cost
                else None,
            )
        )
    return out


def _place(scene: SceneSheet) -> str:
    return scene.place or scene.set_name


def _name(number: int) -> str:
    from smallscreen.production.budget import ACCOUNTS

    return ACCOUNTS[number]


def _days(shoot: Shoot, w: Words) -> list[ShootingDay]:
    return [
        ShootingDay(
            index=d.number,
            unit=d.day.unit,
            date=d.date,
            head=" · ".join(x for x in (shoot.head(d), w.date(d.date)) if x),
            scenes=list(d.day.scenes),
            pages=pages(d.eighths),
            minutes=d.day.minutes,
            moves=d.day.moves,
            night=d.day.night,
            overtime_minutes=d.day.overtime_minutes,
            cost=d.day.cost,
            call=w.clock(d.call),
            wrap=w.clock(d.wrap),
            dusk=list(d.dusk),
        )
        for d in shoot.days
    ]


def _cast(made: Breakdown, shoot: Shoot | None) -> list[Person]:
    letters = shoot.letters if shoot else {}
    out = []
    for c in sorted(made.cast, key=lambda c: c.number):
        row = letters.get(c.name)
        out.append(
            Person(
                name=c.name,
                number=c.number,
                minor=c.minor,
                scenes=sum(c.name in s.cast for s in made.scenes),
                letters=list(row.letters) if row else [],
                work=row.work if row else 0,
                hold=row.hold if row else 0,
            )
        )
    return out


def _figures(project: Project, made: Breakdown, rules: Rules, plan: Plan) -> PlanFigures:
    return PlanFigures(
        total=plan.total,
        parts=plan.cost,
        days=len({d.index for d in plan.days if d.scenes}),
        bound=plan.bound,
        gap=plan.gap,
        proved=plan.proved,
        seconds=plan.seconds,
        changes=list(plan.changes),
        outdated=_outdated(project, made, rules),
    )


def _outdated(project: Project, made: Breakdown, rules: Rules) -> bool:
    """As `schedule.outdated`, which brings the breakdown up to date first; a page that is read writes nothing."""
    from smallscreen.production.schedule import inputs_key

    done = project.store.step(PLAN_STEP, "")
    try:
        return done is None or done.key != inputs_key(made, rules)
    except UserError:
        return True


def _clash(project: Project, made: Breakdown, rules: Rules) -> tuple[str, ...]:
    """What `plan make` found to clash, while breakdown and rules are still the same."""
    from smallscreen.production.schedule import inputs_key, kept_clash

    try:
        return kept_clash(project.store, inputs_key(made, rules))
    except UserError:
        return ()


def _topsheet(b: Budget, language: str) -> Topsheet:
    return Topsheet(
        groups=[
            Group(
                name=g.name,
                amount=g.amount,
                accounts=[Account(number=a.number, name=a.name, amount=a.amount, of=_of(a.lines)) for a in g.accounts],
            )
            for g in b.topsheet
        ],
        subtotal=b.subtotal,
        contingency_share=b.contingency_share,
        contingency=b.contingency,
        total=b.total,
        example=b.example,
        notes=[said(language, n) for n in b.notes],
    )  # fmt: skip


def _of(lines: Any) -> str:
    """The quantities of an account; names of people and places stand, words of ours are left out."""
    shown = [f"{x.name} × {x.quantity:g}" if len(lines) > 1 else f"× {x.quantity:g}" for x in lines[:3]]
    return ", ".join(shown) + (" ..." if len(lines) > 3 else "")


def _again(project: Project, edition: str, made: Breakdown, language: str) -> Again | None:
    """What the brief of an edition asks of the scenes; None without a brief."""
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", edition) or "." in edition:
        return None  # a variant has the brief of its market
    try:
        settled: Settled | None = settled_for(project.root, edition)
    except UserError as error:
        return Again(edition=edition, problem=str(error).replace(str(project.root), project.root.name))
    if settled is None:
        return None
    treated, _ = treatments(made, settled)
    counts: dict[str, int] = {}
    for one in treated:
        counts[one.work] = counts.get(one.work, 0) + 1
    block, stale = kept_block(project.store, edition, treated)
    if block is not None:
        block = block.model_copy(update={"notes": [said(language, n) for n in block.notes]})
    return Again(
        edition=edition,
        counts=counts,
        scenes=[
            Treated(scene=x.scene, work=x.work, reason=said(language, x.reason), visible=list(x.visible))
            for x in treated
            if x.work != "keep"
        ],
        again=sum(x.work in AGAIN for x in treated),
        block=block,
        stale=stale,
        picture=picture_of(project.root, edition).is_file(),
    )
