"""What a dub leaves to those who package it: each episode's mix, and its subtitles where it re-timed them.

A document of the series for each episode says which words were spoken at which times, so that an edition that
was changed since is not put together with voices that say something else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from smallscreen.errors import UserError
from smallscreen.localize.dub.plan import DubLine, lines_of, names_of
from smallscreen.localize.package.bundle import EditionBundle, EpisodeBundle
from smallscreen.localize.pipeline import Localizer
from smallscreen.series import documents
from smallscreen.series.model import Line
from smallscreen.series.steps import fingerprint
from smallscreen.series.store import Store

ROOM = "dub"
FOLDER = "dubbed"
"""Where the dubbed edition goes, below the edition's folder: what has its own sound and times replaces nothing."""
FORMATS = frozenset({"srt", "vtt", "ass", "ttml"})
"""What is made of a dubbed edition where nobody says what: the papers are those of the edition."""


def keep(
    store: Store,
    edition: str,
    episode: int,
    spoken: Sequence[DubLine],
    sound: Path,
    lines: Sequence[Line] | None,
) -> None:
    """Remember an episode's mix and, where it was re-timed, its subtitles."""
    rows = None if lines is None else [[n.start_ms, n.end_ms, n.text, list(n.cues)] for n in lines]
    body = {"words": _words(spoken), "sound": str(sound.resolve()), "lines": rows}
    key = _key(edition, episode)
    there = documents.get(store, ROOM, key)
    documents.put(store, ROOM, key, body, there.version if there else 0, "dub")


def was_dubbed(store: Store, edition: str) -> bool:
    """Whether any episode of an edition was dubbed."""
    return any(key.startswith(_key(edition)) for key in documents.versions(store, ROOM))


def with_dub(work: Localizer, bundle: EditionBundle) -> EditionBundle:
    """The edition as it was dubbed: each episode with its mix, and with re-timed lines where there are such.

    An episode in which nothing is spoken keeps its sound and its lines. UserError where an episode was not
    dubbed, was changed since, or where its mix is gone.
    """
    edition = bundle.edition.name
    again = f"run smallscreen dub {work.project.root} --market {bundle.market.locale}"
    called = names_of(work.series)
    made: list[EpisodeBundle] = []
    missing: list[int] = []
    changed: list[int] = []
    for episode in bundle.episodes:
        spoken = lines_of(episode.cues, episode.drafts, called)
        if not spoken:
            made.append(episode)
            continue
        document = documents.get(work.project.store, ROOM, _key(edition, episode.number))
        body = document.body if document else {}
        sound = Path(body.get("sound", ""))
        if not body or not sound.is_file():
            missing.append(episode.number)
        elif body["words"] != _words(spoken):
            changed.append(episode.number)
        else:
            made.append(replace(episode, sound=sound, lines=_lines(episode, edition, body["lines"])))
    if missing:
        raise UserError(
            f"{edition} has no dub of episode {_numbers(missing)}; {again}, or leave it out with --episodes."
        )
    if changed:
        raise UserError(
            f"{edition}: episode {_numbers(changed)} was changed since it was dubbed, so the voices say "
            f"something else; {again}."
        )
    return replace(bundle, episodes=made)


def _lines(
    episode: EpisodeBundle, edition: str, rows: list[tuple[int, int, str, list[str]]] | None
) -> Sequence[Line]:
    if rows is None:
        return episode.lines
    return [
        Line(edition, episode.number, n, start, end, text, tuple(cues))
        for n, (start, end, text, cues) in enumerate(rows, start=1)
    ]


def _key(edition: str, episode: int | None = None) -> str:
    return f"made/{edition}/" + ("" if episode is None else f"ep{episode:03d}")


def _words(spoken: Sequence[DubLine]) -> str:
    return fingerprint([(n.cue, n.start_ms, n.end_ms, n.text) for n in spoken])


def _numbers(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:8]))
    return shown + (f" and {len(numbers) - 8} more" if len(numbers) > 8 else "")
