"""A frame with a title around text that wraps. The text is never read as markup."""

from collections.abc import Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from cachemgr.tui.theme import Span, look

Line = tuple[Span, ...]


class Lines(Static):
    """Lines of spans, each wrapped on its own."""

    DEFAULT_CSS = "Lines { height: auto; width: 1fr; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes, markup=False)
        self._shown: tuple[object, ...] = ()

    def show_lines(self, lines: Sequence[Line]) -> None:
        seen = look(self.app)
        if self._shown != (key := (tuple(lines), id(seen))):
            self._shown = key
            text = Text("\n").join(seen.text(*line) for line in lines)
            self.update(text)


class Panel(VerticalScroll, can_focus=False):
    """A frame that says what is in it."""

    DEFAULT_CSS = """
    Panel {
        border: round $edge;
        border-title-color: $ink;
        background: $page;
        padding: 0 1;
        height: auto;
        scrollbar-size-vertical: 1;
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._lines = Lines()

    def compose(self) -> ComposeResult:
        yield self._lines

    def show_lines(self, lines: Sequence[Line], *, title: str = "", foot: str = "") -> None:
        """Replace title and text. All of it is displayable already."""
        if title and str(self.border_title) != title:
            self.border_title = Content(title)
        self.border_subtitle = Content(foot) if foot else None
        self._lines.show_lines(lines)
