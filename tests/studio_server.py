"""A real studio for the tests: `smallscreen studio` in a process of its own, on a free port of loopback.

with running(folder) as studio:
    studio.put("/api/...", json={...})             # the token of the pages is sent along
with running(folder, accounts=True) as studio:     # accounts admin, editor, viewer
    studio.login("editor")
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from smallscreen.errors import UserError
from smallscreen.series.project import open_project
from smallscreen.studio import accounts as people

PASSWORDS = {name: f"only for tests: {name} 7351" for name in ("admin", "editor", "viewer")}
START_S = 90


class StudioClient:
    """A person at a browser: cookies are kept, and changes carry the page's token."""

    def __init__(self, url: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.url = url.rstrip("/")
        self.process = process
        self._log = log
        self._token: tuple[str, str] | None = None
        self.http = httpx.Client(base_url=self.url, timeout=60)

    @property
    def log(self) -> str:
        """What the server printed so far."""
        return self._log.read_text("utf-8", "replace")

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.http.get(path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.send("POST", path, **more)

    def put(self, path: str, **more: Any) -> httpx.Response:
        return self.send("PUT", path, **more)

    def patch(self, path: str, **more: Any) -> httpx.Response:
        return self.send("PATCH", path, **more)

    def send(
        self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        """A change; give the header X-CSRF-Token to send another token than the page's."""
        sent = {"X-CSRF-Token": "", **(headers or {})}
        if not sent["X-CSRF-Token"]:
            sent["X-CSRF-Token"] = self.csrf()
        return self.http.request(method, path, headers=sent, **more)

    def csrf(self) -> str:
        """The token of the pages, as a page holds it; asked for once for each login."""
        login = next((v for k, v in self.http.cookies.items() if "session" in k), "")
        if self._token and self._token[0] == login:
            return self._token[1]
        found = re.search(r'<meta name="csrf" content="([^"]*)">', self.page("/account").text)
        assert found, "a page without a token"
        self._token = (login, found[1])
        return found[1]

    def page(self, path: str) -> httpx.Response:
        """A page as a browser asks for it."""
        return self.http.get(path, headers={"Accept": "text/html"}, follow_redirects=True)

    def login(self, name: str, password: str | None = None) -> httpx.Response:
        """Log in; without a password with the account's that `running` made."""
        data = {
            "name": name,
            "password": PASSWORDS[name] if password is None else password,
            "csrf": self.csrf(),
        }
        return self.http.post("/login", data=data, headers={"Accept": "text/html"})

    def another(self) -> StudioClient:
        """Another browser at the same studio."""
        return StudioClient(self.url, self.process, self._log)


@contextmanager
def running(
    project_dir: Path,
    accounts: bool = False,
    database: str | None = None,
    arguments: tuple[str, ...] = (),
) -> Iterator[StudioClient]:
    """A studio that serves `project_dir`; with accounts it has admin, editor and viewer."""
    if accounts:
        make_people(project_dir, database)
    words = [str(project_dir), "--port", "0", "--no-browser", "--accounts" if accounts else "--no-accounts"]
    if database:
        words += ["--database", database]
    log = Path(tempfile.mkstemp(prefix="studio-", suffix=".log")[1])
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "smallscreen", "studio", *words, *arguments],
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=environment,
        )
    client: StudioClient | None = None
    try:
        client = StudioClient(_address(process, log), process, log)
        yield client
    finally:
        if client is not None:
            client.http.close()
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.unlink()


def localized_sample(folder: Path) -> Path:
    """The sample series with its English edition; about ten seconds."""
    for words in (
        ["sample", str(folder)],
        ["localize", str(folder), "--market", "en-US", "--drafts", str(folder / "drafts" / "finished")],
    ):
        subprocess.run([sys.executable, "-m", "smallscreen", *words], check=True, stdout=subprocess.DEVNULL)
    return folder


def make_people(project_dir: Path, database: str | None = None) -> None:
    """Accounts of the three roles, where they are not there yet."""
    store = open_project(project_dir, database=database).store
    for name, role in (("admin", "admin"), ("editor", "editor"), ("viewer", "viewer")):
        try:
            people.find(store, name)
        except UserError:
            people.add(store, name, people.hashed(PASSWORDS[name], name), role)  # type: ignore[arg-type]
    store.engine.dispose()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        found = re.search(r"http://\S+", log.read_text("utf-8", "replace"))
        if found:
            return found[0]
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"the studio did not start: {log.read_text('utf-8', 'replace')}")
