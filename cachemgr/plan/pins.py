"""Which entries somebody pinned, by the words of the command line."""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from datetime import datetime
from fnmatch import fnmatchcase

from cachemgr.domain.display import display_name
from cachemgr.domain.errors import CacheMgrError
from cachemgr.domain.inventory import Cache, CacheId, Entry, EntryId, Inventory
from cachemgr.domain.policy import Pin
from cachemgr.domain.target import select

_BEGINNING = re.compile("[0-9a-f]{7,}", re.ASCII)
"""Of a commit, as much as names of revisions have."""

_GLOB = frozenset("*?[")


def pinned(
    inventory: Inventory, pins: Sequence[Pin], now: datetime
) -> tuple[Mapping[EntryId, Pin], tuple[str, ...]]:
    """The pin that holds each pinned entry, and the targets of those that name nothing here. One that is over
    holds nothing; of several the first counts. Whose they are does not matter: they only keep."""
    held: dict[EntryId, Pin] = {}
    idle: list[str] = []
    for pin in pins:
        if not pin.holds(now):
            continue
        found = named(inventory, pin.target)
        if found is None:
            idle.append(pin.target)
            continue
        for entry in found[0]:
            held.setdefault(entry, pin)
    return held, tuple(idle)


def named(inventory: Inventory, target: str) -> tuple[Set[EntryId], Sequence[CacheId]] | None:
    """The entries that a pin is about, and the caches of those that words of the command line name. None
    where it names nothing here.

    Beyond those words a revision is meant by all of its commit, by its beginning whichever it has become the
    beginning of, and by a ref: a download must not end a pin.
    """
    revisions = frozenset(entry.id for entry in _revisions(inventory, target))
    try:
        chosen = select(inventory, (target,), shown=display_name)
    except CacheMgrError:
        return (revisions, ()) if revisions else None
    return chosen.entries | revisions, chosen.caches


def _revisions(inventory: Inventory, target: str) -> Iterator[Entry]:
    cache, _, rest = target.partition(":")
    group, _, word = rest.rpartition("@")
    for entry in inventory.entries_by_cache.get(cache, ()) if group and word else ():
        begins = _BEGINNING.fullmatch(word) and entry.version.startswith(word)
        if entry.group == group and entry.version and (begins or word in entry.notes):
            yield entry


def pin_of(
    inventory: Inventory, pins: Sequence[Pin], now: datetime, gone: Set[EntryId] = frozenset()
) -> Callable[[Cache | None, EntryId], Pin | None]:
    """Which pin holds an entry of a cache, whether it is still at its place or one of those that are not. Of
    those the id is all that is known: what may be about it holds it."""
    held, _ = pinned(inventory, pins, now)
    known = inventory.entry_by_id.keys() | gone
    holding = [pin for pin in pins if pin.holds(now)]

    def found(cache: Cache | None, entry: EntryId) -> Pin | None:
        if (pin := held.get(entry)) is not None:
            return pin
        caches, type_id = ([cache], cache.type) if cache else ([], entry.partition("@")[0])
        for pin in holding:
            if _means_all(pin.target, caches, type_id) or _may_mean(pin.target, entry, known):
                return pin
        return None

    return found


def _may_mean(target: str, entry: EntryId, known: Set[EntryId]) -> bool:
    """Whether a word may be about an entry that has left its place. Its id has the beginning of its commit,
    and neither its refs nor, but for a revision, its group."""
    if target == display_name(entry) or _means(target, entry):
        return True
    (at, _, word), (cache, _, name) = target.partition(":"), entry.partition(":")
    if not word or at != cache:
        return False
    group, _, version = name.rpartition("@")
    if not group:
        return target not in known and not _GLOB.intersection(word)
    if not word.startswith(f"{group}@"):
        return name.startswith((word.rstrip("/") + "/", f"{word}@"))
    meant = word.removeprefix(f"{group}@")
    return not _BEGINNING.fullmatch(meant) or meant.startswith(version) or version.startswith(meant)


def pin_within(
    inventory: Inventory, pins: Sequence[Pin], now: datetime, place: str, type_id: str
) -> Callable[[Sequence[str], str], Pin | None]:
    """Which pin holds an entry of the cache in a directory, by all the names that its key may have in an id,
    and its group. What no scan can see there, in a database beside the files, is held by the same words."""
    here = [cache for cache in inventory.caches if os.path.realpath(cache.path) == os.path.realpath(place)]
    known = {entry.id: entry.name for cache in here for entry in inventory.entries_by_cache.get(cache.id, ())}
    held: dict[str, Pin] = {}
    unseen: list[Pin] = []
    whole: Pin | None = None
    for pin in pins:
        if not pin.holds(now):
            continue
        if _means_all(pin.target, here, type_id):
            whole = whole or pin
            continue
        unseen.append(pin)
        entries, _ = named(inventory, pin.target) or (frozenset(), ())
        for entry in known.keys() & entries:
            held.setdefault(known[entry], pin)

    def found(names: Sequence[str], group: str) -> Pin | None:
        if whole is not None:
            return whole
        for name in names:
            if (pin := held.get(name)) is not None:
                return pin
        ids = [f"{cache.id}:{name}" for cache in here for name in (*names, group) if name]
        return next((pin for pin in unseen for one in ids if _means(pin.target, one)), None)

    return found


def _means(target: str, entry: EntryId) -> bool:
    return target == entry or fnmatchcase(entry, target)


def _means_all(target: str, caches: Sequence[Cache], type_id: str) -> bool:
    """Whether a word is about whole caches, these among them. Of one that no scan has found the type alone is
    known."""
    words = {"all", type_id}
    for cache in caches:
        words |= {cache.id, cache.type, cache.category.value} | ({"legacy"} if cache.legacy else set())
    ids = [cache.id for cache in caches] or [type_id]
    return target in words or any(fnmatchcase(one, target) for one in ids)
