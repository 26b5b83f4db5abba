"""A film file into its fingerprint, picture and sound in one pass.

The fingerprint of a reference goes into the catalogue; that of a query is larger (more frames of the picture,
finer motion) and is made, compared and forgotten.
"""

from __future__ import annotations

from pathlib import Path

from threadpoolctl import threadpool_limits

from smallscreen.errors import UserError
from smallscreen.rights import media
from smallscreen.rights.model import FINGERPRINT_VERSION, Fingerprint
from smallscreen.rights.picture import PictureBuilder
from smallscreen.rights.sound.landmarks import SoundBuilder


def fingerprint(path: Path, *, query: bool = False, progress: media.Progress | None = None) -> Fingerprint:
    """Reads a file once and describes it. UserError where it cannot be read; `notes` say what was passed over.

    A file may have no picture or no sound; the track is None then. Raises what `progress` raises.
    """
    picture = PictureBuilder(query=query)
    sound = SoundBuilder()
    # The products are small: a matrix library's own threads cost a quarter of the time and save nothing.
    with threadpool_limits(1, "blas"):
        read = media.read(path, picture.add, sound, progress)
        seen = picture.finish()
        heard = sound.finish() if read.has_sound else None
    if seen is None and heard is None:
        raise UserError(f"{Path(path).name}: neither picture nor sound can be read from it; export it again.")
    return Fingerprint(
        version=FINGERPRINT_VERSION,
        duration_ms=read.duration_ms,
        width=read.width,
        height=read.height,
        fps=read.fps,
        sha256=read.sha256,
        size=read.size,
        picture=seen,
        sound=heard,
        query=query,
        notes=read.notes,
    )
