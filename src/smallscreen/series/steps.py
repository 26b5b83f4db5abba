"""The step rule: run twice, a step does nothing the second time; killed half way, it goes on.

A step is a function from stored inputs to stored outputs. Its key is a hash of what went in: the
program's version, the step's own version, the inputs and the settings. Outputs and key are stored
in one transaction, so there is no half-done scope.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from smallscreen import __version__
from smallscreen.series.store import StepRecord, Store


class Ran(NamedTuple):
    """What became of a step: `fresh` is False when there was nothing to do."""

    fresh: bool
    summary: dict[str, Any]


def fingerprint(*parts: object) -> str:
    """A short hash of data classes, texts, numbers, lists and dicts in a fixed order."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(repr(part).encode("utf-8", "backslashreplace"))
        digest.update(b"\x00")
    return digest.hexdigest()


def run(
    store: Store,
    step: str,
    scope: str,
    inputs: tuple[object, ...],
    work: Callable[[], Mapping[str, Any]],
    before: Mapping[str, StepRecord] | None = None,
) -> Ran:
    """Do `work` unless it was done with these inputs; `work` puts its outputs and returns a summary.

    `scope` is what the outputs belong to (`en-US/ep007`); `inputs` must hold everything that can
    change them, settings included. The summary must be JSON. `before` are the step's records by
    scope, for a caller that runs many scopes and reads them once (`Store.steps`).
    """
    key = fingerprint(__version__, step, *inputs)
    done = store.step(step, scope) if before is None else before.get(scope)
    if done is not None and done.key == key:
        return Ran(False, done.summary)
    with store.transaction():
        summary = dict(work())
        store.put_step(step, scope, key, summary)
    return Ran(True, summary)
