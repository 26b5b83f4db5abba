"""Whether the audience room's statistics keep their word against a known truth.

    python -m bench.audience_stats

Everything here is simulated. 95 % intervals are to hold between 93 and 97 % of the time; with 500 runs the share
itself is known to 1 in a hundred, with 2,000 to half of that.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from bench import common
from smallscreen.audience import experiments, stats
from smallscreen.audience.hazards import Curve
from smallscreen.audience.places import (
    Place,
    compare,
    dispersion,
    grid,
    on_screen,
    position_variance,
    sets,
    shown_ratio,
)
from smallscreen.audience.stats.survival import life_table

RUNS = 500
MANY = 2000
Rows = list[dict[str, Any]]


def main() -> None:
    """Print and write the figures."""
    rows: Rows = []
    parts: tuple[Callable[[], Rows], ...] = (
        shares,
        survival,
        means,
        concentration,
        places,
        shown,
        peeking,
        claims,
        discoveries,
    )
    for part in parts:
        began = time.perf_counter()
        rows += part()
        print(f"{part.__name__}: {time.perf_counter() - began:.1f} s", flush=True)
    common.report("audience_stats", rows)


def covered(name: str, inside: Iterable[bool]) -> Rows:
    """The share of intervals that held the truth, against both limits."""
    share = 100 * float(np.mean(list(inside)))
    return [
        common.row(f"{name}: 95 % interval holds, at least", share, "%", at_least=93),
        common.row(f"{name}: 95 % interval holds, at most", share, "%", at_most=97),
    ]


def shares() -> Rows:
    """Wilson's interval of a completion, 400 starters, truth 0.3."""
    count = np.random.default_rng(1).binomial(400, 0.3, MANY)
    _, low, high = stats.wilson(count, np.full(MANY, 400))
    return covered("completion (Wilson)", (low <= 0.3) & (high >= 0.3))


def survival() -> Rows:
    """Kaplan-Meier after 20 of 40 episodes, 300 viewers, hazard 0.05, a third censored on the way."""
    rng = np.random.default_rng(2)
    truth = 0.95**20
    kept: dict[str, list[bool]] = {"log-log": [], "greenwood": []}
    for _ in range(RUNS):
        left = rng.geometric(0.05, 300)
        could = rng.integers(10, 70, 300)
        last = np.minimum(np.minimum(left, could), 40)
        events, at_risk = life_table(last, (left <= could) & (left <= 40), 40)
        for band in ("log-log", "greenwood"):
            found = stats.kaplan_meier(events, at_risk, band=band)  # type: ignore[arg-type]
            kept[band].append(bool(found.low[19] <= truth <= found.high[19]))
    return covered("survival (log-log)", kept["log-log"]) + covered("survival (Greenwood)", kept["greenwood"])


def means() -> Rows:
    """Minutes a user (skewed), and view duration as a ratio over users with 1 to many plays each."""
    rng = np.random.default_rng(3)
    mean, ratio = [], []
    for _ in range(MANY):
        minutes = rng.gamma(0.7, 20.0, 1000)
        found = stats.mean_interval(minutes)
        mean.append(found.low <= 14.0 <= found.high)
        plays = 1 + rng.poisson(2.0, 1000)
        taste = rng.gamma(4.0, 0.25, 1000)
        seconds = plays * 40.0 * taste
        found = stats.delta_ratio(seconds, plays)
        ratio.append(found.low <= 40.0 <= found.high)
    return covered("minutes a user", mean) + covered("view duration (delta method)", ratio)


def concentration() -> Rows:
    """Gini and the top fifth's share of exponential amounts (truth 0.5 and 0.2 (1 + ln 5)), 800 viewers."""
    rng = np.random.default_rng(4)
    gini, top = [], []
    for run in range(RUNS):
        x = rng.exponential(1.0, 800)
        found = stats.cluster_bootstrap(x, stats.gini, run, draws=300)
        gini.append(found.low <= 0.5 <= found.high)
        found = stats.cluster_bootstrap(x, stats.top_share, run, draws=300)
        top.append(found.low <= 0.2 * (1 + math.log(5)) <= found.high)
    return covered("Gini (bootstrap)", gini) + covered("top fifth's share (bootstrap)", top)


