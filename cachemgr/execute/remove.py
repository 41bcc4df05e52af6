"""Permanent removal of what lies in a directory of our own: handle by handle, iterative, one failure at a
time."""

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.domain.unit import Kind
from cachemgr.execute import system

_DEEPEST = 48
"""Levels held open. What lies deeper is first moved up, beside the tree, where it is shallow again."""
_REPORT = 512
"""Removed directory entries between two reports of progress."""


@dataclass(slots=True)
class Removal:
    """What was removed so far: measured, not expected."""

    files: int = 0
    freed: int = 0
    """Bytes of the inodes whose last name went."""
    errors: list[OSError] = field(default_factory=list)
    moved_up: int = 0
    """Directories that were brought to the surface, because they lay too deep."""
    reported: int = 0


@dataclass(slots=True)
class _Level:
    name: str
    handle: Handle
    allocated: int
    pending: list[str]


def remove_tree(parent: Handle, name: str, done: Removal) -> Iterator[Removal]:
    """Remove a file, a link or a whole tree below an open directory that only we use.

    Yields now and then while it works. Errors are collected; what could not be removed stays.
    """
    queue = [name]
    mount = _Mount.of(parent)
    levels: list[_Level] = []
    try:
        while queue:
            top = queue.pop()
            levels = _open_top(parent, top, mount, done)
            while levels:
                level = levels[-1]
                if not level.pending:
                    levels.pop()
                    handles.close(level.handle)
                    _rmdir(levels[-1].handle if levels else parent, level, done)
                    continue
                child = level.pending.pop()
                if (facts := _facts(level.handle, child, done)) is None:
                    continue
                if handles.kind(facts) is not Kind.DIRECTORY:
                    _unlink(level.handle, child, facts, done)
                elif len(levels) >= _DEEPEST:
                    queue += _move_up(level.handle, child, parent, name, done)
                else:
                    levels += _enter(level.handle, child, facts, mount, done)
                if done.reported + _REPORT <= done.files:
                    done.reported = done.files
                    yield done
    finally:
        for level in levels:
            handles.close(level.handle)
    yield done


@dataclass(frozen=True, slots=True)
class _Mount:
    """What a directory lies on. A bind mount of the same device has another number; where the system does
    not give it, the device has to do."""

    device: int
    number: int | None

    @classmethod
    def of(cls, handle: Handle) -> "_Mount":
        return cls(handles.fstat(handle).st_dev, handles.mount_id(handle))


def _open_top(parent: Handle, name: str, mount: _Mount, done: Removal) -> list[_Level]:
    """What is to be removed, opened; nothing, where it is no directory and has gone already."""
    status = _facts(parent, name, done)
    if status is None:
        return []
    if handles.kind(status) is not Kind.DIRECTORY:
        _unlink(parent, name, status, done)
        return []
    return _enter(parent, name, status, mount, done)


def _move_up(source: Handle, child: str, parent: Handle, name: str, done: Removal) -> list[str]:
    """Bring a directory that lies too deep beside the tree; its new name there, if that worked."""
    number = done.moved_up
    while True:
        number += 1
        aside = f"{name}.deep{number}"
        try:
            system.move(source, child, parent, aside)
        except FileExistsError:
            continue  # left by a removal that was interrupted
        except OSError as error:
            done.errors.append(error)
            return []
        done.moved_up = number
        return [aside]


def _enter(parent: Handle, name: str, status: os.stat_result, mount: _Mount, done: Removal) -> list[_Level]:
    """Open a directory that is to be emptied, unless it is another mount."""
    try:
        handle = handles.open_child(parent, name)
    except PermissionError:
        # 0000 directories of ours inside our own quarantine: the way in is to be let in.
        return _force(parent, name, status, mount, done)
    except OSError as error:
        done.errors.append(error)
        return []
    return _opened(handle, name, status, mount, done)


def _opened(handle: Handle, name: str, status: os.stat_result, mount: _Mount, done: Removal) -> list[_Level]:
    try:
        if _Mount.of(handle) != mount:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), name)
        if status.st_mode & 0o700 != 0o700:
            system.open_up(handle)
        return [_Level(name, handle, handles.allocated(status), handles.names(handle))]
    except OSError as error:
        done.errors.append(error)
        handles.close(handle)
        return []


def _force(parent: Handle, name: str, status: os.stat_result, mount: _Mount, done: Removal) -> list[_Level]:
    try:
        system.let_in(parent, name)
        handle = handles.open_child(parent, name)
    except OSError as error:
        done.errors.append(error)
        return []
    return _opened(handle, name, status, mount, done)


def _facts(parent: Handle, name: str, done: Removal) -> os.stat_result | None:
    try:
        return handles.lstat(parent, name)
    except FileNotFoundError:
        return None
    except OSError as error:
        done.errors.append(error)
        return None


def _unlink(parent: Handle, name: str, status: os.stat_result, done: Removal) -> None:
    try:
        system.unlink(parent, name)
    except OSError as error:
        done.errors.append(error)
        return
    done.files += 1
    if status.st_nlink <= 1:
        done.freed += handles.allocated(status)


def _rmdir(parent: Handle, level: _Level, done: Removal) -> None:
    try:
        system.rmdir(parent, level.name)
    except OSError as error:
        # What could not be removed in it was already reported.
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST) or not done.errors:
            done.errors.append(error)
        return
    done.files += 1
    done.freed += level.allocated
