"""What a project should have, told from its configuration and, where it has none yet, from the catalogue."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath, PurePosixPath

from cachemgr.domain.cache_type import CacheType
from cachemgr.domain.settings import RootSetting, Settings
from cachemgr.domain.setup import Blueprint
from cachemgr.domain.terms import CHEAP, Rebuild

_CACHES = ".cache"
"""The directory whose name says that all in it is cached (XDG Base Directory Specification)."""


def blueprint(types: Iterable[CacheType], settings: Settings, project: PurePath, *, fresh: bool) -> Blueprint:
    """`fresh`: the project has no configuration yet, so a new one will name the usual places."""
    types = tuple(types)
    said = {home.name for home in settings.homes}
    homes = {name: below for name, below in _usual_homes(types) if fresh and name not in said}
    places = [project / below for below in homes.values()]
    places += [home.path for home in settings.homes if home.trusted]
    roots = [root for root in settings.roots if root.trusted]
    places += [root.path for root in roots]
    own = tuple(dict.fromkeys(place for place in places if _inside(place, project)))
    known = {kind.id: kind.rebuild for kind in types}
    cheap = {root.path for root in roots if _rebuild(root, known) in CHEAP}
    usual = _usual_ignored(types)
    named = tuple(place.relative_to(project).as_posix() for place in own)
    return Blueprint(
        project,
        own,
        frozenset({project / _CACHES, *cheap}),
        tuple(dict.fromkeys((*usual, *named))),
        frozenset(named).difference(usual),
        homes,
    )


def _inside(place: PurePath, project: PurePath) -> bool:
    if not place.is_relative_to(project):
        return False
    below = place.relative_to(project).parts
    return bool(below) and ".." not in below


def _rebuild(root: RootSetting, known: Mapping[str, Rebuild]) -> Rebuild:
    return known.get(root.type, root.rebuild)


def _usual_homes(types: Iterable[CacheType]) -> Iterator[tuple[str, str]]:
    """Each home setting with the place that the catalogue knows in projects: `.cache/torch`."""
    for kind in types:
        tail = f"/{kind.home_below}"
        for below in kind.project[:1]:
            if kind.home_setting and kind.home_below and below.endswith(tail):
                yield kind.home_setting, below.removesuffix(tail)


def _usual_ignored(types: Iterable[CacheType]) -> tuple[str, ...]:
    """Where projects keep caches, and used to."""
    places = (below for kind in types for below in (*kind.project, *kind.legacy_project))
    tops = (_CACHES if PurePosixPath(below).parts[0] == _CACHES else below for below in places)
    return tuple(sorted(set(tops)))
