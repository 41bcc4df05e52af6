"""Do our own quarantines still hold bytes?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from cachemgr.domain.inventory import Finding, Inventory
from cachemgr.domain.terms import Severity

if TYPE_CHECKING:
    from cachemgr.domain.run import Run


def find(inventory: Inventory, runs: Iterable[Run]) -> Iterator[Finding]:
    """One finding for each root whose quarantined bytes a purge would free."""
    held = {step.cache: run.id for run in runs for _, step in (*run.quarantined, *run.leftover)}
    for cache in inventory.caches:
        if cache.quarantined:
            run = held.get(cache.id)
            fix = () if run is None else ("cachemgr", "purge", run)
            yield Finding(
                "quarantine", Severity.INFO, cache.id, cache.path, cache.quarantined, fix, run or "unknown"
            )
