"""A text file that a person wrote, in whole or not at all."""

import os
import stat
from pathlib import Path


def read_bytes(path: Path, limit: int) -> bytes | None:
    """At most one byte more than `limit`; None where it is no regular file, which is not waited for.

    Links are followed. Raises OSError.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    with open(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        return file.read(limit + 1)
