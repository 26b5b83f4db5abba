"""The model: from survival, seconds watched and rates to money an arriving viewer, for many draws at once.

Arrays are (n, E): n draws, E episodes. A viewer starts episode 1; `starts` is the share who start episode e:
s(1) = 1, s(e) = product of 1 - h(i) for i < e (Kaplan and Meier 1958, with the story hazard h).

- an episode that costs nothing carries ads; in the paid model only where `ads.before_wall` says so;
- at the wall, viewers divide in this order: subscribe, pay with coins, (mixed) unlock by rewarded ads, leave;
- behind the wall those who stay leave with the same story hazard as everybody did in the data;
- a price of 0 is no wall.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from smallscreen.business.draws import Floats, generator, in_range, normals, positive, share
from smallscreen.business.measures import Measures
from smallscreen.business.rates import PAYERS, Rate, Rates

HAZARD, SECONDS, WALL, PACE = "viewing.hazard", "viewing.seconds", "viewing.paywall", "viewing.pace"
"""Names of the measured inputs, beside the ids of the rates."""


@dataclass(frozen=True)
class Inputs:
    """All that the model reads, n times. `payers` is the share who pay if the wall stood before episode e."""

    values: Mapping[str, Floats]
    hazard: Floats
    seconds: Floats
    payers: Floats
    drawn: Mapping[str, Floats]
    """One number a draw and input, for the sensitivity: a rate's value, a measure's standardized position."""

    def __getitem__(self, rate: str) -> Floats:
        return self.values[rate]

    @property
    def n(self) -> int:
        return len(self.hazard)

    @cached_property
    def starts(self) -> Floats:
        """Share of arriving viewers who start each episode, were there no wall (n, E)."""
        stay = np.cumprod(1 - self.hazard[:, :-1], axis=1)
        return np.column_stack([np.ones(len(self.hazard)), stay])


@dataclass(frozen=True)
class Flows:
    """Quantities an arriving viewer by episode (n, E); money is gross, before the platform and taxes."""

    starts: Floats
    seconds: Floats
    impressions: Floats
    coins: Floats
    rewarded: Floats
    subscribed_seconds: Floats
    ads_money: Floats
    coins_money: Floats
    rewarded_money: Floats
    subscription_money: Floats
    platform: Floats
    taxes: Floats

    @property
    def gross(self) -> Floats:
        return self.ads_money + self.coins_money + self.rewarded_money + self.subscription_money

    @property
    def net(self) -> Floats:
        """After the platform's share and taxes, before acquisition."""
        return self.gross - self.platform - self.taxes


def drawn(m: Measures, rates: Rates, n: int, seed: int, shape: str = "pert") -> Inputs:
    """`n` draws of everything: rates over their ranges, measures over their intervals."""
    values = {
        r.id: in_range(float(r.low), float(r.mid), float(r.high), n, generator(seed, _key(r)), shape)
        for r in rates.rates.values()
    }
    key = f"{m.series}/{m.edition}"
    z = normals(seed, f"{key}/hazard", n, len(m.episodes))
    more = normals(seed, f"{key}/more", n, 3)
    points = [
        in_range(float(r.low), float(r.mid), float(r.high), n, generator(seed, f"{e}/{_key(r)}"), shape)
        for e, r in rates.payers
    ]
    return inputs(m, rates, values, z, more[:, 0], more[:, 1], more[:, 2], points)


def at_mid(m: Measures, rates: Rates, rows: int = 1) -> Inputs:
    """Everything at its most likely value, `rows` times."""
    zero = np.zeros(rows)
    values = {r.id: np.full(rows, float(r.mid)) for r in rates.rates.values()}
    points = [np.full(rows, float(r.mid)) for _, r in rates.payers]
    return inputs(m, rates, values, np.zeros((rows, len(m.episodes))), zero, zero, zero, points)


def inputs(
    m: Measures,
    rates: Rates,
    values: Mapping[str, Floats],
    z_hazard: Floats,
    z_seconds: Floats,
    z_wall: Floats,
    z_pace: Floats,
    points: Sequence[Floats],
) -> Inputs:
    """Inputs at given values of rates and of the points of the payers' curve; z in standard deviations."""
    hazard = np.column_stack([share(e.hazard, z_hazard[:, i]) for i, e in enumerate(m.episodes)])
    seconds = np.column_stack([positive(e.seconds, z_seconds) for e in m.episodes])
    full = dict(values)
    if m.pace is not None:
        full["pace.episodes_a_day"] = positive(m.pace, z_pace)
    payers = _payers(m, rates, points, z_wall)
    stay = -np.log1p(-np.minimum(hazard, 1 - 1e-12)).sum(axis=1)
    seen = {**values, HAZARD: stay, SECONDS: z_seconds}
    if m.paywall is not None:
        seen[WALL] = z_wall
    seen |= {point_name(e): x for (e, _), x in zip(rates.payers, points, strict=True)}
    if m.pace is not None:
        seen[PACE] = z_pace
    return Inputs(full, hazard, seconds, payers, seen)


