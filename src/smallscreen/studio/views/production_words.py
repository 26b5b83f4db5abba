"""Words of the production room that its page shows: names of accounts, and sentences with figures in them."""

from __future__ import annotations

import re
from functools import cache

from smallscreen.studio import i18n


def said(language: str, text: str) -> str:
    """A sentence of the room in the reader's language, by the pattern that it fits; one that fits none stays English."""
    if language == i18n.DEFAULT:
        return text
    for pattern, form in _patterns():
        if fits := form.fullmatch(text):
            return i18n.translate(language, pattern, **fits.groupdict())
    return i18n.translate(language, text)


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (s, re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(s)), re.S)) for s in SENTENCES
    )


def _(text: str) -> str:
    """Marks a text for `make words`."""
    return text


SENTENCES = (
    _("No rate was given for {what}; the budget has no such lines."),
    _("Seen and replaced: {what}."),
    _("{n} scenes are to be re-dubbed and no rate says what that costs (dub.scene)."),
    _("{n} entries of the brief name no scene of the breakdown: {ids}."),
    _("Scenes that are not in the plan have no costs in this budget ({n}): {ids}."),
    _("The plan says {said} for {part} and its days cost {cost} at the rates of now; schedule again."),
)
"""A test holds them to what the room writes."""

WORDS = (
    _("Some rates are examples that show how a budget works; they are nobody's real prices."),
    _("Sets, costumes and people of these scenes are taken to be there still, at the same rates."),
    _("The brief has it made anew."), _("A line or a caption is enough."), _("Nothing is replaced."),
    _("What carries the feeling is replaced in words, and nothing replaced is seen."),
    _("Above the line"), _("Production"), _("Post-production"), _("Other"),
    _("Story and script"), _("Producers"), _("Direction"), _("Cast"), _("Cast held between days"), _("Crew"),
    _("Night blocks"), _("Overtime"), _("Extras"), _("Locations"), _("Company moves"), _("Equipment"), _("Props"),
    _("Costume"), _("Make-up"), _("Vehicles"), _("Animals"), _("Effects on the set"), _("Other needs of scenes"),
    _("Meals"), _("Travel and transport"), _("The plan's own figures"), _("Editing and finishing"),
    _("Sound and music"), _("Visual effects"), _("Dubbing"), _("Insurance and permits"), _("Office and legal"),
    _("re-shoot"), _("re-dress"), _("re-dub"), _("subtitle"), _("keep"),
)  # fmt: skip
