"""The slate: many series, and what the next money does in each: more traffic, another edition, more episodes.

A return is money back for one unit of money spent, before anything else changes; above 1 it pays back. It is
a pure number, so that series with different currencies stand side by side. No single ranking is given without
how far the choices overlap: of each two, how often one beats the other over the draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from smallscreen.business.draws import Floats, generator
from smallscreen.business.measures import Measures
from smallscreen.business.model import Inputs, beside_measured, drawn, flows
from smallscreen.business.rates import MODELS, Rates, catalogue
from smallscreen.business.result import Estimate, Frozen
from smallscreen.business.scenario import DRAWS, SEED, scenario
from smallscreen.errors import UserError

CHOICES = {"traffic": "More traffic", "edition": "Another edition", "episodes": "More episodes"}
_TELL_APART = 0.95


class Choice(Frozen):
    """One thing that money could do for one edition of one series."""

    id: str
    series: str
    title: str
    edition: str
    kind: str
    name: str
    returned: Estimate
    chance: float
    """Share of the draws in which it pays back."""
    chance_best: float
    cost: Estimate
    currency: str
    beats: dict[str, float]
    """Share of the draws in which it returns more than the other choice, by the other's id."""
    overlaps: tuple[str, ...]
    """Choices that cannot be told apart from it: neither beats the other in 95 % of the draws."""
    simulated: bool
    example: bool
    assumes: str


class Asks(Frozen):
    """A choice that cannot be computed yet, and what it asks for."""

    series: str
    title: str
    name: str
    missing: tuple[str, ...]


class Slate(Frozen):
    """All choices, by expected return; `tied` are those that cannot be told apart from the first."""

    model: str
    draws: int
    seed: int
    simulated: bool
    example: bool
    choices: tuple[Choice, ...]
    tied: tuple[str, ...]
    asks: tuple[Asks, ...]
    notes: tuple[str, ...]


