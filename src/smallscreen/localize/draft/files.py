"""Drafts that the user already has: subtitle files of each episode, or an edition file.

    drafts = from_files(Path("drafts"), {1: cues_of_1, 2: cues_of_2}, "en-US")

Subtitle files are matched to episodes by their names and to cues by time, so that a draft with more or
fewer subtitles than the source still finds its places. An edition file names its cues itself. What is
over on either side is reported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from smallscreen.errors import FileProblem, UserError
from smallscreen.localize.draft.result import DraftSet
from smallscreen.series.align import MatchProblem, match_by_time
from smallscreen.series.edition_file import FORMAT, EditionFile
from smallscreen.series.formats import SUFFIXES, RawCue, read_subtitles
from smallscreen.series.model import Cue, Draft, Finding, Severity
from smallscreen.series.names import by_episode, episode_number
from smallscreen.series.text import has_han

MAX_FILES = 10_000
_PREFERRED = (".srt", ".vtt", ".ass", ".ssa", ".ttml")
_HAN_IS_RIGHT = ("zh", "ja")


def from_files(
    folder: Path, cues_by_episode: Mapping[int, Sequence[Cue]], locale: str, *, edition: str | None = None
) -> DraftSet:
    """The drafts that `folder` (or one edition file) holds for a market's locale.

    Where a folder has several languages, the files named for the locale are taken, else those for its
    language, else those named for none. A file that cannot be read is one of `problems`, and the
    others are still read. Raises UserError when there is nothing to read at all, or two files for one episode.
    """
    folder = Path(folder)
    name = edition or locale
    if not folder.exists():
        raise UserError(f"There is no {folder}; give --drafts a folder of subtitles or an edition.json.")
    out = DraftSet()
    paths = [folder] if folder.is_file() else _listing(folder)
    read: set[int] = set()
    file = _edition(paths, locale, out, only=folder.is_file())
    if file is not None:
        read |= _from_edition(*file, cues_by_episode, name, out)
    for number, path in by_episode(_one_a_stem(paths), locale).items():
        if number in read:
            continue
        cues = cues_by_episode.get(number)
        if not cues:
            out.problems.append(
                f"{path.name} is for episode {number}, which the series does not have; it was left out."
            )
            continue
        try:
            raw = read_subtitles(path)
        except FileProblem as problem:
            out.problems.append(str(problem))
            continue
        if _looks_like_source(raw, locale):
            out.problems.append(
                f"{path.name} is in Chinese, not in the language of {locale}; name drafts for their language, as in ep001.en.srt."
            )
            continue
        read.add(number)
        _from_subtitles(path, raw, cues, name, out)
    for path in paths:
        if path.suffix.lower() in SUFFIXES and episode_number(path.name) is None:
            out.problems.append(f"{path.name} names no episode; name it like ep001.en.srt.")
    if not read and not out.problems:
        raise UserError(
            f"{folder.name} holds no drafts for {locale}; put files there named like ep001.{locale}.srt, or an edition.json."
        )
    left = [n for n in sorted(cues_by_episode) if n not in read and cues_by_episode[n]]
    out.findings += [_undrafted(cues_by_episode[n], name, folder.name) for n in left]
    return out


def _listing(folder: Path) -> list[Path]:
    try:
        paths = sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))
    except OSError as error:
        raise UserError(f"{folder.name} cannot be read ({error.strerror}); give --drafts a folder.") from None
    if len(paths) > MAX_FILES:
        raise UserError(
            f"{folder.name} holds {len(paths):,} files; give --drafts the folder of the drafts alone."
        )
    return paths


def _one_a_stem(paths: Sequence[Path]) -> list[Path]:
    """One file of each name: the same subtitles in several formats are one draft."""
    best: dict[str, Path] = {}
    for path in paths:
        suffix = path.suffix.lower()
        if suffix not in SUFFIXES:
            continue
        before = best.get(path.stem)
        if before is None or _rank(suffix) < _rank(before.suffix.lower()):
            best[path.stem] = path
    return list(best.values())


def _rank(suffix: str) -> int:
    return _PREFERRED.index(suffix) if suffix in _PREFERRED else len(_PREFERRED)


def _edition(
    paths: Sequence[Path], locale: str, out: DraftSet, *, only: bool
) -> tuple[Path, EditionFile] | None:
    """The edition file for the locale: its own before one of its language, the main variant first."""
    found: list[tuple[tuple[bool, bool, str], Path, EditionFile]] = []
    for path in paths:
        if path.suffix.lower() != ".json":
            continue
        if not only and path.name != "edition.json" and not _says_edition(path):
            continue
        try:
            file = EditionFile.read(path)
        except FileProblem as problem:
            out.problems.append(str(problem))
            continue
        if _language(file.locale) == _language(locale):
            order = (file.locale.lower() != locale.lower(), file.variant != "main", path.name)
            found.append((order, path, file))
        elif only or path.name == "edition.json":
            out.problems.append(
                f"{path.name} is an edition for {file.locale[:20]}, not for {locale}; it was left out."
            )
    if not found:
        return None
    found.sort(key=lambda f: f[0])
    for _, path, _ in found[1:]:
        out.problems.append(f"{path.name} is another edition for {locale}; {found[0][1].name} was taken.")
    return found[0][1], found[0][2]


def _says_edition(path: Path) -> bool:
    try:
        with path.open("rb") as f:
            return FORMAT.partition("/")[0].encode() in f.read(4096)
    except OSError:
        return False


def _from_edition(
    path: Path, file: EditionFile, cues_by_episode: Mapping[int, Sequence[Cue]], edition: str, out: DraftSet
) -> set[int]:
    """Takes the lines of an edition file; gives the episodes that it has lines for."""
    by_id = {cue.id: cue for cues in cues_by_episode.values() for cue in cues}
    brief = file.brief.model_dump() if file.brief else None
    head = {"title": file.title, "synopsis": file.synopsis, "brief": brief, "notes": list(file.notes)}
    out.head.update({k: v for k, v in head.items() if v})
    episodes: set[int] = set()
    for line in file.lines:
        cue = by_id.get(line.cue_id)
        if cue is None:
            if line.episode in cues_by_episode:
                out.findings.append(
                    _additional(line.episode, line.text, edition, f"{path.name}, cue {line.cue}")
                )
            else:
                problem = f"{path.name} has lines for episode {line.episode}, which the series does not have; they were left out."
                if problem not in out.problems:
                    out.problems.append(problem)
            continue
        episodes.add(cue.episode)
        text = " ".join(line.text.split())
        if text or line.strategy == "omission":
            origin = f"file:{path.name}" if line.origin == "file" else line.origin
            out.drafts[cue.id] = Draft(cue.id, text, origin, line.strategy, line.reason)
    for number in episodes:
        out.findings += [
            _missing(cue, edition, path.name) for cue in cues_by_episode[number] if cue.id not in out.drafts
        ]
    return episodes


def _from_subtitles(
    path: Path, raw: Sequence[RawCue], cues: Sequence[Cue], edition: str, out: DraftSet
) -> None:
    matched = match_by_time(cues, raw)
    by_id = {cue.id: cue for cue in cues}
    origin = f"file:{path.name}"
    for cue in cues:
        text = " ".join(matched.texts.get(cue.id, "").split())
        if text:
            out.drafts[cue.id] = Draft(cue.id, text, origin)
    for problem in matched.problems:
        for id_ in problem.cues if problem.kind == "merged" else ():
            if id_ not in out.drafts:
                # Its words stand with a neighbor: nothing of its own to show, but nothing lost either.
                reason = f"its words stand with a line beside it in {path.name}"
                out.drafts[id_] = Draft(id_, "", origin, reason=reason)
        if problem.kind != "missing":
            out.findings.append(_matching(problem, by_id, cues, path.name, edition))
    out.findings += [_missing(cue, edition, path.name) for cue in cues if cue.id not in out.drafts]


_MATCHING: dict[str, tuple[str, Severity, str | None]] = {
    "unmatched": (
        "draft.additional",
        "warning",
        "Check that the draft is of this cut; add its words to a line near it if they are needed.",
    ),
    "shifted": (
        "draft.shifted",
        "note",
        "Check that the draft was made for this cut; its times were used only to find its lines.",
    ),
    "merged": ("draft.merged", "note", None),
    "split": ("draft.split", "note", "Read both lines: the words were dealt out by sentence or line."),
    "joined": ("draft.joined", "note", None),
    "moved": ("draft.moved", "warning", "Check that the words belong to this line."),
}
"""For each kind of `align.MatchProblem`: the check, its weight, and what to do."""


def _matching(
    problem: MatchProblem, by_id: Mapping[str, Cue], cues: Sequence[Cue], name: str, edition: str
) -> Finding:
    check, severity, suggestion = _MATCHING.get(problem.kind, (f"draft.{problem.kind}", "note", None))
    here = [by_id[id_] for id_ in problem.cues if id_ in by_id]
    place = f"{name}, line {problem.line}" if problem.line else name
    message = str(problem)
    return Finding(
        check=check,
        episode=cues[0].episode,
        start_ms=here[0].start_ms if here else cues[0].start_ms,
        end_ms=here[-1].end_ms if here else cues[-1].end_ms,
        message=message[:1].upper() + message[1:] + ("" if message.endswith(".") else "."),
        severity=severity,
        cue=here[0].id if here else None,
        edition=edition,
        evidence={"text": problem.text[:200], "place": place}
        | ({"offset_ms": problem.offset_ms} if problem.offset_ms else {})
        | ({"cues": list(problem.cues)} if len(problem.cues) > 1 else {}),
        suggestion=suggestion,
    )


def _looks_like_source(raw: Sequence[RawCue], locale: str) -> bool:
    if _language(locale) in _HAN_IS_RIGHT:
        return False
    return 2 * sum(1 for c in raw if has_han(c.text)) > len(raw)


def _language(locale: str) -> str:
    return locale.replace("_", "-").partition("-")[0].lower()


def _undrafted(cues: Sequence[Cue], edition: str, where: str) -> Finding:
    """One finding for a whole episode: eighty times fifty of them would bury all others."""
    return Finding(
        check="draft.missing",
        episode=cues[0].episode,
        start_ms=cues[0].start_ms,
        end_ms=cues[-1].end_ms,
        message=f"{where} has no draft for this episode; its {len(cues)} lines are missing.",
        severity="error",
        edition=edition,
        evidence={"cues": len(cues), "file": where},
        suggestion="Add a file for the episode, or draft it with a model.",
    )


def _missing(cue: Cue, edition: str, where: str) -> Finding:
    return Finding(
        check="draft.missing",
        episode=cue.episode,
        start_ms=cue.start_ms,
        end_ms=cue.end_ms,
        message=f"{where} has nothing at the time of this line, so it has no draft.",
        severity="error",
        cue=cue.id,
        edition=edition,
        evidence={"source": cue.text[:200], "file": where},
        suggestion="Write the line, or leave it out on purpose with the strategy omission.",
    )


def _additional(episode: int, text: str, edition: str, place: str) -> Finding:
    return Finding(
        check="draft.additional",
        episode=episode,
        start_ms=0,
        end_ms=0,
        message=f"{place} is no cue of the source; its words were not taken.",
        edition=edition,
        evidence={"text": text[:200], "place": place},
        suggestion="Check that the edition was made from this cut; add the words to a line near it if they are needed.",
    )
