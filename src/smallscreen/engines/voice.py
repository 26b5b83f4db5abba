"""Voices behind one door: a text goes in, one channel of speech comes out.

    engine = voice_engine("piper")
    voice = engine.voices("en-US")[0]
    speech = engine.speak("Grandpa, I'm home.", voice.id)

An engine is one file in `voices/` that holds one concrete subclass of `VoiceEngine`. The file is
imported only when an engine is asked for.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from smallscreen.engines.sound import Speech
from smallscreen.errors import UserError

MAX_CHARS = 1000
"""A line is cut here: no subtitle is so long, and nobody pays for what is none."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One voice of an engine. `languages` are BCP 47 tags, empty where it speaks whatever it is given."""

    id: str
    name: str
    languages: tuple[str, ...] = ()


class CannotSpeak(Exception):
    """This voice cannot speak this one line; the message is a short reason. Other lines may do."""


class VoiceEngine(ABC):
    """One way to make speech.

    `paid` says that a request may cost money, so that none is made twice. `paces` says that the engine
    speaks faster or slower by itself and may be asked again for it; elsewhere speech is stretched.
    `parallel` is how many requests it serves at once.
    """

    id: ClassVar[str]
    name: ClassVar[str]
    description: ClassVar[str]
    paid: ClassVar[bool] = False
    paces: ClassVar[bool] = False
    parallel: ClassVar[int] = 1

    @abstractmethod
    def voices(self, language: str) -> list[Voice]:
        """The voices for a language (BCP 47), the best match first; UserError says what to do for one."""

    @abstractmethod
    def speak(self, text: str, voice: str, rate: float = 1.0) -> Speech:
        """The text in that voice, at `rate` times its own pace (1.2 is faster).

        Raises CannotSpeak for a text that has no sound, UserError for what the user can set right and
        EngineError for what they cannot.
        """

    def identity(self, voice: str) -> str:
        """What decides the sound besides text, voice and rate: a model's name, a file's size."""
        return ""

    def close(self) -> None:  # noqa: B027  most engines hold nothing
        """End what was started; the engine starts anew when it is asked again."""


def voice_engine(name: str, **settings: Any) -> VoiceEngine:
    """The engine of that id. UserError names the engines that there are."""
    found = voice_engines()
    if name not in found:
        raise UserError(f"There is no voice engine {name!r}; there are {', '.join(found)}.")
    return found[name](**settings)


def voice_engines() -> dict[str, type[VoiceEngine]]:
    """Every engine by its id. None is started."""
    import smallscreen.engines.voices as package

    found: dict[str, type[VoiceEngine]] = {}
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda i: i.name):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        for value in vars(module).values():
            if not (inspect.isclass(value) and issubclass(value, VoiceEngine)) or inspect.isabstract(value):
                continue
            if value.__module__ == module.__name__:
                if value.id in found:
                    raise ValueError(f"two voice engines share the id {value.id!r}")
                found[value.id] = value
    return dict(sorted(found.items()))


def sayable(text: str) -> str:
    """The text as an engine gets it: one line, no control characters. CannotSpeak where nothing can be said."""
    usable = text.encode("utf-8", "ignore").decode("utf-8")
    usable = " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff]+", " ", usable).split())
    if not any(ch.isalnum() for ch in usable):
        raise CannotSpeak("there is no word in it")
    return usable[:MAX_CHARS]


def speaks(voice: Voice, language: str) -> int:
    """How well a voice fits a language: 2 the same place, 1 the same language or any, 0 another."""
    wanted = language.lower().replace("_", "-")
    tags = [tag.lower().replace("_", "-") for tag in voice.languages]
    if wanted in tags:
        return 2
    return int(not tags or wanted.partition("-")[0] in {tag.partition("-")[0] for tag in tags})