def flows(x: Inputs, rates: Rates, model: str, wall: int | None) -> Flows:
    """What flows an arriving viewer when the first paid episode is number `wall` by position (1 = the first); None: no wall."""
    n, count = x.hazard.shape
    starts = x.starts
    watched = starts * x.seconds
    nothing = np.zeros((n, count))
    open_, stays = _division(x, rates, model, wall, count)
    ads = model != "paid" or bool(rates.ads_before_wall)
    impressions = _impressions(x, rates, starts, watched) * open_ if ads else nothing
    ads_money = impressions * (x["ads.ecpm"][:, None] / 1000) if ads else nothing
    closed = 1 - open_
    coins = rewarded = subscribed = coins_money = rewarded_money = subscription_money = nothing
    if model != "free":
        coins = starts * closed * (stays["pay"] * x["coins.coins_an_episode"])[:, None]
        coins_money = coins * x["coins.price_of_coin"][:, None]
        if rates.subscription:
            subscribed = watched * closed * stays["subscribe"][:, None]
            subscription_money = subscribed * second_of_subscription(x)[:, None]
    if model == "mixed":
        rewarded = starts * closed * (stays["unlock"] * x["unlock.ads_an_episode"])[:, None]
        rewarded_money = rewarded * (x["unlock.ecpm"] / 1000)[:, None]
    fee_ads = x.values.get("platform.share_of_ads", np.zeros(n))[:, None]
    fee_sales = x.values.get("platform.share_of_sales", np.zeros(n))[:, None]
    platform = (ads_money + rewarded_money) * fee_ads + (coins_money + subscription_money) * fee_sales
    gross = ads_money + coins_money + rewarded_money + subscription_money
    here = open_ + closed * sum(stays.values(), np.zeros(n))[:, None]
    return Flows(
        starts=starts * here,
        seconds=watched * here,
        impressions=impressions,
        coins=coins,
        rewarded=rewarded,
        subscribed_seconds=subscribed,
        ads_money=ads_money,
        coins_money=coins_money,
        rewarded_money=rewarded_money,
        subscription_money=subscription_money,
        platform=platform,
        taxes=(gross - platform) * x["taxes.rate"][:, None],
    )


def acquisition(x: Inputs) -> Floats:
    """Acquisition cost an arriving viewer (n,): bought share times the cost of a bought viewer."""
    return x["traffic.bought_share"] * x["traffic.cost_of_viewer"]


def by_wall(x: Inputs, rates: Rates, model: str) -> Floats:
    """Net money an arriving viewer before acquisition, (n, E): column e for the wall before position e + 1.

    Money is the sum of the open episodes before the wall and of the paid ones from it on, so all walls are
    told from running sums of one pass with the wall at 1 and one without.
    """
    count = x.hazard.shape[1]
    free = flows(x, rates, model, None).net.cumsum(axis=1)
    if no_wall(x, model):
        return np.repeat(free[:, -1:], count, axis=1)
    before = np.column_stack([np.zeros(x.n), free[:, :-1]])
    found = np.empty((x.n, count))
    # Everything behind the wall is linear in the shares who stay: pay 1, then scale by each wall's own shares.
    kinds = {}
    for kind in ("pay", "subscribe", "unlock"):
        part = _behind(x, rates, model, kind)
        if part is not None:
            kinds[kind] = part[:, ::-1].cumsum(axis=1)[:, ::-1]
    for e in range(count):
        stays = _stays(x, rates, model, e)
        found[:, e] = before[:, e] + sum((stays[k] * kinds[k][:, e] for k in kinds), np.zeros(x.n))
    return found


def second_of_subscription(x: Inputs) -> Floats:
    """Money a watched second of a subscriber earns: price times the allocated share, over the month's seconds."""
    seconds = x["subscription.hours_a_month"] * 3600
    return np.asarray(x["subscription.price"] * x["subscription.pool_share"] / seconds)


def no_wall(x: Inputs, model: str) -> bool:
    """Whether nothing has to be paid: the free model, or a price of 0."""
    return model == "free" or not np.any(x["coins.coins_an_episode"] * x["coins.price_of_coin"])


