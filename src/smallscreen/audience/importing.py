"""Taking viewing data into the lake: once, whole or not at all, and with an account of every row.

A file goes through three stages, each of which can be cut off:

1. checked: every row with its reason, streamed into `.staging/import-KEY/checked.parquet`;
2. ready: what is taken and what is set aside, as partitions in `.staging/import-KEY/`;
3. published: renamed into the lake; the step `audience-import` with the key is stored.

The key is the hash of the file's bytes, of the mapping and of the rules. An import that is cut off
goes on with the stage it was in; nothing in `.staging` is ever read as data.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from smallscreen.audience import importers as room
from smallscreen.audience.events import REASONS, TABLES
from smallscreen.audience.files import SUFFIXES, Opened, content_hash, open_file
from smallscreen.audience.importer import Candidates, Importer
from smallscreen.audience.lake import Lake, alone, open_lake, publish
from smallscreen.audience.mapping import Mapping, read_mapping
from smallscreen.audience.rules import KNOWN, checked_events, checked_side, row_hash
from smallscreen.engines.sql import file, identifier, literal
from smallscreen.errors import EngineError, FileProblem, UserError
from smallscreen.series.project import Progress, Project, video_of
from smallscreen.series.registry import discover
from smallscreen.series.steps import fingerprint

STEP, BOTS = "audience-import", "audience-bots"
_VERSION = 1
_STALE_S = 86_400


@dataclass(frozen=True)
class ImportSummary:
    """What became of the rows: rows = taken + quarantined + repeated. `fresh` is False when all was there.

    `quarantined` is by reason (see events.REASONS); `clipped` of the taken ended at most 500 ms late.
    `bots` and `bot_intervals` are of the whole lake: they are kept and left out of the views.
    """

    files: int
    rows: int
    taken: int
    quarantined: dict[str, int]
    repeated: int
    fresh: bool
    clipped: int = 0
    bots: int = 0
    bot_intervals: int = 0
    notes: list[str] = field(default_factory=list)
    problems: list[FileProblem] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The summary in JSON."""
        return {**asdict(self), "problems": [str(p) for p in self.problems]}


def importers() -> list[Importer]:
    """Every importer, in the order in which they are asked."""
    found = discover(room, Importer)  # type: ignore[type-abstract]
    return sorted(found.values(), key=lambda i: (i.order, i.id))


def import_events(
    project: Project,
    paths: Sequence[Path],
    mapping: Path | Mapping | None = None,
    progress: Progress | None = None,
) -> ImportSummary:
    """Take files, or the files of folders, into the lake of a series.

    A file that cannot be read ends in `problems` and the others are taken; FileProblem when it was
    the only one, UserError when there is none, and for viewing that is not simulated in a lake that holds
    simulated viewing.
    """
    said = read_mapping(mapping) if isinstance(mapping, Path) else mapping
    files = _files(paths)
    totals: list[dict[str, Any]] = []
    problems: list[FileProblem] = []
    fresh = False
    with open_lake(project) as lake, alone(lake):
        _sweep(lake)
        fresh |= _finish_others(project, lake)
        for done, path in enumerate(files):
            if progress:
                progress(done, len(files), path.name)
            try:
                new, summary = _one(project, lake, path, said)
            except FileProblem as problem:
                problems.append(problem)
                continue
            fresh |= new
            totals.append(summary)
        if problems and not totals:
            raise problems[0]
        bots = _bots(project, lake)
    if progress:
        progress(len(files), len(files), "")
    quarantined: Counter[str] = Counter()
    for one in totals:
        quarantined.update(one["quarantined"])
    return ImportSummary(
        files=len(totals),
        rows=sum(s["rows"] for s in totals),
        taken=sum(s["taken"] for s in totals),
        quarantined={r: quarantined[r] for r in REASONS if quarantined[r]},
        repeated=sum(s["repeated"] for s in totals),
        fresh=fresh,
        clipped=sum(s["clipped"] for s in totals),
        bots=bots["bots"],
        bot_intervals=bots["intervals"],
        notes=list(dict.fromkeys(n for s in totals for n in s["notes"])),
        problems=problems,
    )


