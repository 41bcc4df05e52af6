"""The `memory` backend: one process, nothing on disk."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import msgspec
from cachetools import Cache, LRUCache

from cachemgr.responses import forks, listing
from cachemgr.responses.config import CacheConfig
from cachemgr.responses.entry import Entry
from cachemgr.responses.errors import ReadOnly, StoreError
from cachemgr.responses.metadata import Metadata, Stored
from cachemgr.responses.query import EntryQuery, Grouping, Order
from cachemgr.responses.report import Finding, Removed, Repairs, Totals
from cachemgr.responses.tally import Access, Group, Tally
from cachemgr.responses.witness import newest

_OVERHEAD = 600
"""Bytes that an entry takes beside its payload, about."""


class _Kept(msgspec.Struct):
    payload: bytes
    metadata: Metadata
    accessed_ms: int | None = None
    hits: int = 0

    @property
    def size(self) -> int:
        return len(self.payload) + _OVERHEAD


class MemoryStore:
    """cachetools is not thread-safe by itself (its issues #80 to #262): every use is under our lock.

    The size limit holds at every moment: memory is not freed an hour later.
    """

    backend = "memory"
    place = "memory"

    def __init__(self, config: CacheConfig, *, read_only: bool = False) -> None:
        self._read_only = read_only
        limit = config.limit_bytes
        self._kept: LRUCache[str, _Kept] = LRUCache(
            float("inf") if limit is None else limit, getsizeof=lambda kept: kept.size
        )
        self._tallies: dict[Group, Tally] = {}
        self.after_fork()
        forks.register(self)

    def after_fork(self) -> None:
        self._lock = threading.RLock()
        self._sweeper = threading.Lock()

    def read(self, digest: str, at_ms: int) -> Stored | None:
        with self._lock:
            kept = self._kept.get(digest)
        if kept is None:
            return None
        return Stored(kept.metadata, None if kept.metadata.expired(at_ms) else kept.payload)

    def near(self) -> bool:
        return True

    def glance(self, digest: str, at_ms: int) -> Stored | None:
        if not self._lock.acquire(blocking=False):
            return None  # somebody sweeps
        try:
            return self.read(digest, at_ms)
        finally:
            self._lock.release()

    def write(self, digest: str, payload: bytes, metadata: Metadata) -> None:
        if self._read_only:
            raise ReadOnly("opened for reading only")
        with self._lock:
            try:
                self._kept[digest] = _Kept(payload, metadata)
            except ValueError:
                # No Full: nothing that went would make room for it.
                raise StoreError("larger than the whole cache may be") from None

    def write_newer(self, digest: str, payload: bytes, metadata: Metadata) -> bool:
        with self._lock:
            kept = self._peek(digest)
            if kept is not None and kept.metadata.newness >= metadata.newness:
                return False
            self.write(digest, payload, metadata)
            return True

    def delete(self, digest: str) -> bool:
        with self._lock:
            return self._kept.pop(digest, None) is not None

    def renew(self, digest: str, expires_at_ms: int | None, at_ms: int) -> bool:
        with self._lock:
            kept = self._kept.get(digest)
            if kept is None or kept.metadata.expired(at_ms):
                return False
            kept.metadata = msgspec.structs.replace(kept.metadata, expires_at_ms=expires_at_ms)
            return True

    def note(self, accesses: Sequence[Access], tallies: Mapping[Group, Tally]) -> None:
        with self._lock:
            for access in accesses:
                # Not through the mapping: that would count as a use now, and it was then.
                if (kept := self._peek(access.digest)) is not None:
                    kept.accessed_ms, kept.hits = access.at_ms, kept.hits + access.hits
            for group, tally in tallies.items():
                self._tallies.setdefault(group, Tally()).add(tally)

    def tallies(self, since: str, until: str) -> Iterable[tuple[Group, Tally]]:
        with self._lock:
            return [(group, tally) for group, tally in self._tallies.items() if since <= group.day <= until]

    def forget_tallies(self, before: str) -> None:
        with self._lock:
            for group in [group for group in self._tallies if group.day < before]:
                del self._tallies[group]

    def totals(self, at_ms: int, by: tuple[Grouping, ...] = ()) -> Sequence[Totals]:
        return listing.totals(self.entries(EntryQuery(), at_ms), by)

    def entries(
        self, query: EntryQuery, at_ms: int, order: Order = "created", *, descending: bool = False
    ) -> Iterator[Entry]:
        found = (
            listing.entry_of(
                digest,
                kept.metadata,
                at_ms,
                payload_bytes=len(kept.payload),
                disk_bytes=kept.size,
                accessed_ms=kept.accessed_ms,
                hits=kept.hits,
            )
            for digest, kept in self._all()
            if listing.matches(query, digest, kept.metadata)
        )
        yield from listing.ordered(found, order, descending=descending)

    def mostly_expired(self, at_ms: int) -> bool:
        found = [
            kept.metadata.expired(at_ms) for _, kept in self._all() if kept.metadata.expires_at_ms is not None
        ]
        return sum(found) * 2 > len(found)

    def witness(self, at_ms: int) -> int | None:
        return newest((kept.metadata.created_at_ms for _, kept in self._all()), at_ms)

    def expire(self, at_ms: int, *, leftovers: bool = False) -> Iterator[Removed]:
        yield self._remove(lambda _, kept: kept.metadata.expired(at_ms))

    def reconcile(self, at_ms: int) -> int:
        """Nobody else gets at this memory."""
        return 0

    def evict(self, excess_bytes: int, bucket_ms: int, query: EntryQuery, late_ms: int) -> Iterator[Removed]:
        def age(item: tuple[str, _Kept]) -> tuple[bool, int, int]:
            kept = item[1]
            created = kept.metadata.created_at_ms
            return created <= late_ms, created // bucket_ms, kept.accessed_ms or created

        victims, freed = set(), 0
        with self._lock:
            for digest, kept in sorted(self._all(), key=age):
                if freed >= excess_bytes:
                    break
                if listing.matches(query, digest, kept.metadata):
                    victims.add(digest)
                    freed += kept.size
            done = self._remove(lambda digest, _: digest in victims)
        yield done

    def clear(self, query: EntryQuery) -> Iterator[Removed]:
        yield self._remove(lambda digest, kept: listing.matches(query, digest, kept.metadata))

    def verify(self, at_ms: int, repairs: Repairs | None = None) -> Iterator[Finding]:
        """Nothing in memory can be half written."""
        yield from ()

    @contextmanager
    def maintenance(self) -> Iterator[bool]:
        mine = self._sweeper.acquire(blocking=False)
        try:
            yield mine
        finally:
            if mine:
                self._sweeper.release()

    @contextmanager
    def exclusive(self, digest: str, timeout: float) -> Iterator[bool]:
        """No other process has this memory, and the threads of this one queue above."""
        yield True

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass

    def _all(self) -> list[tuple[str, _Kept]]:
        with self._lock:
            return [(digest, kept) for digest in self._kept if (kept := self._peek(digest)) is not None]

    def _remove(self, meant: Callable[[str, _Kept], bool]) -> Removed:
        done = Removed()
        with self._lock:
            for digest, kept in self._all():
                if meant(digest, kept):
                    del self._kept[digest]
                    done += Removed(1, len(kept.payload), kept.size)
        return done

    def _peek(self, digest: str) -> _Kept | None:
        # The parent's own lookup does not move an entry to the young end.
        return Cache.__getitem__(self._kept, digest) if digest in self._kept else None
