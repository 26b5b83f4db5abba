"""A scenario: one model over one edition's viewing. `scenario` is a pure function, fast enough for sliders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import numpy as np

from smallscreen.business.draws import SHAPES, Floats
from smallscreen.business.ledger import ledger
from smallscreen.business.measures import Figure, Measures
from smallscreen.business.model import (
    Inputs,
    acquisition,
    at_mid,
    beside_measured,
    by_wall,
    drawn,
    flows,
    known_walls,
    no_wall,
)
from smallscreen.business.money import decimal_of
from smallscreen.business.rates import MODELS, PAYERS, Rate, Rates, catalogue
from smallscreen.business.result import (
    QUANTILES,
    Estimate,
    FanDay,
    FirstPaid,
    MeasureUsed,
    Payback,
    RateUsed,
    Scenario,
)
from smallscreen.business.sensitivity import tornado
from smallscreen.errors import UserError

DRAWS = 10_000
SLIDER_DRAWS = 2_000
"""Enough for a page that follows a slider; the quantiles are then about twice as rough."""
SEED = 20_250_101
_DAYS = 48
_HAZARD, _SECONDS = "viewing.hazard", "viewing.seconds"


def scenario(
    measures: Measures,
    rates: Rates,
    model: str = "free",
    changes: Mapping[str, float | int | str | Decimal] | None = None,
    *,
    draws: int = DRAWS,
    seed: int = SEED,
    shape: str = "pert",
) -> Scenario:
    """What an edition earns under a model. Pure: the same arguments give the same answer.

    `changes` moves things: a rate's id to another most likely value (its ends keep their ratio to it),
    `viewers` (how many arrive), `first_paid_episode`, `viewing.hazard` and `viewing.seconds` (factors on what
    was measured). UserError, one sentence, when a rate is missing or a change cannot be.
    """
    if model not in MODELS:
        raise UserError(f"There is no model {model!r}; there are {', '.join(MODELS)}.")
    if shape not in SHAPES or not 100 <= draws <= 1_000_000:
        raise UserError(f"{shape} with {draws} draws cannot be; pert or triangular, 100 to 1,000,000 draws.")
    changed = {k: _number(k, v) for k, v in (changes or {}).items()}
    m, used = _moved(measures, rates, changed)
    used = beside_measured(used, m)
    used.need(model, wall_measured=m.paywall is not None, pace_measured=m.pace is not None)
    viewers = int(changed.get("viewers", Decimal(m.viewers)))
    x, mid = drawn(m, used, draws, seed, shape), at_mid(m, used)
    places = () if no_wall(mid, model) else _first_paid(m, used, x, mid, model, viewers)
    wall, why = _wall(m, used, model, changed, places)
    position = None if wall is None else [e.episode for e in m.episodes].index(wall) + 1
    flow, flow_mid = flows(x, used, model, position), flows(mid, used, model, position)

    def net_of(y: Inputs) -> Floats:
        return np.asarray((flows(y, used, model, position).net.sum(axis=1) - acquisition(y)) * viewers)

    earned = flow.net.sum(axis=1)
    net = (earned - acquisition(x)) * viewers
    lines, exact = ledger(mid, flow_mid, x, flow, used, model, viewers)
    bars, together = tornado(m, used, x, net, net_of)
    cumulative = np.column_stack([np.zeros(draws), flow.net.cumsum(axis=1)])
    money = used.currency
    earned_mid = float(flow_mid.net.sum())
    return Scenario(
        series=m.series,
        title=m.title,
        edition=m.edition,
        model=model,
        simulated=m.simulated,
        example=used.example,
        as_of=m.as_of,
        currency=money,
        viewers=viewers,
        viewers_measured=m.viewers,
        first_paid_episode=wall,
        first_paid_from=why,
        draws=draws,
        seed=seed,
        shape=shape,
        viewer_seconds=_estimate(
            float(flow_mid.seconds.sum()) * viewers, flow.seconds.sum(axis=1) * viewers, "viewer-seconds"
        ),
        ledger=lines,
        gross=_estimate(float(flow_mid.gross.sum()) * viewers, flow.gross.sum(axis=1) * viewers, money),
        net=_estimate(float(net_of(mid)[0]), net, money),
        net_exact=exact.amount,
        loss_chance=float((net < 0).mean()),
        a_viewer=_estimate(earned_mid, earned, f"{money} an arriving viewer, before acquisition"),
        break_even=_estimate(earned_mid, earned, f"{money} a bought viewer"),
        payback=_payback(x, cumulative),
        fan=_fan(x, cumulative, viewers),
        first_paid=places,
        sensitivity=bars,
        variance_together=together,
        rates=_used(used, set(changed)),
        measures=_measures(m),
        notes=_notes(m, used, model, changed, places),
    )


def _first_paid(
    m: Measures, rates: Rates, x: Inputs, mid: Inputs, model: str, viewers: int
) -> tuple[FirstPaid, ...]:
    """Every place for the wall from episode 2 on, with its net result and how often it is the best."""
    cost, cost_mid = acquisition(x)[:, None], acquisition(mid)[:, None]
    net = (by_wall(x, rates, model) - cost)[:, 1:] * viewers
    net_mid = (by_wall(mid, rates, model) - cost_mid)[0, 1:] * viewers
    if net.shape[1] == 0:
        return ()
    known = known_walls(rates, m)
    # Beyond the given episodes the share of payers is a guess, so the choice stays within them.
    given = np.array([min(known) <= e.episode <= max(known) for e in m.episodes[1:]])
    fair = np.where(given, net, -np.inf) if given.any() else net
    best_often = np.bincount(fair.argmax(axis=1), minlength=net.shape[1]) / len(net)
    best = int(fair.mean(axis=0).argmax())
    reach = np.cumprod(1 - mid.hazard[0])
    spread = np.quantile(net, (0.025, 0.975), axis=0)
    return tuple(
        FirstPaid(
            episode=e.episode,
            net=Estimate(
                value=float(net_mid[i]), mean=float(net[:, i].mean()), low=float(spread[0, i]),
                high=float(spread[1, i]), unit=rates.currency,
            ),
            reach=float(reach[i]),
            payers=float(mid.payers[0, i + 1]),
            chance_best=float(best_often[i]),
            chance_beats_best=float((net[:, i] >= net[:, best]).mean()),
            given=bool(given[i]),
        )
        for i, e in enumerate(m.episodes[1:])
    )  # fmt: skip


def _wall(
    m: Measures, rates: Rates, model: str, changed: Mapping[str, Decimal], places: tuple[FirstPaid, ...]
) -> tuple[int | None, str]:
    """The first paid episode and who said so: a change, the file, the best of the places, or the data."""
    if not places:
        return None, "nothing has to be paid"
    there = [e.episode for e in m.episodes]
    asked = changed.get("first_paid_episode")
    number, why = (int(asked), "chosen") if asked is not None else (rates.first_paid_episode, "business.toml")
    if number is not None:
        if number not in there:
            raise UserError(
                f"Episode {number} cannot be the first paid one; the measures have {there[0]} to {there[-1]}."
            )
        return number, why
    spots = known_walls(rates, m)
    if len(spots) >= 2:
        inside = [p for p in places if p.given] or list(places)
        return max(inside, key=lambda p: p.net.mean).episode, "the best within the episodes given"
    only = next((p.episode for p in places if p.episode in spots), places[0].episode)
    return only, "the only episode whose share of payers is known"


def _fan(x: Inputs, cumulative: Floats, viewers: int) -> tuple[FanDay, ...]:
    """Money by day when all viewers come on day 0 and are paid for then. Episode e is watched on day (e - 1) / pace."""
    pace, payout = x["pace.episodes_a_day"], x["pace.payout_days"]
    last = int(min(3650, np.ceil(np.quantile(payout + (cumulative.shape[1] - 2) / pace, 0.99)) + 1))
    days = sorted({round(d) for d in np.linspace(0, last, _DAYS)})
    cost, rows = acquisition(x), np.arange(x.n)
    found = []
    for day in days:
        count = np.where(day >= payout, np.floor((day - payout) * pace) + 1, 0)
        money = cumulative[rows, np.clip(count, 0, cumulative.shape[1] - 1).astype(np.int64)] - cost
        q = np.quantile(money, QUANTILES) * viewers
        found.append(FanDay(day=day, quantiles=tuple(float(v) for v in q)))
    return tuple(found)


def _payback(x: Inputs, cumulative: Floats) -> Payback:
    """The first day on which a bought viewer's money covers what the viewer cost; bought viewers watch as all do."""
    cost = x["traffic.cost_of_viewer"]
    enough = cumulative >= cost[:, None]
    pays = enough.any(axis=1)
    episodes = enough.argmax(axis=1)
    wait = x["pace.payout_days"] + (episodes - 1) / x["pace.episodes_a_day"]
    day = np.where(pays, np.where(episodes == 0, 0.0, wait), np.inf)
    low, middle, high = np.sort(day)[[int(q * (len(day) - 1)) for q in (0.025, 0.5, 0.975)]]

    def shown(v: float) -> float | None:
        return None if np.isinf(v) else round(float(v), 1)

    return Payback(day=shown(middle), day_low=shown(low), day_high=shown(high), chance=float(pays.mean()))


