"""Formatting tags across a cut: what was open before it is closed, and opened again after it."""

from __future__ import annotations

import re
from collections.abc import Sequence

_TAG = re.compile(r"<(/?)([ibu])>", re.IGNORECASE)
_BLOCK = re.compile(r"^(?:\{\\[^{}]*\})+")


def carried(parts: Sequence[str]) -> list[str]:
    """The parts of one text, each with its tags balanced and the first part's `{\\an8}` repeated.

    Only <i>, <b> and <u> are carried; a tag that was never opened or closed stays as it was.
    """
    if len(parts) < 2 or not any("<" in p or "{" in p for p in parts):
        return list(parts)
    block = _BLOCK.match(parts[0])
    out: list[str] = []
    open_tags: list[str] = []
    for n, part in enumerate(parts):
        lead = "".join(f"<{t}>" for t in open_tags)
        for closing, name in _TAG.findall(part):
            tag = name.lower()
            if not closing:
                open_tags.append(tag)
            elif tag in open_tags:
                open_tags.remove(tag)
        tail = "".join(f"</{t}>" for t in reversed(open_tags)) if n < len(parts) - 1 else ""
        head = block.group() if block and n and not part.startswith("{\\") else ""
        out.append(head + lead + part + tail)
    return out
