"""Is something left in a place that nothing uses any more?"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath

from cachemgr.domain.cache_type import CacheType
from cachemgr.domain.destination import destination
from cachemgr.domain.inventory import Cache, Entry, Finding, Inventory
from cachemgr.domain.settings import Settings
from cachemgr.domain.terms import CacheState, Knowledge, Severity


def find(
    inventory: Inventory,
    types: Iterable[CacheType] = (),
    settings: Settings | None = None,
    project: PurePath | None = None,
) -> Iterator[Finding]:
    """One finding for each legacy root that still holds something, with its size."""
    kinds = {kind.id: kind for kind in types}
    for cache in inventory.caches:
        if not cache.legacy or cache.state not in (CacheState.OK, CacheState.PARTIAL) or cache.tally is None:
            continue
        entries = inventory.entries_by_cache[cache.id]
        if not entries and not cache.unknown:
            continue
        free = [entry for entry in entries if not entry.obstacles]
        known = cache.registered or (cache.evident and cache.knowledge is not Knowledge.UNVERIFIED)
        place = destination(cache, kinds, settings or Settings(), project)
        if known and place is not None and _fits(cache, free, place.pattern):
            fix: tuple[str, ...] = ("cachemgr", "migrate", cache.id)
        elif known and free:
            # Set aside rather than deleted: nobody may remember what is in an old place.
            fix = ("cachemgr", "clear", cache.id, "--quarantine")
        else:
            # Where clearing would be refused, looking is all there is to do.
            fix = ("cachemgr", "ls", cache.id)
        yield Finding("legacy-location", Severity.WARNING, cache.id, cache.path, cache.tally.size, fix)


def _fits(cache: Cache, entries: Sequence[Entry], pattern: str) -> bool:
    """Whether something of a cache would be known again where it should be."""
    volume = cache.volume
    if volume is not None and volume.read_only:
        return False
    fits = re.compile(pattern or ".*", re.DOTALL).fullmatch
    return any(fits(unit.names[0]) for entry in entries for unit in entry.units)
