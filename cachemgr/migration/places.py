"""The places that are known for a cache: where it should be, and where others of its kind are or may be."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath

from cachemgr.disk.places import leads_out
from cachemgr.domain.cache_type import CacheType
from cachemgr.domain.destination import Destination, Known, destination
from cachemgr.domain.inventory import Cache, Inventory
from cachemgr.domain.settings import Settings
from cachemgr.domain.terms import CacheState

_REACHABLE = (CacheState.OK, CacheState.PARTIAL, CacheState.MISSING)


def known_places(
    cache: Cache,
    inventory: Inventory,
    types: Mapping[str, CacheType],
    settings: Settings,
    project: PurePath | None,
) -> Iterator[Known]:
    """The default first; each place once, and never the one where the cache is."""
    met = {str(path) for path in (cache.path, cache.real_path) if path is not None}
    wish = destination(cache, types, settings, project)
    kinds = {cache.type, wish.type.id} if wish is not None else {cache.type}
    others = [other for other in inventory.caches if other.type in kinds and not other.legacy]
    if wish is not None and str(wish.path) not in met and not strays(wish, project):
        there = next((other.id for other in others if str(other.path) == str(wish.path)), None)
        met.add(str(wish.path))
        yield Known(Path(wish.path), there, default=True)
    for other in others:
        if other.state in _REACHABLE and other.path is not None and str(other.path) not in met:
            met.add(str(other.path))
            yield Known(Path(other.path), other.id)
    kind = types.get(cache.replaced_by or cache.type)
    if project is not None and kind is not None and kind.project:
        usual = project.joinpath(*kind.project[0].split("/"))
        if str(usual) not in met and not _leads_out(usual, project):
            yield Known(Path(usual))


def strays(wish: Destination, project: PurePath | None) -> bool:
    """Whether a place that only the project names is really outside of it: a link there is nobody's word."""
    return wish.of_project and _leads_out(wish.path, project)


def _leads_out(path: PurePath, project: PurePath | None) -> bool:
    # Where something goes to is looked for without the `..` of its name.
    return leads_out(Path(os.path.abspath(path)), None if project is None else Path(project))
