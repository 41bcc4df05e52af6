"""The calls that change a disk, relative to open directories."""

import ctypes
import os
import stat
import sys
from errno import EACCES, EEXIST, EINVAL, ENOSYS, ENOTSUP

assert sys.platform != "win32"  # for the type checker; Windows has a module of its own

from cachemgr.disk.posix import Handle, lstat, open_child  # noqa: E402

_NOREPLACE, _EXCLUSIVE = 1, 4  # linux/fs.h RENAME_NOREPLACE; sys/stdio.h RENAME_EXCL
_UNSUPPORTED = (ENOSYS, EINVAL, ENOTSUP)


def move(source: Handle, name: str, target: Handle, new_name: str) -> None:
    """A rename that never overwrites. Raises FileExistsError, else OSError; nothing is copied."""
    try:
        _rename_exclusive(source, name, target, new_name)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        # An older kernel or file system has no such call: look first, and accept the instant between.
        _rename_looked(source, name, target, new_name)


def replace(parent: Handle, name: str, new_name: str) -> None:
    """A rename over a file of our own beside it. Raises OSError."""
    os.rename(name, new_name, src_dir_fd=parent, dst_dir_fd=parent)


def unlink(parent: Handle, name: str) -> None:
    """Raises OSError."""
    os.unlink(name, dir_fd=parent)


def rmdir(parent: Handle, name: str) -> None:
    """Raises OSError; ENOTEMPTY when something is in it."""
    os.rmdir(name, dir_fd=parent)


def mkdir(parent: Handle, name: str, mode: int) -> None:
    """A directory with exactly that mode, whatever the umask. Raises FileExistsError, OSError."""
    os.mkdir(name, 0o700, dir_fd=parent)
    handle = open_child(parent, name)
    try:
        os.fchmod(handle, mode)
    finally:
        os.close(handle)


def make_folder(parent: Handle, name: str) -> None:
    """A directory as everybody makes one: 0755, less the umask. Raises FileExistsError, OSError."""
    os.mkdir(name, 0o755, dir_fd=parent)


def finish_mkdir(parent: Handle, name: str, mode: int) -> None:
    """Give a directory of ours that `mkdir` made, and was interrupted, its mode. Raises OSError.

    One in which something lies is somebody else's by now: nothing was put into ours before it had its mode.
    """
    handle = open_child(parent, name)
    try:
        status = os.fstat(handle)
        begun = status.st_uid == os.geteuid() and status.st_mode & 0o7777 == 0o700
        if begun and not os.listdir(handle):
            os.fchmod(handle, mode)
    finally:
        os.close(handle)


def set_times(parent: Handle, name: str, accessed_ns: int, modified_ns: int) -> None:
    """Raises OSError."""
    os.utime(name, ns=(accessed_ns, modified_ns), dir_fd=parent, follow_symlinks=False)


def set_own_times(handle: Handle, accessed_ns: int, modified_ns: int) -> None:
    """The times of an open directory. Raises OSError."""
    os.utime(handle, ns=(accessed_ns, modified_ns))


def open_up(handle: Handle) -> None:
    """Let the owner list and empty an open directory of a quarantine. Raises OSError."""
    os.fchmod(handle, 0o700)


def let_in(parent: Handle, name: str) -> None:
    """Let the owner open a directory of a quarantine that has mode 0000. Raises OSError.

    O_PATH opens what cannot be read without following a link; its /proc name takes a mode (open(2)).
    """
    path_only = getattr(os, "O_PATH", 0)
    if not path_only:
        raise PermissionError(EACCES, os.strerror(EACCES), name)
    descriptor = os.open(name, path_only | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=parent)
    try:
        os.chmod(f"/proc/self/fd/{descriptor}", 0o700)
    finally:
        os.close(descriptor)


def is_writable(handle: Handle) -> bool:
    """Whether something can be made in an open directory."""
    return os.access(".", os.W_OK | os.X_OK, dir_fd=handle)


def append(parent: Handle, name: str, content: bytes) -> None:
    """Content behind a file's end: all of it or nothing. Raises OSError; ELOOP for a link."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    descriptor = os.open(name, flags, dir_fd=parent)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(EINVAL, os.strerror(EINVAL), name)
        try:
            _fill(descriptor, content)
        except OSError:
            os.ftruncate(descriptor, status.st_size)
            raise
    finally:
        os.close(descriptor)


def write_new(parent: Handle, name: str, content: bytes, mode: int = 0o600) -> None:
    """A new file, durable, with that mode as far as the umask lets it. Raises FileExistsError, OSError."""
    descriptor = _create(parent, name, mode)
    try:
        _fill(descriptor, content)
    finally:
        os.close(descriptor)


def write_file(parent: Handle, name: str, content: bytes) -> None:
    """A new file as everybody makes one (0644, less the umask): all of it or none.

    Raises FileExistsError, OSError.
    """
    descriptor = _create(parent, name, 0o644)
    try:
        _fill(descriptor, content)
    except OSError:
        os.unlink(name, dir_fd=parent)
        raise
    finally:
        os.close(descriptor)


def sync(handle: Handle) -> None:
    """Make the directory's entries durable. Raises OSError."""
    os.fsync(handle)


def _create(parent: Handle, name: str, mode: int) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(name, flags, mode, dir_fd=parent)


def _fill(descriptor: int, content: bytes) -> None:
    # A disk that runs full may take a part and say nothing until it is asked for the rest.
    while content := content[os.write(descriptor, content) :]:
        pass
    os.fsync(descriptor)


def _rename_exclusive(source: Handle, name: str, target: Handle, new_name: str) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    linux = sys.platform.startswith("linux")
    function = getattr(library, "renameat2" if linux else "renameatx_np", None)
    if function is None:
        raise OSError(ENOSYS, os.strerror(ENOSYS))
    flag = _NOREPLACE if linux else _EXCLUSIVE
    arguments = (source, os.fsencode(name), target, os.fsencode(new_name), ctypes.c_uint(flag))
    if function(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)


def _rename_looked(source: Handle, name: str, target: Handle, new_name: str) -> None:
    try:
        lstat(target, new_name)
    except FileNotFoundError:
        os.rename(name, new_name, src_dir_fd=source, dst_dir_fd=target)
        return
    raise FileExistsError(EEXIST, os.strerror(EEXIST), new_name)
