"""Files that nobody may rename or remove, whatever their permissions say."""

import os
import stat
import sys

from cachemgr.disk.handles import Handle

_GETFLAGS, _APPEND, _IMMUTABLE = 0x80086601, 0x20, 0x10
"""linux/fs.h FS_IOC_GETFLAGS, FS_APPEND_FL, FS_IMMUTABLE_FL."""


def is_fixed(folder: Handle, name: str | None) -> bool:
    """Whether something in an open directory is marked immutable or append-only; None asks about the
    directory itself. What the system does not tell counts as not."""
    if sys.platform == "win32":
        return False
    try:
        status = os.fstat(folder) if name is None else os.lstat(name, dir_fd=folder)
    except OSError:
        return False
    marked = stat.UF_IMMUTABLE | stat.UF_APPEND | stat.SF_IMMUTABLE | stat.SF_APPEND
    if flags := getattr(status, "st_flags", 0):
        return bool(flags & marked)
    if not sys.platform.startswith("linux") or not (
        stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)
    ):
        return False
    import fcntl
    import struct

    try:
        how = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open("." if name is None else name, how, dir_fd=folder)
    except OSError:
        return False
    try:
        word = fcntl.ioctl(descriptor, _GETFLAGS, b"\0" * 8)
    except OSError:
        return False  # this file system has no such flags
    finally:
        os.close(descriptor)
    return bool(struct.unpack("I", word[:4])[0] & (_IMMUTABLE | _APPEND))