def imported(project: Project) -> list[dict[str, Any]]:
    """The account of every file that was taken, in the order in which they came."""
    records = sorted((r for r in project.store.steps(STEP).values() if r.key), key=lambda r: r.finished_at)
    return [{**r.summary, "at": r.finished_at} for r in records]


# --- one file --------------------------------------------------------------------------------


def _one(project: Project, lake: Lake, path: Path, mapping: Mapping | None) -> tuple[bool, dict[str, Any]]:
    slug = project.store.slug
    content = content_hash(path)
    key = fingerprint(_VERSION, slug, content, path.suffix.lower(), mapping.model_dump() if mapping else None)
    done = project.store.step(STEP, key)
    if done is not None and done.key == key:
        return False, done.summary
    _replace(project, lake, content)
    staging = lake.root / ".staging" / f"import-{key}"
    staging.mkdir(parents=True, exist_ok=True)
    if not (staging / "checked.json").exists():
        try:
            _check(project, lake, path, mapping, staging, content)
        except FileProblem:
            shutil.rmtree(staging, ignore_errors=True)
            raise
    if _would_mix(lake, staging):
        shutil.rmtree(staging, ignore_errors=True)
        raise UserError(
            f"{lake.root} holds simulated viewing, and {path.name} has viewing that is not; import it into another "
            "copy of the series, or take the folder lake away first."
        )
    summary = _sort_out(lake, slug, staging, key)
    _publish(project, lake, staging, key, summary)
    lake.refresh()
    return True, summary


def _check(
    project: Project, lake: Lake, path: Path, mapping: Mapping | None, staging: Path, content: str
) -> None:
    """Stage 1: every row with its reason."""
    import duckdb

    con = lake.con()
    slug = project.store.slug
    con.execute("SET VARIABLE series = " + literal(slug))
    opened = open_file(con, path)
    importer, made = _candidates(con, opened, mapping)
    _known_episodes(con, project, mapping, stated="duration_ms" in opened.columns)
    lines = opened.format == "jsonl"
    query = (
        checked_events(made.query, slug, lines=lines)
        if made.table == "events"
        else checked_side(made.query, TABLES[made.table], slug, lines=lines)
    )
    target = staging / "checked.parquet"
    # Rows of a text are numbered as they stand in it, which needs their order.
    con.execute(f"SET preserve_insertion_order = {'false' if opened.format == 'parquet' else 'true'}")
    try:
        con.execute(f"COPY ({query}) TO {literal(str(target))} (FORMAT parquet, COMPRESSION zstd)")
    except duckdb.OutOfMemoryException:
        raise UserError(
            f"{path.name} needs more memory than it may take; set SMALLSCREEN_MEMORY higher, such as 4GB."
        ) from None
    except (duckdb.IOException, duckdb.InvalidInputException, duckdb.DataError) as e:
        said = str(e).splitlines()[0]
        raise FileProblem(
            path, None, f"it cannot be read to its end ({said})", "a whole file; export it again"
        ) from None
    finally:
        con.execute("SET preserve_insertion_order = false")
    split = staging / "rejects.parquet"
    rejected = f"SELECT line - 1 AS row, first(csv_line) AS data FROM {opened.rejects} GROUP BY line"
    con.execute(
        f"COPY ({rejected if opened.rejects else 'SELECT 1::BIGINT AS row, NULL::VARCHAR AS data WHERE false'}) "
        f"TO {literal(str(split))} (FORMAT parquet)"
    )
    if opened.rejects:
        con.execute(f"DROP TABLE {opened.rejects}")
        con.execute(f"DROP TABLE {opened.rejects}_scan")
    head = {
        "content": content,
        "file": path.name,
        "importer": importer.id,
        "table": made.table,
        "notes": made.notes,
    }
    _write_json(staging / "checked.json", head)


def _would_mix(lake: Lake, staging: Path) -> bool:
    """Whether rows that nobody made up would come to lie beside made-up ones: the two must never be in one lake."""
    checked = f"read_parquet({file(staging / 'checked.parquet')})"
    if not lake.sql(f"SELECT 1 FROM {checked} WHERE reason IS NULL AND simulated IS NOT TRUE LIMIT 1"):
        return False
    tables = ("all_events", "exposure", "unlock", "ad_impression")
    return any(lake.sql(f"SELECT 1 FROM {t} WHERE simulated LIMIT 1") for t in tables)


