"""One table for every long list: it draws the lines that are on the screen and nothing else.

A hundred thousand rows cost a sequence of keys; a row is drawn when its line is. The cursor is kept by
key, so a list that is sorted anew does not move under the hand.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from cachemgr.tui.theme import Look, look
from cachemgr.tui.widgets.cells import Cell, segments, words
from cachemgr.tui.widgets.columns import GAP, Column, place


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one line, one for each column, and how much of it is marked."""

    cells: tuple[Cell, ...]
    mark: str = ""
    """`all`, `part`, or nothing."""


class FastTable(ScrollView, can_focus=True):
    """Keys in order, and a function that draws one of them."""

    DEFAULT_CSS = """
    FastTable {
        background: $sheet;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        height: 1fr;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home,g", "edge(0)", show=False),
        Binding("end,G", "edge(1)", show=False),
    ]

    class Moved(Message):
        """The cursor stands on another row."""

        def __init__(self, table: "FastTable", key: str) -> None:
            self.table = table
            self.key = key
            super().__init__()

        @property
        def control(self) -> "FastTable":
            return self.table

    class Opened(Message):
        """A row was clicked twice."""

        def __init__(self, table: "FastTable", key: str) -> None:
            self.table = table
            self.key = key
            super().__init__()

        @property
        def control(self) -> "FastTable":
            return self.table

    def __init__(self, columns: Sequence[Column], *, marks: bool = False, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.columns = tuple(columns)
        self.keys: Sequence[str] = ()
        self.cursor = 0
        self.empty = ""
        """What is said when there are no rows."""
        self.steered = False
        """Somebody has moved the cursor: from then on it is kept by key."""
        self._lead = 3 if marks else 1
        self._draw: Callable[[str], Row] = lambda _key: Row(())

    @property
    def key(self) -> str | None:
        """The row under the cursor."""
        return self.keys[self.cursor] if 0 <= self.cursor < len(self.keys) else None

    def show_rows(self, keys: Sequence[str], draw: Callable[[str], Row], *, empty: str = "") -> None:
        """Replace the rows. A cursor that was moved stays on its key; where that is gone, on its line."""
        before = self.key if self.steered else None
        self.keys, self._draw, self.empty = keys, draw, empty
        if before is not None and before != self.key:
            try:
                self.cursor = keys.index(before)
            except ValueError:
                self.cursor = min(self.cursor, max(len(keys) - 1, 0))
        self.cursor = min(self.cursor, max(len(keys) - 1, 0))
        self.virtual_size = Size(0, len(keys) + 1)
        self._reveal()
        self.refresh()

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Other columns; the rows are drawn by the same function, which must fit them."""
        if self.columns != tuple(columns):
            self.columns = tuple(columns)
            self.refresh()

    def move_to(self, key: str) -> None:
        """Put the cursor on a row, if it is there."""
        if key in self.keys:
            self._go(self.keys.index(key))

    def action_move(self, lines: int) -> None:
        self._go(self.cursor + lines)

    def action_page(self, pages: int) -> None:
        self._go(self.cursor + pages * max(self.size.height - 2, 1))

    def action_edge(self, last: int) -> None:
        self._go(len(self.keys) - 1 if last else 0)

    def on_click(self, event: events.Click) -> None:
        row = self.scroll_offset.y + event.get_content_offset_capture(self).y - 1
        if event.y >= 1 and 0 <= row < len(self.keys):
            self._go(row)
            if event.chain == 2:
                self.post_message(self.Opened(self, self.keys[row]))

    def on_resize(self) -> None:
        self._reveal()

    def on_focus(self) -> None:
        self.refresh_line(self.cursor + 1)

    def on_blur(self) -> None:
        self.refresh_line(self.cursor + 1)

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        seen = look(self.app)
        if y == 0:
            return self._header(width, seen)
        row = self.scroll_offset.y + y - 1
        if row < len(self.keys):
            return self._line(row, width, seen)
        empty = words("   " + self.empty if y == 2 and not self.keys else "", "muted")
        return Strip(segments(empty, width, seen, "sheet", right=False, lift=False), width)

    def _go(self, row: int) -> None:
        row = min(max(row, 0), len(self.keys) - 1)
        self.steered = True
        if row < 0 or row == self.cursor:
            return
        before, self.cursor = self.cursor, row
        # Only the two lines that change: a whole page costs a slow line ten times as many bytes.
        self.refresh_line(before + 1)
        self.refresh_line(row + 1)
        self._reveal()
        self.post_message(self.Moved(self, self.keys[row]))

    def _reveal(self) -> None:
        """Scroll so that the cursor can be seen below the header."""
        page = self.size.height - 1
        if page < 1:
            return
        top = self.scroll_offset.y
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False)
        elif self.cursor >= top + page:
            self.scroll_to(y=self.cursor - page + 1, animate=False)

    def _header(self, width: int, seen: Look) -> Strip:
        made = [Segment(" " * self._lead, seen.style("", "sheet"))]
        for placed in place(self.columns, width - self._lead):
            title = words(placed.column.title, "dim")
            made += segments(title, placed.width, seen, "sheet", right=placed.column.right, lift=False)
            made.append(Segment(" " * GAP, seen.style("", "sheet")))
        return Strip(made).adjust_cell_length(width, seen.style("", "sheet"))

    def _line(self, row: int, width: int, seen: Look) -> Strip:
        drawn = self._draw(self.keys[row])
        here = row == self.cursor
        near = here and self.has_focus
        ground = "cursor" if near else "cursor-far" if here else "marked" if drawn.mark else "sheet"
        made = self._start(drawn, seen, ground, here=here, near=near)
        for placed in place(self.columns, width - self._lead):
            cell = drawn.cells[placed.position]
            made += segments(cell, placed.width, seen, ground, right=placed.column.right, lift=near)
            made.append(Segment(" " * GAP, seen.style("", ground)))
        return Strip(made).adjust_cell_length(width, seen.style("", ground))

    def _start(self, drawn: Row, seen: Look, ground: str, *, here: bool, near: bool) -> list[Segment]:
        glyphs = seen.glyphs
        bar = glyphs.cursor if near else glyphs.cursor_far if here else " "
        made = [Segment(bar, seen.style("brand", ground))]
        if self._lead > 1:
            mark = {"all": glyphs.mark, "part": glyphs.part}.get(drawn.mark, " ")
            made.append(Segment(f"{mark} ", seen.style("accent-ink bold", ground)))
        return made
