"""The catalogue: what is ours, as a folder of records, fingerprints and terms.

    CATALOGUE/
      assets/ab/ab12....json     one asset: whose it is; written last, so that what has a record is whole
      assets/ab/ab12....fp       its fingerprint
      terms-1/                   its terms, merged with those of others (`runs`)
      paths/                     which file had which SHA-256, by size and time of change
      exclusions/, exclusions.toml   what recurs in a series and says nothing (`exclude`)
      matches/                   what was found (`find`)
      releases.toml              own releases and licences (`releases`)

Every file is written under another name and renamed, so that any number of processes may add, search and
merge at once, and one that is killed leaves nothing half: adding again goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from smallscreen.errors import FileProblem, UserError
from smallscreen.rights.model import FINGERPRINT_VERSION, Asset, Fingerprint, Terms
from smallscreen.rights.runs import TermStore
from smallscreen.rights.termfiles import NEW, write_new
from smallscreen.series import names
from smallscreen.series.manifest import NAME as MANIFEST
from smallscreen.series.manifest import read_manifest
from smallscreen.series.project import VIDEO_SUFFIXES, Progress

CATALOGUE_VARIABLE = "SMALLSCREEN_CATALOGUE"
SUFFIXES = frozenset(
    (*VIDEO_SUFFIXES, ".avi", ".ts", ".m2ts", ".mpg", ".mpeg", ".flv", ".wmv", ".3gp", ".ogv", ".mxf")
)
"""What is taken for a video in a folder; a file that is named is tried whatever its name."""
_ID = re.compile(r"[0-9a-f]{32}")
_MARK = "catalogue.json"
_KINDS = re.compile(r"[\w -]{1,40}")


@dataclass(frozen=True)
class Stats:
    """What a catalogue holds. `kb_per_minute` counts all its files, 1 kB = 1,000 bytes; None without a minute."""

    assets: int
    series: int
    hours: float
    terms: int
    bytes: int
    term_bytes: int
    kb_per_minute: float | None
    out_of_date: int
    """Assets whose fingerprint an older version of the program made: add them again."""


@dataclass
class Added:
    """What `add` did: new assets, those that were there, files that could not be read."""

    fresh: list[Asset] = field(default_factory=list)
    known: list[Asset] = field(default_factory=list)
    problems: list[UserError] = field(default_factory=list)


@dataclass(frozen=True)
class _File:
    path: Path
    series: str
    episode: int | None
    edition: str | None
    kind: str
    work_id: str


class Catalogue:
    """An open catalogue; see `open_catalogue`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.terms = TermStore(root, self.has)

    def has(self, asset_id: str) -> bool:
        """Whether an asset is registered."""
        return bool(_ID.fullmatch(asset_id)) and self._record_path(asset_id).is_file()

    def asset(self, asset_id: str) -> Asset:
        """One asset; UserError where there is none of that id."""
        return _asset(self._record(asset_id))

    def assets(self, series: str | None = None) -> list[Asset]:
        """All assets, or those of a series, by series, episode, edition and name."""
        found = [_asset(r) for r in self._records()]
        chosen = [a for a in found if series is None or a.series == series]
        return sorted(chosen, key=lambda a: (a.series, a.episode or 0, a.edition or "", a.kind, a.name, a.id))

    def fingerprint(self, asset_id: str) -> Fingerprint:
        """An asset's fingerprint; UserError where it is damaged or was made by another version."""
        path = self._record_path(asset_id).with_suffix(".fp")
        try:
            return Fingerprint.from_bytes(path.read_bytes())
        except FileNotFoundError:
            raise UserError(
                f"The fingerprint of {asset_id} is missing; remove the asset and add its file again."
            ) from None

    def remove(self, asset_id: str) -> Asset:
        """Take an asset out. Its terms are passed over from now on and go with the next full `compact`."""
        asset = self.asset(asset_id)
        path = self._record_path(asset_id)
        path.unlink(missing_ok=True)
        path.with_suffix(".fp").unlink(missing_ok=True)
        (self.terms.folder / "new" / f"{asset_id}{NEW}").unlink(missing_ok=True)
        return asset

    def change(self, asset_id: str, **values: Any) -> Asset:
        """Correct what people said of an asset: name, series, episode, edition, kind or work_id."""
        wrong = sorted(set(values) - {"name", "series", "episode", "edition", "kind", "work_id"})
        if wrong:
            raise UserError(f"{', '.join(wrong)} of an asset cannot be changed; it comes from the file.")
        record = self._record(asset_id)
        changed = replace(_asset(record), **values)
        self.put(self._record_path(asset_id), _json({**record, "asset": asdict(changed)}))
        return changed

    def compact(self, *, all_runs: bool = False, wait: bool = False) -> bool:
        """Merge small term files; `all_runs` also forgets what was removed. False when another process is at it."""
        return self.terms.compact(all_runs=all_runs, wait=wait)

    def stats(self) -> Stats:
        """What there is, counted from its files."""
        count = ms = out_of_date = 0
        series: set[str] = set()
        for record in self._records():
            count += 1
            ms += int(record["asset"]["duration_ms"])
            series.add(record["asset"]["series"])
            out_of_date += record["version"] != FINGERPRINT_VERSION
        terms = self.terms.bytes()
        total = terms + sum(p.stat().st_size for p in (self.root / "assets").rglob("*") if p.is_file())
        per_minute = round(total / 1000 / (ms / 60_000), 2) if ms else None
        hours = round(ms / 3_600_000, 3)
        return Stats(
            count, len(series - {""}), hours, self.terms.rows(), total, terms, per_minute, out_of_date
        )

    def store(self, asset: Asset, fingerprint: Fingerprint, terms: Terms) -> None:
        """Register an asset with its fingerprint and terms: all of it, or nothing that counts."""
        path = self._record_path(asset.id)
        self.put(path.with_suffix(".fp"), _without_terms(fingerprint).to_bytes())
        count = write_new(self.terms.folder, asset.id, terms)
        record = {
            "asset": asdict(asset),
            "version": FINGERPRINT_VERSION,
            "terms": count,
            "notes": list(fingerprint.notes),
        }
        self.put(path, _json(record))

    def known(self, sha256: str) -> Asset | None:
        """The asset of a file, where it is there with a fingerprint of this version."""
        if not self.has(sha256[:32]):
            return None
        record = self._record(sha256[:32])
        return _asset(record) if record["version"] == FINGERPRINT_VERSION else None

    def sha256(self, path: Path, *, look: bool = True) -> str:
        """A file's SHA-256; taken from the last time (unless `look` is False) where size and time of change are the same."""
        at = path.stat()
        place = hashlib.blake2b(os.fsencode(path.resolve()), digest_size=16).hexdigest()
        note = self.root / "paths" / place[:2] / f"{place}.json"
        if look:
            try:
                said = json.loads(note.read_text("utf-8"))
                if (said["size"], said["mtime_ns"]) == (at.st_size, at.st_mtime_ns):
                    return str(said["sha256"])
            except (OSError, ValueError, KeyError, TypeError):
                pass
        with path.open("rb") as f:
            digest = hashlib.file_digest(f, "sha256").hexdigest()
        after = path.stat()
        if (after.st_size, after.st_mtime_ns) != (at.st_size, at.st_mtime_ns):
            raise FileProblem(
                path, None, "it changed while it was read", "a file that is finished; try again when it is"
            )
        self.put(note, _json({"size": at.st_size, "mtime_ns": at.st_mtime_ns, "sha256": digest}))
        return digest

    # --- inside ------------------------------------------------------------------------------

    def _record_path(self, asset_id: str) -> Path:
        return self.root / "assets" / asset_id[:2] / f"{asset_id}.json"

    def _record(self, asset_id: str) -> dict[str, Any]:
        path = self._record_path(asset_id)
        if not _ID.fullmatch(asset_id) or not path.is_file():
            raise UserError(
                f"There is no asset {asset_id[:64]!r} in {self.root}; rights list shows which there are."
            )
        try:
            record: dict[str, Any] = json.loads(path.read_text("utf-8"))
            _asset(record)
            return record
        except (ValueError, KeyError, TypeError):
            raise UserError(
                f"{path}: the record is damaged; remove this file and add the video again."
            ) from None

    def _records(self) -> Iterator[dict[str, Any]]:
        for path in (self.root / "assets").glob("??/*.json"):
            if not path.name.startswith("."):
                yield self._record(path.stem)

    def put(self, path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.stem}-{uuid.uuid4().hex[:8]}")
        try:
            temporary.write_bytes(data)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def open_catalogue(folder: Path | None = None, *, create: bool = False) -> Catalogue:
    """The catalogue in a folder, or in the one that SMALLSCREEN_CATALOGUE names; UserError where there is none."""
    named = folder or (Path(v) if (v := os.environ.get(CATALOGUE_VARIABLE)) else None)
    if named is None:
        raise UserError(
            f"No catalogue is given; name its folder with --catalogue or in {CATALOGUE_VARIABLE}."
        )
    catalogue = Catalogue(named)
    if (named / _MARK).is_file():
        return catalogue
    if not create:
        raise UserError(
            f"{named} is no catalogue; make one with smallscreen rights add FILES --catalogue {named}."
        )
    if named.exists() and not named.is_dir():
        raise UserError(f"{named} is a file; give a folder for the catalogue.")
    if named.is_dir() and any(named.iterdir()):
        raise UserError(f"{named} holds other files; give an empty or a new folder for the catalogue.")
    catalogue.put(named / _MARK, _json({"format": 1}))
    return catalogue


