"""Day out of days on paper: people down, days across, the usual letters, totals at the right and below."""

from __future__ import annotations

from pathlib import Path

from smallscreen.engines.pdf import DIM, INK, RULE, Sheet, save
from smallscreen.production.model import CastMember
from smallscreen.production.papers import _dood, _say
from smallscreen.production.papers._flow import Flow
from smallscreen.production.papers._shoot import Column, Shoot
from smallscreen.production.papers.paper import Made, Paper, file_stem, one_file

NAME, TOTAL = 128.0, 30.0
FILLS = {"H": "#f0e3c4", "T": "#d5e3f0", "W": "#dcefd7"}
OFF = "#dedad2"
_ROW, _HEAD = 15.0, 30.0
_NARROWEST = 19.0  # three letters at 6 points
_SIZE = 6.5


class DayOutOfDaysPdf(Paper):
    """A4 across; a long shoot goes on over further pages, the totals on its last."""

    id = "dood"
    name = "Day out of days (.pdf)"
    description = "who starts, works, is held and finishes on which day, with totals"
    order = 40

    def write(self, shoot: Shoot, out: Path) -> list[Made]:
        w = shoot.words
        sheet = Sheet(f"{shoot.title} - {w('dood')}", w.language, landscape=True, margin=28)
        flow = Flow(sheet, f"{shoot.title} · {w('dood')}", _say.shoot_total(shoot))
        flow.paragraph(f"{w('dood_say')} {rule(shoot)}")
        for part, last in _parts(shoot, sheet.right - sheet.left):
            _table(flow, shoot, part, last)
        flow.finish(_say.made(shoot))
        path = out / (file_stem(shoot.material.slug, "day-out-of-days") + ".pdf")
        save([(sheet, path)], shoot.options.moment, shoot.alphabet)
        return one_file(path, "day out of days to print")


def rule(shoot: Shoot) -> str:
    """What a day of hold is paid, from the rules."""
    share = f"{shoot.material.rules.holding_share * 100:.0f} %"
    return shoot.words("hold_rule", share=share)


def totals(row: _dood.Row) -> tuple[int, int, int, int, int]:
    return row.work, row.hold, row.drop, row.travel, row.total


def fill_of(letter: str) -> str | None:
    """The fill of a letter's cell: work, hold, travel."""
    return FILLS["W"] if "W" in letter else FILLS.get(letter[:1])


def head_of(column: Column, shoot: Shoot) -> tuple[str, str]:
    """Two lines on a column: day of the shoot and date; a date without shooting has no number."""
    date = f"{column.date.month}/{column.date.day}" if column.date else ""
    return str(column.number) if column.number is not None else "", date


def label(member: CastMember) -> str:
    return f"{member.number}  {member.name}" if member.number > 0 else member.name


def _parts(shoot: Shoot, width: float) -> list[tuple[list[int], bool]]:
    """Columns' numbers by block: evenly over as many blocks as it takes."""
    many = len(shoot.columns)
    most = int((width - NAME - 5 * TOTAL) // _NARROWEST)
    blocks = -(-many // most)
    size = -(-many // blocks)
    cut = [list(range(i, min(i + size, many))) for i in range(0, many, size)]
    return [(part, part is cut[-1]) for part in cut]


def _table(flow: Flow, shoot: Shoot, part: list[int], last: bool) -> None:
    w, sheet = shoot.words, flow.sheet
    width = min(34.0, (sheet.right - sheet.left - NAME - 5 * TOTAL) / len(part))

    def head() -> None:
        sheet.text(sheet.left + 2, flow.y + 20, w("part"), 7, bold=True, color=DIM)
        for at, i in enumerate(part):
            x = sheet.left + NAME + at * width
            number, date = head_of(shoot.columns[i], shoot)
            sheet.text(x + width / 2, flow.y + 11, number, 7.5, bold=True, align="center")
            sheet.text(x + width / 2, flow.y + 21, date, 5.5, color=DIM, align="center")
        if last:
            for k, key in enumerate(("work", "hold", "drop", "travel", "total")):
                x = sheet.left + NAME + len(part) * width + k * TOTAL
                sheet.text(x + TOTAL / 2, flow.y + 20, w(key), 6.5, bold=True, color=DIM, align="center")
        flow.y += _HEAD - 4
        sheet.rule(flow.y, to=_end(sheet, part, width, last), color=INK)

    flow.y += 10
    flow.need(_HEAD + 4 * _ROW)
    head()
    for member in shoot.cast:
        before = len(sheet.pages)
        flow.need(_ROW)
        if len(sheet.pages) > before:
            head()
        row = shoot.letters[member.name]
        sheet.text(sheet.left + 2, flow.y + 10.5, label(member), 8, fit=NAME - 6)
        for at, i in enumerate(part):
            x, letter = sheet.left + NAME + at * width, row.letters[i]
            fill = OFF if shoot.columns[i].number is None and not letter else fill_of(letter)
            if fill:
                sheet.box(x, flow.y + 0.3, width, _ROW - 0.3, fill)
            sheet.text(x + width / 2, flow.y + 10.5, letter, _SIZE, bold=True, align="center")
        if last:
            _totals(flow, [str(n) if n else "" for n in totals(row)], part, width)
        flow.y += _ROW
        sheet.rule(flow.y, to=_end(sheet, part, width, last), color=RULE, thick=0.3)
    flow.need(_ROW)
    sheet.text(sheet.left + 2, flow.y + 10.5, w("working"), 7.5, bold=True, color=DIM)
    rows = [shoot.letters[m.name] for m in shoot.cast]
    for at, i in enumerate(part):
        count = _dood.working(rows, i)
        text = str(count) if shoot.columns[i].number is not None else ""
        sheet.text(sheet.left + NAME + (at + 0.5) * width, flow.y + 10.5, text, 7, align="center")
    if last:
        _totals(flow, [str(sum(t)) for t in zip(*(totals(r) for r in rows), strict=True)], part, width, True)
    flow.y += _ROW + 6


def _end(sheet: Sheet, part: list[int], width: float, last: bool) -> float:
    return sheet.left + NAME + len(part) * width + (5 * TOTAL if last else 0)


def _totals(flow: Flow, texts: list[str], part: list[int], width: float, bold: bool = False) -> None:
    for k, text in enumerate(texts):
        x = flow.sheet.left + NAME + len(part) * width + (k + 0.5) * TOTAL
        flow.sheet.text(x, flow.y + 10.5, text, 7.5, bold=bold or k == 4, align="center")
