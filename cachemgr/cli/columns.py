"""The columns of a table, and which of them a terminal has room for, in how many words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

READABLE, _NARROWEST = 28, 12
"""Columns that a shrinking field keeps while others can be dropped, and those it keeps in any case."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    title: str
    right: bool = False
    shrinks: bool = False
    """It gives way, in its middle, when the terminal is narrow; what has `shorter` fields, as the last."""
    drops: int = 0
    """It is left out when shrinking alone would leave too little: the highest first, of equals the
    rightmost; those of 1 only after a `bare` field was taken. 0: never."""
    shorter: tuple[tuple[str, ...], ...] = ()
    """Its fields in fewer words, row by row, and in fewer again: taken before any column is left out."""
    bare: tuple[str, ...] = ()
    """Its fields in the fewest words, for what has to stay."""


def fit(
    columns: Sequence[Column], widths: Sequence[Sequence[int]], room: int | None, *, gap: int
) -> Mapping[int, tuple[int, int]]:
    """Which columns to show, each in which of its forms and how wide. `widths` has those of every form, the
    longest first; no `room`: there is no end to it."""
    table = _Table(columns, widths, {i: (0, width[0]) for i, width in enumerate(widths)}, room, gap)
    if room is not None:
        table.shorten()
        table.drop()
        table.lengthen()
        table.shrink()
    return table.shown


@dataclass(slots=True)
class _Table:
    columns: Sequence[Column]
    widths: Sequence[Sequence[int]]
    shown: dict[int, tuple[int, int]]
    room: int | None
    gap: int

    def shorten(self) -> None:
        """Fewer words, from the left."""
        for i, column in enumerate(self.columns):
            while self._excess(self._wide) > 0 and self.shown[i][0] < len(column.shorter):
                self._take(i, self.shown[i][0] + 1)

    def drop(self) -> None:
        """Fewer columns, and the fewest words before the last of them goes."""
        while self._excess(self._least) > 0:
            droppable = sorted((self.columns[i].drops, i) for i in self.shown if self.columns[i].drops)
            bare = [i for i, (form, _) in self.shown.items() if self.columns[i].bare and form < self._last(i)]
            if bare and (not droppable or droppable[-1][0] == 1):
                self._take(bare[-1], self._last(bare[-1]))
            elif droppable:
                del self.shown[droppable[-1][1]]
            else:
                break

    def lengthen(self) -> None:
        """What went too far in that, from the right."""
        for i in reversed(self.shown):
            widths = self.widths[i]
            while (form := self.shown[i][0]) and self._excess(self._wide) <= widths[form] - widths[form - 1]:
                self._take(i, form - 1)

    def shrink(self) -> None:
        """What is still too wide, out of the middle of the widest."""
        while (over := self._excess(self._wide)) > 0:
            widest = max((i for i in self.shown if self.columns[i].shrinks), key=self._wide, default=None)
            if widest is None or self._wide(widest) <= _NARROWEST:
                break
            form, width = self.shown[widest]
            self.shown[widest] = (form, width - min(over, max(width - READABLE, 1)))

    def _excess(self, width: Callable[[int], int]) -> int:
        return sum(map(width, self.shown)) + self.gap * (len(self.shown) - 1) - (self.room or 0)

    def _wide(self, i: int) -> int:
        return self.shown[i][1]

    def _least(self, i: int) -> int:
        cut_at_will = self.columns[i].shrinks and not self.columns[i].shorter
        return min(self._wide(i), READABLE) if cut_at_will else self._wide(i)

    def _take(self, i: int, form: int) -> None:
        self.shown[i] = (form, self.widths[i][form])

    def _last(self, i: int) -> int:
        return len(self.widths[i]) - 1
