"""What goes where: destinations are looked at, refused or admitted, and become a plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cachemgr.disk.ground import survey
from cachemgr.disk.places import Found, Protected
from cachemgr.domain.action import Link
from cachemgr.domain.destination import Destination, Known, Option, destination, is_astray
from cachemgr.domain.display import display_name
from cachemgr.domain.errors import Refused, Unavailable, UsageError
from cachemgr.domain.inventory import Problem
from cachemgr.domain.migration import Ground
from cachemgr.domain.plan import Exclusion
from cachemgr.domain.terms import Reason
from cachemgr.migration.admission import refuse_place
from cachemgr.migration.places import known_places, strays
from cachemgr.plan.cargo import load_up
from cachemgr.plan.clear import worth_a_look
from cachemgr.plan.compose import migrate_plan
from cachemgr.plan.migrate import Leg, roots_of
from cachemgr.plan.preflight import refuse_grounds, refuse_room
from cachemgr.plan.recheck import destinations_of, recheck_return, still_moving
from cachemgr.scan.loads import route
from cachemgr.scan.locate import locate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence, Set
    from datetime import datetime
    from pathlib import Path

    from cachemgr.domain.cache_type import CacheType
    from cachemgr.domain.inventory import Cache, CacheId, Entry, EntryId, Inventory
    from cachemgr.domain.machine import Machine
    from cachemgr.domain.outcome import Trouble
    from cachemgr.domain.plan import Plan
    from cachemgr.domain.settings import Settings
    from cachemgr.domain.terms import Rule
    from cachemgr.scan.in_use import Observer

_NOT_FILES = frozenset((".git", ".hg", ".svn"))


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a migration was asked for."""

    to: Path | None = None
    """One directory for one cache; None: where each should be."""
    link: bool = False
    """A link is to take the old place."""
    keep_days: int | None = None
    """How long the source of a copy is kept; None: as it is configured."""
    targets: tuple[str, ...] = ()
    force: tuple[Rule, ...] = ()
    places: Mapping[CacheId, Path] | None = None
    """A directory for each cache, as a saved plan names them."""


