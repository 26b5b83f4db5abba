"""The rights page: what was found of the series elsewhere, ready to show.

    page = rights_page(project, cache, "en")        # RightsPage, the JSON of /api/rights

Nothing is looked for here and nothing written. The catalogue is the folder `rights` of the series, or the one that
SMALLSCREEN_CATALOGUE names; how a match stands to our releases is asked of `releases.toml` as it is now.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from smallscreen.errors import FileProblem
from smallscreen.rights.accuracy import current
from smallscreen.rights.cases import FOLDER, Case, cases, standing
from smallscreen.rights.catalogue import CATALOGUE_VARIABLE
from smallscreen.rights.releases import NAME, Releases, Standing
from smallscreen.rights.releases_file import read_releases
from smallscreen.rights.words import plain, stretches, work
from smallscreen.series.project import Project
from smallscreen.studio.views.rights_model import Found, RightsPage, Seconds, Stretch
from smallscreen.studio.views.rights_words import said

_ORDER = ("copy", "licensed", "own release")


def catalogue_of(project: Project) -> Path | None:
    """The folder of the catalogue; None where there is none."""
    named = os.environ.get(CATALOGUE_VARIABLE)
    places = [project.root / "rights", *([Path(named)] if named else [])]
    return next((p for p in places if (p / "catalogue.json").is_file()), None)


def rights_page(project: Project, cache: MutableMapping[str, Any], language: str) -> RightsPage | None:
    """What the page shows, made again when a case or `releases.toml` changed; None where there is no catalogue."""
    root = catalogue_of(project)
    if root is None:
        return None
    key = (
        str(root),
        _stamp(root / FOLDER),
        _stamp(root / NAME),
        tuple(e.number for e in project.store.episodes()),
    )
    if cache.get("key") != key:
        cache["pages"], cache["key"] = {}, key
    if language not in cache["pages"]:
        cache["pages"][language] = _made(project, root, language)
    return cache["pages"][language]  # type: ignore[no-any-return]


# --- within ----------------------------------------------------------------------------------


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size


def _made(project: Project, root: Path, language: str) -> RightsPage:
    problems: list[FileProblem] = []
    try:
        rules = read_releases(root / NAME)
    except FileProblem as problem:
        # Without the rules nobody knows what is ours; all is shown as a copy, and the page says why.
        problems.append(problem)
        rules = Releases()
    slug = project.store.slug
    there = {e.number for e in project.store.episodes()}
    mine = [c for c in cases(root, problems) if c.match.asset.series in ("", slug)]
    judged = [(c, standing(c, rules)) for c in mine]
    found = [_found(c, s, there, language) for c, s in judged]
    found.sort(key=lambda f: (_ORDER.index(f.status), f.episode is None, f.episode or 0, -f.confidence, f.id))
    accuracy = current()
    return RightsPage(
        folder=project.root.name,
        assets=sum(1 for _ in (root / "assets").glob("??/*.json")),
        found=found,
        episodes=_episodes([f for f in found if f.status == "copy"]),
        measured=accuracy.measured,
        accuracy=said(language, accuracy.sentence()),
        problem=" ".join(map(str, problems)) or None,
    )


def _found(case: Case, how: Standing, there: set[int], language: str) -> Found:
    match, asset, seen = case.match, case.match.asset, case.sightings[-1].seen
    return Found(
        id=match.id,
        status=how.status,
        work=work(asset),
        episode=asset.episode,
        edition=asset.edition,
        in_series=asset.episode in there,
        seconds=stretches(match.segments),
        stretches=[Stretch(**{k: getattr(s, k) for k in Stretch.model_fields}) for s in match.segments],
        asset_ms=asset.duration_ms,
        query_ms=case.duration_ms,
        disguises=[said(language, d) for d in match.disguises],
        confidence=match.confidence,
        file=plain(match.query_name, 160),
        url=plain(seen.url, 600),
        place=", ".join(plain(v, 120) for v in (seen.channel, seen.account, seen.uploader) if v),
        territory=seen.territory,
        seen_at=case.sightings[0].at,
        times=len(case.sightings),
        why=said(language, how.why),
    )


def _episodes(copies: list[Found]) -> list[Seconds]:
    """Which seconds of each episode are in copies; of several files of one number the longest gives the length."""
    numbers = sorted({f.episode for f in copies if f.episode is not None})
    rows = []
    for number in numbers:
        mine = [f for f in copies if f.episode == number]
        rows.append(
            Seconds(
                episode=number,
                in_series=mine[0].in_series,
                length_ms=max(f.asset_ms for f in mine),
                spans=_joined([(s.asset_from_ms, s.asset_to_ms) for f in mine for s in f.stretches]),
                files=len({f.file for f in mine}),
            )
        )
    return rows


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined
