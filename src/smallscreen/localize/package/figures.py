"""The numbers of an edition, each with what it was counted on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from smallscreen.localize.package.bundle import EditionBundle, EpisodeBundle
from smallscreen.localize.package.rows import speed
from smallscreen.series.model import KINDS, SEVERITIES, STRATEGIES, Barrier, Finding, Line

SHORTEN = "fit.shorten"
"""The check whose findings say that words must be taken out before a line fits."""
UNDECIDED = "no strategy recorded"
NEEDS = (3, 2, 1)
STATUSES = ("strategy recorded", "flagged by a check", UNDECIDED, "no words yet")


@dataclass(slots=True)
class Figures:
    """Counts over the whole edition. Barriers and cues are the source's; `lines` are its subtitles."""

    episodes: int = 0
    minutes: float = 0.0
    cues: int = 0
    lines: int = 0
    drafted: int = 0
    in_time: int = 0
    limit: float = 0.0
    shorten: int = 0
    severity: Counter[str] = field(default_factory=Counter)
    source_severity: Counter[str] = field(default_factory=Counter)
    clean_lines: int = 0
    checks: dict[str, Counter[str]] = field(default_factory=dict)
    barriers: int = 0
    barrier_cues: int = 0
    needs: Counter[int] = field(default_factory=Counter)
    kinds: dict[str, Counter[int]] = field(default_factory=dict)
    handled: dict[int, Counter[str]] = field(default_factory=dict)
    strategies: Counter[str] = field(default_factory=Counter)
    speeds: list[float] = field(default_factory=list)
    literal_lines: int = 0
    literal_in_time: int = 0
    literal_severity: Counter[str] = field(default_factory=Counter)
    compared: list[tuple[str, int, int]] = field(default_factory=list)

    @property
    def findings(self) -> int:
        return self.severity.total()

    @property
    def source_findings(self) -> int:
        return self.source_severity.total()


def figures(bundle: EditionBundle) -> Figures:
    """Count an edition. Every share can be made from two of the counts."""
    made = Figures(episodes=len(bundle.episodes), limit=bundle.screen.cps)
    literal_checks: Counter[str] = Counter()
    edition_checks: Counter[str] = Counter()
    for episode in bundle.episodes:
        own, source, literal = split_findings(bundle, episode)
        made.minutes += episode.duration_ms / 60_000
        made.cues += len(episode.cues)
        made.lines += len(episode.lines)
        made.drafted += sum(cue.id in episode.drafts for cue in episode.cues)
        made.shorten += len({f.line if f.line is not None else f.cue for f in own if f.check == SHORTEN})
        made.severity.update(f.severity for f in own)
        made.source_severity.update(f.severity for f in source)
        made.literal_severity.update(f.severity for f in literal)
        made.clean_lines += len(episode.lines) - _touched(episode.lines, own)
        for finding in [*own, *source]:
            made.checks.setdefault(finding.check, Counter())[finding.severity] += 1
        edition_checks.update(f.check for f in own)
        literal_checks.update(f.check for f in literal)
        made.speeds += [speed(line, bundle.market) for line in episode.lines]
        literal_speeds = [speed(line, bundle.market) for line in episode.literal_lines]
        made.literal_lines += len(literal_speeds)
        made.literal_in_time += sum(within(s, made.limit) for s in literal_speeds)
        _count_barriers(made, episode, own)
    made.in_time = sum(within(s, made.limit) for s in made.speeds)
    made.checks = dict(sorted(made.checks.items(), key=lambda item: (-item[1].total(), item[0])))
    order = list(KINDS)
    made.kinds = dict(
        sorted(made.kinds.items(), key=lambda i: (-i[1].total(), order.index(i[0]) if i[0] in order else 99))
    )
    made.compared = sorted(
        (
            (check, literal_checks[check], edition_checks[check])
            for check in {*literal_checks, *edition_checks}
        ),
        key=lambda item: (-max(item[1:]), item[0]),
    )
    return made


def split_findings(
    bundle: EditionBundle, episode: EpisodeBundle
) -> tuple[list[Finding], list[Finding], list[Finding]]:
    """Findings about this edition, about the source, and about the literal draft it is compared with."""
    name, literal = bundle.edition.name, bundle.literal_name
    own = [f for f in episode.findings if f.edition == name]
    source = [f for f in episode.findings if f.edition is None]
    return own, source, [f for f in episode.findings if f.edition == literal != name]


def within(rate: float, limit: float) -> bool:
    """Whether a speed keeps the limit; a hundredth more is the rounding to whole milliseconds."""
    return rate <= limit + 0.01


def histogram(speeds: Sequence[float], limit: float) -> list[tuple[float, float, int]]:
    """Counts of speeds in twelve equal steps (from, to, count) with a step's edge at the limit.

    The last step takes all that is faster.
    """
    step = limit / 8
    counts = [0] * 12
    for rate in speeds:
        # The edge itself still keeps the limit.
        number = int(max(0.0, rate - 0.01) / step) if rate != float("inf") else 11
        counts[min(11, number)] += 1
    return [(n * step, (n + 1) * step, count) for n, count in enumerate(counts)]


def barrier_status(barrier: Barrier, episode: EpisodeBundle, flagged: set[str]) -> str:
    """What became of a barrier, one of STATUSES. A check's doubt weighs more than a strategy's name."""
    draft = episode.drafts.get(barrier.cue)
    if draft is None:
        return STATUSES[3]
    if barrier.cue in flagged:
        return STATUSES[1]
    return STATUSES[0] if draft.strategy else STATUSES[2]


def _count_barriers(made: Figures, episode: EpisodeBundle, own: Sequence[Finding]) -> None:
    flagged = {f.cue for f in own if f.check.startswith("culture.") and f.cue and f.severity != "note"}
    made.barriers += len(episode.barriers)
    made.barrier_cues += len({b.cue for b in episode.barriers})
    for barrier in episode.barriers:
        made.needs[barrier.need] += 1
        made.kinds.setdefault(barrier.kind, Counter())[barrier.need] += 1
        made.handled.setdefault(barrier.need, Counter())[barrier_status(barrier, episode, flagged)] += 1
    for draft in episode.drafts.values():
        if draft.strategy:
            made.strategies[draft.strategy if draft.strategy in STRATEGIES else "other"] += 1


def _touched(lines: Sequence[Line], findings: Sequence[Finding]) -> int:
    """How many subtitles some finding above a note speaks of."""
    serious = [f for f in findings if f.severity != SEVERITIES[0]]
    numbers = {f.line for f in serious if f.line is not None}
    cues = {f.cue for f in serious if f.line is None and f.cue}
    return sum(line.index in numbers or not cues.isdisjoint(line.cues) for line in lines)
