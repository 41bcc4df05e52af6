"""Inventories, entries and plans built by hand, for tests of what is pure. Says only what a case is about."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cachemgr.domain.inventory import Cache, Entry, Inventory, Origin
from cachemgr.domain.terms import CacheState, Category, Knowledge, Place, Rebuild, Record
from cachemgr.domain.unit import Identity, Kind, Tally, Unit

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


def ago(**amounts: float) -> datetime:
    """`ago(days=3)`: that long before NOW."""
    return NOW - timedelta(**amounts)


def unit(*names: str, size: int = 4096, kind: Kind = Kind.FILE, apparent: int | None = None) -> Unit:
    """A file that takes `size` bytes; its inode number is made of its name."""
    identity = Identity(1, abs(hash(names)) % 2**40, kind, size, 0)
    return Unit(names, identity, Tally(size=size, apparent=size if apparent is None else apparent, files=1))


def entry(
    name: str,
    *units: Unit,
    cache: str = "tmdb@project",
    pointers: tuple[Unit, ...] = (),
    group: str = "",
    notes: tuple[str, ...] = (),
    detached: bool = False,
    modified: datetime | None = None,
    used: datetime | None = None,
    expires: datetime | None = None,
    record: Record | None = None,
) -> Entry:
    """An entry with those units as its payload; without any, it is a single file of its name."""
    payload = units or (unit(name),)
    tally = Tally.of(tuple(u.tally for u in (*pointers, *payload)))
    return Entry(
        id=f"{cache}:{name}",
        cache=cache,
        name=name,
        pointers=pointers,
        payload=payload,
        tally=tally,
        group=group,
        notes=notes,
        detached=detached,
        modified=modified,
        used=used,
        expires=expires,
        record=record or (Record.DATED if expires else Record.NONE),
        apparent=sum(u.tally.apparent for u in payload),
    )


def cache(
    id_: str = "tmdb@project",
    *,
    category: Category = Category.APPS,
    rebuild: Rebuild = Rebuild.COSTS,
    path: str = "",
    tally: Tally | None = None,
    state: CacheState = CacheState.OK,
    knowledge: Knowledge = Knowledge.VERIFIED,
    inside: str | None = None,
    registered: bool = False,
    quarantined: int = 0,
) -> Cache:
    """A root whose type and place are those of its id."""
    kind, _, place = id_.partition("@")
    where = Path(path or f"/home/ada/.cache/{kind}")
    return Cache(
        id=id_,
        type=kind,
        title=kind.replace("-", " ").capitalize(),
        category=category,
        place=Place(place.partition("-")[0]),
        origin=Origin("default", f"~/.cache/{kind}"),
        path=where,
        real_path=where,
        rebuild=rebuild,
        state=state,
        knowledge=knowledge,
        tally=tally,
        inside=inside,
        registered=registered,
        quarantined=quarantined,
    )


def inventory(caches: Iterable[Cache] = (), entries: Iterable[Entry] = ()) -> Inventory:
    """What a scan at NOW found; caches that only their entries name are added."""
    caches, entries = tuple(caches), tuple(entries)
    known = {found.id for found in caches}
    missing = dict.fromkeys(e.cache for e in entries if e.cache not in known)
    return Inventory(NOW, caches + tuple(cache(id_) for id_ in missing), entries)