def _moved(m: Measures, rates: Rates, changed: Mapping[str, Decimal]) -> tuple[Measures, Rates]:
    """The measures and rates with the changes in them."""
    new = dict(rates.rates)
    payers = rates.payers
    for name, value in changed.items():
        if name in ("viewers", "first_paid_episode"):
            continue
        if name in (_HAZARD, _SECONDS):
            m = _scaled(m, name, float(value))
        elif name == PAYERS:
            payers = _payers_at(payers, value)
        elif name not in catalogue():
            raise UserError(f"Nobody knows {name!r} as a rate; see docs/business.md for their names.")
        elif name not in new:
            raise UserError(
                f"{rates.path} has no {name} to change; write its low, mid, high, date and source."
            )
        else:
            if catalogue()[name].kind == "share" and value > 1:
                raise UserError(f"{name} is a share and cannot be {value}; give a number from 0 to 1.")
            if catalogue()[name].positive and value == 0:
                raise UserError(f"{name} cannot be 0; give a number above 0.")
            new[name] = new[name].at(value)
    return m, replace(rates, rates=new, payers=payers)


def _payers_at(payers: tuple[tuple[int, Rate], ...], value: Decimal) -> tuple[tuple[int, Rate], ...]:
    """The curve of payers with its first point at `value`; the others keep their ratio to it."""
    if not payers:
        raise UserError(f"There is no {PAYERS} to change; give one in business.toml.")
    if value > 1:
        raise UserError(f"{PAYERS} is a share and cannot be {value}; give a number from 0 to 1.")
    first = payers[0][1].mid
    ratio = value / first if first else Decimal(1)
    return tuple((e, r.at(min(Decimal(1), r.mid * ratio if first else value))) for e, r in payers)


