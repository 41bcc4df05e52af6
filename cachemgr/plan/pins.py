"""Which entries somebody pinned, by the words of the command line."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from cachemgr.domain.display import display_name
from cachemgr.domain.errors import CacheMgrError
from cachemgr.domain.inventory import EntryId, Inventory
from cachemgr.domain.policy import Pin
from cachemgr.domain.target import select


def pinned(
    inventory: Inventory, pins: Sequence[Pin], now: datetime
) -> tuple[Mapping[EntryId, Pin], tuple[str, ...]]:
    """The pin that holds each pinned entry, and the targets of those that name nothing here. One that is over
    holds nothing; of several the first counts. Whose they are
    does not matter: they only keep."""
    held: dict[EntryId, Pin] = {}
    idle: list[str] = []
    for pin in pins:
        if not pin.holds(now):
            continue
        try:
            entries = select(inventory, (pin.target,), shown=display_name).entries
        except CacheMgrError:
            idle.append(pin.target)
            continue
        for entry in entries:
            held.setdefault(entry, pin)
    return held, tuple(idle)
