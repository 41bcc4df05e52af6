"""Everything the `file` backend does to a disk: only names of its own, only below its own directory.

Temporary files are written whole, then renamed; nothing is truncated, and no link is followed to its target.
"""

import errno
import os
import stat
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, count

from cachemgr.responses.clock import moment_ns
from cachemgr.responses.errors import Corrupt, Full, ReadOnly, StoreError

_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0)
READ = os.O_RDONLY | _NOFOLLOW | _BINARY | getattr(os, "O_NONBLOCK", 0)
"""For an application that asked for it: a use. A pipe that nobody writes into is opened at once, and has
nothing to say; of a file that changes nothing."""
LOOK = READ | getattr(os, "O_NOATIME", 0)
"""That does not make it young for rules about last use; for its owner alone (open(2))."""
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOFOLLOW | _BINARY
_LOCK = os.O_RDWR | os.O_CREAT | _NOFOLLOW | _BINARY
_DIRECTORY = os.O_RDONLY | _NOFOLLOW | getattr(os, "O_DIRECTORY", 0)
_BLOCK = 4096
NO_FILE = "no regular file"
_RETRIES = 20 if os.name == "nt" else 0
_is_junction: Callable[[str], bool] = getattr(os.path, "isjunction", lambda _: False)
"""From Python 3.12 on."""
_TIMES_BY_DESCRIPTOR = os.utime in os.supports_fd
BY_DESCRIPTOR = os.open in os.supports_dir_fd and os.unlink in os.supports_dir_fd


def read(path: str, expected: int = _BLOCK, *, folder: int | None = None) -> bytes:
    """A whole file, in one call where it is shorter than expected. It is only looked at: that does not make
    it young for rules about last use."""
    try:
        descriptor = os.open(path, LOOK, dir_fd=folder)
    except PermissionError:
        # O_NOATIME is for the owner (open(2)).
        descriptor = os.open(path, READ, dir_fd=folder)
    try:
        data = os.read(descriptor, expected)
        return data if len(data) < expected else data + rest(descriptor)
    except BlockingIOError:
        raise Corrupt(NO_FILE) from None
    finally:
        os.close(descriptor)


def rest(descriptor: int) -> bytes:
    """What is left of an open file. Raises Corrupt for what is no file and may have no end."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise Corrupt(NO_FILE)
    parts = []
    while data := os.read(descriptor, 1 << 20):
        parts.append(data)
    return b"".join(parts)


def create(path: str, content: bytes, *, sync: bool = False, stamped: bool = False) -> str:
    """A file that must not be there yet; it is gone again where writing failed. Its stamp, if wanted and if
    there can be one: its time is set to a nanosecond that no other file has, since inode numbers come again
    at once and a file system's own time stands still for some milliseconds, or for seconds."""
    descriptor = os.open(path, _NEW, 0o600)
    try:
        written = os.write(descriptor, content)
        while written < len(content):
            written += os.write(descriptor, content[written:])
        if sync:
            os.fsync(descriptor)
        stamp = _stamped(descriptor) if stamped else ""
    except BaseException:
        os.close(descriptor)
        remove(path)
        raise
    os.close(descriptor)
    return stamp


