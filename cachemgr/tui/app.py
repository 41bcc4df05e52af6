"""The TUI's composition: modes, theme, the service. Everything that happens is elsewhere."""

import os
import platform
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import ClassVar

from textual.app import App, ScreenStackError, SystemCommand
from textual.binding import BindingType
from textual.command import CommandPalette
from textual.css.query import NoMatches
from textual.screen import Screen

from cachemgr.present.text import display_name
from cachemgr.service import CacheManager
from cachemgr.tui import terminal
from cachemgr.tui.commands import Where, bindings
from cachemgr.tui.palette import CommandProvider
from cachemgr.tui.relay import Relay
from cachemgr.tui.screens.explore import ExploreScreen
from cachemgr.tui.screens.findings import FindingsScreen
from cachemgr.tui.screens.help import HelpScreen
from cachemgr.tui.screens.history import HistoryScreen
from cachemgr.tui.screens.notice import Question, QuitScreen
from cachemgr.tui.screens.overview import OverviewScreen
from cachemgr.tui.screens.view import View
from cachemgr.tui.session import Session
from cachemgr.tui.theme import DEFAULTS, THEMES

_PULL = 0.1
"""Seconds between two looks at what the threads have found."""
_TICK = 1.0
"""Seconds after which "scanned 5 s ago" is another number."""


class CacheApp(App[None]):
    """The app over one service. Tests build it with a fixed host name."""

    CSS_PATH = "app.tcss"
    TITLE = "cachemgr"
    COMMANDS: ClassVar = {CommandProvider}
    BINDINGS: ClassVar[list[BindingType]] = bindings(Where.APP)

    def __init__(self, service: CacheManager, *, ascii_glyphs: bool = False, host: str = "") -> None:
        super().__init__()
        self.ascii_glyphs = ascii_glyphs
        self.set_class(ascii_glyphs, "ascii")
        self.session = Session(service, Relay(service), display_name(host))
        self._seen = -1
        self._failures_told = 0
        self._started_by = os.getppid()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = THEMES[0].name
        self._filters.append(terminal.Scrub())
        self.add_mode("overview", lambda: OverviewScreen(self.session))
        self.add_mode("explore", lambda: ExploreScreen(self.session))
        self.add_mode("findings", lambda: FindingsScreen(self.session))
        self.add_mode("history", lambda: HistoryScreen(self.session))

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return DEFAULTS

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """None of Textual's own: the palette lists what is in the table of commands."""
        return ()

    def on_mount(self) -> None:
        terminal.on_signals(self.stop)
        env = self.session.service.machine.env
        if env.get("SSH_CONNECTION") or env.get("SSH_TTY"):
            self.animation_level = "none"
        self.switch_mode("overview")
        self.session.relay.start_scan(self)
        self.set_interval(_PULL, self.pull)
        self.set_interval(_TICK, self.pass_time)
        self.set_interval(2.0, self._watch_parent)

    def pull(self) -> None:
        """Look whether a thread has found something, and draw it."""
        relay = self.session.relay
        self.session.conclude(self)
        if relay.revision == self._seen and relay.scanning is None:
            return
        try:
            screen = self.screen
        except ScreenStackError:
            return  # the app is being closed
        if relay.failed_scans != self._failures_told:
            self._failures_told = relay.failed_scans
            self.notify(relay.scan_error, severity="error", markup=False)
        self._seen = relay.revision
        self.session.forget_gone()
        if isinstance(screen, View):
            # A screen that is being taken apart has lost some of it already; mounting it drew it once.
            with suppress(NoMatches):
                screen.redraw()

    def pass_time(self) -> None:
        """Draw what only time has changed."""
        with suppress(ScreenStackError, NoMatches):
            if isinstance(self.screen, View):
                self.screen.pass_time()

    def stop(self, code: int) -> None:
        """End with an exit code: a step at work is finished, the screen is given back."""
        self.session.relay.stop_run()
        self.session.relay.stop_scan()
        self.exit(return_code=code)

    async def action_view(self, view: str) -> None:
        """Go to a view; a plan or a result on the way is left, which changes nothing."""
        if self.session.relay.busy:
            return
        while len(self.screen_stack) > 1:
            await self.pop_screen()
        if self.current_mode != view:
            await self.switch_mode(view)

    def action_colours(self, theme: str) -> None:
        self.theme = theme

    def action_command_palette(self) -> None:
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(CommandPalette(placeholder="Search for commands"))

    def action_help(self) -> None:
        if isinstance(self.screen, View) and not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.session, self.screen.WHERE))

    async def action_quit(self) -> None:
        if not self.session.relay.busy:
            if isinstance(self.screen, Question):
                self.screen.action_no()
            else:
                self.stop(0)
        elif not isinstance(self.screen, QuitScreen):
            self.push_screen(QuitScreen(), self._quit_if)

    def _fatal_error(self) -> None:
        """Textual would print a traceback with the values of all variables, names of files as they are among
        them. `run` raises what it was, and the program says what it says of every bug."""
        self._close_messages_no_wait()

    def _quit_if(self, agreed: bool | None) -> None:
        if agreed:
            self.stop(terminal.ENDINGS["SIGINT"])

    def _watch_parent(self) -> None:
        if terminal.parent_is_gone(self._started_by):
            self.stop(terminal.ENDINGS["SIGHUP"])


def run(service: CacheManager, *, ascii_glyphs: bool = False) -> int:
    """Show the app until it is left, and return the exit code. Without a terminal it refuses to start."""
    if not terminal.is_usable(service.machine.env.get("TERM", "")):
        sys.stderr.write("cachemgr: the app needs a terminal; `cachemgr status` prints the same figures\n")
        return 2
    app = CacheApp(service, ascii_glyphs=ascii_glyphs or not terminal.speaks_utf8(), host=platform.node())
    app.run()
    if app._exception is not None:
        raise app._exception
    return app.return_code or 0
