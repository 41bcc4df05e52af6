"""Directories held by descriptor: nothing is resolved twice, no link is followed, no access time changes."""

import os
import stat
import sys
from errno import EACCES, EAGAIN, EBADF, ENOENT
from pathlib import Path

from cachemgr.domain.unit import Identity, Kind

assert sys.platform != "win32"  # for the type checker; Windows has a module of its own

Handle = int
"""An open directory descriptor."""

# A directory opened with O_NONBLOCK never waits, should its name have become a FIFO meanwhile.
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
# Ancestors of a root need to let us through, not to be listed: /home with mode 0711 is common.
_WAY = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_NO_ATIME = getattr(os, "O_NOATIME", 0)

_KINDS = {stat.S_IFREG: Kind.FILE, stat.S_IFDIR: Kind.DIRECTORY, stat.S_IFLNK: Kind.LINK}


def open_child(parent: Handle, name: str) -> Handle:
    """A sub-directory's descriptor. Raises OSError; ELOOP or ENOTDIR when it is a link."""
    return _open(name, _DIRECTORY, parent)


def open_above(handle: Handle) -> Handle:
    """The directory that an open one lies in now, which the caller has to recognise. Raises OSError."""
    return _open("..", _DIRECTORY, handle)


def open_file(parent: Handle, name: str) -> int:
    """A descriptor that reads. Raises OSError; ELOOP when it is a link. A FIFO does not make us wait."""
    return _open(name, _FILE, parent)


def open_root(path: Path) -> Handle:
    """A real directory opened component by component, so that no part of the way is a link.

    Raises OSError.
    """
    *way, last = path.parts
    handle = os.open(path.anchor, _WAY)
    for name in way[1:]:
        try:
            deeper = os.open(name, _WAY, dir_fd=handle)
        finally:
            os.close(handle)
        handle = deeper
    try:
        return open_child(handle, last)
    finally:
        os.close(handle)


close = os.close


def pin(_handle: Handle) -> None:
    """A descriptor is the directory itself, whatever happens to its name."""


def let_go(_handle: Handle) -> None:
    """An open directory can be removed."""


def is_online_only(_status: os.stat_result) -> bool:
    """Placeholders of a sync client are known on Windows alone."""
    return False


names = os.listdir
"""Every name in a directory, as `names(handle)`: the call itself, because a scan makes it for every
directory. Raises OSError."""


look = os.lstat
"""An entry's own facts, as `look(name, dir_fd=parent)`: the call itself, because a scan makes it for every
entry. Raises OSError."""


def lstat(parent: Handle, name: str) -> os.stat_result:
    """An entry's own facts. Raises OSError."""
    return os.stat(name, dir_fd=parent, follow_symlinks=False)


def fstat(handle: Handle) -> os.stat_result:
    """An open directory's facts. Raises OSError."""
    return os.fstat(handle)


def read_link(parent: Handle, name: str) -> str:
    """A symbolic link's text. Raises OSError."""
    return os.readlink(name, dir_fd=parent)


def read_file(parent: Handle, name: str, limit: int) -> bytes | None:
    """A regular file's bytes; None when it is longer than `limit` or no regular file. Raises OSError."""
    descriptor = _open(name, _FILE, parent)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        chunks: list[bytes] = []
        size = 0
        while chunk := os.read(descriptor, min(limit + 1 - size, 65536)):
            chunks.append(chunk)
            size += len(chunk)
            if size > limit:
                return None
        return b"".join(chunks)
    finally:
        os.close(descriptor)


def kind(status: os.stat_result) -> Kind:
    return _KINDS.get(stat.S_IFMT(status.st_mode), Kind.OTHER)


def allocated(status: os.stat_result) -> int:
    """Bytes on disk: POSIX counts blocks of 512 bytes whatever the file system's own block is."""
    return status.st_blocks * 512


def mount_id(handle: Handle) -> int | None:
    """The mount a directory lies on: a bind mount of the same file system has another one.

    From /proc/self/fdinfo (Linux, proc(5)); None where there is no such file.
    """
    try:
        with open(f"/proc/self/fdinfo/{handle}", "rb") as info:
            for line in info:
                if line.startswith(b"mnt_id:"):
                    return int(line.split()[1])
    except OSError:
        pass
    return None


def owner() -> int | None:
    """The user whose files we may remove."""
    return os.geteuid()


def identity(status: os.stat_result) -> Identity:
    return Identity(status.st_dev, status.st_ino, kind(status), status.st_size, status.st_mtime_ns)


def open_below(root: Handle, below: tuple[str, ...]) -> Handle:
    """The directory that the names lead to, opened one by one. Raises OSError."""
    handle = os.dup(root)
    for name in below:
        try:
            deeper = open_child(handle, name)
        finally:
            os.close(handle)
        handle = deeper
    return handle


def hold_lock(parent: Handle, name: str) -> int | None:
    """A lock file of another tool, taken without waiting; None when somebody holds it.

    flock(2), which filelock and uv take too. It is opened for reading, and for writing only where the lock
    wants that; nothing is ever written. Raises OSError.
    """
    import fcntl  # only actions need it

    try:
        return _locked(parent, name, os.O_RDONLY, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno != EBADF:
            raise
    # An NFS client makes a byte-range lock of it, and an exclusive one needs a descriptor that may write.
    return _locked(parent, name, os.O_RDWR, fcntl.LOCK_EX | fcntl.LOCK_NB)


def release_lock(descriptor: int) -> None:
    os.close(descriptor)


def _locked(parent: Handle, name: str, flags: int, how: int) -> int | None:
    import fcntl

    descriptor = os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=parent)
    ours = False
    try:
        fcntl.flock(descriptor, how)
        # Somebody may have put another file in its place meanwhile, and hold that one.
        ours = os.path.samestat(os.fstat(descriptor), lstat(parent, name))
    except OSError as error:
        if error.errno not in (EAGAIN, EACCES, ENOENT):
            raise
    finally:
        if not ours:
            os.close(descriptor)
    return descriptor if ours else None


def _open(name: str, flags: int, parent: int | None) -> int:
    try:
        return os.open(name, flags | _NO_ATIME, dir_fd=parent)
    except PermissionError:
        # O_NOATIME is for the owner (open(2)); on somebody else's directory do without.
        return os.open(name, flags, dir_fd=parent)
