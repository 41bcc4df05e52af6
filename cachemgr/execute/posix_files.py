"""Files and links while they are copied, relative to open directories and by open descriptors."""

import ctypes
import os
import stat
import sys
from errno import EAGAIN, EBADF, EINVAL, ENODATA, ENOSYS, ENOTSUP, ENOTTY, ENXIO, EOPNOTSUPP, EPERM, EXDEV

assert sys.platform != "win32"  # for the type checker; Windows has a module of its own

from cachemgr.disk.posix import Handle  # noqa: E402

_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_FICLONE = 0x40049409  # linux/fs.h: _IOW(0x94, 9, int)
_FULLFSYNC, _NOCACHE = 51, 48  # sys/fcntl.h of macOS
_ATTRIBUTES = 0x1 | 0x4  # copyfile.h of macOS: COPYFILE_ACL, COPYFILE_XATTR
_OTHER_MEANS = (EXDEV, EOPNOTSUPP, ENOTSUP, ENOSYS, EINVAL, ENOTTY, EPERM, EBADF, EAGAIN)
"""What the kernel says where a file cannot be cloned or copied by itself: then we read and write."""
_OF_THE_PLACE = ("security.selinux", "security.ima", "security.evm")
"""Labels that a file system gives by where a file is, and not by what it is."""

TRAVELS = True
"""Whether an open directory can be handed to another process."""
SHARES = True
"""Whether several threads may read and write one open file, each at its own offset."""


def create(parent: Handle, name: str) -> int:
    """A new file that only its owner may open. Raises FileExistsError, OSError."""
    return os.open(name, _NEW, 0o600, dir_fd=parent)


def finish(descriptor: int, _parent: Handle, _name: str, status: os.stat_result) -> None:
    """Give a file that was written the mode and times of its original. Raises OSError."""
    if (mode := stat.S_IMODE(status.st_mode)) != 0o600:
        os.fchmod(descriptor, mode)
    os.utime(descriptor, ns=(status.st_atime_ns, status.st_mtime_ns))


def finish_directory(handle: Handle, mode: int, accessed_ns: int, modified_ns: int) -> None:
    """Give an open directory the mode and times of its original. Raises OSError."""
    os.utime(handle, ns=(accessed_ns, modified_ns))
    os.fchmod(handle, mode)


def make_link(parent: Handle, name: str, text: str, status: os.stat_result) -> None:
    """A symbolic link with the times of its original. Raises FileExistsError, OSError."""
    os.symlink(text, name, dir_fd=parent)
    os.utime(name, ns=(status.st_atime_ns, status.st_mtime_ns), dir_fd=parent, follow_symlinks=False)


def add_name(parent: Handle, name: str, other: Handle, new_name: str) -> None:
    """A hard link. Raises FileExistsError, OSError."""
    os.link(name, new_name, src_dir_fd=parent, dst_dir_fd=other, follow_symlinks=False)


def carry_attributes(source: int, target: int) -> list[tuple[str, int]]:
    """Give a file or directory the extended attributes of another; those that were not kept, and why."""
    if sys.platform == "darwin":
        library = ctypes.CDLL(None, use_errno=True)
        if library.fcopyfile(source, target, None, ctypes.c_uint32(_ATTRIBUTES)) != 0:
            return [("attributes", ctypes.get_errno())]
        return []
    if not hasattr(os, "listxattr"):
        return []
    lost: list[tuple[str, int]] = []
    try:
        names = os.listxattr(source)
    except OSError as error:
        return [] if error.errno in (ENOTSUP, EOPNOTSUPP, ENOSYS) else [("attributes", error.errno or 0)]
    for name in names:
        if name in _OF_THE_PLACE:
            continue
        try:
            os.setxattr(target, name, os.getxattr(source, name))
        except OSError as error:
            if error.errno != ENODATA:  # removed meanwhile
                lost.append((name, error.errno or 0))
    return lost


