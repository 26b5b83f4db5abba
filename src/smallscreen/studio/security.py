"""The rules on every request: which host, whose request, from which page, how large; and the headers of every answer.

    install(app, studio)      # request.state then has .account, .csrf, .language, .login, .address

The guard stands in front of all routes, static files and errors included. Where people have accounts, nothing
but the login page and the static files answers to somebody who is not logged in; a route that
forgets to ask for a role is still not open to the world.
"""

from __future__ import annotations

import getpass
import hmac
import ipaddress
import logging
import secrets
import traceback
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import sqlalchemy as sa
from fastapi import FastAPI, HTTPException
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from smallscreen.studio import i18n, said
from smallscreen.studio.accounts import Account
from smallscreen.studio.context import Studio
from smallscreen.studio.logins import Login, Logins

BODY_BYTES = 1_000_000
"""The largest JSON or form; files go up to Settings.upload_bytes."""
CSRF_COOKIE = "smallscreen_csrf"
OPEN = ("/login", "/api/login")
"""What answers to people who are not logged in, besides /static."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self'; "
        "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), display-capture=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_log = logging.getLogger("smallscreen.studio")


def install(app: FastAPI, studio: Studio) -> None:
    """Put the guard in front of an application."""
    studio.shared["logins"] = Logins(studio)
    app.add_middleware(Guard, studio=studio)


def session_cookie(studio: Studio, scheme: str) -> str:
    """The name of the cookie; browsers share cookies between the ports of a host, so the port is in it."""
    name = f"smallscreen_session_{studio.settings.port}"
    # Browsers take a cookie of this prefix only over https, for this host alone.
    return f"__Host-{name}" if scheme == "https" else name


@dataclass
class _Who:
    account: Account | None
    login: Login | None
    csrf: str
    fresh: bool
    """The token is new: its cookie has to be set."""


class Guard:
    """ASGI middleware; see the module's text."""

    def __init__(self, app: ASGIApp, studio: Studio) -> None:
        self.app = app
        self.studio = studio
        self.alone = Account(_user(), "admin")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        https = scope.get("scheme") == "https"
        started = False
        who = _Who(None, None, "", False)

        async def answer(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._headers(scope, MutableHeaders(scope=message), who, https)
            await send(message)

        try:
            refused = self._wrong_host(headers)
            if refused is None:
                who = await self._who(scope, headers)
                self._state(scope, headers, who)
                refused = self._closed(scope, headers, who) or self._too_large(scope, headers)
            if refused is None and scope["method"] not in ("GET", "HEAD", "OPTIONS", "TRACE"):
                refused, receive = await self._foreign(scope, headers, receive, who)
            if refused is not None:
                await refused(scope, receive, answer)
                return
            await self.app(scope, self._limited(headers, receive), answer)
        except Exception as error:
            log_error(error)
            if started:
                raise
            await _error(scope, 500, "This is our mistake, not yours; the studio's log says more.")(
                scope, receive, answer
            )

    # --- which host ------------------------------------------------------------------------

    def _wrong_host(self, headers: Headers) -> Response | None:
        """A page of another site whose name was made to lead here (DNS rebinding) says that name."""
        hosts = headers.getlist("host")
        name = host_name(hosts[0]) if len(hosts) == 1 else None
        if name is not None and self._ours(name):
            return None
        return PlainTextResponse(
            "The studio does not answer to this name; give it with --allowed-host when it is yours.\n", 400
        )

    def _ours(self, name: str) -> bool:
        settings = self.studio.settings
        known = {
            "localhost",
            "127.0.0.1",
            "::1",
            settings.host.lower(),
            *(h.lower() for h in settings.allowed_hosts),
        }
        if name in known:
            return True
        # Listening on every address: a bare address cannot have been made to lead here, a name can.
        return settings.host in ("0.0.0.0", "::") and _is_address(name)

    # --- whose request ---------------------------------------------------------------------

    async def _who(self, scope: Scope, headers: Headers) -> _Who:
        cookies = cookie_parser(headers.get("cookie", ""))
        if self.studio.settings.accounts:
            token = cookies.get(session_cookie(self.studio, scope.get("scheme", "http")), "")
            logins: Logins = self.studio.shared["logins"]
            login = logins.known(token) or (await run_in_threadpool(logins.find, token) if token else None)
            if login is not None:
                return _Who(login.account, login, login.csrf, False)
        # Without a login the token is the browser's: a foreign page can neither read nor set it.
        there = cookies.get(CSRF_COOKIE, "")
        fresh = not 32 <= len(there) <= 64 or not there.isascii()
        account = None if self.studio.settings.accounts else self.alone
        return _Who(account, None, secrets.token_urlsafe(32) if fresh else there, fresh)

    def _state(self, scope: Scope, headers: Headers, who: _Who) -> None:
        cookies = cookie_parser(headers.get("cookie", ""))
        state: dict[str, Any] = dict(scope.get("state") or {})
        state["account"] = who.account
        state["login"] = who.login
        state["csrf"] = who.csrf
        state["language"] = i18n.choose(cookies.get("smallscreen_language"), headers.get("accept-language"))
        state["address"] = (scope.get("client") or ("unknown", 0))[0]
        scope["state"] = state

    def _closed(self, scope: Scope, headers: Headers, who: _Who) -> Response | None:
        path: str = scope["path"]
        if who.account is not None or path in OPEN or path.startswith("/static/"):
            return None
        if (
            scope["method"] == "GET"
            and "text/html" in headers.get("accept", "")
            and not path.startswith("/api")
        ):
            query = scope.get("query_string", b"").decode("latin-1")
            there = path + (f"?{query}" if query else "")
            return RedirectResponse("/login" if path == "/" else f"/login?next={quote(there, safe='/')}", 303)
        return _error(scope, 401, "Log in first.")

    # --- from which page -------------------------------------------------------------------

    async def _foreign(
        self, scope: Scope, headers: Headers, receive: Receive, who: _Who
    ) -> tuple[Response | None, Receive]:
        """A change must come from a page of the studio: its origin, and the token that only its pages hold."""
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower():
            return _refusal(scope, "The request comes from a page of another site."), receive
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return _refusal(scope, "The request comes from a page of another site."), receive
        token = headers.get("x-csrf-token")
        if token is None and _kind(headers) == "application/x-www-form-urlencoded":
            body = await _read(self._limited(headers, receive))
            if body is None:
                return _error(scope, 413, "That is too large."), receive
            token = parse_qs(body.decode("utf-8", "replace"), max_num_fields=100).get("csrf", [""])[0]
            receive = _again(body, receive)
        # A token that is new with this request was not sent by anybody.
        if who.fresh or not hmac.compare_digest((token or "").encode(), who.csrf.encode()):
            return _refusal(scope, "The page is out of date: load it again, then repeat the change."), receive
        return None, receive

    # --- how large -------------------------------------------------------------------------

    def _limit(self, headers: Headers) -> int:
        return self.studio.settings.upload_bytes if _kind(headers) == "multipart/form-data" else BODY_BYTES

    def _too_large(self, scope: Scope, headers: Headers) -> Response | None:
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length[:18]) > self._limit(headers):
            return _error(scope, 413, "That is too large.")
        return None

    def _limited(self, headers: Headers, receive: Receive) -> Receive:
        """The body may come without a length: it is counted too."""
        limit, got = self._limit(headers), 0

        async def counted() -> Message:
            nonlocal got
            message = await receive()
            got += len(message.get("body", b""))
            if got > limit:
                raise HTTPException(413, "That is too large.")
            return message

        return counted

    # --- the answer ------------------------------------------------------------------------

    def _headers(self, scope: Scope, headers: MutableHeaders, who: _Who, https: bool) -> None:
        # A route may say otherwise: a report that is looked at stands in a sandbox (pages/export.py).
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        path: str = scope["path"]
        if path.startswith("/static/"):
            versioned = b"v=" in scope.get("query_string", b"")
            headers["Cache-Control"] = "public, max-age=31536000, immutable" if versioned else "no-cache"
        elif path.startswith("/media/"):
            headers.setdefault("Cache-Control", "private, no-cache")
        else:
            headers["Cache-Control"] = "no-store"
        if who.fresh and not path.startswith("/static/"):
            secure = "; Secure" if https else ""
            headers.append(
                "Set-Cookie",
                f"{CSRF_COOKIE}={who.csrf}; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000{secure}",
            )