def places() -> Rows:
    """Hazard ratio at 12 places in 12 episodes: true 1.4; and no effect where seconds differ by themselves."""
    starts = {e: 6 + (7 * e) % 44 for e in range(1, 13)}
    asked = [Place("culture.literal", e, s * 1000, s * 1000 + 2000) for e, s in starts.items()]
    rng = np.random.default_rng(5)
    kind, one, null, alarms = [], [], [], []
    for _ in range(RUNS):
        ratio, single = _compared(rng, starts, asked, 1.4, 0.0)
        kind.append(ratio.low <= 1.4 <= ratio.high)
        one.append(single.low <= 1.4 <= single.high)
        ratio, single = _compared(rng, starts, asked, 1.0, 0.15)
        null.append(ratio.low <= 1.0 <= ratio.high)
        alarms.append(single.p < 0.05)
    found = covered("hazard ratio of a kind, truth 1.4", kind) + covered(
        "hazard ratio of a place, truth 1.4", one
    )
    found += covered("hazard ratio of a kind, no effect, seconds differ by 15 %", null)
    alarm = 100 * float(np.mean(alarms))
    return [*found, common.row("a place without effect, seconds differ by 15 %: p < 0.05", alarm, "%")]


def shown() -> Rows:
    """A line on the screen, from and to any millisecond, multiplies leaving by 1.65, at once or up to 1 s later.

    12 episodes of 90 s with 2 or 5 such lines of 1.2 to 3.5 s; the falling hazard of the simulator; no noise of seconds.
    """
    found: Rows = []
    for late in (False, True):
        rng = np.random.default_rng(11)
        held: list[bool] = []
        logs: list[float] = []
        for run in range(RUNS):
            asked = _lines(rng, 2 if run % 2 else 5)
            cuts = grid(_left(rng, asked, 1.65, late), asked, {}, 1000)
            seen = [compare(cuts, place) for place in asked]
            spread = dispersion(cuts)
            r = stats.mantel_haenszel(
                *sets(seen),
                dispersion=spread,
                clusters=[i for i, c in enumerate(seen) for _ in c.exposed_leaves],
                added=spread * position_variance(seen),
            )
            value, low, high = (shown_ratio(v, on_screen(seen)) for v in (r.value, r.low, r.high))
            held.append(low <= 1.65 <= high)
            logs.append(math.log(value))
        name = f"hazard ratio of a kind while shown, truth 1.65, leaving {'up to 1 s later' if late else 'at once'}"
        found += covered(name, held)
        found.append(common.row(f"{name}: geometric mean of the estimates", math.exp(np.mean(logs)), "x"))
    return found


def _lines(rng: np.random.Generator, lines: int) -> list[Place]:
    """Places anywhere in 12 episodes of 90 s, none over another."""
    asked, gap = [], 90_000 / lines
    for episode in range(1, 13):
        for k in range(lines):
            start = int(k * gap + rng.uniform(500, gap - 5000))
            end = start + int(rng.uniform(1200, 3500))
            asked.append(Place("culture.literal", episode, start, end))
    return asked


def _left(rng: np.random.Generator, asked: list[Place], ratio: float, late: bool) -> list[Curve]:
    """Who is there and who leaves by second, from a hazard by the millisecond."""
    at, here, curves = np.arange(90_000), 10_000, []
    for episode in range(1, 13):
        on = np.zeros(at.size)
        for place in asked:
            if place.episode == episode:
                on[place.start_ms : place.end_ms] = 1
        if late:  # who decides to leave needs anything up to a second
            sums = np.r_[0.0, np.cumsum(on)]
            on = (sums[at + 1] - sums[np.maximum(at - 999, 0)]) / 1000
        slow, early = (0.0035, 0.12) if episode == 1 else (0.0014, 0.0264)
        hazard = (slow + early * np.exp(-at / 2500)) * (1 + (ratio - 1) * on) / 1000
        gone = 1 - np.exp(-hazard.reshape(-1, 1000).sum(axis=1))
        viewers, leaves = np.zeros(85), np.zeros(85)
        for second, share in enumerate(gone):
            left = int(rng.binomial(here, share))
            if second < 85:
                viewers[second], leaves[second] = here, left
            here -= left
        curves.append(Curve(episode, f"s/ep{episode:03d}/en-US", 90_000, viewers, leaves))
        here = int(here * 0.95)
    return curves


