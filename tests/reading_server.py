"""A model endpoint that labels lines, for tests: ModelServer's HTTP, faults and counts with other answers.

    with ReadingServer(faults="invent*") as server:
        ... SMALLSCREEN_BASE_URL=server.url ...

It understands nothing: a line that holds a word of STORY or CULTURE gets that word's label, any other
line none. Besides the faults of `tests.model_server` (429, 500, half, half-body, silence, reset, huge,
garbage, fence, foreign, obey) there are

    ghosts    labels for ids that do not exist, beside the right ones      invent   words that stand in no line
    kinds     kinds and needs that do not exist                            twice    two different labels for one line
    prose     sentences instead of JSON                                    empty    {} where labels are due
    list      a list of objects with "id" instead of an object             deep     brackets without end
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.model_server import ORDER, ModelServer, _Handler, count, count_messages

STORY: dict[str, dict[str, Any]] = {
    "我怕": {"v": ["fear"], "q": "我怕", "s": 3},
    "对不起": {"v": ["apology"], "c": 1, "q": "对不起", "s": 2},
    "救救我": {"v": ["need", "fear"], "q": "救救我", "s": 3},
    "你不配": {"g": ["put-down"], "q": "你不配", "s": 3},
    "我就是总裁": {"g": ["power", "triumph"], "h": 1, "q": "我就是总裁", "s": 2},
    "别怕": {"c": 1, "q": "别怕", "s": 1},
    "有个秘密": {"h": 1, "q": "有个秘密", "s": 3},
}
MARKS = {"neg": ("我怕", "你不配", "救救我"), "pos": ("别怕",), "insult": ("你不配",)}
CULTURE: dict[str, tuple[str, int, str, str]] = {
    "外公": ("kinship", 1, "outer grandfather", "mother's father"),
    "吃软饭": ("idiom", 3, "eat soft rice", "live off a woman"),
    "户口": ("institution", 2, "household mouth", "household registration"),
    "桐油": ("custom", 2, "tung oil", "oil for paper umbrellas"),
}
Told = Callable[[str], tuple[Any, Any, list[str]]]


class ReadingServer(ModelServer):
    """See the module. `prompts` holds the messages of every request.

    `told` replaces STORY, CULTURE and the words of feeling: for a line's text its labels, its items and
    the names of the marks it has.
    """

    def __init__(self, faults: str = "", *, told: Told | None = None, **settings: Any) -> None:
        super().__init__(faults, **settings)
        self.told: Told = told or _told
        self.prompts: list[list[dict[str, str]]] = []
        owner = self

        class Handler(_ReadingHandler):
            server_owner = owner

        self._http.RequestHandlerClass = Handler


class _ReadingHandler(_Handler):
    server_owner: ReadingServer

    def _answer(
        self,
        request: dict[str, Any],
        asked: list[tuple[str, str, str]],
        faults: list[str],
        entry: dict[str, Any],
    ) -> None:
        owner = self.server_owner
        owner.prompts.append(request["messages"])
        lines = {key: json.loads(text) for key, _, text in asked}
        content = json.dumps(
            answer(request["messages"], lines, faults, owner.told), ensure_ascii=False, separators=(",", ":")
        )
        if "list" in faults:
            said = json.loads(content)
            content = json.dumps(
                [{"id": k, **_as_object(v)} for k, v in said["lines"].items()], ensure_ascii=False
            )
        if "fence" in faults:
            content = f"Here you are:\n```json\n{content[:-1]},}}\n```"
        if "prose" in faults:
            content = "I am sorry, I cannot judge these lines."
        if "empty" in faults:
            content = "{}"
        if "deep" in faults:
            content = '{"lines":{"' + next(iter(lines), "bcd") + '":' + "[" * 900 + "]" * 900 + "}}"
        if "half" in faults:
            content = content[: len(content) // 2]
        if "huge" in faults:
            content += " " * (8 * 1024 * 1024)
        entry["prompt_tokens"] = count_messages(request["messages"])
        entry["completion_tokens"] = count(content)
        reply = {
            "id": "chatcmpl-test", "object": "chat.completion", "created": 0, "model": request["model"],
            "choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": entry["prompt_tokens"], "completion_tokens": entry["completion_tokens"]},
        }  # fmt: skip
        data = json.dumps(reply, ensure_ascii=False).encode()
        if "half-body" in faults:
            owner.count(entry | {"status": 0}, {})
            self._send(200, data[: len(data) // 2], {"Content-Length": str(len(data))})
            self.close_connection = True
            return
        owner.count(entry, {f"{key} {text}": text for key, text in lines.items()})
        self._send(200, data)


def answer(
    messages: list[dict[str, str]], lines: dict[str, str], faults: list[str], told: Told
) -> dict[str, Any]:
    """The labels of `lines` by id, spoiled as `faults` say."""
    culture = "culture-bound" in messages[0]["content"]
    labels = {k: said for k, text in lines.items() if (said := told(text)[1 if culture else 0])}
    obeyed = "obey" in faults and any(ORDER.search(text) for text in lines.values())
    if obeyed and culture:
        labels = {
            k: [{"t": text[:2], "k": "slang", "n": 3, "l": "x", "m": "I obey"}] for k, text in lines.items()
        }
    elif obeyed:
        labels = {k: {"v": ["fear"], "q": text, "s": 3} for k, text in lines.items()}
    if "invent" in faults:
        labels = {k: _changed(v, "t" if culture else "q", "并不存在的话") for k, v in labels.items()}
    if "kinds" in faults:
        labels = {k: _changed(v, "k" if culture else "v", "nonsense") for k, v in labels.items()}
    if "foreign" in faults:
        labels = {f"line {n}": v for n, v in enumerate(labels.values())}
    if "ghosts" in faults:
        labels |= {"ep099.c0001": next(iter(labels.values()), {"c": 1})}
    said: dict[str, Any] = {}
    if not culture and "empty" not in faults:
        said = {name: [k for k, text in lines.items() if name in told(text)[2]] for name in MARKS}
    out: dict[str, Any] = {**said, "lines": labels}
    if "twice" in faults:
        out["labels"] = {k: {"v": ["loss"]} for k in labels}
    return out


def _told(text: str) -> tuple[Any, Any, list[str]]:
    marks = [name for name, words in MARKS.items() if any(w in text for w in words)]
    return _story(text), _culture(text), marks


def _story(text: str) -> dict[str, Any] | None:
    return next((label for word, label in STORY.items() if word in text), None)


def _culture(text: str) -> list[dict[str, Any]]:
    return [
        {"t": word, "k": kind, "n": need, "l": literal, "m": meaning}
        for word, (kind, need, literal, meaning) in CULTURE.items()
        if word in text
    ]


def _changed(label: Any, name: str, value: str) -> Any:
    if isinstance(label, list):
        return [{**one, name: value} for one in label]
    return {**label, name: value}


def _as_object(label: Any) -> dict[str, Any]:
    return {"items": label} if isinstance(label, list) else label