def clone(source: int, target: int) -> bool:
    """Let a file share the blocks of another; whether the file system does that. Raises OSError."""
    if not sys.platform.startswith("linux"):
        return False  # clonefile(2) works within one volume, where nothing needs to be copied
    import fcntl  # only copies need it

    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError as error:
        if error.errno not in _OTHER_MEANS:
            raise
        return False
    return True


def copy_range(source: int, target: int, offset: int, length: int) -> bool:
    """Let the file system, or its server, copy a part by itself; whether it did. Raises OSError."""
    if not hasattr(os, "copy_file_range"):
        return False
    end = offset + length
    try:
        while offset < end:
            done = os.copy_file_range(source, target, end - offset, offset, offset)
            if not done:
                return False
            offset += done
    except OSError as error:
        if error.errno not in _OTHER_MEANS:
            raise
        return False
    return True


def read_at(descriptor: int, room: memoryview, offset: int) -> int:
    """Fill as much of the room as there is; how much that is. Raises OSError."""
    done = 0
    while done < len(room):
        if hasattr(os, "preadv"):
            got = os.preadv(descriptor, [room[done:]], offset + done)
        else:
            chunk = os.pread(descriptor, len(room) - done, offset + done)
            room[done : done + len(chunk)] = chunk
            got = len(chunk)
        if not got:
            break
        done += got
    return done


def write(descriptor: int, content: bytes) -> None:
    """All of a new file. Raises OSError."""
    done = os.write(descriptor, content)
    if done != len(content):
        write_at(descriptor, memoryview(content)[done:], done)


def write_at(descriptor: int, content: memoryview, offset: int) -> None:
    """Raises OSError."""
    # A disk that runs full may take a part and say nothing until it is asked for the rest.
    while content:
        done = os.pwrite(descriptor, content, offset)
        content, offset = content[done:], offset + done


def data(descriptor: int, start: int, end: int) -> list[tuple[int, int]]:
    """Where in a part of a file the file system says that there is data; everywhere if it cannot say."""
    if not hasattr(os, "SEEK_DATA"):
        return [(start, end)]
    found: list[tuple[int, int]] = []
    at = start
    try:
        while at < end:
            first = os.lseek(descriptor, at, os.SEEK_DATA)
            if first >= end:
                break
            at = min(os.lseek(descriptor, first, os.SEEK_HOLE), end)
            found.append((first, at))
    except OSError as error:
        if error.errno != ENXIO:  # nothing but a hole up to the end
            return [(start, end)]
    return found


def write_out(descriptor: int, offset: int, length: int) -> None:
    """Let the system begin to write a part to the disk: it does so for what it is told to forget."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, offset, length, os.POSIX_FADV_DONTNEED)


def forget(descriptor: int) -> None:
    """Let what is read next come from the disk and not from memory, where the system can be told."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    elif sys.platform == "darwin":
        import fcntl

        fcntl.fcntl(descriptor, _NOCACHE, 1)


def expect(descriptor: int) -> None:
    """Let the system read a file while something else is done."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_WILLNEED)


def sync_file(descriptor: int) -> None:
    """Hand a file to the disk, where `sync_all` cannot do so for all of them together. Raises OSError."""
    if not sys.platform.startswith("linux"):
        os.fsync(descriptor)


def sync_directory(handle: Handle) -> None:
    """The same for a directory. Raises OSError."""
    if not sys.platform.startswith("linux"):
        os.fsync(handle)


def sync_all(handle: Handle) -> None:
    """Make everything durable that was written to the file system of an open directory. Raises OSError.

    syncfs(2), which since Linux 5.8 also tells of data that could not be written. Elsewhere every file was
    handed to the disk by itself; macOS is asked once for all of them to empty the disk's own memory.
    """
    if sys.platform.startswith("linux"):
        library = ctypes.CDLL(None, use_errno=True)
        if library.syncfs(handle) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    elif sys.platform == "darwin":
        import fcntl

        fcntl.fcntl(handle, _FULLFSYNC)
    else:
        os.fsync(handle)