def _sort_out(lake: Lake, slug: str, staging: Path, key: str) -> dict[str, Any]:
    """Stage 2: what is taken, what is set aside and what was there already."""
    head = json.loads((staging / "checked.json").read_text("utf-8"))
    table = TABLES[head["table"]]
    for name in (table.name, "quarantine"):
        shutil.rmtree(staging / name, ignore_errors=True)
    con = lake.con()
    checked = f"read_parquet({file(staging / 'checked.parquet')}, file_row_number = true)"
    con.execute(f"CREATE OR REPLACE TEMP TABLE repeated AS {_repeated(lake, table.name, checked)}")
    repeated = int(con.execute("SELECT count(*) FROM repeated").fetchall()[0][0])
    where = "reason IS NULL" + (" AND file_row_number NOT IN (SELECT n FROM repeated)" if repeated else "")
    columns = ", ".join(identifier(c) for c in table.names)
    taken = lake.stage(table.name, f"SELECT {columns} FROM {checked} WHERE {where}", staging, prefix=key)
    clipped = int(con.execute(f"SELECT count(*) FROM {checked} WHERE clipped AND {where}").fetchall()[0][0])
    aside = f"""
      SELECT reason, row, CAST({identifier(str(table.time))} AS TIMESTAMP) AS "at", data FROM {checked} WHERE reason IS NOT NULL
      UNION ALL SELECT 'unreadable', row, CAST(NULL AS TIMESTAMP) AS "at", data
      FROM read_parquet({file(staging / "rejects.parquet")})"""
    if lake.has("quarantine"):
        # An export that grows brings its bad rows again.
        seen = "SELECT reason, data FROM quarantine"
        again = f"FROM ({aside}) a SEMI JOIN ({seen}) q ON a.reason = q.reason AND a.data = q.data"
        repeated += int(con.execute(f"SELECT count(*) {again}").fetchall()[0][0])
        aside = f"SELECT a.* {again.replace('SEMI', 'ANTI')}"
    counts = con.execute(f"SELECT reason, count(*) FROM ({aside}) GROUP BY reason").fetchall()
    quarantined = {str(reason): int(n) for reason, n in counts}
    if quarantined:
        lake.stage(
            "quarantine",
            f'SELECT reason, {literal(head["file"])} AS file, row, {literal(slug)} AS series_id, "at", '
            f"coalesce(data, '') AS data, {literal(key)} AS import_key FROM ({aside})",
            staging,
            prefix=key,
        )
    con.execute("DROP TABLE repeated")
    rows = taken + repeated + sum(quarantined.values())
    summary = {**head, "rows": rows, "taken": taken, "repeated": repeated, "clipped": clipped}
    summary["quarantined"] = {r: quarantined[r] for r in REASONS if r in quarantined}
    _write_json(staging / "ready.json", summary)
    return summary


def _repeated(lake: Lake, table: str, checked: str) -> str:
    """Rows `n` whose id stands in the file before, or in the lake.

    Ids are grouped by their 64-bit hash, which takes a third of the memory; only the few that share a
    hash are compared in full.
    """
    there = "all_events" if table == "events" else table
    lake_id = "event_id" if table == "events" else row_hash(TABLES[table])
    query = f"""
      SELECT file_row_number AS n FROM (
        SELECT file_row_number, row_number() OVER (PARTITION BY event_id ORDER BY row, file_row_number) AS k
        FROM {checked} WHERE reason IS NULL AND hash(event_id) IN (
          SELECT hash(event_id) FROM {checked} WHERE reason IS NULL GROUP BY 1 HAVING count(*) > 1))
      WHERE k > 1"""
    if lake.has(table):
        query += f"""
      UNION SELECT c.file_row_number FROM {checked} c
      SEMI JOIN (SELECT {lake_id} AS id FROM {there}) l ON c.event_id = l.id WHERE c.reason IS NULL"""
    return query


