"""The `sqlite` backend: all responses packed in one database."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress

from msgspec import structs

from cachemgr.responses import counters, packed, packed_sql, sweeping, totals
from cachemgr.responses.admission import admit
from cachemgr.responses.config import CacheConfig
from cachemgr.responses.connections import Connections
from cachemgr.responses.entry import Entry
from cachemgr.responses.errors import Corrupt, StoreError
from cachemgr.responses.files import create, make_directory
from cachemgr.responses.format import PACKED, TAG, TAG_CONTENT
from cachemgr.responses.index_sql import GROUPS, ORDERS, TOTALS, number, number_of, where
from cachemgr.responses.locks import Slots
from cachemgr.responses.metadata import Metadata, Stored
from cachemgr.responses.packed_sql import row
from cachemgr.responses.query import EntryQuery, Grouping, Order
from cachemgr.responses.report import Finding, Removed, Repairs, Totals
from cachemgr.responses.sqlite_faults import FAULTS, fault
from cachemgr.responses.tally import Access, Group, Tally

_FLIGHTS, _STRIPES = 256, 4096
_EXCHANGES = 3
_AGAIN_AND_AGAIN = "the database is exchanged for another again and again"
_MAINTENANCE = _FLIGHTS + _STRIPES
"""Numbers of locks, as the `file` backend has them: whoever converts one into the other keeps both out."""


class SqliteStore:
    """WAL, `synchronous=NORMAL`: after a power cut the last responses may be missing, none is half there."""

    backend = "sqlite"

    def __init__(self, config: CacheConfig, *, read_only: bool = False) -> None:
        self.place = os.path.abspath(config.directory)
        self._path = os.path.join(self.place, PACKED)
        self._connections = Connections(
            self._path,
            packed_sql.SCHEMA,
            version=packed_sql.VERSION,
            application=packed_sql.APPLICATION,
            page=packed_sql.PAGE,
            sync=config.fsync,
            read_only=read_only,
            prepare=_prepare,
        )
        self._reader, self._turn = self._connections.reader, self._connections.turn
        self._whole = totals.Whole("r", "id")
        self._locks = Slots(self.place, read_only=read_only)
        self._admitted, self._read_only = False, read_only

    def read(self, digest: str, at_ms: int) -> Stored | None:
        try:
            with self._turn():
                seat = self._reader()
                if seat is None:
                    return None
                key = bytes.fromhex(digest)
                found = seat.execute(packed_sql.GET, (number(key), key)).fetchone()
        except FAULTS as error:
            raise fault(error) from error
        except Corrupt as error:  # the database, not this answer: somebody has to hear of it
            raise StoreError(str(error)) from error
        if found is None:
            return None
        metadata, start = packed.unpack(found[0])
        return Stored(metadata, None if metadata.expired(at_ms) else found[0][start:])

    def write(self, digest: str, payload: bytes, metadata: Metadata) -> None:
        self._put(packed_sql.PUT, digest, payload, metadata)

    def write_newer(self, digest: str, payload: bytes, metadata: Metadata) -> bool:
        return self._put(packed_sql.PUT_NEWER, digest, payload, metadata) > 0

    def _put(self, statement: str, digest: str, payload: bytes, metadata: Metadata) -> int:
        """How many rows were written."""
        try:
            values = row(bytes.fromhex(digest), payload, metadata)
            with self._turn():
                for _ in range(_EXCHANGES):
                    seat = self._connections.writer()
                    written = seat.execute(statement, values).rowcount
                    if self._connections.look(seat):
                        return written
        except FAULTS as error:
            raise fault(error) from error
        raise StoreError(_AGAIN_AND_AGAIN)

    def delete(self, digest: str) -> bool:
        key = _key(digest)
        for _ in range(_EXCHANGES):
            with self._connections.reading() as seat:
                if seat is None:
                    return False
                gone = self._connections.writer().execute(packed_sql.DELETE, key).rowcount > 0
                if self._connections.look():
                    return gone
        raise StoreError(_AGAIN_AND_AGAIN)

    def renew(self, digest: str, expires_at_ms: int | None, at_ms: int) -> bool:
        key = _key(digest)
        if not self._connections.writable():
            return False
        with self._connections.transaction() as connection:
            found = connection.execute(packed_sql.GET, key).fetchone()
            if found is None:
                return False
            metadata, start = packed.unpack(found[0])
            if metadata.expired(at_ms):
                return False
            metadata = structs.replace(metadata, expires_at_ms=expires_at_ms)
            body = packed.pack(found[0][start:], metadata)
            connection.execute(packed_sql.RENEW, (expires_at_ms, body, *key))
        return True

    def note(self, accesses: Sequence[Access], tallies: Mapping[Group, Tally]) -> None:
        self._connections.look()
        if not self._connections.writable():
            return
        rows = [(access.at_ms, access.hits, *_key(access.digest)) for access in accesses]
        with self._connections.transaction() as connection:
            connection.executemany(packed_sql.NOTE, rows)
            counters.add(connection, tallies)

    def tallies(self, since: str, until: str) -> Iterable[tuple[Group, Tally]]:
        with self._connections.reading() as seat:
            return () if seat is None else counters.read(seat.connection, since, until)

    def forget_tallies(self, before: str) -> None:
        if self._connections.writable():
            with self._connections.transaction() as connection:
                counters.forget(connection, before)

    def totals(self, at_ms: int, by: tuple[Grouping, ...] = ()) -> Sequence[Totals]:
        groups = [GROUPS[name] for name in by]
        query = f"SELECT {', '.join((TOTALS, *groups))} FROM r GROUP BY {', '.join(groups)}"  # noqa: S608
        with self._connections.reading() as seat:
            if seat is None:
                return () if by else (Totals(),)
            if not by:
                return (self._whole.totals(seat.connection, at_ms),)
            lines = seat.connection.execute(query, (at_ms, at_ms, at_ms))
            return [Totals(line[7:], *line[:7]) for line in lines]

    def entries(
        self, query: EntryQuery, at_ms: int, order: Order = "created", *, descending: bool = False
    ) -> Iterator[Entry]:
        condition, values = where(query)
        way = "DESC" if descending else "ASC"
        text = f"{packed_sql.ENTRIES} WHERE {condition} ORDER BY {ORDERS[order]} {way}, digest"
        with self._connections.reading() as seat:
            # Whole, because a cursor that stays open would keep the log from being put in.
            found = [] if seat is None else seat.connection.execute(text, values).fetchall()
        for line in found:
            yield packed_sql.listed(line, at_ms)

    def mostly_expired(self, at_ms: int) -> bool:
        with self._connections.reading() as seat:
            if seat is None or not sweeping.due(seat.connection, at_ms):
                return False
            return totals.mostly_expired(seat.connection, "r", at_ms)

    def witness(self, at_ms: int) -> int | None:
        with self._connections.reading() as seat:
            return None if seat is None else totals.witness(seat.connection, "r", at_ms)

    def expire(self, at_ms: int, *, leftovers: bool = False) -> Iterator[Removed]:
        return sweeping.expired(self._connections, at_ms)

    def reconcile(self, at_ms: int) -> int:
        """Nobody else writes here."""
        return 0

    def evict(self, excess_bytes: int, bucket_ms: int, query: EntryQuery, late_ms: int) -> Iterator[Removed]:
        return sweeping.oldest(self._connections, excess_bytes, bucket_ms, query, late_ms)

    def clear(self, query: EntryQuery) -> Iterator[Removed]:
        return sweeping.matching(self._connections, query)

    def verify(self, at_ms: int, repairs: Repairs | None = None) -> Iterator[Finding]:
        with self._turn():
            yield from sweeping.verified(self._connections, self._path, repairs)

    def maintenance(self) -> AbstractContextManager[bool]:
        self._admit()
        return self._locks.tried(_MAINTENANCE)

    def exclusive(self, digest: str, timeout: float) -> AbstractContextManager[bool]:
        self._admit()
        return self._locks.tried(_FLIGHTS + number_of(digest) % _STRIPES, timeout)

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        self._connections.close()
        self._locks.close()

    def _admit(self) -> None:
        """Before a lock's file is made in a directory that is somebody else's. One with our database in it is
        ours, whatever lies beside it."""
        if self._admitted or self._read_only:
            return
        ours = False
        with suppress(*FAULTS, StoreError):
            ours = self._reader() is not None
        if not ours:
            admit(self.place)
        self._admitted = True


def _key(digest: str) -> tuple[int, bytes]:
    key = bytes.fromhex(digest)
    return number(key), key


def _prepare(directory: str) -> None:
    admit(directory)
    make_directory(directory)
    with suppress(FileExistsError):
        create(os.path.join(directory, TAG), TAG_CONTENT)
