"""The index of a directory of pairs: write-behind, rebuildable, and never asked when an entry is read.

The files are the authority. A row without files and files without a row are found and mended by `reconcile`;
an index that is damaged is set aside and read again from the files.
"""

import sqlite3
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from cachemgr.responses import counters, totals
from cachemgr.responses import index_sql as sql
from cachemgr.responses.database import Database
from cachemgr.responses.entry import Entry
from cachemgr.responses.errors import StoreError
from cachemgr.responses.index_rows import Row, Victim, entry_from, values_of
from cachemgr.responses.query import EntryQuery, Grouping, Order
from cachemgr.responses.report import Totals
from cachemgr.responses.tally import Access, Group, Tally

_MOST_WAITING = 10_000
"""Rows that are kept while the index cannot be written; the rest is found by name later."""
_AT_ONCE = 500
"""Rows that are asked for in one statement; older SQLites take 999 values in one."""


class Index:
    def __init__(self, database: Database, *, flush_ops: int) -> None:
        self._database = database
        self._flush_ops = flush_ops
        self._whole = totals.Whole("e", "expires")
        self.after_fork()

    def after_fork(self) -> None:
        """What waits is the parent's to write."""
        self._waiting: deque[Row] = deque()
        self._flushing = threading.Lock()

    # -- writing, later

    def put(self, row: Row) -> bool:
        """Whether it is time to flush."""
        self._waiting.append(row)
        return len(self._waiting) % self._flush_ops == 0

    def put_all(self, rows: Iterable[Row]) -> None:
        """For whoever flushes afterwards."""
        self._waiting.extend(rows)

    def flush(self, *, hurried: bool = False) -> None:
        """Raises StoreError where the index cannot be written now; then the rows wait on."""
        with self._flushing:
            taken: list[Row] = []
            while self._waiting:
                taken.append(self._waiting.popleft())
            if not taken:
                return
            latest = {row.digest: row for row in taken}
            try:
                self._database.write(lambda database: _write_late(database, latest.values()), hurried=hurried)
            except StoreError:
                self._waiting.extendleft(reversed(taken[-_MOST_WAITING:]))
                raise

    def learn(self, rows: Sequence[Row]) -> None:
        """What was just read off the files, and is true of them now."""
        self._database.write(lambda database: _write(database, rows))

    def note(self, accesses: Sequence[Access], tallies: Mapping[Group, Tally]) -> None:
        rows = [(access.at_ms, access.hits, sql.number_of(access.digest)) for access in accesses]

        def write(database: sqlite3.Connection) -> None:
            database.executemany(sql.ACCESS, rows)
            counters.add(database, tallies)

        self.flush()
        self._database.write(write)

    def forget_tallies(self, before: str) -> None:
        self._database.write(lambda database: counters.forget(database, before))

    def forget_shard(self, shard: int) -> tuple[int, int]:
        """Drop the rows of a shard that was emptied. What they said and what they took on the disk, in bytes.
        Raises StoreError."""
        self.flush()
        found = []

        def drop(database: sqlite3.Connection) -> None:
            found.append(database.execute(sql.SIZE_OF_SHARD, sql.numbers_of_shard(shard)).fetchone())
            database.execute(sql.DROP_SHARD, sql.numbers_of_shard(shard))

        self._database.write(drop)
        said, disk = found[-1]
        return said, disk

    def drop_old_names(self) -> None:
        """Those whose files lie in another shard than their row. Raises StoreError."""
        self.flush()
        self._database.write(lambda database: database.execute(sql.DROP_OLD_NAMES))

    @property
    def openings(self) -> int:
        """See `Database.openings`."""
        return self._database.openings

    @property
    def waiting(self) -> int:
        """Rows that are not written yet."""
        return len(self._waiting)

    # -- reading

    def tallies(self, since: str, until: str) -> list[tuple[Group, Tally]]:
        return self._database.read(lambda database: list(counters.read(database, since, until)))

    def totals(self, at_ms: int, by: tuple[Grouping, ...]) -> list[Totals]:
        if not by:
            return [self._database.read(lambda database: self._whole.totals(database, at_ms))]
        groups = [sql.GROUPS[name] for name in by]
        statement = f"SELECT {', '.join([*groups, sql.TOTALS])} FROM e GROUP BY {', '.join(groups)}"  # noqa: S608
        rows = self._rows(statement, (at_ms, at_ms, at_ms))
        width = len(groups)
        return [
            Totals(
                tuple(map(str, row[:width])), row[width], row[width + 1], row[width + 2], *row[width + 3 :]
            )
            for row in rows
        ]

    def mostly_expired(self, at_ms: int) -> bool:
        return self._database.read(lambda database: totals.mostly_expired(database, "e", at_ms))

    def witness(self, at_ms: int) -> int | None:
        return self._database.read(lambda database: totals.witness(database, "e", at_ms))

    def entries(self, query: EntryQuery, at_ms: int, order: Order, *, descending: bool) -> Iterator[Entry]:
        condition, values = sql.where(query)
        way = " DESC" if descending else ""
        order_by = f"{sql.ORDERS[order]}{way}, digest"
        statement = f"SELECT {', '.join(sql.COLUMNS)} FROM e WHERE {condition} ORDER BY {order_by}"  # noqa: S608
        for row in self._rows(statement, values):
            yield entry_from(row, at_ms)

    def matching(self, query: EntryQuery) -> list[Victim]:
        condition, values = sql.where(query)
        return list(map(Victim._make, self._rows(sql.MATCHING.format(where=condition), values)))

    def expired(self, at_ms: int, limit: int) -> list[Victim]:
        """So many at most, of those that expired first."""
        return list(map(Victim._make, self._rows(sql.EXPIRED, (at_ms, limit))))

    def oldest(self, bucket_ms: int, query: EntryQuery, excess: int, late_ms: int) -> list[Victim]:
        """Entries of so many bytes on disk, in the order of eviction."""
        condition, values = sql.where(query)
        statement = sql.OLDEST.format(where=condition)
        named = {**values, "bucket": bucket_ms, "late": late_ms}
        return self._database.read(
            lambda database: _until(database, database.execute(statement, named), excess)
        )

    def of_shard(self, shard: int) -> set[str]:
        ((digests,),) = self._rows(sql.OF_SHARD, sql.numbers_of_shard(shard))
        return set((digests or "").split())

    def old_names(self) -> set[str]:
        """Digests whose files have names of the old form; all lie in one shard."""
        return {row[0] for row in self._rows(sql.OLD_NAMES, ())}

    def own_keys(self) -> dict[str, str]:
        """Digests of entries under keys of somebody's own, with the keys."""
        return dict(self._rows(sql.OWN_KEYS, ()))

    def own(self) -> list[Victim]:
        return [Victim(*row) for row in self._rows(sql.OWN, ())]

    def shards(self) -> dict[int, tuple[int, int]]:
        """When each shard was last looked through, by its own time of change, and the count of its writes."""
        return {row[0]: (row[1], row[2]) for row in self._rows("SELECT n, mtime_ns, writes FROM shards", ())}

    def remember_shards(self, looked: Mapping[int, tuple[int, int]]) -> None:
        rows = [(shard, *seen) for shard, seen in looked.items()]
        self._database.write(lambda database: database.executemany(sql.LOOKED, rows))

    def close(self) -> None:
        self._database.close()

    def _rows(self, statement: str, values: Sequence[object] | Mapping[str, object]) -> list[tuple[Any, ...]]:
        return self._database.read(lambda database: database.execute(statement, values).fetchall())


def _until(database: sqlite3.Connection, rows: Iterable[tuple[int, int]], excess: int) -> list[Victim]:
    numbers, bytes_found = [], 0
    for number, disk in rows:
        if bytes_found >= excess:
            break
        numbers.append(number)
        bytes_found += disk
    found: list[Victim] = []
    for start in range(0, len(numbers), _AT_ONCE):
        some = numbers[start : start + _AT_ONCE]
        statement = sql.THESE.format(places=", ".join("?" * len(some)))
        found += map(Victim._make, database.execute(statement, some))
    return found


def _write_late(database: sqlite3.Connection, rows: Iterable[Row]) -> None:
    rows = list(rows)
    _write(database, rows)
    database.executemany(sql.WRITTEN, [(int(shard, 16),) for shard in {row.digest[:2] for row in rows}])


def _write(database: sqlite3.Connection, rows: Iterable[Row]) -> None:
    puts, drops = [], []
    for row in rows:
        if row.metadata is None:
            number = sql.number_of(row.digest) if row.number is None else row.number
            drops.append((number, row.created_ms))
        else:
            puts.append(values_of(row, row.metadata))
    database.executemany(sql.DROP, drops)
    database.executemany(sql.PUT, puts)
