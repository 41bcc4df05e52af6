"""A store with memory behind it: while a server does not answer, this process remembers for itself."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from cachemgr.responses.config import CacheConfig
from cachemgr.responses.errors import Unreachable
from cachemgr.responses.memory_store import MemoryStore
from cachemgr.responses.metadata import Metadata, Stored
from cachemgr.responses.query import EntryQuery
from cachemgr.responses.redis_store import RedisStore
from cachemgr.responses.report import Removed

_T = TypeVar("_T")


class FallbackStore(RedisStore):
    """What was written to memory meanwhile stays there, and is asked for whenever the server is silent; until
    the server has something later."""

    def __init__(self, config: CacheConfig, *, read_only: bool = False) -> None:
        super().__init__(config, read_only=read_only)
        self._memory = MemoryStore(config, read_only=read_only)

    def read(self, digest: str, at_ms: int) -> Stored | None:
        return self._or(
            lambda: RedisStore.read(self, digest, at_ms), lambda: self._memory.read(digest, at_ms)
        )

    def write(self, digest: str, payload: bytes, metadata: Metadata) -> None:
        def both() -> None:
            RedisStore.write(self, digest, payload, metadata)
            self._memory.delete(digest)

        self._or(both, lambda: self._memory.write(digest, payload, metadata))

    def write_newer(self, digest: str, payload: bytes, metadata: Metadata) -> bool:
        def both() -> bool:
            written = RedisStore.write_newer(self, digest, payload, metadata)
            self._memory.delete(digest)
            return written

        return self._or(both, lambda: self._memory.write_newer(digest, payload, metadata))

    def delete(self, digest: str) -> bool:
        remembered = self._memory.delete(digest)
        return self._or(lambda: RedisStore.delete(self, digest), lambda: False) or remembered

    def renew(self, digest: str, expires_at_ms: int | None, at_ms: int) -> bool:
        remembered = self._memory.renew(digest, expires_at_ms, at_ms)
        there = self._or(lambda: RedisStore.renew(self, digest, expires_at_ms, at_ms), lambda: False)
        return there or remembered

    def clear(self, query: EntryQuery) -> Iterator[Removed]:
        """What was remembered is no entry of the server's, and is not counted."""
        for _ in self._memory.clear(query):
            pass
        yield from super().clear(query)

    def _or(self, action: Callable[[], _T], otherwise: Callable[[], _T]) -> _T:
        try:
            return action()
        except Unreachable:
            return otherwise()
