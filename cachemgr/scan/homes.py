"""What lies in a configured home but in no known cache, so that nothing on disk is hidden."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from cachemgr.disk import handles
from cachemgr.disk.places import Found, look
from cachemgr.disk.reader import DiskReader
from cachemgr.disk.volumes import Mount, mounts_below, volume
from cachemgr.disk.walk import Scope
from cachemgr.domain.event import Gauge
from cachemgr.domain.inventory import Cache
from cachemgr.domain.terms import CacheState, Knowledge, Place, Rebuild
from cachemgr.scan.candidate import Candidate
from cachemgr.scan.roots import Root

OTHER = "other"
"""The cache type of what no cache type claims: listed, and never cleared."""


def leftovers(
    roots: Iterable[Root], caches: Sequence[Cache], table: tuple[Mount, ...], gauge: Gauge
) -> list[Cache]:
    """One cache of type `other` for each thing in a home that is no cache, holds none and lies in none."""
    known = [cache.real_path for cache in caches if cache.real_path is not None]
    homes: dict[Path, Candidate] = {}
    for root in roots:
        home = root.candidate.home
        if home is not None and not root.candidate.problems:
            homes.setdefault(Path(home), root.candidate)
    found: list[Cache] = []
    for home, candidate in homes.items():
        place = look(home)
        # A home that is a cache itself, or lies in one, is accounted for there.
        if isinstance(place, Found) and not any(place.real.is_relative_to(path) for path in known):
            found += _children(home, place, candidate, known, table, gauge)
    return _numbered(found)


def _children(
    home: Path,
    place: Found,
    candidate: Candidate,
    known: Sequence[Path],
    table: tuple[Mount, ...],
    gauge: Gauge,
) -> list[Cache]:
    scope = Scope(
        place.inode[0], handles.owner(), mounts_below(place.real, table), third_party=True, gauge=gauge
    )
    try:
        reader = DiskReader(place.real, scope)
    except OSError:
        return []
    found: list[Cache] = []
    with reader:
        for item in reader.list():
            real = place.real / item.name
            if any(path.is_relative_to(real) for path in known):
                continue
            unit = reader.unit(item.name)
            if unit is None:
                continue
            found.append(
                Cache(
                    id="",
                    type=OTHER,
                    title=f"Other files in {home.name}",
                    category=candidate.type.category,
                    place=candidate.place,
                    origin=candidate.origin,
                    path=home / item.name,
                    real_path=real,
                    identity=unit.identity,
                    rebuild=Rebuild.UNIQUE,
                    knowledge=Knowledge.UNVERIFIED,
                    state=CacheState.PARTIAL if scope.problems else CacheState.OK,
                    tally=unit.tally,
                    volume=volume(place.real, table),
                    problems=tuple(scope.problems),
                )
            )
            scope.problems = []
    return found


def _numbered(caches: list[Cache]) -> list[Cache]:
    counts: dict[Place, int] = {}
    named: list[Cache] = []
    for cache in caches:
        counts[cache.place] = number = counts.get(cache.place, 0) + 1
        suffix = "" if number == 1 else f"-{number}"
        named.append(replace(cache, id=f"{OTHER}@{cache.place}{suffix}"))
    return named
