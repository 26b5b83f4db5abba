"""A step whose work is done before its transaction begins: people go on writing in the series meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from smallscreen import __version__
from smallscreen.series.steps import Ran, fingerprint, run
from smallscreen.series.store import Store


def once(
    store: Store,
    step: str,
    scope: str,
    inputs: tuple[object, ...],
    work: Callable[[], Mapping[str, Any]],
    put: Callable[[], None] | None = None,
) -> Ran:
    """As `series.steps.run`, for work that takes long and writes nothing; `put` stores what goes with the summary.

    Two that do the same work at once both do it and the second stores nothing; neither waits for the other.
    """
    done = store.step(step, scope)
    if done is not None and done.key == fingerprint(__version__, step, *inputs):
        return Ran(False, done.summary)
    summary = dict(work())

    def stored() -> Mapping[str, Any]:
        if put:
            put()
        return summary

    return run(store, step, scope, inputs, stored)
