"""The keys of a screen, from the table of commands, and what the signs mean."""

from collections.abc import Iterable, Iterator
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget

from cachemgr.present.text import Tier, glyph, tier_word
from cachemgr.tui.commands import SHOWN, Command, Where, belonging, bindings
from cachemgr.tui.screens.view import View
from cachemgr.tui.session import Session
from cachemgr.tui.widgets.panel import Line, Lines

_KEYS = 16
_TITLE = 18


class HelpScreen(View):
    """Help about the screen below it."""

    WHERE = Where.HELP
    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings(Where.HELP)

    def __init__(self, session: Session, about: Where) -> None:
        super().__init__(session)
        self.about = about
        self.tab = about.value

    def body(self) -> Iterable[Widget]:
        yield VerticalScroll(Lines(), id="help-text")

    def draw(self) -> None:
        self.query_one(Lines).show_lines(list(self._lines()))

    def action_back(self) -> None:
        self.app.pop_screen()

    def _lines(self) -> Iterator[Line]:
        yield ((f"Help {self.look.glyphs.dot} {self.about.value.capitalize()}", "bold"),)
        yield ()
        yield from (self._command(command) for command in belonging(self.about))
        if self.about not in (Where.RUN, Where.HELP):
            yield self._pair(
                "↑ ↓ j k PgUp PgDn g G" if not self.look.glyphs.ascii else "arrows j k g G", "", "Move"
            )
        yield ()
        yield (("What deleting costs", "bold"),)
        for tier in Tier:
            sign = glyph(tier, ascii=self.look.glyphs.ascii)
            yield (f"{sign} ", tier.value), (tier_word(tier), "")
        glyphs = self.look.glyphs
        yield ()
        yield (
            ("Bars", "bold"),
            (
                f"   {glyphs.keep * 4} stays   {glyphs.frees * 4} would be freed   {glyphs.about} at most, some of it is shared",
                "muted",
            ),
        )
        yield (
            (
                "No key on a list destroys anything: d and u open a plan, and only x in a plan carries it out.",
                "muted",
            ),
        )

    def _command(self, command: Command) -> Line:
        keys = " ".join(SHOWN.get(key, key) for key in command.keys.split(","))
        return self._pair(keys, command.title, command.help)

    def _pair(self, keys: str, title: str, text: str) -> Line:
        return ((f"{keys:<{_KEYS}} ", "accent-ink bold"), (f"{title:<{_TITLE}} ", ""), (text, "muted"))
