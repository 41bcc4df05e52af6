"""The responses of a damaged database that are whole, however they can still be reached."""

import sqlite3
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from cachemgr.responses import packed, packed_sql
from cachemgr.responses.errors import Corrupt
from cachemgr.responses.index_sql import number
from cachemgr.responses.metadata import Metadata
from cachemgr.responses.sqlite_faults import DAMAGED, FAULTS, primary_code, translated

_UNREADABLE = DAMAGED | {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_TOOBIG}
"""What one row fails with, or one way to the rows, and the others need not. `ERROR` is a table or an index
that is not there, `TOOBIG` a length that is another one now."""
_GAP = 100_000
"""Numbers that are tried one after the other, where no walk through the table comes: 6 µs each, while
writers wait."""
_INDEX = "SELECT rowid, h FROM r INDEXED BY r_narrow ORDER BY h "
# A damaged type is no damaged answer: bytes are bytes. `id` may have become a column like others.
_ROWS = "SELECT rowid, h, CAST(key AS BLOB), CAST(body AS BLOB) FROM r"


@dataclass(frozen=True, slots=True)
class Salvage:
    rows: tuple[tuple[Any, ...], ...]
    """In the order of `packed_sql.PUT`, one for each key: the newest. Every column is made anew of what the
    body's checksum covers."""
    older: int
    """Whole rows besides, which a newer one for the same key has replaced."""


def salvaged(database: sqlite3.Connection) -> Salvage:
    """Of a connection that nobody else uses. Raises StoreError for a fault of the device: what cannot be read
    now may be sound."""
    best: dict[bytes, tuple[tuple[int, int], Metadata, bytes, int]] = {}
    whole: set[tuple[int, bytes]] = set()
    with translated():
        database.text_factory = bytes
        # It is only read, and then one damaged part of the schema stops no other (sqlite.org/pragma.html).
        database.execute("PRAGMA writable_schema = ON")
        database.execute("BEGIN")
        this = _fetched(database, "PRAGMA user_version") == [(packed_sql.VERSION,)]
        indexed = {place: said for way in ("ASC", "DESC") for place, said in _walk(database, _INDEX + way)[0]}
        for place, said, key, body in _rows(database, indexed):
            try:
                metadata, start = packed.unpack(body)
            except Corrupt:
                continue
            if not packed_sql.is_key(key):
                continue
            # A key has no checksum but its number, which the index has, too, and one of the two has to be it:
            # an answer under another key would be a wrong one. Other versions have other numbers.
            if this and number(key) not in (said, indexed.get(place)):
                continue
            whole.add((place, key))
            if key not in best or metadata.newness >= best[key][0]:
                best[key] = metadata.newness, metadata, body, len(body) - start
    rows = [(*packed_sql.columns(key, size, of), body) for key, (_, of, body, size) in best.items()]
    return Salvage(tuple(rows), len(whole) - len(best))


def _rows(database: sqlite3.Connection, indexed: Collection[int]) -> Iterator[Any]:
    """By a walk from either end; then where the index says that they are, and in between, each by itself."""
    up, done = _walk(database, f"{_ROWS} NOT INDEXED ORDER BY rowid ASC")
    yield from up
    if done:
        return
    down, _ = _walk(database, f"{_ROWS} NOT INDEXED ORDER BY rowid DESC")
    yield from down
    last = max((row[0] for row in up), default=0)
    next_known = min((row[0] for row in down), default=max(indexed, default=0) + 1)
    between = range(last + 1, min(next_known, last + _GAP))
    # Those that a walk came to, too: of a page that is there twice, this is the one that is written.
    for place in sorted({*indexed, *between}):
        yield from _fetched(database, f"{_ROWS} WHERE rowid = ?", place)


def _walk(database: sqlite3.Connection, query: str) -> tuple[list[Any], bool]:
    """Up to where it cannot go on, less one: `sqlite3` is a row ahead, and drops it when the step behind that
    fails. And whether it came to the end."""
    found = []
    try:
        for line in database.execute(query):
            found.append(line)  # noqa: PERF402 - what came before a fault counts
    except FAULTS as error:
        _refuse_others(error)
        return found, False
    return found, True


def _fetched(database: sqlite3.Connection, query: str, *values: object) -> list[Any]:
    """Nothing where that cannot be read."""
    try:
        return database.execute(query, values).fetchall()
    except FAULTS as error:
        _refuse_others(error)
        return []


def _refuse_others(error: sqlite3.Error | UnicodeDecodeError) -> None:
    if primary_code(error) not in _UNREADABLE:
        raise error
