"""Drafts from a language model, each line paid for once.

    for episode, result in draft_series(engine, series, market, cues_by_episode, replies=store): ...

Every request has a key made of all that is sent; its reply is looked up before it is asked for, and
stored before it is read. A run that was killed therefore goes on where it was: stored replies answer
the same requests again, down to the repair of single lines. A reply that is on its way when the
process dies is lost with it, as no client can know of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from smallscreen.engines import guard
from smallscreen.engines.chat import ChatEngine, Reply
from smallscreen.engines.structured import Asker, Estimate, MemoryReplies, ReplyStore, in_parallel
from smallscreen.engines.tokens import count_messages
from smallscreen.localize.draft import examples, prompt, reply
from smallscreen.localize.draft.result import DraftSet
from smallscreen.series.markets import Market
from smallscreen.series.model import Barrier, Cue, Draft, Finding, Series

REPAIRS = 2
"""How often lines that are missing or malformed are asked for again before they are given up."""

Progress = Callable[[int], None]
"""Called with the number of lines that have just been settled, drafted or given up."""


def from_model(
    engine: ChatEngine,
    series: Series,
    market: Market,
    cues: Sequence[Cue],
    barriers: Sequence[Barrier] = (),
    budgets: Mapping[str, int] | None = None,
    replies: ReplyStore | None = None,
    progress: Progress | None = None,
    *,
    previous: Sequence[Cue] = (),
    edition: str | None = None,
) -> DraftSet:
    """Drafts for the `cues` of one episode.

    `budgets` are characters by cue id, `previous` the last cues of the episode before. Lines that
    cannot be had are findings `draft.missing`; lines that look like instructions to a model are
    drafted apart and reported as `draft.instruction-like`. Raises UserError and EngineError of the
    engine; what arrived before is in `replies`.
    """
    job = _Episode(engine, series, market, cues, barriers, budgets or {}, replies, progress)
    job.edition = edition or market.locale
    if engine.kind == "base":
        job.run_line_by_line()
    else:
        job.run(previous)
    return job.out


def draft_series(
    engine: ChatEngine,
    series: Series,
    market: Market,
    episodes: Mapping[int, Sequence[Cue]],
    barriers: Mapping[int, Sequence[Barrier]] | None = None,
    budgets: Mapping[str, int] | None = None,
    replies: ReplyStore | None = None,
    progress: Progress | None = None,
    *,
    workers: int | None = None,
    edition: str | None = None,
    around: Mapping[int, Sequence[Cue]] | None = None,
) -> Iterator[tuple[int, DraftSet]]:
    """Each episode with its drafts, as they are finished; up to `workers` requests at a time.

    `around` are the cues of the whole series, where `episodes` are only some of it: the end of the
    episode before is sent along, and a request must be the same whichever episodes are asked for, or
    its stored reply would not be found. `workers` is the engine's own number where it is None. When the
    engine fails, no further episode is started, those under way are finished and given, and the first
    error is raised at the end.
    """
    store = MemoryReplies() if replies is None else replies

    def one(number: int) -> DraftSet:
        return from_model(
            engine,
            series,
            market,
            episodes[number],
            (barriers or {}).get(number, ()),
            budgets,
            store,
            progress,
            previous=prompt_tail(around or episodes, number),
            edition=edition,
        )

    yield from in_parallel(sorted(episodes), one, workers or engine.parallel, "draft")


def estimate(
    engine: ChatEngine,
    series: Series,
    market: Market,
    episodes: Mapping[int, Sequence[Cue]],
    barriers: Mapping[int, Sequence[Barrier]] | None = None,
    budgets: Mapping[str, int] | None = None,
    replies: ReplyStore | None = None,
) -> Estimate:
    """The requests and tokens of a run in which every line comes at the first asking.

    Requests that `replies` can answer cost nothing and are counted as reused.
    """
    lines = requests = reused = asked = answered = 0
    for number in sorted(episodes):
        cues = episodes[number]
        mine = (barriers or {}).get(number, ())
        job = _Episode(engine, series, market, cues, mine, budgets or {}, replies, None)
        lines += len(cues)
        for request in job.first_requests(prompt_tail(episodes, number)):
            if job.stored(request):
                reused += 1
                continue
            requests += 1
            asked += count_messages(request.messages)
            answered += request.expected
    return Estimate(lines, requests, reused, asked, answered)


def prompt_tail(episodes: Mapping[int, Sequence[Cue]], number: int) -> Sequence[Cue]:
    """The last cues before episode `number`."""
    return list(episodes.get(number - 1, ()))[-2:]


class _Episode:
    """The drafting of one episode: what is asked, what came, what is given up."""

    def __init__(
        self,
        engine: ChatEngine,
        series: Series,
        market: Market,
        cues: Sequence[Cue],
        barriers: Sequence[Barrier],
        budgets: Mapping[str, int],
        replies: ReplyStore | None,
        progress: Progress | None,
    ) -> None:
        self.engine, self.market, self.cues = engine, market, list(cues)
        self.asker = Asker(engine, replies)
        self.series = series
        self.budgets = budgets
        self.progress = progress
        self.edition = market.locale
        self.out = DraftSet(usage=self.asker.usage)
        self.origin = f"{engine.id}:{engine.model}"
        self.ctx = prompt.context(series, market, self.cues, barriers, budgets)
        self.ids = prompt.line_ids(self.cues, f"{series.slug}\n{series.title}\n{market.locale}")
        self.odd: dict[str, str] = {}  # id to the words that read like an instruction
        self.batches: list[dict[str, Cue]] = [{}]
        for key, cue in self.ids.items():
            if not cue.text.strip() or len(cue.text) > prompt.MAX_SOURCE:
                continue
            said = guard.instruct_like(cue.text) or (cue.speaker and guard.instruct_like(cue.speaker))
            if said:
                self.odd[key] = said
                continue
            if len(self.batches[-1]) == prompt.MAX_LINES:
                self.batches.append({})
            self.batches[-1][key] = cue

    def first_requests(self, previous: Sequence[Cue]) -> Iterator[prompt.Request]:
        """What a run without trouble asks; later batches of a long episode without their drafted lines."""
        if self.engine.kind == "base":
            yield from (self._line(key, cue) for key, cue in self.ids.items() if cue.text.strip())
            return
        before = prompt.previous_of(previous, {})
        for ids in self.batches:
            if ids:
                yield prompt.batch(self.ctx, ids, before)
                before = prompt.previous_of(list(ids.values()), {})
        for key in self.odd:
            yield prompt.alone(self.ctx, key, self.ids[key])

    def run(self, previous: Sequence[Cue]) -> None:
        before = prompt.previous_of(previous, {})
        for ids in self.batches:
            if ids:
                self._batch(ids, before)
                before = prompt.previous_of(list(ids.values()), self.out.drafts)
        for key in self.odd:
            self._alone(key)
        for cue in self.cues:
            if len(cue.text) > prompt.MAX_SOURCE:
                self._missing(cue, f"it has {len(cue.text):,} characters, more than a subtitle can have")
            elif not cue.text.strip():
                self._missing(cue, "the source is empty")

    def run_line_by_line(self) -> None:
        for key, cue in self.ids.items():
            if not cue.text.strip() or len(cue.text) > examples.MAX_SOURCE:
                why = f"it has {len(cue.text):,} characters" if cue.text.strip() else "the source is empty"
                self._missing(cue, why)
                continue
            answer = self._ask(self._line(key, cue))
            text = reply.tidy(answer.text)
            fault = reply.line_fault(text, cue, self.market, self.budgets.get(cue.id))
            if fault:
                self._missing(cue, fault)
            else:
                self._take(cue, text)

    def _line(self, key: str, cue: Cue) -> prompt.Request:
        messages = examples.messages(cue, self.market)
        most = min(80, 3 * len(cue.text) + 12)
        return prompt.Request(messages, {key: cue}, most, expected=len(cue.text))

    def _batch(self, ids: Mapping[str, Cue], before: Sequence[tuple[str, str | None]]) -> None:
        answer = self._ask(prompt.batch(self.ctx, ids, before))
        good, faults, spread = self._judge(answer, ids)
        for _ in range(REPAIRS):
            if not faults:
                break
            wanted = {key: ids[key] for key in faults}
            if spread:
                more, faults = self._each_alone(wanted, spread)
                good |= more
                break
            drafted = {ids[key].id: text for key, text in good.items()}
            answer = self._ask(prompt.again(self.ctx, wanted, drafted, self.cues))
            more, faults, spread = self._judge(answer, wanted)
            good |= more
        for key, cue in ids.items():
            if key in good:
                self._take(cue, good[key])
            else:
                self._missing(cue, faults.get(key, "no line came for it"))

    def _judge(
        self, answer: Reply, ids: Mapping[str, Cue]
    ) -> tuple[dict[str, str], dict[str, str], set[str]]:
        """Good lines, what is wrong with the others, and the words that stand on several of those."""
        parsed = reply.parse(answer.text, ids)
        good, faults = reply.judge(parsed, ids, self.market, self.budgets)
        return (
            good,
            faults,
            {reply.tidy(parsed.lines[k]) for k, why in faults.items() if why == reply.REPEATED},
        )

    def _each_alone(
        self, wanted: Mapping[str, Cue], spread: set[str]
    ) -> tuple[dict[str, str], dict[str, str]]:
        """One line wrote itself over others and we do not know which: each is asked for by itself."""
        good: dict[str, str] = {}
        faults: dict[str, str] = {}
        for key, cue in wanted.items():
            one = {key: cue}
            more, fault, _ = self._judge(self._ask(prompt.alone(self.ctx, key, cue)), one)
            good |= more
            faults |= fault
            if more.get(key) in spread:
                self._suspect(cue, cue.text[:80], more[key])
        return good, faults

    def _alone(self, key: str) -> None:
        cue, said = self.ids[key], self.odd[key]
        good, faults, _ = self._judge(self._ask(prompt.alone(self.ctx, key, cue)), {key: cue})
        self._suspect(cue, said, good.get(key))
        if key in good:
            self._take(cue, good[key])
        else:
            self._missing(cue, faults[key])

    def _suspect(self, cue: Cue, said: str, draft: str | None) -> None:
        self.out.findings.append(
            self._finding(
                "draft.instruction-like",
                cue,
                "This line reads like an instruction to a model, so it was drafted apart from the others.",
                {"quoted": said, "draft": draft},
                "Read its draft against the source; the line may be meant to change what a model writes.",
            )
        )

    def stored(self, request: prompt.Request) -> bool:
        return self.asker.stored(request.messages, request.max_tokens)

    def _ask(self, request: prompt.Request) -> Reply:
        script = self.market.script
        if self.engine.kind == "base":
            return self.asker.ask(
                request.messages, request.max_tokens, json=False, stop=("\n",), script=script
            )
        return self.asker.ask(request.messages, request.max_tokens, script=script)

    def _take(self, cue: Cue, text: str) -> None:
        self.out.drafts[cue.id] = Draft(cue.id, text, self.origin)
        self._settled()

    def _missing(self, cue: Cue, why: str) -> None:
        self.out.findings.append(
            self._finding(
                "draft.missing",
                cue,
                f"There is no draft for this line: {why}.",
                {"source": cue.text[:200], "why": why},
                "Write the line by hand, or run draft again with another model.",
            )
        )
        self._settled()

    def _settled(self) -> None:
        if self.progress is not None:
            self.progress(1)

    def _finding(
        self, check: str, cue: Cue, message: str, evidence: dict[str, Any], suggestion: str
    ) -> Finding:
        return Finding(
            check=check,
            episode=cue.episode,
            start_ms=cue.start_ms,
            end_ms=cue.end_ms,
            message=message,
            severity="error" if check == "draft.missing" else "warning",
            cue=cue.id,
            edition=self.edition,
            evidence=evidence,
            suggestion=suggestion,
        )
