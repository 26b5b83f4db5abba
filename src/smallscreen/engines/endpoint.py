"""What every OpenAI-compatible endpoint needs: address and key, requests with limits, and trying again.

Address and key come from the environment as a pair of one family of variables (`SMALLSCREEN_BASE_URL` and
`SMALLSCREEN_API_KEY`, for instance), so that a key meant for one host never travels to another. The key is held by
the client alone; no message, log or file of ours holds it.
"""

from __future__ import annotations

import base64
import os
import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from smallscreen.errors import EngineError, UserError

DEFAULT_BASE_URL = "https://api.openai.com/v1"
TIMEOUT = 60.0
"""Seconds one reply may take. A slow model on one's own machine needs more: SMALLSCREEN_TIMEOUT."""
LONGEST_WAIT = 60.0
"""Seconds we wait at most between two tries, whatever Retry-After says."""
NO_KEY = "none"
"""Sent where no key is set: servers on one's own machine ask for none, but the client insists on one."""
FAMILIES = ("SMALLSCREEN", "OPENAI")
_TRANSPORT = {"httpx", "httpx2", "httpcore", "httpcore2", "h11"}

T = TypeVar("T")


class Again(Exception):
    """Worth another try. `after`: seconds the endpoint asked us to wait."""

    def __init__(self, trouble: str, after: float = 0.0) -> None:
        super().__init__(trouble)
        self.trouble, self.after = trouble, after


class Endpoint:
    """One address with its key. `where` is its host and port, as messages name it.

    The first of `families` that has a variable set gives both; `purpose` ("model", "speech") names the endpoint where
    none has. `timeout` is in seconds, for one whole reply; where it is not given, SMALLSCREEN_TIMEOUT says it, else it
    is 60. `tries` counts the first one too. `sleep` can be replaced, for tests of the waiting. UserError when the
    environment has no address, or one that cannot be.
    """

    def __init__(
        self,
        environment: Mapping[str, str] | None = None,
        *,
        purpose: str = "model",
        families: tuple[str, ...] = FAMILIES,
        timeout: float | None = None,
        tries: int = 5,
        backoff: float = 1.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        environment = os.environ if environment is None else environment
        timeout = _seconds(environment) if timeout is None else timeout
        self._timeout, self._tries, self._backoff, self._sleep = timeout, max(1, tries), backoff, sleep
        self._family = families[0]
        address, key = _address(environment, families, purpose)
        # The transport logs the addresses it calls, so credentials must not be in them.
        base_url, login = _without_login(address)
        self.where = _host(base_url)
        self.redact = _redactor(key, *login)
        self._lock = threading.Lock()
        self._client: Any = None
        self._make = lambda: _client(base_url, key, login, timeout)

    def insist(self, once: Callable[[], T], failed: str) -> T:
        """What `once` gives; when it raises Again it is tried again, with growing waits. EngineError after the last
        try: `failed` says what the endpoint then did not do."""
        trouble, wait = "", 0.0
        for attempt in range(self._tries):
            if attempt:
                self._sleep(wait)
            try:
                return once()
            except Again as again:
                trouble = again.trouble
                # Full jitter on the upper half keeps parallel workers from coming back together.
                grown = self._backoff * 2**attempt * random.uniform(0.5, 1.0)
                wait = min(LONGEST_WAIT, max(grown, again.after))
        raise EngineError(
            f"{self.where} {failed} after {self._tries} tries (the last: {trouble}); "
            "what has arrived is kept, run the same command again to go on."
        )

    def once(
        self, ask: Callable[[Any], Any], most: int, refused: Callable[[int, str], Exception | None]
    ) -> bytes:
        """The body of one reply, read no further than `most` bytes and no longer than the time-out.

        `ask(client)` opens it as a stream. 429, 5xx, a broken connection, a time-out and a body past its limits raise
        Again. What `refused(status, message)` makes of another refusal is raised; where it makes nothing of it, 401
        and 403 are a UserError, the others an EngineError. `message` holds no secret.
        """
        import openai

        with self._lock:
            if self._client is None:
                self._client = self._make()
        deadline = time.monotonic() + self._timeout
        try:
            with ask(self._client) as answer:
                return _read(answer, most, deadline)
        except openai.APIStatusError as error:
            raise self._status(error, refused) from None
        except openai.APITimeoutError:
            raise Again(f"nothing for {self._timeout:g} s") from None
        except openai.APIConnectionError as error:
            raise Again(f"no connection, {type(error.__cause__ or error).__name__}") from None
        except openai.OpenAIError as error:
            raise EngineError(f"{self.where}: {self.redact(str(error))}.") from None
        except Again:
            raise
        except Exception as error:
            # While the body is read the transport's own exceptions come through; each means that
            # the connection broke, and none must carry its request (and so the key) any further.
            if type(error).__module__.partition(".")[0] in _TRANSPORT:
                raise Again(f"the connection broke ({type(error).__name__})") from None
            raise

    def _status(self, error: Any, refused: Callable[[int, str], Exception | None]) -> Exception:
        code = int(error.status_code)
        if code in (408, 409, 425, 429) or code >= 500:
            return Again(f"status {code}", _retry_after(error.response.headers))
        message = self.redact(_said(error))
        own = refused(code, message)
        if own is not None:
            return own
        if code in (401, 403):
            return UserError(
                f"{self.where} refused the key (status {code}); set {self._family}_API_KEY to a key for that "
                f"endpoint, or {self._family}_BASE_URL to the endpoint of your key."
            )
        return EngineError(
            f"{self.where} refused the request with status {code} ({message or 'no reason given'})."
        )


def _address(environment: Mapping[str, str], families: tuple[str, ...], purpose: str) -> tuple[str, str]:
    """Base URL and key, as a pair of one family of variables. UserError when none is set."""
    for family in families:
        url = environment.get(f"{family}_BASE_URL", "").strip()
        key = environment.get(f"{family}_API_KEY", "").strip()
        if not (url or key):
            continue
        if url and not _is_address(url):
            raise UserError(
                f"{family}_BASE_URL is not a web address without a query; "
                "set it to one such as http://localhost:11434/v1."
            )
        if not key.isascii() or any(ch.isspace() for ch in key):
            raise UserError(
                f"{family}_API_KEY holds characters that no key has; set it again, without quotes."
            )
        return url or DEFAULT_BASE_URL, key or NO_KEY
    raise UserError(
        f"No {purpose} endpoint is set; set SMALLSCREEN_API_KEY, and SMALLSCREEN_BASE_URL unless it is OpenAI's."
    )


def _seconds(environment: Mapping[str, str]) -> float:
    said = environment.get("SMALLSCREEN_TIMEOUT", "").strip()
    try:
        seconds = float(said) if said else TIMEOUT
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise UserError(f"SMALLSCREEN_TIMEOUT is {said[:20]!r}; set it to seconds, from 1 to 3600.")
    return seconds


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and not parts.query
        )
    except ValueError:
        return False


