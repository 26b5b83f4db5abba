"""The sample series and its brief, for the tests of the edition brief."""

from __future__ import annotations

from pathlib import Path

import pytest

from smallscreen import sample
from smallscreen.localize import barriers
from smallscreen.localize.brief import build
from smallscreen.localize.brief.model import Brief
from smallscreen.series import markets
from smallscreen.series.model import Cue, cue_id
from smallscreen.series.project import Project, open_project

PATH = Path("en-US.toml")


US = markets.load("en-US")


def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The sample series, read."""
    root = tmp_path_factory.mktemp("sample")
    sample.copy_to(root)
    return open_project(root)


def brief(project: Project) -> Brief:
    """The proposed brief of the sample for the United States."""
    return brief_of(project, "en-US")


def brief_of(project: Project, locale: str) -> Brief:
    store, market = project.store, markets.load(locale)
    cues = [c for some in store.cues().values() for c in some]
    found = barriers.find(cues, series=store.series(), market=market)
    scenes = [s for some in store.scenes().values() for s in some]
    script = [x for some in store.script().values() for x in some]
    return build(cues, store.series(), market, found, scenes, script)


def said(*lines: str | tuple[str, str], episode: int = 1) -> list[Cue]:
    """Cues two seconds apart; a pair is speaker and text."""
    pairs_ = [x if isinstance(x, tuple) else (None, x) for x in lines]
    return [
        Cue(cue_id(episode, n), episode, n, 2000 * n, 2000 * n + 1500, text, speaker)
        for n, (speaker, text) in enumerate(pairs_, 1)
    ]
