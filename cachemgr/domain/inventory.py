"""What one scan found: caches, their entries, who keeps what alive, and what was noticed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path

from cachemgr.domain.records import Records
from cachemgr.domain.terms import CacheState, Category, Knowledge, Place, Rebuild, Record, Severity
from cachemgr.domain.unit import Container, Identity, Obstacle, Tally, Unit

CacheId = str
EntryId = str
UnitKey = tuple[CacheId, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a setting came from."""

    source: str
    """`default`, `environment`, or the configuration file's path."""
    key: str
    """The variable or the key in the file; the catalogue's path for a default."""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about a root that a person should know. `present.text` has the sentences."""

    code: str
    """One of `empty` `relative` `unexpanded` `home` `system` `project` `working-directory` `other-home`
    `own-state` `trash` `leads-out` `not-a-directory` `no-evidence` `untrusted` `unreadable` `vanished`
    `mount-point` `other-cache` `alias` `disabled` `unavailable`."""
    detail: str = ""
    errno: int | None = None


@dataclass(frozen=True, slots=True)
class Volume:
    """The file system a root lies on."""

    device: str
    type: str
    free: int
    """Bytes this user may still write (`f_bavail`)."""
    total: int
    network: bool = False
    read_only: bool = False
    mount: str = ""
    records_access: bool = True
    """False on a `noatime` mount: access times say nothing."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a scan noticed, with the command that mends it."""

    code: str
    """`legacy-location` `unusable-root` `untrusted-root` `unreadable` `quarantine` `unknown-quarantine`
    `interrupted-run` `variable-elsewhere` `variable-unset` `second-copy` `unread-variable`
    `profile-elsewhere` `expired-rows` `database-slack` `uncounted-database` `loose-database`
    `packed-responses` …"""
    severity: Severity
    cache: CacheId | None = None
    path: Path | None = None
    size: int | None = None
    fix: tuple[str, ...] = ()
    """An argv that can be run as it stands; empty where there is none."""
    detail: str = ""
    setting: str = ""
    """The variable or key that a setting's finding is about."""
    type: str = ""
    """The cache type that a variable's finding is about."""
    wanted: Path | None = None
    """Where the configuration says that it should be."""
    line: int | None = None
    """Of the file at `path`."""


@dataclass(frozen=True, slots=True)
class Cache:
    """One root found on this machine, with its measure."""

    id: CacheId
    type: str
    title: str
    category: Category
    place: Place
    origin: Origin
    path: Path
    """As it was configured or derived; may be a symbolic link."""
    rebuild: Rebuild
    state: CacheState = CacheState.OK
    knowledge: Knowledge = Knowledge.VERIFIED
    real_path: Path | None = None
    """Where it really is: what is opened, measured and changed. None when it does not exist."""
    identity: Identity | None = None
    """Of the real directory; None when it does not exist."""
    tally: Tally | None = None
    """None when it could not be measured: unknown, not zero."""
    quarantined: int = 0
    """Allocated bytes of `tally` that our own quarantines hold."""
    quarantines: tuple[tuple[str, int], ...] = ()
    """Those quarantines: the run that each is named after, and its allocated bytes."""
    unknown: tuple[Unit, ...] = ()
    """What the layout did not recognise; listed, never removed."""
    containers: tuple[Container, ...] = ()
    bound: tuple[str, ...] = ()
    """Names of containers that leave only together with the one around them."""
    replaced_by: str | None = None
    registered: bool = False
    """Named in the user's or a trusted project's configuration: evidence enough to clear it."""
    configured: bool = False
    """Shown even when it does not exist."""
    evident: bool = True
    """Its structure shows that it is what it claims to be."""
    third_party: bool = False
    """Names of credentials inside its entries are other people's unpacked files."""
    way_back: tuple[str, ...] = ()
    inside: CacheId | None = None
    """The innermost other cache whose tree contains this one."""
    volume: Volume | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def legacy(self) -> bool:
        return self.place is Place.LEGACY


