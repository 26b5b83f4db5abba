"""Barriers, fit and checks of 80 real episodes for six markets: seconds, memory, and how both grow.

The drafts are stand-ins of the right length in each market's language (simulated, no translation):
what is measured is work a line, and that does not depend on what the line says.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from bench.common import ROOT, SERIES_29, report, row, skip
from smallscreen.localize.fit import budgets
from smallscreen.localize.pipeline import Localizer, find_barriers
from smallscreen.series import markets
from smallscreen.series.model import Cue, Draft, Episode, cue_id
from smallscreen.series.project import Project, new_project, open_project

MARKETS = ("en-US", "es-419", "pt-BR", "id-ID", "th-TH", "ja-JP")
EPISODES_1X = 20


def main() -> None:
    """Run at 1x (20 episodes), 4x (80) and 16x (320), each in a process of its own."""
    if not SERIES_29.is_dir():
        skip("localize", "needs the real dialogue in ../shared/real/series-29")
        return
    rows = []
    measured = {}
    with tempfile.TemporaryDirectory() as folder:
        for scale in (1, 4, 16):
            root = _prepare(Path(folder) / f"x{scale}", scale * EPISODES_1X)
            command = [sys.executable, "-m", "bench.localize", str(root)]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
            measured[scale] = json.loads(done.stdout.splitlines()[-1])
    at = measured[4]
    rows.append(row("80 episodes x 6 markets, seconds", at["seconds"], "s", at_most=20))
    rows.append(row("80 episodes x 6 markets, peak memory", at["mb"], "MB", at_most=1000))
    for name in ("barriers", "fit", "check"):
        rows.append(row(f"  of which {name}", at[name], "s"))
    one = measured[1]["seconds"] / measured[1]["cues"]
    for scale in (1, 4, 16):
        m = measured[scale]
        each = 1e6 * m["seconds"] / m["cues"]
        peer = {"peer": "1x in the same run", "peer_value": 1e6 * one} if scale > 1 else {}
        limit = {"at_most": 1.25 * 1e6 * one} if scale > 1 else {}
        rows.append(row(f"{scale}x: {m['cues']:,} cues x 6 markets, a cue", each, "us", **limit, **peer))
    report("localize", rows)


def run(root: Path) -> None:
    """The measured part: everything after the drafts are in the database."""
    project = open_project(root)
    numbers = [e.number for e in project.store.episodes()]
    start = time.perf_counter()
    find_barriers(project)
    barriers = time.perf_counter() - start
    fit = check = 0.0
    for locale in MARKETS:
        before = time.perf_counter()
        work = Localizer(project, locale, numbers)
        work.fit()
        between = time.perf_counter()
        work.check()
        fit += between - before
        check += time.perf_counter() - between
    seconds = time.perf_counter() - start
    cues = sum(map(len, project.store.cues().values()))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1024 if sys.platform != "darwin" else 1024**2
    )
    figures = {"seconds": seconds, "barriers": barriers, "fit": fit, "check": check, "mb": peak, "cues": cues}
    print(json.dumps(figures))


def _prepare(root: Path, episodes: int) -> Path:
    """A series of so many episodes made of the real ones in turn, with drafts for every market."""
    from tests.model_server import pretend

    project = new_project(SERIES_29, root)
    store = project.store
    real = store.cues()
    numbers = sorted(real)
    for path in (root / "source").glob("*"):
        path.unlink()
    _copy(project, real, numbers, episodes)
    cues = store.cues()
    for locale in MARKETS:
        market = markets.load(locale)
        language = market.name[market.name.index("(") + 1 : -1] if "(" in market.name else "English"
        room: dict[str, int] = {}
        for some in cues.values():
            room |= budgets(some, market, "vertical")
        known: dict[tuple[str, int], str] = {}
        drafts = []
        for some in cues.values():
            for c in some:
                key = (c.text, room[c.id])
                if key not in known:
                    known[key] = pretend(c.text, _language(language), room[c.id])
                drafts.append(Draft(c.id, known[key], "simulated"))
        store.put_drafts(store.edition(locale), drafts)
    store.engine.dispose()
    return root


def _copy(project: Project, real: dict[int, list[Cue]], numbers: list[int], episodes: int) -> None:
    from smallscreen.series.formats import write_subtitles

    store = project.store
    for n in range(1, episodes + 1):
        some = [
            replace(c, id=cue_id(n, c.index), episode=n, scene=None)
            for c in real[numbers[(n - 1) % len(numbers)]]
        ]
        path = project.root / "source" / f"ep{n:04d}.zh.srt"
        write_subtitles(path, some, market=None, profile="vertical", platform=None, title="")
        (project.root / "source" / f"ep{n:04d}.speakers.tsv").write_text(
            "".join(f"{c.index}\t{c.speaker}\n" for c in some if c.speaker), "utf-8"
        )
        store.put_episode(Episode(n), some)
    open_project(project.root)


def _language(name: str) -> str:
    from tests.model_server import WORDS

    return next((w for w in WORDS if w in name), "English")


if __name__ == "__main__":
    run(Path(sys.argv[1])) if len(sys.argv) > 1 else main()
