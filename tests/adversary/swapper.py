"""Exchanges directories and links to look-alikes of them, again and again, until it is told to stop.

Run as a process of its own: `python -m tests.adversary.swapper FILE`. The file holds pairs of paths, one a
line, NUL between them. Each pair is exchanged in one step (renameat2(2) RENAME_EXCHANGE, renamex_np(2)
RENAME_SWAP). Ends when its standard input does; then everything is as it was, as far as it is still there.
"""

import ctypes
import os
import select
import sys
from pathlib import Path

_AT_FDCWD, _EXCHANGE, _SWAP = -100, 2, 2


def exchange(one: bytes, other: bytes) -> bool:
    """Whether both were there."""
    library = ctypes.CDLL(None, use_errno=True)
    if sys.platform == "darwin":
        return bool(library.renamex_np(one, other, ctypes.c_uint(_SWAP)) == 0)
    return bool(library.renameat2(_AT_FDCWD, one, _AT_FDCWD, other, ctypes.c_uint(_EXCHANGE)) == 0)


def swap(pairs: list[tuple[bytes, bytes]]) -> None:
    while True:
        for one, other in pairs:
            exchange(one, other)
        if select.select([sys.stdin], [], [], 0)[0]:
            break
    for one, other in pairs:
        # The second of a pair was the link.
        if not os.path.islink(other):
            exchange(one, other)


if __name__ == "__main__":
    lines = Path(sys.argv[1]).read_bytes().split(b"\n")
    swap([(one, other) for one, _, other in (line.partition(b"\0") for line in lines if line)])
