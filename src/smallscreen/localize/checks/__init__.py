"""Checks: what is wrong, or doubtful, in the source or in an edition, each with its evidence.

    summary = CheckSummary()
    contexts = [CheckContext(..., summary=summary) for each episode]
    findings = [f for ctx in contexts for f in check_edition(ctx)] + check_series(contexts)
    summary.not_run     # which checks did not run, and why
    summary.meaning     # "meaning compared on 131 of 3,900 lines"

A check is a class in a module of this package; to add one, add it to a family's module or add a
module. docs/checks.md lists them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from typing import Any

from smallscreen.localize.checks.base import (
    AnyCheck,
    Check,
    CheckContext,
    CheckSummary,
    SeriesCheck,
    SeriesContext,
    SourceCheck,
    SourceContext,
    Unit,
)
from smallscreen.series.model import Barrier, Cue, Finding, Series
from smallscreen.series.registry import discover

__all__ = [
    "FAILED",
    "Check",
    "CheckContext",
    "CheckSummary",
    "SeriesCheck",
    "SeriesContext",
    "SourceCheck",
    "SourceContext",
    "Unit",
    "all_checks",
    "check_edition",
    "check_series",
    "check_source",
]

FAILED = "check.failed"
"""The id of the finding that says that a check itself broke."""

strict = False
"""True: a check that breaks raises, as the tests want it; False: it becomes one finding."""


@cache
def all_checks() -> dict[str, AnyCheck]:
    """Every check there is, by id."""
    package = sys.modules[__name__]
    found: dict[str, AnyCheck] = {}
    bases: tuple[type[Any], ...] = (SourceCheck, Check, SeriesCheck)
    for base in bases:
        for key, check in discover(package, base).items():
            if key in found:
                raise ValueError(f"two checks share the id {key!r}")
            found[key] = check
    return dict(sorted(found.items()))


def check_source(
    cues: Sequence[Cue],
    series: Series | None = None,
    barriers: Sequence[Barrier] = (),
    only: set[str] | None = None,
    summary: CheckSummary | None = None,
) -> list[Finding]:
    """Findings about the source itself (`edition=None`), of one episode or of many, by time."""
    ctx = SourceContext(cues=cues, series=series, barriers=barriers, summary=summary or CheckSummary())
    episode = cues[0].episode if cues else 1
    found: list[Finding] = []
    for check in _chosen(SourceCheck, only):
        found += _run(check, partial(check.run, ctx), ctx.summary, episode, None)
    return _sorted(found)


def check_edition(ctx: CheckContext, only: set[str] | None = None) -> list[Finding]:
    """Findings about one episode of an edition, by time; `ctx.summary` says what did not run."""
    episode = ctx.cues[0].episode if ctx.cues else ctx.lines[0].episode if ctx.lines else 1
    found: list[Finding] = []
    for check in _chosen(Check, only):
        why = check.why_not(ctx.market)
        if why is not None:
            ctx.summary.not_run[check.id] = why
            continue
        found += _run(check, partial(check.run, ctx), ctx.summary, episode, ctx.edition)
    return _sorted(found)


def check_series(contexts: Sequence[CheckContext], only: set[str] | None = None) -> list[Finding]:
    """Findings that show only over all episodes of an edition; `contexts` are of one edition.

    An empty `contexts` gives no findings. The first context's summary says what did not run.
    """
    if not contexts:
        return []
    ctx = SeriesContext(episodes=contexts)
    first = next((c.cues[0].episode for c in contexts if c.cues), 1)
    found: list[Finding] = []
    for check in _chosen(SeriesCheck, only):
        why = check.why_not(ctx.market)
        if why is not None:
            ctx.summary.not_run[check.id] = why
            continue
        found += _run(check, partial(check.run, ctx), ctx.summary, first, ctx.edition)
    return _sorted(found)


def _chosen(kind: type, only: set[str] | None) -> list[Any]:
    return [c for c in all_checks().values() if isinstance(c, kind) and (only is None or c.id in only)]


def _run(
    check: AnyCheck,
    run: Callable[[], Iterator[Finding]],
    summary: CheckSummary,
    episode: int,
    edition: str | None,
) -> list[Finding]:
    """The findings of one check; its failure is one finding, so that the others are still heard."""
    try:
        found = list(run())
    except Exception as error:
        if strict:
            raise
        summary.not_run[check.id] = f"it failed ({type(error).__name__})"
        return [
            Finding(
                check=FAILED,
                episode=episode,
                start_ms=0,
                end_ms=0,
                severity="warning",
                edition=edition,
                message=f"The check {check.id} failed and says nothing about episode {episode}.",
                evidence={"check": check.id, "error": type(error).__name__},
                suggestion="Please report this with the episode's files; the other checks have run.",
            )
        ]
    if check.id not in summary.not_run:
        summary.ran[check.id] = summary.ran.get(check.id, 0) + len(found)
    return found


def _sorted(findings: list[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda f: (f.episode, f.start_ms, f.check, f.line or 0))
