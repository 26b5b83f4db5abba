"""`dub`: the voice track, the mix and what goes with them, episode by episode, as a step of the series.

Every line's speech is kept (`kept`), so that a run broken off goes on; a finished episode whose words,
voices, files and settings are the same is not made again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from smallscreen.engines.loudness import SILENCE, normalized
from smallscreen.engines.mux import replace_sound
from smallscreen.engines.sound import RATE, SoundProblem, Speech, read_sound, write_wav
from smallscreen.engines.video import probe
from smallscreen.engines.voice import CannotSpeak, VoiceEngine, voice_engine
from smallscreen.errors import UserError
from smallscreen.localize.dub import recordings as studio
from smallscreen.localize.dub import report
from smallscreen.localize.dub.cast import Role, cast_of
from smallscreen.localize.dub.dubbed import keep
from smallscreen.localize.dub.fit import Take, fitted, wanted_rate
from smallscreen.localize.dub.kept import Booth
from smallscreen.localize.dub.mix import mixed, spans_of, voices
from smallscreen.localize.dub.plan import DubLine, lines_of, names_of
from smallscreen.localize.dub.retime import placed, subtitles
from smallscreen.localize.dub.script import notes_of, speed_of, write_script_sheet
from smallscreen.localize.pipeline import Localizer, Summary
from smallscreen.series import names, platforms
from smallscreen.series.formats import TimedText, write_subtitles
from smallscreen.series.model import Draft, Episode, Finding, Line
from smallscreen.series.project import VIDEO_SUFFIXES, video_of
from smallscreen.series.steps import run as run_step

TARGET_LUFS = -16.0
"""What a mix is brought to: our choice for phones, 7 LU above the -23 of EBU R 128 for television."""
CEILING_DBTP = -1.5
"""Highest true peak of the mix: EBU R 128 asks for -1, and coding to AAC raised it by 0.3 dB when measured."""
DUCK_DB = 15.0
_VERSION = 2
_TAIL_MS = 1000


@dataclass(frozen=True)
class Wish:
    """How to dub. `voice` is an engine's id, None for none (recordings only). `duck` in dB, `loudness` in LUFS.

    `me` is a folder of M&E tracks, `recordings` one of a studio's files; both are matched by name.
    """

    voice: str | None = "piper"
    model: str | None = None
    me: Path | None = None
    recordings: Path | None = None
    retime: bool = False
    video: bool = False
    keep_original: bool = False
    duck: float = DUCK_DB
    loudness: float = TARGET_LUFS
    out: Path | None = None


@dataclass
class _Job:
    """What all episodes share."""

    work: Localizer
    wish: Wish
    folder: Path
    drafts: dict[str, Draft]
    lines: dict[int, list[DubLine]]
    films: dict[int, tuple[Path, int]]
    engine: VoiceEngine | None
    booth: Booth | None
    cast: dict[str, Role]
    recordings: studio.Recordings | None
    me: dict[int, Path]
    problems: list[str] = field(default_factory=list)
    done: int = 0


def dub(work: Localizer, wish: Wish) -> Summary:
    """Dub the episodes of `work`; a JSON summary of what came of it, in all and by episode."""
    job = _job(work, wish)
    store = work.project.store
    total = sum(len(job.lines.get(n, ())) for n in work.cues)
    before = store.steps("dub")
    made: list[Summary] = []
    fresh = 0
    try:
        for episode in store.episodes():
            if episode.number not in work.cues or not job.lines.get(episode.number):
                continue
            scope = f"{work.edition.name}/ep{episode.number:03d}"
            work.meter(job.done, total, f"episode {episode.number}")
            there = before.get(scope)
            if there and not all(Path(p).is_file() for p in there.summary.get("files", [])):
                before.pop(scope)

            def episode_of(episode: Episode = episode) -> Summary:
                return _episode(job, episode, total)

            try:
                ran = run_step(store, "dub", scope, _inputs(job, episode), episode_of, before)
            except OSError as error:
                raise UserError(
                    f"{error.filename or job.folder} cannot be written ({error.strerror}); make room or choose "
                    "another place with --out. What was spoken is kept."
                ) from error
            job.done = job.done if ran.fresh else job.done + len(job.lines[episode.number])
            fresh += ran.fresh
            made.append(ran.summary)
    finally:
        if job.engine:
            job.engine.close()
    work.meter(total, total, "")
    return report.summary(work, job, made, fresh)


def write_script(work: Localizer, path: Path) -> Summary:
    """Write the dubbing script of the edition's episodes to `path` (.xlsx)."""
    if path.suffix.lower() != ".xlsx":
        raise UserError(f"{path.name}: the dubbing script is a workbook; give a name that ends in .xlsx.")
    drafts = _drafts(work)
    problems: list[str] = []
    spoken = _lines(work, drafts, _films(work, problems))
    lines = [line for number, some in spoken.items() if number in work.cues for line in some]
    if not lines:
        raise UserError(f"{work.edition.name}: these episodes have no words to speak; draft them first.")
    script = work.project.store.script()
    notes = {k: v for n, cues in work.cues.items() for k, v in notes_of(cues, script.get(n, [])).items()}
    speed = speed_of(work.market, work.edition.profile)
    lines = [replace(line, character=_shown(work, line.character)) for line in lines]
    write_script_sheet(path, lines, notes, speed, report.about(work, speed), work.market.direction == "rtl")
    made = [{"path": str(path), "what": "dubbing script"}]
    return {
        "step": "dub-script",
        "edition": work.edition.name,
        "lines": len(lines),
        "made": made,
        "problems": problems,
        "fresh": True,
    }


