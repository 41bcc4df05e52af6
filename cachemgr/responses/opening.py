"""From a configuration to a cache."""

from collections.abc import Callable, Mapping
from os import PathLike
from typing import Any

from cachemgr.responses.cache import Cache
from cachemgr.responses.clock import SYSTEM, Clock
from cachemgr.responses.config import CacheConfig
from cachemgr.responses.config_sources import load
from cachemgr.responses.errors import MissingPackage
from cachemgr.responses.store import Store

Source = CacheConfig | Mapping[str, Any] | str | PathLike[str] | None


def open_cache(source: Source = None, *, read_only: bool = False, clock: Clock = SYSTEM) -> Cache:
    """A cache as configured: by a CacheConfig, a mapping, a configuration file, or a directory of its own.

    Without any of them, by the `.questfoundry/config.yml` of the working directory, if there is one. Touches
    nothing on disk. Raises ConfigError.
    """
    config = load(source)
    return Cache(store_of(config, read_only=read_only), config, clock=clock)


def store_of(config: CacheConfig, *, read_only: bool = False) -> Store:
    """The backend alone. A backend's module is loaded when it is asked for."""
    return _OPENERS[config.backend](config, read_only=read_only)


def _file(config: CacheConfig, *, read_only: bool) -> Store:
    from cachemgr.responses.file_store import FileStore

    return FileStore(config, read_only=read_only)


def _memory(config: CacheConfig, *, read_only: bool) -> Store:
    from cachemgr.responses.memory_store import MemoryStore

    return MemoryStore(config, read_only=read_only)


def _sqlite(config: CacheConfig, *, read_only: bool) -> Store:
    from cachemgr.responses.sqlite_store import SqliteStore

    return SqliteStore(config, read_only=read_only)


def _redis(config: CacheConfig, *, read_only: bool) -> Store:
    try:
        if config.redis.fallback == "memory":
            from cachemgr.responses.fallback_store import FallbackStore

            return FallbackStore(config, read_only=read_only)
        from cachemgr.responses.redis_store import RedisStore

        return RedisStore(config, read_only=read_only)
    except ModuleNotFoundError as error:
        if error.name != "redis":
            raise
        raise MissingPackage("`backend` is redis, which needs: pip install 'cachemgr[redis]'") from None


_OPENERS: dict[str, Callable[..., Store]] = {
    "file": _file,
    "memory": _memory,
    "sqlite": _sqlite,
    "redis": _redis,
}
