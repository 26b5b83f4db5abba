"""Any endpoint that speaks OpenAI's /v1/audio/speech.

Address and key come from the environment: SMALLSCREEN_SPEECH_BASE_URL and SMALLSCREEN_SPEECH_API_KEY, else
the pair that drafting uses (SMALLSCREEN_, then OPENAI_); `engines.endpoint` says how they are kept. The model is
SMALLSCREEN_SPEECH_MODEL or --model, the voices SMALLSCREEN_SPEECH_VOICES (names with commas between them):
endpoints have no list to ask for.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from smallscreen.engines.endpoint import FAMILIES, Again, Endpoint
from smallscreen.engines.sound import SoundProblem, Speech, decode, level
from smallscreen.engines.voice import CannotSpeak, Voice, VoiceEngine, sayable
from smallscreen.errors import UserError

MODEL = "tts-1"
VOICES = ("alloy", "ash", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer")
"""The voices of OpenAI's own endpoint."""
MAX_REPLY_BYTES = 24 * 1024 * 1024
"""Two minutes of WAV at 48 kHz in two channels."""
_QUIET = -60.0  # dBFS; quieter is no speech
_LONGEST = (8.0, 0.6)  # seconds, and a character: nobody speaks slower


class OpenAISpeech(VoiceEngine):
    """`model` and `environment` as above; the rest is as in Endpoint."""

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
        self._endpoint = Endpoint(
            environment,
            purpose="speech",
            families=("SMALLSCREEN_SPEECH", *FAMILIES),
            timeout=timeout,
            tries=tries,
            backoff=backoff,
            sleep=sleep,
        )

    def __repr__(self) -> str:
        return f"OpenAISpeech(model={self.model!r}, at={self._endpoint.where!r})"

    def voices(self, language: str) -> list[Voice]:
        """Every voice is taken to speak every language."""
        return [Voice(name, name) for name in self._voices]

    def identity(self, voice: str) -> str:
        return f"{self._endpoint.where} {self.model}"

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
        return self._endpoint.insist(lambda: _speech(self._once(body), said), "gave no speech")

    def _once(self, body: dict[str, Any]) -> bytes:
        return self._endpoint.once(
            lambda client: client.audio.speech.with_streaming_response.create(**body),
            MAX_REPLY_BYTES,
            self._refused,
        )

    def _refused(self, code: int, message: str) -> Exception | None:
        where = self._endpoint.where
        if code == 404:
            return UserError(
                f"{where} knows no model {self.model!r} or no /audio/speech at that address (status 404); set "
                "SMALLSCREEN_SPEECH_MODEL, or SMALLSCREEN_SPEECH_BASE_URL (it usually ends in /v1)."
            )
        if code in (400, 422) and "voice" in message:
            return UserError(
                f"{where} refused the voice ({message}); name its voices in SMALLSCREEN_SPEECH_VOICES."
            )
        if code in (400, 413, 422):
            return CannotSpeak(f"the endpoint refused it ({message or f'status {code}'})")
        return None


def _speech(data: bytes, text: str) -> Speech:
    """The reply as sound that can be the text."""
    most = _LONGEST[0] + _LONGEST[1] * len(text)
    try:
        speech = decode(data, most)
    except SoundProblem as problem:
        raise Again(f"a reply that is {problem}") from None
    if level(speech.samples) < _QUIET:
        raise Again("a reply that is silence")
    return speech
