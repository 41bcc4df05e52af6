"""A frame with a title around text that wraps. The text is never read as markup."""

import re
from collections.abc import Iterable, Iterator, Sequence

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from cachemgr.tui.theme import Span, look

Line = tuple[Span, ...]


def hanging(lines: Iterable[Line], width: int) -> Iterator[Line]:
    """Lines that fit, broken here: what follows a label in its first span stays beside it, and a path that is
    longer than the room is broken behind a `/`."""
    for line in lines:
        if len(line) < 2 or sum(cell_len(words) for words, _ in line) <= width:
            yield line
            continue
        indent = cell_len(line[0][0])
        row, used = [line[0]], 0
        room = max(width - indent, 8)
        for word, tone in _pieces(line[1:], room):
            if used and used + cell_len(word.rstrip()) > room:
                yield tuple(row)
                row, used = [(" " * indent, "")], 0
            row.append((word, tone))
            used += cell_len(word)
        yield tuple(row)


def _pieces(spans: Iterable[Span], room: int) -> Iterator[Span]:
    """Words with the blank behind them; of one that is too long its parts."""
    for words, tone in spans:
        for word in re.findall(r"\S+\s*|\s+", words):
            while cell_len(word.rstrip()) > room:
                cut = set_cell_size(word, room).rstrip()
                cut = cut[: cut.rfind("/") + 1] or cut
                yield cut, tone
                word = word[len(cut) :]
            yield word, tone


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
