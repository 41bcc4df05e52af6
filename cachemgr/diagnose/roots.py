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
    """One finding for each root that is refused, out of reach, or could be read in part only."""
    for cache in inventory.caches:
        first = next(iter(cache.problems), None)
        detail = "" if first is None else first.code
        if any(problem.code == "untrusted" for problem in cache.problems):
            fix = ("cachemgr", "config", "trust")
            yield Finding("untrusted-root", Severity.WARNING, cache.id, cache.path, None, fix, detail)
        elif cache.state in _CODES:
            code, severity = _CODES[cache.state]
            yield Finding(code, severity, cache.id, cache.path, None, (), detail)
