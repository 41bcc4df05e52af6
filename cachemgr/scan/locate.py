"""Where caches may be: settings, variables, defaults, projects, by each tool's own rules. Reads no disk."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePath

from cachemgr.domain.cache_type import CacheType, Default, Variable
from cachemgr.domain.inventory import Origin, Problem
from cachemgr.domain.machine import Machine
from cachemgr.domain.reading import above_home, read_variable
from cachemgr.domain.rules import default_path, rules
from cachemgr.domain.settings import HomeSetting, RootSetting, Settings
from cachemgr.domain.terms import Place
from cachemgr.scan.candidate import Candidate

CUSTOM = "custom"
"""The cache type that stands for every name the catalogue does not know."""


def locate(
    types: Iterable[CacheType], machine: Machine, settings: Settings, project: PurePath | None
) -> tuple[Candidate, ...]:
    """Every place where a cache may be: type by type, and for each the strongest rule first.

    Configured roots say where a cache should be; variables and defaults, where it is. A path that several
    rules name is one candidate.
    """
    known = {cache_type.id: cache_type for cache_type in types}
    places = _Places(machine, settings, project)
    found: list[Candidate] = []
    for cache_type in known.values():
        found += _merged(places.of(cache_type))
    if CUSTOM in known:
        made = (places.named(known[CUSTOM], root) for root in settings.roots if root.type not in known)
        found += made
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Places:
    machine: Machine
    settings: Settings
    project: PurePath | None

    def of(self, cache_type: CacheType) -> Iterator[Candidate]:
        # A tool that neither variables nor defaults lead writes where its project or configuration says.
        led = bool(cache_type.variables or cache_type.defaults)
        yield from self._configured(cache_type, active=not led)
        yield from self._written(cache_type)
        if self.project is not None:
            yield from self._in_project(cache_type, self.project, active=not led)
        for default in self._here(cache_type.legacy):
            if path := default_path(default.path, self.machine):
                yield Candidate(cache_type, Place.LEGACY, _catalogue(default.path), path, active=False)

    def named(self, custom: CacheType, root: RootSetting) -> Candidate:
        """A cache that only the configuration knows."""
        made = replace(
            custom,
            id=root.type,
            title=root.title or root.type,
            category=root.category,
            rebuild=root.rebuild,
        )
        return self._set(made, root, root.path, active=True)

    def _configured(self, cache_type: CacheType, *, active: bool) -> Iterator[Candidate]:
        for root in self.settings.roots:
            if root.type == cache_type.id:
                yield self._set(cache_type, root, root.path, active=active)
        for home in self.settings.homes:
            if home.name == cache_type.home_setting:
                found = self._set(cache_type, home, home.path / cache_type.home_below, active=active)
                yield found if found.problems else replace(found, home=home.path)

    def _set(
        self, cache_type: CacheType, setting: HomeSetting | RootSetting, path: PurePath, *, active: bool
    ) -> Candidate:
        problems: tuple[Problem, ...] = ()
        if above_home(setting.path, self.machine):
            problems = (Problem("home", str(setting.path)),)
        elif not setting.trusted:
            problems = (Problem("untrusted", str(setting.path)),)
        return Candidate(
            cache_type,
            setting.place,
            setting.origin,
            path,
            problems,
            configured=True,
            registered=setting.trusted,
            active=active,
        )

    def _written(self, cache_type: CacheType) -> Iterator[Candidate]:
        """Where the tool writes, and where it would were that rule taken away."""
        decided = False
        for rule in rules(cache_type, self.machine):
            found = self._by_default(cache_type, rule) if isinstance(rule, Default) else None
            if isinstance(rule, Variable):
                found = self._by_variable(cache_type, rule)
            if found is not None:
                yield replace(found, active=not decided)
                # Whether it is there is for the scan to see; until then the next rule may count, too.
                decided = decided or not (isinstance(rule, Default) and rule.if_exists)

    def _by_variable(self, cache_type: CacheType, variable: Variable) -> Candidate | None:
        reading = read_variable(variable, self.machine)
        if reading is None:
            return None
        own = bool(variable.below) and not variable.shared and not reading.problems
        return Candidate(
            cache_type,
            Place.ENV,
            Origin("environment", variable.name),
            reading.path,
            reading.problems,
            home=reading.value if own else None,
        )

    def _by_default(self, cache_type: CacheType, default: Default) -> Candidate | None:
        path = default_path(default.path, self.machine)
        if path is None:
            return None
        return Candidate(cache_type, default.place, _catalogue(default.path), path)

    def _in_project(self, cache_type: CacheType, project: PurePath, *, active: bool) -> Iterator[Candidate]:
        for below in cache_type.project:
            yield Candidate(cache_type, Place.PROJECT, _catalogue(below), project / below, active=active)
        follows = cache_type.convention in self.settings.conventions
        for below in cache_type.legacy_project:
            yield Candidate(
                cache_type,
                Place.LEGACY,
                _catalogue(below),
                project / below,
                registered=follows,
                active=False,
            )

    def _here(self, defaults: tuple[Default, ...]) -> tuple[Default, ...]:
        """Those of this platform. What everybody shares (`/tmp`, `/usr/share`) is no part of another home."""
        return tuple(
            default
            for default in defaults
            if self.machine.platform in default.platforms
            and (self.machine.own or default.place is not Place.SYSTEM)
        )


def _merged(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """One candidate a path: the strongest, with what the weaker ones add. A bad one speaks for itself."""
    found: dict[tuple[PurePath | None, bool], Candidate] = {}
    for candidate in candidates:
        key = (candidate.path, bool(candidate.problems))
        if first := found.get(key):
            candidate = replace(
                first,
                configured=first.configured or candidate.configured,
                registered=first.registered or candidate.registered,
                active=first.active or candidate.active,
                home=first.home or candidate.home,
            )
        found[key] = candidate
    return tuple(found.values())


def _catalogue(path: str) -> Origin:
    return Origin("default", path)
