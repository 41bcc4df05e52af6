"""The keys of a screen, from the table of commands, and what the signs mean."""

from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget

from cachemgr.present.text import Tier, counted, glyph, tier_word
from cachemgr.tui.commands import Where, belonging, bindings
from cachemgr.tui.screens.view import View
from cachemgr.tui.session import Session
from cachemgr.tui.widgets.panel import Line, Lines
from cachemgr.tui.widgets.split_lines import Split

_NARROW = 80
"""Columns of a terminal where each command is told in few words, with its first key alone."""


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
        self.text = VerticalScroll(Lines(), id="help-text")
        yield self.text

    def on_mount(self) -> None:
        self.watch(self.text, "scroll_y", self.refresh_chrome, init=False)
        self.watch(self.text, "virtual_size", self.refresh_chrome, init=False)

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.height < 20, "small")
        self.redraw()

    def draw(self) -> None:
        self.query_one(Lines).show_lines(list(self._lines()))

    def status(self) -> Split:
        """Whether there is more than is shown."""
        left = round(self.text.max_scroll_y - self.text.scroll_y)
        glyphs = self.look.glyphs
        keys = "PgDn" if glyphs.ascii else f"{glyphs.down} PgDn"
        return (
            Split(((f"{counted(left, 'more line')} below: {keys}", "accent-ink"),)) if left > 0 else Split()
        )

    def action_back(self) -> None:
        self.app.pop_screen()

    def _lines(self) -> Iterator[Line]:
        glyphs = self.look.glyphs
        yield ((f"Help {glyphs.dot} {self.about.value.capitalize()}", "bold"),)
        yield ()
        narrow = self.app.size.width < _NARROW
        rows = [
            (
                " ".join(command.shown_keys(ascii_glyphs=glyphs.ascii)[: 1 if narrow else None]),
                (narrow and command.short) or command.shown_title(ascii_glyphs=glyphs.ascii),
                command.help,
            )
            for command in belonging(self.about)
        ]
        rows.append(("arrows j k", "Move", "PgUp and PgDn a page, g and G to the ends"))
        yield from self._table(rows)
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

    def _table(self, rows: Sequence[tuple[str, str, str]]) -> Iterator[Line]:
        wide = max(len(keys) for keys, _, _ in rows) + 2
        title_wide = max(len(title) for _, title, _ in rows) + 2
        room = max(self.app.size.width - wide - title_wide - 6, 16)
        for keys, title, text in rows:
            for number, part in enumerate(wrap(text, room)):
                yield (
                    (f"{'' if number else keys:<{wide}}", "accent-ink bold"),
                    (f"{'' if number else title:<{title_wide}}", ""),
                    (part, "muted"),
                )
