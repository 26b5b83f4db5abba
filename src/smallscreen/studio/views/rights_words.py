"""Sentences of the rights room that its page shows, in the reader's language."""

from __future__ import annotations

import re
from functools import cache

from smallscreen.studio import i18n


def said(language: str, text: str) -> str:
    """A sentence by the pattern that it fits; one that fits none stays English."""
    if language == i18n.DEFAULT or not text:
        return text
    for pattern, form in _patterns():
        if fits := form.fullmatch(text):
            return i18n.translate(language, pattern, **fits.groupdict())
    return text


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (s, re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(s)), re.S)) for s in SENTENCES
    )


def _(text: str) -> str:
    """Marks a text for `make words`."""
    return text


SENTENCES = (
    _("mirrored"),
    _("cropped"),
    _("padded"),
    _("picture-in-picture"),
    _("{n} times as fast"),
    _("pitch {n} semitone"),
    _("pitch {n} semitones"),
    _("cut again in another order"),
    _("excerpt"),
    _("{n} excerpts"),
    _("without sound"),
    _("sound replaced"),
    _("picture replaced"),
    _("sound alone"),
    _("{rule}: the file is ours."),
    _("{rule}: the channel is ours."),
    _("{rule}: the account is ours."),
    _("{rule}: the uploader is ours."),
    _("{rule}: the address is ours."),
    _("Licensed to {rule}: {window}."),
    _("The license of {rule} expired on {day}; this was seen on {seen}."),
    _("The license of {rule} begins on {day}; this was seen on {seen}."),
    _("{rule} has a license for {territories}, not for {territory}."),
    _("{rule} has a license for {editions}; what was matched is the master."),
    _("{rule} has a license for {editions}; what was matched is the edition {edition}."),
    _("{rule} has a license ({window}); nobody said in which territory this was seen."),
    _("{rule} has a license ({window}); nobody said on which day this was seen."),
    _(
        "The false-match rate has not been measured yet; nothing can be said about how often a match is wrong."
    ),
    _(
        "{wrong} of {n} comparisons of an innocent file with a work gave a match ({rate}); with 95 % confidence the "
        "rate is below {upper} (Clopper-Pearson, one-sided). Measured on {day}, on {what}."
    ),
    _(
        "{wrong} of {n} comparisons of an innocent file with a work gave a match of confidence {least} or more "
        "({rate}); with 95 % confidence the rate is below {upper} (Clopper-Pearson, one-sided). Measured on {day}, on "
        "{what}."
    ),
)
"""A test holds them to what the room writes."""
