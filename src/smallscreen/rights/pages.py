"""What the pages of this room share: template, style, script, and the policy that lets nothing else in."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined

from smallscreen.rights.words import clock, score


def page_of(template: str, filters: Mapping[str, Callable[..., Any]], **values: Any) -> str:
    """A whole page; everything in `values` is text and is escaped."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"clock": clock, "utc": utc, "score": score, **filters}
    script = _file("rights.js")
    return environment.from_string(_file(template)).render(
        style=_file("rights.css"),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        **values,
    )


def utc(moment: str) -> str:
    """2026-11-23 09:41:28 UTC."""
    try:
        return datetime.fromisoformat(moment).strftime("%Y-%m-%d %H:%M:%S UTC")
    except ValueError:
        return moment


@cache
def _file(name: str) -> str:
    return files(__package__).joinpath("page", name).read_text("utf-8")
