"""Other tools' lock files: whether somebody holds one now. None is ever made, written or removed."""

import os
from errno import EWOULDBLOCK

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.domain.unit import Kind

Names = tuple[str, ...]
_SUFFIX = ".lock"


def first_held(root: Handle, names: Names) -> Names | None:
    """The lock file that somebody holds: the one of that name, or the first in a directory of that name.

    None where nobody holds one, and where there is none. Raises OSError where it cannot be told.
    """
    try:
        folder = handles.open_below(root, names[:-1])
        try:
            if handles.kind(handles.lstat(folder, names[-1])) is not Kind.DIRECTORY:
                return names if _is_held(folder, names[-1]) else None
            many = handles.open_child(folder, names[-1])
        finally:
            handles.close(folder)
    except FileNotFoundError:
        return None
    try:
        locks = (lock for lock in handles.names(many) if lock.endswith(_SUFFIX))
        return next(((*names, lock) for lock in locks if _is_held(many, lock)), None)
    finally:
        handles.close(many)


def take(root: Handle, names: Names) -> int | None:
    """Hold a lock file, until `handles.release_lock`. None where there is nothing to hold: no such file, or a
    directory of locks, of which there may be thousands; all of them were free a moment ago.

    Raises BlockingIOError when somebody holds it, another OSError where that cannot be told.
    """
    held: int | None = None
    try:
        folder = handles.open_below(root, names[:-1])
        try:
            if handles.kind(handles.lstat(folder, names[-1])) is not Kind.DIRECTORY:
                held = handles.hold_lock(folder, names[-1])
                busy = held is None
            else:
                busy = first_held(root, names) is not None
        finally:
            handles.close(folder)
    except FileNotFoundError:
        return None
    if busy:
        raise BlockingIOError(EWOULDBLOCK, os.strerror(EWOULDBLOCK), names[-1])
    return held


def _is_held(parent: Handle, name: str) -> bool:
    try:
        descriptor = handles.hold_lock(parent, name)
    except FileNotFoundError:
        return False
    if descriptor is None:
        return True
    handles.release_lock(descriptor)
    return False