def add(
    catalogue: Catalogue,
    paths: Sequence[Path],
    *,
    series: str | None = None,
    edition: str | None = None,
    kind: str | None = None,
    work_id: str = "",
    progress: Progress | None = None,
    fingerprint: Callable[[Path], tuple[Fingerprint, Terms]] | None = None,
) -> Added:
    """Register videos: files, folders of files, or series folders (with `series.toml`: masters and editions' videos).

    What is there already costs its hash, or nothing where the file did not change. A file that cannot be read ends
    in `problems`; the others go on. `fingerprint` is for tests and platforms that make theirs elsewhere.
    Raises UserError when no file is found or a path is not there.
    """
    files = [f for path in paths for f in _files(Path(path), series, edition, kind, work_id)]
    if not files:
        where = ", ".join(str(p) for p in paths) or "nothing"
        raise UserError(
            f"{where} holds no video; give files ({', '.join(sorted(SUFFIXES))}) or a folder of them."
        )
    made = fingerprint or _fingerprint
    done = Added()
    touched: set[str] = set()
    for number, file in enumerate(files):
        if progress:
            progress(number, len(files), file.path.name)
        try:
            asset, fresh = _add_one(catalogue, file, made)
        except OSError as problem:
            done.problems.append(
                FileProblem(file.path, None, f"it cannot be read ({problem.strerror})", "a video file")
            )
        except UserError as problem:
            done.problems.append(problem)
        else:
            (done.fresh if fresh else done.known).append(asset)
            if fresh:
                touched.add(asset.series)
                if catalogue.terms.many_new():
                    catalogue.compact()
    catalogue.compact()
    if touched - {""}:
        from smallscreen.rights.exclude import update

        for name in sorted(touched - {""}):
            update(catalogue, name)
    if progress:
        progress(len(files), len(files), "")
    return done


