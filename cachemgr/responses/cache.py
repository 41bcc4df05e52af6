"""The cache that applications use: policies over any store."""

from collections.abc import Callable, Iterable
from dataclasses import replace as replaced
from functools import partial
from os import PathLike
from pathlib import Path
from threading import TIMEOUT_MAX
from types import TracebackType

from cachemgr.responses.admission import admit
from cachemgr.responses.clock import SYSTEM, Clock
from cachemgr.responses.config import Backend, CacheConfig
from cachemgr.responses.entry import Hit, JSONValue
from cachemgr.responses.errors import StoreError
from cachemgr.responses.flight import Flights
from cachemgr.responses.key import RequestKey
from cachemgr.responses.lookups import Key, Lookups
from cachemgr.responses.metadata import Metadata
from cachemgr.responses.query import ALL, EntryQuery
from cachemgr.responses.report import Progress
from cachemgr.responses.store import Store
from cachemgr.responses.transfer import TransferReport, transfer
from cachemgr.responses.ttl import DEFAULT, TTL, seconds
from cachemgr.responses.usage import Usage, answered
from cachemgr.responses.warming import Item, WarmReport, warm
from cachemgr.responses.worth import worth_keeping

Computation = Callable[[], tuple[JSONValue, Usage]]


class Cache(Lookups):
    """Safe for threads, for several processes at one place, and across forks.

    Keys are a RequestKey, or a text: a digest, `cache:` and a digest, or anything else, which is hashed. Only
    a mistake of the caller raises: a key that cannot be one, a negative time to live.
    """

    def __init__(self, store: Store, config: CacheConfig, *, clock: Clock = SYSTEM) -> None:
        super().__init__(store, config, clock)
        self._flights = Flights()

    def get_or_compute(
        self,
        key: Key,
        compute: Computation,
        *,
        ttl: TTL = DEFAULT,
        lock_timeout: float | None = None,
        should_cache: Callable[[JSONValue], bool] = worth_keeping,
    ) -> Hit:
        """The cached answer, or the computed one. Of all threads and processes that miss on a key, one
        computes and the others wait for it, `lock_timeout` seconds at most. What `compute` raises goes to
        its caller, unless an answer is there that expired within `stale_if_error_seconds`. One that did
        within `stale_while_revalidate_seconds` goes to those who would wait; who computes has the new one.

        What `should_cache` says no to is handed out and asked for again; by default that is an empty answer,
        an error, and what was cut off (`worth_keeping`).

        A Usage of numbers that no answer costs is warned about, and the answer is kept without. Raises
        TypeError where `compute` cannot be called or does not return `(value, Usage)`.
        """
        # What can be known before the question is paid for.
        if not callable(compute):
            raise TypeError(
                f"`compute` is called without arguments; {type(compute).__name__} cannot be called"
            )
        if ttl is not DEFAULT:
            seconds(ttl)
        digest, provider, model = self._identify(key)
        if not self._rules.of(provider, model).enabled:
            return self._computed(key, *self._answered(compute()), ttl)
        single = self._config.single_flight
        stale = self._config.stale_while_revalidate_seconds
        # Whoever waits for somebody else's answer has a hit in the end; a miss is counted by who computes.
        found = self._look_up(digest, provider, model, 0.0, counted=not single.enabled)
        if found is not None:
            return found
        timeout = min(single.lock_timeout_seconds if lock_timeout is None else lock_timeout, TIMEOUT_MAX)
        with self._going_on():
            if not single.enabled:
                return self._compute(key, compute, ttl, should_cache)
            # Somebody who has a stale answer does not wait: whoever comes first renews it.
            at_hand = bool(stale) and self._at_hand(digest, stale)
            patience, started = 0.0 if at_hand else timeout, self._clock.steady()
            with self._flights.turn(digest, patience) as mine:
                left = max(0.0, patience - (self._clock.steady() - started))
                with self._exclusive(digest, left, wanted=mine) as alone:
                    if at_hand and not alone:
                        found = self._look_up(digest, provider, model, stale, counted=False)
                    found = found or self._look_up(digest, provider, model, 0.0)
                    return found or self._compute(key, compute, ttl, should_cache)

    def warm(
        self,
        items: Iterable[Item],
        *,
        ttl: TTL = DEFAULT,
        replace: bool = False,
        on_progress: Progress | None = None,
    ) -> WarmReport:
        """Store answers that are there already, so that nobody has to pay for them: `(key, value, Usage())`,
        or without the last. What lives under a key stays, unless `replace`. Raises TypeError for an item of
        another shape, ValueError as `set` does."""
        return warm(self, items, ttl=ttl, replace=replace, on_progress=on_progress)

    def export(
        self,
        directory: str | PathLike[str],
        query: EntryQuery = ALL,
        *,
        backend: Backend = "file",
        on_progress: Progress | None = None,
    ) -> TransferReport:
        """Copy what lives into a cache in another directory, or into another backend in this one. Raises
        ValueError where that is this very cache or ends with it, ReadOnly for a directory that is somebody
        else's."""
        if backend == "memory":
            raise ValueError("what is copied into `memory` ends at once; name another backend")
        from cachemgr.responses.opening import store_of

        config = replaced(
            self._config, cache_dir=Path(directory), backend=backend, cleanup_interval_seconds=0
        ).check()
        with Cache(store_of(config), config, clock=self._clock) as target:
            if (target.backend, target.place) == (self.backend, self.place):
                raise ValueError("a cache cannot be exported onto itself; name another directory or backend")
            if backend in ("file", "sqlite"):
                admit(target.place)
            return transfer(self, target, query, on_progress=on_progress)

    def __enter__(self) -> "Cache":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def after_fork(self) -> None:
        super().after_fork()
        self._flights.after_fork()

    # -- within

    def _compute(
        self, key: Key, compute: Computation, ttl: TTL, should_cache: Callable[[JSONValue], bool]
    ) -> Hit:
        try:
            answer = compute()
        except Exception:
            window = self._config.stale_if_error_seconds
            if window and (stale := self.get(key, allow_stale=window)):
                return stale
            raise
        value, usage = self._answered(answer)
        if should_cache(value):
            self.set(key, value, ttl=ttl, usage=usage)
        return self._computed(key, value, usage, ttl)

    # -- within; what AsyncCache takes the same steps by

    def _keeps(self, key: Key) -> bool:
        """Whether answers to it are kept at all."""
        _, provider, model = self._identify(key)
        return self._rules.of(provider, model).enabled

    def _at_hand(self, digest: str, stale: float) -> bool:
        """Whether an answer is there that ended no longer ago than so many seconds: no use of it yet."""
        try:
            stored = self._store.read(digest, self._now_ms() - int(stale * 1000))
        except (OSError, StoreError):
            return False
        return stored is not None and stored.payload is not None

    def _seek(self, key: Key, *, stale: float = 0.0, counted: bool = True) -> Hit | None:
        """As `get_or_compute` looks; a miss need not count as one."""
        return self._look_up(*self._identify(key), stale, counted=counted)

    def _answered(self, answer: object) -> tuple[JSONValue, Usage]:
        """What a computation returned. Raises TypeError."""
        return answered(answer, partial(self._fault, "noting what an answer cost"))

    def _computed(self, key: Key, value: JSONValue, usage: Usage, ttl: TTL) -> Hit:
        """A fresh answer in the form of a hit; nothing is stored. It says what is noted of one that is."""
        _, provider, model = self._identify(key)
        now_ms = self._now_ms()
        lifetime = self._rules.of(provider, model).ttl_seconds if ttl is DEFAULT else seconds(ttl)
        metadata = Metadata(
            created_at_ms=now_ms,
            expires_at_ms=None if lifetime is None else now_ms + int(lifetime * 1000),
            provider=provider,
            model=model,
            namespace=key.namespace if isinstance(key, RequestKey) else "",
            content="text" if isinstance(value, str) else "json",
            request_tokens=usage.request_tokens,
            response_tokens=usage.response_tokens,
            cost_usd=float(usage.cost_usd),
        )
        return Hit(value, metadata, "computed")
