"""What every screen has: the top bar, a status line, the key bar, and commands from the one table."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget

from cachemgr.domain.terms import Severity
from cachemgr.present.text import age, count
from cachemgr.tui.commands import Fact, Where, allowed, available, hints
from cachemgr.tui.session import Session
from cachemgr.tui.theme import Look, Span, look
from cachemgr.tui.widgets.key_bar import Hint, KeyBar
from cachemgr.tui.widgets.plain_scrollbar import use_plain_scrollbars
from cachemgr.tui.widgets.split_lines import Split, SplitLines
from cachemgr.tui.widgets.top_bar import Tab, TopBar

_TABS = (("1", "overview", "Overview"), ("2", "explore", "Explore"), ("3", "findings", "Findings"),
         ("4", "history", "History"))  # fmt: skip


class View(Screen[None]):
    """A screen on the session. It draws what is known now, as often as it is told to."""

    WHERE: ClassVar[Where]
    tab = ""
    """The view whose tab is lit."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._ready = False

    def compose(self) -> ComposeResult:
        yield TopBar()
        yield from self.body()
        yield SplitLines(id="status")
        yield KeyBar()

    def body(self) -> Iterable[Widget]:
        """What stands between the top bar and the status line."""
        raise NotImplementedError

    def draw(self) -> None:
        """Show what is known now."""
        raise NotImplementedError

    def status(self) -> Split:
        """One line about what is under the cursor, or what is marked."""
        return Split()

    def status_lines(self) -> tuple[Split, ...]:
        """The same, in as many lines as it needs where it has to be read as a whole."""
        return (self.status(),)

    def facts(self) -> set[Fact]:
        """What holds here and now; the commands' needs are measured against it."""
        made = {Fact.IDLE} if not self.session.relay.busy else {Fact.BUSY}
        if not self.session.service.read_only:
            made.add(Fact.WRITABLE)
        return made

    @property
    def can_draw(self) -> bool:
        """Everything in it is there: a timer can come before it was mounted, a message after it was left."""
        return self._ready and self.is_current

    @property
    def look(self) -> Look:
        return look(self.app)

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self.redraw())
        if self.look.glyphs.ascii:
            self.add_class("ascii")
            use_plain_scrollbars(self)
        self._ready = True
        self.redraw()

    def on_screen_resume(self) -> None:
        self.redraw()

    def redraw(self) -> None:
        """Draw the screen and what surrounds it. Cheap when nothing has changed."""
        if self.can_draw:
            self.draw()
            self.query_one(TopBar).show(self._tabs(), self._news())
            self.refresh_chrome()

    def pass_time(self) -> None:
        """Show again what changes by itself: how long ago something was."""
        if self.can_draw:
            self.query_one(TopBar).show(self._tabs(), self._news())

    def refresh_chrome(self) -> None:
        """The status line and the keys, which follow the cursor."""
        if not self.can_draw:
            return
        lines, status = self.status_lines(), self.query_one("#status", SplitLines)
        status.show_lines(*lines)
        if status.styles.height is None or status.styles.height.value != len(lines):
            status.styles.height = len(lines)
        self.query_one(KeyBar).show(self.keys())
        self.refresh_bindings()

    def keys(self) -> Sequence[Hint]:
        """What the key bar offers here and now."""
        return hints(available(self.WHERE, self.facts()), ascii_glyphs=self.look.glyphs.ascii)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return allowed(action, self.WHERE, self.facts())

    @on(TopBar.Picked)
    async def _pick_view(self, event: TopBar.Picked) -> None:
        if not self.session.relay.busy:
            await self.run_action(f"app.view({event.view!r})")

    @on(KeyBar.Pressed)
    async def _press(self, event: KeyBar.Pressed) -> None:
        for command in available(self.WHERE, self.facts()):
            if command.id == event.command:
                await self.run_action(command.action)
                return

    def _tabs(self) -> tuple[Tab, ...]:
        findings = self.session.inventory.findings if self.session.inventory else ()
        found = sum(finding.severity is not Severity.INFO for finding in findings)
        badge = f"{self.look.glyphs.warn}{found}" if found else ""
        return tuple(
            Tab(key, view, title, view == self.tab, badge if view == "findings" else "")
            for key, view, title in _TABS
        )

    def _news(self) -> tuple[Span, ...]:
        """The right end of the top bar: where we are, and how fresh the figures are."""
        relay, dot = self.session.relay, self.look.glyphs.dot
        made: list[Span] = []
        if self.session.host:
            made.append((f"{self.session.host} {dot} ", "dim"))
        if self.session.service.read_only:
            made.append((f"READ ONLY {dot} ", "accent-ink bold"))
        if (progress := relay.scanning) is not None:
            made.append((f"scanning {count(progress.gauge.files)} files", "accent-ink"))
        elif relay.scan_error:
            made.append(("the scan failed", "danger"))
        elif relay.scanned is not None:
            scanned = age(relay.scanned.inventory.scanned_at, self.session.now)
            made.append((f"scanned {scanned} ago", "dim"))
        return tuple(made)