def _compared(
    rng: np.random.Generator, starts: dict[int, int], asked: list[Place], ratio: float, noise: float
) -> tuple[stats.Ratio, stats.Ratio]:
    at = np.arange(85)
    curves = []
    for e, start in starts.items():
        hazard = (0.003 + 0.015 * np.exp(-at / 5)) * np.exp(noise * rng.standard_normal(85)) * (1 + 0.02 * e)
        hazard[start : start + 4] *= ratio
        here = np.concatenate([[1.0], np.cumprod(1 - hazard)[:-1]]) * 20_000
        curves.append(Curve(e, f"s/ep{e:03d}/en-US", 90_000, here, rng.poisson(here * hazard).astype(float)))
    cuts = grid(curves, asked, {}, 2000)
    spread = dispersion(cuts)
    seen = [compare(cuts, place) for place in asked]
    together = stats.mantel_haenszel(*sets(seen), dispersion=spread, added=spread * position_variance(seen))
    first = stats.mantel_haenszel(
        *sets(seen[:1]), dispersion=spread, robust=False, added=spread * position_variance(seen[:1])
    )
    return together, first


def peeking() -> Rows:
    """30 days, 150 new users a day, a look each day; skewed minutes with many zeros. A/A, and a true lift of 20 %."""
    rng = np.random.default_rng(6)
    days, a_day = 30, 150
    n = days * a_day
    alarms, naive, held, found, saved = [], [], [], [], []
    for _ in range(RUNS):
        before = rng.gamma(1.0, 8.0, n) * (rng.random(n) < 0.7)
        minutes = (0.6 * before + rng.gamma(0.7, 12.0, n)) * (rng.random(n) < 0.8)
        treated = rng.random(n) < 0.5
        alarm = one = wrong = seen = False
        for day in range(1, days + 1):
            k = day * a_day
            t = treated[:k]
            low, high, save = _look(minutes[:k], before[:k], t)
            alarm |= low > 0 or high < 0
            x, y = minutes[:k][t], minutes[:k][~t]
            z = (x.mean() - y.mean()) / math.sqrt(x.var(ddof=1) / x.size + y.var(ddof=1) / y.size)
            one |= abs(z) > 1.96
            low, high, save = _look(np.where(t, 1.2, 1.0) * minutes[:k], before[:k], t)
            wrong |= not low <= 0.2 <= high
            seen |= low > 0
        alarms.append(alarm)
        naive.append(one)
        held.append(not wrong)
        found.append(seen)
        saved.append(save)
    plain = 100 * float(np.mean(naive))
    return [
        common.row(
            "A/A, a look each of 30 days: false alarms",
            100 * float(np.mean(alarms)),
            "%",
            at_most=5,
            peer="z test each day",
            peer_value=plain,
        ),
        common.row("A/A, a look each of 30 days: false alarms of a z test", plain, "%"),
        common.row(
            "lift of 20 %: interval holds at all 30 looks", 100 * float(np.mean(held)), "%", at_least=95
        ),
        common.row("lift of 20 %: found within 30 days", 100 * float(np.mean(found)), "%"),
        common.row("CUPED: variance taken away", 100 * float(np.mean(saved)), "%"),
    ]


def _look(minutes: np.ndarray, before: np.ndarray, treated: np.ndarray) -> tuple[float, float, float]:
    a, b, saved, half = experiments._compare(minutes, np.ones(minutes.size), before, treated, 3000, 0.05)
    low, high = experiments._ends(b / a - 1, half)
    return low, high, saved


