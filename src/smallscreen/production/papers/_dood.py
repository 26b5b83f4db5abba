"""Day out of days: who starts, works, is held and finishes on which shooting day.

The letters are those that the trade's schedules print: S start, W work, H hold, F finish, D drop, P pickup, T travel;
so SW on the first day worked, WF on the last, SWF where they are one, WD before and PW after days on which
an actor is released. A day of hold is a shooting day between the first and the last worked on which the actor does
not work; days off are nobody's hold. With `drop_days` an actor who is idle for at least so many shooting days
running is dropped instead (agreements know such a rule, often with 10 days; ours has no default).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Row:
    """One person: a letter a shooting day (empty where there is none) and what they add up to in days."""

    letters: tuple[str, ...]
    work: int
    hold: int
    drop: int
    travel: int

    @property
    def total(self) -> int:
        """Days that are paid for in full or in part: worked, held and travelled; one that is both counts once."""
        return sum(1 for x in self.letters if x)


def row(
    days: int, worked: Collection[int], travel: Collection[int] = (), drop_days: int | None = None
) -> Row:
    """The letters of a person over `days` columns; `worked` and `travel` are column numbers from 0."""
    at = sorted(set(worked))
    letters = ["W" if i in set(at) else "" for i in range(days)]
    dropped = 0
    for before, after in pairwise(at):
        idle = after - before - 1
        if drop_days is not None and idle >= drop_days:
            letters[before] += "D"
            letters[after] = "P" + letters[after]
            dropped += idle
        else:
            for i in range(before + 1, after):
                letters[i] = "H"
    if at:
        letters[at[0]] = "S" + letters[at[0]]
        letters[at[-1]] += "F"
    held = letters.count("H")
    for i in set(travel):
        if letters[i] == "H":
            held -= 1  # a day of travel is paid as one, not as hold
            letters[i] = "T"
        else:
            letters[i] += "T"
    return Row(tuple(letters), len(at), held, dropped, len(set(travel)))


def working(rows: Sequence[Row], day: int) -> int:
    """How many people work on a day."""
    return sum("W" in r.letters[day] for r in rows)
