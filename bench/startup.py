"""How long the program takes to answer, and how much disk a default installation takes."""

from __future__ import annotations

import statistics
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

from bench.common import report, row


def main() -> None:
    """The median of eleven runs; a bare Python start is the peer."""
    help_ = _median([sys.executable, "-m", "smallscreen", "--help"])
    bare = _median([sys.executable, "-c", "pass"])
    rows = [
        row("smallscreen --help", help_, "s", at_most=0.5),
        row("the same over a bare Python", help_, "s", peer="python -c pass", peer_value=bare),
    ]
    size = _installed()
    if size is not None:
        rows.append(row("installed packages of this environment", size, "MB"))
    report("startup", rows)


def _median(command: list[str]) -> float:
    times = []
    for _ in range(11):
        start = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def _installed() -> float | None:
    folder = Path(sysconfig.get_path("purelib"))
    seen = sum(p.lstat().st_size for p in folder.rglob("*") if p.is_file() and not p.is_symlink())
    return seen / 1e6


if __name__ == "__main__":
    main()