@dataclass(frozen=True, slots=True)
class Migration:
    """Over one machine and one configuration."""

    types: tuple[CacheType, ...]
    settings: Settings
    project: Path | None
    protected: Protected
    observer: Observer
    machine: Machine
    own: Path
    """Our state directory."""

    def plan(
        self,
        name: str,
        inventory: Inventory,
        entries: Set[EntryId],
        now: datetime,
        how: Wanted,
    ) -> Plan:
        """Bring those entries to where they should be. Raises Refused, UsageError, Unavailable."""
        to, targets, force, places = how.to, how.targets, how.force, how.places
        chosen = [entry for entry in inventory.entries if entry.id in entries]
        caches = [cache for cache in inventory.caches if any(entry.cache == cache.id for entry in chosen)]
        if to is not None and len(caches) > 1:
            named = ", ".join(cache.id for cache in caches)
            raise UsageError(f"--to takes one cache at a time, and {len(caches)} were named: {named}")
        usage = self.observer.look(worth_a_look(inventory, chosen), force)
        legs: list[Leg] = []
        exclusions: list[Exclusion] = []
        for cache in caches:
            wish = self._wish(cache, to, (places or {}).get(cache.id))
            own = [entry for entry in chosen if entry.cache == cache.id]
            if wish is None or (wish.path == cache.real_path):
                exclusions += self._homeless(cache, own, wish, targets)
                continue
            if to is None and places is None and not is_astray(cache) and cache.id not in targets:
                continue
            self._refuse_link(wish)
            source, ground = self._grounds(cache, wish)
            if not ground.below and ground.anchor == cache.real_path:
                exclusions += self._homeless(cache, own, wish, targets)
                continue
            refuse_grounds(cache, inventory, source, ground, force)
            self._admit(ground, {cache.type, wish.type.id})
            whole = next((kind.whole for kind in self.types if kind.id == cache.type), None)
            try:
                way = route(inventory, cache, {entry.id for entry in own}, whole, source, ground)
            except OSError as error:
                why = error.strerror or "the system said no"
                raise Unavailable(f"{display_name(cache.path)} cannot be read any more: {why}") from error
            cargo = load_up(
                inventory, way, {entry.id for entry in own}, now, usage, force, "" if to else wish.pattern
            )
            taken = {leg.to.cache for leg in legs}
            target = _name(inventory, ground, wish.type.id, self.project, taken)
            around = self._around(cache) if how.link else None
            legs.append(Leg(cargo, *roots_of(inventory, way, target, wish.type.id, around), how.link))
        refuse_room([(leg.cargo.route, load) for leg in legs for load in leg.cargo.loads])
        days = self.settings.retention_days if how.keep_days is None else how.keep_days
        keep = timedelta(days=days)
        return migrate_plan(
            name, inventory, legs, exclusions, now, keep=keep, targets=targets, usage=usage, forced=force
        )

    def recheck(self, plan: Plan, inventory: Inventory, now: datetime) -> Mapping[int, Trouble]:
        """What a plan asks for that planning the same now would not give. Raises as planning does."""
        link = any(isinstance(step.action, Link) for step in plan.steps)
        how = Wanted(link=link, force=plan.forced, places=destinations_of(plan))
        return recheck_return(plan, self.plan(plan.id, inventory, still_moving(plan, inventory), now, how))

    def places(self, inventory: Inventory, cache: Cache) -> tuple[Known, ...]:
        """The places that are known for a cache, where it should be first."""
        kinds = {kind.id: kind for kind in self.types}
        return tuple(known_places(cache, inventory, kinds, self.settings, self.project))

    def options(
        self, inventory: Inventory, entries: Set[EntryId], to: Path | None = None
    ) -> Iterator[Option]:
        """Where those entries may go, by default or to one directory, with the free space on both sides now
        and afterwards. Cheap: no cache is read for it."""
        for cache in inventory.caches:
            own = [entry for entry in inventory.entries_by_cache[cache.id] if entry.id in entries]
            wish = self._wish(cache, to, None) if own else None
            if (
                wish is None
                or cache.real_path is None
                or wish.path == cache.real_path
                or strays(wish, self.project)
            ):
                continue
            ground, source = survey(_path(wish)), survey(cache.real_path)
            if isinstance(ground, Problem) or isinstance(source, Problem):
                continue
            size = sum(unit.tally.size for _, unit in inventory.removable_units(own))
            same = ground.identity.dev == source.identity.dev
            yield Option(
                cache.id,
                _path(wish),
                size,
                ground.free,
                ground.free if same else ground.free - size,
                # One disk has one figure: others write between two looks.
                ground.free if same else source.free,
            )

    def _wish(self, cache: Cache, to: Path | None, place: Path | None) -> Destination | None:
        kinds = {kind.id: kind for kind in self.types}
        found = destination(cache, kinds, self.settings, self.project)
        if (named := to or place) is None:
            return found
        kind = kinds.get(cache.type)
        if place is not None and found is not None and found.path == place:
            return found
        return None if kind is None else Destination(named, kind)

    def _homeless(
        self, cache: Cache, own: Sequence[Entry], wish: Destination | None, targets: Sequence[str]
    ) -> Iterator[Exclusion]:
        """Nothing is said of what a wide word took in and is where it should be."""
        named = any(target == cache.id or target == cache.type or target.startswith(f"{cache.id}:")
                    for target in targets)  # fmt: skip
        if named or (wish is None and is_astray(cache) and targets):
            reason, detail = (Reason.NO_PLACE, "unknown") if wish is None else (Reason.NO_PLACE, "at-home")
            for entry in own:
                yield Exclusion(reason, cache.id, entry.id, size=entry.size, detail=detail)

    def _grounds(self, cache: Cache, wish: Destination) -> tuple[Ground, Ground]:
        assert cache.real_path is not None
        source, to = survey(cache.real_path), survey(_path(wish))
        if isinstance(source, Problem):
            raise Unavailable(f"{display_name(cache.path)} cannot be reached any more")
        if isinstance(to, Problem):
            place = display_name(_path(wish))
            if to.code == "unavailable":
                raise Unavailable(f"{place} cannot be reached; see whether its disk is there")
            why = {"not-a-directory": "is no directory", "leads-nowhere": "is a link that leads nowhere"}
            raise Refused(f"{place} {why.get(to.code, 'cannot hold a cache')}; name another with --to")
        return source, to

    def _refuse_link(self, wish: Destination) -> None:
        if strays(wish, self.project):
            raise Refused(
                f"{display_name(wish.path)} would be reached through a link that leads out of the project; "
                "name the real place with --to"
            )

    def _admit(self, ground: Ground, kinds: Set[str]) -> None:
        """A destination is admitted like any root. Raises Refused."""
        place = display_name(ground.path)
        if (
            not ground.below
            and self.protected.problem(Found(ground.anchor, ground.identity.inode)) is not None
        ):
            raise Refused(
                f"{place} holds more than one cache may; name a directory of its own in it with --to"
            )
        if self.protected.own & ground.above:
            raise Refused(f"{place} lies in cachemgr's own directory; name another with --to")
        if _NOT_FILES.intersection(ground.top.parts):
            raise Refused(f"{place} belongs to version control; name another with --to")
        others = locate(self.types, self.machine, self.settings, self.project)
        refuse_place(ground.top, ground.path, kinds, others, self.machine, self.own)

    def _around(self, cache: Cache) -> Ground:
        """What a cache lies in, where a link is to take its place. Raises Refused."""
        assert cache.real_path is not None
        around = survey(cache.real_path.parent)
        if isinstance(around, Problem) or not around.writable:
            raise Refused(
                f"no link can be left in {display_name(cache.real_path.parent)}; go on without --link"
            )
        own = survey(cache.real_path)
        if isinstance(own, Problem) or own.mount != around.mount:
            raise Refused(
                f"{cache.id} is a mount of its own, which no link can replace; go on without --link"
            )
        if cache.unknown:
            first = display_name("/".join(cache.unknown[0].names))
            more = f" and {len(cache.unknown) - 1:,} more" if cache.unknown[1:] else ""
            raise Refused(
                f"{cache.id} holds what does not move ({first}{more}), so that no link can take its place; "
                "go on without --link"
            )
        if not around.links:
            raise Refused(f"no link can be left on {display_name(around.anchor)}; go on without --link")
        return around


def _path(wish: Destination) -> Path:
    from pathlib import Path

    return Path(wish.path)


def _name(
    inventory: Inventory, ground: Ground, kind: str, project: Path | None, taken: Set[CacheId]
) -> CacheId:
    """What the cache at a destination is called, or would be."""
    for cache in inventory.caches:
        if not ground.below and cache.identity is not None and cache.identity.inode == ground.identity.inode:
            return cache.id
    place = "project" if project is not None and ground.top.is_relative_to(project) else "custom"
    known = {cache.id for cache in inventory.caches if cache.real_path is not None} | taken
    name, number = f"{kind}@{place}", 1
    while name in known:
        number += 1
        name = f"{kind}@{place}-{number}"
    return name
