"""The one way to tell a user that something is wrong.

An error is one sentence: what was wrong, where, and what to do. `cli.main` prints it and
leaves with exit code 2; anything else that escapes is our mistake and leaves with 1.
"""

from __future__ import annotations

from pathlib import Path


class UserError(Exception):
    """The user's input cannot be used; the message says what, where and what to do."""

    exit_code = 2


class FileProblem(UserError):
    """One file cannot be read; the other files of the folder still are.

    `line` counts from 1 and is None when the trouble is not in one line.
    """

    def __init__(self, path: str | Path, line: int | None, problem: str, expected: str) -> None:
        self.path = Path(path)
        self.line = line
        self.problem = problem
        self.expected = expected
        where = self.path.name if line is None else f"{self.path.name}, line {line}"
        super().__init__(f"{where}: {problem}; expected {expected}.")


class EngineError(Exception):
    """A model endpoint or an engine failed after the allowed retries; never holds a key."""

    exit_code = 2
