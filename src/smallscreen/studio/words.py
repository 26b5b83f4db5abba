"""How `make words` finds the studio's words (babel.cfg): what Babel's own extractors do not know of.

A page's `name` is shown in the navigation, so it is a word too, and so is what the formats of an export
say of themselves. In scripts a text may stand anywhere,
in the middle of a template string as well, where Babel's extractor loses it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Generator
from io import BytesIO
from typing import Any

from babel.messages.extract import extract_python

Found = Generator[Any, None, None]
"""(line, function, texts, comments): what Babel asks of an extractor."""

_SAID = re.compile(r"\bt\(\s*(\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')")
_COMMENT = re.compile(r"(?<!\S)/\*.*?\*/|^\s*//[^\n]*", re.S | re.M)


def classes(file: Any, keywords: Any, comment_tags: Collection[str], options: Any) -> Found:
    """`_("...")` of a Python file, and the texts of `attributes` (an option in babel.cfg) of every class in it."""
    source = file.read()
    wanted = options.get("attributes", "").split()
    yield from extract_python(BytesIO(source), keywords, comment_tags, options)
    for node in ast.walk(ast.parse(source)):
        for part in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(part, ast.Assign):
                target, value = part.targets[0], part.value
            elif isinstance(part, ast.AnnAssign) and part.value is not None:
                target, value = part.target, part.value
            else:
                continue
            if ast.unparse(target) in wanted and isinstance(value, ast.Constant):
                yield part.lineno, "_", str(value.value), []


def scripts(file: Any, keywords: Any, comment_tags: Collection[str], options: Any) -> Found:
    """`t("...")` of a script, wherever it stands but in a comment."""
    source = _COMMENT.sub(lambda m: "\n" * m[0].count("\n"), file.read().decode("utf-8"))
    for found in _SAID.finditer(source):
        # The escapes of such a string are the same in Python.
        yield source.count("\n", 0, found.start()) + 1, "t", ast.literal_eval(found[1]), []
