"""Notes that the audience and business rooms write in English, in the reader's language.

A note is a sentence with its numbers already in it. It is translated where it leaves the studio, by the pattern that
it fits: `note("zh-Hans", "918 users are not counted yet: ...")`; one that fits none stays English.
"""

from __future__ import annotations

import re
from functools import cache

from smallscreen.studio import i18n


def note(language: str, text: str) -> str:
    """A note in the reader's language, with what was in it."""
    if language == i18n.DEFAULT:
        return text
    for pattern, form in _patterns():
        if fits := form.fullmatch(text):
            named = fits.groupdict().items()
            said = {k: i18n.translate(language, v) if k in NAMED else v for k, v in named}
            return i18n.translate(language, pattern, **said)
    return i18n.translate(language, text)


def _(text: str) -> str:
    """Marks a text for `make words`."""
    return text


NAMED = ("metric", "model")
"""Places of the patterns that hold words of our own."""

NOTES = (
    _("{edition} has no findings of its own: it was not made here, or not checked yet."),
    _("Not asked about: {checks}."),
    _("{n} viewer-episodes are left out: their {hours} hours are not over."),
    _("{n} advertisements stood before or after an episode and have no second."),
    _("The lake has no viewing of {edition} that can be judged; import events of it, or wait {hours} hours after the last one."),
    _("{n} arms against one control: alpha is divided by their number."),
    _("{metric} is the primary metric; the others are not corrected for their number."),
    _("The arms have {counts} users; chance gives a ratio this far from the plan with p = {p}, below {threshold}. Something decides who is in which arm, or who is counted: find it before comparing."),
    _("{n} users were in more than one arm and are left out."),
    _("{n} users are not counted yet: their {hours} hours are not over."),
    _("Nobody had the time to go on from episode {number} yet; later episodes are not in the money."),
    _("Seconds watched have no interval in the measures; they are taken as exact."),
    _("From episode {number} on only viewers who passed the wall were seen; where others go on, too, they are taken to leave as these did."),
    _("Everybody who passed the measured wall is counted as a payer; those who unlocked by an ad or a subscription are not told apart in the measures."),
    _("The viewing is simulated, so the money is an illustration, not a forecast."),
    _("Some rates are examples that show how the model works; they are nobody's real prices."),
    _("The number of viewers is a choice; {n} were measured."),
    _("The share of payers is known at one episode only, so an earlier wall always seems better; give it for a second episode (wall.payer_share) to choose the first paid one."),
    _("The share of payers at episode {number} was measured, that at the others was given: where the two do not agree, the best place for the wall shows that rather than the viewers."),
    _("Outside the given episodes the share of payers is carried on flat, which is a guess."),
    _("These are expected sums: the luck of single viewers is not in the intervals."),
    _("{path} has no value yet for {what}, and the {model} model needs it; write low, mid, high, date and source there."),
    _("{path} has no value yet for {what}, and the {model} model needs them; write low, mid, high, date and source there."),
)  # fmt: skip
"""A test holds them to what the rooms write."""


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    def form(pattern: str) -> re.Pattern[str]:
        parts = re.split(r"\{(\w+)\}", pattern)
        return re.compile(
            "".join(f"(?P<{p}>.+?)" if n % 2 else re.escape(p) for n, p in enumerate(parts)), re.S
        )

    return tuple((pattern, form(pattern)) for pattern in NOTES)
