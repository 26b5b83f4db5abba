"""What is true of simulated viewers: how they leave, go on, pay and come back, and what follows from it.

All figures are invented. They are chosen so that the curves have the shape that short series show (many
leave in the first seconds, then few; some at every end; many at the paywall); none is a measured fact.

The model. A viewer in second t of an episode leaves for good with the hazard

    h(t) = Z * (early * exp(-t / early_s) + slow) * exp(series + market + variant + sum of findings shown at t)

per second of content, with `early` and `slow` smaller from episode 2 on. Z is the viewer's frailty, gamma
with mean 1 and variance `frailty` (Vaupel, Manton and Stallard 1979). A finding multiplies the hazard while
its span is on the screen, once a check however many of its findings overlap.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from smallscreen.errors import UserError

Span = tuple[int, int, str]
"""From, to (ms, not included) and the check that found something there."""

KINDS = ("free", "ad", "coin", "subscription")
SKIP_MS = 10_000
"""How far the skip button of the simulated player jumps."""
REWIND_MS = 8_000
EDGE_MS = 2_000
"""No skip begins in the first or ends in the last two seconds."""
COMPLETE = 0.95
"""Share of the content that must be reached for an episode to be completed."""
START_MS = 1_000
"""Who played this long has started an episode."""


@dataclass(frozen=True, slots=True)
class Truth:
    """The parameters, with their units. Rates are shares of viewers or of plays; `log_` are log hazard ratios."""

    slow: float = 0.0035  # hazard a second of leaving episode 1 once the first seconds are over
    early: float = 0.12  # what comes on top in the first instant
    early_s: float = 2.5  # seconds in which this falls to 1/e
    later_slow: float = 0.40  # the same two from episode 2 on, as multiples
    later_early: float = 0.22
    findings: Mapping[str, float] = field(
        default_factory=lambda: {
            "culture.literal": 0.50,
            "fit.shorten": 0.25,
            "terms.term-missing": 0.15,
        }
    )  # log hazard ratio of a check while a finding of it is shown; 0 for all others
    variants: Mapping[str, float] = field(default_factory=lambda: {"literal": 0.05})  # log hazard ratios
    markets: Mapping[str, float] = field(default_factory=dict)  # log hazard ratios
    series: float = 0.0  # log hazard ratio of this series
    frailty: float = 0.30  # variance of the viewers' frailty; its mean is 1
    go_on: float = 0.95  # share of those who finish an episode and go on to the next
    hooks: Mapping[str, float] = field(
        default_factory=lambda: {"story.hook": 0.40, "story.no-hook": -0.40}
    )  # what a finding of the source adds to the log odds of going on
    paywall_episode: int | None = None  # the first episode that is not open to everybody
    paywall: float = 0.35  # share of those who stand before it for the first time and leave
    paywall_later: float = 0.04  # and at every episode after, of those without a subscription
    unlocks: Mapping[str, float] = field(
        default_factory=lambda: {"free": 0.10, "ad": 0.55, "coin": 0.22, "subscription": 0.13}
    )  # how those who stay unlock it
    coins: int = 60  # coins an episode
    pauses: float = 0.20  # hazard of an interruption that one comes back from, as a multiple of h
    pause_hours: float = 9.0  # mean length of one
    breaks: float = 0.05  # share of ends after which the next episode waits for another day
    returns: float = 0.12  # share of those who went on to a second episode and later see some again
    skips: float = 0.03  # share of plays with a jump of 10 s forward
    rewinds: float = 0.05  # share of plays with a jump of 8 s back
    rates: Mapping[str, float] = field(
        default_factory=lambda: {"1": 0.82, "1.25": 0.06, "1.5": 0.08, "2": 0.04}
    )  # share of viewers at each playback rate
    muted: float = 0.15  # share of openings without sound
    bounce: float = 0.08  # share of exposed people who never press play
    ad_every: int = 3  # an interstitial before every so many episodes; 0: none

    def __post_init__(self) -> None:
        """UserError for a parameter that cannot be."""
        for name in _SHARES:
            if not 0 <= getattr(self, name) <= 1:
                raise UserError(
                    f"{name} of the simulated truth is a share from 0 to 1, not {getattr(self, name)}."
                )
        for name in ("slow", "early_s", "later_slow"):
            if not getattr(self, name) > 0:
                raise UserError(f"{name} of the simulated truth must be above 0, not {getattr(self, name)}.")
        for name in ("early", "later_early", "frailty", "pauses", "pause_hours", "coins", "ad_every"):
            if getattr(self, name) < 0:
                raise UserError(
                    f"{name} of the simulated truth must not be below 0, not {getattr(self, name)}."
                )
        for mix in (self.unlocks, self.rates):
            if abs(sum(mix.values()) - 1) > 1e-9 or min(mix.values()) < 0:
                raise UserError(f"The shares {dict(mix)} of the simulated truth must add up to 1.")
        if not 0 < self.go_on < 1:
            raise UserError(f"go_on of the simulated truth is between 0 and 1, not {self.go_on}.")
        if set(self.unlocks) - set(KINDS):
            raise UserError(f"Kinds of unlock are {', '.join(KINDS)}, not {', '.join(self.unlocks)}.")

    def continuing(self, checks: Sequence[str]) -> float:
        """Probability of going on to the next episode after one whose end carries these findings."""
        odds = math.log(self.go_on / (1 - self.go_on)) + sum(self.hooks.get(c, 0.0) for c in set(checks))
        return 1 / (1 + math.exp(-odds))


_SHARES = ("paywall", "paywall_later", "breaks", "returns", "skips", "rewinds", "muted", "bounce")


@dataclass(frozen=True, slots=True)
class Curve:
    """The cumulative hazard of one episode of one edition: `total[i]` at `at_ms[i]`, linear between (Z = 1)."""

    at_ms: np.ndarray
    total: np.ndarray

    @property
    def duration_ms(self) -> int:
        return int(self.at_ms[-1])

    def until(self, ms: np.ndarray | float) -> np.ndarray:
        """Cumulative hazard up to a place."""
        return np.interp(ms, self.at_ms, self.total)

    def when(self, total: np.ndarray) -> np.ndarray:
        """The place in ms where a cumulative hazard is reached; infinite where the episode ends before."""
        place = np.interp(total, self.total, self.at_ms)
        return np.where(total >= self.total[-1], np.inf, place)


def curve(
    truth: Truth, episode: int, duration_ms: int, spans: Sequence[Span], market: str, variant: str
) -> Curve:
    """The hazard of an episode in an edition; spans are the edition's findings on this episode."""
    mine = [(max(0, a), min(b, duration_ms), c) for a, b, c in spans if truth.findings.get(c)]
    mine = [s for s in mine if s[0] < s[1]]
    # Half seconds follow the early fall closely; the spans' own ends keep their hazard exact.
    at = np.unique(np.r_[np.arange(0, duration_ms, 500), duration_ms, [x for s in mine for x in s[:2]]])
    middle = (at[:-1] + at[1:]) / 2
    first = episode == 1
    early = truth.early * (1.0 if first else truth.later_early)
    slow = truth.slow * (1.0 if first else truth.later_slow)
    log_ratio = np.full(
        len(middle), truth.series + truth.markets.get(market, 0.0) + truth.variants.get(variant, 0.0)
    )
    for check in {s[2] for s in mine}:
        shown = np.zeros(len(middle), bool)
        for a, b, _ in (s for s in mine if s[2] == check):
            shown |= (middle >= a) & (middle < b)
        log_ratio += truth.findings[check] * shown
    # The early part is integrated exactly, so that the grid does not change the truth.
    fall = -truth.early_s * np.diff(np.exp(-at / 1000 / truth.early_s))
    steps = (early * fall + slow * np.diff(at) / 1000) * np.exp(log_ratio)
    return Curve(at.astype(float), np.r_[0.0, np.cumsum(steps)])


