"""The table of all checks in docs/checks.md, made from the classes themselves.

`python -m smallscreen.localize.checks.docs docs/checks.md` writes it into the page again.
"""

from __future__ import annotations

import sys
from pathlib import Path

from smallscreen.localize.checks import all_checks
from smallscreen.localize.checks.base import Check, SeriesCheck

BEGIN, END = "<!-- checks: begin -->", "<!-- checks: end -->"


def table() -> str:
    """A Markdown table of every check: id, severity, what it sees, languages, what it says."""
    rows = ["| check | severity | sees | languages | what it finds |", "|---|---|---|---|---|"]
    for check in all_checks().values():
        languages = "all"
        if isinstance(check, Check | SeriesCheck):
            if check.languages is not None:
                languages = ", ".join(sorted(check.languages))
            elif check.spare:
                languages = "all but " + ", ".join(sorted(check.spare))
        else:
            languages = "source"
        rows.append(
            f"| `{check.id}` | {check.severity} | {check.scope} | {languages} | **{check.name}.** {check.description} |"
        )
    return "\n".join(rows)


def main(path: Path) -> None:
    """Puts the table between its two marks in the page at `path`."""
    head, _, rest = path.read_text("utf-8").partition(BEGIN)
    _, _, tail = rest.partition(END)
    path.write_text(f"{head}{BEGIN}\n{table()}\n{END}{tail}", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/checks.md"))
