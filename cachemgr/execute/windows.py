"""The calls that change a disk, on extended-length paths: Windows has no directory descriptors in Python."""

import importlib
import os
import stat
import time
from collections.abc import Callable
from errno import EACCES, EINVAL, ENOTDIR, EPERM
from pathlib import Path
from typing import TypeVar

from cachemgr.disk import win32
from cachemgr.disk.reader import OURS, STAGING
from cachemgr.disk.windows import Handle, attributes_of, extended, is_online_only, kind
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.unit import Kind

T = TypeVar("T")

_PAUSES = (0.05, 0.1, 0.2, 0.4)
"""Seconds: virus scanners and indexers hold a file for a moment after it was touched."""
_PATIENCE = {32: 4, 33: 4, 5: 2}
"""How many of them an error is worth: ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION and ERROR_ACCESS_DENIED,
which is also said of a directory in which something is open, and most often means what it says."""

rename: Callable[[str, str], None] = os.rename
"""On Windows it never overwrites: MoveFileEx without its replace flag (CPython, posixmodule.c)."""
sleep: Callable[[float], None] = time.sleep


def move(source: Handle, name: str, target: Handle, new_name: str) -> None:
    """A rename that never overwrites. Raises FileExistsError, else OSError; nothing is copied."""
    old, new = source.to(name), target.to(new_name)
    _patiently(lambda: rename(old, new))


def replace(parent: Handle, name: str, new_name: str) -> None:
    """A rename over a file of our own beside it. Raises OSError."""
    old, new = parent.to(name), parent.to(new_name)
    _patiently(lambda: os.replace(old, new))


def unlink(parent: Handle, name: str) -> None:
    """Raises OSError. A junction or a link to a directory goes by rmdir, which removes the link alone."""
    path = parent.to(name)
    status = win32.lstat(path)
    if is_online_only(status):
        raise PermissionError(EPERM, "stored online, where it would be removed as well", name)
    _make_removable(path, status)
    gone = os.rmdir if attributes_of(status) & win32.DIRECTORY else os.unlink
    _patiently(lambda: gone(path))


def rmdir(parent: Handle, name: str) -> None:
    """Raises OSError; ENOTEMPTY when something is in it."""
    path = parent.to(name)
    _make_removable(path, win32.lstat(path))
    _patiently(lambda: os.rmdir(path))


def mkdir(parent: Handle, name: str, mode: int) -> None:
    """Raises FileExistsError, OSError."""
    os.mkdir(parent.to(name), mode)


def make_folder(parent: Handle, name: str) -> None:
    """Raises FileExistsError, OSError."""
    os.mkdir(parent.to(name))


def finish_mkdir(_parent: Handle, _name: str, _mode: int) -> None:
    """Directories have no mode to wait for."""


def link_directory(parent: Handle, name: str, target: str) -> None:
    """A junction, which unlike a symbolic link needs no privilege. Raises FileExistsError, OSError."""
    importlib.import_module("_winapi").CreateJunction(target, parent.to(name))


def set_times(parent: Handle, name: str, accessed_ns: int, modified_ns: int) -> None:
    """The times of a directory. Raises OSError."""
    path = parent.to(name)
    if kind(win32.lstat(path)) is not Kind.DIRECTORY:
        raise NotADirectoryError(ENOTDIR, os.strerror(ENOTDIR), name)
    os.utime(path, ns=(accessed_ns, modified_ns))


def set_own_times(handle: Handle, accessed_ns: int, modified_ns: int) -> None:
    """Raises OSError."""
    os.utime(handle.path, ns=(accessed_ns, modified_ns))


def open_up(_handle: Handle) -> None:
    """Windows directories have no mode that keeps their owner out."""


def let_in(_parent: Handle, name: str) -> None:
    """Raises PermissionError: there is no mode to change."""
    raise PermissionError(EACCES, os.strerror(EACCES), name)


def is_writable(_handle: Handle) -> bool:
    """Its access list says more than can be asked here: trying is the answer."""
    return True


def append(parent: Handle, name: str, content: bytes) -> None:
    """Content behind a file's end: all of it or nothing. Raises OSError; EINVAL for a link."""
    path = parent.to(name)
    if kind(win32.lstat(path)) is not Kind.FILE:
        raise OSError(EINVAL, os.strerror(EINVAL), name)
    with open(path, "ab", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        try:
            while content := content[file.write(content) :]:
                pass
            os.fsync(file.fileno())
        except OSError:
            file.truncate(size)
            raise


def write_file(parent: Handle, name: str, content: bytes) -> None:
    """A new file, all of it or none. Raises FileExistsError, OSError."""
    path = parent.to(name)
    with open(path, "xb") as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            return
        except OSError as error:
            failed = error
    os.unlink(path)
    raise failed


def write_new(parent: Handle, name: str, content: bytes, mode: int = 0o600) -> None:  # noqa: ARG001
    """Windows has no such modes. Raises FileExistsError, OSError."""
    with open(parent.to(name), "xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync(_handle: Handle) -> None:
    """NTFS journals its directories; Python cannot flush one."""


def bin_trouble(root: Path) -> Trouble | None:
    """Why nothing below a directory can go to the recycle bin; None when it can. Raises OSError.

    Other drives than built-in ones have no bin, and the shell then deletes. Without pywin32 it would also
    delete what is too large for a bin, or where somebody turned it off.
    """
    if win32.drive_type(extended(str(root))) != win32.FIXED:
        return Trouble("trash", "no-bin")
    try:
        importlib.import_module("send2trash.win.modern")
    except ImportError:
        return Trouble("trash", "bin-cannot-be-asked")
    return None


def _patiently(call: Callable[[], T]) -> T:
    """The call, again after a pause while somebody else has the file open. Raises OSError."""
    for number, pause in enumerate(_PAUSES):
        try:
            return call()
        except OSError as error:
            if number >= _PATIENCE.get(getattr(error, "winerror", 0) or 0, 0):
                raise
            sleep(pause)
    return call()


def _make_removable(path: str, status: os.stat_result) -> None:
    """Clear the attribute that forbids removal, of what is on its way out: in our own quarantine, where no
    other name shares it, and of copies in our staging. Raises PermissionError elsewhere."""
    if not attributes_of(status) & win32.READ_ONLY or kind(status) is Kind.LINK:
        return
    staged, aside = (any(part.startswith(ours) for part in path.split(os.sep)) for ours in (STAGING, OURS))
    shared = kind(status) is Kind.FILE and status.st_nlink > 1
    if not staged and (not aside or shared):
        raise PermissionError(EACCES, "it is read-only", os.path.basename(path))
    os.chmod(path, stat.S_IWRITE | stat.S_IREAD)
