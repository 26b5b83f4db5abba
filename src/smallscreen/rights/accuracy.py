"""How often matches were seen to be wrong: read from `accuracy.toml`, which `make bench` fills.

    [threshold]
    fingerprint = 1                  # the version that was measured
    confidence = 0.8                 # matches from here on are counted; 0: every match that is reported

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
from smallscreen.rights.model import FINGERPRINT_VERSION

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
            return "The false-match rate has not been measured yet; nothing can be said about how often a match is wrong."
        which = f"a match of confidence {self.threshold:.2f} or more" if self.threshold > 0 else "a match"
        return (
            f"{self.false_matches:,} of {self.comparisons:,} comparisons of an innocent file with a work gave {which} "
            f"({_rate(rate)}); with 95 % confidence the rate is below {_rate(upper)} (Clopper-Pearson, one-sided). "
            f"Measured on {self.day}, on {self.on}."
        )

    def below(self, confidence: float) -> str:
        """What to say of a match that the measurement does not speak of; "" where it does."""
        if not self.measured or confidence >= self.threshold:
            return ""
        return (
            f"The confidence of this match, {confidence:.2f}, is below {self.threshold:.2f}, from where the false-match "
            "rate was measured: it says nothing of this one, so look closely."
        )


@cache
def shipped() -> Accuracy:
    """What the program ships with."""
    return read_accuracy(Path(str(files(__package__).joinpath(NAME))))


def current(fingerprint: int = FINGERPRINT_VERSION) -> Accuracy:
    """What was measured of this version of the fingerprints; an unmeasured one where it was another."""
    known = shipped()
    return known if known.fingerprint == fingerprint else Accuracy(fingerprint, 0.0)


def read_accuracy(path: Path) -> Accuracy:
    """FileProblem where counts cannot be, or say nothing of when and on what."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
        threshold, measured = data["threshold"], data.get("measured")
        base = Accuracy(int(threshold["fingerprint"]), float(threshold["confidence"]))
        if measured is None:
            return base
        if not 0 <= base.threshold <= 1:
            raise ValueError("its confidence is not from 0 to 1")
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