def _without_login(url: str) -> tuple[str, tuple[str, ...]]:
    """The address without the name and password it may carry, and these."""
    parts = urlsplit(url)
    if parts.username is None:
        return url, ()
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    return bare.geturl(), (unquote(parts.username), unquote(parts.password or ""))


def _client(base_url: str, key: str, login: tuple[str, ...], timeout: float) -> Any:
    import openai  # takes most of a second, so only here

    headers = None
    if login and key == NO_KEY:
        headers = {"Authorization": "Basic " + base64.b64encode(":".join(login).encode()).decode()}
    return openai.OpenAI(
        base_url=base_url, api_key=key, timeout=timeout, max_retries=0, default_headers=headers
    )


def _host(url: str) -> str:
    """Host and port, as messages name an endpoint."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def _redactor(*secrets: str) -> Callable[[str], str]:
    hidden = [s for s in secrets if s and s != NO_KEY]

    def redact(text: str) -> str:
        for secret in hidden:
            text = text.replace(secret, "***")
        # Endpoints like to quote the key they refuse, whole or in part.
        text = re.sub(r"\b(sk|key|Bearer)[-_ ][\w*.-]{6,}", "***", text)
        return re.sub(r"[\x00-\x1f\x7f-\x9f\s]+", " ", text).strip()[:200].rstrip(".")

    return redact


def _read(answer: Any, most: int, deadline: float) -> bytes:
    """The body, bounded in size and in time: an endpoint that drips a byte a second must not hold us."""
    data = bytearray()
    for chunk in answer.iter_bytes():
        data += chunk
        if len(data) > most:
            raise Again(f"a reply of more than {most // 1024 // 1024} MB")
        if time.monotonic() > deadline:
            raise Again("a reply that never ended")
    return bytes(data)


def _said(error: Any) -> str:
    body = error.body
    if isinstance(body, dict):
        body = body.get("message") or body.get("error") or ""
    return body[:2000] if isinstance(body, str) else ""


def _retry_after(headers: Mapping[str, str]) -> float:
    """Seconds of a Retry-After, which is a number or a date; 0 when there is none."""
    value = headers.get("retry-after", "").strip()
    try:
        return max(0.0, min(LONGEST_WAIT, float(value)))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(value).timestamp()
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return max(0.0, min(LONGEST_WAIT, when - time.time()))
