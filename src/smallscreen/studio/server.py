"""Running the studio: one process, one port, until Ctrl-C."""

from __future__ import annotations

import contextlib
import errno
import socket
import threading
import webbrowser
from collections.abc import Callable
from dataclasses import replace

import uvicorn

from smallscreen.errors import UserError
from smallscreen.series.project import Project
from smallscreen.studio import accounts
from smallscreen.studio.app import make_app
from smallscreen.studio.context import Settings, Studio
from smallscreen.studio.pages import pages
from smallscreen.studio.security import is_loopback


def serve(project: Project, settings: Settings, *, browser: bool, ready: Callable[[str], None]) -> None:
    """Serve a series until the person stops it; `ready` is told the address.

    Raises UserError when the port cannot be had, or when others could reach a studio without accounts.
    """
    if settings.accounts and not accounts.any_accounts(project.store):
        raise UserError(
            "Nobody has an account yet; make one first: "
            f"smallscreen studio-user add {project.root} NAME --role admin"
        )
    if not settings.accounts and (not is_loopback(settings.host) or settings.allowed_hosts):
        raise UserError(
            f"Others could reach {settings.host} without a password; leave --no-accounts out, "
            "or serve on 127.0.0.1 without --allowed-host."
        )
    listening = _listen(settings.host, settings.port)
    settings = replace(settings, port=listening.getsockname()[1])
    studio = Studio(project, settings)
    address = _address(settings)
    config = uvicorn.Config(
        make_app(studio),
        log_level="warning",
        access_log=False,
        server_header=False,
        # A proxy on this machine may say whom it speaks for; nobody else is believed.
        proxy_headers=bool(settings.allowed_hosts),
        forwarded_allow_ips="127.0.0.1,::1",
        timeout_keep_alive=30,
        timeout_graceful_shutdown=2,
        ws="none",
        lifespan="off",
    )
    server = _Server(config, studio, lambda: _open(address, browser, ready))
    try:
        server.run(sockets=[listening])
    except KeyboardInterrupt:
        pass
    finally:
        listening.close()


class _Server(uvicorn.Server):
    """Says when it answers, and sends the pages' news streams home before it waits for open requests."""

    def __init__(self, config: uvicorn.Config, studio: Studio, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._studio = studio
        self._when_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._when_started()
        threading.Thread(target=self._warm, name="warm", daemon=True).start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._studio.shared["closing"] = True
        self._studio.bus.publish("closing")
        for page in pages():
            page.close(self._studio)
        await super().shutdown(sockets)

    def _warm(self) -> None:
        for page in pages():
            # What fails here fails again, and is told, when somebody opens the page.
            with contextlib.suppress(Exception):
                page.warm(self._studio)


def _listen(host: str, port: int) -> socket.socket:
    if not 0 <= port <= 65535:
        raise UserError(f"There is no port {port}; give one from 1 to 65535.")
    try:
        kind, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError:
        raise UserError(f"This machine has no address {host}; give --host another.") from None
    listening = socket.socket(kind)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(where)
        listening.listen(2048)
    except OSError as e:
        listening.close()
        if e.errno == errno.EADDRINUSE:
            raise UserError(
                f"Port {port} is in use; give another with --port, or --port 0 for a free one."
            ) from None
        if e.errno == errno.EACCES:
            raise UserError(f"Port {port} is not yours to take; give one above 1023 with --port.") from None
        raise UserError(f"This machine has no address {host}; give --host another.") from None
    return listening


def _address(settings: Settings) -> str:
    host = "127.0.0.1" if settings.host == "0.0.0.0" else "::1" if settings.host == "::" else settings.host
    return f"http://[{host}]:{settings.port}/" if ":" in host else f"http://{host}:{settings.port}/"


def _open(address: str, browser: bool, ready: Callable[[str], None]) -> None:
    ready(address)
    if browser:
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
