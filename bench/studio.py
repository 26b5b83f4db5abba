"""The studio at its full size (80 episodes, 6 markets, 3,900 cues in each; simulated): pages in a real Chromium,
and 25 people who each change a line a second, over SQLite and over PostgreSQL.

    python -m bench.studio              # two minutes of editing on each database
    python -m bench.studio --quick      # 15 seconds of it

Times of pages are from the start of the navigation to the second picture after everything is there. A change
counts from the moment it was due, not from when it could be sent. Afterwards the database is read: every change
that was accepted must stand in the history of its line, and the last of them must be the line.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import sqlalchemy as sa

from bench import _studio_series as big
from bench.common import report, row, skip
from smallscreen.series import tables as t
from smallscreen.series.project import open_project
from tests import browser as chromium
from tests import postgres
from tests.studio_server import PASSWORDS, StudioClient, running

EDITORS = 25
SECONDS = 120
QUICK_SECONDS = 15
ROUNDS = 5
KEYS = "She said nothing at all, and then she laughed."

_SERIES_THERE = "document.querySelectorAll('tr[data-episode] a.cell').length >= %d"
_DESK_THERE = "document.querySelectorAll('#rows li.row textarea').length >= %d && document.querySelector('.meter .left')?.textContent"
_TIMELINE_THERE = "document.querySelector('#lanes')?.childElementCount > 0"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="15 seconds of editing instead of two minutes")
    parser.add_argument(
        "--only", choices=["pages", "sqlite", "postgres"], help="one part alone; keeps no file"
    )
    options = parser.parse_args()
    seconds = QUICK_SECONDS if options.quick else SECONDS
    rows: list[dict[str, Any]] = []
    with _folder() as folder:
        if options.only in (None, "pages", "sqlite"):
            began = time.perf_counter()
            made = big.make(folder / "sqlite")
            rows.append(row("make the simulated series", time.perf_counter() - began, "s", at_most=60))
            made.store.engine.dispose()
        if options.only in (None, "pages"):
            rows += pages(folder / "sqlite")
        if options.only in (None, "sqlite"):
            rows += editing("SQLite", folder / "sqlite", None, seconds)
        if options.only in (None, "postgres"):
            rows += _on_postgres(folder / "postgres", seconds)
    if options.only:
        for r in rows:
            print(r)
    else:
        report("studio", rows)
    return 0


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="smallscreen-bench-studio-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _on_postgres(folder: Path, seconds: int) -> list[dict[str, Any]]:
    if postgres.find() is None:
        skip("studio over PostgreSQL", "PostgreSQL is not installed on this machine")
        return []
    try:
        with postgres.server() as url:
            database = f"{url}/postgres"
            big.make(folder, database=database).store.engine.dispose()
            return editing("PostgreSQL", folder, database, seconds)
    except RuntimeError as e:
        skip("studio over PostgreSQL", str(e))
        return []


# --- pages -----------------------------------------------------------------------------------


def pages(folder: Path) -> list[dict[str, Any]]:
    """The pages in a real Chromium, each time with a new profile."""
    reason = chromium.missing()
    if reason:
        skip("studio pages", reason)
        return []
    cells = big.EPISODES * len(big.MARKETS)
    with running(folder) as studio:
        # The very first request of a studio that was just started, and then the browser's cache alone is cold.
        first = _load(studio.url + "/", _SERIES_THERE % cells)
        series = [_load(studio.url + "/", _SERIES_THERE % cells) for _ in range(ROUNDS)]
        cues = len(open_project(folder).store.cues()[1])
        desk_url = f"{studio.url}/editions/en-US/episodes/1"
        desk = [_load(desk_url, _DESK_THERE % cues) for _ in range(ROUNDS)]
        keys = _keys(desk_url, _DESK_THERE % cues)
        seeks = _seeks(f"{studio.url}/episodes/1?edition=en-US")
    return [
        row("series page usable, studio just started", first, "s", at_most=1.5),
        row("series page usable, cold browser (median)", statistics.median(series), "s", at_most=1.5),
        row("series page usable, cold browser (worst of 5)", max(series), "s", at_most=1.5),
        row("workbench of one episode, cold browser (median)", statistics.median(desk), "s", at_most=1.0),
        row("workbench of one episode, cold browser (worst of 5)", max(desk), "s", at_most=1.0),
        row("key stroke to meter on the screen (95th percentile)", _part(keys, 0.95), "ms", at_most=50),
        row("seek to highlighted cue on the screen (95th percentile)", _part(seeks, 0.95), "ms", at_most=100),
    ]


def _load(url: str, there: str) -> float:
    """Seconds from the start of a navigation until `there` holds and has been painted, in a new browser."""
    with chromium.started() as browser:
        # The browser's own start is not the page's: it has drawn something before.
        browser.open("about:blank")
        browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": _watch(there)})
        browser.open(url)
        return float(browser.wait(lambda: browser.js("window.__there || 0"), 60, "the whole page")) / 1000


def _watch(there: str) -> str:
    return (
        "(() => { const look = () => { let ok = false; try { ok = Boolean(" + there + "); } catch {} "
        "if (!ok) return requestAnimationFrame(look); requestAnimationFrame(() => requestAnimationFrame(() => "
        "{ window.__there = performance.now(); })); }; if (window === top) look(); })();"
    )


def _keys(url: str, there: str) -> list[float]:
    """Milliseconds from each key to the picture with the changed meter."""
    with chromium.started() as browser:
        browser.open(url)
        browser.wait(lambda: browser.js(there), 60, "the workbench")
        browser.all("#rows li.row textarea")[2].click()
        browser.one(".meter .left")
        browser.js(
            "window.__times = []; let pressed = 0;"
            "document.addEventListener('keydown', (e) => { pressed = e.timeStamp; }, true);"
            "new MutationObserver(() => { if (!pressed) return; const at = pressed; pressed = 0;"
            " const drawn = new MessageChannel(); drawn.port1.onmessage = () => window.__times.push(performance.now() - at);"
            " requestAnimationFrame(() => drawn.port2.postMessage(0)); })"
            ".observe(document.querySelector('.meter'), {subtree: true, childList: true, characterData: true, attributes: true})"
        )
        for key in KEYS:
            browser.type(key)
            time.sleep(0.03)
        time.sleep(0.5)
        times = browser.js("window.__times")
    assert len(times) > len(KEYS) // 2, f"the meter moved at {len(times)} of {len(KEYS)} keys"
    return [float(x) for x in times]


def _seeks(url: str) -> list[float]:
    """Milliseconds from a key that goes to the next cue to the picture with that cue highlighted."""
    with chromium.started() as browser:
        browser.open(url)
        browser.wait(lambda: browser.js(_TIMELINE_THERE), 60, "the timeline")
        time.sleep(1)
        browser.js("performance.clearMeasures('seek-to-cue')")
        for _ in range(25):
            browser.keys("ArrowRight")
            time.sleep(0.05)
        time.sleep(0.3)
        times = browser.js("performance.getEntriesByName('seek-to-cue').map((m) => m.duration)")
    assert len(times) > 15, f"{len(times)} of 25 seeks were measured"
    return [float(x) for x in times]


# --- editing ---------------------------------------------------------------------------------


@dataclass
class Tally:
    """What happened: `accepted` holds (edition, cue, version, text) of every change that the studio took."""

    accepted: list[tuple[str, str, int, str]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    conflicts: int = 0
    failed: list[str] = field(default_factory=list)
    news: int = 0


def editing(name: str, folder: Path, database: str | None, seconds: int) -> list[dict[str, Any]]:
    """25 people at pages of a studio with accounts, who hear each other's news, and what became of their changes."""
    with running(folder, accounts=True, database=database) as studio:
        people = [_person(studio) for _ in range(EDITORS)]
        tally = asyncio.run(_edit(studio.url, people, seconds))
        log = studio.log
    lost = _lost(folder, database, tally)
    if "Traceback" in log:
        print(log[-2000:], file=sys.stderr)
    what = f"{EDITORS} editors, {seconds} s, {name}"
    asked = len(tally.accepted) + len(tally.failed)
    return [
        row(f"{what}: changes accepted", len(tally.accepted), "changes", at_least=0.98 * EDITORS * seconds),
        row(f"{what}: lost changes", lost, "changes", at_most=0),
        row(f"{what}: refused otherwise than by a conflict", len(tally.failed), f"of {asked}", at_most=0),
        row(f"{what}: conflicts told and settled", tally.conflicts, "changes"),
        row(f"{what}: a change (median)", _part(tally.times, 0.5) * 1000, "ms"),
        row(f"{what}: a change (95th percentile)", _part(tally.times, 0.95) * 1000, "ms", at_most=200),
        row(f"{what}: a change (slowest)", max(tally.times, default=0) * 1000, "ms"),
        row(f"{what}: news that reached each page", tally.news / EDITORS, "lines"),
    ]


