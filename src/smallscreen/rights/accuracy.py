"""How often the threshold was seen to be wrong: read from `accuracy.toml`, which `make bench` fills.

    [threshold]
    fingerprint = 1                  # the version that was measured
    confidence = 0.5                 # a match is reported from here on

    [measured]                       # not there until somebody measured
    date = 2026-11-23
    on = "what files, made how"
    comparisons = 4800               # innocent files times works they were held against
    false_matches = 0

The rate is per comparison of one innocent file with one work. Its upper bound is Clopper's and Pearson's (The use of
confidence or fiducial limits illustrated in the case of the binomial, 1934), one-sided, 95 %; where none was wrong it
is 1 - 0.05^(1/n), close to 3/n.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from math import exp, lgamma, log
from pathlib import Path

from smallscreen.errors import FileProblem

NAME = "accuracy.toml"


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Counts of one measurement. `comparisons` 0: nobody measured this threshold yet."""

    fingerprint: int
    threshold: float
    comparisons: int = 0
    false_matches: int = 0
    day: date | None = None
    on: str = ""

    @property
    def measured(self) -> bool:
        return self.comparisons > 0

    @property
    def rate(self) -> float | None:
        """Share of comparisons that were wrong; None before it was measured."""
        return self.false_matches / self.comparisons if self.measured else None

    @property
    def upper(self) -> float | None:
        """What the share is below, with 95 % confidence; None before it was measured."""
        return upper_bound(self.false_matches, self.comparisons) if self.measured else None

    def sentence(self) -> str:
        """The rate in words, with what it was measured on."""
        rate, upper = self.rate, self.upper
        if rate is None or upper is None:
            return (
                "The false-match rate of this threshold has not been measured yet; nothing can be said about how "
                "often it is wrong."
            )
        return (
            f"At this threshold {self.false_matches:,} of {self.comparisons:,} comparisons of an innocent file with a "
            f"work gave a match ({_rate(rate)}); with 95 % confidence the rate is below {_rate(upper)} "
            f"(Clopper-Pearson, one-sided). Measured on {self.day}, on {self.on}."
        )


@cache
def shipped() -> Accuracy:
    """What the program ships with."""
    return read_accuracy(Path(str(files(__package__).joinpath(NAME))))


def for_threshold(fingerprint: int, threshold: float) -> Accuracy:
    """What was measured of this very version and threshold; an unmeasured one where it was another."""
    known = shipped()
    if known.fingerprint == fingerprint and abs(known.threshold - threshold) < 1e-9:
        return known
    return Accuracy(fingerprint, threshold)


def read_accuracy(path: Path) -> Accuracy:
    """FileProblem where counts cannot be, or say nothing of when and on what."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
        threshold, measured = data["threshold"], data.get("measured")
        base = Accuracy(int(threshold["fingerprint"]), float(threshold["confidence"]))
        if measured is None:
            return base
        n, wrong = int(measured["comparisons"]), int(measured["false_matches"])
        day, on = measured["date"], str(measured["on"]).strip()
        if not 0 <= wrong <= n or n < 1 or not on or not isinstance(day, date) or isinstance(day, datetime):
            raise ValueError("its counts cannot be, or it does not say when and on what")
    except (KeyError, TypeError, ValueError, AttributeError) as e:
        problem = f"it has no {e}" if isinstance(e, KeyError) else str(e)
        expected = (
            "date, on, comparisons and false_matches in [measured], fingerprint and confidence in [threshold]"
        )
        raise FileProblem(path, None, problem, expected) from None
    return Accuracy(base.fingerprint, base.threshold, n, wrong, day, on)


def write_accuracy(path: Path, value: Accuracy) -> None:
    """What a bench measured, in the form that is read here."""
    lines = [
        "# What make bench measured of the matching; printed in every evidence pack. docs/rights.md says how.",
        "",
        "[threshold]",
        f"fingerprint = {value.fingerprint}",
        f"confidence = {value.threshold!r}",
    ]
    if value.measured and value.day is not None:
        text = value.on.replace("\\", "\\\\").replace('"', '\\"')
        lines += [
            "",
            "[measured]",
            f"date = {value.day}",
            f'on = "{" ".join(text.split())}"',
            f"comparisons = {value.comparisons}",
            f"false_matches = {value.false_matches}",
        ]
    path.write_text("\n".join(lines) + "\n", "utf-8")


def upper_bound(wrong: int, n: int, confidence: float = 0.95) -> float:
    """The largest share under which so few wrong ones of `n` are seen with a chance of 1 - `confidence`."""
    if not 0 <= wrong <= n or n < 1:
        raise ValueError(f"{wrong} of {n} cannot be")
    if wrong == n:
        return 1.0
    if wrong == 0:
        return 1 - (1 - confidence) ** (1 / n)
    low, high = wrong / n, 1.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(wrong, n, middle) > 1 - confidence else (low, middle)
    return high


def _at_most(wrong: int, n: int, p: float) -> float:
    """The chance of `wrong` or fewer of `n` where each is wrong with chance `p`, 0 < p < 1."""
    if p >= 1:
        return 0.0
    whole = lgamma(n + 1)
    return sum(
        exp(whole - lgamma(k + 1) - lgamma(n - k + 1) + k * log(p) + (n - k) * log(1 - p))
        for k in range(wrong + 1)
    )


def _rate(value: float) -> str:
    """A small share as a percentage, with two figures that count."""
    percent = 100 * value
    return "0 %" if percent == 0 else f"{percent:.2g} %" if percent < 10 else f"{percent:.0f} %"