# --- within --------------------------------------------------------------------------------


def _shown(work: Localizer, character: str) -> str:
    """A character's name for the studio: the market's, with the source's."""
    held = {c.name: c.renderings for c in work.series.characters}.get(character, {})
    name = held.get(work.market.locale) or held.get(work.market.language)
    return f"{name} ({character})" if name and name != character else character


def _job(work: Localizer, wish: Wish) -> _Job:
    drafts = _drafts(work)
    problems: list[str] = []
    films = _films(work, problems)
    lines = _lines(work, drafts, films)
    folder = wish.out or work.project.root / "dub" / work.edition.name
    spoken = [line for some in lines.values() for line in some]
    if not any(lines.get(n) for n in work.cues):
        raise UserError(f"{work.edition.name}: these episodes have no words to speak; draft them first.")
    if not (0 <= wish.duck <= 60 and -40 <= wish.loudness <= -5):
        raise UserError("--duck is from 0 to 60 dB and --loudness from -40 to -5 LUFS.")
    found = studio.find(wish.recordings, spoken) if wish.recordings else None
    me = _numbered(wish.me) if wish.me else {}
    engine, booth, cast = None, None, {}
    if wish.voice is not None:
        engine = voice_engine(wish.voice, model=wish.model)
        choice = engine.voices(work.market.locale)
        cast = cast_of(work.project.store, work.edition.name, folder, spoken, engine.id, choice)
        booth = Booth(work.project.root / "dub" / "speech", engine)
    job = _Job(work, wish, folder, drafts, lines, films, engine, booth, cast, found, me, problems)
    if found:
        job.problems += found.unmatched
    for episode in work.project.store.episodes():
        if episode.number not in work.cues or not lines.get(episode.number):
            continue
        if wish.me and episode.number not in me:
            job.problems.append(
                f"{wish.me.name} holds no M&E track of episode {episode.number}; the original sound is used"
            )
        if wish.video and episode.number not in films:
            job.problems.append(f"episode {episode.number} has no video to use, so only its sound was made")
    return job


def _drafts(work: Localizer) -> dict[str, Draft]:
    return work.project.store.drafts(work.edition)


def _lines(
    work: Localizer, drafts: Mapping[str, Draft], films: Mapping[int, tuple[Path, int]]
) -> dict[int, list[DubLine]]:
    called = names_of(work.series)
    ends = {number: ms for number, (_, ms) in films.items()}
    return {n: lines_of(cues, drafts, called, ends.get(n)) for n, cues in work.project.store.cues().items()}


