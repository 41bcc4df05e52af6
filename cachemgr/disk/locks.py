"""Other tools' lock files: whether somebody holds one now. None is ever made, written or removed.

A name that ends in `.lock` is a lock file's; any other is that of a directory of them.
"""

import os
from errno import ELOOP, ENOTDIR, EWOULDBLOCK

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle

Names = tuple[str, ...]
_SUFFIX = ".lock"


def first_held(root: Handle, names: Names) -> Names | None:
    """The lock file that somebody holds: the one of that name, or the first in a directory of that name.

    None where nobody holds one, and where there is none. Raises OSError where it cannot be told.
    """
    if not is_single(names):
        return _first_in(root, names)
    try:
        folder = handles.open_below(root, names[:-1])
    except FileNotFoundError:
        return None
    try:
        return names if _is_held(folder, names[-1]) else None
    finally:
        handles.close(folder)


def take(root: Handle, names: Names) -> int | None:
    """Hold a lock file, until `handles.release_lock`. None where there is nothing to hold: no such file, or a
    directory of locks, of which there may be thousands; all of them were free a moment ago.

    Raises BlockingIOError when somebody holds it, another OSError where that cannot be told.
    """
    held: int | None = None
    if is_single(names):
        try:
            folder = handles.open_below(root, names[:-1])
            try:
                held = handles.hold_lock(folder, names[-1])
            finally:
                handles.close(folder)
        except FileNotFoundError:
            return None
    elif _first_in(root, names) is None:
        return None
    if held is None:
        raise BlockingIOError(EWOULDBLOCK, os.strerror(EWOULDBLOCK), names[-1])
    return held


def is_single(names: Names) -> bool:
    """Whether it is one lock file."""
    return names[-1].endswith(_SUFFIX)


def _first_in(root: Handle, names: Names) -> Names | None:
    try:
        folder = handles.open_below(root, names)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno not in (ENOTDIR, ELOOP):
            raise
        # A link is not followed. That each of the locks behind it is out of reach is found one by one.
        return None
    try:
        locks = (lock for lock in handles.names(folder) if lock.endswith(_SUFFIX))
        return next(((*names, lock) for lock in locks if _is_held(folder, lock)), None)
    finally:
        handles.close(folder)


def _is_held(parent: Handle, name: str) -> bool:
    try:
        descriptor = handles.hold_lock(parent, name)
    except FileNotFoundError:
        return False
    if descriptor is None:
        return True
    handles.release_lock(descriptor)
    return False
