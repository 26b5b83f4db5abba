"""Run every benchmark in a process of its own and print what falls short of its target."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys

import bench
from bench.common import RESULTS, ROOT


def main() -> int:
    # What begins with _ is shared by others; train*.py make weights and shots.py pictures; they measure nothing.
    names = [m.name for m in pkgutil.iter_modules(bench.__path__) if not m.name.startswith("_")]
    names = [name for name in names if name not in ("common", "shots") and not name.startswith("train")]
    failed = []
    for name in names:
        print(f"\n== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"bench.{name}"], cwd=ROOT).returncode:
            failed.append(name)
    short = []
    for path in sorted(RESULTS.glob("*.json")):
        rows = json.loads(path.read_text("utf-8"))["rows"]
        short += [
            f"{path.stem}: {r['name']} is {r['value']:g} {r['unit']}, target {r['target']}"
            for r in rows
            if r["holds"] is False
        ]
    print("\n== falls short of its target" if short else "\nEvery target is met.")
    print("\n".join(short))
    if failed:
        print("did not run to its end: " + ", ".join(failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
