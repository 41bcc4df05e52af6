"""The `file` backend: pairs of files that people can read, and an index that makes sweeping cheap."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TypeVar

from cachemgr.responses import counters, files, forks, listing
from cachemgr.responses.config import CacheConfig
from cachemgr.responses.database import Database
from cachemgr.responses.entry import Entry
from cachemgr.responses.errors import StoreError
from cachemgr.responses.gate import Gate
from cachemgr.responses.index import Index
from cachemgr.responses.index_rows import Row
from cachemgr.responses.index_sql import APPLICATION, SCHEMA, SCHEMA_VERSION
from cachemgr.responses.locks import Slots
from cachemgr.responses.metadata import Metadata, Stored
from cachemgr.responses.network import is_remote
from cachemgr.responses.pairs import Pairs
from cachemgr.responses.places import places
from cachemgr.responses.query import EntryQuery, Grouping, Order
from cachemgr.responses.reconcile import Reconciler
from cachemgr.responses.removal import Removal
from cachemgr.responses.report import Finding, Removed, Repairs, Totals
from cachemgr.responses.tally import Access, Group, Tally
from cachemgr.responses.verify import Verifier

_T = TypeVar("_T")
_FLIGHTS = 256
"""The first of the locks that are for single flight; those below are the shards'."""
_STRIPES = 4096
_MAINTENANCE = _FLIGHTS + _STRIPES