def claims() -> Rows:
    """No effect of an attribute, series spread 0.5 logit, 20,000 viewers a series: who claims one all the same?"""
    rng = np.random.default_rng(7)
    rows: Rows = []
    for series in stats_table():
        false, pooled, held = [], [], []
        half = series // 2
        for _ in range(MANY):
            logit = rng.normal(-0.2, 0.5, series)
            done = rng.binomial(20_000, 1 / (1 + np.exp(-logit)))
            seen = np.log(done / (20_000 - done))
            found = stats.cluster_t(seen[:half], seen[half:])
            false.append(found.p < 0.05)
            held.append(found.low <= 0 <= found.high)
            n = np.full(series, 20_000)
            pooled.append(stats.user_level_z(done[:half], n[:half], done[half:], n[half:]) < 0.05)
        z = 100 * float(np.mean(pooled))
        name = f"{series} series, no effect: false claims"
        rows.append(
            common.row(name, 100 * float(np.mean(false)), "%", at_most=6, peer="z over viewers", peer_value=z)
        )
        rows.append(common.row(f"{name} of a z test over viewers", z, "%"))
        if series >= 10:
            rows += covered(f"difference between attributes, {series} series", held)
    for v in stats.visible_lifts():
        rows.append(
            common.row(f"{v.series} series: least lift seen, spread known", 100 * v.known_spread, "%")
        )
        rows.append(
            common.row(f"{v.series} series: least lift seen, spread estimated", 100 * v.spread_estimated, "%")
        )
    return rows


def stats_table() -> tuple[int, ...]:
    """Numbers of series, as printed beside a claim."""
    return (5, 10, 20, 60)


def discoveries() -> Rows:
    """False reports at q <= 0.05: of 40 findings with 8 effects; of 10 kinds with 3 and 300 places with 6, by family."""
    rng = np.random.default_rng(8)
    false, power = [], []
    for _ in range(MANY):
        effect = np.arange(40) < 8
        taken = _taken(_errors(rng, 40) + 3.5 * effect)
        false.append(taken[~effect].sum() / max(1, taken.sum()))
        power.append(taken[effect].mean())
    rows = [
        common.row(
            "false discoveries among findings reported at q 0.05", 100 * float(np.mean(false)), "%", at_most=5
        ),
        common.row("findings with an effect that are reported", 100 * float(np.mean(power)), "%"),
    ]
    shown: dict[str, list[float]] = {k: [] for k in ("kinds", "places", "together", "power", "one family")}
    kind, place = np.arange(10) < 3, np.arange(300) < 6
    for _ in range(MANY):
        z = _errors(rng, 310) + np.where(np.concatenate([kind, place]), 3.0, 0.0)
        kinds, places = _taken(z[:10]), _taken(z[10:])
        wrong, right = (kinds[~kind].sum(), places[~place].sum()), (kinds.sum(), places.sum())
        shown["kinds"].append(wrong[0] / max(1, right[0]))
        shown["places"].append(wrong[1] / max(1, right[1]))
        shown["together"].append(sum(wrong) / max(1, sum(right)))
        shown["power"].append(kinds[kind].mean())
        shown["one family"].append(_taken(z)[:10][kind].mean())
    percent = {k: 100 * float(np.mean(v)) for k, v in shown.items()}
    for k, what in (("kinds", "kinds"), ("places", "single places")):
        rows.append(common.row(f"false discoveries among {what}, a family each", percent[k], "%", at_most=5))
    rows.append(common.row("false discoveries among kinds and places together", percent["together"], "%"))
    one = percent["one family"]
    rows.append(
        common.row(
            "kinds with an effect that are reported, beside 300 places",
            percent["power"],
            "%",
            peer="one family",
            peer_value=one,
        )
    )
    rows.append(common.row("kinds with an effect that are reported, one family with 300 places", one, "%"))
    return rows


def _errors(rng: np.random.Generator, n: int) -> np.ndarray:
    """Standard normal, correlated by 0.16: findings that share controls err together."""
    return np.asarray(math.sqrt(1 - 0.16) * rng.standard_normal(n) + 0.4 * rng.standard_normal())


def _taken(z: np.ndarray) -> np.ndarray:
    return stats.benjamini_hochberg([stats.normal_two_sided(v) for v in z]) <= 0.05


if __name__ == "__main__":
    main()
