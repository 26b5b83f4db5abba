"""Speech brought into its slot, as far as a voice can be hurried: 0.85 to 1.2 of its own pace.

A voice that paces itself (Piper) speaks a line that is too long again, faster, in steps of 0.05; what is
left, and every recording and paid reply, is stretched without a change of pitch. A line that is shorter than
its cue is stretched half of the way (in the logarithm): all of it sounds dragged, and spoken again it may
come out shorter, as no two readings of Piper's are alike. What does not fit at 1.2 stays whole and is
reported.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from smallscreen.engines.sound import RATE, Speech, resample
from smallscreen.engines.stretch import stretch
from smallscreen.localize.dub.plan import RATES, DubLine

_STEP = 20  # rates are asked for in twentieths, so that a voice needs few processes
_ENOUGH = 0.02  # nobody hears a change of pace of 2 %


@dataclass(frozen=True, slots=True)
class Take:
    """One line as it will be heard: `samples` one channel at 48 kHz.

    `natural_ms` is how long the line takes at the voice's own pace, `rate` how much faster it is now,
    `over_ms` by how much it is longer than its slot. `start_ms` is when it is heard.
    """

    line: DubLine
    samples: np.ndarray
    natural_ms: int
    rate: float
    by: str
    start_ms: int

    @property
    def ms(self) -> int:
        return round(len(self.samples) * 1000 / RATE)

    @property
    def end_ms(self) -> int:
        return self.start_ms + self.ms

    @property
    def over_ms(self) -> int:
        return max(0, self.ms - self.line.slot_ms)

    @property
    def allowed(self) -> int:
        """Characters of this line that its slot holds at the fastest pace, by its own speed."""
        fits = self.line.slot_ms * RATES[1] / max(1, self.natural_ms)
        return max(1, math.floor(len(self.line.text) * min(1.0, fits)))


def fitted(
    line: DubLine,
    natural: Speech,
    by: str,
    *,
    pace: float = 1.0,
    slow: bool = True,
    again: Callable[[float], Speech] | None = None,
) -> Take:
    """The line's take. `natural` is its speech at the voice's own pace; `pace` is the character's.

    `again` speaks the line at another rate, where that costs nothing. `slow` allows slowing to fill the cue.
    """
    rate = wanted_rate(natural.ms, line.end_ms - line.start_ms, line.slot_ms, pace, slow)
    if abs(rate - 1) < _ENOUGH and natural.ms <= line.slot_ms:
        made = natural
    elif again is not None and rate > 1:
        # Rounded up: a little faster can be heard less than running over.
        step = math.ceil(rate * _STEP - 1e-6) / _STEP
        made = again(min(step, RATES[1]))
        made = _within(made, line.slot_ms, natural.ms)
    else:
        made = stretch(natural, 1 / rate)
    samples = resample(made.samples, made.rate, RATE)
    return Take(line, samples, natural.ms, natural.ms / max(1, made.ms), by, line.start_ms)


def wanted_rate(natural_ms: int, cue_ms: int, slot_ms: int, pace: float = 1.0, slow: bool = True) -> float:
    """How fast a line should be spoken, within RATES."""
    rate = min(max(pace, RATES[0]), RATES[1])
    if natural_ms > slot_ms * rate:
        rate = natural_ms / slot_ms
    elif slow and pace == 1.0 and natural_ms < cue_ms:
        rate = math.sqrt(natural_ms / cue_ms)
    return min(max(rate, RATES[0]), RATES[1])


def _within(speech: Speech, slot_ms: int, natural_ms: int) -> Speech:
    """Stretched to the slot if it is longer, yet never beyond the fastest rate."""
    target = max(slot_ms, math.ceil(natural_ms / RATES[1]))
    return stretch(speech, target / speech.ms) if speech.ms > target else speech
