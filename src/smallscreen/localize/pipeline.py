"""The main job: barriers, draft, fit, check, package, each a step that can be run again.

Every function here reads its inputs from the series database, does its work for the episodes that
need it (the step rule, `series.steps`), and returns what a command prints: a dict that is JSON.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smallscreen.engines.chat import ChatEngine
from smallscreen.errors import UserError
from smallscreen.localize import barriers as room
from smallscreen.localize import checks
from smallscreen.localize.barriers.market import for_market
from smallscreen.localize.brief.obey import obey, obey_barriers, proposed_items
from smallscreen.localize.checks import CheckContext, CheckSummary
from smallscreen.localize.checks.cuts import OverCut, unseen
from smallscreen.localize.draft.result import Usage
from smallscreen.localize.fit import fit as fit_episode
from smallscreen.series import markets, platforms
from smallscreen.series.brief_file import Settled, settled_for
from smallscreen.series.editing import confirm_checks
from smallscreen.series.markets import Market
from smallscreen.series.model import Barrier, Cue, Draft, Edition, Finding, Series
from smallscreen.series.project import Project
from smallscreen.series.shots import EpisodeShots, stored_shots
from smallscreen.series.steps import fingerprint
from smallscreen.series.steps import run as run_step
from smallscreen.series.store import now

if TYPE_CHECKING:
    from smallscreen.localize.package import Options

Meter = Callable[[int, int, str], None]
Summary = dict[str, Any]

_FIT_VERSION = 1
_CHECK_VERSION = 1


def _quiet(done: int, total: int, what: str = "") -> None:
    pass


@dataclass
class Localizer:
    """A series and one market: what is read once and used by every step.

    `episodes` are the numbers to work on. `profile` and `platform` are set on the edition when given.
    """

    project: Project
    locale: str
    episodes: Sequence[int]
    variant: str = "main"
    profile: str | None = None
    platform: str | None = None
    meter: Meter = _quiet
    market: Market = field(init=False)
    edition: Edition = field(init=False)
    series: Series = field(init=False)
    settled: Settled | None = field(init=False)
    cues: dict[int, list[Cue]] = field(init=False)
    shots: dict[int, EpisodeShots] = field(init=False)

    def __post_init__(self) -> None:
        self.market = markets.load(self.locale)
        if self.market.locale not in markets.names():
            raise UserError(
                f"{self.market.locale} is a source language; there are {', '.join(markets.names())}."
            )
        if self.profile is not None:
            self.market.screen(self.profile)
        if self.platform is not None:
            platforms.load(self.platform)
        store = self.project.store
        self.edition = store.edition(
            self.market.locale, self.variant, profile=self.profile, platform=self.platform
        )
        self.series = store.series()
        self.settled = settled_for(self.project.root, self.market.locale, self.variant)
        if self.settled is not None:
            proposed = proposed_items(store, self.market.locale)
            self.series, self.market = obey(self.settled, self.series, self.market, proposed)
        self.cues = {n: cues for n, cues in store.cues().items() if n in set(self.episodes)}
        self.shots = stored_shots(self.project, self.episodes)

    @property
    def cue_count(self) -> int:
        return sum(map(len, self.cues.values()))

    # --- draft -----------------------------------------------------------------------------

    def draft_from_files(self, folder: Path) -> Summary:
        """Take the market's words from subtitle files or an edition.json, by episode and by time."""
        from smallscreen.localize.draft.files import from_files

        found = from_files(folder, self.cues, self.market.locale, edition=self.edition.name)
        store = self.project.store

        def work() -> Summary:
            store.put_drafts(self.edition, found.drafts.values())
            store.put_edition_head(
                self.edition, {**store.edition_head(self.edition), "notes": [], **found.head}
            )
            store.put_findings("draft", self.edition, self.cues, found.findings)
            return {"drafted": len(found.drafts), "findings": len(found.findings), "problems": found.problems}

        inputs = (found.drafts, found.head, found.findings, found.problems, self.cues)
        ran = run_step(store, "draft", f"{self.edition.name}/files", inputs, work)
        return {
            "step": "draft",
            **self._head(),
            "origin": f"files in {folder.name}",
            **ran.summary,
            "fresh": ran.fresh,
        }

    def draft_from_model(self, engine: ChatEngine, *, again: bool = False) -> Summary:
        """Ask a model for the lines that have no words yet; every reply is kept as it arrives.

        `again` drafts all lines anew; a request that was answered before is still not paid for again.
        """
        from smallscreen.localize.draft.model import draft_series
        from smallscreen.localize.fit import budgets

        store = self.project.store
        have = {} if again else store.drafts(self.edition)
        open_cues = {n: [c for c in cues if c.id not in have] for n, cues in self.cues.items()}
        # A whole episode is sent as long as a line of it is open: its context, and so its key, stays the same.
        wanted = {n: self.cues[n] for n, cues in open_cues.items() if cues}
        room_for: dict[str, int] = {}
        for cues in wanted.values():
            room_for |= budgets(cues, self.market, self.edition.profile)
        before = sum(map(len, open_cues.values()))
        settled = drafted = problems = 0
        usage = Usage()

        def progress(lines: int) -> None:
            nonlocal settled
            settled += lines
            self.meter(min(settled, before), before, engine.model)

        self.meter(0, before, engine.model)
        results = draft_series(
            engine,
            self.series,
            self.market,
            wanted,
            self._barriers(),
            room_for,
            self.project.replies,
            progress,
            edition=self.edition.name,
            around=store.cues(),
        )
        for episode, result in results:
            with store.transaction():
                mine = [d for d in result.drafts.values() if again or d.cue not in have]
                store.put_drafts(self.edition, mine)
                store.put_findings("draft", self.edition, [episode], result.findings)
            drafted += len(mine)
            problems += len(result.findings)
            usage.add(result.usage)
        if engine.quality_note:
            store.put_edition_head(
                self.edition, {**store.edition_head(self.edition), "notes": [engine.quality_note]}
            )
        return {
            "step": "draft",
            **self._head(),
            "origin": f"{engine.id}:{engine.model}",
            "drafted": drafted,
            "findings": problems,
            "problems": [],
            "requests": usage.requests,
            "replies_reused": usage.reused,
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "tokens_a_line": round(usage.tokens / drafted, 1) if drafted else 0.0,
            "quality_notes": [engine.quality_note] if engine.quality_note else [],
            "fresh": bool(wanted),
        }

    # --- fit -------------------------------------------------------------------------------

    def fit(self) -> Summary:
        """Make the lines fit the screen and the eye."""
        store = self.project.store
        drafts = self._drafts_by_episode()
        screen = self.market.screen(self.edition.profile)
        total: Counter[str] = Counter()
        fresh = 0
        before = store.steps("fit")
        for done, (number, cues) in enumerate(self.cues.items()):
            self.meter(done, len(self.cues), f"episode {number}")
            here = drafts.get(number, {})

            def work(number: int = number, cues: list[Cue] = cues, here: dict[str, Draft] = here) -> Summary:
                result = fit_episode(
                    cues,
                    here,
                    self.market,
                    self.edition.profile,
                    edition=self.edition.name,
                    cuts=self._cuts(number) or (),
                )
                store.put_lines(self.edition, [number], result.lines)
                store.put_findings("fit", self.edition, [number], result.findings)
                return {
                    "lines": len(result.lines),
                    "shorten": sum(f.check == "fit.shorten" for f in result.findings),
                    "findings": len(result.findings),
                }

            inputs = (
                _FIT_VERSION,
                cues,
                here,
                screen,
                self.market,
                self.edition.profile,
                *self._seen(number),
            )
            ran = run_step(store, "fit", f"{self.edition.name}/ep{number:03d}", inputs, work, before)
            fresh += ran.fresh
            total.update(ran.summary)
        self.meter(len(self.cues), len(self.cues), "")
        counts = {k: total[k] for k in ("lines", "shorten", "findings")}
        return {"step": "fit", **self._head(), "cues": self.cue_count, **counts, "fresh": fresh}

    # --- check -----------------------------------------------------------------------------

    def check(self, *, deep: bool = False, whole: bool = True) -> Summary:
        """Run every check on the edition.

        `whole` off leaves out the checks that look at all episodes together, and what they found before
        as it is: one episode was changed, and is looked at again while somebody waits.
        """
        store = self.project.store
        since = now()
        lines = store.lines(self.edition)
        drafts = self._drafts_by_episode()
        barriers = self._barriers()
        before = store.steps("check")
        platform = platforms.load(self.edition.platform)
        summary = CheckSummary()
        literal = self._literal_drafts()
        contexts = [
            CheckContext(
                market=self.market,
                profile=self.edition.profile,
                platform=platform,
                edition=self.edition.name,
                series=self.series,
                cues=cues,
                lines=lines.get(number, []),
                drafts=drafts.get(number, {}),
                barriers=barriers.get(number, []),
                literal_drafts=literal,
                cuts=self._cuts(number),
                video_fps=self.shots[number].fps if number in self.shots else None,
                embedder=_embedder(),
                deep=deep,
                summary=summary,
            )
            for number, cues in self.cues.items()
            if drafts.get(number)
        ]
        found: Counter[str] = Counter()
        told = _told_by_fit(store.findings(self.edition))
        keys = []
        same = []
        fresh = 0
        for done, ctx in enumerate(contexts):
            number = ctx.cues[0].episode
            self.meter(done, len(contexts), f"episode {number}")

            def work(ctx: CheckContext = ctx, number: int = number) -> Summary:
                mine = [f for f in checks.check_edition(ctx) if not _is_told(f, told)]
                store.put_findings("check", self.edition, [number], mine)
                return dict(Counter(f.severity for f in mine))

            settings = (
                self.market,
                self.edition.profile,
                platform,
                self.series.characters,
                self.series.terms,
                *self._seen(number),
            )
            inputs = (_CHECK_VERSION, ctx.cues, ctx.lines, ctx.drafts, ctx.barriers, *settings)
            keys.append(fingerprint(*inputs))
            ran = run_step(store, "check", f"{self.edition.name}/ep{number:03d}", inputs, work, before)
            fresh += ran.fresh
            found.update(ran.summary)
            if not ran.fresh:
                same.append(number)
        confirm_checks(store, self.edition, same, since)

        def together() -> Summary:
            mine = checks.check_series(contexts)
            # Episodes that were not looked at again count, too.
            if count := sum(ctx.cuts is None for ctx in contexts):
                summary.not_run[OverCut.id] = unseen(count)
            store.put_findings("check-series", self.edition, self.cues, mine)
            severities = dict(Counter(f.severity for f in mine))
            return {"severities": severities, "meaning": summary.meaning, "not_run": summary.not_run}

        if contexts and whole:
            self.meter(len(contexts), len(contexts), "all episodes")
            ran = run_step(store, "check", f"{self.edition.name}/all", (deep, *keys), together, before)
            fresh += ran.fresh
            found.update(ran.summary["severities"])
            rest = {k: v for k, v in ran.summary.items() if k != "severities"}
        else:
            rest = {}
        counts = {s + "s": found[s] for s in ("error", "warning", "note")}
        return {"step": "check", **self._head(), "episodes": len(contexts), **counts, **rest, "fresh": fresh}

    # --- package ---------------------------------------------------------------------------

    def package(
        self,
        out: Path | None = None,
        *,
        formats: set[str] | None = None,
        video: bool = False,
        cover: bool | str = "box",
        burning: Options | None = None,
        dub: bool = False,
    ) -> Summary:
        """Write the edition's files; what is there and up to date is left alone.

        `dub` makes the dubbed edition, in a folder of its own: the mix as the sound of videos, and lines at the
        times of the voices where the dub re-timed them; without `formats`, the subtitle files.
        """
        from smallscreen.localize.bundle import bundle_of
        from smallscreen.localize.package import Options, package

        folder = out or self.project.editions_dir / self.edition.name
        bundle = bundle_of(self)
        if dub:
            from smallscreen.localize.dub import dubbed

            bundle, folder = dubbed.with_dub(self, bundle), folder / dubbed.FOLDER
            formats = set(dubbed.FORMATS) if formats is None else formats

        def work() -> Summary:
            made = package(bundle, folder, formats=formats, video=video, burning=how, progress=self.meter)
            files = [{**asdict(m), "path": str(m.path)} for m in made]
            return {"made": files, "problems": [p for m in made for p in m.problems]}

        how = burning or Options(cover=cover)
        pictures = [p for e in bundle.episodes for p in (e.video, e.textless) if p is not None]
        sounds = sorted(how.audio.iterdir()) if how.audio and how.audio.is_dir() else [how.audio]
        sounds += [e.sound for e in bundle.episodes]
        stamps = [(p, p.stat().st_mtime_ns) for p in [*pictures, *sounds] if p and p.exists()]
        what = (str(folder.resolve()), sorted(formats or ()), video, how, list(self.cues))
        scope = f"{self.edition.name}/{fingerprint(*what)[:12]}"
        store = self.project.store
        before = store.step("package", scope)
        if before and not all(_there(m) for m in before.summary.get("made", [])):
            store.put_step("package", scope, "", {})
        ran = run_step(store, "package", scope, (fingerprint(bundle), *what, stamps), work)
        return {"step": "package", **self._head(), "out": str(folder), **ran.summary, "fresh": ran.fresh}

    # --- within ----------------------------------------------------------------------------

    def _head(self) -> Summary:
        return {"edition": self.edition.name}

    def _cuts(self, number: int) -> tuple[int, ...] | None:
        return self.shots[number].hard if number in self.shots else None

    def _seen(self, number: int) -> tuple[EpisodeShots, ...]:
        """What was found in the episode's picture, as an input of a step."""
        return (self.shots[number],) if number in self.shots else ()

    def _barriers(self) -> dict[int, list[Barrier]]:
        found = self.project.store.barriers()
        return {n: self.barriers_here(found.get(n, [])) for n in self.cues}

    def barriers_here(self, found: Sequence[Barrier]) -> list[Barrier]:
        """Barriers of the source as this edition needs them: its market, then its brief."""
        here = for_market(found, self.market)
        return obey_barriers(self.settled, here, self.market) if self.settled is not None else here

    def _drafts_by_episode(self) -> dict[int, dict[str, Draft]]:
        drafts = self.project.store.drafts(self.edition)
        by_episode: dict[int, dict[str, Draft]] = {}
        for number, cues in self.cues.items():
            here = {c.id: drafts[c.id] for c in cues if c.id in drafts}
            if here:
                by_episode[number] = here
        return by_episode

    def _literal_drafts(self) -> dict[str, Draft] | None:
        store = self.project.store
        if self.variant == "literal" or not store.has_edition(self.market.locale, "literal"):
            return None
        return store.drafts(store.edition(self.market.locale, "literal"))


