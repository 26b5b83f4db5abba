"""The brief page as data: what an edition decided, as its TOML holds it, with the evidence from the series.

made = Making(studio).brief(edition)      # the room's own Brief and Settled, and where the file is
view = brief_view(made, store, edition)   # what the page shows and /api/editions/E/brief gives
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field

from smallscreen.localize.barriers.market import for_market
from smallscreen.localize.brief.build import build
from smallscreen.localize.brief.model import GRADES, Brief
from smallscreen.localize.brief.page import duration, thread_views
from smallscreen.localize.brief.toml_file import render
from smallscreen.series import markets
from smallscreen.series.brief_file import Settled, brief_path, parse, settled_for
from smallscreen.series.model import KINDS, STRATEGIES, Barrier, Cue, Edition
from smallscreen.series.steps import fingerprint
from smallscreen.series.store import Store
from smallscreen.studio.context import Studio

ITEM_CUES = 12
"""Cues that are shown of one item; `count` tells how many there are."""
SCENE_CUES = 6


class CueAt(BaseModel):
    """A cue that is cited. `line` and what follows are the edition's words for it, where there are any."""

    id: str
    episode: int
    start_ms: int
    text: str
    speaker: str | None = None
    line: str | None = None
    strategy: str | None = None
    reason: str | None = None


class BriefName(BaseModel):
    """What a person is called in this market; an empty rendering is not decided."""

    name: str
    who: str
    rendering: str
    note: str


class BriefPair(BaseModel):
    """How one person addresses another. `source` are the forms heard, with how often."""

    speaker: str
    to: str
    relation: str
    source: list[str]
    rendering: str
    form: str
    note: str
    cues: list[CueAt]


class BriefItem(BaseModel):
    """A culture-bound item: what is lost, what is done about it and why, and the cues it stands in.

    `need`: 1 tone is lost, 2 the meaning blurs, 3 word for word it is wrong. `used` counts the strategies
    that the edition's lines for these cues name themselves.
    """

    item: str
    kind: str
    need: int
    count: int
    episodes: int
    literal: str
    meaning: str
    strategy: str
    rendering: str
    reason: str
    note: str
    settled: bool
    used: dict[str, int]
    cues: list[CueAt]


class BriefScene(BaseModel):
    """A scene that may not travel. `action` is its grade, empty where nothing is decided."""

    id: str
    episode: int
    scene: str
    place: str
    action: str
    note: str
    cues: list[CueAt]


class BriefThread(BaseModel):
    """Scenes of one type: the gravest grade, why, what to do, and what a re-shoot would touch."""

    name: str
    description: str
    grade: str
    reason: str
    do: str
    episodes: list[int]
    seconds: int
    lasts: str
    people: str
    scenes: list[BriefScene]


class BriefQuestion(BaseModel):
    """What only a person can decide, and the answer where one is written."""

    question: str
    answer: str


class BriefView(BaseModel):
    """All decisions of an edition. They are changed in `file`, in the series' folder."""

    edition: str
    market: str
    market_name: str
    language: str
    source_language: str
    direction: str
    title: str
    source_title: str
    synopsis: str
    state: Literal["written", "proposed", "literal"] = Field(
        description="written: the file is there and is obeyed; proposed: there is no file yet; "
        "literal: a word-for-word edition, which obeys no brief, with its market's shown."
    )
    file: str
    command: str
    tone: str
    register_: str = Field(alias="register", serialization_alias="register")
    address: str
    note: str
    notes: list[str]
    episodes: int
    cues: int
    grades: dict[str, int]
    settled: int
    rendered: int
    open: int
    names: list[BriefName]
    pairs: list[BriefPair]
    items: list[BriefItem]
    threads: list[BriefThread]
    questions: list[BriefQuestion]


@dataclass(frozen=True)
class Made:
    """A brief as it stands: the program's (for the evidence), the file's, and the file."""

    brief: Brief
    settled: Settled
    state: Literal["written", "proposed", "literal"]
    file: Path
    text: str
    """The TOML."""


def made_brief(studio: Studio, edition: Edition) -> Made:
    """The brief that holds for an edition. Kept until the source, its barriers or the file change.

    Raises FileProblem, with the line, for a file that cannot be read.
    """
    store, root = studio.store(), studio.project.root
    path = next(
        (p for v in dict.fromkeys((edition.variant, "main")) if (p := brief_path(root, edition.locale, v)).is_file()),
        brief_path(root, edition.locale),
    )  # fmt: skip
    text = path.read_bytes() if path.is_file() else b""
    records = [store.steps(name) for name in ("manifest", "read", "barriers")]
    keys = [(scope, r.key) for some in records for scope, r in sorted(some.items())]
    key = fingerprint(edition, keys, text)
    kept: dict[int, tuple[str, Made]] = studio.shared.setdefault("briefs", {})
    found = kept.get(edition.id)
    if found is not None and found[0] == key:
        return found[1]
    made = _make(store, root, edition, path, text.decode("utf-8-sig", "replace"))
    kept[edition.id] = (key, made)
    return made


def _make(store: Store, root: Path, edition: Edition, path: Path, text: str) -> Made:
    market = markets.load(edition.locale)
    cues = [c for some in store.cues().values() for c in some]
    barriers = for_market([b for some in store.barriers().values() for b in some], market)
    scenes = [s for some in store.scenes().values() for s in some]
    script = [x for some in store.script().values() for x in some]
    brief = build(cues, store.series(), market, barriers, scenes, script)
    variant = "main" if edition.variant == "literal" else edition.variant
    settled = settled_for(root, edition.locale, variant)
    state: Literal["written", "proposed", "literal"] = "written"
    if settled is None:
        text = render(brief)
        settled, state = parse(text, path), "proposed"
    return Made(brief, settled, "literal" if edition.variant == "literal" else state, path, text)


