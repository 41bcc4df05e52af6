"""What keeps a cache in shape, for asyncio: in the thread of an AsyncCache.

`on_progress` is called there, too. Everything is as a Cache has it, see there.
"""

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from os import PathLike
from typing import ParamSpec, TypeVar

from cachemgr.responses.analytics import Analytics
from cachemgr.responses.cache import Cache
from cachemgr.responses.config import Backend, CacheConfig
from cachemgr.responses.entry import Entry
from cachemgr.responses.query import ALL, Day, EntryQuery, Grouping, Order
from cachemgr.responses.report import Progress, SweepReport, Totals, VerifyReport
from cachemgr.responses.transfer import TransferReport

_P = ParamSpec("_P")
_T = TypeVar("_T")


class AsyncMaintained:
    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._executor: ThreadPoolExecutor | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._cache!r}>"

    @property
    def cache(self) -> Cache:
        return self._cache

    @property
    def backend(self) -> str:
        return self._cache.backend

    @property
    def place(self) -> str:
        return self._cache.place

    @property
    def config(self) -> CacheConfig:
        return self._cache.config

    @property
    def stale_seconds(self) -> float:
        return self._cache.stale_seconds

    async def run(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """In the cache's thread: `await cache.run(read, path)`"""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread(), partial(function, *args, **kwargs))

    async def status(self, *, group_by: tuple[Grouping, ...] = ()) -> list[Totals]:
        return await self.run(self._cache.status, group_by=group_by)

    async def entries(
        self,
        query: EntryQuery = ALL,
        *,
        order_by: Order = "created",
        descending: bool = False,
        limit: int | None = None,
        after: Entry | None = None,
    ) -> list[Entry]:
        """A list, since each step of an iterator would wait for the thread."""
        found = self._cache.entries
        return await self.run(
            lambda: list(found(query, order_by=order_by, descending=descending, limit=limit, after=after))
        )

    async def analytics(self, since: Day | None = None, until: Day | None = None) -> Analytics:
        return await self.run(self._cache.analytics, since, until)

    async def expire(
        self,
        *,
        older_than: timedelta | None = None,
        endless: bool = False,
        keep: Collection[str] = (),
        dry_run: bool = False,
        force: bool = False,
        leftovers: bool = False,
        on_progress: Progress | None = None,
    ) -> SweepReport:
        return await self.run(
            self._cache.expire,
            older_than=older_than,
            endless=endless,
            keep=keep,
            dry_run=dry_run,
            force=force,
            leftovers=leftovers,
            on_progress=on_progress,
        )

    async def evict(
        self, *, to_bytes: int | None = None, dry_run: bool = False, on_progress: Progress | None = None
    ) -> SweepReport:
        return await self.run(self._cache.evict, to_bytes=to_bytes, dry_run=dry_run, on_progress=on_progress)

    async def clear(
        self, query: EntryQuery = ALL, *, dry_run: bool = False, on_progress: Progress | None = None
    ) -> SweepReport:
        return await self.run(self._cache.clear, query, dry_run=dry_run, on_progress=on_progress)

    async def verify(self, *, repair: bool = False, agreed: VerifyReport | None = None) -> VerifyReport:
        return await self.run(self._cache.verify, repair=repair, agreed=agreed)

    async def reconcile(self) -> int:
        return await self.run(self._cache.reconcile)

    async def sweep(self, *, evicting: bool = True) -> SweepReport:
        return await self.run(self._cache.sweep, evicting=evicting)

    async def export(
        self,
        directory: str | PathLike[str],
        query: EntryQuery = ALL,
        *,
        backend: Backend = "file",
        on_progress: Progress | None = None,
    ) -> TransferReport:
        return await self.run(self._cache.export, directory, query, backend=backend, on_progress=on_progress)

    async def flush(self) -> None:
        await self.run(self._cache.flush)

    async def close(self) -> None:
        """Idempotent. A cache that is used after that opens again."""
        await self.run(self._cache.close)
        executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown(wait=False)

    def _thread(self) -> ThreadPoolExecutor:
        """One: a local cache answers in microseconds, and a hop to a pool costs more (measured)."""
        if self._executor is None:
            self._executor = ThreadPoolExecutor(1, thread_name_prefix="cachemgr-responses")
        return self._executor
