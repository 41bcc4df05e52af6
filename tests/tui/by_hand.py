"""Entries and caches by hand, with the sizes of a real machine. Says only what a case is about."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from cachemgr.domain.inventory import Cache, Entry, Origin, Volume
from cachemgr.domain.terms import CacheState, Category, Knowledge, Place, Rebuild
from cachemgr.domain.unit import Identity, Kind, Obstacle, Tally, Unit
from tests.tui.machine_room import NOW, digest

GIB, MIB = 2**30, 2**20
VOLUME = Volume("/dev/nvme0n1p2", "ext4", int(43.9 * GIB), 512 * GIB, mount="/")


def unit(*names: str, size: float, files: int = 1, days: float = 3) -> Unit:
    """A file or a tree of so many bytes, last used so many days ago."""
    allocated = int(size)
    stamp = int((NOW - timedelta(days=days)).timestamp())
    kind = Kind.FILE if files == 1 else Kind.DIRECTORY
    identity = Identity(1, int(digest(*names)[:12], 16), kind, allocated, stamp * 10**9)
    tally = Tally(size=allocated, apparent=allocated, files=files, newest=stamp, accessed=stamp)
    return Unit(names, identity, tally)


def entry(
    cache: str,
    name: str,
    *units: Unit,
    group: str = "",
    notes: tuple[str, ...] = (),
    detached: bool = False,
    days: float = 3,
    expires: float | None = None,
    obstacle: Obstacle | None = None,
) -> Entry:
    """An entry, last used so many days ago; `expires` counts days from now."""
    tally = Tally.of(tuple(unit.tally for unit in units))
    when = NOW - timedelta(days=days)
    return Entry(
        id=f"{cache}:{name}",
        cache=cache,
        name=name,
        pointers=(),
        payload=units,
        tally=tally,
        group=group,
        notes=notes,
        detached=detached,
        modified=when,
        used=when,
        expires=None if expires is None else NOW + timedelta(days=expires),
        obstacles=(obstacle,) if obstacle else (),
        apparent=tally.apparent,
    )


def cache(
    id_: str,
    title: str,
    category: Category,
    rebuild: Rebuild,
    path: str,
    entries: Iterable[Entry],
    *,
    days: float = 3,
    files: int | None = None,
    knowledge: Knowledge = Knowledge.VERIFIED,
    replaced_by: str | None = None,
    way_back: tuple[str, ...] = (),
    state: CacheState = CacheState.OK,
) -> Cache:
    """A root whose measure is that of its entries."""
    parts = {unit.names: unit.tally for found in entries for unit in found.units}
    whole = Tally.of(tuple(parts.values()))
    stamp = int((NOW - timedelta(days=days)).timestamp())
    place = Place(id_.partition("@")[2].partition("-")[0])
    origin = (
        Origin("default", f"~/.cache/{title}") if place is Place.HOME else Origin("cachemgr.toml", title, 4)
    )
    return Cache(
        id=id_,
        type=id_.partition("@")[0],
        title=title,
        category=category,
        place=place,
        origin=origin,
        path=Path(path),
        real_path=Path(path),
        identity=Identity(1, int(digest(id_)[:12], 16), Kind.DIRECTORY, 4096, 0),
        rebuild=rebuild,
        state=state,
        knowledge=knowledge,
        tally=Tally(whole.size, whole.apparent, files or whole.files, newest=stamp, accessed=stamp),
        replaced_by=replaced_by,
        way_back=way_back,
        volume=VOLUME,
    )
