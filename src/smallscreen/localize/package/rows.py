"""Source and edition side by side: which cues and which subtitles belong together.

Fitting merges cues and splits them, so neither numbering is the other's. A row is the smallest set of
cues and subtitles that share words: one cue and one subtitle as a rule, else two cues and the subtitle
that joins them, or a cue and the two subtitles that it became.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from smallscreen.localize.package.bundle import EditionBundle, EpisodeBundle
from smallscreen.series.markets import Market
from smallscreen.series.model import Barrier, Cue, Decision, Draft, Finding, Line
from smallscreen.series.text import reading_chars


@dataclass(slots=True)
class Row:
    """Cues and subtitles that belong together, with all that is known of them, in the order of time."""

    episode: int
    cues: list[Cue] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    literal: list[Draft] = field(default_factory=list)
    barriers: list[Barrier] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)

    @property
    def start_ms(self) -> int:
        return min([c.start_ms for c in self.cues] + [n.start_ms for n in self.lines])

    @property
    def end_ms(self) -> int:
        return max([c.end_ms for c in self.cues] + [n.end_ms for n in self.lines])

    @property
    def speakers(self) -> list[str]:
        """The speakers, each once, in order."""
        return list(dict.fromkeys(c.speaker for c in self.cues if c.speaker))

    @property
    def source(self) -> str:
        return "\n".join(c.text for c in self.cues)

    @property
    def strategies(self) -> list[str]:
        return list(dict.fromkeys(d.strategy for d in self.drafts if d.strategy))

    @property
    def reasons(self) -> list[str]:
        return list(dict.fromkeys(d.reason for d in self.drafts if d.reason))


@dataclass(slots=True)
class EpisodeRows:
    """The rows of one episode, and the findings that speak of no place in it."""

    bundle: EpisodeBundle
    rows: list[Row]
    loose: list[Finding]


def episode_rows(bundle: EditionBundle, episode: EpisodeBundle) -> EpisodeRows:
    """Join cues, subtitles, drafts, barriers, findings and decisions of one episode into rows.

    Findings about the source and about this edition are placed by the subtitle or the cue that they
    name, else by time; findings about other editions are left out.
    """
    rows = _join(episode)
    by_cue = {cue.id: row for row in rows for cue in row.cues}
    by_line = {line.index: row for row in rows for line in row.lines}
    for row in rows:
        row.drafts = [episode.drafts[c.id] for c in row.cues if c.id in episode.drafts]
        row.literal = [episode.literal[c.id] for c in row.cues if c.id in episode.literal]
    for barrier in sorted(episode.barriers, key=lambda b: (b.start, b.end)):
        if barrier.cue in by_cue:
            by_cue[barrier.cue].barriers.append(barrier)
    for decision in bundle.decisions:
        if decision.cue in by_cue and decision.edition in (None, bundle.edition.name):
            by_cue[decision.cue].decisions.append(decision)
    loose = []
    for finding in episode.findings:
        if finding.edition not in (None, bundle.edition.name):
            continue
        row_of = by_line.get(finding.line) if finding.line is not None and finding.edition else None
        row_of = row_of or by_cue.get(finding.cue or "") or _at(rows, finding)
        if row_of is None:
            loose.append(finding)
        else:
            row_of.findings.append(finding)
    for row in rows:
        row.findings.sort(key=lambda f: ("error", "warning", "note").index(f.severity))
    return EpisodeRows(episode, rows, loose)


def characters(line: Line, market: Market) -> float:
    """Characters that a viewer reads in a subtitle, as the market counts them; line breaks do not count."""
    return reading_chars(line.text, market.counting)


def speed(line: Line, market: Market) -> float:
    """Characters a second; infinite for a subtitle that lasts no time."""
    return characters(line, market) * 1000 / line.duration_ms if line.duration_ms > 0 else float("inf")


def timecode(ms: int) -> str:
    """`00:01:02.345`."""
    sign, ms = ("-", -ms) if ms < 0 else ("", ms)
    return f"{sign}{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}"


def _join(episode: EpisodeBundle) -> list[Row]:
    """Rows of cues and lines that are connected, directly or through one another."""
    parent: dict[str, str] = {cue.id: cue.id for cue in episode.cues}

    def root(key: str) -> str:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    anchors: list[str] = []
    for number, line in enumerate(episode.lines):
        known = [c for c in line.cues if c in parent]
        # A subtitle whose cues are not there (a translator's note, say) still has its row.
        anchor = known[0] if known else f"line {number}"
        parent.setdefault(anchor, anchor)
        anchors.append(anchor)
        for other in known[1:]:
            parent[root(other)] = root(anchor)
    rows: dict[str, Row] = {}
    for cue in episode.cues:
        rows.setdefault(root(cue.id), Row(episode.number)).cues.append(cue)
    for anchor, line in zip(anchors, episode.lines, strict=True):
        rows.setdefault(root(anchor), Row(episode.number)).lines.append(line)
    for row in rows.values():
        row.cues.sort(key=lambda c: (c.start_ms, c.index))
        row.lines.sort(key=lambda n: (n.start_ms, n.index))
    return sorted(rows.values(), key=lambda r: (r.start_ms, r.cues[0].index if r.cues else r.lines[0].index))


def _at(rows: list[Row], finding: Finding) -> Row | None:
    """The row that shares the most time with a finding, if any does; not for findings of a whole episode."""
    if finding.end_ms <= finding.start_ms:
        return next((r for r in rows if finding.start_ms and r.start_ms <= finding.start_ms < r.end_ms), None)
    shared = [
        (min(r.end_ms, finding.end_ms) - max(r.start_ms, finding.start_ms), n) for n, r in enumerate(rows)
    ]
    touching = [item for item in shared if item[0] > 0]
    if not touching or len(touching) > 3 or len(touching) == len(rows) > 1:
        return None
    return rows[max(touching, key=lambda item: (item[0], -item[1]))[1]]
