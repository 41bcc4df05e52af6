"""Roots become caches and entries, one root after the other. Stopping the loop cancels."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from cachemgr.disk import handles
from cachemgr.disk.places import Protected
from cachemgr.disk.reader import OURS, DiskReader
from cachemgr.disk.scope import OTHER_CACHE, Scope
from cachemgr.disk.volumes import Mount, mounts, mounts_below, volume
from cachemgr.domain.event import CacheScanned, Gauge, ScanEvent, ScanFinished, ScanStarted
from cachemgr.domain.inventory import Cache, CacheId, Entry, Inventory, Problem, Volume
from cachemgr.domain.terms import CacheState
from cachemgr.domain.unit import Draft, Inode, Obstacle, Tally, Unit
from cachemgr.scan.homes import leftovers
from cachemgr.scan.roots import Root, nesting


@dataclass(slots=True)
class Scanner:
    """One scan: the roots, and what surrounds them."""

    roots: tuple[Root, ...]
    now: datetime
    protected: Protected
    gauge: Gauge = field(default_factory=Gauge)
    table: tuple[Mount, ...] = field(default_factory=mounts)

    def scan(self) -> Iterator[ScanEvent]:
        """Every root measured and read. Raises Stopped when the gauge says so."""
        yield ScanStarted(len(self.roots))
        inodes = {root.found.inode: root.id for root in self.roots if root.found is not None}
        caches: list[Cache] = []
        entries: list[Entry] = []
        for number, root in enumerate(self.roots, 1):
            self.gauge.cache = root.id
            cache, found = self._root(root, inodes)
            if found or not root.candidate.type.shy:
                caches.append(cache)
                entries += found
            yield CacheScanned(root.id, number, len(self.roots))
        inside = nesting(caches, self.table)
        caches = [replace(cache, inside=inside.get(cache.id)) for cache in caches]
        caches += leftovers(self.roots, caches, self.protected, self.table, self.gauge)
        yield ScanFinished(Inventory(self.now, tuple(caches), tuple(entries)))

    def _root(self, root: Root, inodes: Mapping[Inode, CacheId]) -> tuple[Cache, list[Entry]]:
        cache = _listed(root)
        if root.found is None:
            return cache, []
        others = {inode: name for inode, name in inodes.items() if name != root.id}
        scope = Scope(
            device=root.found.inode[0],
            owner=handles.owner(),
            mounts=mounts_below(root.found.real, self.table),
            roots=others,
            third_party=root.candidate.type.third_party,
            now=self.now.timestamp(),
            gauge=self.gauge,
        )
        try:
            reader = DiskReader(root.found.real, scope)
        except OSError as error:
            problem = Problem("unavailable", "", error.errno)
            return replace(cache, state=CacheState.UNAVAILABLE, problems=(*cache.problems, problem)), []
        with reader:
            layout = root.candidate.type.layout
            evident = layout.evidence(reader)
            drafts = list(layout.read(reader))
            unknown = reader.rest()
            tally = reader.total()
            room = volume(root.found.real, self.table)
            entries = [entry(root.id, draft, room) for draft in drafts]
            unread = any(problem.code == "unreadable" for problem in scope.problems)
            # A gap may have been met twice: when the layout read, and when its unit was measured.
            problems = (*cache.problems, *dict.fromkeys(scope.problems))
            if not evident and not root.candidate.registered:
                problems = (*problems, Problem("no-evidence"))
            return replace(
                cache,
                state=CacheState.PARTIAL if unread else CacheState.OK,
                identity=reader.identity,
                tally=tally,
                quarantined=reader.quarantined,
                quarantines=tuple(
                    (unit.names[0].removeprefix(OURS), unit.tally.size) for unit in reader.quarantines()
                ),
                unknown=tuple(unit for unit in unknown if not _holds_cache(unit)),
                containers=reader.containers(),
                evident=evident,
                volume=room,
                problems=problems,
            ), entries


def entry(cache: CacheId, draft: Draft, room: Volume | None) -> Entry:
    """An entry from what a layout read, with its measure and an id."""
    units = draft.pointers + draft.payload
    tally = Tally.of(tuple(unit.tally for unit in units))
    obstacles: dict[Obstacle, None] = dict.fromkeys(draft.obstacles)
    for unit in units:
        obstacles.update(dict.fromkeys(unit.obstacles))
    recorded = room is None or room.records_access
    return Entry(
        id=f"{cache}:{draft.name}",
        cache=cache,
        name=draft.name,
        pointers=draft.pointers,
        payload=draft.payload,
        tally=tally,
        group=draft.group,
        notes=draft.notes,
        version=draft.version,
        detached=draft.detached,
        modified=_moment(tally.newest),
        # What points to the payload is read by every scan, ours too: that is no use.
        used=_moment(_accessed(draft.payload or draft.pointers)) if recorded else None,
        expires=_moment(draft.expires),
        record=draft.record,
        doubt=draft.doubt,
        obstacles=tuple(obstacles),
        apparent=tally.apparent if draft.apparent is None else draft.apparent,
        idle=draft.idle,
        busy_until=_moment(draft.busy_until),
        records=draft.records,
    )


def _accessed(units: tuple[Unit, ...]) -> int | None:
    return max((unit.tally.accessed for unit in units if unit.tally.accessed is not None), default=None)


def _listed(root: Root) -> Cache:
    """A root as it is listed before anything in it was read."""
    kind = root.candidate.type
    if root.missing:
        state = CacheState.MISSING
    elif root.found is None:
        gone = any(problem.code == "unavailable" for problem in root.problems)
        state = CacheState.UNAVAILABLE if gone else CacheState.UNUSABLE
    else:
        state = CacheState.OK
    return Cache(
        id=root.id,
        type=kind.id,
        title=kind.title,
        category=kind.category,
        place=root.candidate.place,
        origin=root.candidate.origin,
        path=root.path,
        rebuild=kind.rebuild,
        state=state,
        knowledge=kind.knowledge,
        real_path=root.found.real if root.found is not None else None,
        replaced_by=kind.replaced_by,
        registered=root.candidate.registered,
        configured=root.candidate.configured,
        bound=kind.bound,
        third_party=kind.third_party,
        way_back=kind.way_back,
        problems=root.problems,
    )


def _holds_cache(unit: Unit) -> bool:
    """Whether it is another cache, or has one in it: known well enough, only not here."""
    return any(obstacle.detail.startswith(OTHER_CACHE) for obstacle in unit.obstacles)


def _moment(seconds: float | None) -> datetime | None:
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None
