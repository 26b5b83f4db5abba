"""Work that takes longer than a request: done in the background, one piece at a time, with progress as news.

    job = jobs_of(studio).start("export", "en-US", who, lambda tell: make(tell))
    jobs_of(studio).get(job.id)          # state, how far, what came out of it
    jobs_of(studio).cancel(job.id)

The work gets `tell(done, total, what)`, as the steps of the rooms call it; a canceled job ends at its next
call of it. What was written until then stays: the steps go on from there when they are run again.
"""

from __future__ import annotations

import logging
import queue
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from smallscreen.errors import EngineError, UserError
from smallscreen.series.store import now
from smallscreen.studio.bus import Bus
from smallscreen.studio.context import Studio

State = Literal["waiting", "running", "done", "failed", "canceled"]
Tell = Callable[[int, int, str], None]
Work = Callable[[Tell], dict[str, Any]]

KEPT = 50
"""Jobs that are over and still answered for; older ones are forgotten."""
WAITING = 20
"""Jobs that may wait; one more is refused."""
_EVERY = 0.2
"""Seconds between two pieces of news of one job."""
_GRACE = 5.0
"""Seconds that a job has to end when the studio is stopped."""


class TooMany(UserError):
    """More work waits than the studio takes."""


class _Canceled(Exception):
    pass


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work as it stands. `result` is what it gave, JSON; `error` is one sentence."""

    id: str
    kind: str
    edition: str | None
    who: str
    state: State
    done: int = 0
    total: int = 0
    what: str = ""
    error: str | None = None
    result: dict[str, Any] | None = None
    at: str = ""

    @property
    def over(self) -> bool:
        return self.state in ("done", "failed", "canceled")


class Jobs:
    """The work of one studio. All methods may be called from any thread."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._stop: set[str] = set()
        self._told: dict[str, float] = {}
        self._queue: queue.SimpleQueue[tuple[str, Work]] = queue.SimpleQueue()
        # One at a time: packaging and reading use every core by themselves. A daemon, so that a job that
        # never tells how far it is cannot keep the studio from being stopped.
        self._thread = threading.Thread(target=self._serve, name="smallscreen-jobs", daemon=True)
        self._thread.start()

    def start(self, kind: str, edition: str | None, who: str, work: Work) -> Job:
        """Begin a job, or put it behind those that wait. Raises TooMany."""
        with self._lock:
            if sum(not j.over for j in self._jobs.values()) >= WAITING:
                raise TooMany(f"{WAITING} jobs are waiting already; try again when some are done.")
            job = Job(secrets.token_urlsafe(12), kind, edition, who, "waiting", at=now())
            self._jobs[job.id] = job
            for old in [j.id for j in self._jobs.values() if j.over][:-KEPT]:
                del self._jobs[old]
        self._publish(job)
        self._queue.put((job.id, work))
        return job

    def get(self, id: str) -> Job | None:
        """A job by its id; None where there is none, or none any more."""
        return self._jobs.get(id)

    def current(self, kind: str | None = None, edition: str | None = None) -> list[Job]:
        """Jobs that wait or run, the oldest first."""
        with self._lock:
            found = [j for j in self._jobs.values() if not j.over]
        return [j for j in found if kind in (None, j.kind) and edition in (None, j.edition)]

    def cancel(self, id: str) -> Job | None:
        """Ask a job to end. One that waits ends at once, one that runs at its next sign of progress."""
        with self._lock:
            job = self._jobs.get(id)
            if job is None or job.over:
                return job
            self._stop.add(id)
            waiting = job.state == "waiting"
        return self._set(id, state="canceled") if waiting else job

    def close(self) -> None:
        """Cancel everything, and wait a little for the job that runs."""
        for job in self.current():
            self.cancel(job.id)
        until = time.monotonic() + _GRACE
        while self.current() and time.monotonic() < until:
            time.sleep(0.02)

    # --- within ----------------------------------------------------------------------------

    def _serve(self) -> None:
        while True:
            self._run(*self._queue.get())

    def _run(self, id: str, work: Work) -> None:
        with self._lock:
            if self._jobs[id].over:
                self._stop.discard(id)
                return
        self._set(id, state="running")

        def tell(done: int, total: int, what: str = "") -> None:
            if id in self._stop:
                raise _Canceled
            self._progress(id, done, total, what)

        try:
            result = work(tell)
        except _Canceled:
            self._set(id, state="canceled")
        except (UserError, EngineError) as error:
            self._set(id, state="failed", error=" ".join(str(error).split()))
        except Exception:
            # What went wrong is for the one who runs the studio; a page must not show paths and code.
            logging.getLogger(__name__).exception("The job %s of %s failed.", id, self._jobs[id].kind)
            self._set(id, state="failed", error="It failed inside the program; the studio's log says where.")
        else:
            total = self._jobs[id].total
            self._set(id, state="done", done=total, what="", result=result)
        finally:
            with self._lock:
                self._stop.discard(id)
                self._told.pop(id, None)

    def _progress(self, id: str, done: int, total: int, what: str) -> None:
        # Called from the threads of the work, too; many of them, and news is for eyes.
        with self._lock:
            self._jobs[id] = job = replace(self._jobs[id], done=done, total=total, what=what)
            if time.monotonic() - self._told.get(id, 0.0) < _EVERY:
                return
            self._told[id] = time.monotonic()
        self._publish(job)

    def _set(self, id: str, **what: Any) -> Job:
        with self._lock:
            self._jobs[id] = job = replace(self._jobs[id], **what)
        self._publish(job)
        return job

    def _publish(self, job: Job) -> None:
        told = asdict(job)
        told["job"] = told.pop("kind")
        del told["result"]  # asked for by who wants it
        self._bus.publish("job", **told)


_making = threading.Lock()


def jobs_of(studio: Studio) -> Jobs:
    """The jobs of a studio, one queue for all its pages."""
    with _making:
        found = studio.shared.get("jobs")
        if found is None:
            found = studio.shared["jobs"] = Jobs(studio.bus)
    return found  # type: ignore[no-any-return]
