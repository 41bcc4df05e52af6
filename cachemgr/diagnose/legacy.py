"""Is something left in a place that nothing uses any more?"""

from collections.abc import Iterator

from cachemgr.domain.inventory import Finding, Inventory
from cachemgr.domain.terms import CacheState, Knowledge, Severity


def find(inventory: Inventory) -> Iterator[Finding]:
    """One finding for each legacy root that still holds something, with its size."""
    for cache in inventory.caches:
        if not cache.legacy or cache.state not in (CacheState.OK, CacheState.PARTIAL) or cache.tally is None:
            continue
        entries = inventory.entries_by_cache[cache.id]
        if not entries and not cache.unknown:
            continue
        # Set aside rather than deleted: nobody may remember what is in an old place. And where clearing
        # would be refused, looking is all there is to do.
        known = cache.registered or (cache.evident and cache.knowledge is not Knowledge.UNVERIFIED)
        clearable = known and any(not entry.obstacles for entry in entries)
        fix = ("cachemgr", "clear", cache.id, "--quarantine") if clearable else ("cachemgr", "ls", cache.id)
        yield Finding("legacy-location", Severity.WARNING, cache.id, cache.path, cache.tally.size, fix)
