"""What a database that other software keeps its answers in says of itself."""

from dataclasses import dataclass
from enum import StrEnum


class Trouble(StrEnum):
    """Why a database was not counted. Nothing of it is an error of the scan."""

    LINK = "link"
    """It is a link, which is not followed."""
    NOT_A_FILE = "not-a-file"
    NOT_A_DATABASE = "not-a-database"
    """It does not begin as an SQLite database does."""
    FOREIGN = "foreign"
    """A database with other tables than the tool's."""
    UNMERGED = "unmerged"
    """There are writes beside it (`-wal`, `-journal`) that only its owner can put in: it is in use, or its
    owner was killed."""
    CHANGING = "changing"
    """Somebody wrote to it while it was read."""
    TOO_LARGE = "too-large"
    TOO_LONG = "too-long"
    """Counting took more steps than a look is worth."""
    DAMAGED = "damaged"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Schema:
    """How one tool keeps its entries in an SQLite database."""

    tool: str
    """What the tool is called."""
    tables: tuple[tuple[str, tuple[str, ...]], ...]
    """The tables by which it is known, each with columns that it has to have; the first one holds the
    entries."""
    count: str
    """One SELECT with four columns: rows, bytes of their keys and values, rows that the tool does not serve
    any more at `:now` (seconds since the epoch), and the bytes of those; the last two NULL where the tool
    records no such thing."""

    @property
    def mark(self) -> bytes:
        """How the first table's definition begins in the file, in these words whatever was typed."""
        return f"CREATE TABLE {self.tables[0][0]}".encode()


@dataclass(frozen=True, slots=True)
class Records:
    """The rows of one database, counted without opening it where it lies."""

    tool: str = ""
    """Whose tables they are; empty where that is not known."""
    size: int = 0
    """`st_size` of the database file."""
    free: int = 0
    """Bytes of pages in it that hold nothing any more."""
    rows: int | None = None
    """None where they could not be counted."""
    live: int | None = None
    """Bytes of keys and values in all rows, and in the files that they name."""
    expired: int | None = None
    """Rows that the tool does not serve any more; None where it records no such thing."""
    expired_bytes: int | None = None
    trouble: Trouble | None = None