def slate(
    loaded: Sequence[tuple[Mapping[str, Measures], Rates]],
    model: str,
    *,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Slate:
    """Compute every choice of every series. UserError when there is none, or a series is given twice."""
    if model not in MODELS:
        raise UserError(f"There is no model {model!r}; there are {', '.join(MODELS)}.")
    if not loaded:
        raise UserError("A slate needs at least one series; give the folders of the series.")
    names = [next(iter(m.values())).series for m, _ in loaded]
    if twice := sorted({n for n in names if names.count(n) > 1}):
        raise UserError(
            f"The series {twice[0]} is given twice; give each folder once, each with its own slug."
        )
    found: list[tuple[Choice, Floats]] = []
    asks: list[Asks] = []
    for editions, rates in loaded:
        some, lacking = _series(editions, rates, model, draws, seed)
        found += some
        asks += lacking
    choices = _beside(found)
    tied = (choices[0].id, *choices[0].overlaps) if choices else ()
    simulated = any(m.simulated for e, _ in loaded for m in e.values())
    example = any(r.example for _, r in loaded)
    notes = ["A return is of the next money only; it falls when much more is spent than the rates speak of."]
    if len(tied) > 1:
        others = len(tied) - 1
        notes.insert(
            0,
            f"The first choice cannot be told apart from {others} other{'s' if others > 1 else ''} "
            "over the draws; no order among these is meant.",
        )
    if simulated:
        notes.append("Some viewing is simulated, so the returns are an illustration, not a forecast.")
    if example:
        notes.append("Some rates are examples that show how the model works; they are nobody's real prices.")
    return Slate(
        model=model,
        draws=draws,
        seed=seed,
        simulated=simulated,
        example=example,
        choices=choices,
        tied=tied,
        asks=tuple(asks),
        notes=tuple(notes),
    )


def _series(
    editions: Mapping[str, Measures], rates: Rates, model: str, draws: int, seed: int
) -> tuple[list[tuple[Choice, Floats]], list[Asks]]:
    found, asks = [], []
    worth: dict[str, tuple[Inputs, Floats]] = {}
    for name, m in editions.items():
        wall = scenario(m, rates, model, draws=1000, seed=seed).first_paid_episode
        own = beside_measured(rates, m)
        x = drawn(m, own, draws, seed)
        at = None if wall is None else [e.episode for e in m.episodes].index(wall) + 1
        worth[name] = x, flows(x, own, model, at).net
    any_one = max(editions.values(), key=lambda m: (m.viewers, m.edition))
    for kind, title in CHOICES.items():
        if missing := rates.lacks(f"slate-{kind}"):
            words = tuple(f"{i} ({catalogue()[i].unit})" for i in missing)
            asks.append(Asks(series=any_one.series, title=any_one.title, name=title, missing=words))
            continue
        if kind == "edition":
            back, cost = _edition(editions, worth, draws, seed)
            found.append(_choice(any_one, "another", kind, back, cost, rates))
            continue
        for name, m in editions.items():
            x, net = worth[name]
            back, cost = _traffic(x, net) if kind == "traffic" else _episodes(m, x, net)
            found.append(_choice(m, name, kind, back, cost, rates))
    return found, asks


def _traffic(x: Inputs, net: Floats) -> tuple[Floats, Floats]:
    """The next viewer brings what a viewer brings, and costs what the next viewer costs."""
    return net.sum(axis=1), x["next.traffic_cost_of_viewer"]


def _edition(
    editions: Mapping[str, Measures], worth: Mapping[str, tuple[Inputs, Floats]], draws: int, seed: int
) -> tuple[Floats, Floats]:
    """Viewers of a new market earn what those of an existing edition earn: which one, is drawn."""
    names = sorted(editions)
    which = generator(seed, "edition/" + "/".join(names)).integers(0, len(names), draws)
    each = np.column_stack([worth[n][1].sum(axis=1) for n in names])[np.arange(draws), which]
    x = worth[names[0]][0]
    return each * x["next.edition_viewers"], x["next.edition_cost"]


def _episodes(m: Measures, x: Inputs, net: Floats) -> tuple[Floats, Floats]:
    """Finishers who come back go on through the new episodes with the hazard and money of the last third."""
    count = x.hazard.shape[1]
    tail = max(1, count // 3)
    starts = np.cumprod(1 - x.hazard[:, :-1], axis=1) if count > 1 else np.ones((x.n, 1))
    finish = starts[:, -1]
    hazard = x.hazard[:, -tail - 1 : -1].mean(axis=1) if count > 1 else np.zeros(x.n)
    begun = np.column_stack([np.ones(x.n), starts])[:, -tail:]
    each = (net[:, -tail:] / np.maximum(begun, 1e-12)).mean(axis=1)
    more = x["next.episodes"]
    # 1 + q + ... + q^(k-1), with q = 1 - hazard; k where nobody leaves.
    runs = np.where(hazard > 1e-9, (1 - (1 - hazard) ** more) / np.maximum(hazard, 1e-9), more)
    back = m.viewers * finish * x["next.return_share"] * runs * each
    return back, x["next.episode_cost"] * more


_ASSUMES = {
    "traffic": "a bought viewer watches as the measured ones did",
    "edition": "viewers of the new market watch as those of one of the measured editions did, each as likely",
    "episodes": "those who come back watch as in the last third of the series",
}


def _choice(
    m: Measures, edition: str, kind: str, back: Floats, cost: Floats, rates: Rates
) -> tuple[Choice, Floats]:
    if not np.all(cost > 0):
        raise UserError(
            f"{m.title}: {CHOICES[kind]} costs nothing, so it has no return; give a cost above 0."
        )
    returned = back / cost
    choice = Choice(
        id=f"{m.series}/{edition}/{kind}",
        series=m.series,
        title=m.title,
        edition=edition,
        kind=kind,
        name=CHOICES[kind],
        returned=_estimate(returned, "money back for 1 spent"),
        chance=float((returned >= 1).mean()),
        chance_best=0.0,
        cost=_estimate(cost, rates.currency),
        currency=rates.currency,
        beats={},
        overlaps=(),
        simulated=m.simulated,
        example=rates.example,
        assumes=_ASSUMES[kind],
    )
    return choice, returned


def _beside(found: list[tuple[Choice, Floats]]) -> tuple[Choice, ...]:
    """The choices by expected return, each with how often it beats every other."""
    found = sorted(found, key=lambda f: -f[0].returned.mean)
    if not found:
        return ()
    all_ = np.column_stack([values for _, values in found])
    best = np.bincount(all_.argmax(axis=1), minlength=len(found)) / len(all_)
    result = []
    for i, (choice, values) in enumerate(found):
        beats = {o.id: float((values > other).mean()) for o, other in found if o.id != choice.id}
        near = tuple(k for k, p in beats.items() if 1 - _TELL_APART < p < _TELL_APART)
        result.append(
            choice.model_copy(update={"beats": beats, "overlaps": near, "chance_best": float(best[i])})
        )
    return tuple(result)


def _estimate(values: Floats, unit: str) -> Estimate:
    low, middle, high = np.quantile(values, (0.025, 0.5, 0.975))
    return Estimate(
        value=float(middle), mean=float(values.mean()), low=float(low), high=float(high), unit=unit
    )
