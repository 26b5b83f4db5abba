"""Making an evidence pack: a folder with one page, one PDF, one JSON file and the pictures they show.

    PACK/
      evidence.html  evidence.pdf    the same facts, for people
      evidence.json                  all of it, with the SHA-256 of every other file and of the pack before
      timeline.svg                   time in the file against time in our work
      frames/01-file-00m12s400.jpg   and what stands beside it, 01-ours-00m10s120.jpg

The page and the PDF are drawn from what is in evidence.json alone. The same match, files and moment give the same
bytes.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from smallscreen import __version__
from smallscreen.errors import UserError
from smallscreen.rights import work_ids
from smallscreen.rights.accuracy import Accuracy
from smallscreen.rights.cases import Case
from smallscreen.rights.evidence import chain, notice
from smallscreen.rights.evidence.frames import Pair, pairs
from smallscreen.rights.evidence.timeline import draw, svg
from smallscreen.rights.model import FINGERPRINT_VERSION
from smallscreen.rights.releases import Owner, Standing
from smallscreen.rights.words import by, disguise, plain, sentence, span, work

FORMAT = "smallscreen.evidence/1"
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Made:
    """A pack: its folder, its link in the chain, and what a person should know of it."""

    folder: Path
    link: chain.Link
    facts: dict[str, Any]
    notes: tuple[str, ...]


def make(
    catalogue: Path,
    case: Case,
    standing: Standing,
    owner: Owner,
    accuracy: Accuracy,
    *,
    to: Path | None = None,
    ours: Path | None = None,
    title: str = "",
    now: datetime | None = None,
    progress: Progress | None = None,
) -> Made:
    """Make a pack of a case, into `to`, else into the catalogue's own folder of packs, and add it to the chain.

    `ours`: the file of our work, where it is no longer where it was added from. `title`: of the series, as people
    know it. UserError where the video is no longer the one that was found, where it is no copy, or the folder is taken.
    """
    if standing.status != "copy":
        raise UserError(
            f"{plain(case.match.query_name, 80)} is no copy: {standing.why} Where this is wrong, change releases.toml."
        )
    notes: list[str] = []
    query, master = _query(case), _ours(case, ours, notes)
    shown = pairs(query, master, case.match.segments, progress=progress)
    if not shown:
        raise UserError(f"{query.name}: no picture can be read from it any more; find it again.")
    moment = (now or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
    with chain.locked(catalogue):
        chain.adopt(catalogue)
        links = chain.links(catalogue)
        number = len(links) + 1
        name = f"{number:04d}-{case.match.id[:12]}"
        folder = to if to is not None else catalogue / chain.FOLDER / name
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UserError(f"{folder} is there already; give another folder with --to.")
        facts = gather(case, standing, owner, accuracy, shown, notes, title)
        before = links[-1] if links else None
        head = {
            "format": FORMAT, "pack": name, "made": _iso(moment), "program": f"smallscreen {__version__}",
            "previous": {"pack": before.pack, "evidence_sha256": before.evidence_sha256} if before else None,
        }  # fmt: skip
        facts = {**head, **facts}
        digest = _write(folder, facts, shown, moment, progress)
        link = chain.Link(number, name, _iso(moment), digest, before.evidence_sha256 if before else "")
        chain.add(catalogue, link)
    return Made(folder, link, facts, tuple(notes))


def gather(
    case: Case,
    standing: Standing,
    owner: Owner,
    accuracy: Accuracy,
    shown: Sequence[Pair],
    notes: Sequence[str],
    title: str,
) -> dict[str, Any]:
    """All facts of a pack as plain JSON values; nothing is in the page or the PDF that is not in it."""
    match, asset = case.match, case.match.asset
    facts: dict[str, Any] = {
        "said": sentence(match),
        "match": {
            "id": match.id,
            "confidence": match.confidence,
            "disguise": disguise(match),
            "disguises": list(match.disguises),
            "by": by([s.by for s in match.segments]),
            "notes": [*match.notes, *notes],
            "segments": [
                {
                    "query": span(s.query_from_ms, s.query_to_ms),
                    "asset": span(s.asset_from_ms, s.asset_to_ms),
                    **asdict(s),
                    "window": list(s.window),
                }
                for s in match.segments
            ],
        },
        "file": {
            "name": plain(match.query_name),
            "sha256": match.query_sha256,
            "size": case.size,
            "duration_ms": case.duration_ms,
            "sightings": [
                {
                    "at": s.at,
                    **{
                        k: plain(getattr(s.seen, k), 2000)
                        for k in ("url", "channel", "account", "uploader", "territory")
                    },
                    "day": s.seen.day.isoformat() if s.seen.day else "",
                }
                for s in case.sightings
            ],
        },
        "work": {
            "series": plain(title or asset.series),
            "name": work(asset),
            "episode": asset.episode,
            "edition": asset.edition,
            "kind": asset.kind,
            "file": plain(asset.name),
            "work_id": asset.work_id,
            "work_id_kind": work_ids.kind(asset.work_id),
            "sha256": asset.sha256,
            "size": asset.size,
            "duration_ms": asset.duration_ms,
            "added_at": asset.added_at,
        },
        "owner": {k: plain(v) for k, v in asdict(owner).items()},
        "standing": {"status": standing.status, "why": standing.why},
        "accuracy": {
            "sentence": accuracy.sentence(),
            "measured": accuracy.measured,
            "below": accuracy.below(match.confidence),
            "threshold": accuracy.threshold,
            "fingerprint": FINGERPRINT_VERSION,
            "comparisons": accuracy.comparisons,
            "false_matches": accuracy.false_matches,
            "upper_95": accuracy.upper,
            "date": accuracy.day.isoformat() if accuracy.day else "",
            "on": accuracy.on,
        },
        "frames": [
            {
                "segment": p.segment,
                "query_ms": p.query_ms,
                "asset_ms": p.asset_ms,
                "query": _frame_name(n, "file", p.query_ms),
                "ours": _frame_name(n, "ours", p.asset_ms) if p.ours else "",
            }
            for n, p in enumerate(shown, 1)
        ],
    }
    facts["notices"] = {
        "us": [asdict(f) for f in notice.dmca(facts)],
        "eu": [asdict(f) for f in notice.european(facts)],
        "warnings": [notice.MISREPRESENTATION, notice.NEVER_SENT],
    }
    return facts


# --- inside ----------------------------------------------------------------------------------


def _query(case: Case) -> Path:
    """The video, where it still is the very file."""
    for s in reversed(case.sightings):
        path = Path(s.path)
        if (
            path.is_file()
            and path.stat().st_size == case.size
            and chain.sha256(path) == case.match.query_sha256
        ):
            return path
    raise UserError(
        f"{plain(case.match.query_name, 80)} is no longer at {case.path}, or was changed; bring the file back or find "
        "it again."
    )


def _ours(case: Case, given: Path | None, notes: list[str]) -> Path | None:
    asset = case.match.asset
    path = given or Path(asset.path)
    if path.is_file() and path.stat().st_size == asset.size and chain.sha256(path) == asset.sha256:
        return path
    if given is not None:
        raise UserError(
            f"{given} is not the file that was added as {asset.name}; its SHA-256 is another one."
        )
    notes.append(
        f"The file of our work is no longer at {plain(asset.path, 200)}, or was changed, so no pictures of it stand beside."
    )
    return None


def _write(
    folder: Path, facts: dict[str, Any], shown: Sequence[Pair], moment: datetime, progress: Progress | None
) -> str:
    """Write the files beside their place and rename the folder; gives the SHA-256 of evidence.json."""
    from smallscreen.rights.evidence.page import render
    from smallscreen.rights.evidence.paper import draw_paper
    from smallscreen.rights.model import Segment

    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        (staging / "frames").mkdir()
        pictures: dict[str, bytes] = {}
        for entry, pair in zip(facts["frames"], shown, strict=True):
            pictures[entry["query"]] = pair.query
            if pair.ours:
                pictures[entry["ours"]] = pair.ours
        for name, data in pictures.items():
            (staging / name).write_bytes(data)
        segments = [
            Segment(**{k: s[k] for k in Segment.__slots__ if k != "window"})
            for s in facts["match"]["segments"]
        ]
        drawing = draw(facts["file"]["duration_ms"], facts["work"]["duration_ms"], segments)
        (staging / "timeline.svg").write_text(
            svg(drawing, facts["file"]["name"], facts["work"]["name"]), "utf-8"
        )
        (staging / "evidence.html").write_text(render(facts, pictures, drawing), "utf-8")
        if progress:
            progress(len(shown), len(shown), "PDF")
        draw_paper(facts, pictures, segments, staging / "evidence.pdf", moment)
        facts["files"] = {
            p.relative_to(staging).as_posix(): {"sha256": chain.sha256(p), "size": p.stat().st_size}
            for p in sorted(staging.rglob("*"))
            if p.is_file()
        }
        text = json.dumps(facts, ensure_ascii=False, indent=1) + "\n"
        (staging / chain.EVIDENCE).write_bytes(text.encode("utf-8"))
        digest = chain.sha256(staging / chain.EVIDENCE)
        staging.chmod(0o755)
        if folder.is_dir():
            folder.rmdir()  # an empty one; os.replace takes no folder's place on every system
        os.replace(staging, folder)
    except OSError as problem:
        raise UserError(
            f"{folder} cannot be written ({problem.strerror}); give another folder with --to."
        ) from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return digest


def _frame_name(number: int, side: str, ms: int) -> str:
    return f"frames/{number:02d}-{side}-{ms // 60_000:02d}m{ms // 1000 % 60:02d}s{ms % 1000:03d}.jpg"


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