def identity(path: str) -> tuple[int, int] | None:
    """Device and inode; None where nothing is there."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def stamp(path: str, *, folder: int | None = None) -> str:
    """What another file under the same name has not, nor this one when it was changed. Raises OSError."""
    return _stamp(os.stat(path, dir_fd=folder, follow_symlinks=False))


def _stamped(descriptor: int) -> str:
    if not _TIMES_BY_DESCRIPTOR:
        return ""
    now = moment_ns()
    try:
        os.utime(descriptor, ns=(now, now))
    except OSError:  # of what is made in a FAT volume of somebody else's the owner is he
        return ""
    status = os.fstat(descriptor)
    # Not every file system keeps all of it.
    return _stamp(status) if status.st_mtime_ns == now else ""


def _stamp(status: os.stat_result) -> str:
    return f"{status.st_ino}.{status.st_mtime_ns}"


def replace(source: str, target: str) -> None:
    _patiently(lambda: os.replace(source, target))


def double(source: str, target: str) -> None:
    """The same content under a second name, which must be free, as durable as the first."""
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:  # not every file system has links
        create(target, read(source), sync=True)


def begin(path: str) -> None:
    """An empty file that SQLite takes for a new database, if nothing is there; its directory as well.

    It is made under another name, because whoever closes a file of his own takes away the locks that SQLite
    has on it in this process (sqlite.org/howtocorrupt.html 2.2): other threads may have found it by then.
    """
    make_directory(os.path.dirname(path))
    temporary = f"{path}.{os.getpid()}.{os.urandom(4).hex()}.tmp"
    create(temporary, b"")
    try:
        double(temporary, path)
    except FileExistsError:
        pass
    finally:
        remove(temporary)


def free_name(path: str, endings: Sequence[str] = ("",)) -> str:
    """The path, or with `.2`, `.3` … at its end: such that nothing is there, with none of the endings."""
    names = chain((path,), (f"{path}.{number}" for number in count(2)))
    return next(name for name in names if not any(os.path.lexists(name + ending) for ending in endings))


def move_to_free(source: str, target: str) -> None:
    """Rename, over nothing: raises FileExistsError where somebody was faster."""
    os.stat(source, follow_symlinks=False)
    create(target, b"")
    try:
        replace(source, target)
    except BaseException:
        remove(target)
        raise


def remove(path: str, *, folder: int | None = None) -> bool:
    """Whether it was there."""
    try:
        if _RETRIES:
            _patiently(lambda: os.unlink(path, dir_fd=folder))
        else:
            os.unlink(path, dir_fd=folder)
    except FileNotFoundError:
        return False
    return True


def _patiently(action: Callable[[], None]) -> None:
    """Windows refuses while somebody reads the file, which takes microseconds."""
    for _ in range(_RETRIES):
        try:
            action()
        except PermissionError:
            time.sleep(0.002)
        else:
            return
    action()


def make_directory(path: str) -> None:
    """With what leads to it; for nobody else's eyes where it is new."""
    os.makedirs(path, mode=0o700, exist_ok=True)


def sync_directory(path: str) -> None:
    """So that names survive a power cut; Windows has no such thing."""
    if os.name == "posix":
        descriptor = os.open(path, _DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def open_lock(path: str, *, directory: str | None = None) -> int:
    """An empty file that is only ever locked."""
    try:
        return os.open(path, _LOCK, 0o600)
    except FileNotFoundError:
        make_directory(directory or os.path.dirname(path))
        return os.open(path, _LOCK, 0o600)


def is_link(path: str) -> bool:
    """Or what Windows has instead."""
    return os.path.islink(path) or _is_junction(path)


def open_directory(directory: str) -> int | None:
    """A descriptor of a directory that is no link; None on systems that do not work through descriptors."""
    if BY_DESCRIPTOR:
        return os.open(directory, _DIRECTORY)
    if is_link(directory):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), directory)
    return None


def open_root(directory: str) -> int | None:
    """The same of the directory of a cache, which may be a link."""
    return os.open(directory, _DIRECTORY & ~_NOFOLLOW) if BY_DESCRIPTOR else None


@contextmanager
def opened(directory: str) -> Iterator[int | None]:
    """The same, closed at the end."""
    descriptor = open_directory(directory)
    try:
        yield descriptor
    finally:
        if descriptor is not None:
            os.close(descriptor)


def put_aside(directory: str, discarded: str) -> str | None:
    """Move a directory out of the way, to be removed at leisure; None where there is none."""
    target = f"{discarded}/{uuid.uuid4().hex}"
    make_directory(discarded)
    try:
        os.rename(directory, target)
    except FileNotFoundError:
        return None
    return target


def remove_directory(path: str) -> None:
    """An empty one; one that is not stays."""
    try:
        os.rmdir(path)
    except FileNotFoundError:
        pass
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            raise


@contextmanager
def translated() -> Iterator[None]:
    """Faults of a device in the words of a store."""
    try:
        yield
    except OSError as error:
        if (told := translation(error)) is None:
            raise
        raise told from error


def translation(error: OSError) -> StoreError | None:
    """None where a store has no better word for it."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Full(os.strerror(error.errno))
    if error.errno == errno.EROFS:
        return ReadOnly(os.strerror(error.errno))
    return None


def allocated(size: int) -> int:
    """Bytes a file takes, in whole blocks; asking the system would cost two calls for every write."""
    return (size + _BLOCK - 1) // _BLOCK * _BLOCK
