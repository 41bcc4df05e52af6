"""Do our own quarantines still hold bytes, and does anybody remember what they hold?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from cachemgr.disk.reader import OURS
from cachemgr.domain.inventory import Finding, Inventory
from cachemgr.domain.terms import Severity

if TYPE_CHECKING:
    from cachemgr.domain.run import Run


def find(inventory: Inventory, runs: Iterable[Run]) -> Iterator[Finding]:
    """One finding for each quarantine: with the command that frees it, or decides about it, where its run is
    remembered. One that no run is remembered for is nobody's but a person's."""
    known = {run.id: run for run in runs}
    for cache in inventory.caches:
        for name, size in cache.quarantines:
            run = known.get(name)
            if run is None:
                path = cache.path if cache.real_path is None else cache.real_path
                place = path / (OURS + name)
                yield Finding("unknown-quarantine", Severity.WARNING, cache.id, place, size, (), name)
                continue
            if run.interrupted:
                continue  # that it was interrupted is the finding
            fix = ("cachemgr", "purge", name)
            yield Finding("quarantine", Severity.INFO, cache.id, cache.path, size, fix, name)
