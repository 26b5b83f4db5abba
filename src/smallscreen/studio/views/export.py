"""What the export dialog shows and asks for, as JSON: formats, episodes, files, jobs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import quote

from pydantic import BaseModel, Field, model_validator

from smallscreen.localize.bundle import read_boxes
from smallscreen.localize.dub.dubbed import was_dubbed
from smallscreen.localize.package import outputs
from smallscreen.series.model import Edition
from smallscreen.series.project import Project, textless_of, video_of
from smallscreen.studio.jobs import Job


class Format(BaseModel):
    """One kind of file that an edition can leave as."""

    id: str
    name: str
    description: str


class ExportEpisode(BaseModel):
    """An episode that can be exported: how many fitted lines it has, and whether its video is there."""

    number: int
    lines: int
    video: bool


class ExportFile(BaseModel):
    """One file that was made. `shown` is its address as a page, where it can be looked at."""

    name: str
    bytes: int
    changed: float = Field(description="When it was written, seconds since 1970 in UTC.")
    url: str
    shown: str | None = None


class ExportFolder(BaseModel):
    """The files of one folder under `editions/EDITION`; `url` gives all of them as one .zip."""

    path: str = Field(description="From the edition's folder; empty for that folder itself.")
    bytes: int
    changed: float
    url: str | None
    files: list[ExportFile]


class JobView(BaseModel):
    """A job as it stands: waiting, running, done, failed or canceled."""

    id: str
    kind: str
    edition: str | None
    who: str
    state: str
    done: int
    total: int
    what: str
    error: str | None
    result: dict[str, object] | None = None
    at: str


class ExportView(BaseModel):
    """All that the dialog needs for one edition."""

    edition: str
    folder: str
    formats: list[Format]
    episodes: list[ExportEpisode]
    covers: bool = Field(
        description="It is known where the source's subtitles stand in the picture: read there, or in series.toml."
    )
    dubbed: bool = Field(description="The edition was dubbed: there are mixes to put into videos.")
    folders: list[ExportFolder]
    job: JobView | None


class ExportAsk(BaseModel):
    """What to make. `formats` are ids; `video` among them burns the lines in. No episodes means all.

    `cover` and `band` say how and where the source's subtitles are covered, `dub` takes the edition as it was
    dubbed. `preview` makes one picture an episode of the ways to cover, and nothing else.
    """

    formats: list[str] = Field(default_factory=list, max_length=20)
    episodes: list[int] | None = Field(default=None, max_length=1000)
    cover: Literal["box", "blur", "inpaint", "none"] = "box"
    band: str | None = Field(default=None, max_length=40)
    dub: bool = False
    preview: bool = False

    @model_validator(mode="after")
    def _asks_for_something(self) -> ExportAsk:
        if not self.formats and not self.preview:
            raise ValueError("name at least one format")
        return self


class Started(BaseModel):
    """The job that was begun: GET /api/jobs/{job} tells how far it is."""

    job: str


def job_view(job: Job) -> JobView:
    return JobView(**{name: getattr(job, name) for name in JobView.model_fields})


def export_view(project: Project, edition: Edition, job: Job | None) -> ExportView:
    """The dialog's contents. Reads the database once and the edition's folder."""
    store = project.store
    lines = {n: len(some) for n, some in store.lines(edition).items()}
    root = project.editions_dir / edition.name
    return ExportView(
        edition=edition.name,
        folder=f"editions/{edition.name}",
        formats=[
            Format(id=o.id, name=o.name, description=o.description)
            for o in sorted(outputs().values(), key=lambda o: (o.order, o.id))
        ],
        episodes=[
            ExportEpisode(
                number=e.number,
                lines=lines.get(e.number, 0),
                video=(textless_of(project, e) or video_of(project, e)) is not None,
            )
            for e in store.episodes()
        ],
        covers=bool(store.series().extra.get("burned_in")) or any(read_boxes(store).values()),
        dubbed=was_dubbed(store, edition.name),
        folders=folders_of(root, edition.name),
        job=job_view(job) if job else None,
    )


def folders_of(root: Path, edition: str) -> list[ExportFolder]:
    """The files below an edition's folder, by folder; hidden ones and links are not shown."""
    by_folder: dict[str, list[ExportFile]] = {}
    for path in sorted(root.rglob("*")) if root.is_dir() else ():
        inside = path.relative_to(root)
        if any(part.startswith(".") for part in inside.parts) or path.is_symlink() or not path.is_file():
            continue
        stat = path.stat()
        url = f"/api/files/{quote(edition)}/{quote(inside.as_posix())}"
        by_folder.setdefault("" if inside.parent == Path() else inside.parent.as_posix(), []).append(
            ExportFile(
                name=path.name,
                bytes=stat.st_size,
                changed=stat.st_mtime,
                url=url,
                shown=f"{url}?show=1" if path.suffix == ".html" else None,
            )
        )
    return [
        ExportFolder(
            path=folder,
            bytes=sum(f.bytes for f in files),
            changed=max(f.changed for f in files),
            url=f"/api/files/{quote(edition)}/{quote(folder)}" if folder else None,
            files=files,
        )
        for folder, files in sorted(by_folder.items())
    ]
