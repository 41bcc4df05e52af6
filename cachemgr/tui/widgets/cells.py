"""What stands in a table's cell, and how it is fitted into a number of terminal columns."""

from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment

from cachemgr.present.text import middle
from cachemgr.tui.theme import Look, Span


@dataclass(frozen=True, slots=True)
class Words:
    """Displayable spans; when they do not fit, the one at `shrink` loses its middle, or its end."""

    spans: tuple[Span, ...]
    shrink: int = 0
    prose: bool = False
    """The beginning tells most, as in a sentence; in a name the end does."""


@dataclass(frozen=True, slots=True)
class Bar:
    """What stays and what would be freed, as shares of the largest row (0 to 1)."""

    kept: float
    frees: float
    tone: str


Cell = Words | Bar
LIFTED = frozenset({"muted", "dim", "faint", "protected"})
"""Inks that are too weak on the cursor's ground."""


def words(text: str, tone: str = "") -> Words:
    """A name or a number."""
    return Words(((text, tone),))


def prose(text: str, tone: str = "") -> Words:
    """A phrase or a sentence."""
    return Words(((text, tone),), prose=True)


def segments(cell: Cell, width: int, look: Look, ground: str, *, right: bool, lift: bool) -> list[Segment]:
    """Exactly `width` columns of a cell."""
    if isinstance(cell, Bar):
        return _bar(cell, width, look, ground)
    made: list[Segment] = []
    used = 0
    for text, tone in _fit(cell, width, look.glyphs.ellipsis):
        used += cell_len(text)
        made.append(Segment(text, look.style(_lifted(tone, look) if lift else tone, ground)))
    if used < width:
        pad = Segment(" " * (width - used), look.style("", ground))
        made.insert(0, pad) if right else made.append(pad)
    return made


def _fit(cell: Words, width: int, ellipsis: str) -> list[Span]:
    """The spans in at most `width` columns."""
    spans = list(cell.spans)
    over = sum(cell_len(text) for text, _ in spans) - width
    if over <= 0:
        return spans
    text, tone = spans[cell.shrink]
    room = max(cell_len(text) - over, 1)
    spans[cell.shrink] = (
        head(text, room, ellipsis) if cell.prose else middle(text, room, ellipsis=ellipsis),
        tone,
    )
    fitted: list[Span] = []
    for text, tone in spans:
        room = width - sum(cell_len(kept) for kept, _ in fitted)
        if room > 0:
            fitted.append((set_cell_size(text, room) if cell_len(text) > room else text, tone))
    return fitted


def head(text: str, room: int, ellipsis: str) -> str:
    """The beginning of a text in at most `room` columns."""
    if cell_len(text) <= room:
        return text
    return set_cell_size(text, max(room - cell_len(ellipsis), 0)).rstrip() + ellipsis


def _lifted(tone: str, look: Look) -> str:
    kept = [word for word in tone.split() if word not in LIFTED and not look.plain]
    return " ".join([*kept, "bold"])


def _bar(bar: Bar, width: int, look: Look, ground: str) -> list[Segment]:
    total = min(max(bar.kept + bar.frees, 0.0), 1.0)
    filled = min(max(round(total * width), 1 if total else 0), width)
    kept = round(filled * bar.kept / (bar.kept + bar.frees)) if total else 0
    if bar.frees:
        kept = min(kept, filled - 1)
    glyphs = look.glyphs
    parts = (
        (glyphs.keep * kept, "muted"),
        (glyphs.frees * (filled - kept), bar.tone),
        (glyphs.track * (width - filled), "edge"),
    )
    return [Segment(text, look.style(tone, ground)) for text, tone in parts if text]
