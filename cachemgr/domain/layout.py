"""How a cache's files are read into entries: the seam between knowing a layout and walking a disk."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from cachemgr.domain.records import Records, Schema
from cachemgr.domain.unit import Draft, Item, Kind, Unit

Names = tuple[str, ...]


class Leaf(NamedTuple):
    """Something below a directory that is no directory itself."""

    names: Names
    """Below that directory."""
    kind: Kind
    size: int
    """`st_size`."""
    target: str | None
    """A link's text, unresolved."""


class Reader(Protocol):
    """A root opened for reading. Whatever a layout does not read is still counted, as unknown."""

    def list(self, *names: str) -> tuple[Item, ...]:
        """What a directory below the root holds, by name; empty where it is missing, a link or unreadable.

        A directory that was listed is a container: it is never removed except when empty.
        """

    def unit(self, *names: str) -> Unit | None:
        """A file, a link or a whole tree that goes as one; None where it is missing, was listed, or is not
        what a listing showed any more."""

    def keep(self, *names: str) -> None:
        """Something the layout knows and never gives away: counted, and not reported as unknown."""

    def leaves(self, *names: str) -> tuple[Leaf, ...]:
        """Everything below a directory that is no directory itself, without making it a container."""

    def text(self, *names: str, limit: int = 65536) -> bytes | None:
        """A regular file's bytes; None where it is missing, longer than `limit` or something else."""

    def records(self, *names: str, schemas: tuple[Schema, ...]) -> Records | None:
        """What an SQLite database holds, counted by the first schema whose tables it has and without opening
        it where it lies; None where there is none."""

    def link(self, *names: str) -> str | None:
        """A symbolic link's text, unresolved; None where it is not one."""

    @property
    def unread(self) -> int:
        """How many things could not be read so far. Where it grew, what seems to be referenced by nothing
        may be referenced by something unseen."""


class Layout(Protocol):
    """How the files under a root group into entries. Reads, never writes."""

    def read(self, reader: Reader) -> Iterator[Draft]:
        """Every entry that the layout recognises."""

    def evidence(self, reader: Reader) -> bool:
        """Whether the root shows that it is what it claims to be."""
