"""A directory and its copy, and what is done to all of them in one pass."""

import os
from dataclasses import dataclass, field

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.unit import Inode
from cachemgr.execute.consignment import Consignment, Mark, Names
from cachemgr.execute.content import Haul
from cachemgr.execute.guard import Stop
from cachemgr.execute.small_files import Answer, Order

Item = tuple[str, os.stat_result | None]
"""A name that is no directory, and its facts where they were looked at."""


@dataclass(slots=True, eq=False)
class Folder:
    """What was read of a directory, for the second pass."""

    status: os.stat_result
    files: dict[str, tuple[Mark, bytes]] = field(default_factory=dict)
    """With their digests."""
    links: dict[str, tuple[Mark, str]] = field(default_factory=dict)
    """With the text that the copy has."""
    folders: dict[str, "Folder"] = field(default_factory=dict)
    small: set[str] = field(default_factory=set)
    """Of the files those that were copied in one go."""


@dataclass(slots=True, eq=False)
class Level:
    """A directory of each tree, open."""

    job: "Pass"
    name: str
    outer: "Level | None"
    """None for the two directories that the unit and its copy lie in."""
    source: Handle
    target: Handle
    folder: Folder
    names: list[str]
    """What was not looked at yet."""
    folders: list[str] = field(default_factory=list)
    """The directories among what was."""
    inodes: tuple[Inode, Inode] = ((0, 0), (0, 0))
    users: int = 0
    held: bool = False
    """By the thread that walks."""
    walked: bool = False

    @property
    def trail(self) -> Names:
        """The names from the unit to here; its own first."""
        names: list[str] = []
        level = self
        while level.outer is not None:
            names.append(level.name)
            level = level.outer
        return tuple(reversed(names))

    def close(self) -> None:
        handles.close(self.source)
        if self.outer is not None:  # else it is the caller's
            handles.close(self.target)


@dataclass(slots=True)
class Batch:
    """What one thread works on, of a level."""

    level: Level
    items: list[Item]


@dataclass(slots=True, eq=False)
class Share:
    """In a large file, of a level."""

    level: Level
    item: Item
    haul: Haul


class Pass:
    """One way through a tree and its copy. Two threads work on it: what a list or a dictionary does in one
    call needs no lock."""

    task = ""
    """What is done to small files, as `CopyProcess` calls it; empty where it can do nothing."""

    def __init__(self, unit: Consignment) -> None:
        self.unit = unit
        self.top = unit.names[:-1]
        """What the unit lies in, below its root."""
        self.files = self.bytes = 0
        self._failures: list[Trouble] = []

    @property
    def failure(self) -> Trouble | None:
        """Why it comes to nothing; the first reason counts."""
        return self._failures[0] if self._failures else None

    def begin(self) -> Level:
        """The directories that the unit and its copy lie in. Raises Stop, OSError."""
        raise NotImplementedError

    def enter(self, level: Level, name: str) -> Level:
        """A directory, in both trees. Raises Stop, OSError."""
        raise NotImplementedError

    def sort(self, level: Level, names: list[str]) -> list[Item]:
        """Of some names of a level those that are no directories; these are noted. Raises Stop, OSError."""
        raise NotImplementedError

    def prepare(self, level: Level, items: list[Item]) -> None:
        """Some are about to be worked on."""

    def leaf(self, level: Level, item: Item) -> int | Haul | None:
        """Work on what is no directory: how many bytes of content that was, or the way to do it if it is a
        large file, or None if it has to wait for another one. Raises Stop, OSError."""
        raise NotImplementedError

    def order(self, level: Level, item: Item) -> Order | None:
        """What is to be done to a small file, if it is one that anybody can work on."""
        raise NotImplementedError

    def answered(self, level: Level, order: Order, answer: Answer) -> int:
        """That was done; how many bytes of content it was. Raises Stop, OSError."""
        raise NotImplementedError

    def redo(self, level: Level, order: Order) -> None:
        """Nobody knows how far an order came: it is going to be carried out again. Raises OSError."""

    def landed(self, level: Level, item: Item, haul: Haul) -> None:
        """A large file is done. Raises Stop, OSError."""

    def leave(self, level: Level) -> None:
        """All that is no directory in it is done. Raises Stop, OSError."""

    def fail(self, error: OSError | Stop, level: Level | None, name: str = "") -> None:
        """It comes to nothing, or something of it was not done."""
        place = "/".join(self.place(level, name) if name else self.place(level))
        if isinstance(error, Stop):
            trouble = error.trouble
            trouble = Trouble(trouble.kind, trouble.detail or place, trouble.errno)
        else:
            trouble = Trouble("os", place, error.errno)
        self._failures.append(trouble)

    def stage(self, level: Level, name: str) -> str:
        """What something is called in the copy: the unit itself may have another name there."""
        return self.unit.stage if level.outer is None else name

    def place(self, level: Level | None, *names: str) -> Names:
        """As names below the root."""
        return (*self.top, *(level.trail if level is not None else ()), *names)