def brief_view(made: Made, store: Store, root: Path, edition: Edition) -> BriefView:
    """The page's contents, from the brief and the edition's own lines."""
    b, s = made.brief, made.settled
    head = store.edition_head(edition)
    cite = _Citing(store, edition)
    by_item: dict[tuple[str, str], list[str]] = {}
    for some in store.barriers().values():
        for barrier in some:
            _add(by_item, barrier)
    actions = Counter(x.action for x in s.scenes)
    return BriefView(
        edition=edition.name,
        market=b.market,
        market_name=b.market_name,
        language=b.language,
        source_language=b.source_language,
        direction=b.direction,
        title=s.title or head.get("title", ""),
        source_title=b.title,
        synopsis=s.synopsis or head.get("synopsis", ""),
        state=made.state,
        file=made.file.relative_to(root).as_posix(),
        command=f"smallscreen brief {root.name} --market {edition.locale}",
        tone=s.tone,
        register=s.register or b.register,
        address=s.address,
        note=s.note,
        notes=list(b.notes),
        episodes=b.episodes,
        cues=b.cues,
        grades={g: actions[g] for g in GRADES if actions[g]},
        settled=sum(i.settled for i in s.items),
        rendered=sum(bool(i.rendering) for i in s.items),
        open=sum(not q.answer for q in s.questions),
        names=[BriefName(name=n.name, who=n.who, rendering=n.rendering, note=n.note) for n in s.names],
        pairs=[
            BriefPair(
                speaker=p.from_,
                to=p.to,
                relation=p.relation,
                source=p.source,
                rendering=p.rendering,
                form=p.form,
                note=p.note,
                cues=cite(p.cues[:5]),
            )
            for p in s.pairs
        ],
        items=[
            BriefItem(
                **i.model_dump(exclude={"cues"}),
                used=cite.strategies(by_item.get((i.item, i.kind), i.cues)),
                cues=cite(list(dict.fromkeys([*i.cues, *by_item.get((i.item, i.kind), [])]))[:ITEM_CUES]),
            )
            for i in s.items
        ],
        threads=[
            BriefThread(
                name=t.name,
                description=t.description,
                grade=t.grade,
                reason=t.reason,
                do=t.do,
                episodes=list(t.episodes),
                seconds=t.seconds,
                lasts=duration(t.seconds) if t.seconds else "",
                people=t.people,
                scenes=[
                    BriefScene(
                        id=x.id,
                        episode=x.episode,
                        scene=x.scene,
                        place=x.place,
                        action=x.action,
                        note=x.note,
                        cues=cite(x.cues[:SCENE_CUES]),
                    )
                    for x in t.scenes
                ],
            )
            for t in thread_views(b, s)
        ],
        questions=[BriefQuestion(question=q.question, answer=q.answer) for q in s.questions],
    )


def _add(by_item: dict[tuple[str, str], list[str]], barrier: Barrier) -> None:
    cues = by_item.setdefault((barrier.text, barrier.kind), [])
    if barrier.cue not in cues[-1:]:
        cues.append(barrier.cue)


class _Citing:
    """Cues by id, with the edition's words; what the TOML cites and the source no longer has is left out."""

    def __init__(self, store: Store, edition: Edition) -> None:
        self._cues: dict[str, Cue] = {c.id: c for some in store.cues().values() for c in some}
        self._drafts = store.drafts(edition)

    def __call__(self, ids: list[str]) -> list[CueAt]:
        return [self._cited(self._cues[id]) for id in ids if id in self._cues]

    def strategies(self, ids: list[str]) -> dict[str, int]:
        """How often the edition's lines for these cues name a strategy, the most frequent first."""
        named = (d.strategy for id in dict.fromkeys(ids) if (d := self._drafts.get(id)) and d.strategy)
        return dict(Counter(named).most_common())

    def _cited(self, cue: Cue) -> CueAt:
        draft = self._drafts.get(cue.id)
        said: dict[str, Any] = {}
        if draft is not None:
            said = {"line": draft.text, "strategy": draft.strategy, "reason": draft.reason}
        text = " ".join(cue.text.split())
        return CueAt(
            id=cue.id, episode=cue.episode, start_ms=cue.start_ms, text=text, speaker=cue.speaker, **said
        )


def _(text: str) -> str:
    """Marks a word for `make words`; the page translates it when it shows it."""
    return text


WORDS: dict[str, str] = {
    **dict(zip(list[str](KINDS), (
        _("idiom"), _("kinship"), _("address"), _("custom"), _("food"), _("institution"), _("allusion"),
        _("slang"), _("measure"), _("value"), _("wordplay"),
    ), strict=True)),
    **dict(zip(list[str](STRATEGIES), (
        _("retention"), _("specification"), _("direct-translation"), _("generalization"), _("substitution"),
        _("omission"), _("official-equivalent"),
    ), strict=True)),
    **dict(zip(list[str](GRADES), (_("keep"), _("light edit"), _("local carrier"), _("remake")), strict=True)),
    "not decided": _("not decided"),
}  # fmt: skip
"""The room's own words that the page shows, so that they are collected for translation."""
