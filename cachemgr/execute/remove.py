"""Permanent removal of what lies in a directory of our own, call by call: measured, one failure at a time."""

import errno
import os
from dataclasses import dataclass, field

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.execute import system

_ASIDE = ".deep"
_REPORT = 512
"""Removed directory entries between two reports of progress."""


@dataclass(slots=True)
class Removal:
    """What was removed so far: measured, not expected."""

    files: int = 0
    """Directory entries of every kind."""
    freed: int = 0
    """Bytes of the inodes whose last name went."""
    errors: list[OSError] = field(default_factory=list)
    moved_up: bool = False
    """A directory was brought to the surface, so that the unit it was in is not whole."""
    reported: int = 0

    @property
    def begun(self) -> bool:
        """Whether anything is not as it was."""
        return self.files > 0 or self.moved_up

    def is_due(self) -> bool:
        """Whether enough has gone since the last report for another one."""
        due = self.files >= self.reported + _REPORT
        if due:
            self.reported = self.files
        return due


@dataclass(frozen=True, slots=True)
class Mount:
    """What a directory lies on. A bind mount of the same device has another number; where the system does
    not give it, the device has to do."""

    device: int
    number: int | None

    @classmethod
    def of(cls, handle: Handle) -> "Mount":
        return cls(handles.fstat(handle).st_dev, handles.mount_id(handle))


def belongs_to(name: str) -> str:
    """The unit of which a name at the surface is, or is a part that a removal brought there to keep its way
    short: `7` and `7.deep3` are of unit 7. Of any other name that name itself."""
    unit, mark, number = name.partition(_ASIDE)
    return unit if mark and number.isascii() and number.isdecimal() else name


@dataclass(slots=True, eq=False)
class Task:
    """Something that is to be removed for good: a file, a link or a tree, in a directory that only we use."""

    parent: Handle
    name: str
    done: Removal
    number: int = 0
    """The step it belongs to."""
    surfaced: list[str] = field(default_factory=list)
    """What an earlier removal of it, which was interrupted, had brought to the surface."""
    finished: bool = False
    moved_up: int = 0
    """Directories that were brought to the surface, because they lay too deep."""
    _mount: Mount | None = None

    @property
    def mount(self) -> Mount:
        """Asked for only where there is a directory. Raises OSError."""
        if self._mount is None:
            self._mount = Mount.of(self.parent)
        return self._mount

    def aside(self, number: int) -> str:
        """What a part of it is called that was brought to the surface; `belongs_to` knows it again."""
        return f"{self.name}{_ASIDE}{number}"

    def move_up(self, folder: Handle, name: str) -> str:
        """Bring a directory that lies too deep to the surface; its name there. Raises OSError."""
        while True:
            self.moved_up += 1
            self.done.moved_up = True
            try:
                system.move(folder, name, self.parent, self.aside(self.moved_up))
            except FileExistsError:
                continue  # left by a removal that was interrupted
            return self.aside(self.moved_up)


@dataclass(slots=True, eq=False)
class Level:
    """A directory that is being emptied."""

    task: Task
    name: str
    handle: Handle
    allocated: int
    outer: "Level | None"
    """None for the directory that holds the task, which stays."""
    depth: int = 0
    parts: int = 1
    """Shares of it that are not done, and directories in it that have not gone."""


@dataclass(slots=True)
class Share:
    """Names in a directory that one thread removes."""

    level: Level
    names: list[str]


def enter(parent: Handle, name: str, status: os.stat_result, mount: Mount) -> tuple[Handle, list[str]]:
    """Open a directory that is to be emptied, and list it. Raises OSError; EXDEV at another mount."""
    try:
        handle = handles.open_child(parent, name)
    except PermissionError:
        # 0000 directories of ours inside our own quarantine: the way in is to be let in.
        system.let_in(parent, name)
        handle = handles.open_child(parent, name)
    try:
        if Mount.of(handle) != mount:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), name)
        if status.st_mode & 0o700 != 0o700:
            system.open_up(handle)
        return handle, handles.names(handle)
    except OSError:
        handles.close(handle)
        raise


def leave(parent: Handle, name: str, done: Removal) -> bool:
    """Remove a directory that was emptied; whether it went."""
    try:
        system.rmdir(parent, name)
    except OSError as error:
        # What could not be removed in it was already reported.
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST) or not done.errors:
            done.errors.append(error)
        return False
    return True
