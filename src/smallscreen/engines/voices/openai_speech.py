"""Any endpoint that speaks OpenAI's /v1/audio/speech.

Address and key come from the environment: SMALLSCREEN_SPEECH_BASE_URL and SMALLSCREEN_SPEECH_API_KEY, else
the pair that drafting uses (SMALLSCREEN_, then OPENAI_). The key is held by the client alone. The model is
SMALLSCREEN_SPEECH_MODEL or --model, the voices SMALLSCREEN_SPEECH_VOICES (names with commas between them):
endpoints have no list to ask for.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from smallscreen.engines import openai_chat as endpoint
from smallscreen.engines.sound import SoundProblem, Speech, decode, level
from smallscreen.engines.voice import CannotSpeak, Voice, VoiceEngine, sayable
from smallscreen.errors import EngineError, UserError

MODEL = "tts-1"
VOICES = ("alloy", "ash", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer")
"""The voices of OpenAI's own endpoint."""
MAX_REPLY_BYTES = 24 * 1024 * 1024
"""Two minutes of WAV at 48 kHz in two channels."""
_QUIET = -60.0  # dBFS; quieter is no speech
_LONGEST = (8.0, 0.6)  # seconds, and a character: nobody speaks slower


class OpenAISpeech(VoiceEngine):
    """`tries` counts the first one too. `sleep` can be replaced, for tests of the waiting."""

    id: ClassVar[str] = "openai"
    name: ClassVar[str] = "OpenAI-compatible speech endpoint"
    description: ClassVar[str] = "any /v1/audio/speech endpoint; base URL and key from the environment"
    paid: ClassVar[bool] = True
    parallel: ClassVar[int] = 4

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
        environment = os.environ if environment is None else environment
        self.model = model or environment.get("SMALLSCREEN_SPEECH_MODEL", "").strip() or MODEL
        named = environment.get("SMALLSCREEN_SPEECH_VOICES", "").split(",")
        self._voices = [v.strip()[:100] for v in named if v.strip()] or list(VOICES)
        self._timeout = endpoint._seconds(environment) if timeout is None else timeout
        self._tries, self._backoff, self._sleep = max(1, tries), backoff, sleep
        address, key = _address(environment)
        base_url, login = endpoint._without_login(address)
        self._where = endpoint._host(base_url)
        self._redact = endpoint._redactor(key, *login)
        self._client: Any = None
        self._lock = threading.Lock()
        self._make = lambda: endpoint._client(base_url, key, login, self._timeout)

    def __repr__(self) -> str:
        return f"OpenAISpeech(model={self.model!r}, at={self._where!r})"

    def voices(self, language: str) -> list[Voice]:
        """Every voice is taken to speak every language."""
        return [Voice(name, name) for name in self._voices]

    def identity(self, voice: str) -> str:
        return f"{self._where} {self.model}"

    def speak(self, text: str, voice: str, rate: float = 1.0) -> Speech:
        """See VoiceEngine. What is no speech (HTML, silence, a minute for a word) is asked for again as a
        broken connection is; 401, 403 and 404 are the user's to set right."""
        said = sayable(text)
        body: dict[str, Any] = {
            "model": self.model,
            "voice": voice,
            "input": said,
            "response_format": "wav",
        }
        if abs(rate - 1) > 0.005:
            body["speed"] = round(rate, 2)
        trouble, wait = "", 0.0
        for attempt in range(self._tries):
            if attempt:
                self._sleep(wait)
            try:
                return _speech(self._once(body), said)
            except endpoint._Again as again:
                trouble = again.trouble
                grown = self._backoff * 2**attempt * random.uniform(0.5, 1.0)
                wait = min(endpoint.LONGEST_WAIT, max(grown, again.after))
        raise EngineError(
            f"{self._where} gave no speech after {self._tries} tries (the last: {trouble}); "
            "what has arrived is kept, run the same command again to go on."
        )

    def _once(self, body: dict[str, Any]) -> bytes:
        import openai

        with self._lock:
            if self._client is None:
                self._client = self._make()
        deadline = time.monotonic() + self._timeout
        try:
            with self._client.audio.speech.with_streaming_response.create(**body) as answer:
                return _read(answer, deadline)
        except openai.APIStatusError as error:
            raise self._status(error) from None
        except openai.APITimeoutError:
            raise endpoint._Again(f"nothing for {self._timeout:g} s") from None
        except openai.APIConnectionError as error:
            raise endpoint._Again(f"no connection, {endpoint._cause(error)}") from None
        except openai.OpenAIError as error:
            raise EngineError(f"{self._where}: {self._redact(str(error))}.") from None
        except endpoint._Again:
            raise
        except Exception as error:
            # The transport's own exceptions carry the request, and so the key.
            if type(error).__module__.partition(".")[0] in {
                "httpx",
                "httpx2",
                "httpcore",
                "httpcore2",
                "h11",
            }:
                raise endpoint._Again(f"the connection broke ({type(error).__name__})") from None
            raise

    def _status(self, error: Any) -> Exception:
        code = int(error.status_code)
        message = self._redact(endpoint._said(error))
        if code in (401, 403):
            return UserError(
                f"{self._where} refused the key (status {code}); set SMALLSCREEN_SPEECH_API_KEY to a key for that "
                "endpoint, or SMALLSCREEN_SPEECH_BASE_URL to the endpoint of your key."
            )
        if code == 404:
            return UserError(
                f"{self._where} knows no model {self.model!r} or no /audio/speech at that address (status 404); set "
                "SMALLSCREEN_SPEECH_MODEL, or SMALLSCREEN_SPEECH_BASE_URL (it usually ends in /v1)."
            )
        if code in (408, 409, 425, 429) or code >= 500:
            return endpoint._Again(f"status {code}", endpoint._retry_after(error.response.headers))
        if code in (400, 422) and "voice" in message:
            return UserError(
                f"{self._where} refused the voice ({message}); name its voices in SMALLSCREEN_SPEECH_VOICES."
            )
        if code in (400, 413, 422):
            return CannotSpeak(f"the endpoint refused it ({message or f'status {code}'})")
        return EngineError(
            f"{self._where} refused the request with status {code} ({message or 'no reason given'})."
        )


def _address(environment: Mapping[str, str]) -> tuple[str, str]:
    """Base URL and key of one family of variables; that for speech comes first."""
    own = {
        f"SMALLSCREEN_{name}": environment.get(f"SMALLSCREEN_SPEECH_{name}", "").strip()
        for name in ("BASE_URL", "API_KEY")
    }
    try:
        return endpoint._address(own if any(own.values()) else environment)
    except UserError as error:
        said = str(error)
        if any(own.values()):
            said = said.replace("SMALLSCREEN_", "SMALLSCREEN_SPEECH_")
        raise UserError(said.replace("model endpoint", "speech endpoint")) from None


def _read(answer: Any, deadline: float) -> bytes:
    data = bytearray()
    for chunk in answer.iter_bytes():
        data += chunk
        if len(data) > MAX_REPLY_BYTES:
            raise endpoint._Again(f"a reply of more than {MAX_REPLY_BYTES // 1024 // 1024} MB")
        if time.monotonic() > deadline:
            raise endpoint._Again("a reply that never ended")
    return bytes(data)


def _speech(data: bytes, text: str) -> Speech:
    """The reply as sound that can be the text."""
    most = _LONGEST[0] + _LONGEST[1] * len(text)
    try:
        speech = decode(data, most)
    except SoundProblem as problem:
        raise endpoint._Again(f"a reply that is {problem}") from None
    if level(speech.samples) < _QUIET:
        raise endpoint._Again("a reply that is silence")
    return speech
