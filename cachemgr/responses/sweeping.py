"""Removing rows of packed responses in batches, giving room back, and looking at every byte.

Each batch is a transaction of its own, so that no writer waits for a whole sweep. Pages that become free are
used by what is written next; they go back to the file system only where they are half of the file.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress

from cachemgr.responses import bookkeeping, packed_sql
from cachemgr.responses.connections import Connections
from cachemgr.responses.errors import Corrupt, StoreError
from cachemgr.responses.index_sql import where
from cachemgr.responses.query import EntryQuery
from cachemgr.responses.rebuild import Rebuilt, rebuild
from cachemgr.responses.report import UNSEEN, Finding, Removed, Repairs
from cachemgr.responses.sqlite_faults import translated

_BATCH = 900
"""Rows; older SQLites take 999 values in a statement."""
_SLICE = 50_000
"""Rows whose numbers are held in memory."""
_PAGES = 1000
"""Given back in one transaction."""
_LEAST = 64
"""Pages that are worth the trouble."""
_Victim = tuple[int, int, int, int, int | None]
"""A row's number, its bytes on the disk, those of its payload, when it was created and when it ends."""
_WORTH = 2
"""One part in so many of the file has to be free before pages are given back."""


def matching(connections: Connections, query: EntryQuery) -> Iterator[Removed]:
    """Whoever writes meanwhile is not chased: what has a number when this begins is all that is looked at."""
    with connections.reading() as seat:
        if seat is None:
            return
        (last,) = seat.connection.execute("SELECT max(id) FROM r").fetchone()
    condition, values = where(query)
    # As the bodies lie: an order without ties, so that three statements mean the same rows.
    numbered = "id > :after AND id <= :last"
    chosen = f"FROM {packed_sql.LISTED} WHERE {numbered} AND {condition} ORDER BY id LIMIT {_BATCH}"
    weighed = f"SELECT max(id), count(*), sum(bytes), sum(disk) FROM (SELECT id, bytes, disk {chosen})"  # noqa: S608
    removals = [f"DELETE FROM {table} WHERE id IN (SELECT id {chosen})" for table in ("touch", "r")]  # noqa: S608
    after = -1
    while last is not None:
        named = {**values, "after": after, "last": last}
        with connections.transaction() as connection:
            after, *sums = connection.execute(weighed, named).fetchone()
            removed = Removed(*sums)
            if removed.entries:
                for removal in removals:
                    connection.execute(removal, named)
        if removed.entries:
            yield removed
        if removed.entries < _BATCH:
            break
    _give_back(connections)


def expired(connections: Connections, at_ms: int) -> Iterator[Removed]:
    with connections.reading() as seat:
        if seat is None or not due(seat.connection, at_ms):
            return
    after = -1
    while True:
        with connections.reading() as seat:
            if seat is None:
                return
            victims = seat.connection.execute(packed_sql.EXPIRED, (at_ms, after, _SLICE)).fetchall()
        yield from _removed(connections, victims)
        if len(victims) < _SLICE:
            break
        after = victims[-1][0]
    # Where that cannot be written now, the next sweep looks again.
    with suppress(StoreError), connections.transaction() as connection:
        connection.execute(packed_sql.LOOK_FOR_SOONEST)


def due(connection: sqlite3.Connection, at_ms: int) -> bool:
    """Whether something may have expired. False is certain."""
    soonest = connection.execute(packed_sql.SOONEST).fetchone()
    return soonest is None or soonest[0] is None or bool(soonest[0] <= at_ms)


def oldest(
    connections: Connections, excess_bytes: int, bucket_ms: int, query: EntryQuery, late_ms: int
) -> Iterator[Removed]:
    condition, values = where(query)
    victims: list[_Victim] = []
    with connections.reading() as seat:
        if seat is None or excess_bytes <= 0:
            return
        ages = seat.connection.execute(
            packed_sql.OLDEST.format(where=condition), {**values, "bucket": bucket_ms, "late": late_ms}
        )
        freed = 0
        for victim in ages:
            victims.append(victim)
            freed += victim[1]
            if freed >= excess_bytes:
                break
        ages.close()
    yield from _removed(connections, victims)


