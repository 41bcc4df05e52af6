"""The design document's `ResponseCache`: texts under keys, in a directory."""

from os import PathLike
from pathlib import Path
from typing import TypedDict

from cachemgr.responses.cache import Cache
from cachemgr.responses.config import MEGABYTE
from cachemgr.responses.config_sources import directory
from cachemgr.responses.entry import JSONValue
from cachemgr.responses.opening import Source, open_cache
from cachemgr.responses.ttl import DEFAULT, TTL


class Stats(TypedDict):
    entries: int
    total_size_mb: float


class ResponseCache:
    """Code that was written for the document runs with this class as it is; new code takes `open_cache`.

    The document's code has a few slips that are mended here: a time to live of 0 stores nothing rather than
    taking the default, what is expired is counted as gone, a clear in one process disturbs no other.
    """

    def __init__(
        self, cache_dir: str | PathLike[str] | None = None, ttl_seconds: float | None = 86_400
    ) -> None:
        given = {} if cache_dir is None else {"cache_dir": directory(cache_dir)}
        self._cache = open_cache({**given, "ttl_seconds": ttl_seconds})

    @classmethod
    def open(cls, source: Source = None) -> "ResponseCache":
        """As configured, with whichever backend. Raises ConfigError."""
        made = cls.__new__(cls)
        made._cache = open_cache(source)
        return made

    @property
    def cache(self) -> Cache:
        """With everything that this class does not show."""
        return self._cache

    def get(self, key: str) -> str | None:
        hit = self._cache.get(key)
        if hit is None and self._recall(key):
            hit = self._cache.get(key)
        if hit is None:
            return None
        return hit.value if isinstance(hit.value, str) else _as_text(hit.value)

    def set(self, key: str, value: str, ttl: TTL = DEFAULT) -> None:
        self._recall(key)
        self._cache.set(key, value, ttl=ttl)

    def clear(self) -> None:
        """Clear all cached entries."""
        self._cache.clear()

    def cleanup_expired(self) -> None:
        """Remove expired entries."""
        self._cache.expire()

    def get_stats(self) -> Stats:
        """The number of entries, and the size of what they say."""
        (line,) = self._cache.status()
        return {"entries": line.entries, "total_size_mb": line.payload_bytes / MEGABYTE}

    def _recall(self, key: str) -> bool:
        """Whether the document's code left an answer under a key that `generate_cache_key` did not make."""
        from cachemgr.responses.file_store import FileStore

        store = self._cache.store
        return isinstance(store, FileStore) and store.recall(key)

    # -- what subclasses of the document's class ask for

    @property
    def cache_dir(self) -> Path:
        return Path(self._cache.place)

    @property
    def ttl_seconds(self) -> float | None:
        return self._cache.config.ttl_seconds

    def _get_cache_path(self, key: str) -> Path:
        """Where the answer is, or will be, with the `file` backend."""
        digest = self._cache.digest(key)
        return self.cache_dir / digest[:2] / f"{digest}.json"

    def _get_metadata_path(self, key: str) -> Path:
        path = self._get_cache_path(key)
        return path.with_name(f"{path.stem}.meta.json")


def _as_text(value: JSONValue) -> str:
    import msgspec

    return msgspec.json.encode(value).decode()
