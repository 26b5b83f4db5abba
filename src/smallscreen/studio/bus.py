"""News of the studio: what one person changes, the others' pages hear at once (Server-Sent Events)."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from typing import Any

QUEUE = 500
"""News that may wait for one page; a page that falls further behind is told to load itself anew."""


class Bus:
    """Hands events to every page that listens. `publish` may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[int, tuple[asyncio.AbstractEventLoop, asyncio.Queue[str | None]]] = {}
        self._next = 0

    def publish(self, kind: str, **what: Any) -> None:
        """Tell everybody. `what` must be JSON; it never holds more than the pages may show to every reader."""
        text = f"event: {kind}\ndata: {json.dumps(what, ensure_ascii=False)}\n\n"
        with self._lock:
            listeners = list(self._listeners.values())
        for loop, queue in listeners:
            if not loop.is_closed():
                loop.call_soon_threadsafe(_put, queue, text)

    async def listen(self) -> AsyncIterator[str]:
        """The events as text of an event stream, with a comment every 15 s so that a dead page is noticed."""
        queue: asyncio.Queue[str | None] = asyncio.Queue(QUEUE)
        with self._lock:
            self._next += 1
            number = self._next
            self._listeners[number] = (asyncio.get_running_loop(), queue)
        try:
            yield "retry: 2000\n\n"
            while True:
                try:
                    text = await asyncio.wait_for(queue.get(), 15)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                if text is None:
                    yield "event: reload\ndata: {}\n\n"
                    return
                yield text
        finally:
            with self._lock:
                self._listeners.pop(number, None)

    @property
    def listeners(self) -> int:
        """How many pages listen."""
        return len(self._listeners)


def _put(queue: asyncio.Queue[str | None], text: str) -> None:
    if queue.full():
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(None)
        return
    queue.put_nowait(text)
