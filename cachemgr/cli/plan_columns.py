"""How the tables of a plan give way on a narrow terminal: ids are cut where they stay distinct, reasons are
said in fewer words, and no line loses what tells it from another or why it is there."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cachemgr.cli.columns import READABLE, Column
from cachemgr.domain.plan import Plan
from cachemgr.present.names import distinct
from cachemgr.present.text import display_name

ENTRY, STAYS, WHY = "Entry", "Stays", "Why"
_ROOMS = (64, 48, 36, READABLE)
"""Columns that an id has, step by step."""
_FORMS = 3


def narrower(
    columns: Sequence[Column],
    lines: Sequence[tuple[str, ...]],
    plan: Plan,
    briefly: Mapping[str, tuple[str, ...]],
    *,
    ellipsis: str,
) -> tuple[Column, ...]:
    """The columns with what they say where there is less room. `briefly` has a reason's shorter forms."""

    def given(at: int, column: Column) -> Column:
        fields = [line[at] for line in lines]
        if column.title in (ENTRY, STAYS):
            every = {*(step.entry for step in plan.steps), *(one.entry for one in plan.exclusions)}
            shown = tuple(display_name(entry) for entry in every if entry is not None)
            cut = (distinct(fields, room, among=shown, ellipsis=ellipsis) for room in _ROOMS)
            return replace(column, shorter=tuple(map(tuple, cut)))
        if column.title == WHY and briefly:
            *shorter, bare = zip(*(_forms(field, briefly) for field in fields), strict=True)
            return replace(column, shorter=tuple(shorter), bare=bare)
        return column

    return tuple(given(at, column) for at, column in enumerate(columns))


def _forms(reason: str, briefly: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    said = briefly.get(reason) or (reason,)
    return (*said, *(said[-1:] * _FORMS))[:_FORMS]
