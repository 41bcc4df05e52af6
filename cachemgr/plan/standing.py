"""How an entry stands now: what its own record makes of it, how old it is, and how long nobody used it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cachemgr.domain.inventory import Entry, Inventory
from cachemgr.domain.terms import Record
from cachemgr.domain.verdict import EntryState

SKEW = 300
"""Seconds by which clocks of different machines may differ: so long after its time an entry expires."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one entry looks like to the rules."""

    entry: Entry
    state: EntryState
    age: float | None
    """Seconds since its last change, never less than 0: what comes from the future is new."""
    idle: float | None
    """Seconds since its last use or change; None where its file system records no access."""


def look(entry: Entry, now: datetime) -> Found:
    def since(*times: datetime | None) -> float | None:
        known = [time for time in times if time is not None]
        return max((now - max(known)).total_seconds(), 0) if known else None

    age = since(entry.modified)
    return Found(entry, state(entry, now), age, since(entry.used, entry.modified) if entry.used else None)


def state(entry: Entry, now: datetime) -> EntryState:
    """What an entry's own record makes of it."""
    if entry.record is Record.DATED and entry.expires is not None:
        over = (now - entry.expires).total_seconds() >= SKEW
        return EntryState.EXPIRED if over else EntryState.LIVE
    return _STATES[entry.record]


_STATES = {
    Record.NONE: EntryState.UNRECORDED,
    Record.DATED: EntryState.UNKNOWN,
    Record.NEVER: EntryState.NEVER,
    Record.UNKNOWN: EntryState.UNKNOWN,
    Record.ORPHAN: EntryState.ORPHAN,
}


def states(inventory: Inventory, found: Sequence[Found]) -> tuple[tuple[str, int], ...]:
    counts: dict[str, int] = dict.fromkeys(EntryState, 0)
    for one in found:
        counts[one.state] += 1
    caches = dict.fromkeys(one.entry.cache for one in found)
    counts[EntryState.NOT_RECOGNISED] = sum(len(inventory.cache_by_id[cache].unknown) for cache in caches)
    return tuple((name.value, counts[name]) for name in EntryState if counts[name])
