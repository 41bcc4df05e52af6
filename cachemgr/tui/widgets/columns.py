"""The columns of a table, and which of them fit: they are dropped in a stated order, never squeezed away."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

GAP = 1
"""Empty columns between two cells."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. Widths count terminal columns."""

    name: str
    title: str
    width: int
    """The least it can do with."""
    grow: int = 0
    """Its share of what is left over; 0 takes none."""
    most: int = 1000
    right: bool = False
    drop: int = 0
    """Of the columns that do not fit, the highest goes first; 0 stays whatever happens."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A column that is shown: its position among the cells of a row, and its width."""

    position: int
    column: Column
    width: int


@lru_cache(maxsize=64)
def place(columns: tuple[Column, ...], width: int) -> tuple[Placed, ...]:
    """The columns that fit into `width`, with what is left over given to those that grow."""
    shown = list(enumerate(columns))
    while _least([column for _, column in shown]) > width and any(column.drop for _, column in shown):
        shown.remove(max(shown, key=lambda pair: pair[1].drop))
    return tuple(
        Placed(position, column, given)
        for (position, column), given in zip(shown, _share([c for _, c in shown], width), strict=True)
    )


def _least(columns: Sequence[Column]) -> int:
    return sum(column.width for column in columns) + GAP * max(len(columns) - 1, 0)


def _share(columns: Sequence[Column], width: int) -> list[int]:
    given = [column.width for column in columns]
    spare = width - _least(columns)
    if spare < 0:
        # Not even the columns that must stay fit: the widest one gives way.
        widest = given.index(max(given))
        given[widest] = max(given[widest] + spare, 1)
        return given
    while spare > 0:
        hungry = [i for i, column in enumerate(columns) if column.grow and given[i] < column.most]
        if not hungry:
            break
        weight = sum(columns[i].grow for i in hungry)
        before = spare
        for i in hungry:
            more = min(max(before * columns[i].grow // weight, 1), columns[i].most - given[i], spare)
            given[i] += more
            spare -= more
    return given