def _publish(project: Project, lake: Lake, staging: Path, key: str, summary: dict[str, Any]) -> None:
    """Stage 3: into the lake, by renaming. May be repeated."""
    for name in (summary["table"], "quarantine"):
        if (staging / name).is_dir():
            publish(staging / name, lake.root / name)
    project.store.put_step(STEP, key, key, summary)
    shutil.rmtree(staging, ignore_errors=True)


def _replace(project: Project, lake: Lake, content: str) -> None:
    """Take back what the same file gave with another mapping: a zone that is set right moves every row."""
    for key, record in project.store.steps(STEP).items():
        if record.key == key and record.summary.get("content") == content:
            for path in sorted(lake.root.glob(f"*/series=*/day=*/{key}-*.parquet")):
                path.unlink()
            project.store.put_step(STEP, key, "", {"replaced": True})
            lake.refresh()


def _finish_others(project: Project, lake: Lake) -> bool:
    """Publish what an import that was cut off had ready. Its file need not be there any more."""
    finished = False
    for ready in sorted((lake.root / ".staging").glob("import-*/ready.json")):
        if _would_mix(lake, ready.parent):
            continue  # made-up viewing came in between: it waits until that is gone
        key = ready.parent.name.removeprefix("import-")
        _publish(project, lake, ready.parent, key, json.loads(ready.read_text("utf-8")))
        finished = True
    if finished:
        lake.refresh()
    return finished


# --- inside ----------------------------------------------------------------------------------


def _candidates(con: Any, opened: Opened, mapping: Mapping | None) -> tuple[Importer, Candidates]:
    for importer in importers():
        if opened.path.suffix.lower() in importer.suffixes and importer.recognizes(opened, mapping):
            return importer, importer.candidates(con, opened, mapping)
    raise FileProblem(
        opened.path,
        None,
        f"no importer knows its columns ({', '.join(list(opened.columns)[:12])})",
        "the columns of docs/audience.md, Events, or a mapping file (--mapping)",
    )


def _known_episodes(con: Any, project: Project, mapping: Mapping | None, *, stated: bool) -> None:
    """The episodes with their lengths: the mapping's, the video's, the end of the last cue."""
    from smallscreen.engines.video import probe

    rows = []
    for episode in project.store.episodes():
        length = (mapping.durations if mapping else {}).get(episode.number)
        video = video_of(project, episode)
        if length is None and video is not None and not stated:
            try:
                length = probe(video).duration_ms
            except (FileProblem, UserError, EngineError):
                length = None
        rows.append((episode.number, length if length is not None else episode.duration_ms))
    con.execute(f"CREATE OR REPLACE TEMP TABLE {KNOWN} (episode INTEGER, duration_ms INTEGER)")
    if rows:
        con.executemany(f"INSERT INTO {KNOWN} VALUES (?, ?)", rows)


def _bots(project: Project, lake: Lake) -> dict[str, int]:
    key = fingerprint(_VERSION, sorted(r.key for r in project.store.steps(STEP).values()))
    done = project.store.step(BOTS, "")
    if done is not None and done.key == key and (lake.has("bot") or not lake.has_events):
        return {"bots": done.summary["bots"], "intervals": done.summary["intervals"]}
    found = {"bots": lake.mark_bots() if lake.has_events else 0, "intervals": 0}
    found["intervals"] = int(lake.sql("SELECT coalesce(sum(intervals), 0) FROM bot")[0][0])
    project.store.put_step(BOTS, "", key, found)
    return found


def _files(paths: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
        elif path.exists():
            found.append(path)
        else:
            raise UserError(f"There is no file {path}; give files or folders with viewing data.")
    if not found:
        raise UserError(
            f"There is no file of viewing data; give {', '.join(sorted(SUFFIXES))} files, or a folder of them."
        )
    return found


def _sweep(lake: Lake) -> None:
    """Remove what processes that were killed a day ago or more left in `.staging`."""
    for path in (lake.root / ".staging").glob("*"):
        if not path.name.startswith("import-") and path.stat().st_mtime < time.time() - _STALE_S:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def _write_json(path: Path, value: dict[str, Any]) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    os.replace(part, path)
