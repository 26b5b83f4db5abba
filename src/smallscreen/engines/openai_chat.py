"""Any endpoint that speaks OpenAI's chat completions: OpenAI, DeepSeek, Qwen, Ollama, vLLM, llama.cpp.

Address and key come from the environment: SMALLSCREEN_BASE_URL and SMALLSCREEN_API_KEY, or else
OPENAI_BASE_URL and OPENAI_API_KEY. The two are taken as a pair, so that a key meant for one host never
travels to another. The key is held by the client alone; no message, log or file of ours holds it.
"""

from __future__ import annotations

import base64
import json as jsonlib
import os
import random
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

from smallscreen.engines.chat import ChatEngine, Message, Reply
from smallscreen.errors import EngineError, UserError

DEFAULT_BASE_URL = "https://api.openai.com/v1"
TIMEOUT = 60.0
"""Seconds one reply may take. A slow model on one's own machine needs more: SMALLSCREEN_TIMEOUT."""
MAX_REPLY_BYTES = 4 * 1024 * 1024
"""A reply is read no further than this. The longest honest one, 100 lines, takes about 20 kB."""
LONGEST_WAIT = 60.0
"""Seconds we wait at most between two tries, whatever Retry-After says."""
NO_KEY = "none"
"""Sent where no key is set: servers on one's own machine ask for none, but the client insists on one."""


