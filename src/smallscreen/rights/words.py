"""A match in words, for people who never saw a hash.

sentence(match)      # "Episode 7, 00:12-01:03, mirrored, 1.1 times as fast, sound replaced"
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from smallscreen.rights.model import Asset, By, Match, Segment

_BY = {
    "picture": "by the picture alone",
    "sound": "by the sound alone",
    "both": "by picture and sound",
}
# Controls, and marks that turn the direction of what follows: a file's name may hold both, to mislead.
_HIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")


def plain(text: str, most: int = 300) -> str:
    """Somebody else's text in one line that can be shown anywhere: nothing hidden in it, at most `most` characters."""
    shown = _HIDDEN.sub("□", text[: most + 1].encode("utf-8", "replace").decode())
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def clock(ms: int) -> str:
    """00:12, or 1:00:12 from an hour on; whole seconds, cut off."""
    seconds = max(0, ms) // 1000
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60:02d}:{rest % 60:02d}"


def span(from_ms: int, to_ms: int) -> str:
    """00:05-00:17, both ends to the nearest second."""
    return f"{clock(from_ms + 500)}-{clock(to_ms + 500)}"


def work(asset: Asset) -> str:
    """What of ours it is: "Episode 7", "Episode 7 (pt-BR)", "Trailer: teaser.mp4"."""
    if asset.episode is not None:
        name = f"Episode {asset.episode}"
    elif asset.kind in ("master", "edition", ""):
        name = plain(asset.name, 80)
    else:
        name = f"{plain(asset.kind.capitalize(), 20)}: {plain(asset.name, 80)}"
    return f"{name} ({plain(asset.edition, 20)})" if asset.edition else name


def stretches(segments: Sequence[Segment]) -> str:
    """Which seconds of ours: each stretch, or where there are more than three, from the first to the last."""
    spans = sorted({(s.asset_from_ms, s.asset_to_ms) for s in segments})
    if not spans:
        return ""
    if len(spans) > 3:
        return f"{span(spans[0][0], max(to for _, to in spans))} in {len(spans)} pieces"
    named = [span(*s) for s in spans]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"


def disguise(match: Match) -> str:
    """How it was changed: "mirrored, sound replaced"; "as it is" where nothing was found changed."""
    return ", ".join(match.disguises) or "as it is"


def sentence(match: Match) -> str:
    """Which part of which work, and how it was disguised."""
    return ", ".join(p for p in (work(match.asset), stretches(match.segments), disguise(match)) if p)


def score(confidence: float) -> str:
    """0.99: two places, cut off, so that nothing is said to be certain that is not."""
    return f"{int(100 * confidence) / 100:.2f}"


def by(kinds: Sequence[By]) -> str:
    """How stretches were recognized, all together."""
    found = set(kinds)
    return _BY[found.pop() if len(found) == 1 else "both"] if found else ""
