"""What people do to an edition: change its lines, approve them, decide on findings; and what is left to do.

Every change of a line makes a new version of it and a row of its history. A person changes the
version that they saw: whoever comes second is told (`Conflict`) and overwrites nothing. Each change
is stored in one transaction with its history and its entry in the audit log.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import sqlalchemy as sa

from smallscreen.errors import UserError
from smallscreen.series import tables as t
from smallscreen.series.model import STRATEGIES, Decision, Edition, Finding
from smallscreen.series.store import Store, chunks, episode_of, insert_new, keep_history, now
from smallscreen.series.text import clean

Status = Literal["drafted", "approved"]
Action = Literal["accept", "reject", "reopen"]
MAX_TEXT = 2000
"""Characters of a line, and of its reason."""
_MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class LineState:
    """A line of an edition as it stands. `version` counts from 1, and 0 says that there is no line yet.

    `changed_by` and `changed_at` (UTC, ISO; "" before any check) are of the last change of its words,
    strategy or reason; who approved it stands in its history.
    """

    cue: str
    text: str
    version: int
    status: Status
    origin: str
    strategy: str | None
    reason: str | None
    changed_by: str
    changed_at: str


@dataclass(frozen=True, slots=True)
class LineChange:
    """One version of a line: what it said, and who made it so, when (UTC, ISO)."""

    version: int
    text: str
    status: Status
    strategy: str | None
    reason: str | None
    origin: str
    who: str
    at: str


@dataclass(frozen=True, slots=True)
class Cell:
    """How far one episode of one edition is.

    `cues` of the source, `drafted` of them with a line, `checked` of these since their last change,
    `approved` of these; open findings by severity; findings that somebody `decided` about.
    """

    cues: int = 0
    drafted: int = 0
    checked: int = 0
    approved: int = 0
    notes: int = 0
    warnings: int = 0
    errors: int = 0
    decided: int = 0


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what, when (UTC, ISO), and where: an edition's name, a cue or another place."""

    id: int
    at: str
    who: str
    action: str
    edition: str | None
    place: str | None
    detail: dict[str, Any]


class Conflict(Exception):
    """Somebody else changed the line since; `theirs` is how it stands now, None where it is gone."""

    def __init__(self, theirs: LineState | None) -> None:
        super().__init__("Somebody else changed this line since it was loaded; look at both versions.")
        self.theirs = theirs


# --- lines -----------------------------------------------------------------------------------


def line_states(store: Store, edition: Edition, episode: int | None = None) -> dict[str, LineState]:
    """The lines of an edition, or of one episode of it, by cue id; a cue without a line is not there."""
    d = t.draft.c
    where = d.edition_id == edition.id
    if episode is not None:
        where &= d.episode == episode
    with store.reading() as c:
        rows = c.execute(sa.select(*_STATE).where(where).order_by(d.cue)).all()
    return {r[0]: LineState(*r) for r in rows}


def change_line(
    store: Store,
    edition: Edition,
    cue: str,
    *,
    text: str,
    version: int,
    who: str,
    strategy: str | None = None,
    reason: str | None = None,
    status: Status | None = None,
) -> LineState:
    """Change a line from the version that `who` saw (0: there was none); gives what is stored then.

    A strategy, reason or status of None stays as it is; "" takes a strategy or a reason away. New
    words make an approved line a drafted one unless `status` says otherwise. Where nothing would
    change nothing is written. Raises Conflict when the line has another version by now and says
    something else, UserError for an unknown cue or a value that cannot be stored.
    """
    text, reason = _fits(text, "line"), None if reason is None else _fits(reason, "reason")
    _check(strategy or None, STRATEGIES, "strategy")
    _check(status, get_args(Status), "status")
    who = _name(who)
    with store.writing() as c:
        _must_exist(store, c, cue, episodes=False)
        found = _state(c, edition, cue)
        before = found or LineState(cue, "", 0, "drafted", "hand", None, None, "", "")
        reworded = found is None or text != before.text
        after = replace(
            before,
            text=text,
            strategy=before.strategy if strategy is None else strategy or None,
            reason=before.reason if reason is None else reason or None,
            status=status or ("drafted" if reworded else before.status),
            origin="hand" if reworded else before.origin,
        )
        if found is not None and after == before:
            return before
        if before.version != version:
            raise Conflict(found)
        at = now()
        if (after.text, after.strategy, after.reason) != (
            before.text,
            before.strategy,
            before.reason,
        ) or not found:
            after = replace(after, changed_by=who, changed_at=at)
        after = _write(c, edition, replace(after, version=version + 1), who, at)
        _log(store, c, at, who, "line", edition, cue, {"version": after.version, "status": after.status})
    return after