def _films(work: Localizer, problems: list[str]) -> dict[int, tuple[Path, int]]:
    """The videos of the episodes to work on and how long they are, ms; one that cannot be read is none."""
    found: dict[int, tuple[Path, int]] = {}
    for episode in work.project.store.episodes():
        path = video_of(work.project, episode) if episode.number in work.cues else None
        if path is None:
            continue
        try:
            found[episode.number] = path, probe(path).duration_ms
        except UserError as error:
            problems.append(str(error))
    return found


def _inputs(job: _Job, episode: Episode) -> tuple[object, ...]:
    """Everything that can change an episode's files."""
    number, wish, work = episode.number, job.wish, job.work
    lines = job.lines[number]
    roles = [job.cast[name] for name in sorted({line.character for line in lines}) if name in job.cast]
    sounds = sorted({(r.voice, job.engine.identity(r.voice)) for r in roles}) if job.engine else []
    files = [job.me.get(number), job.films[number][0] if number in job.films else None]
    stamps = [(str(f), f.stat().st_size, f.stat().st_mtime_ns) if f else None for f in files]
    stamps.append(job.recordings.stamps(lines) if job.recordings else None)  # type: ignore[arg-type]
    words = sorted(job.recordings.words.items()) if job.recordings else []
    timing: tuple[object, ...] = ()
    if wish.retime:
        seen = work.shots.get(number)
        timing = (work.market, work.edition.profile, work.cues[number], sorted(job.drafts.items()), seen)
    plain = replace(wish, me=None, recordings=None, out=None)
    return (_VERSION, lines, roles, sounds, stamps, words, timing, plain, str(job.folder.resolve()))


def _episode(job: _Job, episode: Episode, total: int) -> Summary:
    number, wish, work = episode.number, job.wish, job.work
    lines = job.lines[number]
    found: list[Finding] = []
    takes = placed(_takes(job, lines, found, total), wish.retime)
    video, ends_ms = job.films.get(number, (None, 0))
    bed, kind = _bed(job, number, video)
    seconds = (
        ends_ms / 1000
        if video
        else max(len(bed) / RATE, max((t.end_ms + _TAIL_MS for t in takes), default=0) / 1000)
    )
    length = round(seconds * RATE)
    original = kind == "ducked"
    made = mixed(voices(takes, length), bed, spans_of(takes, original), wish.duck, original)
    sound, loud = normalized(made.samples, wish.loudness, CEILING_DBTP)
    stem = f"ep{number:03d}"
    files = [job.folder / f"{stem}.wav"]
    write_wav(files[0], sound)
    if wish.video and video:
        files.append(job.folder / f"{stem}.mp4")
        replace_sound(
            video, sound, files[-1], language=work.market.language, keep_original=wish.keep_original
        )
    shown: list[Line] | None = None
    if wish.retime:
        files.append(job.folder / f"{stem}.{work.market.locale}.srt")
        cuts = work.shots[number].hard if number in work.shots else ()
        shown = subtitles(
            work.cues[number], job.drafts, takes, work.market, work.edition.profile, work.edition.name, cuts
        ).lines
        _write_subtitles(job, shown, files[-1])
        found += report.over_cuts(shown, cuts, work.market.screen(work.edition.profile))
    found += report.findings(takes, work.edition.name, round(seconds * 1000), wish.retime)
    if job.recordings:
        found += report.words(lines, job.recordings.words, work.edition.name)
    work.project.store.put_findings("dub", work.edition, [number], found)
    keep(work.project.store, work.edition.name, number, lines, files[0], shown)
    return {
        "episode": number,
        "lines": len(lines),
        "spoken": len(takes),
        "hurried": sum(t.rate > 1.02 for t in takes),
        "slowed": sum(t.rate < 0.98 for t in takes),
        "findings": dict(Counter(f.check for f in found)),
        "seconds": round(seconds, 2),
        "bed": kind,
        "under_db": round(made.under_db, 1),
        "middle_only": made.middle_only,
        "lufs": None if loud.lufs == SILENCE else round(loud.lufs, 2),
        "dbtp": None if loud.dbtp == SILENCE else round(loud.dbtp, 2),
        "files": [str(f) for f in files],
    }


