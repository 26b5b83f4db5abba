"""Speech that was made is kept, by what made it: engine, model, voice, text and rate.

One WAV file a line, 16 bits, below the dub's folder of the series; a file appears when it is whole. A reply
that was paid for is written the moment it arrives. A file that is gone or damaged is made anew.
"""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path

from smallscreen.engines.sound import SoundProblem, Speech, decode, trimmed, write_wav
from smallscreen.engines.stretch import shifted
from smallscreen.engines.voice import VoiceEngine
from smallscreen.localize.dub.cast import Role
from smallscreen.series.steps import fingerprint


class Booth:
    """Where lines are spoken, each once. Safe to share between threads. `made` and `reused` count."""

    def __init__(self, folder: Path, engine: VoiceEngine) -> None:
        self.folder = folder
        self.engine = engine
        self.count: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._asked: dict[str, threading.Lock] = {}

    def say(self, text: str, role: Role, rate: float = 1.0) -> Speech:
        """The line without silence around it, in the role's pitch; `rate` is asked of the engine."""
        speech = self._kept(text, role.voice, round(rate, 2))
        return shifted(trimmed(speech), role.pitch)

    def _kept(self, text: str, voice: str, rate: float) -> Speech:
        key = fingerprint(self.engine.id, self.engine.identity(voice), voice, text, rate)
        path = self.folder / key[:2] / f"{key}.wav"
        with self._lock:
            asked = self._asked.setdefault(key, threading.Lock())
        with asked:  # "What?" may stand twice in an episode, and is paid for once
            speech = _read(path)
            with self._lock:
                self.count["reused" if speech else "made"] += 1
            if speech is None:
                speech = self.engine.speak(text, voice, rate)
                write_wav(path, speech.samples, speech.rate, bits=16)
        return speech


def _read(path: Path) -> Speech | None:
    try:
        return decode(path.read_bytes())
    except (OSError, SoundProblem):
        return None
