"""The main job: barriers, draft, fit, check, package, each a step that can be run again.

Every function here reads its inputs from the series database, does its work for the episodes that
need it (the step rule, `series.steps`), and returns what a command prints: a dict that is JSON.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from smallscreen.errors import UserError
from smallscreen.localize import barriers as room
from smallscreen.localize import checks
from smallscreen.localize.barriers.market import for_market
from smallscreen.localize.checks import CheckContext, CheckSummary
from smallscreen.localize.fit import fit as fit_episode
from smallscreen.series import markets, platforms
from smallscreen.series.markets import Market
from smallscreen.series.model import Barrier, Cue, Draft, Edition, Finding, Series
from smallscreen.series.project import Project
from smallscreen.series.steps import fingerprint
from smallscreen.series.steps import run as run_step

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
    cues: dict[int, list[Cue]] = field(init=False)

    def __post_init__(self) -> None:
        self.market = markets.load(self.locale)
        if self.profile is not None:
            self.market.screen(self.profile)
        if self.platform is not None:
            platforms.load(self.platform)
        store = self.project.store
        self.edition = store.edition(
            self.market.locale, self.variant, profile=self.profile, platform=self.platform
        )
        self.series = store.series()
        self.cues = {n: cues for n, cues in store.cues().items() if n in set(self.episodes)}

    @property
    def cue_count(self) -> int:
        return sum(map(len, self.cues.values()))

    # --- draft -----------------------------------------------------------------------------

    def draft_from_files(self, folder: Path) -> Summary:
        """Take the market's words from subtitle files or an edition.json, by episode and by time."""
        from smallscreen.localize.draft import from_files

        found = from_files(folder, self.cues, self.market.locale)
        store = self.project.store

        def work() -> Summary:
            store.put_drafts(self.edition, found.drafts.values())
            if found.head:
                store.put_edition_head(self.edition, {**store.edition_head(self.edition), **found.head})
            problems = [_of_edition(f, self.edition) for f in found.problems]
            store.put_findings("draft", self.edition, self.cues, problems)
            return {"drafted": len(found.drafts), "findings": len(found.problems)}

        inputs = (found.drafts, found.head, found.problems, self.cues)
        ran = run_step(store, "draft", f"{self.edition.name}/files", inputs, work)
        return {
            "step": "draft",
            **self._head(),
            "origin": f"files in {folder.name}",
            **ran.summary,
            "fresh": ran.fresh,
        }

    def draft_from_model(self, engine: Any, *, again: bool = False) -> Summary:
        """Ask a model for the lines that have no words yet; every reply is kept as it arrives."""
        from smallscreen.localize.draft import draft_series
        from smallscreen.localize.fit import budget

        store = self.project.store
        have = {} if again else store.drafts(self.edition)
        wanted = {n: cues for n, cues in self.cues.items() if any(_needs_words(c, have) for c in cues)}
        barriers = self._barriers()
        budgets = {
            c.id: budget(c, self.market, self.edition.profile) for cues in wanted.values() for c in cues
        }
        done = 0
        total = Summary(
            drafted=0, findings=0, requests=0, prompt_tokens=0, completion_tokens=0, replies_reused=0
        )

        def arrived(episode: int, result: Any) -> None:
            nonlocal done
            done += 1
            with store.transaction():
                drafts = [d for d in result.drafts.values() if again or _is_open(d.cue, have)]
                store.put_drafts(self.edition, drafts)
                findings = [_of_edition(f, self.edition) for f in result.findings]
                store.put_findings("draft", self.edition, [episode], findings)
            total["drafted"] += len(drafts)
            total["findings"] += len(result.findings)
            for key in ("requests", "prompt_tokens", "completion_tokens", "replies_reused"):
                total[key] += getattr(result, key)
            self.meter(done, len(wanted), f"episode {episode}")

        self.meter(0, len(wanted), "")
        draft_series(
            engine,
            self.series,
            self.market,
            wanted,
            scenes=store.scenes(),
            barriers=barriers,
            budgets=budgets,
            replies=self.project.replies,
            arrived=arrived,
        )
        lines = max(1, total["drafted"])
        tokens = total["prompt_tokens"] + total["completion_tokens"]
        notes = {"notes": [n for n in [engine.quality_note] if n]}
        store.put_edition_head(self.edition, {**store.edition_head(self.edition), **notes})
        return {
            "step": "draft",
            **self._head(),
            "origin": f"{engine.id}:{engine.model}",
            **total,
            "tokens_a_line": round(tokens / lines, 1),
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
                result = fit_episode(cues, here, self.market, self.edition.profile, edition=self.edition.name)
                store.put_lines(self.edition, [number], result.lines)
                store.put_findings("fit", self.edition, [number], result.findings)
                return {
                    "lines": len(result.lines),
                    "shorten": sum(f.check == "fit.shorten" for f in result.findings),
                    "findings": len(result.findings),
                }

            inputs = (_FIT_VERSION, cues, here, screen, self.market, self.edition.profile)
            ran = run_step(store, "fit", f"{self.edition.name}/ep{number:03d}", inputs, work, before)
            fresh += ran.fresh
            total.update(ran.summary)
        self.meter(len(self.cues), len(self.cues), "")
        counts = {k: total[k] for k in ("lines", "shorten", "findings")}
        return {"step": "fit", **self._head(), "cues": self.cue_count, **counts, "fresh": fresh}

    # --- check -----------------------------------------------------------------------------

    def check(self, *, deep: bool = False) -> Summary:
        """Run every check on the edition."""
        store = self.project.store
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
                embedder=_embedder(),
                deep=deep,
                summary=summary,
            )
            for number, cues in self.cues.items()
            if drafts.get(number)
        ]
        found: Counter[str] = Counter()
        keys = []
        fresh = 0
        for done, ctx in enumerate(contexts):
            number = ctx.cues[0].episode
            self.meter(done, len(contexts), f"episode {number}")

            def work(ctx: CheckContext = ctx, number: int = number) -> Summary:
                mine = checks.check_edition(ctx)
                store.put_findings("check", self.edition, [number], mine)
                return dict(Counter(f.severity for f in mine))

            settings = (
                self.market,
                self.edition.profile,
                platform,
                self.series.characters,
                self.series.terms,
            )
            inputs = (_CHECK_VERSION, ctx.cues, ctx.lines, ctx.drafts, ctx.barriers, *settings)
            keys.append(fingerprint(*inputs))
            ran = run_step(store, "check", f"{self.edition.name}/ep{number:03d}", inputs, work, before)
            fresh += ran.fresh
            found.update(ran.summary)

        def whole() -> Summary:
            mine = checks.check_series(contexts)
            store.put_findings("check-series", self.edition, self.cues, mine)
            severities = dict(Counter(f.severity for f in mine))
            return {"severities": severities, "meaning": summary.meaning, "not_run": summary.not_run}

        if contexts:
            self.meter(len(contexts), len(contexts), "all episodes")
            ran = run_step(store, "check", f"{self.edition.name}/all", (deep, *keys), whole, before)
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
        cover: bool = True,
    ) -> Summary:
        """Write the edition's files; what is there and up to date is left alone."""
        from smallscreen.localize.bundle import bundle_of
        from smallscreen.localize.package import package

        folder = out or self.project.editions_dir / self.edition.name
        bundle = bundle_of(self)

        def work() -> Summary:
            made = package(bundle, folder, formats=formats, video=video, cover=cover, progress=self.meter)
            return {
                "made": [{**asdict(m), "path": str(m.path)} for m in made],
            }

        stamps = [(e.video, e.video.stat().st_mtime_ns) for e in bundle.episodes if e.video] if video else []
        inputs = (fingerprint(bundle), str(folder.resolve()), sorted(formats or ()), video, cover, stamps)
        store = self.project.store
        before = store.step("package", self.edition.name)
        if before and not all(Path(m["path"]).exists() for m in before.summary.get("made", [])):
            store.put_step("package", self.edition.name, "", {})
        ran = run_step(store, "package", self.edition.name, inputs, work)
        return {"step": "package", **self._head(), "out": str(folder), **ran.summary, "fresh": ran.fresh}

    # --- within ----------------------------------------------------------------------------

    def _head(self) -> Summary:
        return {"edition": self.edition.name}

    def _barriers(self) -> dict[int, list[Barrier]]:
        found = self.project.store.barriers()
        return {n: for_market(found.get(n, []), self.market) for n in self.cues}

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