def _takes(job: _Job, lines: Sequence[DubLine], found: list[Finding], total: int) -> list[Take]:
    """A take of every line that has a recording or a voice."""
    edition = job.work.edition.name
    takes: list[Take] = []
    rest: list[DubLine] = []
    for line in lines:
        path = job.recordings.files.get(line.cue) if job.recordings else None
        speech = None
        if path is not None:
            speech, told = studio.listen(path)
            found += [report.of_line(line, check, said, edition) for check, said in told]
        elif job.recordings is not None:
            found.append(
                report.of_line(line, "dub.recording-missing", f"there is no recording {line.file}", edition)
            )
        if speech is not None:
            takes.append(fitted(line, speech, "recording", slow=False))
            _tick(job, total)
        elif job.engine is not None:
            rest.append(line)
        else:
            _tick(job, total)
    return takes + (_spoken(job, rest, found, total) if job.engine else [])


def _spoken(job: _Job, lines: Sequence[DubLine], found: list[Finding], total: int) -> list[Take]:
    booth, engine = job.booth, job.engine
    assert booth is not None and engine is not None
    natural: dict[str, Speech] = {}

    def say(line: DubLine) -> tuple[DubLine, Speech | str]:
        try:
            return line, booth.say(line.text, job.cast[line.character])
        except CannotSpeak as problem:
            return line, str(problem)

    pool = ThreadPoolExecutor(max_workers=engine.parallel)
    try:
        # By voice: a program that speaks holds one at a time.
        for line, speech in pool.map(say, sorted(lines, key=lambda n: job.cast[n.character].voice)):
            if isinstance(speech, str):
                said = f"the voice cannot speak it: {speech}"
                found.append(report.of_line(line, "dub.unspoken", said, job.work.edition.name))
            else:
                natural[line.cue] = speech
            _tick(job, total)
    finally:
        # What was not begun is not paid for; what is on its way is, and is waited for and kept.
        pool.shutdown(wait=True, cancel_futures=True)

    def order(line: DubLine) -> tuple[str, float]:
        role, ms = job.cast[line.character], natural[line.cue].ms
        return role.voice, wanted_rate(ms, line.end_ms - line.start_ms, line.slot_ms, role.rate)

    takes = []
    for line in sorted((n for n in lines if n.cue in natural), key=order):
        role = job.cast[line.character]

        def again(rate: float, line: DubLine = line, role: Role = role) -> Speech:
            return booth.say(line.text, role, rate)

        by = f"{engine.id}:{role.voice}"
        takes.append(
            fitted(line, natural[line.cue], by, pace=role.rate, again=again if engine.paces else None)
        )
    return takes


def _tick(job: _Job, total: int) -> None:
    job.done += 1
    job.work.meter(job.done, total, "lines")


def _bed(job: _Job, number: int, video: Path | None) -> tuple[np.ndarray, str]:
    """What lies under the voices and its kind: `me`, `ducked` (the original sound) or `none`."""
    path = job.me.get(number)
    for source, kind in ((path, "me"), (video, "ducked")):
        if source is None:
            continue
        try:
            bed = read_sound(source)
        except SoundProblem as problem:
            raise UserError(f"{source.name}: its sound cannot be used, it is {problem}.") from None
        if len(bed):
            return bed, kind
    return np.zeros((0, 2), np.float32), "none"


def _numbered(folder: Path) -> dict[int, Path]:
    """The sound or video files of a folder by episode."""
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}; give the one that holds the M&E tracks.")
    suffixes = {*studio.SUFFIXES, *VIDEO_SUFFIXES, ".m4a", ".aac", ".aif", ".aiff"}
    found: dict[int, Path] = {}
    for path in sorted(folder.iterdir()):
        number = names.episode_number(path.name)
        if path.suffix.lower() in suffixes and number is not None and path.is_file():
            found.setdefault(number, path)
    if not found:
        raise UserError(f"{folder} holds no M&E track; name them like ep001.wav.")
    return found


def _write_subtitles(job: _Job, lines: Sequence[Line], path: Path) -> None:
    work = job.work
    write_subtitles(
        path,
        [TimedText(n.start_ms, n.end_ms, n.text, None) for n in lines],
        market=work.market,
        profile=work.edition.profile,
        platform=platforms.load(work.edition.platform),
        title=work.series.title,
    )


__all__ = ["CEILING_DBTP", "DUCK_DB", "TARGET_LUFS", "Wish", "dub", "write_script"]
