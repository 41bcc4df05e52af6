"""A directory with tiktoken's encodings, and what is wrong in it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from cachemgr.domain.encoding import EncodingFile
from cachemgr.domain.inventory import Origin, Problem
from cachemgr.domain.terms import Place
from cachemgr.domain.unit import Identity


class FileState(StrEnum):
    """What became of a file when it was looked at."""

    OK = "ok"
    """Its SHA-256 is the published one."""
    CORRUPT = "corrupt"
    INCOMPLETE = "incomplete"
    """A download that tiktoken did not finish, or is writing now."""
    UNREADABLE = "unreadable"
    UNKNOWN = "unknown"
    """Not one of tiktoken's files, or a link or directory in the place of one; not looked into."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """Something in a directory of encodings."""

    file: str
    """Its name there."""
    state: FileState
    identity: Identity
    known: EncodingFile | None = None
    sha256: str | None = None
    """Of what is there; None where it was not read."""

    @property
    def size(self) -> int:
        """Bytes (`st_size`)."""
        return self.identity.size


@dataclass(frozen=True, slots=True)
class EncodingCache:
    """A directory where tiktoken's files are, were or will be."""

    path: Path
    """Absolute; as it was configured or named."""
    place: Place
    origin: Origin
    real_path: Path | None = None
    """None where it does not exist, or must not be looked into."""
    current: bool = False
    """tiktoken reads and writes here now."""
    problems: tuple[Problem, ...] = ()
    files: tuple[FoundFile, ...] = ()

    def best(self, file: EncodingFile) -> FoundFile | None:
        """What is there of a file: the right one, if it has several names, before a wrong one."""
        found = [one for one in self.files if one.known == file and one.state is not FileState.INCOMPLETE]
        right = (one for one in found if one.state is FileState.OK)
        return next(right, found[0] if found else None)

    @property
    def wrong(self) -> tuple[FoundFile, ...]:
        """The files that are not what was published, or could not be read."""
        states = (FileState.CORRUPT, FileState.UNREADABLE)
        return tuple(file for file in self.files if file.state in states)

    def under(self, name: str) -> FoundFile | None:
        return next((one for one in self.files if one.file == name), None)


def summed(files: Iterable[FoundFile]) -> dict[FileState, int]:
    """How many there are of each state."""
    counts = dict.fromkeys(FileState, 0)
    for file in files:
        counts[file.state] += 1
    return counts
