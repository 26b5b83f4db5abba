"""Fitting and checking anew behind the back of whoever types.

A changed line is stored at once; its episode is fitted and checked a moment later in a process of
its own, at low priority: a check takes tens of milliseconds to seconds of pure computing, during which no
request of this process may wait. One episode at a time, each pair of edition and episode at most once
a second, whatever was changed meanwhile taken together.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from smallscreen.studio.context import Studio

QUIET = 0.8
"""Seconds without a change before an episode is looked at again."""
PATIENCE = 4.0
"""Seconds after which it is looked at although changes go on."""
IDLE = 60.0
"""Seconds without any change before the checks over all episodes run for the editions that changed."""
LIMIT = 300.0
"""Seconds after which a check counts as stuck and its process is ended."""

Key = tuple[str, int | None]
"""An edition's name and an episode, or None for all episodes together."""


class Recheck:
    """Looks at changed episodes again and tells the pages (`episode` news). One for each studio."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._wake = threading.Condition()
        self._first: dict[Key, float] = {}  # since when it waits
        self._last: dict[Key, float] = {}  # when it was changed last
        self._whole: dict[str, float] = {}  # editions whose checks over all episodes are out of date
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[str] | None = None
        self._stopped = False
        self.trouble: dict[Key, str] = {}
        """Why an episode could not be looked at, until it could."""

    def why(self, edition: str, episode: int) -> str | None:
        """Why what is known of an episode is out of date; None where it is not."""
        return self.trouble.get((edition, episode)) or self.trouble.get((edition, None))

    def touch(self, edition: str, episode: int | None) -> None:
        """Something changed in an episode; None asks for all episodes and the checks over them, now."""
        now = time.monotonic()
        key = (edition, episode)
        with self._wake:
            self._first.setdefault(key, now)
            self._last[key] = now if episode is not None else now - QUIET
            if episode is not None:
                self._whole[edition] = now
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="recheck", daemon=True)
                self._thread.start()
            self._wake.notify()

    def stop(self) -> None:
        """The studio ends: what still waits is looked at when its episode is changed or checked next."""
        self._stopped = True
        self._end()

    # --- the thread ------------------------------------------------------------------------

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(OSError):
                process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()

    def _run(self) -> None:
        while not self._stopped:
            key = self._take()
            began = time.monotonic()
            try:
                self._work(key)
                self.trouble.pop(key, None)
            except Exception as error:  # whatever it is, people must see it and the thread must go on
                self.trouble[key] = str(error) or type(error).__name__
            took = time.monotonic() - began
            if self._stopped:
                return
            told: dict[str, Any] = {"edition": key[0], "episode": key[1]}
            if key in self.trouble:
                told["trouble"] = self.trouble[key]
            self._studio.bus.publish("episode", **told)
            # At most half of one core, however many people type.
            time.sleep(min(took, 2.0))

    def _take(self) -> Key:
        """The pair that is due and has waited longest; waits for one."""
        with self._wake:
            while True:
                now = time.monotonic()
                due = {k: min(at + QUIET, self._first[k] + PATIENCE) for k, at in self._last.items()}
                ready = [k for k, at in due.items() if at <= now]
                if ready:
                    key = min(ready, key=lambda k: self._first[k])
                    del self._first[key], self._last[key]
                    if key[1] is None:
                        self._whole.pop(key[0], None)
                    return key
                if not due and self._whole:
                    edition, at = min(self._whole.items(), key=lambda x: x[1])
                    if at + IDLE <= now:
                        del self._whole[edition]
                        return edition, None
                    due[edition, None] = at + IDLE
                self._wake.wait(max(min(due.values()) - now, 0.01) if due else None)

    def _work(self, key: Key) -> None:
        for attempt in (1, 2):
            process = self._process or self._start()
            assert process.stdin is not None and process.stdout is not None
            # A process that hangs would silence every check after it.
            watch = threading.Timer(LIMIT, process.kill)
            watch.start()
            try:
                process.stdin.write(json.dumps({"edition": key[0], "episode": key[1]}) + "\n")
                process.stdin.flush()
                answer = process.stdout.readline()
            except OSError:
                answer = ""
            finally:
                watch.cancel()
            if answer:
                said = json.loads(answer)
                if said.get("error"):
                    raise RuntimeError(said["error"])
                return
            self._end()
            if attempt == 2 or self._stopped:
                raise RuntimeError("The checks ended without an answer; run smallscreen check to see why.")

    def _start(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "smallscreen.studio.work"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            # Ctrl-C in the terminal is for the studio, which ends this process itself.
            start_new_session=True,
        )
        assert process.stdin is not None
        store = self._studio.project.store
        # By the pipe, not as an argument: the URL of a PostgreSQL holds a password, arguments are seen by all.
        url = store.engine.url.render_as_string(hide_password=False)
        head = {"root": str(self._studio.project.root.resolve()), "url": url, "slug": store.slug}
        process.stdin.write(json.dumps(head) + "\n")
        process.stdin.flush()
        self._process = process
        return process


_making = threading.Lock()


def recheck(studio: Studio) -> Recheck:
    """The studio's one `Recheck`."""
    with _making:
        found = studio.shared.get("recheck")
        if found is None:
            found = studio.shared["recheck"] = Recheck(studio)
    assert isinstance(found, Recheck)
    return found


# --- the process ---------------------------------------------------------------------------


def main() -> None:
    """Answer requests from standard input, a line of JSON each, until it ends."""
    # What anything below prints must not be taken for an answer.
    answers, sys.stdout = sys.stdout, sys.stderr
    with contextlib.suppress(OSError, AttributeError):
        os.nice(10)
    from smallscreen.errors import EngineError, UserError
    from smallscreen.series.database import open_database
    from smallscreen.series.project import Project
    from smallscreen.series.store import Store

    head = json.loads(sys.stdin.readline())
    project: Project | None = None
    for row in sys.stdin:
        asked = json.loads(row)
        answer: dict[str, Any] = {}
        try:
            if project is None:
                project = Project(Path(head["root"]), Store(open_database(head["url"]), head["slug"]))
            look_again(project, asked["edition"], asked["episode"])
        except (UserError, EngineError) as error:
            answer["error"] = str(error)
        except Exception as error:
            answer["error"] = f"The checks failed ({type(error).__name__}: {error})."
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def look_again(project: Any, edition: str, episode: int | None) -> None:
    """Fit and check an episode of an edition, or (None) all of them and the series as a whole."""
    from smallscreen.localize.pipeline import Localizer

    locale, _, variant = edition.partition(".")
    episodes = [e.number for e in project.store.episodes()] if episode is None else [episode]
    here = Localizer(project, locale, episodes, variant=variant or "main")
    here.fit()
    here.check(whole=episode is None)


if __name__ == "__main__":
    main()
