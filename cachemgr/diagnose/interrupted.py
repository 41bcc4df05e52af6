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
    caches = [cache for cache in inventory.caches if cache.identity is not None]
    inodes = {cache.identity.inode: cache for cache in caches if cache.identity is not None}
    # A cache may lie below the directory that a run has pinned.
    places = {cache.real_path: cache for cache in caches if cache.real_path is not None}
    for run in runs:
        looked = (
            places.get(root.top) if root.below else inodes.get(root.identity.inode) for root in run.plan.roots
        )
        met = list({cache.id: cache for cache in looked if cache is not None}.values())
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
