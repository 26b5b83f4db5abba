"""The JSON of the rights page. Times are milliseconds from the first moment of a file."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel


class Stretch(BaseModel):
    """A stretch of the file that shows, or sounds like, a stretch of our work."""

    query_from_ms: int
    query_to_ms: int
    asset_from_ms: int
    asset_to_ms: int
    by: Literal["picture", "sound", "both"]


class Found(BaseModel):
    """One match. `episode` is None for works that are none; `in_series` says whether it can be opened here."""

    id: str
    status: Literal["copy", "own release", "licensed"]
    work: str
    episode: int | None
    edition: str | None
    in_series: bool
    seconds: str
    stretches: list[Stretch]
    asset_ms: int
    query_ms: int
    disguises: list[str]
    confidence: float
    file: str
    url: str
    place: str
    """Channel, account and uploader, as they were given."""
    territory: str
    seen_at: str
    times: int
    why: str


class Seconds(BaseModel):
    """An episode and which of its seconds are in copies: stretches joined, with how many files show any of it."""

    episode: int
    in_series: bool
    length_ms: int
    spans: list[tuple[int, int]]
    files: int


class RightsPage(BaseModel):
    """All matches of the series, copies first, and the episodes that copies show."""

    folder: str
    assets: int
    found: list[Found]
    episodes: list[Seconds]
    measured: bool
    accuracy: str
    problem: str | None
