"""The command palette: every command of the table that can be used now, by its name."""

from collections.abc import Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider

from cachemgr.tui.commands import available
from cachemgr.tui.screens.view import View
from cachemgr.tui.theme import THEMES


class CommandProvider(Provider):
    """Commands of the screen below the palette, then the colours."""

    async def discover(self) -> Hits:
        for name, help_text, action in self._offers():
            yield DiscoveryHit(name, partial(self.screen.run_action, action), help=help_text)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name, help_text, action in self._offers():
            if (score := matcher.match(name)) > 0:
                yield Hit(
                    score, matcher.highlight(name), partial(self.screen.run_action, action), help=help_text
                )

    def _offers(self) -> Iterator[tuple[str, str, str]]:
        if isinstance(self.screen, View):
            plain = self.screen.look.glyphs.ascii
            for command in available(self.screen.WHERE, self.screen.facts()):
                if command.name != "command_palette":
                    key = command.shown_keys(ascii_glyphs=plain)[0]
                    yield f"{command.title.rstrip('…')}  ({key})", command.help, command.action
        for theme in THEMES:
            yield f"Colours: {theme.name}", "Change the colours", f"app.colours({theme.name!r})"
