"""Lines with a left and a right part; the left one gives way."""

from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from cachemgr.tui.theme import Span, look
from cachemgr.tui.widgets.cells import Words, segments


@dataclass(frozen=True, slots=True)
class Split:
    """One line. Texts are displayable."""

    left: tuple[Span, ...] = ()
    right: tuple[Span, ...] = ()
    shrink: int = -1
    """The span of the left part that loses its middle when there is no room."""


class SplitLines(Widget):
    """As many lines as it is given."""

    DEFAULT_CSS = "SplitLines { height: 1; background: $page; }"

    class Clicked(Message):
        """A line was clicked."""

        def __init__(self, widget: "SplitLines", line: int) -> None:
            self.widget = widget
            self.line = line
            super().__init__()

        @property
        def control(self) -> "SplitLines":
            return self.widget

    def __init__(self, *, id: str | None = None, ground: str = "page") -> None:  # noqa: A002
        super().__init__(id=id)
        self._lines: tuple[Split, ...] = ()
        self._ground = ground

    def show_lines(self, *lines: Split) -> None:
        if lines != self._lines:
            self._lines = lines
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        if event.y < len(self._lines):
            self.post_message(self.Clicked(self, event.y))

    def render_line(self, y: int) -> Strip:
        seen, width = look(self.app), self.size.width
        line = self._lines[y] if y < len(self._lines) else Split()
        right = [Segment(text, seen.style(tone, self._ground)) for text, tone in line.right]
        room = width - sum(cell_len(segment.text) for segment in right)
        if line.right and room < 12:
            right, room = [], width
        gap = 2 if right and line.left else 0
        shrink = line.shrink % len(line.left) if line.left else 0
        cell = Words(line.left or (("", ""),), shrink)
        left = segments(cell, max(room - gap, 0), seen, self._ground, right=False, lift=False)
        return Strip([*left, Segment(" " * gap, seen.style("", self._ground)), *right]).adjust_cell_length(
            width, seen.style("", self._ground)
        )
