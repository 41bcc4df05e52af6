"""Where a cache should be: what a configuration says, or else where a project keeps its own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from cachemgr.domain.cache_type import CacheType
from cachemgr.domain.inventory import Cache, CacheId
from cachemgr.domain.settings import Settings
from cachemgr.domain.terms import Place


@dataclass(frozen=True, slots=True)
class Destination:
    """A place for a cache."""

    path: PurePath
    type: CacheType
    """The kind of cache it is there: for a legacy kind the one that took its place."""
    pattern: str = ""
    """What may come there by its name, where the kind of cache changes; empty for everything."""
    of_project: bool = False
    """The project says so, and not whoever works in it: a link must not lead out of the project there."""


@dataclass(frozen=True, slots=True)
class Known:
    """A place that a cache may go to."""

    path: Path
    cache: CacheId | None = None
    """The cache that is there, or is configured to be; None where none is known."""
    default: bool = False
    """Where it should be."""


@dataclass(frozen=True, slots=True)
class Option:
    """A place that a cache may go to, and what that would mean for the space on both sides."""

    cache: CacheId
    path: Path
    size: int
    free: int
    """Free bytes there, now."""
    free_after: int
    """And once it is there; the same where it only gets another name."""
    source_free: int


def destination(
    cache: Cache, types: Mapping[str, CacheType], settings: Settings, project: PurePath | None
) -> Destination | None:
    """Where a cache should be by default; None where nothing says so."""
    kind = types.get(cache.type)
    if kind is None:
        return None
    pattern = ""
    if kind.replaced_by is not None:
        kind = types[kind.replaced_by]
        # What its successor would not know again would be hidden there.
        pattern = kind.whole.pattern if kind.whole is not None else "(?!)"
    if (said := next(_configured(kind, settings), None)) is not None:
        path, place = said
        return Destination(path, kind, pattern, of_project=place is Place.PROJECT)
    if project is not None and kind.project:
        return Destination(project.joinpath(*kind.project[0].split("/")), kind, pattern, of_project=True)
    return None


def is_astray(cache: Cache) -> bool:
    """Whether a cache that nobody named is one to bring into the project: one that is there, or that a person
    put somewhere, is not."""
    return cache.place in (Place.HOME, Place.ENV, Place.LEGACY, Place.SYSTEM)


def _configured(kind: CacheType, settings: Settings) -> Iterator[tuple[PurePath, Place]]:
    for root in settings.roots:
        if root.type == kind.id and root.trusted:
            yield root.path, root.place
    for home in settings.homes:
        if home.name == kind.home_setting and home.trusted:
            yield home.path.joinpath(*filter(None, kind.home_below.split("/"))), home.place