def find_barriers(project: Project, *, finder: str = "lexicon", meter: Meter = _quiet) -> Summary:
    """Find the culture-bound items of the source and check the source itself; once for all markets."""
    store = project.store
    series, cues = store.series(), store.cues()
    flat = [c for some in cues.values() for c in some]
    if finder not in room.finders():
        raise UserError(f"There is no finder {finder!r}; there are {', '.join(room.finders())}.")

    def work() -> Summary:
        found = room.find(flat, series=series, finder=finder)
        by_episode: dict[int, list[Barrier]] = {}
        for b in found:
            by_episode.setdefault(b.episode, []).append(b)
        findings: list[Finding] = []
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
        }

    version = room.finders()[finder].version
    inputs = (_CHECK_VERSION, finder, version, flat, series.characters, series.terms)
    ran = run_step(store, "barriers", "", inputs, work)
    meter(len(cues), len(cues), "")
    return {"step": "barriers", **ran.summary, "fresh": ran.fresh}


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


def _of_edition(finding: Finding, edition: Edition) -> Finding:
    return replace(finding, edition=edition.name)


def _needs_words(cue: Cue, have: dict[str, Draft]) -> bool:
    return bool(cue.text.strip()) and _is_open(cue.id, have)


def _is_open(cue: str, have: dict[str, Draft]) -> bool:
    return cue not in have


def _embedder() -> Any:
    from smallscreen.engines.embed import get_embedder

    return get_embedder()
