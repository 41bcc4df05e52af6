"""Does every setting lead to a place that makes sense and can be read?"""

from collections.abc import Iterator

from cachemgr.domain.inventory import Finding, Inventory
from cachemgr.domain.terms import CacheState, Severity

_CODES = {
    CacheState.UNUSABLE: ("unusable-root", Severity.ERROR),
    CacheState.UNAVAILABLE: ("unavailable-root", Severity.ERROR),
    CacheState.PARTIAL: ("unreadable", Severity.WARNING),
}


def find(inventory: Inventory) -> Iterator[Finding]:
    """One finding for each root that is refused, out of reach, or could be read in part only.

    A setting that spoils several roots in the same way (an empty XDG_CACHE_HOME) is one finding.
    """
    seen: set[tuple[str, str, str]] = set()
    for cache in inventory.caches:
        first = next(iter(cache.problems), None)
        detail = "" if first is None else first.code
        untrusted = any(problem.code == "untrusted" for problem in cache.problems)
        if not untrusted and cache.state not in _CODES:
            continue
        fault = (cache.origin.source, cache.origin.key, detail)
        if fault in seen and cache.state is CacheState.UNUSABLE:
            continue
        seen.add(fault)
        code, severity = _CODES.get(cache.state, ("untrusted-root", Severity.WARNING))
        fix: tuple[str, ...] = ()
        if untrusted:
            code, severity, fix = "untrusted-root", Severity.WARNING, ("cachemgr", "config", "trust")
        key = cache.origin.key
        yield Finding(code, severity, cache.id, cache.path, None, fix, detail, setting=key)