def staying(truth: Truth, total: np.ndarray | float) -> np.ndarray:
    """Share of viewers still there at a cumulative hazard: the gamma's Laplace transform, (1 + v H)^(-1/v)."""
    total = np.asarray(total, float)
    if truth.frailty == 0:
        return np.exp(-total)
    return np.asarray((1 + truth.frailty * total) ** (-1 / truth.frailty))


def true_completion(truth: Truth, curves: Sequence[Curve]) -> list[float]:
    """The true completion of each episode of an edition, in order: completers of its starters.

    Exact for episode 1. Later ones start with viewers who stayed through those before: their frailty
    is what the survivors' is. What skips took out of earlier hazards enters as its mean.
    """
    values, before = [], 0.0
    for c in curves:
        values.append(_reached(truth, c, before) / float(staying(truth, before + c.until(START_MS))))
        before += float(c.total[-1]) - truth.skips * _skipped(c)
    return values


def _reached(truth: Truth, c: Curve, before: float) -> float:
    """Share that reaches 95 % of the content, with and without a skip on the way."""
    goal = COMPLETE * c.duration_ms
    plain = float(staying(truth, before + c.until(goal)))
    starts = skip_starts(c)
    if truth.skips == 0 or not len(starts):
        return plain
    ends = starts + SKIP_MS
    needed = np.where(
        goal <= starts,
        c.until(goal),
        np.where(goal <= ends, c.until(starts), c.until(goal) - c.until(ends) + c.until(starts)),
    )
    return (1 - truth.skips) * plain + truth.skips * float(staying(truth, before + needed).mean())


def skip_starts(c: Curve) -> np.ndarray:
    """Where a skip can begin, as a grid for means; empty where the episode is too short for one."""
    last = c.duration_ms - SKIP_MS - EDGE_MS
    return np.linspace(EDGE_MS, last, 400) if last > EDGE_MS else np.array([])


def _skipped(c: Curve) -> float:
    starts = skip_starts(c)
    return float((c.until(starts + SKIP_MS) - c.until(starts)).mean()) if len(starts) else 0.0
