"""Any endpoint that speaks OpenAI's chat completions: OpenAI, DeepSeek, Qwen, Ollama, vLLM, llama.cpp.

Address and key come from the environment: SMALLSCREEN_BASE_URL and SMALLSCREEN_API_KEY, or else
OPENAI_BASE_URL and OPENAI_API_KEY; `engines.endpoint` says how they are kept.
"""

from __future__ import annotations

import json as jsonlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from smallscreen.engines.chat import ChatEngine, Message, Reply
from smallscreen.engines.endpoint import Again, Endpoint
from smallscreen.errors import EngineError, UserError

MAX_REPLY_BYTES = 4 * 1024 * 1024
"""A reply is read no further than this. The longest honest one, 100 lines, takes about 20 kB."""
_MOST_CHANGES = 3
"""So often one request is changed to what its endpoint wants; there are four parameters it may not know."""


class OpenAIChat(ChatEngine):
    """`model` is the name the endpoint knows it by; the rest is as in Endpoint."""

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
        self._endpoint = Endpoint(environment, timeout=timeout, tries=tries, backoff=backoff, sleep=sleep)
        self._settings: dict[str, Any] = {}  # what this endpoint turned out to want otherwise
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"OpenAIChat(model={self.model!r}, at={self._endpoint.where!r})"

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
        adapted = 0

        def once() -> Reply:
            nonlocal adapted
            while True:
                try:
                    return self._once(body)
                except _Adapt as adapt:
                    # One endpoint knows no response_format, another no max_tokens: drop it and ask again.
                    adapted += 1
                    if adapted > _MOST_CHANGES:
                        raise EngineError(
                            f"{self._endpoint.where} refused the request ({adapt.message})."
                        ) from None
                    with self._lock:
                        self._settings |= adapt.change

        return self._endpoint.insist(once, "did not answer")

    def _once(self, body: dict[str, Any]) -> Reply:
        with self._lock:
            settings = dict(self._settings)

        def refused(code: int, message: str) -> Exception | None:
            if code in (400, 422) and (change := _otherwise(message, body, settings)):
                return _Adapt(change, message)
            if code == 404:
                return UserError(
                    f"{self._endpoint.where} knows no model {self.model!r} or no chat completions at that address "
                    "(status 404); set --model, or SMALLSCREEN_BASE_URL (it usually ends in /v1)."
                )
            return None

        data = self._endpoint.once(
            lambda client: client.chat.completions.with_streaming_response.create(**_with(body, settings)),
            MAX_REPLY_BYTES,
            refused,
        )
        return _reply(data, self.model)


class _Adapt(Exception):
    def __init__(self, change: dict[str, Any], message: str) -> None:
        super().__init__(message)
        self.change, self.message = change, message


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


def _reply(data: bytes, model: str) -> Reply:
    # Bytes that are not UTF-8 become U+FFFD; whoever reads the lines sees which ones are damaged.
    try:
        answer = jsonlib.loads(data.decode("utf-8", "replace"))
        choice = answer["choices"][0]
        text = choice["message"]["content"]
    except (ValueError, RecursionError, LookupError, TypeError):
        raise Again("a reply that is not a chat completion") from None
    if text is None:
        text = ""
    if not isinstance(text, str):
        raise Again("a reply without text")
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
