"""May something that a plan took for free still go? Asked of a scan that was made after part of the plan had
been carried out, when what it cleared is no longer the entry that it was."""

from collections.abc import Mapping

from cachemgr.domain.action import Remove, Tidy
from cachemgr.domain.inventory import Cache, CacheId, Entry, Inventory
from cachemgr.domain.plan import Plan, Root, Step
from cachemgr.domain.terms import CacheState, Reason
from cachemgr.domain.unit import Identity, Unit

Names = tuple[str, ...]


class Holders:
    """The entries of a new scan, by the units they hold, for the roots of an earlier plan."""

    def __init__(self, plan: Plan, inventory: Inventory) -> None:
        self.plan = plan
        self._caches = {root.cache: cache_of(root, inventory) for root in plan.roots}
        self._planned: dict[tuple[CacheId, Names], Identity | None] = {}
        for step in plan.steps:
            cache = self._caches[step.cache]
            if isinstance(step.action, Remove) and cache is not None:
                self._planned[(cache.id, step.action.names)] = step.identity
        self._held: dict[tuple[CacheId, Names], list[tuple[Entry, Unit]]] = {}
        concerned = {cache.id for cache in self._caches.values() if cache is not None}
        for entry in inventory.entries:
            if entry.cache in concerned:
                for unit in entry.units:
                    self._held.setdefault((entry.cache, unit.names), []).append((entry, unit))
        self._pointed = {
            entry.cache
            for entry in inventory.entries
            if entry.cache in concerned and entry.pointers and not self._goes(entry)
        }
        """Caches in which something is kept that points to something."""
        self._children = {
            (cache.id, container.names): container.children
            for cache in inventory.caches
            if cache.id in concerned
            for container in cache.containers
        }

    def children(self, step: Step) -> int | None:
        """How many things a container holds now; None where that is not known."""
        cache = self._caches[step.cache]
        names = step.action.names if isinstance(step.action, Tidy) else ()
        return None if cache is None else self._children.get((cache.id, names))

    def obstacle(self, number: int) -> tuple[Reason, str] | None:
        """Why the unit of a step has to stay at its place; None when it may go."""
        step = self.plan.steps[number]
        cache = self._caches[step.cache]
        if cache is None or cache.state not in (CacheState.OK, CacheState.PARTIAL):
            return (Reason.REPORT_ONLY, "unavailable")
        if not isinstance(step.action, Remove):
            return (Reason.NOT_RECOGNISED, "")
        held = self._held.get((cache.id, step.action.names), [])
        if not held:
            # Nothing in this scan names it. Where something is kept that points to others, or that could
            # not be read, it may be needed all the same.
            free = cache.state is CacheState.OK and cache.id not in self._pointed
            return None if free else (Reason.NOT_RECOGNISED, "")
        unit = held[0][1]
        if unit.identity != step.identity or (
            step.seen is not None and not unit.tally.content.is_still(step.seen)
        ):
            return (Reason.CHANGED, "")
        for obstacle in unit.obstacles:
            return (obstacle.reason, obstacle.detail)
        return next((why for entry, _ in held if (why := self._kept_by(entry, step)) is not None), None)

    def _kept_by(self, entry: Entry, step: Step) -> tuple[Reason, str] | None:
        # What was left over (an interrupted download, a blob that nothing names) keeps nothing.
        if entry.idle or self._goes(entry):
            return None
        if entry.id != step.entry:
            return (Reason.SHARED, entry.id)
        for obstacle in entry.obstacles:
            return (obstacle.reason, obstacle.detail)
        return (Reason.CHANGED, "needs")

    def _goes(self, entry: Entry) -> bool:
        """Whether the plan clears an entry as it is now."""
        essential = entry.pointers or entry.payload
        return not entry.obstacles and all(
            self._planned.get((entry.cache, unit.names)) == unit.identity for unit in essential
        )


def cache_of(root: Root, inventory: Inventory) -> Cache | None:
    """The cache that has a root now, whatever it is called; None when nothing that was scanned has it."""
    for cache in inventory.caches:
        if (
            cache.identity is not None
            and cache.identity.inode == root.identity.inode
            and cache.real_path == root.path
        ):
            return cache
    return None


def unknown_roots(plan: Plan, inventory: Inventory) -> Mapping[CacheId, Root]:
    """The roots of a plan that the scan did not look at."""
    return {root.cache: root for root in plan.roots if cache_of(root, inventory) is None}