def _scaled(m: Measures, name: str, factor: float) -> Measures:
    field = "hazard" if name == _HAZARD else "seconds"
    top = 0.999999 if field == "hazard" else float("inf")

    def times(f: Figure) -> Figure:
        new = {k: min(top, getattr(f, k) * factor) for k in ("value", "low", "high")}
        return f.model_copy(update=new)

    rows = tuple(e.model_copy(update={field: times(getattr(e, field))}) for e in m.episodes)
    return m.model_copy(update={"episodes": rows})


def _number(name: str, value: object) -> Decimal:
    try:
        number = decimal_of(Decimal(repr(value)) if isinstance(value, float) else value)
    except (ValueError, ArithmeticError):
        number = None
    if number is None or number < 0:
        raise UserError(f"{name} cannot be {value!r}; give a number that is 0 or more.")
    if name in ("viewers", "first_paid_episode") and (number < 1 or number != int(number) or number > 10**12):
        raise UserError(f"{name} cannot be {value!r}; give a whole number from 1.")
    return number


def _estimate(value: float, values: Floats, unit: str) -> Estimate:
    low, high = np.quantile(values, (0.025, 0.975))
    return Estimate(value=value, mean=float(values.mean()), low=float(low), high=float(high), unit=unit)


def _used(rates: Rates, changed: set[str]) -> tuple[RateUsed, ...]:
    found = []
    for name, rate in [*rates.rates.items(), *((f"{PAYERS}, episode {e}", r) for e, r in rates.payers)]:
        asked = catalogue().get(name)
        found.append(
            RateUsed(
                id=name, name=asked.name if asked else name.replace(PAYERS, "Share who pay at the wall"),
                low=rate.low, mid=rate.mid, high=rate.high, unit=asked.unit if asked else "of those at the wall",
                currency=rate.currency, date=rate.date, source=rate.source, example=rate.example, note=rate.note,
                changed=rate.id in changed,
            )
        )  # fmt: skip
    return tuple(found)


def _measures(m: Measures) -> tuple[MeasureUsed, ...]:
    found = [
        MeasureUsed(
            name="viewers", value=m.viewers, low=m.viewers, high=m.viewers, n=m.viewers, unit="viewers"
        )
    ]
    for e in m.episodes:
        for name, f in ((_HAZARD, e.hazard), (_SECONDS, e.seconds)):
            found.append(
                MeasureUsed(
                    name=f"{name}, episode {e.episode}",
                    value=f.value,
                    low=f.low,
                    high=f.high,
                    n=f.n,
                    unit=f.unit,
                )
            )
    if m.paywall is not None:
        f = m.paywall.hazard
        name = f"viewing.paywall, episode {m.paywall.episode}"
        found.append(MeasureUsed(name=name, value=f.value, low=f.low, high=f.high, n=f.n, unit=f.unit))
    return tuple(found)


def _notes(
    m: Measures, rates: Rates, model: str, changed: Mapping[str, Decimal], places: tuple[FirstPaid, ...]
) -> tuple[str, ...]:
    notes = list(m.notes)
    if m.simulated:
        notes.append("The viewing is simulated, so the money is an illustration, not a forecast.")
    if rates.example:
        notes.append("Some rates are examples that show how the model works; they are nobody's real prices.")
    if "viewers" in changed and int(changed["viewers"]) != m.viewers:
        notes.append(f"The number of viewers is a choice; {m.viewers:,} were measured.")
    if places and len(known_walls(rates, m)) < 2:
        notes.append(
            "The share of payers is known at one episode only, so an earlier wall always seems better; give it "
            "for a second episode (wall.payer_share) to choose the first paid one."
        )
    if places and m.paywall is not None and rates.payers:
        notes.append(
            f"The share of payers at episode {m.paywall.episode} was measured, that at the others was given: where "
            "the two do not agree, the best place for the wall shows that rather than the viewers."
        )
    if model != "free" and any(not p.given for p in places):
        notes.append("Outside the given episodes the share of payers is carried on flat, which is a guess.")
    notes.append("These are expected sums: the luck of single viewers is not in the intervals.")
    return tuple(notes)
