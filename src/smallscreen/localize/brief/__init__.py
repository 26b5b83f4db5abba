"""The edition brief: one place with the decisions of an edition, for people to read and to change.

    brief = build(cues, series, market, barriers, scenes, script)   # what the program proposes
    merged = merge(render(brief), there, before)                    # into the TOML people edit
    settled = read(path)                                            # what holds now
    series, market = obey(settled, series, market)

The TOML is the brief; the page and the document are made from it. docs/brief.md tells more.
"""

from __future__ import annotations

from smallscreen.localize.brief.build import build
from smallscreen.localize.brief.merge import Merge, merge
from smallscreen.localize.brief.model import Brief
from smallscreen.localize.brief.obey import obey, obey_barriers
from smallscreen.localize.brief.toml_file import render
from smallscreen.series.brief_file import Settled, read, settled_for

__all__ = [
    "Brief",
    "Merge",
    "Settled",
    "build",
    "merge",
    "obey",
    "obey_barriers",
    "read",
    "render",
    "settled_for",
]
