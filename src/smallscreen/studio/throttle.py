"""How often somebody may try a password: failures make the next try wait, longer each time, never for ever.

Failures are counted by address, by name, and by the two together. A name's own count does not hold for an address
from which that person logged in before, so that nobody can keep them out from elsewhere. The
counts live in memory; after a restart those of the last minutes are read from the audit log.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

FORGET_S = 900.0
"""A count starts anew after so long without a failure."""
KEYS = 10_000


@dataclass(frozen=True)
class Rule:
    """`free` failures cost nothing; then 1 s, 2 s, 4 s ... up to `most_s`."""

    free: int
    most_s: float


PAIR = Rule(3, 60)
NAME = Rule(10, 60)
ADDRESS = Rule(10, 300)


class Throttle:
    """Counts failed logins. For all threads; times are seconds of any steady clock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures: dict[tuple[str, ...], tuple[int, float]] = {}
        self._at_home: set[tuple[str, str]] = set()

    def wait(self, name: str, address: str, at: float | None = None) -> float:
        """Seconds until this may be tried again; 0 when now."""
        at = time.time() if at is None else at
        with self._lock:
            return max(self._left(key, rule, at) for key, rule in self._keys(name, address))

    def failed(self, name: str, address: str, at: float | None = None) -> None:
        """A wrong name or password."""
        at = time.time() if at is None else at
        with self._lock:
            if len(self._failures) > KEYS:
                self._failures = {k: v for k, v in self._failures.items() if at - v[1] < FORGET_S / 3}
                # Whoever fills it from thousands of addresses does not fill the memory.
                for key in list(self._failures)[: max(0, len(self._failures) - KEYS)]:
                    del self._failures[key]
            for key in (("name", _key(name)), ("address", address), ("pair", _key(name), address)):
                count, last = self._failures.get(key, (0, at))
                self._failures[key] = (1 if at - last > FORGET_S else count + 1, at)

    def passed(self, name: str, address: str) -> None:
        """A login after all: what `failed` counted for it is taken back, and the person is at home there."""
        with self._lock:
            for key in (("name", _key(name)), ("address", address)):
                count, last = self._failures.get(key, (0, 0.0))
                if count > 0:
                    self._failures[key] = (count - 1, last)
        self.at_home(name, address)

    def at_home(self, name: str, address: str) -> None:
        """This person logged in from this address."""
        with self._lock:
            self._at_home.add((_key(name), address))
            self._failures.pop(("pair", _key(name), address), None)

    def remember(self, events: Iterable[tuple[bool, str, str, float]]) -> None:
        """What the log holds, oldest first: whether it was a login, name, address, Unix time."""
        for passed, name, address, at in events:
            if passed:
                self.at_home(name, address)
            else:
                self.failed(name, address, at)

    def _keys(self, name: str, address: str) -> list[tuple[tuple[str, ...], Rule]]:
        keys: list[tuple[tuple[str, ...], Rule]] = [
            (("pair", _key(name), address), PAIR),
            (("address", address), ADDRESS),
        ]
        if (_key(name), address) not in self._at_home:
            keys.append((("name", _key(name)), NAME))
        return keys

    def _left(self, key: tuple[str, ...], rule: Rule, at: float) -> float:
        count, last = self._failures.get(key, (0, 0.0))
        if count < rule.free or at - last > FORGET_S:
            return 0.0
        return max(0.0, last + min(rule.most_s, 2.0 ** min(count - rule.free, 20)) - at)


def _key(name: str) -> str:
    return name.strip().casefold()[:100]
