"""The `redis` backend: each response is one value on a server, with a time to live that the server keeps.

The server expires and evicts by rules of its own, so that sweeping has nothing to do.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from time import sleep
from typing import Any

from msgspec import structs

from cachemgr.responses import forks, listing, packed
from cachemgr.responses.clock import SYSTEM
from cachemgr.responses.config import CacheConfig
from cachemgr.responses.entry import Entry
from cachemgr.responses.errors import Corrupt, ReadOnly, StoreError
from cachemgr.responses.metadata import Metadata, Stored
from cachemgr.responses.query import EntryQuery, Grouping, Order
from cachemgr.responses.redis_client import Server
from cachemgr.responses.redis_counters import RedisCounters
from cachemgr.responses.redis_scan import BATCH, Scan
from cachemgr.responses.report import UNSEEN, Finding, Removed, Repairs, Totals
from cachemgr.responses.tally import Access, Group, Tally
from cachemgr.responses.witness import newest

_SWEEP = 600.0
_POLL = 0.02
_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"


class RedisStore:
    backend = "redis"

    def __init__(
        self,
        config: CacheConfig,
        *,
        read_only: bool = False,
        steady: Callable[[], float] = SYSTEM.steady,
    ) -> None:
        """Raises ConfigError for an address that is none."""
        self._prefix = config.redis.prefix
        self._read_only = read_only
        self._steady = steady
        # The server forgets an entry only when nobody may want it any more, not even in need.
        self._grace_ms = int(1000 * max(config.stale_while_revalidate_seconds, config.stale_if_error_seconds))
        self._flight = max(1.0, config.single_flight.lock_timeout_seconds)
        """Seconds for which who computes is not interrupted, though others do not wait for it."""
        self._server = Server(config.redis, steady)
        self._commands = self._server.commands
        self._call = self._server.quickly
        self._slowly = self._server.slowly
        self.going_on = self._server.going_on
        self._scan = Scan(self._server, self._prefix)
        self._counters = RedisCounters(
            self._server, self._scan, self._prefix, (config.analytics.retention_days + 1) * 86_400
        )
        forks.register(self)

    def after_fork(self) -> None:
        """Connections notice by themselves whose they are."""
        self._server.breaker.after_fork()

    @property
    def place(self) -> str:
        return f"{self._server.place} {self._prefix}"

    # -- one entry

    def read(self, digest: str, at_ms: int) -> Stored | None:
        found = self._call(lambda: self._commands.get(self._prefix + digest))
        if found is None:
            return None
        metadata, start = packed.unpack(found)
        return Stored(metadata, None if metadata.expired(at_ms) else found[start:])

    def write(self, digest: str, payload: bytes, metadata: Metadata) -> None:
        self._allow()
        self._call(lambda: self._put(self._commands, digest, payload, metadata))

    def write_newer(self, digest: str, payload: bytes, metadata: Metadata) -> bool:
        self._allow()
        key = self._prefix + digest

        def exchange(steps: Any) -> bool:
            """Begun anew by the client where somebody writes that key in between."""
            found = steps.get(key)
            with suppress(Corrupt):
                if found is not None and packed.unpack(found)[0].newness >= metadata.newness:
                    return False
            steps.multi()
            self._put(steps, digest, payload, metadata)
            return True

        return bool(self._call(lambda: self._commands.transaction(exchange, key, value_from_callable=True)))

    def _put(self, commands: Any, digest: str, payload: bytes, metadata: Metadata) -> None:
        key, lifetime = self._prefix + digest, self._lifetime(metadata, metadata.created_at_ms)
        if lifetime is None or lifetime > 0:
            commands.set(key, packed.pack(payload, metadata), px=lifetime)
        else:
            commands.delete(key)  # over at once, and so is what it replaces

    def delete(self, digest: str) -> bool:
        self._allow()
        return bool(self._call(lambda: self._commands.delete(self._prefix + digest)))

    def renew(self, digest: str, expires_at_ms: int | None, at_ms: int) -> bool:
        self._allow()
        key = self._prefix + digest
        # How long, and not until when: the server may have another time of day.
        left = None if expires_at_ms is None else max(1, expires_at_ms - at_ms + self._grace_ms)

        def exchange(steps: Any) -> bool:
            """Begun anew by the client where somebody writes that key in between."""
            found = steps.get(key)
            if found is None:
                return False
            metadata, start = packed.unpack(found)
            if metadata.expired(at_ms):
                return False
            metadata = structs.replace(metadata, expires_at_ms=expires_at_ms)
            steps.multi()
            steps.set(key, packed.pack(found[start:], metadata))
            if left is not None:
                steps.pexpire(key, left)
            return True

        return bool(self._call(lambda: self._commands.transaction(exchange, key, value_from_callable=True)))

    # -- what happened

    def note(self, accesses: Sequence[Access], tallies: Mapping[Group, Tally]) -> None:
        """Last accesses are the server's to know."""
        if tallies and not self._read_only:
            self._counters.add(tallies)

    def tallies(self, since: str, until: str) -> Iterable[tuple[Group, Tally]]:
        return self._counters.read(since, until)

    def forget_tallies(self, before: str) -> None:
        if not self._read_only:
            self._counters.forget(before)

    # -- maintenance

    def totals(self, at_ms: int, by: tuple[Grouping, ...] = ()) -> Sequence[Totals]:
        return listing.totals(self._scan.entries(EntryQuery(), at_ms), by)

    def entries(
        self, query: EntryQuery, at_ms: int, order: Order = "created", *, descending: bool = False
    ) -> Iterator[Entry]:
        yield from listing.ordered(self._scan.entries(query, at_ms), order, descending=descending)

    def mostly_expired(self, at_ms: int) -> bool:
        """The server removes them."""
        return False

    def witness(self, at_ms: int) -> int | None:
        found = self._scan.entries(EntryQuery(), at_ms)
        return newest((round(entry.created_at.timestamp() * 1000) for entry in found), at_ms)

    def expire(self, at_ms: int, *, leftovers: bool = False) -> Iterator[Removed]:
        """The server does."""
        yield from ()

    def reconcile(self, at_ms: int) -> int:
        return 0

    def evict(self, excess_bytes: int, bucket_ms: int, query: EntryQuery, late_ms: int) -> Iterator[Removed]:
        """The server does, by its `maxmemory`."""
        yield from ()

    def clear(self, query: EntryQuery) -> Iterator[Removed]:
        self._allow()
        batch: list[Entry] = []
        for entry in self._scan.entries(query, 0):
            batch.append(entry)
            if len(batch) == BATCH:
                yield self._unlink(batch)
                batch = []
        if batch:
            yield self._unlink(batch)

    def verify(self, at_ms: int, repairs: Repairs | None = None) -> Iterator[Finding]:
        if repairs is not None:
            self._allow()
        for digests in self._scan.digests():
            keys = [self._prefix + digest for digest in digests]
            values = self._slowly(lambda keys=keys: self._commands.mget(keys))  # type: ignore[misc]
            for digest, value in zip(digests, values, strict=True):
                try:
                    if value is not None:
                        packed.unpack(value)
                except Corrupt as error:
                    reason, mends = str(error), repairs is not None
                    if repairs is not None and not repairs.allow(digest, "corrupt value", "remove"):
                        reason, mends = UNSEEN, False
                    if mends:
                        self._slowly(lambda digest=digest: self._commands.delete(self._prefix + digest))  # type: ignore[misc]
                        reason = ""
                    yield Finding(digest, "corrupt value", mends, reason, mends, "remove")

    # -- who else is at it

    @contextmanager
    def maintenance(self) -> Iterator[bool]:
        with self._locked("sweep", 0.0, _SWEEP) as mine:
            yield mine

    @contextmanager
    def exclusive(self, digest: str, timeout: float) -> Iterator[bool]:
        with self._locked(digest, timeout, max(timeout, self._flight)) as mine:
            yield mine

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        self._server.close()

    # -- within

    def _allow(self) -> None:
        if self._read_only:
            raise ReadOnly("opened for reading only")

    def _lifetime(self, metadata: Metadata, now_ms: int) -> int | None:
        """Milliseconds for the server; None is for ever."""
        if metadata.expires_at_ms is None:
            return None
        return metadata.expires_at_ms - now_ms + self._grace_ms

    def _unlink(self, entries: list[Entry]) -> Removed:
        keys = [self._prefix + entry.digest for entry in entries]
        self._slowly(lambda: self._commands.delete(*keys))
        return Removed(
            len(entries),
            sum(entry.payload_bytes for entry in entries),
            sum(entry.disk_bytes for entry in entries),
        )

    @contextmanager
    def _locked(self, name: str, patience: float, lifetime: float) -> Iterator[bool]:
        """A lock that the server gives up by itself when its owner is gone."""
        if self._read_only:
            yield True  # whoever only looks disturbs nobody
            return
        key, token = f"{self._prefix}lock:{name}", secrets.token_hex(16)
        until = self._steady() + patience
        while not (mine := bool(self._call(
            lambda: self._commands.set(key, token, nx=True, px=int(lifetime * 1000))
        ))) and self._steady() < until:  # fmt: skip
            sleep(_POLL)
        try:
            yield mine
        finally:
            if mine:
                self._release(key, token)

    def _release(self, key: str, token: str) -> None:
        try:
            self._call(lambda: self._commands.eval(_RELEASE, 1, key, token))
        except StoreError:
            return  # it ends by itself
