"""Words that other rooms or the rules of the studio say in English, in the reader's language.

A refusal is raised in English, wherever it happens, with its names and numbers already in it. It is translated
where it leaves the studio, by the pattern that it fits: `refusal("zh-Hans", "There is no episode 9.")`. What
fits no pattern (the words of a database, of a file that cannot be read) stays English. The patterns, actions and
descriptions stand here as `_("...")` so that `make words` collects them; a test holds them to what is said.
"""

from __future__ import annotations

import re
from functools import cache

from smallscreen.studio import i18n


def _(text: str) -> str:
    """Marks a text for `make words`."""
    return text


REFUSALS = (
    _("Log in first."),
    _("This needs the role {role}; {name} is {is_role}."),
    _("That is too large."),
    _("This is our mistake, not yours; the studio's log says more."),
    _("The request comes from a page of another site."),
    _("The page is out of date: load it again, then repeat the change."),
    _("Not Found"),
    _("Method Not Allowed"),
    _("There is no edition {name}; there are none yet."),
    _("There is no edition {name}; there are {names}."),
    _("There is no edition {name}."),
    _("There is no episode {number}; there are {first} to {last}."),
    _("There is no episode {number}; there is none."),
    _("There is no episode {number}; choose one that the series has."),
    _("There is no episode {number}."),
    _("Episode {number} has no picture without subtitles."),
    _("Episode {number} has no video."),
    _("There is no format {name}; there are {names}."),
    _("There is no file {path} of {edition}; export it first."),
    _("There is no such job; the studio may have been started again since."),
    _("This folder holds no files."),
    _("{count} jobs are waiting already; try again when some are done."),
    _("There is no such account."),
    _("There is an account {name} already; give another name."),
    _("There is no account {name}; smallscreen studio-user list DIR shows all."),
    _("A name has 1 to 100 characters in one line; give another."),
    _("A name has no such character; give another."),
    _("A password has {shortest} to {longest} characters; give another."),
    _("That password is too easy to guess; give another."),
    _("There is no role {name}; the roles are {names}."),
    _("{name} is the last admin; make another one first."),
    _("Somebody else changed this line since it was loaded; look at both versions."),
    _("The series has no cue {cue}; load the episode again to see its cues."),
    _("The line has {count} characters; write at most {most}."),
    _("The reason has {count} characters; write at most {most}."),
    _("The note has {count} characters; write at most {most}."),
    _("There is no {what} {value}; choose one of {names}."),
    _("This series has no viewing yet; bring some in with smallscreen audience import."),
    _("The viewing of this series was not measured yet."),
    _("Nobody was seen to watch episode {number} of {edition}; choose another one."),
    _("Nobody was seen to watch {edition}; there are {names}."),
    _("No viewing of the edition {edition} was measured; there are {names}."),
    _("There is no business.toml yet; smallscreen business init writes one."),
    _("There is no breakdown yet; make it with smallscreen breakdown {folder}."),
    _("Nobody drew the cost curve of {edition} yet."),
    _("There is no catalogue yet; smallscreen rights add {folder} --catalogue {place} makes one."),
)
NAMED = ("role", "is_role")
"""Places of the patterns that hold words of our own."""

TITLES = {
    400: _("This cannot be done"),
    403: _("This is not for you to do"),
    404: _("There is nothing here"),
    422: _("This cannot be read"),
}
"""What a page of an error is called, by its status."""

ACTIONS = (
    _("line"), _("status"), _("accept"), _("reject"), _("reopen"), _("export"), _("login"), _("login failed"), _("logout"),
    _("password changed"), _("password reset"), _("account added"), _("role changed"), _("account activated"),
    _("account deactivated"),
)  # fmt: skip
"""What the log of changes calls what was done, and the parts of it below."""
DETAILS = {
    "version": _("version"), "status": _("status"), "cues": _("cues"), "check": _("check"), "note": _("remark"),
    "address": _("from"), "account": _("account"), "role": _("role"), "formats": _("formats"), "episodes": _("episodes"),
}  # fmt: skip

DESCRIPTIONS = (
    _("keep the foreign item as it is, or fitted to the target language's spelling"),
    _("keep it and say more: complete a name, add what it is"),
    _("translate it word for word"),
    _("say something less specific: a broader word or a paraphrase"),
    _("put another item in its place, from the viewer's culture or from the situation"),
    _("leave it out"),
    _("use the rendering that an authority has fixed"),
)
"""Pedersen's strategies, as `series.model.STRATEGIES` describes them."""

PLATFORMS = (_("TikTok, Reels and Shorts at once"),)
"""What a platform is called that is not a brand's name."""


def refusal(language: str, text: str) -> str:
    """A refusal in the reader's language, with what was in it; as it is where there are no words for it."""
    if language == i18n.DEFAULT:
        return text
    for pattern, form in _patterns():
        if fits := form.fullmatch(text):
            values = fits.groupdict().items()
            named = {k: i18n.translate(language, v) if k in NAMED else v for k, v in values}
            return i18n.translate(language, pattern, **named)
    return i18n.translate(language, text)


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    def form(pattern: str) -> re.Pattern[str]:
        parts = re.split(r"\{(\w+)\}", pattern)
        return re.compile(
            "".join(f"(?P<{p}>.+?)" if n % 2 else re.escape(p) for n, p in enumerate(parts)), re.S
        )

    return tuple((pattern, form(pattern)) for pattern in REFUSALS)