class FileStore:
    backend = "file"

    def __init__(self, config: CacheConfig, *, read_only: bool = False) -> None:
        self._read_only = read_only
        self._places = places(config.directory)
        encoding = "zstd" if config.compression.codec == "zstd" else "identity"
        self._gate = Gate(self._places, encoding=encoding, read_only=read_only)
        self._slots = Slots(self._places.root, read_only=read_only)
        self._pairs = Pairs(
            self._places, self._slots, sync=config.fsync, writer=f"cachemgr/{os.getpid()}", compressing=False
        )
        lasting = config.index.enabled and not read_only
        self._database = Database(
            self._places.index if lasting else None,
            (*SCHEMA, counters.SCHEMA),
            version=SCHEMA_VERSION,
            application=APPLICATION,
        )
        self._index = Index(self._database, flush_ops=config.index.flush_ops)
        self._reconciler = Reconciler(self._places, self._index)
        self._removal = Removal(self._places, self._slots, self._index, self._reconciler.own)
        forks.register(self)

    def after_fork(self) -> None:
        self._index.after_fork()
        self._database.after_fork()

    @property
    def place(self) -> str:
        return self._places.root

    # -- one entry

    def read(self, digest: str, at_ms: int) -> Stored | None:
        if digest[:2] not in self._gate.no_links:
            self._gate.allow_reading()
            self._gate.refuse_link(digest[:2])
        return self._pairs.read(digest, at_ms)

    def near(self) -> bool:
        return not is_remote(self._places.root)

    def glance(self, digest: str, at_ms: int) -> Stored | None:
        if not self._gate.readable or digest[:2] not in self._gate.no_links:
            return None
        return self._pairs.glance(digest, at_ms)

    def write(self, digest: str, payload: bytes, metadata: Metadata) -> None:
        stamp = self._change(digest, self._pairs.write, payload, metadata)
        self._note_written(digest, metadata, len(payload), stamp)

    def _note_written(self, digest: str, metadata: Metadata, size: int, stamp: str) -> None:
        disk = files.allocated(size) + files.allocated(1)
        self._note(Row(digest, metadata, size, disk, stamp=stamp))

    def write_newer(self, digest: str, payload: bytes, metadata: Metadata) -> bool:
        if not (self._reconciler.ran or self._absent):
            with suppress(StoreError):  # what is under keys of somebody's own only a look tells
                self._catch_up(0)
        if metadata.encoding != "identity":
            self._prepare_to_change(metadata.encoding)
        stamp = self._change(digest, self._pairs.write_newer, payload, metadata)
        if stamp is not None:
            self._note_written(digest, metadata, len(payload), stamp)
        return stamp is not None

    def delete(self, digest: str) -> bool:
        found = self._change(digest, self._pairs.delete)
        self._note(Row(digest, None))
        return found

    def renew(self, digest: str, expires_at_ms: int | None, at_ms: int) -> bool:
        found = self._change(digest, self._pairs.renew, expires_at_ms, at_ms)
        if found is None:
            return False
        self._note_written(digest, *found)
        return True

    def _change(self, digest: str, action: Callable[..., _T], *arguments: object) -> _T:
        if not self._gate.changing:
            self._prepare_to_change()
        shard = int(digest[:2], 16)
        try:
            self._slots.acquire(shard)
            try:
                self._gate.refuse_link(digest[:2])
                return action(digest, *arguments)
            finally:
                self._slots.release(shard)
        except OSError as error:
            if (told := files.translation(error)) is None:
                raise
            raise told from error

    @property
    def _absent(self) -> bool:
        """Whether there is no cache yet: whoever only looks does not make one."""
        return not os.path.isdir(self._places.root)

    def _prepare_to_change(self, encoding: str = "") -> None:
        self._pairs.compressing |= self._gate.allow_change(encoding)

    def _note(self, row: Row) -> None:
        self._reconciler.own(row.digest)
        if self._index.put(row):
            self._flush(hurried=True)

    # -- in batches

    def note(self, accesses: Sequence[Access], tallies: Mapping[Group, Tally]) -> None:
        if not self._read_only:
            self._prepare_to_change()
            self._index.note(accesses, tallies)

    def tallies(self, since: str, until: str) -> Iterable[tuple[Group, Tally]]:
        return [] if self._absent else self._index.tallies(since, until)

    def forget_tallies(self, before: str) -> None:
        if not self._absent:
            self._index.forget_tallies(before)

    # -- maintenance

    def totals(self, at_ms: int, by: tuple[Grouping, ...] = ()) -> Sequence[Totals]:
        if self._absent:
            return listing.totals((), by)
        self._catch_up(at_ms)
        return self._index.totals(at_ms, by)

    def entries(
        self, query: EntryQuery, at_ms: int, order: Order = "created", *, descending: bool = False
    ) -> Iterator[Entry]:
        if self._absent:
            return iter(())
        self._catch_up(at_ms)
        return self._index.entries(query, at_ms, order, descending=descending)

    def mostly_expired(self, at_ms: int) -> bool:
        if self._absent:
            return False
        self._catch_up_once(at_ms)
        return self._index.mostly_expired(at_ms)

    def witness(self, at_ms: int) -> int | None:
        if self._absent:
            return None
        self._catch_up_once(at_ms)
        return self._index.witness(at_ms)

    def expire(self, at_ms: int, *, leftovers: bool = False) -> Iterator[Removed]:
        if self._absent:
            return
        self._prepare_to_change()
        self._catch_up_once(at_ms)
        yield from self._removal.expired(at_ms)
        if leftovers:
            yield from self._removal.abandoned(self._reconciler.take_leftovers(), at_ms)
        yield from self._removal.discarded()

    def reconcile(self, at_ms: int) -> int:
        if self._absent:
            return 0
        self._gate.forget()
        self._database.retry()
        return self._catch_up(at_ms, thoroughly=True)

    def evict(self, excess_bytes: int, bucket_ms: int, query: EntryQuery, late_ms: int) -> Iterator[Removed]:
        if self._absent:
            return
        self._prepare_to_change()
        self._flush()
        yield from self._removal.oldest(excess_bytes, bucket_ms, query, late_ms)

    def clear(self, query: EntryQuery) -> Iterator[Removed]:
        if self._absent:
            return
        self._prepare_to_change()
        if query.everything:
            self._catch_up(0)
            try:
                yield from self._removal.everything()
            finally:
                self._reconciler.look_again()
        else:
            self._catch_up_once(0)
            yield from self._removal.meant(query)

    def verify(self, at_ms: int, repairs: Repairs | None = None) -> Iterator[Finding]:
        if self._absent:
            return
        if repairs is not None:
            self._prepare_to_change()
        self._catch_up(at_ms)
        yield from Verifier(self._places, self._slots, self._index, at_ms, repairs).findings()

    @contextmanager
    def maintenance(self) -> Iterator[bool]:
        """Where nothing can be locked nobody sweeps, and one may look."""
        if self._absent or self._read_only:
            yield True
            return
        self._gate.allow_reading()
        self._slots.doubt()
        with files.translated(), self._slots.tried(_MAINTENANCE) as mine:
            yield mine

    @contextmanager
    def exclusive(self, digest: str, timeout: float) -> Iterator[bool]:
        self._gate.allow_reading()
        self._slots.doubt()
        with self._slots.tried(_FLIGHTS + int(digest[2:10], 16) % _STRIPES, timeout) as alone:
            yield alone

    def flush(self) -> None:
        if not self._read_only:
            self._index.flush()

    def close(self) -> None:
        try:
            self.flush()
        finally:
            self._index.close()
            self._pairs.close()
            self._slots.close()

    def _flush(self, *, hurried: bool = False) -> None:
        """Where the index cannot be written now, its rows wait; the files are what counts."""
        with suppress(StoreError):
            self._index.flush(hurried=hurried)

    def _catch_up_once(self, at_ms: int) -> None:
        """What others change is learned by `reconcile`, which comes before a sweep."""
        if self._reconciler.ran:
            self._flush()
        else:
            self._catch_up(at_ms)

    def recall(self, key: str) -> bool:
        """Whether the old code left an entry under this very key; it is read from now on. Asked by whoever
        has the text of a key: from a digest nobody knows where those files are."""
        return self._pairs.old_names.recall(key)

    def _catch_up(self, at_ms: int, *, thoroughly: bool = False) -> int:
        self._gate.allow_reading()
        self._flush()
        changes = self._reconciler.run(at_ms, thoroughly=thoroughly)
        self._pairs.old_names.learn(self._index.own_keys())
        return changes
