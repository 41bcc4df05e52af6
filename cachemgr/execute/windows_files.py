"""Files and links while they are copied, on extended-length paths."""

import io
import os
import stat
import sys

from cachemgr.disk import win32
from cachemgr.disk.windows import Handle, attributes_of

TRAVELS = False
"""Whether an open directory can be handed to another process."""
SHARES = False
"""Whether several threads may read and write one open file, each at its own offset."""

_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOINHERIT", 0)


def create(parent: Handle, name: str) -> int:
    """A new file. Raises FileExistsError, OSError."""
    return os.open(parent.to(name), _NEW, 0o600)


def finish(descriptor: int, parent: Handle, name: str, status: os.stat_result) -> None:
    """Give a file that was written the times and the read-only mark of its original. Raises OSError."""
    path = parent.to(name)
    set_times(descriptor, path, status.st_atime_ns, status.st_mtime_ns)
    os.chmod(path, stat.S_IMODE(status.st_mode))


def finish_directory(handle: Handle, _mode: int, accessed_ns: int, modified_ns: int) -> None:
    """Give a directory the times of its original. Raises OSError."""
    os.utime(handle.path, ns=(accessed_ns, modified_ns))


def make_link(parent: Handle, name: str, text: str, status: os.stat_result) -> None:
    """A symbolic link; its own times cannot be set. Raises FileExistsError, OSError.

    Without Developer Mode or the right to make links that is ERROR_PRIVILEGE_NOT_HELD.
    """
    to_directory = bool(attributes_of(status) & win32.DIRECTORY)
    os.symlink(text, parent.to(name), target_is_directory=to_directory)


def add_name(parent: Handle, name: str, other: Handle, new_name: str) -> None:
    """A hard link. Raises FileExistsError, OSError."""
    os.link(parent.to(name), other.to(new_name))


def carry_attributes(_source: object, _target: object) -> list[tuple[str, int]]:
    """Other streams of data are not copied."""
    return []


def clone(_source: int, _target: int) -> bool:
    """Only ReFS shares blocks, and Python has no call for it."""
    return False


def copy_range(_source: int, _target: int, _offset: int, _length: int) -> bool:
    """Python has no call for it."""
    return False


def read_at(descriptor: int, room: memoryview, offset: int) -> int:
    """Fill as much of the room as there is; how much that is. Raises OSError."""
    with io.FileIO(descriptor, "r", closefd=False) as file:
        file.seek(offset)
        done = 0
        while done < len(room) and (got := file.readinto(room[done:])):
            done += got
    return done


def write(descriptor: int, content: bytes) -> None:
    """All of a new file. Raises OSError."""
    write_at(descriptor, memoryview(content), 0)


def write_at(descriptor: int, content: memoryview, offset: int) -> None:
    """Raises OSError."""
    os.lseek(descriptor, offset, os.SEEK_SET)
    while content:
        content = content[os.write(descriptor, content) :]


def data(_descriptor: int, start: int, end: int) -> list[tuple[int, int]]:
    """Where there are holes is not known here."""
    return [(start, end)]


def write_out(_descriptor: int, _offset: int, _length: int) -> None:
    """Windows begins to write by itself."""


def forget(_descriptor: int) -> None:
    """Python cannot make Windows read from the disk what it has in memory."""


def expect(_descriptor: int) -> None:
    """Windows reads ahead by itself."""


def sync_file(descriptor: int) -> None:
    """Make a file durable. Raises OSError."""
    os.fsync(descriptor)


def sync_directory(_handle: Handle) -> None:
    """NTFS journals its directories; Python cannot flush one."""


def sync_all(_handle: Handle) -> None:
    """Every file was made durable by itself."""


if sys.platform == "win32":
    import ctypes
    import msvcrt
    from ctypes import wintypes

    _EPOCH = 116444736000000000
    """1970 in units of 100 nanoseconds since 1601."""
    _kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    _TIME = ctypes.POINTER(wintypes.FILETIME)
    _kernel.SetFileTime.argtypes = (wintypes.HANDLE, _TIME, _TIME, _TIME)

    def set_times(descriptor: int, _path: str, accessed_ns: int, modified_ns: int) -> None:
        """By the descriptor that wrote: if another one did it, closing this one would set the time again.

        Raises OSError.
        """
        accessed, modified = (_filetime(ns) for ns in (accessed_ns, modified_ns))
        handle = msvcrt.get_osfhandle(descriptor)
        if not _kernel.SetFileTime(handle, None, ctypes.byref(accessed), ctypes.byref(modified)):
            raise ctypes.WinError(ctypes.get_last_error())

    def _filetime(ns: int) -> wintypes.FILETIME:
        ticks = ns // 100 + _EPOCH
        return wintypes.FILETIME(ticks & 0xFFFFFFFF, ticks >> 32)

else:

    def set_times(_descriptor: int, path: str, accessed_ns: int, modified_ns: int) -> None:
        os.utime(path, ns=(accessed_ns, modified_ns))
