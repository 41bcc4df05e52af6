"""Small windows over a screen: something to read, and the question before leaving an execution."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button

from cachemgr.tui.theme import look
from cachemgr.tui.widgets.key_bar import Hint, KeyBar
from cachemgr.tui.widgets.panel import Line, Lines

Answer = TypeVar("Answer")
ARM_AFTER = 0.4
"""Seconds after it was painted that a dialog begins to listen to a yes: keys typed ahead do not count."""


class Window(ModalScreen[Answer]):
    """A framed window in the middle; what is below it stays readable."""

    CSS_PATH = "notice.tcss"

    def __init__(self, title: str, lines: Sequence[Line]) -> None:
        super().__init__()
        self._title = title
        self._lines = tuple(lines)

    @property
    def told(self) -> str:
        """What it says, unwrapped."""
        return "\n".join("".join(words for words, _ in line) for line in self._lines)

    def compose(self) -> ComposeResult:
        window = Vertical(id="window")
        window.border_title = Content.from_text(self._title, markup=False)
        with window:
            with VerticalScroll(id="text", can_focus=False):
                yield Lines()
            yield from self.extra()
            yield Horizontal(*self.buttons(), id="buttons")
        yield KeyBar()

    def hints(self) -> Iterable[Hint]:
        """The keys that do something in this window; those of the screen below it do not."""
        raise NotImplementedError

    def extra(self) -> Iterable[Widget]:
        return ()

    def buttons(self) -> Iterable[Button]:
        raise NotImplementedError

    def on_mount(self) -> None:
        self.set_class(look(self.app).glyphs.ascii, "ascii")
        self.query_one(Lines).show_lines(self._lines)
        self.show_keys()
        # Whether there is more than is shown is known only once it is laid out.
        self.watch(self.query_one("#text"), "virtual_size", self.show_keys, init=False)

    def on_resize(self, event: events.Resize) -> None:
        height = event.size.height
        self.set_class(height < _LOW, "small")
        around = (_AROUND_LOW if height < _LOW else _AROUND) + (2 if self.has_class("asking") else 0)
        self.query_one("#text").styles.max_height = max(min(height - around, _MOST), 1)
        self.call_after_refresh(self.show_keys)

    def show_keys(self) -> None:
        self.query_one(KeyBar).show(tuple(self.hints()))


_LOW = 20
"""Lines of a terminal that has none to spare."""
_AROUND = 10
"""Lines around the text: the frame and what is in it besides, the key bar, and some of what is below."""
_AROUND_LOW = 5
_MOST = 20


class NoticeScreen(Window[None]):
    """Something to read."""

    AUTO_FOCUS = "#close"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,i,c", "close", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("down,j", "scroll(1)", show=False),
        Binding("pageup", "scroll(-10)", show=False),
        Binding("pagedown", "scroll(10)", show=False),
    ]

    def buttons(self) -> Iterable[Button]:
        yield button("esc Close", "close")

    @on(Button.Pressed)
    def action_close(self) -> None:
        self.dismiss()

    def hints(self) -> Iterable[Hint]:
        if self.query_one("#text", VerticalScroll).max_scroll_y > 0:
            glyphs = look(self.app).glyphs
            yield Hint("PgDn" if glyphs.ascii else f"{glyphs.up}{glyphs.down} PgDn", "More", "scroll", 2)
        yield Hint("esc", "Close", "close", 1)

    @on(KeyBar.Pressed)
    def _click(self, event: KeyBar.Pressed) -> None:
        if event.command == "close":
            self.dismiss()

    def action_scroll(self, lines: int) -> None:
        self.query_one("#text", VerticalScroll).scroll_relative(y=lines, animate=False)


class Question(Window[bool]):
    """A yes or no. No has the focus; a yes counts only after the window could be read."""

    AUTO_FOCUS = "#no"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n,q", "no", show=False),
        Binding("y", "yes", show=False),
        Binding("left,right,tab,shift+tab", "other", show=False, priority=True),
    ]
    armed = False

    def __init__(self, title: str, lines: Sequence[Line], *, yes: str, no: str = "Cancel") -> None:
        super().__init__(title, lines)
        self._yes = yes
        self._no = no

    def buttons(self) -> Iterable[Button]:
        yield button(f"esc {self._no}", "no")
        yield button(f"y {self._yes}", "yes", disabled=True)

    def hints(self) -> Iterable[Hint]:
        yield Hint("esc", self._no, "no", 1)
        if self.armed:
            yield Hint("y", self._yes, "yes", 2)

    @on(KeyBar.Pressed)
    def _click(self, event: KeyBar.Pressed) -> None:
        # A click on the lowest line is a no, but never a yes: that has a button.
        if event.command == "no":
            self.dismiss(False)

    def on_mount(self) -> None:
        self.call_after_refresh(self.set_timer, ARM_AFTER, self.arm)

    def arm(self) -> None:
        self.armed = True
        self.query_one("#yes", Button).disabled = False
        self.show_keys()

    @on(Button.Pressed, "#no")
    def action_no(self) -> None:
        self.dismiss(False)

    @on(Button.Pressed, "#yes")
    def action_yes(self) -> None:
        if self.armed:
            self.dismiss(True)

    def action_other(self) -> None:
        self.focus_next()


class QuitScreen(Question):
    """Leaving while something is being executed."""

    def __init__(self) -> None:
        super().__init__(
            "Still executing",
            [
                (("Stop after this step and quit?", "bold"),),
                (),
                (("Finished steps stay finished; the rest stays untouched.", "muted"),),
            ],
            yes="Stop and quit",
            no="Keep running",
        )


def button(label: str, name: str, *, disabled: bool = False) -> Button:
    return Button(Content.from_text(label, markup=False), id=name, disabled=disabled, compact=True)
