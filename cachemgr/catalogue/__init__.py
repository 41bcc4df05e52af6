"""Knowledge: one file per tool family. A module here that defines `CACHES` adds its cache types."""

import importlib
import pkgutil
from functools import cache

from cachemgr.domain.cache_type import CacheType


@cache
def all_types() -> tuple[CacheType, ...]:
    """Every cache type, discovered in this package's modules, by id."""
    found: list[CacheType] = []
    for module in pkgutil.iter_modules(__path__):
        if not module.ispkg:
            found += getattr(importlib.import_module(f"{__name__}.{module.name}"), "CACHES", ())
    return tuple(sorted(found, key=lambda cache_type: cache_type.id))
