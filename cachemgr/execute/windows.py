"""The calls that change a disk, on extended-length paths: Windows has no directory descriptors in Python."""

import os
import stat
import time

from cachemgr.disk.windows import Handle

_SHARING = (5, 32, 33)  # ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION
_RETRIES = (0.05, 0.1, 0.2, 0.4)
"""Seconds: virus scanners and indexers hold a file for a moment after it was touched."""


def move(source: Handle, name: str, target: Handle, new_name: str) -> None:
    """A rename that never overwrites: MoveFileEx without the replace flag. Raises OSError."""
    for pause in (*_RETRIES, None):
        try:
            os.rename(f"{source}\\{name}", f"{target}\\{new_name}")
        except OSError as error:
            if pause is None or getattr(error, "winerror", None) not in _SHARING:
                raise
            time.sleep(pause)
        else:
            return


def replace(parent: Handle, name: str, new_name: str) -> None:
    """A rename over a file of our own beside it. Raises OSError."""
    os.replace(f"{parent}\\{name}", f"{parent}\\{new_name}")


def unlink(parent: Handle, name: str) -> None:
    """Raises OSError. A junction or directory link goes by rmdir, which removes the link alone."""
    path = f"{parent}\\{name}"
    if stat.S_ISDIR(os.lstat(path).st_mode):
        os.rmdir(path)
        return
    try:
        os.unlink(path)
    except PermissionError:
        # The read-only attribute forbids deletion on Windows; here it is on its way out anyway.
        os.chmod(path, stat.S_IWRITE)
        os.unlink(path)


def rmdir(parent: Handle, name: str) -> None:
    """Raises OSError."""
    os.rmdir(f"{parent}\\{name}")


def mkdir(parent: Handle, name: str, mode: int) -> None:
    """Raises FileExistsError, OSError."""
    os.mkdir(f"{parent}\\{name}", mode)


def finish_mkdir(_parent: Handle, _name: str, _mode: int) -> None:
    """Directories have no mode to wait for."""


def set_times(parent: Handle, name: str, accessed_ns: int, modified_ns: int) -> None:
    """Raises OSError."""
    os.utime(f"{parent}\\{name}", ns=(accessed_ns, modified_ns))


def set_own_times(handle: Handle, accessed_ns: int, modified_ns: int) -> None:
    """Raises OSError."""
    os.utime(handle, ns=(accessed_ns, modified_ns))


def open_up(_handle: Handle) -> None:
    """Windows directories have no mode that keeps their owner out."""


def let_in(_parent: Handle, name: str) -> None:
    """Raises PermissionError: there is no mode to change."""
    raise PermissionError(13, os.strerror(13), name)


def write_new(parent: Handle, name: str, content: bytes, mode: int = 0o600) -> None:  # noqa: ARG001
    """Windows has no such modes. Raises FileExistsError, OSError."""
    with open(f"{parent}\\{name}", "xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync(_handle: Handle) -> None:
    """NTFS journals its directories; Python cannot flush one."""