def _impressions(x: Inputs, rates: Rates, starts: Floats, watched: Floats) -> Floats:
    if rates.placement == "minutes":
        return watched * (x["ads.impressions_a_minute"] / 60)[:, None]
    return starts * (x["ads.impressions_a_break"] / x["ads.episodes_between_breaks"])[:, None]


def _division(
    x: Inputs, rates: Rates, model: str, wall: int | None, count: int
) -> tuple[Floats, dict[str, Floats]]:
    """Which episodes are open (1, E), and the shares who go on behind the wall."""
    if wall is None or no_wall(x, model) or wall > count:
        return np.ones((1, count)), {k: np.zeros(x.n) for k in ("subscribe", "pay", "unlock")}
    open_ = (np.arange(count) < wall - 1).astype(np.float64)[None, :]
    return open_, _stays(x, rates, model, wall - 1)


def _stays(x: Inputs, rates: Rates, model: str, at: int) -> dict[str, Floats]:
    none = np.zeros(x.n)
    subscribe = x["subscription.share"] if rates.subscription and model != "free" else none
    pay = (1 - subscribe) * x.payers[:, at]
    unlock = (1 - subscribe - pay) * x["unlock.ad_share"] if model == "mixed" else none
    return {"subscribe": subscribe, "pay": pay, "unlock": unlock}


def _behind(x: Inputs, rates: Rates, model: str, kind: str) -> Floats | None:
    """Net money by episode of one viewer of that kind, everything behind the wall, times the share who start."""
    starts = x.starts
    keep = (1 - x["taxes.rate"]) * (
        1 - (x.values.get("platform.share_of_ads", np.zeros(x.n)) if kind == "unlock" else x["platform.share_of_sales"])
    )  # fmt: skip
    if kind == "pay":
        money = starts * (x["coins.coins_an_episode"] * x["coins.price_of_coin"])[:, None]
    elif kind == "subscribe" and rates.subscription:
        money = starts * x.seconds * second_of_subscription(x)[:, None]
    elif kind == "unlock" and model == "mixed":
        money = starts * (x["unlock.ads_an_episode"] * x["unlock.ecpm"] / 1000)[:, None]
    else:
        return None
    return np.asarray(money * keep[:, None])


def point_name(episode: int) -> str:
    """The name of a given point of the payers' curve; each point is an input of its own."""
    return f"{PAYERS}, episode {episode}"


def beside_measured(rates: Rates, m: Measures) -> Rates:
    """The rates without the given share of payers at the episode where a wall was measured: the measure counts."""
    if m.paywall is None:
        return rates
    at = m.paywall.episode
    return replace(rates, payers=tuple((e, r) for e, r in rates.payers if e != at))


def known_walls(rates: Rates, m: Measures) -> list[int]:
    """Episodes at which the share of payers is given or was measured, in order."""
    return sorted({e for e, _ in rates.payers} | ({m.paywall.episode} if m.paywall else set()))


def _payers(m: Measures, rates: Rates, points: Sequence[Floats], z_wall: Floats) -> Floats:
    """Share who pay if the wall stood before each episode (n, E).

    Between the episodes where it is given or measured it runs straight on the logit scale, outside it stays flat.
    """
    numbers = np.array([e.episode for e in m.episodes], dtype=np.float64)
    known = dict(zip((e for e, _ in rates.payers), points, strict=True))
    if m.paywall is not None:
        known[m.paywall.episode] = (1 - share(m.paywall.hazard, z_wall)) * m.paywall.coin_part
    if not known:
        return np.zeros((len(z_wall), len(numbers)))
    at = np.array(sorted(known), dtype=np.float64)
    given = _logit(np.column_stack([known[e] for e in sorted(known)]))
    if len(at) == 1:
        return np.repeat(np.asarray(1 / (1 + np.exp(-given))), len(numbers), axis=1)
    right = np.clip(np.searchsorted(at, numbers), 1, len(at) - 1)
    left = right - 1
    part = np.clip((numbers - at[left]) / (at[right] - at[left]), 0, 1)
    logits = given[:, left] * (1 - part) + given[:, right] * part
    return np.asarray(1 / (1 + np.exp(-logits)))


def _logit(p: Floats) -> Floats:
    p = np.clip(p, 1e-12, 1 - 1e-12)
    return np.asarray(np.log(p / (1 - p)))


def _key(r: Rate) -> str:
    return f"{r.id}/{r.low}/{r.mid}/{r.high}"