def set_status(
    store: Store,
    edition: Edition,
    cues: Iterable[str],
    status: Status,
    who: str,
    *,
    seen: Mapping[str, int] | None = None,
) -> list[LineState]:
    """Approve lines, or take that back; gives all of `cues` that have a line as they then stand, in order.

    A cue without a line is passed over. With `seen`, the versions that `who` saw, a line that has
    another version by now stays as it is, so that nobody approves words that they never read.
    """
    _check(status, get_args(Status), "status")
    who = _name(who)
    wanted = sorted(set(cues))
    d = t.draft.c
    changed: list[str] = []
    with store.writing() as c:
        states: dict[str, LineState] = {}
        for some in chunks(wanted, 500):
            query = sa.select(*_STATE).where((d.edition_id == edition.id) & d.cue.in_(some))
            rows = c.execute(query.order_by(d.cue).with_for_update()).all()
            states |= {r[0]: LineState(*r) for r in rows}
        for x in states.values():
            if x.status != status and (seen is None or seen.get(x.cue, x.version) == x.version):
                changed.append(x.cue)
                states[x.cue] = replace(x, status=status, version=x.version + 1)
        if changed:
            at = now()
            for some in chunks(changed, 500):
                where = (d.edition_id == edition.id) & d.cue.in_(some)
                c.execute(t.draft.update().where(where).values(status=status, version=d.version + 1))
                keep_history(c, edition, some, at, who)
            place = changed[0] if len(changed) == 1 else None
            _log(store, c, at, who, "status", edition, place, {"status": status, "cues": changed})
    return list(states.values())


def history(store: Store, edition: Edition, cue: str) -> list[LineChange]:
    """Every version of a line, the newest first."""
    h = t.line_change.c
    query = sa.select(h.version, h.text, h.status, h.strategy, h.reason, h.origin, h.who, h.at)
    query = query.where((h.edition_id == edition.id) & (h.cue == cue)).order_by(h.version.desc())
    with store.reading() as c:
        return [LineChange(*r) for r in c.execute(query)]


# --- findings --------------------------------------------------------------------------------


def place_of(finding: Finding) -> str:
    """What a decision on this finding names: its cue, or its episode (`ep007`) where it has no cue."""
    return finding.cue or episode_place(finding.episode)


def episode_place(episode: int) -> str:
    """What a decision names that concerns a whole episode: `episode_place(7)` is `"ep007"`."""
    return f"ep{episode:03d}"


def decide(
    store: Store, edition: Edition, cue: str, check: str, action: Action, who: str, note: str = ""
) -> Decision:
    """Accept or refuse what a check found at a cue (`place_of`), or open it again; nothing is ever taken out.

    Raises UserError for an unknown action or place.
    """
    _check(action, get_args(Action), "action")
    who, note, check = _name(who), _fits(note, "note"), clean(check)[:64]
    with store.writing() as c:
        _must_exist(store, c, cue)
        made = Decision(edition.name, cue, check, action, who, now(), note)
        values = {"cue": cue, "check": check, "action": action, "who": who, "when": made.when, "note": note}
        c.execute(t.decision.insert().values(series_id=store.series_id, edition_id=edition.id, **values))
        _log(
            store,
            c,
            made.when,
            who,
            action,
            edition,
            cue,
            {"check": check, **({"note": note} if note else {})},
        )
    return made


def standing(store: Store, edition: Edition) -> dict[tuple[str, str], Decision]:
    """The decision that holds for each place and check: the latest, unless that opened it again."""
    latest: dict[tuple[str, str], Decision] = {}
    for x in store.decisions(edition):
        if x.action in get_args(Action) and x.cue is not None and x.check is not None:
            latest[x.cue, x.check] = x
    return {k: x for k, x in latest.items() if x.action != "reopen"}


# --- the state of everything -----------------------------------------------------------------


