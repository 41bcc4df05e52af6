"""The last line: the keys that do something here and now, the most important ones always."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from cachemgr.tui.theme import look

ALWAYS = 4
"""Hints that weigh as much or less are shortened before they are left out."""


@dataclass(frozen=True, slots=True)
class Hint:
    """A key, what it does, the command it stands for, and how much it matters (1 most)."""

    key: str
    title: str
    command: str
    weight: int
    short: str = ""
    """What is said instead where there is little room; empty for the same."""


class KeyBar(Widget):
    """Hints in their order. Where they do not fit, those that matter least are left out, never cut; what
    always has to be there is said in fewer words before it would have to go."""

    DEFAULT_CSS = "KeyBar { height: 1; background: $strip; }"

    class Pressed(Message):
        """A hint was clicked."""

        def __init__(self, command: str) -> None:
            self.command = command
            super().__init__()

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._hints: tuple[Hint, ...] = ()

    def show(self, hints: Sequence[Hint]) -> None:
        if tuple(hints) != self._hints:
            self._hints = tuple(hints)
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        at = 1
        for hint in self._shown():
            width = _width(hint)
            if at <= event.x < at + width:
                self.post_message(self.Pressed(hint.command))
                return
            at += width + 2

    def render_line(self, y: int) -> Strip:
        seen = look(self.app)
        made = [Segment(" ", seen.style("", "strip"))]
        for hint in self._shown():
            made.append(Segment(hint.key, seen.style("accent-ink bold", "strip")))
            made.append(Segment(f" {hint.title}  ", seen.style("muted", "strip")))
        return Strip(made).adjust_cell_length(self.size.width, seen.style("", "strip"))

    def _shown(self) -> list[Hint]:
        shown = list(self._hints)
        while shown and 1 + sum(_width(hint) + 2 for hint in shown) - 2 > self.size.width:
            last = max(shown, key=lambda hint: hint.weight)
            longer = [hint for hint in shown if hint.short not in ("", hint.title)]
            if last.weight > ALWAYS or not longer:
                shown.remove(last)
            else:
                wordy = max(longer, key=lambda hint: hint.weight)
                shown[shown.index(wordy)] = replace(wordy, title=wordy.short)
        return shown


def _width(hint: Hint) -> int:
    return cell_len(hint.key) + 1 + cell_len(hint.title)
