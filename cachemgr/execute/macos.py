"""What only macOS knows: whether a volume is this computer's own, and so has a trash."""

import ctypes
import os
import struct
from pathlib import Path

from cachemgr.domain.outcome import Trouble

_SIZE, _FLAGS = 2168, 64
"""Bytes of `struct statfs` with 64-bit inodes, and where its `f_flags` is (macOS sys/mount.h)."""
_LOCAL, _READ_ONLY = 0x1000, 0x1  # MNT_LOCAL, MNT_RDONLY


def trash_trouble(root: Path) -> Trouble | None:
    """Why nothing below a directory can go to the trash; None when it can. Raises OSError."""
    return volume_trouble(_statfs(root))


def volume_trouble(statfs: bytes) -> Trouble | None:
    """What `statfs` tells. A server's volume has no trash, and what goes there is gone at once."""
    (flags,) = struct.unpack_from("=I", statfs, _FLAGS)
    if not flags & _LOCAL:
        return Trouble("trash", "network-volume")
    return Trouble("trash", "not-writable") if flags & _READ_ONLY else None


def _statfs(path: Path) -> bytes:
    library = ctypes.CDLL(None, use_errno=True)
    # On Intel the plain name is an older, shorter structure.
    call = getattr(library, "statfs$INODE64", None) or library.statfs
    buffer = ctypes.create_string_buffer(_SIZE)
    if call(os.fsencode(path), buffer) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return buffer.raw