# --- inside ----------------------------------------------------------------------------------


def _add_one(
    catalogue: Catalogue, file: _File, made: Callable[[Path], tuple[Fingerprint, Terms]]
) -> tuple[Asset, bool]:
    before = file.path.stat()
    sha256 = catalogue.sha256(file.path)
    known = catalogue.known(sha256)
    if known is not None:
        return known, False
    print_, terms = made(file.path)
    after = file.path.stat()
    changed = (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)
    if changed or print_.sha256 != sha256:
        # The note of the last time may be wrong where only the bytes changed: the next run looks again.
        catalogue.sha256(file.path, look=False)
        raise FileProblem(
            file.path,
            None,
            "it changed while it was read",
            "a file that is finished; add it again when it is",
        )
    asset = Asset(
        id=sha256[:32],
        name=file.path.name,
        series=file.series,
        episode=file.episode,
        edition=file.edition,
        kind=file.kind,
        sha256=sha256,
        size=before.st_size,
        duration_ms=print_.duration_ms,
        width=print_.width,
        height=print_.height,
        fps=print_.fps,
        has_sound=print_.sound is not None,
        added_at=datetime.now(UTC).isoformat(timespec="seconds"),
        work_id=file.work_id,
        path=str(file.path),
    )
    catalogue.store(asset, print_, terms)
    return asset, True


def _fingerprint(path: Path) -> tuple[Fingerprint, Terms]:
    from smallscreen.rights.fingerprint import fingerprint
    from smallscreen.rights.terms import terms_of

    made = fingerprint(path)
    return made, terms_of(made)


def _files(
    path: Path, series: str | None, edition: str | None, kind: str | None, work_id: str
) -> Iterator[_File]:
    if kind is not None and not _KINDS.fullmatch(kind):
        raise UserError(
            f"The kind {kind[:40]!r} cannot be used; write a word such as master, edition or trailer."
        )
    if not path.exists():
        raise UserError(f"{path} is not there; give video files or a folder of them.")
    if path.is_dir() and (path / MANIFEST).is_file():
        head = read_manifest(path / MANIFEST)
        work = work_id or str(head.extra.get("eidr") or head.extra.get("isan") or "")
        places: list[tuple[Path, str | None, str]] = [
            (path / "video", None, "master"),
            (path, None, "master"),
        ]
        editions = path / "editions"
        places += [
            (folder / "video", folder.name, "edition")
            for folder in (sorted(editions.iterdir()) if editions.is_dir() else ())
        ]
        seen: set[tuple[str | None, int]] = set()
        for folder, of, word in places:
            for video in _videos(folder):
                number = names.episode_number(video.name)
                # As the series has it: a file in video/ goes before one of the same number beside series.toml.
                if number is None or (of, number) in seen:
                    continue
                seen.add((of, number))
                yield _File(video, series or head.slug, number, edition or of, kind or word, work)
        return
    for video in _videos(path) if path.is_dir() else [path]:
        number = names.episode_number(video.name) if series else None
        word = kind or ("edition" if edition else "master")
        yield _File(video, series or "", number, edition, word, work_id)


def _videos(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and p.is_file())


def _without_terms(print_: Fingerprint) -> Fingerprint:
    """A fingerprint as it is kept: the terms of its sound follow from its peaks."""
    if print_.sound is None:
        return print_
    nothing = np.zeros(0, np.uint32), np.zeros(0, np.int32)
    return replace(print_, sound=replace(print_.sound, terms=nothing[0], times_ms=nothing[1]))


def _asset(record: dict[str, Any]) -> Asset:
    return Asset(**{f.name: record["asset"][f.name] for f in fields(Asset)})


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()