def _removed(connections: Connections, victims: Sequence[_Victim]) -> Iterator[Removed]:
    for start in range(0, len(victims), _BATCH):
        batch = victims[start : start + _BATCH]
        with connections.transaction() as connection:
            still = _unchanged(connection, batch)
            _delete(connection, [victim[0] for victim in still])
        if still:
            yield Removed(len(still), sum(victim[2] for victim in still), sum(victim[1] for victim in still))
    _give_back(connections)


def verified(connections: Connections, path: str, repairs: Repairs | None) -> Iterator[Finding]:
    """Every row's checksum, then the structure of the database and what it says of its rows. A row that is
    not what was written is removed; where anything else is not so, the database is made anew of what can be
    read of it, and kept with `.bad` at its end."""
    name = os.path.basename(path)
    try:
        with connections.reading() as seat:
            if seat is None:
                return
            reason = bookkeeping.lacking(seat.connection)
            if not reason:
                unfit = 0
                for number, item, whole, body in bookkeeping.unsound(seat.connection):
                    if whole:
                        unfit += 1
                        continue
                    may = repairs is not None and repairs.allow(item, "corrupt value", "remove")
                    if may:
                        # As it was seen: by now it may have been written anew.
                        with connections.transaction() as writer:
                            writer.execute(packed_sql.DELETE_SEEN, (number, body))
                    reason = UNSEEN if repairs is not None and not may else ""
                    yield Finding(item, "corrupt value", may, reason, may, "remove")
                reason = _structure(seat.connection, unfit)
            if not reason:
                return
    except Corrupt as error:
        reason = str(error)
    if repairs is None or not repairs.allow(name, "corrupt value", "rebuild"):
        unseen = UNSEEN if repairs is not None else reason
        yield Finding(name, "corrupt value", reason=unseen, remedy="rebuild")
        return
    try:
        done = rebuild(connections, path)
    except (OSError, StoreError) as error:
        why = getattr(error, "strerror", None) or str(error)
        yield Finding(name, "corrupt value", reason=why, remedy="rebuild")
    else:
        yield Finding(name, "corrupt value", repaired=True, reason=_said(done), remedy="rebuild")


def _structure(connection: sqlite3.Connection, unfit: int) -> str:
    """What is wrong with it besides, of whose rows so many say something else than their responses."""
    said = [line for (line,) in connection.execute("PRAGMA integrity_check(10)") if line != "ok"]
    if unfit:
        said.append(f"{unfit} {'row says' if unfit == 1 else 'rows say'} something else than what is kept")
    return "; ".join(said) or bookkeeping.amiss(connection)


def _said(done: Rebuilt) -> str:
    lost = "how many are lost cannot be told" if done.lost is None else f"{done.lost} lost"
    responses = "1 response" if done.saved == 1 else f"{done.saved} responses"
    return f"{responses} saved, {lost}; what was there is {os.path.basename(done.aside)}"


def _unchanged(connection: sqlite3.Connection, batch: Sequence[_Victim]) -> list[_Victim]:
    """What was not written anew since it was chosen."""
    places = ", ".join("?" * len(batch))
    chosen = f"SELECT id, created, expires FROM r WHERE id IN ({places})"  # noqa: S608
    known = {number: times for number, *times in connection.execute(chosen, [victim[0] for victim in batch])}
    return [victim for victim in batch if known.get(victim[0]) == [*victim[3:]]]


def _delete(connection: sqlite3.Connection, numbers: Sequence[int]) -> None:
    places = ", ".join("?" * len(numbers))
    connection.execute(f"DELETE FROM touch WHERE id IN ({places})", numbers)  # noqa: S608
    connection.execute(f"DELETE FROM r WHERE id IN ({places})", numbers)  # noqa: S608


def _give_back(connections: Connections) -> None:
    with connections.turn(), translated():
        connection = connections.writer().connection
        while True:
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            (free,) = connection.execute("PRAGMA freelist_count").fetchone()
            if free < _LEAST or free * _WORTH < pages:
                return
            # As a script: it is stepped once for each page, and `execute` takes one step.
            connection.executescript(f"PRAGMA incremental_vacuum({_PAGES})")
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            (left,) = connection.execute("PRAGMA freelist_count").fetchone()
            if left >= free:
                return