def cells(store: Store) -> dict[str, dict[int, Cell]]:
    """Every episode of every edition, by edition name and episode number; five queries in all."""
    d, s, k, f = t.draft.c, t.step.c, t.cue.c, t.finding.c
    cues = sa.select(k.episode, sa.func.count()).where(k.series_id == store.series_id).group_by(k.episode)
    # Lines that a step wrote share their time, so that this gives few rows.
    group = (d.edition_id, k.episode, d.changed_at, d.status)
    drafts = sa.select(*group, sa.func.count()).join(
        t.cue, (k.series_id == store.series_id) & (k.id == d.cue)
    )
    checks = sa.select(s.scope, s.finished_at).where(
        (s.series_id == store.series_id) & (s.step == "check") & (s.key != "")
    )
    findings = sa.select(f.edition_id, f.episode, f.severity, sa.func.count())
    findings = findings.where((f.series_id == store.series_id) & f.edition_id.is_not(None))
    editions = {e.id: e.name for e in store.editions()}
    with store.reading() as c:
        cue_counts = {r[0]: r[1] for r in c.execute(cues)}
        drafted = c.execute(drafts.where(d.edition_id.in_(editions)).group_by(*group)).all()
        checked_at = {r[0]: r[1] for r in c.execute(checks)}
        found = c.execute(findings.group_by(f.edition_id, f.episode, f.severity)).all()
        decided = _decided(store, c)
    counts: dict[tuple[int, int], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for edition_id, episode, changed_at, status, n in drafted:
        cell = counts[edition_id, episode]
        cell["drafted"] += n
        cell["approved"] += n * (status == "approved")
        last_check = checked_at.get(f"{editions[edition_id]}/{episode_place(episode)}")
        cell["checked"] += n * (last_check is not None and changed_at <= last_check)
    for edition_id, episode, severity, n in found:
        counts[edition_id, episode][severity + "s"] += n
    for edition_id, episode, severity in decided:
        counts[edition_id, episode][severity + "s"] -= 1
        counts[edition_id, episode]["decided"] += 1
    numbers = [e.number for e in store.episodes()]
    return {
        name: {e: Cell(cues=cue_counts.get(e, 0), **counts[i, e]) for e in numbers}
        for i, name in editions.items()
    }


def confirm_checks(store: Store, edition: Edition, episodes: Iterable[int], since: str) -> None:
    """Say that what was found in these episodes holds for their lines as they stood at `since`.

    A line that was changed and changed back leaves nothing to check, and yet it changed after the last
    check. Writes only where that is so.
    """
    d, s = t.draft.c, t.step.c
    scopes = {n: f"{edition.name}/{episode_place(n)}" for n in episodes}
    mine = (s.series_id == store.series_id) & (s.step == "check") & s.scope.in_(scopes.values())
    changed = sa.select(d.episode, sa.func.max(d.changed_at)).group_by(d.episode)
    changed = changed.where((d.edition_id == edition.id) & d.episode.in_(scopes))
    with store.reading() as c:
        done = {r[0]: r[1] for r in c.execute(sa.select(s.scope, s.finished_at).where(mine))}
        late = [scopes[n] for n, at in c.execute(changed) if at > done.get(scopes[n], at)]
    if late:
        with store.writing() as c:
            where = mine & s.scope.in_(late) & (s.finished_at < since)
            c.execute(t.step.update().where(where).values(finished_at=since))


# --- the audit log ---------------------------------------------------------------------------


def record(
    store: Store, who: str, action: str, edition: str | None = None, place: str | None = None, **detail: Any
) -> None:
    """Write into the audit log; `detail` must be JSON and never holds a password or a key."""
    with store.writing() as c:
        _log(store, c, now(), _name(who), action, edition, place, detail)


def audit_log(store: Store, limit: int = 100, before: int | None = None) -> list[AuditEntry]:
    """The newest entries of this series, or the newest older than the entry `before`."""
    a = t.audit.c
    query = sa.select(a.id, a.at, a.who, a.action, a.edition, a.place, a.detail)
    query = query.where(a.series_id == store.series_id)
    if before is not None:
        query = query.where(a.id < before)
    with store.reading() as c:
        return [AuditEntry(*r) for r in c.execute(query.order_by(a.id.desc()).limit(limit))]


# --- within ----------------------------------------------------------------------------------

_D = t.draft.c
_STATE = (
    _D.cue,
    _D.text,
    _D.version,
    _D.status,
    _D.origin,
    _D.strategy,
    _D.reason,
    _D.changed_by,
    _D.changed_at,
)


def _state(c: sa.Connection, edition: Edition, cue: str) -> LineState | None:
    where = (_D.edition_id == edition.id) & (_D.cue == cue)
    row = c.execute(sa.select(*_STATE).where(where).with_for_update()).one_or_none()
    return None if row is None else LineState(*row)


def _write(c: sa.Connection, edition: Edition, after: LineState, who: str, at: str) -> LineState:
    """Store a line in place of the version before it, with its history. Raises Conflict when that is gone."""
    values = {name: getattr(after, name) for name in LineState.__slots__ if name != "cue"}
    if after.version == 1:
        key = {"edition_id": edition.id, "cue": after.cue, "episode": episode_of(after.cue)}
        new = insert_new(c.dialect.name, t.draft).values(**key, **values)
        done = c.execute(new.returning(_D.cue)).first() is not None
    else:
        where = (_D.edition_id == edition.id) & (_D.cue == after.cue) & (_D.version == after.version - 1)
        done = c.execute(t.draft.update().where(where).values(values)).rowcount == 1
    if not done:
        raise Conflict(_state(c, edition, after.cue))
    keep_history(c, edition, [after.cue], at, who)
    return after


def _log(
    store: Store,
    c: sa.Connection,
    at: str,
    who: str,
    action: str,
    edition: Edition | str | None,
    place: str | None,
    detail: Mapping[str, Any],
) -> None:
    name = edition.name if isinstance(edition, Edition) else edition
    row = {"series_id": store.series_id, "at": at, "who": who, "action": action[:40]}
    c.execute(t.audit.insert().values(**row, edition=name, place=place, detail=dict(detail)))


def _decided(store: Store, c: sa.Connection) -> list[tuple[int, int, str]]:
    """Edition, episode and severity of every finding that somebody accepted or refused."""
    x, f = t.decision.c, t.finding.c
    mine = (x.series_id == store.series_id) & x.action.in_(get_args(Action))
    standing = {
        (edition_id, cue, check): action != "reopen"
        for edition_id, cue, check, action in c.execute(
            sa.select(x.edition_id, x.cue, x.check, x.action).where(mine).order_by(x.id)
        )
    }
    if not standing:
        return []
    # What could be meant, by sets that the database makes once; a join by all three took seconds.
    checks = sorted({check for _, _, check in standing if check is not None})
    places = f.cue.is_(None) | f.cue.in_(sa.select(x.cue).where(mine))
    query = sa.select(f.edition_id, f.episode, f.severity, f.cue, f.check)
    query = query.where((f.series_id == store.series_id) & f.check.in_(checks) & places)
    return [
        (edition_id, episode, severity)
        for edition_id, episode, severity, cue, check in c.execute(query)
        if edition_id is not None and standing.get((edition_id, cue or episode_place(episode), check))
    ]


def _must_exist(store: Store, c: sa.Connection, place: str, *, episodes: bool = True) -> None:
    """That the source has this cue, or this episode (`ep007`)."""
    if episodes and place.startswith("ep") and place[2:].isdecimal() and len(place) < 9:
        e = t.episode.c
        query = sa.select(e.number).where((e.series_id == store.series_id) & (e.number == int(place[2:])))
    else:
        query = sa.select(t.cue.c.id).where((t.cue.c.series_id == store.series_id) & (t.cue.c.id == place))
    if "\x00" in place or c.execute(query).first() is None:
        raise UserError(f"The series has no cue {place[:40]!r}; load the episode again to see its cues.")


def _fits(text: str, what: str) -> str:
    text = clean(text)
    if len(text) > MAX_TEXT:
        raise UserError(f"The {what} has {len(text):,} characters; write at most {MAX_TEXT:,}.")
    return text


def _name(who: str) -> str:
    return clean(who)[:_MAX_NAME]


def _check(value: str | None, known: Iterable[str], what: str) -> None:
    if value is not None and value not in known:
        raise UserError(f"There is no {what} {value[:40]!r}; choose one of {', '.join(known)}.")
