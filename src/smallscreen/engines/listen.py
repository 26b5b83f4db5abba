"""Who speaks when, and what is said, through faster-whisper (the extra `listen`).

    heard = find_speech(Path("ep001.mp4"))          # spans of speech; the model comes with the package
    whisper = Whisper.open(Path("models/small"))    # a model of yours; nothing is fetched unasked
    words = whisper.words(samples, "zh")

Sound is decoded as it is needed and thrown away: an hour takes no more memory than a minute. Speech is told
from everything else by Silero's voice activity model, which faster-whisper ships, 32 ms at a time.
"""

from __future__ import annotations

import os
import re
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np

from smallscreen.engines.containers import OPTIONS
from smallscreen.errors import EngineError, UserError

VERSION = 1
"""Raise it where the same file would give other spans or words."""
RATE = 16_000
"""What both models listen at, Hz."""
MODEL = "SMALLSCREEN_WHISPER"
MOST_HOURS = 4
WINDOW = 512
"""Samples that are judged at once: 32 ms."""
SURE, UNSURE = 0.5, 0.35
"""Speech begins with a window at least this sure, and lasts while none is below the other (Silero's own)."""
SHORTEST_MS = 160
"""Shorter speech is a click or a cough."""
PAUSE_MS = 256
"""A shorter silence is part of the speech around it: eight windows."""
LEAD_MS = 30
"""The model is sure a little into a word: speech begins so long before that (Silero's own)."""
_CONTEXT = 64
_BATCH = 512
_NOTHING = 1e-4  # -80 dBFS, three steps of 16 bits
_NEEDED = ("model.bin", "config.json", "tokenizer.json")
_INSTALL = 'Listening needs faster-whisper; pip install "smallscreen[listen]".'

Progress = Callable[[float], None]


class Span(NamedTuple):
    """Speech without a pause, ms from the start of the file; `confidence` is the model's mean, 0 to 1."""

    start_ms: int
    end_ms: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Heard:
    """The speech of one file. `read_ms` is how far the sound could be read, 0 where there is none."""

    spans: tuple[Span, ...]
    has_sound: bool
    read_ms: int
    declared_ms: int
    damaged: int = 0


class Word(NamedTuple):
    """One word, ms from the start of the samples; `text` with the space that precedes it."""

    start_ms: int
    end_ms: int
    text: str
    confidence: float


