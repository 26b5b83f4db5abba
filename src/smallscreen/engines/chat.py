"""Language models behind one door: messages go in, a reply with its token counts comes out.

    model = engine("openai", "deepseek-chat")
    reply = model.complete([{"role": "user", "content": "Say hello."}], max_tokens=20, json=False)

An engine is one file in this package, `*_chat.py` or `*_llm.py`, that holds one concrete subclass of
`ChatEngine`. The file is imported only when an engine is asked for, so that a program that drafts
nothing pays nothing for it at start-up.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Literal, NamedTuple

from smallscreen.errors import UserError

Message = dict[str, str]
"""One turn: `role` (system, user, assistant) and `content`."""


class Reply(NamedTuple):
    """What a model answered. Token counts are the endpoint's own, 0 where it gives none."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    model: str
    finish_reason: str | None = None


class ChatEngine(ABC):
    """One way to reach a language model.

    `kind` is `"chat"` for a model that follows instructions and `"base"` for one that only continues
    a text. `parallel` is how many requests it serves at once. `quality_note` is one sentence for the
    user about what to expect, None when there is nothing to warn of.
    """

    id: ClassVar[str]
    name: ClassVar[str]
    description: ClassVar[str]
    kind: ClassVar[Literal["chat", "base"]] = "chat"
    parallel: ClassVar[int] = 4
    quality_note: ClassVar[str | None] = None
    model: str

    @abstractmethod
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
        """The model's answer to `messages`, of at most `max_tokens` tokens.

        `json` asks for a JSON object. `script` is the ISO 15924 code of the writing system the answer
        must be in; engines that cannot hold a model to it leave it aside. Raises UserError for what
        the user can set right (key, address, model name) and EngineError for what they cannot.
        """


def engine(name: str, model: str | None = None, **settings: Any) -> ChatEngine:
    """The engine of that id, ready for `model`. UserError names the engines that there are."""
    found = engines()
    if name not in found:
        raise UserError(f"There is no engine {name!r}; there are {', '.join(found)}.")
    return found[name](model, **settings)  # type: ignore[call-arg]


def engines() -> dict[str, type[ChatEngine]]:
    """Every chat engine by its id. None is started."""
    import smallscreen.engines as package

    found: dict[str, type[ChatEngine]] = {}
    for info in pkgutil.iter_modules(package.__path__):
        if not info.name.endswith(("_chat", "_llm")):
            continue
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        for value in vars(module).values():
            if not (inspect.isclass(value) and issubclass(value, ChatEngine)) or inspect.isabstract(value):
                continue
            if value.__module__ == module.__name__:
                if value.id in found:
                    raise ValueError(f"two engines share the id {value.id!r}")
                found[value.id] = value
    return dict(sorted(found.items()))
