"""What macOS's statfs(2) tells of a volume, and Python's statvfs does not."""

import ctypes
import os
import struct
from pathlib import Path
from typing import NamedTuple

_SIZE, _FLAGS, _TEXTS = 2168, 64, 72
"""Bytes of `struct statfs` with 64-bit inodes, and where in it `f_flags` is, and `f_fstypename` with what
follows it (macOS sys/mount.h)."""
_READ_ONLY, _LOCAL, _NO_ACCESS_TIMES = 0x1, 0x1000, 0x10000000  # MNT_RDONLY, MNT_LOCAL, MNT_NOATIME


class Mounted(NamedTuple):
    """One volume."""

    type: str
    target: str
    """Where it is mounted."""
    source: str
    local: bool
    """This computer's own, and no server's."""
    read_only: bool
    records_access: bool


def mounted(path: Path) -> Mounted:
    """The volume below a path. Raises OSError."""
    return read(statfs(path))


def read(raw: bytes) -> Mounted:
    """What the structure says."""
    (flags,) = struct.unpack_from("=I", raw, _FLAGS)
    kind, target, source = (
        os.fsdecode(text.partition(b"\0")[0]) for text in struct.unpack_from("=16s1024s1024s", raw, _TEXTS)
    )
    return Mounted(
        kind,
        target,
        source,
        local=bool(flags & _LOCAL),
        read_only=bool(flags & _READ_ONLY),
        records_access=not flags & _NO_ACCESS_TIMES,
    )


def statfs(path: Path) -> bytes:
    """Raises OSError."""
    library = ctypes.CDLL(None, use_errno=True)
    # On Intel the plain name is an older, shorter structure.
    call = getattr(library, "statfs$INODE64", None) or library.statfs
    buffer = ctypes.create_string_buffer(_SIZE)
    if call(os.fsencode(path), buffer) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return buffer.raw
