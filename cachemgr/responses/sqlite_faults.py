"""SQLite's faults in the words of a store."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from cachemgr.responses.errors import Corrupt, Full, ReadOnly, StoreError

DAMAGED = frozenset((sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB))
FAULTS = (sqlite3.Error, UnicodeDecodeError)
"""What `sqlite3` raises; the latter where SQLite names a part of a damaged schema and the name is no text."""
UNWRITABLE = frozenset((sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM))


@contextmanager
def translated() -> Iterator[None]:
    """Raises StoreError for what SQLite raises."""
    try:
        yield
    except FAULTS as error:
        raise fault(error) from error


def fault(error: sqlite3.Error | UnicodeDecodeError) -> StoreError:
    match primary_code(error):
        case sqlite3.SQLITE_FULL:
            return Full(str(error))
        case code if code in UNWRITABLE:
            return ReadOnly(str(error))
        case damaged if damaged in DAMAGED:
            return Corrupt(
                f"the database is damaged ({error}); `cachemgr responses verify --repair` sets it aside"
            )
        case _:
            return StoreError(f"{error} ({getattr(error, 'sqlite_errorname', 'unknown')})")


def primary_code(error: sqlite3.Error | UnicodeDecodeError) -> int:
    """The primary one."""
    if isinstance(error, UnicodeDecodeError):
        return sqlite3.SQLITE_CORRUPT
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
