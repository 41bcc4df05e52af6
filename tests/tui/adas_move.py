"""Ada's disks: the project's, where a move is a rename, and one at /data, where it is a copy. Only the looks
at the disks are scripted; what goes and what stays is the planner's."""

from collections.abc import Collection, Iterator, Sequence, Set
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from pathlib import Path

from cachemgr.catalogue import all_types
from cachemgr.domain.destination import Known, Option
from cachemgr.domain.errors import Refused
from cachemgr.domain.inventory import Cache, EntryId, Inventory
from cachemgr.domain.migration import Ground, Load, Route
from cachemgr.domain.plan import Plan
from cachemgr.domain.terms import Rule
from cachemgr.domain.unit import Identity, Kind
from cachemgr.domain.usage import NOT_LOOKED
from cachemgr.migration.planning import Migration
from cachemgr.plan.cargo import load_up
from cachemgr.plan.compose import migrate_plan
from cachemgr.plan.migrate import Leg, roots_of
from tests.tui.by_hand import GIB
from tests.tui.machine_room import NOW, PROJECT, SceneManager, digest

SHOULD = PROJECT / ".cache/huggingface/hub"
DATA = Path("/data/[bold]models[/]\x1b[31m/hub")
"""On another disk, with a name that is only a name."""


@dataclass(frozen=True, slots=True)
class AdasMigration(Migration):
    """With the looks at the disks left out."""

    def places(self, inventory: Inventory, cache: Cache) -> tuple[Known, ...]:
        return (Known(SHOULD, default=True), Known(DATA, "huggingface-hub@custom"))

    def options(
        self, inventory: Inventory, entries: Set[EntryId], to: Path | None = None
    ) -> Iterator[Option]:
        cache = next(inventory.entry_by_id[entry].cache for entry in sorted(entries))
        weight = sum(inventory.entry_by_id[entry].size for entry in entries)
        here, there = int(43.9 * GIB), int(912 * GIB)
        if _is_here(to):
            yield Option(cache, to or SHOULD, weight, here, here, here)
        else:
            yield Option(cache, to or SHOULD, weight, there, there - weight, here)


@dataclass(frozen=True, slots=True)
class MovingManager(SceneManager):
    """Ada's service when she moves something."""

    @property
    def migration(self) -> Migration:
        mine = (self.types, self.settings, self.project, self._protected(), self.observer)
        return AdasMigration(*mine, self.machine, self.state)

    def plan_migrate(
        self,
        inventory: Inventory,
        entries: Set[EntryId],
        *,
        to: Path | None = None,
        link: bool = False,
        keep_days: int | None = None,
        targets: Sequence[str] = (),
        force: Collection[Rule] = (),
    ) -> Plan:
        place = to or SHOULD
        if place == Path("/"):
            raise Refused("/ holds more than one cache may; name a directory of its own in it with --to")
        cache = inventory.cache_by_id[inventory.entry_by_id[min(entries)].cache]
        assert cache.real_path is not None
        source = Ground(cache.real_path, cache.real_path, _identity(1, str(cache.real_path)), mount=1)
        disk = 1 if _is_here(to) else 2
        ground = Ground(place, place, _identity(disk, str(place)), mount=disk)
        route = Route(cache.id, source, ground, tuple(_loads(inventory, cache, entries)))
        cargo = load_up(inventory, route, entries, NOW, NOT_LOOKED, force)
        leg = Leg(cargo, *roots_of(inventory, route, f"{cache.type}@project", cache.type))
        keep = timedelta(days=7)
        made = migrate_plan("p-3d10", inventory, [leg], (), NOW, keep=keep, targets=targets, forced=force)
        return replace(made, created_at=self.clock(), expires_at=self.clock() + timedelta(minutes=15))


def moving(manager: SceneManager) -> MovingManager:
    """The same service, with disks to move something to."""
    given = {field.name: getattr(manager, field.name) for field in fields(manager)}
    return MovingManager(**{**given, "types": all_types()})


def _is_here(to: Path | None) -> bool:
    return to is None or to.is_relative_to("/home")


def _identity(device: int, name: str) -> Identity:
    return Identity(device, int(digest(name)[:12], 16), Kind.DIRECTORY, 4096, 0)


def _loads(inventory: Inventory, cache: Cache, entries: Set[EntryId]) -> Iterator[Load]:
    """Every file by itself, with the entries that share it."""
    holders: dict[tuple[str, ...], list[EntryId]] = {}
    units = {}
    for entry in inventory.entries_by_cache[cache.id]:
        for unit in entry.units:
            holders.setdefault(unit.names, []).append(entry.id)
            units[unit.names] = unit
    for names, held in holders.items():
        if any(entry in entries for entry in held):
            yield Load(replace(units[names]), tuple(held), held[0])
