"""Cargo becomes steps: directories are made, everything is copied and compared, published and committed, and
only then the sources go. On one file system a rename does all of it at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from cachemgr.domain.action import Action, Commit, Copy, Link, Match, Move, Publish, Remake, Remove, Tidy
from cachemgr.domain.inventory import CacheId, Inventory
from cachemgr.domain.migration import Ground, Load, Route, There
from cachemgr.domain.plan import Root, Step
from cachemgr.domain.terms import Disposal
from cachemgr.domain.unit import Kind
from cachemgr.plan.cargo import Cargo
from cachemgr.plan.preflight import is_rename
from cachemgr.plan.tidy import tidy

Names = tuple[str, ...]
_ORDINARY = 0o755
"""The mode of a directory that is made on the way to a cache, where everybody could reach its source."""
_GROUP, _OTHERS = 0o070, 0o007


@dataclass(frozen=True, slots=True)
class Leg:
    """Cargo with the two roots between which it goes."""

    cargo: Cargo
    source: Root
    to: Root
    linked: bool = False
    """A link is to take the place of the source."""


def migrate(inventory: Inventory, legs: Sequence[Leg]) -> tuple[Step, ...]:
    """The steps of a migration, over all of its legs."""
    return tuple(_Steps(inventory).of(legs))


@dataclass(slots=True)
class _Steps:
    inventory: Inventory
    steps: list[Step] = field(default_factory=list)
    made: dict[tuple[CacheId, Names], int] = field(default_factory=dict)
    """The steps that make directories."""
    published: dict[tuple[CacheId, Names], int] = field(default_factory=dict)
    """For each load the step after which it is in its new place."""

    def of(self, legs: Sequence[Leg]) -> list[Step]:
        for leg in legs:
            self._ground(leg)
        copied = {(leg.source.cache, load.names): self._copy(leg, load)
                  for leg in legs for load in leg.cargo.loads if not is_rename(leg.cargo.route, load)
                  or load.there is There.ALIKE}  # fmt: skip
        for leg in legs:
            for group in (*leg.cargo.groups, *((load,) for load in leg.cargo.beside)):
                self._publish(leg, group, copied)
        commit: tuple[int, ...] = ()
        if any(isinstance(step.action, Publish) for step in self.steps):
            commit = (self._add(Step(Commit(), legs[0].to.cache)),)
        for leg in legs:
            gone = [number for group in leg.cargo.groups for number in self._retire(leg, group, commit)]
            for load in leg.cargo.beside:
                gone += self._retire(leg, (load,), commit, tuple(gone))
            self._tidy(leg)
            if leg.linked:
                self._link(leg, tuple(gone))
        return self.steps

    def _add(self, step: Step) -> int:
        self.steps.append(step)
        return len(self.steps) - 1

    def _ground(self, leg: Leg) -> None:
        """The destination and the directories in it, outermost first."""
        route, root = leg.cargo.route, leg.to
        ordinary = _ORDINARY & ~route.source.shut
        for depth in range(1, len(root.below) + 1):
            last = depth == len(root.below)
            self._make(root, root.below[:depth], _top(route) if last else ordinary)
        folders = {load.names[:depth] for load in leg.cargo.loads for depth in range(1, len(load.names))}
        for names in sorted(folders, key=lambda names: (len(names), names)):
            if names not in route.made:
                self._make(root, (*root.below, *names), route.modes.get(names, ordinary))

    def _make(self, root: Root, names: Names, mode: int) -> None:
        above = self.made.get((root.cache, names[:-1]))
        needs = () if above is None else (above,)
        self.made[(root.cache, names)] = self._add(Step(Remake(names, mode), root.cache, needs=needs))

    def _copy(self, leg: Leg, load: Load) -> int:
        """Into the staging directory; of what is there already it is only seen whether it is the same."""
        names, place = (*leg.source.below, *load.names), (*leg.to.below, *load.names)
        lock = _lock(leg, load)
        action: Action
        if load.there is There.ALIKE:
            action = Match(names, leg.to.cache, place)
        else:
            leaving = tuple((*leg.source.below, *link) for link in load.leaving)
            action = Copy(names, leg.to.cache, lock, leaving)
        return self._add(self._step(leg, load, action, self._ready(leg, ())))

    def _publish(self, leg: Leg, group: Sequence[Load], copied: dict[tuple[CacheId, Names], int]) -> None:
        """One after the other, once all of the group are copied and compared."""
        keys = [(leg.source.cache, load.names) for load in group]
        needs = tuple(sorted(copied[key] for key in keys if key in copied))
        before: tuple[int, ...] = ()
        for load, key in zip(group, keys, strict=True):
            place = (*leg.to.below, *load.names)
            ready = tuple(sorted({*needs, *before, *self._ready(leg, load.names[:-1])}))
            if load.there is There.ALIKE:
                self.published[key] = copied[key]
                continue
            if is_rename(leg.cargo.route, load):
                names = (*leg.source.below, *load.names)
                move = Move(names, leg.to.cache, place, _lock(leg, load))
                self.published[key] = self._add(self._step(leg, load, move, ready))
            else:
                step = Step(Publish(place, copied[key]), leg.to.cache, load.title or None, needs=ready)
                self.published[key] = self._add(step)
            before = (self.published[key],)

    def _retire(
        self, leg: Leg, group: Sequence[Load], commit: tuple[int, ...], after: tuple[int, ...] = ()
    ) -> Iterator[int]:
        """The sources go, what points to something before what it points to."""
        there = {self.published[(leg.source.cache, load.names)] for load in group}
        before = after
        for load in reversed(group):
            key = (leg.source.cache, load.names)
            if is_rename(leg.cargo.route, load) and load.there is not There.ALIKE:
                yield self.published[key]
                continue
            names = (*leg.source.below, *load.names)
            needs = tuple(sorted({*there, *commit, *before}))
            remove = Remove(names, Disposal.QUARANTINE, _lock(leg, load))
            number = self._add(self._step(leg, load, remove, needs))
            before = (number,)
            yield number

    def _tidy(self, leg: Leg) -> None:
        """The directories of the source that are left empty."""
        own = [self._below(leg, step) for step in self.steps]
        for step in list(tidy(self.inventory, own))[len(own) :]:
            assert isinstance(step.action, Tidy)
            action = replace(step.action, names=(*leg.source.below, *step.action.names))
            self._add(replace(step, action=action, cache=leg.source.cache, frees=0))

    def _below(self, leg: Leg, step: Step) -> Step:
        """A step as the inventory of its cache would name it; those of other roots are left out of it."""
        if step.cache != leg.source.cache or not isinstance(step.action, Remove | Move):
            return replace(step, cache="")
        names = step.action.names[len(leg.source.below) :]
        return replace(step, cache=leg.cargo.route.cache, action=replace(step.action, names=names))

    def _link(self, leg: Leg, gone: tuple[int, ...]) -> None:
        names, route = leg.source.below, leg.cargo.route
        left = {step.action.names: number for number, step in enumerate(self.steps)
                if step.cache == leg.source.cache and isinstance(step.action, Tidy)}  # fmt: skip
        needs = tuple(sorted({*gone, *left.values()}))
        cache = self.inventory.cache_by_id[route.cache]
        tidied = self._add(Step(Tidy(names), leg.source.cache, identity=cache.identity, needs=needs))
        self._add(Step(Link(names, str(route.to.top)), leg.source.cache, needs=(tidied,)))

    def _ready(self, leg: Leg, names: Names) -> tuple[int, ...]:
        """The step that makes a directory of the destination, where there is one."""
        made = self.made.get((leg.to.cache, (*leg.to.below, *names)))
        return () if made is None else (made,)

    def _step(self, leg: Leg, load: Load, action: Action, needs: tuple[int, ...]) -> Step:
        unit = load.unit
        cache = self.inventory.cache_by_id[leg.cargo.route.cache]
        return Step(
            action,
            leg.source.cache,
            load.title if load.entries else None,
            unit.identity,
            unit.tally.size,
            needs=needs,
            rebuild=cache.rebuild,
            seen=unit.tally.content if unit.identity.kind is Kind.DIRECTORY else None,
            holds=load.along if isinstance(action, Copy | Match | Move) else (),
        )


def _top(route: Route) -> int:
    """The mode of a cache's directory: its own, but for those whom a directory above it kept out."""
    shut = route.source.shut
    kept_out = _GROUP * bool(shut & _GROUP & 0o011) | _OTHERS * bool(shut & _OTHERS & 0o011)
    return route.modes.get((), _ORDINARY & ~shut) & ~kept_out


def _lock(leg: Leg, load: Load) -> Names:
    return (*leg.source.below, *load.unit.lock) if load.unit.lock else ()


def roots_of(
    inventory: Inventory, route: Route, name: CacheId, kind: str, around: Ground | None = None
) -> tuple[Root, Root]:
    """The pinned roots of a route: where a cache is, and where it goes. Where a link is to take its place,
    what is `around` it is pinned instead."""
    cache = inventory.cache_by_id[route.cache]
    assert cache.real_path is not None
    assert cache.identity is not None
    source = Root(cache.id, cache.type, cache.real_path, cache.identity, cache.third_party)
    if around is not None:
        below = (cache.real_path.name,)
        source = replace(source, path=around.anchor, identity=around.identity, below=below)
    to = route.to
    return source, Root(name, kind, to.anchor, to.identity, cache.third_party, to.below, to.below)
