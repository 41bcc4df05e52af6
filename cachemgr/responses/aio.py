"""The same cache for asyncio: one thread does the waiting."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import ParamSpec, TypeVar

from cachemgr.responses.analytics import Analytics
from cachemgr.responses.cache import Cache
from cachemgr.responses.clock import SYSTEM, Clock
from cachemgr.responses.entry import Entry, Hit, JSONValue, SetResult
from cachemgr.responses.lookups import Key
from cachemgr.responses.opening import Source, open_cache
from cachemgr.responses.query import ALL, EntryQuery, Grouping, Order
from cachemgr.responses.report import SweepReport, Totals, VerifyReport
from cachemgr.responses.ttl import DEFAULT, TTL, seconds
from cachemgr.responses.usage import NOTHING, Usage, answered
from cachemgr.responses.warming import Item, WarmReport
from cachemgr.responses.worth import worth_keeping

_P = ParamSpec("_P")
_T = TypeVar("_T")
AsyncComputation = Callable[[], Awaitable[tuple[JSONValue, Usage]]]


class AsyncCache:
    """Wraps a Cache, which stays usable beside it. What only `cache` has, `run` calls."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        # One thread: a local cache answers in microseconds, and a hop to a pool costs more (measured).
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="cachemgr-responses")
        self._flights: dict[str, asyncio.Lock] = {}

    @property
    def cache(self) -> Cache:
        return self._cache

    async def run(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """`await cache.run(cache.cache.touch, key, 60)`"""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, partial(function, *args, **kwargs))

    async def get(self, key: Key, *, allow_stale: float | timedelta = 0) -> Hit | None:
        if not allow_stale:
            # What is done most often takes the shortest way.
            return await asyncio.get_running_loop().run_in_executor(self._executor, self._cache.get, key)
        return await self.run(self._cache.get, key, allow_stale=allow_stale)

    async def set(
        self,
        key: Key,
        value: JSONValue,
        *,
        ttl: TTL = DEFAULT,
        usage: Usage = NOTHING,
        provider: str = "",
        model: str = "",
    ) -> SetResult:
        return await self.run(
            self._cache.set, key, value, ttl=ttl, usage=usage, provider=provider, model=model
        )

    async def delete(self, key: Key) -> bool:
        return await self.run(self._cache.delete, key)

    async def touch(self, key: Key, ttl: TTL = DEFAULT) -> bool:
        return await self.run(self._cache.touch, key, ttl)

    async def get_or_compute(
        self,
        key: Key,
        compute: AsyncComputation,
        *,
        ttl: TTL = DEFAULT,
        should_cache: Callable[[JSONValue], bool] = worth_keeping,
    ) -> Hit:
        """The cached answer, or the computed one. Of all tasks of one loop that miss on a key at once, one
        computes; other processes may compute it too, since no lock is held across an await. Raises TypeError
        where `compute` cannot be called or does not return `(value, Usage)`."""
        if not callable(compute):
            raise TypeError(
                f"`compute` is called without arguments; {type(compute).__name__} cannot be called"
            )
        if ttl is not DEFAULT:
            seconds(ttl)
        if (hit := await self.get(key)) is not None:
            return hit
        digest = self._cache.digest(key)
        lock = self._flights.setdefault(digest, asyncio.Lock())
        async with lock:
            try:
                if (hit := await self.get(key)) is not None:
                    return hit
                value, usage = answered(await compute())
                if should_cache(value):
                    await self.set(key, value, ttl=ttl, usage=usage)
                return self._cache.computed(value, usage)
            finally:
                self._flights.pop(digest, None)

    async def peek(self, key: Key) -> Hit | None:
        return await self.run(self._cache.peek, key)

    async def warm(self, items: Iterable[Item], *, ttl: TTL = DEFAULT, replace: bool = False) -> WarmReport:
        return await self.run(self._cache.warm, items, ttl=ttl, replace=replace)

    async def status(self, *, group_by: tuple[Grouping, ...] = ()) -> list[Totals]:
        return await self.run(self._cache.status, group_by=group_by)

    async def entries(
        self, query: EntryQuery = ALL, *, order_by: Order = "created", limit: int | None = None
    ) -> list[Entry]:
        return await self.run(lambda: list(self._cache.entries(query, order_by=order_by, limit=limit)))

    async def analytics(self, since: str | None = None, until: str | None = None) -> Analytics:
        return await self.run(self._cache.analytics, since, until)

    async def expire(self, *, older_than: timedelta | None = None, dry_run: bool = False) -> SweepReport:
        return await self.run(self._cache.expire, older_than=older_than, dry_run=dry_run)

    async def evict(self, *, to_bytes: int | None = None, dry_run: bool = False) -> SweepReport:
        return await self.run(self._cache.evict, to_bytes=to_bytes, dry_run=dry_run)

    async def clear(self, query: EntryQuery = ALL, *, dry_run: bool = False) -> SweepReport:
        return await self.run(self._cache.clear, query, dry_run=dry_run)

    async def verify(self, *, repair: bool = False) -> VerifyReport:
        return await self.run(self._cache.verify, repair=repair)

    async def flush(self) -> None:
        await self.run(self._cache.flush)

    async def close(self) -> None:
        await self.run(self._cache.close)
        self._executor.shutdown(wait=False)

    async def __aenter__(self) -> "AsyncCache":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def open_async_cache(source: Source = None, *, read_only: bool = False, clock: Clock = SYSTEM) -> AsyncCache:
    """As `open_cache`."""
    return AsyncCache(open_cache(source, read_only=read_only, clock=clock))
