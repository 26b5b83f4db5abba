"""Tables that flow over the pages of a `Sheet`, with heads repeated and a foot on every page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from smallscreen.engines.pdf import DIM, INK, RULE, Sheet

DARK = "#2c2a27"
PALE = "#ece8df"
STRIP_RULE = "#8f897e"
_PAD = 4.0


@dataclass(frozen=True, slots=True)
class Column:
    """`width` in points, or 0 for what is left over (shared by all such columns). `lines`: most of a cell."""

    title: str
    width: float
    align: str = "left"
    lines: int = 3
    bold: bool = False


class Flow:
    """Where the next thing stands. `head` draws what stands on top of every page and moves `y` below it."""

    def __init__(self, sheet: Sheet, title: str, detail: str) -> None:
        self.sheet, self.title, self.detail = sheet, title, detail
        self.y = sheet.top
        self._again: Callable[[], None] | None = None
        self.new_page()

    def new_page(self) -> None:
        sheet = self.sheet
        sheet.page()
        self.y = sheet.top + 8
        wide = sheet.text(
            sheet.left, self.y, self.title, 11, bold=True, fit=(sheet.right - sheet.left) * 0.62
        )
        room = sheet.right - sheet.left - wide - 16
        sheet.text(sheet.right, self.y, self.detail, 8, color=DIM, align="right", fit=room)
        sheet.rule(self.y + 6, color=INK, thick=1)
        self.y += 18
        if self._again:
            self._again()

    def need(self, height: float) -> None:
        """Begin a page where so many points are not left on this one."""
        if self.y + height > self.sheet.bottom - 14:
            self.new_page()

    def widths(self, columns: Sequence[Column]) -> list[float]:
        free = self.sheet.right - self.sheet.left - sum(c.width for c in columns)
        open_ = sum(c.width == 0 for c in columns)
        return [c.width or free / open_ for c in columns]

    def head(self, columns: Sequence[Column], repeat: bool = True) -> None:
        """The columns' titles, again on every following page until another head or `no_head`."""

        def draw() -> None:
            x = self.sheet.left
            for column, width in zip(columns, self.widths(columns), strict=True):
                self._cell(column, x, width, self.y, [column.title], 7, True, DIM)
                x += width
            self.y += 5
            self.sheet.rule(self.y)
            self.y += 1

        self.need(40)
        draw()
        self._again = draw if repeat else None

    def no_head(self) -> None:
        self._again = None

    def row(
        self,
        columns: Sequence[Column],
        cells: Sequence[str],
        *,
        fill: str | None = None,
        size: float = 8,
        least: float = 0,
        under: tuple[int, str] | None = None,
        keep: float = 0,
    ) -> None:
        """A row as high as its highest cell; `under`: a column's number and a smaller text below its cell.

        `keep`: so many points must be left below it on the page, so that a line that belongs to it follows.
        """
        widths = self.widths(columns)
        sheet, step = self.sheet, self.sheet.step(size)
        lines = [
            sheet.wrap(text, width - 2 * _PAD, size, c.bold, c.lines)
            for c, width, text in zip(columns, widths, cells, strict=True)
        ]
        small = size - 1
        more: list[str] = []
        if under and under[1]:
            more = sheet.wrap(under[1], widths[under[0]] - 2 * _PAD, small, most=3)
        tall = [len(x) * step for x in lines]
        if under:
            tall[under[0]] += len(more) * sheet.step(small)
        height = max([least, *(t + 5 for t in tall)])
        self.need(height + keep)
        if fill:
            sheet.box(sheet.left, self.y + 0.4, sheet.right - sheet.left, height - 0.4, fill)
        x = sheet.left
        for number, (column, width, texts) in enumerate(zip(columns, widths, lines, strict=True)):
            after = self._cell(column, x, width, self.y + size + 2, texts, size, column.bold, INK)
            if under and under[0] == number:
                self._cell(
                    column, x, width, after - (step - sheet.step(small)), more, small, False, "#4a463f"
                )
            x += width
        self.y += height
        sheet.rule(self.y, color=STRIP_RULE if fill else RULE, thick=0.6)

    def bar(
        self, left: str, right: str = "", *, fill: str = DARK, color: str = "#ffffff", size: float = 8.5
    ) -> None:
        """A band over the whole width: a day, an end of a day, a move."""
        sheet, height = self.sheet, size + 7
        self.need(height)
        sheet.box(sheet.left, self.y, sheet.right - sheet.left, height, fill)
        small, base = size - 0.5, self.y + size + 1.5
        room = sheet.right - sheet.left - sheet.measure(right, small) - 5 * _PAD
        sheet.text(sheet.left + _PAD, base, left, size, bold=True, color=color, fit=room)
        sheet.text(sheet.right - _PAD, base, right, small, color=color, align="right")
        self.y += height

    def heading(self, text: str, keep: float = 50) -> None:
        self.need(20 + keep)
        self.y += 18
        self.sheet.text(self.sheet.left, self.y, text, 9.5, bold=True)
        self.y += 4

    def paragraph(self, text: str, size: float = 8, color: str = DIM) -> None:
        lines = self.sheet.wrap(text, self.sheet.right - self.sheet.left, size)
        self.need(len(lines) * self.sheet.step(size) + 6)
        self.y = self.sheet.lines(self.sheet.left, self.y + size + 4, lines, size, color=color) - size + 2

    def blank(self, label: str, x: float, width: float) -> None:
        """A label with a line to write on; `y` stays."""
        sheet = self.sheet
        wide = sheet.text(x, self.y, label, 8, color=DIM)
        sheet.rule(self.y + 2, x + wide + 6, x + width, RULE, 0.6)

    def finish(self, foot: str) -> None:
        """The foot of every page, when their number is known."""
        total = len(self.sheet.pages)
        for number in range(total):
            page = self.sheet.pages[number]
            self.sheet.pages.append(page)  # the sheet draws on its last page
            self.sheet.text(self.sheet.left, self.sheet.bottom + 6, foot, 7, color=DIM)
            where = f"{number + 1} / {total}"
            self.sheet.text(self.sheet.right, self.sheet.bottom + 6, where, 7, color=DIM, align="right")
            self.sheet.pages.pop()

    def _cell(
        self,
        column: Column,
        x: float,
        width: float,
        y: float,
        lines: Sequence[str],
        size: float,
        bold: bool,
        color: str,
    ) -> float:
        at = {"left": x + _PAD, "center": x + width / 2, "right": x + width - _PAD}[column.align]
        for line in lines:
            self.sheet.text(at, y, line, size, bold=bold, color=color, align=column.align)
            y += self.sheet.step(size)
        return y
