"""Export: the dialog that every page has, the job that makes an edition's files, and the files themselves.

What a file holds is text of people outside, so none is ever a page of the studio: files leave as
attachments. An HTML report can be looked at, in a sandbox without an origin (no cookies, no requests, no
forms), and of all scripts only the report's own may run there, named by its hash.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import FileResponse, Response, StreamingResponse

from smallscreen.localize.package import Options, outputs
from smallscreen.localize.package.report import script_hash
from smallscreen.localize.pipeline import Localizer
from smallscreen.series import editing
from smallscreen.series.model import Edition
from smallscreen.studio.context import Studio
from smallscreen.studio.deps import Editor, TheStudio, Viewer, edition_of
from smallscreen.studio.jobs import Job, Tell, jobs_of
from smallscreen.studio.page import Page
from smallscreen.studio.views.export import (
    ExportAsk,
    ExportView,
    JobView,
    Started,
    export_view,
    folders_of,
    job_view,
)

KINDS = {
    ".srt": "application/x-subrip; charset=utf-8",
    ".vtt": "text/vtt; charset=utf-8",
    ".ass": "text/x-ssa; charset=utf-8",
    ".ttml": "application/ttml+xml; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".mp4": "video/mp4",
    ".jpg": "image/jpeg",
}
"""What is told of a file's content; anything else leaves as plain bytes."""


class ExportPage(Page):
    """No page of its own: a dialog (static/export.js) on all others."""

    id = "export"
    name = "Export"

    def router(self) -> APIRouter:
        router = APIRouter()
        router.get("/api/editions/{edition}/export")(export_choices)
        router.post("/api/editions/{edition}/export", status_code=202)(export)
        router.get("/api/jobs/{job}")(job_state)
        router.post("/api/jobs/{job}/cancel")(cancel_job)
        router.get("/api/files/{edition}/{path:path}", response_class=Response)(file)
        return router

    def close(self, studio: Studio) -> None:
        """A job that runs is canceled: what it finished is kept."""
        if "jobs" in studio.shared:
            jobs_of(studio).close()


def export_choices(edition: str, studio: TheStudio, person: Viewer) -> ExportView:
    """The formats, the episodes, the files that are there, and the export that runs, if one does."""
    here = edition_of(studio, edition)
    running = jobs_of(studio).current("export", edition)
    return export_view(studio.here(), here, running[0] if running else None)


def export(edition: str, asked: ExportAsk, studio: TheStudio, person: Editor) -> Started:
    """Make files of an edition under `editions/EDITION`, in the background."""
    here = edition_of(studio, edition)
    unknown = sorted(set(asked.formats) - set(outputs()))
    if unknown:
        raise HTTPException(422, f"There is no format {unknown[0]!r}; there are {', '.join(outputs())}.")
    have = {e.number for e in studio.store().episodes()}
    missing = sorted(set(asked.episodes or ()) - have)
    if missing:
        raise HTTPException(422, f"There is no episode {missing[0]}.")
    episodes = sorted(set(asked.episodes)) if asked.episodes else sorted(have)
    what: dict[str, Any] = {
        "formats": sorted(set(asked.formats)),
        "episodes": episodes if asked.episodes else "all",
    }
    what |= {"cover": asked.cover} if "video" in asked.formats or asked.preview else {}
    editing.record(studio.store(), person.name, "export", edition, **what)
    job = jobs_of(studio).start(
        "export", edition, person.name, lambda tell: _package(studio, here, episodes, asked, tell)
    )
    return Started(job=job.id)


def job_state(job: str, studio: TheStudio, person: Viewer) -> JobView:
    """How far a job is, and what came out of it."""
    return job_view(_job(studio, job))


def cancel_job(job: str, studio: TheStudio, person: Editor) -> JobView:
    """Ask a job to end; what it wrote so far stays."""
    _job(studio, job)
    found = jobs_of(studio).cancel(job)
    assert found is not None
    return job_view(found)


