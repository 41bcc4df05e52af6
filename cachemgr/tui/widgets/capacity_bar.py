"""How full a volume is: what others use, what caches keep, what could be freed, what is free."""

from dataclasses import dataclass

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from cachemgr.tui.theme import Look, Span, look


@dataclass(frozen=True, slots=True)
class Capacity:
    """Bytes of one volume; together its size."""

    other: int
    kept: int
    reclaimable: int
    free: int

    @property
    def total(self) -> int:
        return self.other + self.kept + self.reclaimable + self.free

    @property
    def used(self) -> float:
        """The used share, 0 to 1."""
        return (self.total - self.free) / self.total if self.total else 0.0

    @property
    def used_after(self) -> float:
        """The used share when everything reclaimable is gone."""
        return (self.total - self.free - self.reclaimable) / self.total if self.total else 0.0


class CapacityBar(Widget):
    """One line of coloured ground; what would be freed is striped."""

    DEFAULT_CSS = "CapacityBar { height: 1; background: $page; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._capacity = Capacity(0, 0, 0, 0)

    def show(self, capacity: Capacity) -> None:
        if capacity != self._capacity:
            self._capacity = capacity
            self.refresh()

    def render_line(self, y: int) -> Strip:
        seen = look(self.app)
        if y or not self.size.width:
            return Strip.blank(self.size.width, seen.style("", "page"))
        return Strip(bar(self._capacity, self.size.width, seen))


def bar(capacity: Capacity, width: int, seen: Look) -> list[Segment]:
    """The bar in `width` columns. A part that is not empty gets a column at least, while there is room."""
    return [Segment(text, seen.style(tone)) for text, tone in spans(capacity, width, seen)]


def spans(capacity: Capacity, width: int, seen: Look) -> tuple[Span, ...]:
    """The same as spans."""
    parts = (capacity.other, capacity.kept, capacity.reclaimable, capacity.free)
    blanks = ("#", "=", "%", ".") if seen.glyphs.ascii else (" ", " ", seen.glyphs.stripe, " ")
    tones = ("ink on-bar-other", "brand-ink on-downloads", "brand on-stripe", "dim on-bar-track")
    made = zip(blanks, _lengths(parts, width), tones, strict=True)
    return tuple((blank * length, tone) for blank, length, tone in made if length > 0)


def _lengths(parts: tuple[int, ...], width: int) -> list[int]:
    total = sum(parts)
    if not total:
        return [0] * (len(parts) - 1) + [width]
    lengths: list[int] = []
    passed = 0
    for part in parts:
        passed += part
        lengths.append(round(passed / total * width) - sum(lengths))
    for index, part in enumerate(parts):
        if part and not lengths[index] and max(lengths) > 1:
            lengths[lengths.index(max(lengths))] -= 1
            lengths[index] = 1
    return lengths


class ProgressBar(Widget):
    """A share, as coloured ground."""

    DEFAULT_CSS = "ProgressBar { height: 1; background: $page; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._share = 0.0

    def show(self, share: float) -> None:
        if share != self._share:
            self._share = share
            self.refresh()

    def render_line(self, y: int) -> Strip:
        seen, width = look(self.app), self.size.width
        filled = round(self._share * width)
        made = [
            Segment((seen.glyphs.frees if seen.glyphs.ascii else " ") * filled, seen.style("", "good")),
            Segment(" " * (width - filled), seen.style("", "bar-track")),
        ]
        return Strip([segment for segment in made if segment.text])
