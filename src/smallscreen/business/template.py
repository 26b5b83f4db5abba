"""The first `business.toml`: every value is empty, so that nobody takes a default for a fact."""

from __future__ import annotations

from pathlib import Path

from smallscreen.business.rates import NAME, catalogue
from smallscreen.errors import UserError

_HEAD = """\
# Prices and rates of this series. Each needs low, mid and high (the ends and the most likely value), the date
# it held and where it is from. Nothing has a default: a model that needs an empty value asks for it by name.
# Values that only show how it works are marked with example = true; every page then says so.
# docs/business.md tells what each is used for.

# The currency of the ledger, three letters. Prices in another one need an [[exchange]] below.
currency = ""

# [[exchange]]
# from = ""
# to = ""
# rate = ""
# date = ""
# source = ""

# The episode that has to be paid first, if it is decided; without it the program looks for the best one.
[wall]
first_paid_episode = ""

# Share of those who reach the wall and pay there. It depends on where the wall stands: give it for two or more
# episodes to choose the first paid episode. Where a wall was measured, the measured share takes its place.
[[wall.payer_share]]
episode = 0
low = ""
mid = ""
high = ""
date = ""
source = ""
"""
_SECTIONS = {
    "ads": (
        '# "minutes": impressions a watched minute. "breaks": impressions at breaks between episodes.\n'
        'placement = ""\n'
        "# The paid model: are there ads before the wall? true or false\n"
        'before_wall = ""\n'
    ),
    "subscription": '# Can viewers subscribe in place of paying an episode? true or false\noffered = ""\n',
    "next": "# Only for smallscreen business slate: what the next money would be spent on.\n",
}


def text() -> str:
    """The commented file that asks for everything and answers nothing."""
    out = [_HEAD]
    section = ""
    for asked in catalogue().values():
        mine = asked.id.split(".")[0]
        if mine != section:
            section = mine
            if section in _SECTIONS:
                out.append(f"[{section}]\n{_SECTIONS[section]}")
        models = ", ".join(n.replace("slate-", "slate: ") for n in asked.needs)
        money = 'currency = ""\n' if asked.kind == "money" else ""
        out.append(
            f"# {asked.name}: {asked.unit}{' (0 to 1)' if asked.kind == 'share' else ''}. {asked.help}\n"
            f"# Needed by: {models}.\n"
            f'[{asked.id}]\nlow = ""\nmid = ""\nhigh = ""\n{money}date = ""\nsource = ""\n'
        )
    return "\n".join(out)


def write_template(folder: Path) -> Path:
    """Write `business.toml` into a series folder. UserError when it is there or cannot be written."""
    path = folder / NAME
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}; give the folder of a series.")
    try:
        with path.open("x", encoding="utf-8", newline="\n") as f:
            f.write(text())
    except FileExistsError:
        raise UserError(f"{path} is there already; fill it in, or move it away for a new one.") from None
    except OSError as e:
        raise UserError(f"{path} cannot be written ({e.strerror}); give a folder that can be.") from None
    return path