def host_name(host: str) -> str | None:
    """`localhost:8787` as `localhost`, `[::1]:8787` as `::1`; None when it is no host."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return None
    if parts.username is not None or parts.path or parts.query or parts.fragment:
        return None
    return (parts.hostname or "").rstrip(".") or None


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server on `host`."""
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def log_error(error: Exception) -> None:
    """Where a mistake of ours happened. A database's own words are left out: they repeat what was stored."""
    words = type(error).__name__
    if not isinstance(error, sa.exc.SQLAlchemyError | UnicodeError | ValueError):
        words += f": {str(error)[:300]}"
    where = "".join(traceback.format_tb(error.__traceback__)[-8:])
    _log.error("a request failed: %s\n%s", words, where)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _user() -> str:
    try:
        return getpass.getuser() or "studio"
    except (OSError, KeyError, ImportError):
        return "studio"


def _kind(headers: Headers) -> str:
    return headers.get("content-type", "").split(";")[0].strip().lower()


def _error(scope: Scope, status: int, words: str) -> Response:
    language = (scope.get("state") or {}).get("language", i18n.DEFAULT)
    return JSONResponse({"detail": said.refusal(language, words)}, status)


def _refusal(scope: Scope, words: str) -> Response:
    return _error(scope, 403, words)


async def _read(receive: Receive) -> bytes | None:
    parts: list[bytes] = []
    try:
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return b""
            parts.append(message.get("body", b""))
            if not message.get("more_body"):
                return b"".join(parts)
    except HTTPException:
        return None


def _again(body: bytes, receive: Receive) -> Receive:
    given = False

    async def once_more() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once_more
