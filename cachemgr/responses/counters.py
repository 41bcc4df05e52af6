"""The daily counters as a table, in whichever SQLite database they are kept."""

import sqlite3
from collections.abc import Iterable, Mapping

from cachemgr.responses.tally import Group, Tally

_NAMES = Tally.__slots__
SCHEMA = (
    "CREATE TABLE IF NOT EXISTS daily(day TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL, "
    + "".join(f"{name} INTEGER NOT NULL DEFAULT 0, " for name in _NAMES)
    + "PRIMARY KEY(day, provider, model)) WITHOUT ROWID"
)
_ADD = (
    f"INSERT INTO daily(day, provider, model, {', '.join(_NAMES)}) VALUES(?, ?, ?{', ?' * len(_NAMES)}) "
    "ON CONFLICT DO UPDATE SET " + ", ".join(f"{name} = {name} + excluded.{name}" for name in _NAMES)
)
_READ = f"SELECT day, provider, model, {', '.join(_NAMES)} FROM daily WHERE day BETWEEN ? AND ?"  # noqa: S608


def add(database: sqlite3.Connection, tallies: Mapping[Group, Tally]) -> None:
    """Within the caller's transaction."""
    rows = [(*group, *(getattr(tally, name) for name in _NAMES)) for group, tally in tallies.items()]
    if rows:
        database.executemany(_ADD, rows)


def read(database: sqlite3.Connection, since: str, until: str) -> Iterable[tuple[Group, Tally]]:
    """Of the days from `since` to `until`, both included."""
    return [(Group(*row[:3]), Tally(*row[3:])) for row in database.execute(_READ, (since, until))]


def forget(database: sqlite3.Connection, before: str) -> None:
    """Within the caller's transaction."""
    database.execute("DELETE FROM daily WHERE day < ?", (before,))
