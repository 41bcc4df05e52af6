"""Which of what was named may move: what leans on each other goes together or not at all."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime

from cachemgr.domain.inventory import Cache, Entry, EntryId, Inventory
from cachemgr.domain.migration import Load, Route, There
from cachemgr.domain.plan import Exclusion
from cachemgr.domain.terms import Disposal, Reason, Rule
from cachemgr.domain.usage import Usage
from cachemgr.plan.clear import not_recognised, obstacles, too_young, used

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cargo:
    """Of one route: what moves, in groups that stay together, and what stays."""

    route: Route
    groups: tuple[tuple[Load, ...], ...]
    """Of each the payload comes before what points to it."""
    beside: tuple[Load, ...]
    """What goes along at the end; nothing where something stays."""
    exclusions: tuple[Exclusion, ...]

    @property
    def loads(self) -> Iterator[Load]:
        for group in self.groups:
            yield from group
        yield from self.beside


def load_up(
    inventory: Inventory,
    route: Route,
    chosen: Set[EntryId],
    now: datetime,
    usage: Usage,
    forced: Collection[Rule] = (),
    pattern: str = "",
) -> Cargo:
    """What of a route moves. `pattern` is what may come to its destination by its name; empty for all."""
    own = [entry for entry in inventory.entries_by_cache[route.cache] if entry.id in chosen]
    kept = {entry.id: why for entry in own if (why := _kept(inventory, entry, now, usage)) is not None}
    groups, exclusions = list[tuple[Load, ...]](), dict[tuple[EntryId, Reason], Exclusion]()
    below = _unknown(inventory.cache_by_id[route.cache])
    fits = re.compile(pattern, re.DOTALL).fullmatch if pattern else None
    for group in _groups([load for load in route.loads if not load.beside]):
        entries = dict.fromkeys(entry for load in group for entry in load.entries)
        named = [entry for entry in entries if entry in chosen]
        if not named:
            continue
        why = next((kept[entry] for entry in named if entry in kept), None)
        why = why or _stays(inventory, route, group, chosen, usage, forced)
        if fits is not None and why is None and not all(fits(load.names[0]) for load in group):
            why = Exclusion(Reason.NO_PLACE, route.cache, detail="unfit")
        if why is None:
            groups.append(tuple(replace(load, along=tuple(below.get(load.names, ()))) for load in group))
            continue
        for name in named:
            size = inventory.entry_by_id[name].size
            said = kept.get(name) or Exclusion(why.reason, route.cache, name, size=size, detail=why.detail)
            exclusions.setdefault((name, said.reason), said)
    stays = bool(exclusions) or not groups
    beside = () if stays else tuple(
        load for load in route.loads
        if load.beside and load.there is not There.OTHER
        and not load.unit.obstacles and not load.leaving and not load.leads
    )  # fmt: skip
    unknown = not_recognised(inventory, chosen) if own else iter(())
    along = {path for group in groups for load in group for path in load.along}
    left = tuple(one for one in unknown if one.cache == route.cache and str(one.path) not in along)
    return Cargo(route, tuple(groups), beside, (*exclusions.values(), *left))


def _unknown(cache: Cache) -> Mapping[Names, Sequence[str]]:
    """For every directory of a cache the paths of what nobody recognised in it."""
    found: dict[Names, list[str]] = {}
    assert cache.real_path is not None
    for unit in cache.unknown:
        for depth in range(1, len(unit.names) + 1):
            found.setdefault(unit.names[:depth], []).append(str(cache.real_path.joinpath(*unit.names)))
    return found


def _kept(inventory: Inventory, entry: Entry, now: datetime, usage: Usage) -> Exclusion | None:
    cache = inventory.cache_by_id[entry.cache]
    for reasons in (
        obstacles(cache, entry),
        used(cache, entry, lambda _: Disposal.QUARANTINE, usage),
        too_young(cache, entry, now),
    ):
        if (found := next(reasons, None)) is not None:
            return found
    return None


def _stays(
    inventory: Inventory,
    route: Route,
    group: Sequence[Load],
    chosen: Set[EntryId],
    usage: Usage,
    forced: Collection[Rule],
) -> Exclusion | None:
    """Why a group cannot move: any of its parts has a reason."""
    cache = inventory.cache_by_id[route.cache]
    assert cache.real_path is not None
    tops = {load.names for load in group}
    for load in group:
        unit = load.unit
        if (other := next((entry for entry in load.entries if entry not in chosen), None)) is not None:
            return Exclusion(Reason.SHARED, route.cache, detail=other)
        for obstacle in unit.obstacles:
            return Exclusion(obstacle.reason, route.cache, detail=obstacle.detail)
        if (who := usage.holder(cache.real_path, unit.names, unit.identity, unit.lock)) is not None:
            return Exclusion(Reason.IN_USE, route.cache, detail=who.label)
        if load.fixed:
            return Exclusion(Reason.READ_ONLY, route.cache, detail="immutable")
        if load.leaving and Rule.LEAVING_LINKS not in forced:
            return Exclusion(Reason.LEAVING, route.cache, detail="/".join(load.leaving[0]))
        for end in load.leads:
            if not any(end[:depth] in tops for depth in range(1, len(end) + 1)):
                return Exclusion(Reason.LEAVING, route.cache, detail="/".join(end))
        if load.there is There.OTHER:
            return Exclusion(Reason.CONFLICT, route.cache, detail=str(route.to.top.joinpath(*unit.names)))
    return None


def _groups(loads: Sequence[Load]) -> list[tuple[Load, ...]]:
    """Loads that share an entry, or of which one leads into another, in the order in which they came."""
    above = list(range(len(loads)))

    def top(number: int) -> int:
        while above[number] != number:
            above[number] = above[above[number]]
            number = above[number]
        return number

    by_entry: dict[EntryId, int] = {}
    places: Mapping[Names, int] = {load.names: number for number, load in enumerate(loads)}
    for number, load in enumerate(loads):
        for entry in load.entries:
            above[top(number)] = top(by_entry.setdefault(entry, number))
        for end in load.leads:
            for depth in range(1, len(end) + 1):
                if (other := places.get(end[:depth])) is not None:
                    above[top(number)] = top(other)
    found: dict[int, list[Load]] = {}
    for number, load in enumerate(loads):
        found.setdefault(top(number), []).append(load)
    return [tuple(group) for group in found.values()]
