"""Does a run wait for its recovery? Until then nothing else may be done in its caches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from cachemgr.domain.inventory import Finding, Inventory
from cachemgr.domain.terms import Severity

if TYPE_CHECKING:
    from cachemgr.domain.run import Run


def find(inventory: Inventory, runs: Iterable[Run]) -> Iterator[Finding]:
    """One finding for each interrupted run that has a root in this inventory; one whose caches are not
    there, or are others now, is listed by `recover` alone."""
    roots = {cache.identity.inode: cache for cache in inventory.caches if cache.identity is not None}
    for run in runs:
        met = [roots[root.identity.inode] for root in run.plan.roots if root.identity.inode in roots]
        if met:
            aside = (size for cache in met for name, size in cache.quarantines if name == run.id)
            yield Finding(
                "interrupted-run",
                Severity.WARNING,
                met[0].id,
                met[0].path,
                sum(aside) or None,
                fix=("cachemgr", "recover", run.id),
                detail=run.id,
            )
