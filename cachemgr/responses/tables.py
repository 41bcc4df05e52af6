"""The tables of a new database."""

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase


def make_tables(
    connection: sqlite3.Connection,
    schema: Sequence[str],
    page: int,
    application: int,
    version: int,
    refuse_foreign: Callable[[sqlite3.Connection], None] = lambda _: None,
) -> None:
    """Make them, unless others are there already: then that is asked, which may raise StoreError."""
    connection.execute(f"PRAGMA page_size = {page}")
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    # Before the log: of several that start at once, one makes the tables and the others wait here.
    connection.execute("BEGIN IMMEDIATE")
    if connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        refuse_foreign(connection)
    for statement in schema:
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {application}")
    connection.execute(f"PRAGMA user_version = {version}")
    connection.execute("COMMIT")


def teach(connection: sqlite3.Connection) -> None:
    """The functions that conditions use (`index_sql.where`)."""
    connection.create_function("fits", 2, fnmatchcase, deterministic=True)


def forget_cheaply(connection: sqlite3.Connection) -> None:
    """What is removed is overwritten where that costs no writing more, and else as little as what a removed
    file held. Some builds of SQLite (Debian's) write zeros over every page that becomes free, half of the
    time that removing takes; others overwrite nothing (sqlite.org/pragma.html#pragma_secure_delete)."""
    connection.execute("PRAGMA secure_delete = FAST")


def write_ahead(connection: sqlite3.Connection, patience: float) -> None:
    """Switch to the log. SQLite does not wait for others here, whatever `busy_timeout` says
    (sqlite.org/wal.html)."""
    until = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.01)


def catch_up(connection: sqlite3.Connection, patience: float) -> None:
    """Switch to the log where whoever made the tables was killed before he did. What stops it now (somebody
    reads, the device is full) stops nobody: the next opening tries again."""
    if connection.execute("PRAGMA journal_mode").fetchone() == ("wal",):
        return
    connection.execute("PRAGMA busy_timeout = 0")
    with suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA busy_timeout = {int(patience * 1000)}")
