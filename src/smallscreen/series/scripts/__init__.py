"""Scripts: the Chinese short-drama form and Fountain, as text or in a Word file, and Final Draft's.

    script = read_script(Path("script.txt"))
    script.scenes[0].place, script.lines[0].speaker

One form is one file in this package with a subclass of `ScriptForm`. Adding one is adding a file.
"""

from __future__ import annotations

import sys
from pathlib import Path

from smallscreen.errors import FileProblem
from smallscreen.series.registry import discover
from smallscreen.series.scripts.base import Paragraph, Script, ScriptForm
from smallscreen.series.text import decode

__all__ = ["FORMS", "SCRIPT_SUFFIXES", "Script", "ScriptForm", "read_script"]

MAX_BYTES = 32 * 1024 * 1024
"""Largest script file that is read: the text of 100 episodes is under 1 MB, a Word file may hold pictures."""
FORMS: dict[str, ScriptForm] = discover(sys.modules[__name__], ScriptForm)  # type: ignore[type-abstract]
SCRIPT_SUFFIXES = frozenset({".txt", ".md", ".fountain", ".docx", ".fdx"})
"""The endings of the files that can be read, in lower case, with their dot."""


def read_script(path: Path) -> Script:
    """The scenes and lines of a script file, in order; the form is told by what the file holds.

    Scenes and lines carry their episode (1 where the script has no episodes). FileProblem when the
    file cannot be opened, is no text, or holds no line of dialogue.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise FileProblem(path, None, "it is larger than 32 MB", "a script")
        data = path.read_bytes()
    except OSError as e:
        raise FileProblem(path, None, f"it cannot be opened ({e.strerror})", "a readable script") from None
    if path.suffix.lower() == ".docx" or data.startswith(b"PK\x03\x04"):
        from smallscreen.series.scripts import _docx

        paragraphs = _docx.paragraphs(path)
    elif data.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileProblem(
            path, None, "it is a Word file of the old kind (.doc)", "the script saved as .docx or .txt"
        )
    elif path.suffix.lower() == ".fdx" or b"<FinalDraft" in data[:2000]:
        from smallscreen.series.scripts import fdx

        paragraphs = fdx.paragraphs(data, path)
    else:
        text, _ = decode(data, path)
        paragraphs = [Paragraph(line) for line in text.split("\n")]
    if not any(p.text.strip() for p in paragraphs):
        raise FileProblem(path, None, "it is empty", "a script")
    form = _form(path, paragraphs)
    script = form.parse(paragraphs, path)
    if not script.lines:
        raise FileProblem(
            path,
            None,
            "it holds no line of dialogue",
            "a script in the short-drama form, in Fountain or of Final Draft",
        )
    return script


def _form(path: Path, paragraphs: list[Paragraph]) -> ScriptForm:
    if path.suffix.lower() == ".fountain":
        return FORMS["fountain"]
    return max(FORMS.values(), key=lambda form: form.claims(paragraphs))