class Sound:
    """The sound of a file as pieces of mono float32 at RATE, on the file's own time: holes are silence."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self.has_sound = False
        self.declared_ms = 0
        self.samples = 0
        self.damaged = 0

    @property
    def read_ms(self) -> int:
        return round(self.samples * 1000 / RATE)

    def pieces(self) -> Iterator[np.ndarray]:
        """From the first moment to the last. UserError where the file cannot be read or is too long."""
        if self.path.is_file() and not self.path.stat().st_size:
            raise UserError(f"{self.path.name}: the file is empty; copy it again.")
        try:
            container = av.open(str(self.path), metadata_errors="replace", options=OPTIONS)
        except (av.error.FFmpegError, ValueError, OSError):
            raise UserError(
                f"{self.path.name}: this is neither video nor sound that can be read; give an MP4, MOV or MKV file."
            ) from None
        with container:
            self.declared_ms = round((container.duration or 0) / 1000)
            if self.declared_ms > MOST_HOURS * 3_600_000:
                raise self._too_long()
            if not container.streams.audio:
                return
            self.has_sound = True
            stream = container.streams.audio[0]
            rate = int(stream.codec_context.sample_rate or 0) if stream.codec_context else 0
            if not 4_000 <= rate <= 384_000:
                raise UserError(f"{self.path.name}: its sound is in a form nobody knows; export it again.")
            base = Fraction(container.start_time or 0, av.time_base)
            resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
            for frame in self._frames(container, stream):
                if frame is not None and frame.pts is not None and frame.time_base:
                    yield from self._hole(float(frame.pts * frame.time_base - base))
                    frame.pts = None  # holes are filled here; the resampler must not
                for made in resampler.resample(frame):
                    piece = np.nan_to_num(made.to_ndarray().reshape(-1)).astype(np.float32, copy=False)
                    self.samples += len(piece)
                    if self.samples > MOST_HOURS * 3600 * RATE:
                        raise self._too_long()
                    yield np.clip(piece, -1.0, 1.0)

    def _frames(self, container: Any, stream: Any) -> Iterator[Any]:
        try:
            for packet in container.demux(stream):
                try:
                    yield from packet.decode()
                except (av.error.InvalidDataError, ValueError):
                    self.damaged += 1
        except av.error.FFmpegError:
            self.damaged += 1
        yield None

    def _hole(self, at: float) -> Iterator[np.ndarray]:
        missing = round(min(at, MOST_HOURS * 3600 + 1) * RATE) - self.samples
        if missing < RATE // 10:  # less is rounding, and what the resampler holds back
            return
        while missing > 0:
            piece = np.zeros(min(missing, RATE * 10), np.float32)
            missing -= len(piece)
            self.samples += len(piece)
            if self.samples > MOST_HOURS * 3600 * RATE:
                raise self._too_long()
            yield piece

    def _too_long(self) -> UserError:
        return UserError(
            f"{self.path.name}: it says it runs longer than {MOST_HOURS} hours; cut it into episodes."
        )


def find_speech(path: Path, progress: Progress | None = None) -> Heard:
    """When somebody speaks in a video or sound file. No spans where it has no sound track.

    A damaged file is heard as far as it goes. UserError where it is none, or faster-whisper is missing.
    """
    voice = _VoiceActivity()
    sound = Sound(path)
    told = 0
    for piece in sound.pieces():
        voice.feed(piece)
        if progress and sound.declared_ms and sound.read_ms - told > 2000:
            told = sound.read_ms
            progress(min(0.99, told / sound.declared_ms))
    if progress:
        progress(1.0)
    spans = speech_spans(voice.end(), sound.read_ms)
    return Heard(spans, sound.has_sound, sound.read_ms, sound.declared_ms, sound.damaged)


def speech_spans(chances: Sequence[float], total_ms: int) -> tuple[Span, ...]:
    """Spans from the chance of speech in every 32 ms: begun when sure, ended by a pause that is no breath."""
    step = WINDOW * 1000 / RATE
    found: list[tuple[int, int]] = []
    begin = quiet = -1
    for n, chance in enumerate(chances):
        if begin < 0:
            if chance >= SURE:
                begin, quiet = n, -1
        elif chance >= UNSURE:
            quiet = -1
        else:
            quiet = n if quiet < 0 else quiet
            if (n + 1 - quiet) * step >= PAUSE_MS:
                found.append((begin, quiet))
                begin = -1
    if begin >= 0:
        found.append((begin, quiet if quiet >= 0 else len(chances)))
    end_ms = max(total_ms, 1)
    return tuple(
        Span(
            max(0, min(round(a * step) - LEAD_MS, end_ms - 1)),
            min(round(b * step), end_ms),
            round(float(np.mean(chances[a:b])), 3),
        )
        for a, b in found
        if (b - a) * step >= SHORTEST_MS
    )


class _VoiceActivity:
    """The model over a stream: what it remembers is carried from one batch to the next."""

    def __init__(self) -> None:
        try:
            from faster_whisper.vad import get_vad_model
        except ImportError:
            raise UserError(_INSTALL) from None
        try:
            self._session: Any = get_vad_model().session
        except (AttributeError, RuntimeError) as problem:
            raise EngineError(
                f"The voice activity model of faster-whisper does not load ({str(problem)[:120]})."
            ) from None
        self._h = np.zeros((1, 1, 128), np.float32)
        self._c = np.zeros((1, 1, 128), np.float32)
        self._context = np.zeros(_CONTEXT, np.float32)
        self._waiting: list[np.ndarray] = []
        self._held = 0
        self._chances = array("f")

    def feed(self, samples: np.ndarray) -> None:
        self._waiting.append(samples)
        self._held += len(samples)
        if self._held >= WINDOW * _BATCH:
            self._run()

    def end(self) -> array[float]:
        """The chances of all windows; the last one is filled up with silence."""
        if self._held:
            self._waiting.append(np.zeros(-self._held % WINDOW, np.float32))
            self._held += len(self._waiting[-1])
            self._run()
        return self._chances

    def _run(self) -> None:
        samples = np.concatenate(self._waiting)
        whole = len(samples) // WINDOW * WINDOW
        self._waiting, self._held = [samples[whole:]], len(samples) - whole
        for start in range(0, whole, WINDOW * _BATCH):
            windows = samples[start : min(whole, start + WINDOW * _BATCH)].reshape(-1, WINDOW)
            if len(windows) == _BATCH and not np.abs(windows).max() > _NOTHING:
                # Sixteen seconds of digital silence need no model, and leave it as it was in the beginning.
                self._h, self._c = np.zeros_like(self._h), np.zeros_like(self._c)
                self._context = np.zeros_like(self._context)
                self._chances.extend([0.0] * _BATCH)
                continue
            tails = np.vstack([self._context, windows[:-1, -_CONTEXT:]])
            self._context = windows[-1, -_CONTEXT:].copy()
            given = {"input": np.hstack([tails, windows]), "h": self._h, "c": self._c}
            chances, self._h, self._c = self._session.run(None, given)
            self._chances.extend(np.asarray(chances, np.float32).reshape(-1).tolist())


class Whisper:
    """A speech model. `id` tells one from another: what was heard with it is kept by it."""

    def __init__(self, model: Any, name: str, size: int) -> None:
        self._model = model
        self.name = name
        self.id = f"{name}:{size}"

    @classmethod
    def open(cls, folder: Path | None = None, download: str | None = None) -> Whisper:
        """The model in `folder`, or the one named by SMALLSCREEN_WHISPER, or the one to download.

        UserError says what is missing. Only `download` ever reaches for the network.
        """
        try:
            import faster_whisper
            from faster_whisper.utils import available_models, download_model
        except ImportError:
            raise UserError(_INSTALL) from None
        if folder and download:
            raise UserError("Give --model or --download, not both.")
        if download:
            folder = cls._fetched(download, available_models(), download_model)
        named = os.environ.get(MODEL, "").strip()
        folder = folder or (Path(named) if named else None)
        if folder is None:
            raise UserError(
                f"Recognizing words needs a Whisper model for CTranslate2: give its folder with --model or {MODEL}, "
                "or have one fetched with --download small. Checking cues against speech (--check) needs none."
            )
        missing = [name for name in _NEEDED if not (folder / name).is_file()]
        if not folder.is_dir() or missing:
            what = f"has no {' and no '.join(missing)}" if folder.is_dir() else "is not a folder"
            raise UserError(
                f"{folder} {what}; give the folder of a Whisper model for CTranslate2 (model.bin, config.json, "
                "tokenizer.json, vocabulary)."
            )
        try:
            model = faster_whisper.WhisperModel(
                str(folder.resolve()), device="cpu", compute_type="int8", cpu_threads=2, local_files_only=True
            )
        except Exception as problem:  # CTranslate2 and its tokenizer raise many kinds
            reason = " ".join(str(problem).split())[:160] or type(problem).__name__
            raise UserError(
                f"The model in {folder} cannot be loaded ({reason}); get its files again, whole and of one model."
            ) from None
        return cls(model, download or folder.resolve().name, (folder / "model.bin").stat().st_size)

    @staticmethod
    def _fetched(name: str, known: Sequence[str], fetch: Callable[..., str]) -> Path:
        if name not in known and not re.fullmatch(r"[\w.-]{1,80}/[\w.-]{1,120}", name):
            raise UserError(f"There is no model {name[:80]!r} to download; there are {', '.join(known)}.")
        try:
            return Path(fetch(name))
        except Exception as problem:  # the hub's client raises many kinds
            reason = " ".join(str(problem).split())[:160] or type(problem).__name__
            raise UserError(
                f"The model {name} could not be fetched ({reason}); get it elsewhere and give its folder with --model."
            ) from None

    @property
    def languages(self) -> frozenset[str]:
        """What it can hear (ISO 639-1)."""
        return frozenset(self._model.supported_languages)

    def words(self, samples: np.ndarray, language: str, progress: Progress | None = None) -> list[Word]:
        """The words in mono samples at RATE, in order. UserError for a language that the model does not know."""
        if language not in self.languages:
            known = ", ".join(sorted(self.languages)[:8])
            raise UserError(
                f"The speech model {self.name!r} does not know {language!r} but {known}; give another model, or --language."
            )
        if len(samples) < RATE // 10:
            return []
        segments, _ = self._model.transcribe(
            np.asarray(samples, np.float32),
            language=language,
            beam_size=5,
            word_timestamps=True,
            condition_on_previous_text=False,  # one wrong line would be said again and again
            vad_filter=True,
            vad_parameters={"min_silence_duration_ms": 500, "speech_pad_ms": 200},
        )
        total = len(samples) / RATE
        found: list[Word] = []
        for segment in segments:
            for word in segment.words or ():
                start, end = round(word.start * 1000), round(word.end * 1000)
                if not word.word.strip():
                    continue
                found.append(Word(start, max(end, start + 1), word.word, round(float(word.probability), 3)))
            if progress:
                progress(min(1.0, segment.end / total))
        return found