def _there(made: Summary) -> bool:
    """Whether what was written is still there: a file, or a folder with at least so many files."""
    path = Path(made["path"])
    if path.is_dir():
        return sum(1 for p in path.iterdir() if p.is_file() and p.name[0] != ".") >= made.get("files", 1)
    return path.exists()


def find_barriers(
    project: Project, *, finder: str | room.Finder = "embedded", meter: Meter = _quiet
) -> Summary:
    """Find the culture-bound items of the source and check the source itself; once for all markets."""
    store = project.store
    series, cues = store.series(), store.cues()
    flat = [c for some in cues.values() for c in some]
    chosen = room.finder_of(finder)

    def work() -> Summary:
        found = room.find(flat, series=series, finder=chosen)
        by_episode: dict[int, list[Barrier]] = {}
        for b in found:
            by_episode.setdefault(b.episode, []).append(b)
        # A finder that asks a model has something to say of the answers.
        findings: list[Finding] = list(getattr(chosen, "findings", ()))
        for done, (number, some) in enumerate(cues.items()):
            meter(done, len(cues), f"episode {number}")
            findings += checks.check_source(some, series, by_episode.get(number, []))
        store.put_barriers(cues, found)
        store.put_findings("source", None, cues, findings)
        return {
            "episodes": len(cues),
            "cues": len(flat),
            "cues_with_barriers": len({b.cue for b in found}),
            "barriers": len(found),
            "by_need": {str(n): sum(b.need == n for b in found) for n in (1, 2, 3)},
            "by_kind": dict(Counter(b.kind for b in found).most_common()),
            "source_findings": len(findings),
            "finder": chosen.id,
        }

    inputs = (_CHECK_VERSION, chosen.id, chosen.version, flat, series.characters, series.terms)
    ran = run_step(store, "barriers", "", inputs, work)
    meter(len(cues), len(cues), "")
    return {"step": "barriers", **ran.summary, **_paid(chosen), "fresh": ran.fresh}


