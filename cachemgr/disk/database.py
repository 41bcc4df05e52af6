"""An SQLite database of somebody else, counted from a copy of its bytes in memory.

SQLite itself never opens the file: even a reader creates `-wal` and `-shm` beside a database in WAL mode,
takes locks that its owner waits for, and moves the access time by which people judge what is unused.
"""

import os
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.domain.records import Records, Schema, Trouble
from cachemgr.domain.unit import Kind

if TYPE_CHECKING:
    import sqlite3

Names = tuple[str, ...]

LIMIT = 128 << 20
"""Bytes of a database that are still read; while it is counted it is in memory twice."""
STEPS = 2_000
"""Times 10,000 instructions of SQLite's machine: some 1 s, and more than `LIMIT` bytes of rows need."""
_HEADER = 100
_MAGIC = b"SQLite format 3\0"
_LARGEST_PAGE = 65536
_WAL = b"\2\2"
_ROLLBACK = b"\1\1"


def records(root: Handle, names: Names, schemas: tuple[Schema, ...], now: float | None) -> Records | None:
    """What the database at `names` below an open directory holds; None where there is nothing.

    Needs no SQLite where the file is none, or is not looked into.
    """
    try:
        parent = handles.open_below(root, names[:-1])
    except OSError:
        return None
    try:
        return _records(parent, names[-1], schemas, now)
    except FileNotFoundError:
        return None
    except OSError:
        return Records(trouble=Trouble.UNREADABLE)
    finally:
        handles.close(parent)


def _records(parent: Handle, name: str, schemas: tuple[Schema, ...], now: float | None) -> Records:
    status = handles.lstat(parent, name)
    kind = handles.kind(status)
    if kind is not Kind.FILE:
        return Records(trouble=Trouble.LINK if kind is Kind.LINK else Trouble.NOT_A_FILE)
    if handles.is_online_only(status):
        return Records(size=status.st_size, trouble=Trouble.UNREADABLE)
    descriptor = handles.open_file(parent, name)
    try:
        before = os.fstat(descriptor)
        first = os.read(descriptor, _LARGEST_PAGE)
        if len(first) < _HEADER or not first.startswith(_MAGIC):
            return Records(size=before.st_size, trouble=Trouble.NOT_A_DATABASE)
        seen = Records(_tool(first, schemas), before.st_size, _free(first))
        if _unmerged(parent, name):
            return _with(seen, Trouble.UNMERGED)
        if before.st_size > LIMIT:
            return _with(seen, Trouble.TOO_LARGE)
        content = _content(descriptor, first, before.st_size)
        after = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    changed = (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)
    if changed or len(content) != after.st_size or _unmerged(parent, name):
        return _with(seen, Trouble.CHANGING)
    return _counted(seen, content, schemas, now)


def _with(seen: Records, trouble: Trouble) -> Records:
    return Records(seen.tool, seen.size, seen.free, trouble=trouble)


def _tool(first: bytes, schemas: tuple[Schema, ...]) -> str:
    """Whose database it is as far as its first page says, which holds the definitions of the first tables."""
    page = int.from_bytes(first[16:18], "big")
    start = first[: _LARGEST_PAGE if page == 1 else page]
    return next((schema.tool for schema in schemas if schema.mark in start), "")


def _free(first: bytes) -> int:
    """Bytes of unused pages (sqlite.org/fileformat2.html, 1.3: page size at 16, free pages at 36)."""
    page = int.from_bytes(first[16:18], "big")
    return int.from_bytes(first[36:40], "big") * (_LARGEST_PAGE if page == 1 else page)


def _unmerged(parent: Handle, name: str) -> bool:
    """Whether writes lie beside it. A journal that begins with zeros is over (journal_mode=PERSIST)."""
    if _length(parent, name + "-wal"):
        return True
    if not _length(parent, name + "-journal"):
        return False
    try:
        descriptor = handles.open_file(parent, name + "-journal")
    except OSError:
        return True
    try:
        return os.read(descriptor, 8).strip(b"\0") != b""
    finally:
        os.close(descriptor)


def _length(parent: Handle, name: str) -> int:
    try:
        return handles.lstat(parent, name).st_size
    except OSError:
        return 0


def _content(descriptor: int, first: bytes, size: int) -> bytearray:
    """All of it, and no more than was announced."""
    content = bytearray(first[:size])
    while len(content) < size and (chunk := os.read(descriptor, min(1 << 20, size - len(content)))):
        content += chunk
    return content


class _Counts(NamedTuple):
    rows: int
    live: int
    expired: int | None
    expired_bytes: int | None


def _counted(seen: Records, content: bytearray, schemas: tuple[Schema, ...], now: float | None) -> Records:
    try:
        import sqlite3  # only where such a cache exists, and Python may be built without it
    except ImportError:
        return _with(seen, Trouble.UNREADABLE)
    # In memory there is no log to look for; SQLite would refuse a database that says it has one.
    if content[18:20] == _WAL:
        content[18:20] = _ROLLBACK
    steps = iter(range(STEPS))
    try:
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.deserialize(content)
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LIMIT)
            connection.execute("PRAGMA trusted_schema=OFF")
            connection.execute("PRAGMA query_only=ON")
            connection.set_progress_handler(lambda: next(steps, None) is None, 10_000)
            schema = next((schema for schema in schemas if _has(connection, schema)), None)
            if schema is None:
                return _with(Records("", seen.size, seen.free), Trouble.FOREIGN)
            row = connection.execute(schema.count, {"now": now}).fetchone()
            counts = _Counts(*row)
    except sqlite3.Error:
        return _with(seen, Trouble.TOO_LONG if next(steps, None) is None else Trouble.DAMAGED)
    return Records(schema.tool, seen.size, seen.free, *counts)


def _has(connection: "sqlite3.Connection", schema: Schema) -> bool:
    """Whether its tables are there, as tables of their own: a view may be anything."""
    return all(_columns(connection, table) >= set(columns) for table, columns in schema.tables)


def _columns(connection: "sqlite3.Connection", table: str) -> set[str]:
    plain = "SELECT 1 FROM sqlite_master WHERE type='table' AND name=? AND rootpage>0"
    if connection.execute(plain, (table,)).fetchone() is None:
        return set()
    found = connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
    return {name for (name,) in found}