class OpenAIChat(ChatEngine):
    """`model` is the name the endpoint knows it by. `timeout` is in seconds, for one whole reply; where
    it is not given, SMALLSCREEN_TIMEOUT says it, else it is 60.

    `tries` counts the first one too. `sleep` can be replaced, for tests of the waiting.
    """

    id: ClassVar[str] = "openai"
    name: ClassVar[str] = "OpenAI-compatible endpoint"
    description: ClassVar[str] = "any chat completions endpoint; base URL and key from the environment"

    def __init__(
        self,
        model: str | None = None,
        *,
        timeout: float | None = None,
        tries: int = 5,
        backoff: float = 1.0,
        environment: Mapping[str, str] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not model:
            raise UserError("The openai engine needs the name of a model; give it with --model.")
        self.model = model
        environment = os.environ if environment is None else environment
        timeout = _seconds(environment) if timeout is None else timeout
        self._timeout, self._tries, self._backoff, self._sleep = timeout, max(1, tries), backoff, sleep
        address, key = _address(environment)
        # The transport logs the addresses it calls, so credentials must not be in them.
        base_url, login = _without_login(address)
        self._where = _host(base_url)
        self._redact = _redactor(key, *login)
        self._settings: dict[str, Any] = {}  # what this endpoint turned out to want otherwise
        self._lock = threading.Lock()
        self._client: Any = None
        self._make = lambda: _client(base_url, key, login, timeout)

    def __repr__(self) -> str:
        return f"OpenAIChat(model={self.model!r}, at={self._where!r})"

    def complete(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        json: bool = True,
        stop: Sequence[str] = (),
        script: str | None = None,
    ) -> Reply:
        """See ChatEngine. 429, 5xx, a broken connection, a time-out and a reply that cannot be read
        are tried again, with growing waits; 401, 403 and 404 are the user's to set right."""
        body: dict[str, Any] = {"model": self.model, "messages": list(messages)}
        body |= {"max_tokens": max_tokens, "temperature": temperature}
        if json:
            body["response_format"] = {"type": "json_object"}
        if stop:
            body["stop"] = list(stop)
        trouble, wait, attempt = "", 0.0, 0
        adapted = 0
        while attempt < self._tries:
            if attempt:
                self._sleep(wait)
            attempt += 1
            try:
                return self._once(body)
            except _Again as again:
                trouble = again.trouble
                # Full jitter on the upper half keeps parallel workers from coming back together.
                grown = self._backoff * 2 ** (attempt - 1) * random.uniform(0.5, 1.0)
                wait = min(LONGEST_WAIT, max(grown, again.after))
            except _Adapt as adapt:
                # One endpoint knows no response_format, another no max_tokens: drop it and ask again.
                attempt, wait, adapted = attempt - 1, 0.0, adapted + 1
                if adapted > 3:
                    raise EngineError(f"{self._where} refused the request ({adapt.message}).") from None
                with self._lock:
                    self._settings |= adapt.change
        raise EngineError(
            f"{self._where} did not answer after {self._tries} tries (the last: {trouble}); "
            "what has arrived is kept, run the same command again to go on."
        )

    def _once(self, body: dict[str, Any]) -> Reply:
        import openai

        with self._lock:
            if self._client is None:
                self._client = self._make()
            settings = dict(self._settings)
        deadline = time.monotonic() + self._timeout
        try:
            with self._client.chat.completions.with_streaming_response.create(
                **_with(body, settings)
            ) as answer:
                data = _read(answer, deadline)
        except openai.APIStatusError as error:
            raise self._status(error, body, settings) from None
        except openai.APITimeoutError:
            raise _Again(f"nothing for {self._timeout:g} s") from None
        except openai.APIConnectionError as error:
            raise _Again(f"no connection, {_cause(error)}") from None
        except openai.OpenAIError as error:
            raise EngineError(f"{self._where}: {self._redact(str(error))}.") from None
        except _Again:
            raise
        except Exception as error:
            # While the body is read the transport's own exceptions come through; each means that
            # the connection broke, and none must carry its request (and so the key) any further.
            if type(error).__module__.partition(".")[0] in {
                "httpx2",
                "httpx",
                "httpcore",
                "httpcore2",
                "h11",
            }:
                raise _Again(f"the connection broke ({type(error).__name__})") from None
            raise
        return _reply(data, self.model)

    def _status(self, error: Any, body: dict[str, Any], settings: dict[str, Any]) -> Exception:
        code = int(error.status_code)
        message = self._redact(_said(error))
        if code in (400, 422):
            change = _otherwise(message, body, settings)
            if change:
                return _Adapt(change, message)
        if code == 401 or code == 403:
            return UserError(
                f"{self._where} refused the key (status {code}); set SMALLSCREEN_API_KEY to a key for that "
                "endpoint, or SMALLSCREEN_BASE_URL to the endpoint of your key."
            )
        if code == 404:
            return UserError(
                f"{self._where} knows no model {self.model!r} or no chat completions at that address (status 404); "
                "set --model, or SMALLSCREEN_BASE_URL (it usually ends in /v1)."
            )
        if code in (408, 409, 425, 429) or code >= 500:
            return _Again(f"status {code}", _retry_after(error.response.headers))
        return EngineError(
            f"{self._where} refused the request with status {code} ({message or 'no reason given'})."
        )


class _Again(Exception):
    """Worth another try. `after`: seconds the endpoint asked us to wait."""

    def __init__(self, trouble: str, after: float = 0.0) -> None:
        super().__init__(trouble)
        self.trouble, self.after = trouble, after


class _Adapt(Exception):
    def __init__(self, change: dict[str, Any], message: str) -> None:
        super().__init__(message)
        self.change, self.message = change, message


def _address(environment: Mapping[str, str]) -> tuple[str, str]:
    """Base URL and key, as a pair of one family of variables. UserError when neither is set."""
    for family in ("SMALLSCREEN", "OPENAI"):
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
        "No model endpoint is set; set SMALLSCREEN_API_KEY, and SMALLSCREEN_BASE_URL unless it is OpenAI's."
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


def _with(body: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    out = dict(body)
    for name, instead in settings.items():
        if name in out:
            value = out.pop(name)
            if instead:
                out[instead] = value
    return out


def _otherwise(message: str, body: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """Which parameter the endpoint complained of, and what to send in its place ('': nothing)."""
    for name in ("max_tokens", "temperature", "response_format", "stop"):
        if name in body and name not in settings and name in message:
            return {name: "max_completion_tokens" if name == "max_tokens" else ""}
    return {}


def _read(answer: Any, deadline: float) -> bytes:
    """The body, bounded in size and in time: an endpoint that drips a byte a second must not hold us."""
    data = bytearray()
    for chunk in answer.iter_bytes():
        data += chunk
        if len(data) > MAX_REPLY_BYTES:
            raise _Again(f"a reply of more than {MAX_REPLY_BYTES // 1024 // 1024} MB")
        if time.monotonic() > deadline:
            raise _Again("a reply that never ended")
    return bytes(data)


def _reply(data: bytes, model: str) -> Reply:
    # Bytes that are not UTF-8 become U+FFFD; whoever reads the lines sees which ones are damaged.
    try:
        answer = jsonlib.loads(data.decode("utf-8", "replace"))
        choice = answer["choices"][0]
        text = choice["message"]["content"]
    except (ValueError, RecursionError, LookupError, TypeError):
        raise _Again("a reply that is not a chat completion") from None
    if text is None:
        text = ""
    if not isinstance(text, str):
        raise _Again("a reply without text")
    usage = answer.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    reason = choice.get("finish_reason")
    return Reply(
        text=text,
        prompt_tokens=_whole(usage.get("prompt_tokens")),
        completion_tokens=_whole(usage.get("completion_tokens")),
        model=str(answer.get("model") or model)[:200],
        finish_reason=reason if isinstance(reason, str) else None,
    )


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value < 2**31 else 0


def _said(error: Any) -> str:
    body = error.body
    if isinstance(body, dict):
        body = body.get("message") or body.get("error") or ""
    return body[:2000] if isinstance(body, str) else ""


def _cause(error: BaseException) -> str:
    return type(error.__cause__ or error).__name__


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
