"""Whether two units have the same content: then one of them is at its place already."""

import os
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.domain.leads import Move, lead
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.unit import Kind
from cachemgr.execute import files
from cachemgr.execute.consignment import Consignment, Names
from cachemgr.execute.content import Haul
from cachemgr.execute.guard import Stop
from cachemgr.execute.level import Folder, Item, Level, Pass
from cachemgr.execute.pairs import Crew

_DIFFERENT = "different"


class Likeness(StrEnum):
    """How two units compare."""

    SAME = "same"
    DIFFERENT = "different"
    UNKNOWN = "unknown"
    """One of them could not be read to its end, or holds what is never opened."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison found."""

    likeness: Likeness
    detail: str = ""
    """Below the first root: where they differ first, or what could not be read."""
    errno: int | None = None


def compare(
    root: Handle, names: Names, other: Handle, other_names: Names, moves: tuple[Move, ...] = ()
) -> Generator[int, None, Compared]:
    """Compare two units by what they hold: names, kinds, content, and links by the text that a move would
    give them. Modes, times and attributes do not count. Yields how many bytes were compared so far."""
    try:
        staging = handles.open_below(other, other_names[:-1])
    except OSError as error:
        return Compared(Likeness.UNKNOWN, "/".join(names), error.errno)
    crew = Crew()
    job = _Comparing(Consignment(0, root, names, staging, other_names[-1], moves=moves))
    try:
        with closing(crew.run(iter((job,)))) as news:
            for _ in news:
                yield job.bytes
    finally:
        crew.close()
        handles.close(staging)
    if job.failure is None:
        return Compared(Likeness.SAME)
    different = job.failure.kind == _DIFFERENT
    return Compared(
        Likeness.DIFFERENT if different else Likeness.UNKNOWN, job.failure.detail, job.failure.errno
    )


class _Comparing(Pass):
    """The original is one tree, and its copy the other."""

    def begin(self) -> Level:
        folder = handles.open_below(self.unit.root, self.top)
        return Level(self, "", None, folder, self.unit.staging, _nothing(folder), [self.unit.names[-1]])

    def enter(self, level: Level, name: str) -> Level:
        source = handles.open_child(level.source, name)
        target: Handle | None = None
        try:
            target = handles.open_child(level.target, self.stage(level, name))
            names = handles.names(source)
            if set(names) != set(handles.names(target)):
                raise self._differs(level, name)
            inodes = [(status.st_dev, status.st_ino) for status in map(handles.fstat, (source, target))]
        except (OSError, Stop):
            for handle in (source, target):
                if handle is not None:
                    handles.close(handle)
            raise
        inner = Level(self, name, level, source, target, _nothing(source), names)
        inner.inodes = (inodes[0], inodes[1])
        return inner

    def sort(self, level: Level, names: list[str]) -> list[Item]:
        items: list[Item] = []
        for name in names:
            status = handles.lstat(level.source, name)
            try:
                other = handles.lstat(level.target, self.stage(level, name))
            except FileNotFoundError as error:
                raise self._differs(level, name) from error
            kind = handles.kind(status)
            if kind is not handles.kind(other):
                raise self._differs(level, name)
            if kind is Kind.OTHER:
                raise Stop(Trouble("special", "/".join(self.place(level, name))))
            if kind is Kind.DIRECTORY:
                level.folders.append(name)
            elif kind is Kind.FILE and status.st_size != other.st_size:
                raise self._differs(level, name)
            else:
                items.append((name, status))
        return items

    def leaf(self, level: Level, item: Item) -> int | Haul | None:
        name, status = item
        assert status is not None
        stage = self.stage(level, name)
        if handles.kind(status) is Kind.LINK:
            _, text = lead(self.place(level, name), handles.read_link(level.source, name), self.unit.moves)
            if handles.read_link(level.target, stage) != text:
                raise self._differs(level, name)
            return 0
        source = handles.open_file(level.source, name)
        try:
            target = handles.open_file(level.target, stage)
        except OSError:
            os.close(source)
            raise
        return _Both(source, target, os.fstat(source))

    def _differs(self, level: Level, name: str) -> Stop:
        return Stop(Trouble(_DIFFERENT, "/".join(self.place(level, name))))


class _Both(Haul):
    """Two files that are read side by side."""

    target: int

    def chunk(self, _index: int, start: int, room: memoryview) -> None:
        half = len(room) // 2
        for first, last in ((start, start + half), (start + half, start + len(room))):
            length = last - first
            one, other = room[:length], bytearray(length)
            if files.read_at(self.source, one, first) != length:
                raise Stop(Trouble("changed"))
            if files.read_at(self.target, memoryview(other), first) != length or other != one:
                raise Stop(Trouble(_DIFFERENT))


def _nothing(handle: Handle) -> Folder:
    return Folder(handles.fstat(handle))