def file(
    edition: str, path: str, studio: TheStudio, person: Viewer, show: Annotated[bool, Query()] = False
) -> Response:
    """One file under `editions/EDITION` as an attachment, or a folder as a .zip; `show` is for the report."""
    edition_of(studio, edition)
    root = studio.project.editions_dir / edition
    found = inside(root, path)
    if found is None:
        raise HTTPException(404, f"There is no file {path} of {edition}; export it first.")
    if found.is_dir():
        return _zipped(root, found, edition)
    kind = KINDS.get(found.suffix.lower(), "application/octet-stream")
    # A page that opens in a group of its own (same-origin) may not be in a sandbox: the browser shows nothing.
    headers = {"Content-Security-Policy": sandbox(), "Cross-Origin-Opener-Policy": "unsafe-none"}
    if show and found.suffix.lower() == ".html":
        return FileResponse(found, media_type=kind, headers=headers)
    return FileResponse(found, media_type=kind, headers=headers, filename=found.name)


def inside(root: Path, path: str) -> Path | None:
    """The file or folder that `path` names below `root`; None for anything else, links and hidden ones too."""
    parts = path.split("/")
    if any(part in ("", ".", "..") or part.startswith(".") or "\\" in part or "\0" in part for part in parts):
        return None
    found = root.joinpath(*parts)
    try:
        real = found.resolve(strict=True)
    except (OSError, ValueError):
        return None
    # Equal, not below: on the way there was no link, and no name that means another one.
    if real != root.resolve().joinpath(*parts):
        return None
    return real if real.is_file() or real.is_dir() else None


def sandbox() -> str:
    """The policy of a file that is looked at: no origin, no requests, and no script but the report's own."""
    return (
        "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
        f"script-src 'sha256-{script_hash()}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _job(studio: Studio, id: str) -> Job:
    found = jobs_of(studio).get(id)
    if found is None:
        raise HTTPException(404, "There is no such job; the studio may have been started again since.")
    return found


def _package(
    studio: Studio, edition: Edition, episodes: list[int], asked: ExportAsk, tell: Tell
) -> dict[str, object]:
    project = studio.here()
    work = Localizer(project, edition.locale, episodes, variant=edition.variant, meter=tell)
    tell(0, 0, "")
    # What was changed by hand is fitted first, so that the files hold what the pages show.
    work.fit()
    burning = Options(cover=asked.cover, band=asked.band or None, preview=asked.preview)
    formats = set() if asked.preview else set(asked.formats)
    made = work.package(formats=formats, video=asked.preview, burning=burning, dub=asked.dub)
    root = (project.editions_dir / edition.name).resolve()
    rows = [
        {
            "path": Path(m["path"]).resolve().relative_to(root).as_posix(),
            "what": m["what"],
            "files": m["files"],
            "bytes": m["bytes"],
        }
        for m in made["made"]
    ]
    return {"edition": edition.name, "made": rows, "problems": made["problems"], "fresh": made["fresh"]}


class _Pipe:
    """What a ZipFile writes to when its bytes leave at once."""

    def __init__(self) -> None:
        self.waiting = bytearray()
        self._at = 0

    def write(self, data: bytes) -> int:
        self.waiting += data
        self._at += len(data)
        return len(data)

    def tell(self) -> int:
        return self._at

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        data, self.waiting = bytes(self.waiting), bytearray()
        return data


def _zipped(root: Path, folder: Path, edition: str) -> Response:
    """The files of a folder as a .zip that is written while it is sent: 80 videos never lie in memory."""
    files = [
        folder / f.name
        for some in folders_of(root.resolve(), edition)
        if some.path == folder.relative_to(root.resolve()).as_posix()
        for f in some.files
    ]
    if not files:
        raise HTTPException(404, "This folder holds no files.")

    def parts() -> Iterator[bytes]:
        pipe = _Pipe()
        with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:  # type: ignore[call-overload]
            for path in files:
                info = zipfile.ZipInfo.from_file(path, path.name)
                pressed = path.suffix.lower() in (".mp4", ".docx", ".xlsx")
                info.compress_type = zipfile.ZIP_STORED if pressed else zipfile.ZIP_DEFLATED
                with path.open("rb") as source, archive.open(info, "w", force_zip64=True) as target:
                    while block := source.read(1 << 18):
                        target.write(block)
                        yield pipe.take()
        yield pipe.take()

    name = f"{edition}-{folder.name}.zip"
    headers = {
        "Content-Disposition": f"attachment; filename*=utf-8''{quote(name)}",
        "Content-Security-Policy": sandbox(),
    }
    return StreamingResponse(parts(), media_type="application/zip", headers=headers)
