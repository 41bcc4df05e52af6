"""The same cache for asyncio: one thread does the waiting.

What it found is answered at once the next time, without the thread: from memory, or from files of this
machine, which the system then has in memory. That takes 20 µs, and the way to a thread and back 40 to 100
(measured). If it ever takes long, everything is asked of the thread again.
"""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Future
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import ParamSpec, TypeAlias, TypeVar

from cachemgr.responses import forks
from cachemgr.responses.aio_flight import AsyncFlights
from cachemgr.responses.aio_maintained import AsyncMaintained
from cachemgr.responses.cache import Cache
from cachemgr.responses.clock import SYSTEM, Clock
from cachemgr.responses.entry import Hit, JSONValue, SetResult
from cachemgr.responses.lookups import Key
from cachemgr.responses.opening import Source, open_cache
from cachemgr.responses.report import Progress
from cachemgr.responses.store import Patience
from cachemgr.responses.ttl import DEFAULT, TTL, seconds
from cachemgr.responses.usage import NOTHING, Usage
from cachemgr.responses.warming import Item, WarmReport
from cachemgr.responses.worth import worth_keeping

_LONG = 0.002
"""Seconds: no reading of what is in memory takes that."""
_MOST_KNOWN = 10_000
_TURN = 32
"""Answers at once after which other tasks have a turn, though nothing was waited for."""
_P = ParamSpec("_P")
_T = TypeVar("_T")
Answer: TypeAlias = tuple[JSONValue, Usage]
AsyncComputation = Callable[[], Awaitable[Answer] | Answer]


class AsyncCache(AsyncMaintained):
    """Wraps a Cache, which stays usable beside it, and has all that it has."""

    def __init__(self, cache: Cache) -> None:
        super().__init__(cache)
        self._flights = AsyncFlights()
        self._known: set[str] = set()
        """Digests of what was read lately."""
        self._near: bool | None = None
        self._answered = 0
        self._flushing: Future[None] | None = None
        forks.register(self)

    def after_fork(self) -> None:
        """The thread is the parent's."""
        self._executor = self._flushing = None
        self._flights.clear()

    async def get(self, key: Key, *, allow_stale: float | timedelta = 0) -> Hit | None:
        if not allow_stale and (hit := self._known_hit(key)) is not None:
            if self._is_turn_over():
                await asyncio.sleep(0)
            return hit
        return await self.run(self._wait_for, key, partial(self._cache.get, key, allow_stale=allow_stale))

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

    async def has(self, key: Key) -> bool:
        return await self.run(self._cache.has, key)

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
        lock_timeout: float | None = None,
        should_cache: Callable[[JSONValue], bool] = worth_keeping,
    ) -> Hit:
        """As that of a Cache, but that other processes may compute it too: no lock is held across an await.
        Of all tasks of one loop that miss on a key at once, one computes. `compute` may be a plain function:
        the loop stands still for as long as it takes."""
        if not callable(compute):
            raise TypeError(
                f"`compute` is called without arguments; {type(compute).__name__} cannot be called"
            )
        if ttl is not DEFAULT:
            seconds(ttl)
        if (hit := self._known_hit(key)) is not None:
            if self._is_turn_over():
                await asyncio.sleep(0)
            return hit
        digest = self._cache.digest(key)
        if not self._cache._keeps(key):
            return self._cache._computed(key, *self._cache._answered(await _asked(compute)), ttl)
        config, patience = self._cache.config, Patience()
        single, stale = config.single_flight, config.stale_while_revalidate_seconds

        def ours() -> Awaitable[Hit]:
            return self._compute(key, compute, ttl, should_cache, patience)

        # Whoever waits for somebody else's answer has a hit in the end; a miss is counted by who computes.
        if (hit := await self._seek(key, patience, counted=not single.enabled)) is not None:
            return hit
        if not single.enabled:
            return await ours()
        timeout = single.lock_timeout_seconds if lock_timeout is None else lock_timeout
        # Somebody who has a stale answer does not wait: whoever comes first renews it.
        look = partial(self._cache._at_hand, digest, stale)
        at_hand = bool(stale) and await self.run(self._patiently, patience, look)
        wait = 0.0 if at_hand else timeout
        async with self._flights.turn(digest, wait) as mine:
            if at_hand and not mine:
                hit = await self._seek(key, patience, stale=stale, counted=False)
                if hit is not None:
                    return hit
            return await self._seek(key, patience) or await ours()

    async def peek(self, key: Key) -> Hit | None:
        return await self.run(self._cache.peek, key)

    async def warm(
        self,
        items: Iterable[Item],
        *,
        ttl: TTL = DEFAULT,
        replace: bool = False,
        on_progress: Progress | None = None,
    ) -> WarmReport:
        return await self.run(self._cache.warm, items, ttl=ttl, replace=replace, on_progress=on_progress)

    def digest(self, key: Key) -> str:
        """Nothing to wait for: it is counted out of the key."""
        return self._cache.digest(key)

    async def _seek(
        self, key: Key, patience: Patience, *, stale: float = 0.0, counted: bool = True
    ) -> Hit | None:
        look = partial(self._cache._seek, key, stale=stale, counted=counted)
        return await self.run(self._patiently, patience, self._wait_for, key, look)

    async def _compute(
        self,
        key: Key,
        compute: AsyncComputation,
        ttl: TTL,
        should_cache: Callable[[JSONValue], bool],
        patience: Patience,
    ) -> Hit:
        try:
            answer = await _asked(compute)
        except Exception:
            window = self._cache.config.stale_if_error_seconds
            look = partial(self._cache.get, key, allow_stale=window)
            if window and (stale := await self.run(self._patiently, patience, look)):
                return stale
            raise
        value, usage = self._cache._answered(answer)
        if should_cache(value):
            keep = partial(self._cache.set, key, value, ttl=ttl, usage=usage)
            await self.run(self._patiently, patience, keep)
        return self._cache._computed(key, value, usage, ttl)

    def _is_turn_over(self) -> bool:
        self._answered += 1
        return not self._answered % _TURN

    def _patiently(
        self, patience: Patience, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        """In the thread, which serves other calls between the steps of one."""
        with self._cache._going_on(patience):
            return function(*args, **kwargs)

    def _known_hit(self, key: Key) -> Hit | None:
        """What `get` would find, or None where that is not known yet."""
        if not self._known:
            return None
        began = time.perf_counter()
        hit = self._cache._glance(key, self._known)
        if time.perf_counter() - began > _LONG:
            self._known.clear()
        if self._cache._crowded and (self._flushing is None or self._flushing.done()):
            self._flushing = self._thread().submit(self._cache.flush)
        return hit

    def _wait_for(self, key: Key, look: Callable[[], Hit | None]) -> Hit | None:
        """In the thread."""
        hit = look()
        if self._near is None:
            near = getattr(self._cache.store, "near", None)
            self._near = near is not None and near()
        if hit is not None and self._near:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known.add(self._cache.digest(key))
        return hit

    async def __aenter__(self) -> "AsyncCache":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


async def _asked(compute: AsyncComputation) -> object:
    answer = compute()
    return await answer if inspect.isawaitable(answer) else answer


def open_async_cache(source: Source = None, *, read_only: bool = False, clock: Clock = SYSTEM) -> AsyncCache:
    """As `open_cache`."""
    return AsyncCache(open_cache(source, read_only=read_only, clock=clock))
