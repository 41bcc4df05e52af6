"""macOS and Windows: what processes use, as psutil tells it. On macOS it knows no mapped files; lsof does."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Set
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Any, Protocol

from cachemgr.domain.unit import Inode
from cachemgr.scan.sight import Seen


class Process(Protocol):
    """What psutil.Process has of this; each call may raise psutil.Error."""

    @property
    def pid(self) -> int: ...
    def name(self) -> str: ...
    def username(self) -> str: ...
    def cwd(self) -> str: ...
    def exe(self) -> str: ...
    def open_files(self) -> Iterable[Any]: ...


class ProcessTable:
    """All processes but those left out."""

    def __init__(
        self,
        roots: tuple[PurePath, ...],
        processes: Iterable[Process],
        is_ours: Callable[[Process], bool],
        mapped: dict[int, list[str]] | None = None,
    ) -> None:
        """`mapped` is what another tool knows to be mapped, where psutil knows nothing of that."""
        self.roots = roots
        self.processes = processes
        self.is_ours = is_ours
        self.mapped = mapped
        self.others = self.own = 0
        self.folds = any(isinstance(root, PureWindowsPath) for root in roots)
        self.maps = True
        self._names: dict[int, str] = {}

    @classmethod
    def current(cls, roots: tuple[Path, ...], leave_out: Set[int]) -> "ProcessTable":
        """This system's."""
        import psutil

        user = psutil.Process().username()
        # The idle process and the kernel's own have no files.
        skipped = leave_out | ({0, 4} if sys.platform == "win32" else {0})
        processes = (process for process in psutil.process_iter() if process.pid not in skipped)
        mapped = None
        if sys.platform == "darwin":
            from cachemgr.scan.lsof import mapped_files

            mapped = mapped_files()
        return cls(roots, processes, lambda process: _username(process) == user, mapped)

    def name(self, pid: int) -> str:
        return self._names.get(pid, "")

    def look(self) -> Iterator[Seen]:
        from psutil import AccessDenied, Error

        for process in self.processes:
            denied = False
            for question in (self._places, self._open, self._mapped):
                try:
                    for path in question(process):
                        yield from self._seen(process, path)
                except AccessDenied:
                    denied = True
                except (Error, OSError):
                    continue  # gone, or without such a thing
            if denied and self.is_ours(process):
                self.own += 1
            elif denied:
                self.others += 1

    def _places(self, process: Process) -> Iterator[str]:
        yield process.cwd()
        yield process.exe()

    def _open(self, process: Process) -> Iterator[str]:
        return (file.path for file in process.open_files())

    def _mapped(self, process: Process) -> Iterator[str]:
        ask = getattr(process, "memory_maps", None)
        if ask is not None:
            return (mapping.path for mapping in ask())
        if self.mapped is None:
            self.maps = False
            return iter(())
        return iter(self.mapped.get(process.pid, ()))

    def _seen(self, process: Process, path: str) -> Iterator[Seen]:
        place = self._place(path)
        if place is not None:
            self._know(process)
            yield Seen(process.pid, place)
        elif path and (inode := _linked(path, self.roots)) is not None:
            self._know(process)
            yield Seen(process.pid, inode=inode)

    def _place(self, path: str) -> tuple[int, tuple[str, ...]] | None:
        flavour: type[PurePath] = PureWindowsPath if self.folds else PurePosixPath
        pure = flavour(path.removeprefix("\\\\?\\") if self.folds else path)
        found = [
            (number, pure.parts[len(root.parts) :])
            for number, root in enumerate(self.roots)
            if pure.is_relative_to(root)
        ]
        # A root inside another is the one that counts.
        best = min(found, key=lambda place: len(place[1]), default=None)
        if best is None or not self.folds:
            return best
        return best[0], tuple(name.casefold() for name in best[1])

    def _know(self, process: Process) -> None:
        if process.pid not in self._names:
            from psutil import Error

            try:
                self._names[process.pid] = process.name()
            except (Error, OSError):
                self._names[process.pid] = ""


def _linked(path: str, roots: tuple[PurePath, ...]) -> Inode | None:
    """A file that has other names as well, one of which may lie below a root on the same drive."""
    drive = PurePath(path).drive.casefold()
    if all(root.drive.casefold() != drive for root in roots):
        return None
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return (status.st_dev, status.st_ino) if status.st_nlink > 1 else None


def _username(process: Process) -> str | None:
    from psutil import Error

    try:
        return process.username()
    except (Error, OSError):
        return None
