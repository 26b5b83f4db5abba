"""The terms of a fingerprint, of picture and sound together, as the join takes them."""

from __future__ import annotations

import numpy as np

from smallscreen.rights.model import SOUND, Fingerprint, Terms


def terms_of(fingerprint: Fingerprint) -> Terms:
    """All terms of a fingerprint, each row once; those of a query with the mirrored ones."""
    from smallscreen.rights import picture, sound

    tracks = []
    if fingerprint.picture is not None:
        tracks.append(picture.terms(fingerprint.picture, fingerprint.query))
    if fingerprint.sound is not None:
        term, t, view = sound.terms(fingerprint.sound, fingerprint.query)
        kind, never = np.full(len(term), SOUND, np.uint8), np.zeros(len(term), np.bool_)
        tracks.append(Terms(kind, term, t, view, never))
    return distinct(tracks)


def distinct(tracks: list[Terms]) -> Terms:
    """Terms one after the other, without rows that stand twice."""
    columns = [
        np.concatenate([np.zeros(0, dtype), *(np.asarray(getattr(t, name), dtype) for t in tracks)])
        for name, dtype in (
            ("kind", np.uint8),
            ("term", np.int64),
            ("t", np.int32),
            ("view", np.uint8),
            ("mirrored", np.bool_),
        )
    ]
    # kind, mirrored, view and t in one number, the term in another: rows sort and compare at once.
    where = (
        ((columns[0].astype(np.int64) * 2 + columns[4]) << 40)
        | (columns[3].astype(np.int64) << 32)
        | columns[2]
    )
    order = np.lexsort((columns[1], where))
    kept = np.ones(len(order), bool)
    kept[1:] = (np.diff(where[order]) != 0) | (np.diff(columns[1][order]) != 0)
    rows = order[kept]
    return Terms(*(c[rows] for c in columns))  # type: ignore[arg-type]