def keeps_barriers(project: Project) -> bool:
    """Whether the stored barriers were paid for, so that a step that only needs some leaves them alone."""
    step = project.store.step("barriers", "")
    return step is not None and step.summary.get("finder") == "model"


def _paid(finder: room.Finder) -> Summary:
    """What this run asked of a model, where the finder asks one."""
    usage = getattr(finder, "usage", None)
    if usage is None:
        return {}
    return {
        "requests": usage.requests,
        "replies_reused": usage.reused,
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
    }


def barrier_rows(project: Project, episodes: Sequence[int], locale: str | None) -> list[Summary]:
    """The barriers one by one, as a market needs them or of the source alone."""
    store = project.store
    cues = {c.id: c for some in store.cues().values() for c in some}
    market = markets.load(locale) if locale else None
    rows = []
    for number, found in store.barriers().items():
        if number not in set(episodes):
            continue
        for b in for_market(found, market) if market else found:
            rows.append({**asdict(b), "line": cues[b.cue].text})
    return rows


_SAID_BY_FIT = {"screen.reading-speed", "screen.line-length", "screen.line-count"}


def _told_by_fit(findings: dict[int, list[Finding]]) -> set[tuple[int, int | None]]:
    return {(f.episode, f.line) for some in findings.values() for f in some if f.check == "fit.shorten"}


def _is_told(finding: Finding, told: set[tuple[int, int | None]]) -> bool:
    """Fitting has said which lines must be shortened, and to what; once is enough."""
    return finding.check in _SAID_BY_FIT and (finding.episode, finding.line) in told


def _embedder() -> Any:
    from smallscreen.engines.embed import get_embedder

    return get_embedder()
