"""Windows on this system's disk: the calls that Python lacks elsewhere, faked, and all the rest real.

A fake knows the attributes that a test gives to paths, refuses to rename what is held or holds something
held, overwrites nothing, and has other programs in it that keep a file open for a while.
"""

import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pytest

from cachemgr.disk import handles, walk, win32
from cachemgr.disk import windows as disk
from cachemgr.execute import files, system, windows_files
from cachemgr.execute import windows as execute

SHARING, DENIED, EXISTS = 32, 5, 183


class Facts(tuple[int, ...]):
    """What `os.lstat` gives on Windows."""

    status: os.stat_result
    st_file_attributes: int

    def __getattr__(self, name: str) -> Any:
        if name == "st_blocks":
            raise AttributeError(name)
        return getattr(self.status, name)


def windows_error(kind: type[OSError], number: int, path: str) -> OSError:
    error = kind(13, os.strerror(13), path)
    error.winerror = number  # type: ignore[attr-defined]
    return error


@dataclass
class Windows:
    """One machine. A directory and a symbolic link have their own attributes by themselves."""

    attributes: dict[tuple[int, int], int] = field(default_factory=dict)
    """By device and inode: they go where the file goes."""
    held: dict[int, str] = field(default_factory=dict)
    ever_held: list[str] = field(default_factory=list)
    drives: dict[str, int] = field(default_factory=dict)
    busy: dict[str, int] = field(default_factory=dict)
    """How many more times a file turns out to be open, by its name."""
    error: int = SHARING
    slept: list[float] = field(default_factory=list)
    meanwhile: list[Callable[[str], None]] = field(default_factory=list)
    """What others try right before something of ours is renamed."""

    def mark(self, path: Path, attributes: int) -> None:
        status = os.lstat(path)
        self.attributes[(status.st_dev, status.st_ino)] = attributes

    def lstat(self, path: str) -> os.stat_result:
        status = os.lstat(path)
        facts = Facts(status)  # type: ignore[arg-type]
        facts.status = status
        own = win32.DIRECTORY if stat.S_ISDIR(status.st_mode) else 0
        own |= win32.REPARSE_POINT if stat.S_ISLNK(status.st_mode) else 0
        facts.st_file_attributes = self.attributes.get((status.st_dev, status.st_ino), 0) | own
        return cast(os.stat_result, facts)

    def hold(self, path: str) -> int:
        os.lstat(path)
        handle = len(self.ever_held) + 1
        self.held[handle] = path
        self.ever_held.append(path)
        return handle

    def release(self, handle: int) -> None:
        del self.held[handle]

    def drive_type(self, path: str) -> int:
        return self.drives.get(path, win32.FIXED)

    def rename(self, source: str, target: str) -> None:
        self.look(source)
        # Against everybody else, who tries at the worst moment.
        for meanwhile in self.meanwhile:
            meanwhile(source)
        self.exchange(source, target)

    def exchange(self, source: str, target: str) -> None:
        """A rename by any program."""
        self.refuse_held(source)
        if os.path.lexists(target):
            raise windows_error(FileExistsError, EXISTS, target)
        os.rename(source, target)

    def refuse_held(self, path: str) -> None:
        path = disk.extended(path)
        if any(held == path or held.startswith(path + os.sep) for held in self.held.values()):
            raise windows_error(PermissionError, DENIED, path)

    def look(self, path: str) -> None:
        """Whether another program has it open."""
        name = os.path.basename(path)
        if self.busy.get(name, 0) > 0:
            self.busy[name] -= 1
            raise windows_error(PermissionError, self.error, path)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> Windows:
    """The Windows modules can be called; the rest of the program goes on as on this system."""
    machine = Windows()
    for name in ("lstat", "hold", "release", "drive_type"):
        monkeypatch.setattr(win32, name, getattr(machine, name))
    monkeypatch.setattr(execute, "rename", machine.rename)
    monkeypatch.setattr(execute, "sleep", machine.sleep)
    really = os.rmdir

    def rmdir(path: str, *, dir_fd: int | None = None) -> None:
        if dir_fd is None:
            machine.refuse_held(path)
        really(path, dir_fd=dir_fd)

    monkeypatch.setattr(os, "rmdir", rmdir)
    return machine


@pytest.fixture
def everywhere(windows: Windows, monkeypatch: pytest.MonkeyPatch) -> Windows:
    """The whole program works through the Windows modules."""
    for front, back in ((handles, disk), (system, execute), (files, windows_files)):
        assert isinstance(back, ModuleType)
        for name in front.__all__:
            monkeypatch.setattr(front, name, getattr(back, name))
    monkeypatch.setattr(walk, "MODE_TELLS", False)
    monkeypatch.setattr(walk, "PLAIN", -1)
    return windows


@contextmanager
def opened_files() -> Iterator[set[str]]:
    """The paths of all files that are opened meanwhile."""
    paths: set[str] = set()
    _watching.append(paths)
    try:
        yield paths
    finally:
        _watching.remove(paths)


_watching: list[set[str]] = []


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and _watching:
        for paths in _watching:
            paths.add(os.fsdecode(arguments[0]) if isinstance(arguments[0], str | bytes) else "")


def watch() -> None:
    """An audit hook cannot be removed, so that there is one for all tests."""
    if not _hooked:
        _hooked.append(True)
        sys.addaudithook(_hook)


_hooked: list[bool] = []
