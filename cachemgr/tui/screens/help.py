"""The keys of a screen, from the table of commands, and what the signs mean."""

from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget

from cachemgr.present.text import Tier, glyph, tier_word
from cachemgr.tui.commands import Where, belonging, bindings
from cachemgr.tui.screens.view import View
from cachemgr.tui.session import Session
from cachemgr.tui.widgets.panel import Line, Lines

_KEYS = 18
_TITLE = 23


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
        glyphs = self.look.glyphs
        yield ((f"Help {glyphs.dot} {self.about.value.capitalize()}", "bold"),)
        yield ()
        for command in belonging(self.about):
            keys = " ".join(command.shown_keys(ascii_glyphs=glyphs.ascii))
            yield from self._row(keys, command.title, command.help)
        if self.about not in (Where.RUN, Where.HELP):
            yield from self._row("arrows j k", "Move", "PgUp and PgDn a page, g and G to the ends")
        yield ()
        yield (("What deleting costs", "bold"),)
        for tier in Tier:
            yield (f"{glyph(tier, ascii=glyphs.ascii)} ", tier.value), (tier_word(tier), "")
        yield ()
        yield (
            (glyphs.keep * 4, "muted"),
            (" stays  ", ""),
            (glyphs.frees * 4, "downloads"),
            (f" would be freed  {glyphs.about} at most, a part of it is shared", ""),
        )
        yield (
            ("No key on a list destroys: d and u open a plan, and only x in a plan carries it out.", "muted"),
        )

    def _row(self, keys: str, title: str, text: str) -> Iterator[Line]:
        room = max(self.app.size.width - _KEYS - _TITLE - 6, 16)
        for number, part in enumerate(wrap(text, room) or [""]):
            first = number == 0
            yield (
                (f"{keys if first else '':<{_KEYS}}", "accent-ink bold"),
                (f"{title if first else '':<{_TITLE}}", ""),
                (part, "muted"),
            )
