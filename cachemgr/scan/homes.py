"""What lies in a configured home but in no known cache, so that nothing on disk is hidden."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cachemgr.disk import handles
from cachemgr.disk.places import Found, Protected, look
from cachemgr.disk.reader import DiskReader
from cachemgr.disk.scope import Scope
from cachemgr.disk.volumes import Mount, mounts_below, volume
from cachemgr.domain.event import Gauge
from cachemgr.domain.inventory import Cache, Problem
from cachemgr.domain.terms import CacheState, Knowledge, Place, Rebuild
from cachemgr.domain.unit import Kind, Unit
from cachemgr.scan.candidate import Candidate
from cachemgr.scan.roots import Root

OTHER = "other"
"""The cache type of what no cache type claims: listed, and never cleared."""


def leftovers(
    roots: Iterable[Root],
    caches: Sequence[Cache],
    protected: Protected,
    table: tuple[Mount, ...],
    gauge: Gauge,
) -> list[Cache]:
    """One cache of type `other` for each thing in a home that is no cache, holds none and lies in none."""
    known = [cache.real_path for cache in caches if cache.real_path is not None]
    homes: dict[Path, Candidate] = {}
    for root in roots:
        home = root.candidate.home
        if home is not None and not root.candidate.problems:
            homes.setdefault(Path(home), root.candidate)
    found: list[Cache] = []
    seen: set[Path] = set()
    for path, candidate in homes.items():
        place = look(path)
        # A home that is a cache itself, or lies in one, is accounted for there; and a directory that is
        # everybody's (HF_HOME=/tmp) is no home, whatever a setting says.
        if not isinstance(place, Found) or place.real in seen or protected.problem(place) is not None:
            continue
        seen.add(place.real)
        if not any(place.real.is_relative_to(other) for other in known):
            found += _Home(path, place, candidate, known, table, gauge).caches()
    return _numbered(found)


@dataclass(frozen=True, slots=True)
class _Home:
    path: Path
    place: Found
    candidate: Candidate
    known: Sequence[Path]
    table: tuple[Mount, ...]
    gauge: Gauge

    def caches(self) -> Iterator[Cache]:
        scope = Scope(
            self.place.inode[0],
            handles.owner(),
            mounts_below(self.place.real, self.table),
            third_party=True,
            gauge=self.gauge,
        )
        try:
            reader = DiskReader(self.place.real, scope)
        except OSError as error:
            yield self._unread(Problem("unavailable", "", error.errno))
            return
        with reader:
            for unit in self._units(reader, ()):
                yield self._cache(unit, tuple(scope.problems))
                scope.problems = []
            if scope.problems:
                yield self._unread(scope.problems[0])

    def _units(self, reader: DiskReader, above: tuple[str, ...]) -> Iterator[Unit]:
        for item in reader.list(*above):
            names = (*above, item.name)
            real = self.place.real.joinpath(*names)
            if real in self.known:
                continue
            if item.kind is Kind.DIRECTORY and any(path.is_relative_to(real) for path in self.known):
                yield from self._units(reader, names)
            elif (unit := reader.unit(*names)) is not None:
                yield unit

    def _cache(self, unit: Unit, problems: tuple[Problem, ...]) -> Cache:
        partial = any(problem.code == "unreadable" for problem in problems)
        return replace(
            self._listed(),
            path=self.path.joinpath(*unit.names),
            real_path=self.place.real.joinpath(*unit.names),
            identity=unit.identity,
            state=CacheState.PARTIAL if partial else CacheState.OK,
            tally=unit.tally,
            volume=volume(self.place.real, self.table),
            problems=problems,
        )

    def _unread(self, problem: Problem) -> Cache:
        """The home itself, in the place of what could not be listed in it."""
        return replace(self._listed(), state=CacheState.UNAVAILABLE, problems=(problem,))

    def _listed(self) -> Cache:
        return Cache(
            id="",
            type=OTHER,
            title=f"Other files in {self.path.name}",
            category=self.candidate.type.category,
            place=self.candidate.place,
            origin=self.candidate.origin,
            path=self.path,
            rebuild=Rebuild.UNIQUE,
            knowledge=Knowledge.UNVERIFIED,
        )


def _numbered(caches: list[Cache]) -> list[Cache]:
    counts: dict[Place, int] = {}
    named: list[Cache] = []
    for cache in caches:
        counts[cache.place] = number = counts.get(cache.place, 0) + 1
        suffix = "" if number == 1 else f"-{number}"
        named.append(replace(cache, id=f"{OTHER}@{cache.place}{suffix}"))
    return named
