"""Which entries somebody pinned, by the words of the command line."""

import os
from collections.abc import Callable, Mapping, Sequence
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


def pin_within(
    inventory: Inventory, pins: Sequence[Pin], now: datetime, place: str, type_id: str
) -> Callable[[str], Pin | None]:
    """Which pin holds an entry of the cache in a directory, by the end of its key. A cache of that type which
    no scan has looked into is held as a whole by a pin on its type."""
    here = {cache.id for cache in inventory.caches if os.path.realpath(cache.path) == os.path.realpath(place)}
    known = {entry.id for entry in inventory.entries if entry.cache in here}
    held: dict[str, Pin] = {}
    whole: Pin | None = None
    for pin in pins:
        if not pin.holds(now):
            continue
        try:
            chosen = select(inventory, (pin.target,), shown=display_name)
        except CacheMgrError:
            chosen = None
        if pin.target in ("all", type_id) or (chosen and not known and here.intersection(chosen.caches)):
            whole = whole or pin
        elif chosen:
            for entry in known & chosen.entries:
                held.setdefault(entry.rpartition(":")[2], pin)
    return lambda key: whole or held.get(key)
