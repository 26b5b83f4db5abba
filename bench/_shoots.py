"""Made-up shoots in the form of SHOOT.md with other seeds, so that the solver is not fitted to the one that is given."""

from __future__ import annotations

import random
from typing import Any

_RATES = (8000, 8000) + (2500,) * 4 + (1000,) * 7 + (500,) * 12
_PLACES = (
    ("villa", 10000), ("office", 3000), ("hospital", 3000), ("ballroom", 10000), ("cafe", 2000), ("flat", 2000),
    ("street", 1500), ("garden", 2500), ("school", 3000), ("garage", 1500), ("courtroom", 3000), ("warehouse", 2000),
)  # fmt: skip


def shoot(seed: int, scenes: int = 480, days: int = 12) -> dict[str, Any]:
    """A shoot: two leads in most scenes, small parts at one to five places, a few actors with short windows."""
    rng = random.Random(seed)
    share = [rng.uniform(0.6, 4.0) for _ in _PLACES]
    at_home = {a: rng.sample(range(len(_PLACES)), rng.randint(1, 5)) for a in range(2, len(_RATES))}
    short = rng.sample(range(2, len(_RATES)), 4)
    rows = []
    for i in range(scenes):
        place = rng.choices(range(len(_PLACES)), share)[0]
        cast = [a for a, often in ((0, 0.66), (1, 0.53)) if rng.random() < often]
        others = [a for a in at_home if place in at_home[a]]
        cast += rng.sample(others, min(len(others), rng.choices((0, 1, 2), (3, 5, 2))[0]))
        # Two with short windows might never meet.
        busy = [a for a in cast if a in short]
        cast = [a for a in cast if a not in busy[1:]]
        night = place in (6, 7) and rng.random() < 0.5
        tod = "N" if night or rng.random() < 0.03 else rng.choices("AD", (75, 25))[0]
        length = max(5, round(rng.lognormvariate(2.65, 0.35)))
        rows.append(
            {
                "id": f"{i // 6 + 1}-{i % 6 + 1}",
                "loc": place,
                "cast": sorted(cast or [2]),
                "dur": length,
                "tod": tod,
            }
        )
    windows = {str(a): [0, days - 1] for a in range(len(_RATES))}
    windows["1"] = [0, days - 3]
    for a in short:
        first = rng.randrange(days - 5)
        windows[str(a)] = [first, first + rng.randint(3, 5)]
    return {"rate": list(_RATES), "loc": [list(x) for x in _PLACES], "scenes": rows, "win": windows}
