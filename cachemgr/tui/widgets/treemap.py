"""Where the space went, at a glance: a tile for each cache, as large as its share."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from cachemgr.tui.theme import Look, look
from cachemgr.tui.widgets.cells import head
from cachemgr.tui.widgets.squarify import Box, squarify

_ROOM_FOR_GLYPH = 9
"""Narrower tiles show their name alone."""
_LEAST = 5
"""Columns for the beginning of a name; where there are fewer, the glyph stands for it."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One share. Texts are displayable."""

    key: str
    weight: int
    tone: str
    """A tier's name: its ink, and its ground as `tile-…`."""
    glyph: str
    label: str
    lines: tuple[tuple[str, ...], ...] = ()
    """Lines below the label, each with shorter forms of itself."""


class Treemap(Widget):
    """Tiles with the largest first. The active one is lit up."""

    DEFAULT_CSS = "Treemap { background: $page; height: 8; }"

    class Picked(Message):
        """A tile was clicked."""

        def __init__(self, key: str) -> None:
            self.key = key
            super().__init__()

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._tiles: tuple[Tile, ...] = ()
        self._boxes: list[Box] = []
        self._shape: Size | None = None
        self._active: str | None = None

    def show_tiles(self, tiles: Sequence[Tile]) -> None:
        """Replace the tiles; nothing is drawn anew when they are the same."""
        made = tuple(sorted((tile for tile in tiles if tile.weight > 0), key=lambda t: (-t.weight, t.key)))
        if made != self._tiles:
            self._tiles, self._shape = made, None
            self.refresh()

    def light(self, key: str | None) -> None:
        """Light up one tile instead of another; only those two are drawn."""
        before, self._active = self._active, key
        if before != key:
            self._lay()
            for tile, box in zip(self._tiles, self._boxes, strict=True):
                if tile.key in (before, key):
                    self.refresh(Region(box.left, box.top, box.width, box.height))

    def on_click(self, event: events.Click) -> None:
        self._lay()
        for tile, box in zip(self._tiles, self._boxes, strict=True):
            if box.left <= event.x < box.right and box.top <= event.y < box.bottom:
                self.post_message(self.Picked(tile.key))

    def render_line(self, y: int) -> Strip:
        self._lay()
        seen = look(self.app)
        width = self.size.width
        made: list[Segment] = []
        at = 0
        across = [pair for pair in zip(self._tiles, self._boxes, strict=True) if _crosses(pair[1], y)]
        for tile, box in sorted(across, key=lambda pair: pair[1].left):
            made.append(Segment(" " * (box.left - at), seen.style("", "page")))
            made += self._slice(tile, box, y, seen)
            at = box.right
        return Strip(made).adjust_cell_length(width, seen.style("", "page"))

    def _lay(self) -> None:
        if self._shape != self.size:
            self._shape = self.size
            self._boxes = squarify([tile.weight for tile in self._tiles], *self.size)

    def _slice(self, tile: Tile, box: Box, y: int, seen: Look) -> list[Segment]:
        """One line of one tile, with a thin wall on its right and below."""
        lit = tile.key == self._active
        ground = f"lit-{tile.tone}" if lit else f"tile-{tile.tone}"
        ink = "lit-ink" if lit else "tile-ink"
        room = max(box.width - 1, 0)
        if y == box.bottom - 1 and box.bottom < self.size.height and box.height > 1:
            body = Segment(seen.glyphs.floor * room, seen.style("page", ground))
        else:
            text = self._text(tile, y - box.top, max(room - 1, 0), seen)
            text = f" {text}" if room > 1 else ""
            bold = " bold" if y == box.top else ""
            body = Segment(text + " " * (room - cell_len(text)), seen.style(ink + bold, ground))
        wall = seen.glyphs.wall if box.right < self.size.width else " "
        return [body, Segment(wall, seen.style("page", ground))]

    def _text(self, tile: Tile, line: int, room: int, seen: Look) -> str:
        if line == 0:
            whole = cell_len(tile.label)
            if room < min(whole, _LEAST):
                return tile.glyph if room > 0 else ""  # less of a name than that tells nobody anything
            name = f"{tile.glyph} {tile.label}" if room >= min(_ROOM_FOR_GLYPH, whole + 2) else tile.label
            return head(name, room, seen.glyphs.ellipsis)
        if line <= len(tile.lines):
            return next((form for form in tile.lines[line - 1] if cell_len(form) <= room), "")
        return ""


def _crosses(box: Box, y: int) -> bool:
    return box.top <= y < box.bottom and box.width > 0
