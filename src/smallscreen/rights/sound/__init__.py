"""Sound fingerprints: peaks, terms that neither pitch nor tempo changes, votes, and peaks aligned against chance."""

from __future__ import annotations

from smallscreen.rights.sound.landmarks import RATE, SPAN_STEPS, SoundBuilder, terms
from smallscreen.rights.sound.verify import Verifier, verify
from smallscreen.rights.sound.vote import candidates

__all__ = ["RATE", "SPAN_STEPS", "SoundBuilder", "Verifier", "candidates", "terms", "verify"]
