"""Pages of one HTML file that needs nothing else: the shell, style and script that the reports of all rooms share.

A room keeps its templates, and what is its own of style and script, in a folder beside its code; Pages puts them
into the shell of this folder's `page/`. Every value is text to a page, always: templates escape, names that were not
given are an error, and a content policy forbids whatever is not in the file.

A room's template extends `page.html` and fills `title` and `page`. Its style sheet starts with its own colors: those
for light in `:root{...}`, those for dark in `:dark{...}`, which stands for both ways to ask for dark (the reader's
device and the button). On paper pages are always light.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined

GROUND = ("ground.css",)
"""Colors, type and the page's width: for pages that look like forms and lists."""
REPORT = ("ground.css", "report.css")
"""Also masthead, sections, figures and tables."""
PRINTED = ("print.css",)
"""What follows a room's own rules, so that paper has the last word."""
_DARK = re.compile(r"^:dark\{([^{}]*)\}", re.MULTILINE)
_BOTH_DARKS = (
    r"@media screen and (prefers-color-scheme:dark){:root:not([data-theme=light]){\1}}"
    r"@media screen{:root[data-theme=dark]{\1}}"
)


class Pages:
    """The pages of one room.

    `package` is the package beside whose code the folder lies (`__package__`); `style` and `script` are files in it.
    `before` and `after` name shared sheets. `button` gives the page the button for light and dark. Without `button`
    and `script` no script may run; `inline` allows style attributes, `pictures` pictures that are in the file.
    """

    def __init__(
        self,
        package: str,
        style: str,
        *,
        script: str = "",
        folder: str = "page",
        before: Sequence[str] = REPORT,
        after: Sequence[str] = PRINTED,
        button: bool = True,
        inline: bool = True,
        pictures: bool = True,
        filters: Mapping[str, Callable[..., Any]] | None = None,
        names: Mapping[str, Any] | None = None,
    ) -> None:
        self._package, self._folder = package, folder
        self._style, self._script = style, script
        self._before, self._after = tuple(before), tuple(after)
        self._button, self._inline, self._pictures = button, inline, pictures
        self._filters, self._names = dict(filters or {}), dict(names or {})

    def render(self, template: str, **values: Any) -> str:
        """A whole page as text."""
        return self._environment.get_template(template).render(
            values, style=self.style, script=self.script, policy=self.policy
        )

    @cached_property
    def style(self) -> str:
        """The page's one style sheet."""
        sheets = [*map(_shared, self._before), self._own(self._style), *map(_shared, self._after)]
        return _DARK.sub(_BOTH_DARKS, "\n".join(s.strip() for s in sheets))

    @cached_property
    def script(self) -> str:
        """The page's one script; empty where it has none."""
        parts = [_shared("theme.js")] if self._button else []
        return "".join([*parts, self._own(self._script)] if self._script else parts)

    @property
    def script_hash(self) -> str:
        """The script as a content policy names it (`sha256-` and this)."""
        return _hash(self.script)

    @cached_property
    def policy(self) -> str:
        """The content policy: what is in the file, and nothing from elsewhere."""
        rules = [
            "default-src 'none'",
            "style-src 'unsafe-inline'" if self._inline else f"style-src 'sha256-{_hash(self.style)}'",
            f"script-src 'sha256-{self.script_hash}'" if self.script else "",
            "img-src data:" if self._pictures else "",
            "base-uri 'none'",
            "form-action 'none'",
        ]
        return "; ".join(r for r in rules if r)

    @cached_property
    def _environment(self) -> Environment:
        environment = Environment(
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            loader=FunctionLoader(self._template),
        )
        environment.filters |= {"plural": plural, **self._filters}
        environment.globals |= self._names
        return environment

    def _template(self, name: str) -> str:
        return _shared(name) if name == "page.html" else self._own(name)

    def _own(self, name: str) -> str:
        return files(self._package).joinpath(self._folder, name).read_text("utf-8")


def plural(number: int, one: str, many: str = "") -> str:
    """`1 line`, `2 lines`; every page has it as a filter."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _shared(name: str) -> str:
    return files(__package__).joinpath("page", name).read_text("utf-8")


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
