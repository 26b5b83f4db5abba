"""The pack's page: one HTML file that needs nothing else, drawn from the pack's facts.

What comes from files, addresses and catalogues is text to the page, always: the template escapes, the script writes
no markup, and a content policy forbids what is not in the file.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from smallscreen.rights.evidence.timeline import LABELS, Drawing
from smallscreen.rights.pages import page_of
from smallscreen.rights.words import clock


def render(facts: Mapping[str, Any], pictures: Mapping[str, bytes], drawing: Drawing) -> str:
    """The whole page as text; `pictures` are JPEG files by the names that the facts give them."""
    data = {k: "data:image/jpeg;base64," + base64.b64encode(v).decode() for k, v in pictures.items()}
    filters: dict[str, Callable[..., str]] = {"exact": exact, "by": LABELS.__getitem__, "how": how}
    return page_of("evidence.html", filters, e=facts, pictures=data, d=drawing)


def exact(ms: int) -> str:
    """00:12.4: to the tenth of a second."""
    return f"{clock(ms)}.{max(0, ms) // 100 % 10}"


def how(segment: Mapping[str, Any]) -> str:
    """What was done to a stretch, as measured."""
    said = [] if segment["layout"] == "full" else [segment["layout"]]
    if segment["mirrored"]:
        said.append("mirrored")
    if abs(segment["speed"] - 1) >= 0.005:
        said.append(f"{segment['speed']:.3g} times as fast")
    if abs(segment["pitch"]) >= 0.3:
        said.append(
            f"sound {abs(segment['pitch']):.1f} semitones {'higher' if segment['pitch'] > 0 else 'lower'}"
        )
    return ", ".join(said) or "as it is"
