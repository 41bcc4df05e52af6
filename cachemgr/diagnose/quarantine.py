"""Do our own quarantines still hold bytes, and does anybody remember what they hold?"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from cachemgr.disk.reader import OURS
from cachemgr.domain.action import Purge
from cachemgr.domain.inventory import Cache, Finding, Inventory
from cachemgr.domain.terms import Severity

if TYPE_CHECKING:
    from pathlib import Path

    from cachemgr.domain.run import Run

Beside = tuple[Cache, str]
"""A cache that is a link, and the run that a quarantine beside that is named after."""


def find(inventory: Inventory, runs: Iterable[Run], beside: Iterable[Beside] = ()) -> Iterator[Finding]:
    """One finding for each quarantine: with the command that frees it, or decides about it, where its run is
    remembered. One that no run is remembered for is nobody's but a person's."""
    runs = tuple(runs)
    # What an undo or a purge was at when it was interrupted waits for its recovery, as it does itself.
    waiting = {step.action.run for run in runs if run.interrupted for step in run.plan.steps
               if isinstance(step.action, Purge)}  # fmt: skip
    waiting |= {run.plan.reverses or "" for run in runs if run.interrupted}
    known = {run.id: run for run in runs}
    for cache in inventory.caches:
        for name, size in cache.quarantines:
            top = cache.path if cache.real_path is None else cache.real_path
            if name not in waiting:
                yield from _found(cache, name, size, top, known.get(name))
    for cache, name in beside:
        run = known.get(name)
        held = None if run is None else sum(step.size for _, step in run.quarantined)
        if name not in waiting:
            yield from _found(cache, name, held, cache.path.parent, run)


def beside_links(inventory: Inventory) -> tuple[Beside, ...]:
    """Quarantines that no root holds: a migration that left a link has its own beside that. With the caches
    whose links they are and the runs they are named after; nothing is listed where no cache is a link."""
    roots = {cache.real_path for cache in inventory.caches}
    found: dict[tuple[Path, str], Beside] = {}
    for cache in inventory.caches:
        around = cache.path.parent
        if cache.real_path in (None, cache.path) or around in roots or not os.path.islink(cache.path):
            continue
        try:
            names = sorted(name for name in os.listdir(around) if name.startswith(OURS))
        except OSError:
            continue
        for name in names:
            found.setdefault((around, name), (cache, name.removeprefix(OURS)))
    return tuple(found.values())


def _found(cache: Cache, name: str, size: int | None, top: Path, run: Run | None) -> Iterator[Finding]:
    if run is None:
        yield Finding("unknown-quarantine", Severity.WARNING, cache.id, top / (OURS + name), size, (), name)
    elif not run.interrupted:  # that it was interrupted is the finding
        fix = ("cachemgr", "purge", name)
        yield Finding("quarantine", Severity.INFO, cache.id, cache.path, size, fix, name)
