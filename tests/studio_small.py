"""A small series for the studio's tests in a browser: three short episodes, one English edition, findings, and words
that try to be HTML wherever words may stand."""

from __future__ import annotations

import json
from pathlib import Path

from smallscreen.localize.pipeline import Localizer
from smallscreen.series.model import Draft
from smallscreen.series.project import Project, new_project

HOSTILE = "<img src=x onerror=window.hit=1></script><script>window.hit=2</script>{{7*7}}&amp;\u202e"
"""What no page may take for HTML or for a template; a carriage of bidirectional text is at its end."""
HOSTILE_FILE = "<img src=x onerror=window.hit=3>.txt"
"""The same as the name of a file."""
EDITION = "en-US"
EPISODES = 3
CUES = 8
_SOURCE = (
    "外公 我回来了",
    "买伞 还是补伞？",
    "补人",
    "两斤肉 四十八块",
    "你先吃",
    "我等一下",
    "明天还来",
    "好",
)
_LINES = (
    "Grandpa, I’m home.", "Buying or mending?", "Mending me.", "Two pounds, 48 yuan.", "So... eat first.", "I’ll wait.",
    "Back tomorrow?", "Sure.",
)  # fmt: skip


def make(root: Path, database: str | None = None) -> Project:
    """The series, drafted, fitted and checked; cue 5 of every episode has a finding with a rendering."""
    root.mkdir(parents=True)
    for number in range(1, EPISODES + 1):
        blocks, speakers = [], []
        for index, text in enumerate(_SOURCE, 1):
            at = 3 * index - 2
            source = f"伞 {HOSTILE}" if (number, index) == (1, 2) else text
            blocks.append(f"{index}\n00:00:{at:02d},000 --> 00:00:{at + 2:02d},400\n{source}\n")
            speakers.append(f"{index}\t{HOSTILE if (number, index) == (1, 2) else '林小满'}")
        (root / f"ep{number:03d}.zh.srt").write_text("\n".join(blocks), "utf-8")
        (root / f"ep{number:03d}.speakers.tsv").write_text("\n".join(speakers) + "\n", "utf-8")
    said = json.dumps(HOSTILE)
    (root / "series.toml").write_text(
        f'title = {said}\nslug = "small"\nsource_language = "zh-Hans"\nsynopsis = {said}\n'
        f"[[character]]\nname = {said}\ndescription = {said}\nrenderings = {{ en = {said} }}\n"
        f'[[term]]\nsource = "伞"\nnote = {said}\nrenderings = {{ en = {said} }}\n',
        "utf-8",
    )
    project = new_project(root, database=database)
    work = Localizer(project, EDITION, list(range(1, EPISODES + 1)))
    made = []
    for number in range(1, EPISODES + 1):
        for cue, text in zip(work.cues[number], _LINES, strict=True):
            bad = (number, cue.index) == (1, 2)
            made.append(
                Draft(
                    cue.id,
                    HOSTILE if bad else text,
                    f"file:{HOSTILE_FILE}",
                    "omission",
                    HOSTILE if bad else "",
                )
            )
    project.store.put_drafts(work.edition, made)
    work.fit()
    work.check()
    folder = root / "editions" / EDITION
    folder.mkdir(parents=True, exist_ok=True)
    (folder / HOSTILE_FILE).write_text("A file with a bad name.", "utf-8")
    return project
