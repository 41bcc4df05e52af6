"""A damaged database is made anew from the rows that can be read of it, while programs may have it open.

In place where SQLite can still begin a transaction in it: sqlite3_backup_step() takes the write lock with its
first step and keeps it to the end, so who has it open waits, and goes on in the new content. Where not even
its header is left, the file is exchanged for another; whoever writes looks afterwards which one it was.
"""

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass

from cachemgr.responses import files, packed_sql
from cachemgr.responses.connections import Connections
from cachemgr.responses.errors import Corrupt, StoreError
from cachemgr.responses.salvage import Salvage, salvaged
from cachemgr.responses.sqlite_faults import FAULTS, translated
from cachemgr.responses.tables import make_tables

_PATIENCE = 5.0
"""Seconds that each side waits for the other."""
_ENDINGS = ("-wal", "-shm", "")
"""The file itself last: as long as it is there nobody makes a new one, which would drop the log."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    saved: int
    """Responses that could be read."""
    lost: int | None
    """Responses that were there besides; None where nothing can count them any more."""
    aside: str
    """Where what was there is kept: `.bad` at its end, under a name that is free."""


def rebuild(connections: Connections, path: str) -> Rebuilt:
    """Raises StoreError and OSError, with everything as it was."""
    connections.close()
    try:
        with translated():
            return _in_place(path)
    except Corrupt:
        return _exchanged(connections, path)


def _in_place(path: str) -> Rebuilt:
    saved: list[Salvage] = []
    aside: list[str] = []

    def fill(status: int, _left: int, _pages: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise StoreError("somebody is at work on it")
        if not aside:  # after the first step
            aside.append(_claimed(path))
            _copy(path, aside[0])
            saved.append(_salvaged(path))
            _put(made, saved[0])

    try:
        with closing(_connect(path)) as live, closing(_connect("")) as made:
            (size,) = live.execute("PRAGMA page_size").fetchone()
            live.execute("PRAGMA journal_mode = WAL")
            make_tables(made, packed_sql.SCHEMA, size, packed_sql.APPLICATION, packed_sql.VERSION)
            made.backup(live, pages=1, progress=fill)
    except BaseException:
        for copied in aside:
            files.remove(copied)
        raise
    return _told(saved[0], aside[0])


def _claimed(path: str) -> str:
    aside = files.free_name(path + ".bad", _ENDINGS)
    files.create(aside, b"")
    return aside


def _copy(path: str, aside: str) -> None:
    """Page by page, log included. Not as a file: closing it would give up SQLite's locks (`fcntl`)."""
    with closing(_connect(path)) as source, closing(_connect(aside)) as target:
        source.backup(target)


def _exchanged(connections: Connections, path: str) -> Rebuilt:
    aside = files.free_name(path + ".bad", _ENDINGS)
    moved: list[str] = []
    try:
        for ending in _ENDINGS:
            with suppress(FileNotFoundError):
                files.move_to_free(path + ending, aside + ending)
                moved.append(ending)
    except BaseException:
        for ending in moved:
            files.replace(aside + ending, path + ending)
        raise
    saved = _salvaged(aside)
    if saved.rows:
        with connections.transaction() as writer:
            _put(writer, saved)
    return _told(saved, aside)


def _salvaged(path: str) -> Salvage:
    with closing(_connect(path)) as damaged:
        return salvaged(damaged)


def _told(saved: Salvage, aside: str) -> Rebuilt:
    were = _number(aside)
    lost = None if were is None else max(0, were - len(saved.rows) - saved.older)
    return Rebuilt(len(saved.rows), lost, aside)


def _number(path: str) -> int | None:
    """How many responses a damaged database had, by whatever of its indexes can still be read."""
    with suppress(*FAULTS), closing(_connect(path)) as connection:
        connection.execute("PRAGMA writable_schema = ON")  # as for `salvaged`
        indexes = [name for _, name, *_ in connection.execute("PRAGMA index_list(r)")]
        for hint in ("", *(f'INDEXED BY "{name}"' for name in indexes), "NOT INDEXED"):
            with suppress(*FAULTS):
                return int(connection.execute(f"SELECT count(*) FROM r {hint}").fetchone()[0])  # noqa: S608
    return None


def _put(connection: sqlite3.Connection, saved: Salvage) -> None:
    """What somebody stored since is newer."""
    connection.executemany(packed_sql.PUT_NEW, saved.rows)


def _connect(path: str) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
