"""What every page and every request of the studio works with: an open series, its settings, its news."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from smallscreen.series.project import Project
from smallscreen.series.store import Store
from smallscreen.studio.bus import Bus


@dataclass(frozen=True)
class Settings:
    """How the studio is run. `accounts`: people must log in (always so when `host` is not loopback)."""

    host: str = "127.0.0.1"
    port: int = 8787
    accounts: bool = False
    upload_bytes: int = 20_000_000
    allowed_hosts: tuple[str, ...] = ()
    """Names that the studio answers to besides its own address; a request for another is refused."""


@dataclass
class Studio:
    """An open series that is being served. Shared by all threads; `store()` gives each its own connection."""

    project: Project
    settings: Settings = Settings()
    bus: Bus = field(default_factory=Bus)
    shared: dict[str, Any] = field(default_factory=dict)
    """Things that pages keep between requests (caches, workers), by a name of their own."""
    _local: threading.local = field(default_factory=threading.local, repr=False)

    def store(self) -> Store:
        """The series database, for this thread."""
        store = getattr(self._local, "store", None)
        if store is None:
            store = self._local.store = self.project.store.sibling()
        return store

    def here(self) -> Project:
        """The project with this thread's store: what the rooms' steps take."""
        return Project(self.project.root, self.store())