@dataclass(frozen=True, slots=True)
class Entry:
    """The smallest thing a person can keep or clear."""

    id: EntryId
    cache: CacheId
    name: str
    pointers: tuple[Unit, ...]
    payload: tuple[Unit, ...]
    tally: Tally
    """Everything it holds, what it shares with others included."""
    group: str = ""
    notes: tuple[str, ...] = ()
    detached: bool = False
    modified: datetime | None = None
    used: datetime | None = None
    """None where the file system does not record access."""
    expires: datetime | None = None
    record: Record = Record.NONE
    """What its cache wrote down about that."""
    doubt: str = ""
    """Why that cannot be believed, as a code; see `Draft.doubt`."""
    obstacles: tuple[Obstacle, ...] = ()
    """Of the entry and of all its units."""
    apparent: int = 0
    """Logical bytes, as the owning tool would count them."""
    idle: int = 0
    """Seconds without a write after which it counts as abandoned."""
    busy_until: datetime | None = None
    """Until when something beside it counts as being downloaded into it."""
    records: Records | None = None
    """Its rows, where it is a database."""
    version: str = ""
    """See `Draft.version`."""

    @property
    def units(self) -> tuple[Unit, ...]:
        """In the order of removal."""
        return self.pointers + self.payload

    @property
    def size(self) -> int:
        return self.tally.size


@dataclass(frozen=True)
class Inventory:
    """Everything one scan found. Immutable: a new scan makes a new one."""

    scanned_at: datetime
    caches: tuple[Cache, ...] = ()
    entries: tuple[Entry, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def complete(self) -> bool:
        """False when something could not be read, so that sizes are lower bounds."""
        gaps = (CacheState.PARTIAL, CacheState.UNAVAILABLE)
        return not any(cache.state in gaps for cache in self.caches)

    @cached_property
    def cache_by_id(self) -> Mapping[CacheId, Cache]:
        return {cache.id: cache for cache in self.caches}

    @cached_property
    def entry_by_id(self) -> Mapping[EntryId, Entry]:
        return {entry.id: entry for entry in self.entries}

    @cached_property
    def entries_by_cache(self) -> Mapping[CacheId, tuple[Entry, ...]]:
        found: dict[CacheId, list[Entry]] = {cache.id: [] for cache in self.caches}
        for entry in self.entries:
            found.setdefault(entry.cache, []).append(entry)
        return {cache: tuple(entries) for cache, entries in found.items()}

    @cached_property
    def holders(self) -> Mapping[UnitKey, frozenset[EntryId]]:
        """Who keeps each shared unit alive. A unit with a single holder is left out."""
        first: dict[UnitKey, EntryId] = {}
        several: dict[UnitKey, set[EntryId]] = {}
        for entry in self.entries:
            for unit in entry.units:
                key = (entry.cache, unit.names)
                if key in first:
                    several.setdefault(key, {first[key]}).add(entry.id)
                else:
                    first[key] = entry.id
        return {key: frozenset(ids) for key, ids in several.items()}

    def removable_units(self, removed: Sequence[Entry]) -> tuple[tuple[Entry, Unit], ...]:
        """The units that go when those entries go, each once, with an entry that names it.

        A unit that some other entry holds stays.
        """
        ids = {entry.id for entry in removed}
        seen: set[UnitKey] = set()
        going: list[tuple[Entry, Unit]] = []
        for entry in removed:
            for unit in entry.units:
                key = (entry.cache, unit.names)
                if key not in seen and self.holders.get(key, frozenset()) <= ids:
                    seen.add(key)
                    going.append((entry, unit))
        return tuple(going)

    def exclusive(self, entry: Entry) -> int:
        """Allocated bytes that nothing but this entry keeps alive."""
        alone = (unit.tally for unit in entry.units if (entry.cache, unit.names) not in self.holders)
        return Tally.of(tuple(alone)).exclusive

    @cached_property
    def totals(self) -> Tally:
        """Everything on disk, every inode once: a cache inside another is not counted twice."""
        tops = tuple(cache.tally for cache in self.caches if cache.tally and cache.inside is None)
        return Tally.of(tops)

    def own(self, cache: Cache) -> Tally:
        """A cache's measure without the caches inside it. An inode that is met here and in an inner cache
        belongs to the inner one."""
        if cache.tally is None:
            return Tally()
        inner = Tally.of(
            tuple(other.tally for other in self.caches if other.inside == cache.id and other.tally)
        )
        return replace(
            cache.tally,
            size=max(cache.tally.size - inner.size, 0),
            apparent=max(cache.tally.apparent - inner.apparent, 0),
            files=max(cache.tally.files - inner.files, 0),
            directories=max(cache.tally.directories - inner.directories, 0),
            links=max(cache.tally.links - inner.links, 0),
            linked={inode: link for inode, link in cache.tally.linked.items() if inode not in inner.linked},
        )

    def own_size(self, cache: Cache) -> int:
        """Allocated bytes of a cache without those of the caches inside it."""
        return self.own(cache).size
