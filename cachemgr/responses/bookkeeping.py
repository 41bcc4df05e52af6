"""Whether a database of packed responses says of them what is so: whatever it has beside their bodies."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

from cachemgr.responses import packed, packed_sql
from cachemgr.responses.errors import Corrupt
from cachemgr.responses.metadata import Metadata
from cachemgr.responses.sqlite_faults import primary_code

_STEP = 500
"""Rows."""
_READ = "SELECT id, {columns} FROM r WHERE id > ? ORDER BY id LIMIT ?"
_ROWS = _READ.format(columns=", ".join(packed_sql.WRITTEN))
_BYTES = _READ.format(columns=", ".join(f"CAST({name} AS BLOB)" for name in packed_sql.WRITTEN))
"""Of a row with a text that is none."""
_OBJECTS = (
    "SELECT CAST(name AS BLOB), CAST(type AS BLOB), CAST(sql AS BLOB) FROM sqlite_master "
    "WHERE sql IS NOT NULL"
)
Unsound = tuple[int, str, bool, object]
"""A row's number, how it is named, whether its body is what was written, and that."""


def lacking(database: sqlite3.Connection) -> str:
    """Which tables, indexes and triggers are not there or not ours. Empty where none is."""
    with closing(sqlite3.connect(":memory:")) as made:
        for statement in packed_sql.SCHEMA:
            made.execute(statement)
        missing = _objects(made) - _objects(database)
    names = sorted({name.decode() for name, *_ in missing})
    return f"{', '.join(names)}: missing or changed" if names else ""


def _objects(database: sqlite3.Connection) -> set[tuple[bytes, bytes, bytes]]:
    """By its words: how they are laid out may change."""
    return {(name, kind, b" ".join(sql.split())) for name, kind, sql in database.execute(_OBJECTS)}


def unsound(database: sqlite3.Connection) -> Iterator[Unsound]:
    """Rows whose body is not what was written, or that say something else than it. In steps: nothing stays
    open between two."""
    last, step = -(1 << 63), _STEP
    while True:
        try:
            rows = database.execute(_ROWS, (last, step)).fetchall()
            step = min(_STEP, step * 2)
        except sqlite3.OperationalError as error:
            if primary_code(error):
                raise
            # A text that is none stops Python, not SQLite: which row has it is found by halves.
            if step > 1:
                step //= 2
                continue
            rows = database.execute(_BYTES, (last, 1)).fetchall()
        # Numbers that are out of order are the structure's fault; going on from there would not end.
        if not rows or rows[-1][0] <= last:
            return
        last = rows[-1][0]
        for number, *said, body in rows:
            found = body.encode() if isinstance(body, str) else body
            try:
                metadata, start = packed.unpack(found)
            except Corrupt:
                yield number, _named(number, said[1]), False, body
                continue
            if found is not body or not _fits(said, len(found) - start, metadata):
                yield number, _named(number, said[1]), True, body


def _named(number: int, key: object) -> str:
    return key.hex() if isinstance(key, bytes) else f"row {number}"


def _fits(said: list[object], payload: int, metadata: Metadata) -> bool:
    key = said[1]
    return (
        isinstance(key, bytes)
        and packed_sql.is_key(key)
        and tuple(said) == packed_sql.columns(key, payload, metadata)
    )


def amiss(database: sqlite3.Connection) -> str:
    """What the rows say together; empty where it is so. Each is sound, and so is the index."""
    if database.execute(packed_sql.HAS_TWO_ROWS).fetchone() != (0,):
        return "a response has more than one row"
    bounds, bound, first = database.execute(packed_sql.BOUND).fetchone()
    if bounds != 1 or bound is None or (first is not None and bound > first):
        return "soonest: not the moment before which nothing expires"
    return ""