def _person(studio: StudioClient) -> tuple[dict[str, str], str]:
    """Cookies and token of somebody who has logged in."""
    browser = studio.another()
    answer = browser.login("editor", PASSWORDS["editor"])
    assert answer.status_code in (200, 303), answer.text[:300]
    found = re.search(r'<meta name="csrf" content="([^"]*)">', browser.page("/").text)
    assert found, "no token on the page"
    return dict(browser.http.cookies), found[1]


async def _edit(url: str, people: list[tuple[dict[str, str], str]], seconds: int) -> Tally:
    tally = Tally()
    listeners = [asyncio.create_task(_listen(url, cookies, tally)) for cookies, _ in people]
    await asyncio.sleep(1)
    opened = asyncio.Barrier(len(people))
    await asyncio.gather(
        *(_editor(url, n, person, opened, seconds, tally) for n, person in enumerate(people))
    )
    await asyncio.sleep(1)
    for listener in listeners:
        listener.cancel()
    await asyncio.gather(*listeners, return_exceptions=True)
    return tally


async def _editor(
    url: str,
    number: int,
    person: tuple[dict[str, str], str],
    opened: asyncio.Barrier,
    seconds: int,
    tally: Tally,
) -> None:
    """Two people share an episode, so that they meet on lines; each works with the versions that they saw."""
    cookies, token = person
    rng = random.Random(number)
    edition = big.MARKETS[number // 2 % len(big.MARKETS)]
    episode = 1 + number // 2
    async with httpx.AsyncClient(base_url=url, cookies=cookies, timeout=60) as http:
        page = (await http.get(f"/api/editions/{edition}/episodes/{episode}")).json()
        lines = {c["cue"]: c["line"]["version"] for c in page["cues"]}
        cues = list(lines)[:20]
        # Nobody writes before all pages are open: what is measured is writing.
        await opened.wait()
        start = time.perf_counter() + 0.5
        for n in range(seconds):
            due = start + n + number / EDITORS
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            cue, text = rng.choice(cues), f"Line {n} of editor {number}: {rng.randrange(10**6)}."
            for _ in range(5):
                body = {"text": text, "version": lines[cue]}
                try:
                    answer = await http.put(
                        f"/api/editions/{edition}/lines/{cue}", json=body, headers={"X-CSRF-Token": token}
                    )
                except httpx.HTTPError as e:
                    tally.failed.append(repr(e))
                    break
                if answer.status_code == 409:
                    tally.conflicts += 1
                    lines[cue] = answer.json()["theirs"]["version"]
                    continue
                if answer.status_code == 200:
                    lines[cue] = answer.json()["version"]
                    tally.accepted.append((edition, cue, lines[cue], text))
                    tally.times.append(time.perf_counter() - due)
                else:
                    tally.failed.append(f"{answer.status_code} {answer.text[:200]}")
                break
            else:
                tally.failed.append(f"five conflicts in a row on {cue}")


async def _listen(url: str, cookies: dict[str, str], tally: Tally) -> None:
    """A page that hears the news; read as bytes, so that the measuring itself costs little."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    cookie = "; ".join(f"{k}={v}" for k, v in cookies.items())
    writer.write(
        f"GET /api/events HTTP/1.1\r\nHost: {parts.netloc}\r\nCookie: {cookie}\r\nAccept: text/event-stream\r\n\r\n".encode()
    )
    try:
        while block := await reader.read(1 << 16):
            tally.news += block.count(b"event: line\n")
    finally:
        writer.close()


def _lost(folder: Path, database: str | None, tally: Tally) -> int:
    """Accepted changes that are not in the history, and lines that do not say what was accepted last."""
    store = open_project(folder, database=database).store
    ids = {e.id: e.name for e in store.editions()}
    h, d = t.line_change.c, t.draft.c
    with store.engine.connect() as connection:
        history = {
            (ids[r[0]], r[1], r[2]): r[3]
            for r in connection.execute(sa.select(h.edition_id, h.cue, h.version, h.text))
        }
        drafts = {
            (ids[r[0]], r[1]): (r[2], r[3])
            for r in connection.execute(sa.select(d.edition_id, d.cue, d.version, d.text))
        }
    store.engine.dispose()
    lost = sum(history.get((edition, cue, version)) != text for edition, cue, version, text in tally.accepted)
    lost += len(tally.accepted) - len({x[:3] for x in tally.accepted})  # one version given to two changes
    last: dict[tuple[str, str], tuple[int, str]] = {}
    for edition, cue, version, text in tally.accepted:
        last[edition, cue] = max(last.get((edition, cue), (0, "")), (version, text))
    return lost + sum(drafts.get(place) != said for place, said in last.items())


def _part(values: list[float], share: float) -> float:
    """The value that a share of all do not pass; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


if __name__ == "__main__":
    sys.exit(main())
