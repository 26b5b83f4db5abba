"""Numbers of registered works: EIDR and ISAN, with their check characters.

check("10.5240/7791-8534-2C23-9030-8610-5")     # ("EIDR", "10.5240/7791-8534-2C23-9030-8610-5")

Forms after the EIDR ID format and ISO 15706-2; the check character is ISO 7064 MOD 37,36.
"""

from __future__ import annotations

import re
from typing import Literal

_SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_EIDR = re.compile(r"10\.5240/((?:[0-9A-F]{4}-){5})([0-9A-Z])")
_ISAN = re.compile(r"(?:ISAN )?((?:[0-9A-F]{4}-){4})([0-9A-Z])(?:-((?:[0-9A-F]{4}-){2})([0-9A-Z]))?")


def check(value: str) -> tuple[Literal["EIDR", "ISAN"], str]:
    """Which of the two it is, and how it is written; ValueError, a sentence, where it is neither or mistyped."""
    text = " ".join(value.upper().removeprefix("HTTPS://DOI.ORG/").split())
    if eidr := _EIDR.fullmatch(text):
        _agree(value, eidr[1], eidr[2])
        return "EIDR", text
    if isan := _ISAN.fullmatch(text):
        _agree(value, isan[1], isan[2])
        if isan[3]:
            _agree(value, isan[1] + isan[3], isan[4])
        return "ISAN", text.removeprefix("ISAN ")
    raise ValueError(
        f"{value[:60]!r} is no EIDR or ISAN; write it like 10.5240/7791-8534-2C23-9030-8610-5 or "
        "0000-0000-3A8D-0000-Z-0000-0000-6"
    )


def kind(value: str) -> str:
    """EIDR or ISAN, "" for anything else."""
    try:
        return check(value)[0]
    except ValueError:
        return ""


def _agree(value: str, digits: str, sign: str) -> None:
    if _check_sign(digits.replace("-", "")) != sign:
        raise ValueError(
            f"{value[:60]!r} has a digit wrong: its check character does not fit; compare it again"
        )


def _check_sign(digits: str) -> str:
    rest = 36
    for sign in digits:
        rest = (rest + _SIGNS.index(sign) - 1) % 36 + 1
        rest = rest * 2 % 37
    return _SIGNS[(37 - rest) % 36]
