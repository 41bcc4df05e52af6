"""The first line: the name, the views with their numbers, and what is going on."""

from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from cachemgr.tui.theme import Span, look

_SHORT = 4
"""Letters of a view's name on a narrow terminal."""


@dataclass(frozen=True, slots=True)
class Tab:
    """A view: its key, its name, whether it is the present one, and a badge."""

    key: str
    view: str
    title: str
    here: bool = False
    badge: str = ""


class TopBar(Widget):
    """Tabs from the left, one phrase at the right when there is room for it."""

    DEFAULT_CSS = "TopBar { height: 1; background: $strip; }"

    class Picked(Message):
        """A tab was clicked."""

        def __init__(self, view: str) -> None:
            self.view = view
            super().__init__()

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._tabs: tuple[Tab, ...] = ()
        self._right: tuple[Span, ...] = ()

    def show(self, tabs: tuple[Tab, ...], right: tuple[Span, ...]) -> None:
        if (tabs, right) != (self._tabs, self._right):
            self._tabs, self._right = tabs, right
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        at = 0
        for text, _, view in self._spans(self._short()):
            at += cell_len(text)
            if event.x < at:
                if view:
                    self.post_message(self.Picked(view))
                return

    def render_line(self, y: int) -> Strip:
        seen = look(self.app)
        width = self.size.width
        made = [
            Segment(text, seen.style(tone, "brand" if tone == "brand-ink bold" else "strip"))
            for text, tone, _ in self._spans(self._short())
        ]
        used = sum(cell_len(segment.text) for segment in made)
        right = [Segment(text, seen.style(tone, "strip")) for text, tone in self._fitting(width - used - 2)]
        gap = width - used - sum(cell_len(segment.text) for segment in right) - 1
        strip = Strip([*made, Segment(" " * max(gap, 0), seen.style("", "strip")), *right])
        return strip.adjust_cell_length(width, seen.style("", "strip"))

    def _fitting(self, room: int) -> tuple[Span, ...]:
        """As much of the right phrase as there is room for; its last span matters most."""
        for start in range(len(self._right)):
            if sum(cell_len(text) for text, _ in self._right[start:]) <= room:
                return self._right[start:]
        return ()

    def _short(self) -> bool:
        whole = sum(cell_len(text) for text, _, _ in self._spans(False))
        return whole > self.size.width

    def _spans(self, short: bool) -> list[tuple[str, str, str]]:
        """Text, tone and the view that a click on it opens."""
        made = [(" cachemgr ", "brand-ink bold", ""), (" ", "", "")]
        for tab in self._tabs:
            title = tab.title[:_SHORT] if short else tab.title
            made.append((f" {tab.key} ", "accent-ink", tab.view))
            made.append((title, "bold underline" if tab.here else "muted", tab.view))
            if tab.badge:
                made.append((f" {tab.badge}", "legacy", tab.view))
            made.append((" ", "", ""))
        return made
