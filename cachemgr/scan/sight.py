"""What an observer sees of a process, whatever the system it looks through."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from cachemgr.domain.unit import Inode

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that a process uses: at a place below a root, or a file under another name."""

    pid: int
    place: tuple[int, Names] | None = None
    """The root's number, and names below it."""
    inode: Inode | None = None


class Watcher(Protocol):
    """A look at all processes, once."""

    others: int
    """Processes of other users that could not be looked at; final when the look is over."""
    own: int
    """The same of this user."""
    maps: bool
    """Whether the system says what is mapped into memory."""
    folds: bool
    """Names are said without their case."""

    def look(self) -> Iterator[Seen]:
        """Everything, as it is found. Raises nothing for a process that is gone or does not let us look."""

    def name(self, pid: int) -> str: ...


_NAMES: dict[int, str] = {}


def name(pid: int) -> str:
    """What a process calls itself; asked once."""
    if pid not in _NAMES:
        import psutil  # only where something is in use

        try:
            _NAMES[pid] = psutil.Process(pid).name()
        except (psutil.Error, OSError):
            _NAMES[pid] = ""
    return _NAMES[pid]
