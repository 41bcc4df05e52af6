"""Which records have no end: asked by every `status`, so that nothing is read but the last bytes of each."""

import os
from pathlib import Path

FOLDER = "runs"
"""Where the records are, in the state directory."""
RECORD, CLOSED = ".jsonl", ".closed"
"""What a run's record is called after its id; and an empty file that says: it has no end, and needs none."""
END = b'{"event":"finished"'
"""How the last line of a run begins that came to its end."""
_LAST = 256
"""Bytes in which that line has room."""


def unended(folder: Path) -> tuple[str, ...]:
    """The runs whose records have a first line and no last one: killed, or being written now."""
    try:
        names = set(os.listdir(folder))
    except OSError:
        return ()
    runs = (name.removesuffix(RECORD) for name in names if name.endswith(RECORD))
    return tuple(
        sorted(run for run in runs if run + CLOSED not in names and _is_open(folder / (run + RECORD)))
    )


def _is_open(file: Path) -> bool:
    # Without waiting: somebody may have put a FIFO in the place of a journal.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        descriptor = os.open(file, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError:
        return False
    try:
        size = os.fstat(descriptor).st_size
        if size == 0:
            return False
        os.lseek(descriptor, max(size - _LAST, 0), os.SEEK_SET)
        tail = os.read(descriptor, _LAST)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    lines = tail.splitlines(keepends=True)
    # A record that has not even its first line announced nothing: that line comes before everything.
    begun = len(lines) > 1 or size > _LAST or tail.endswith(b"\n")
    return begun and not (lines[-1].startswith(END) and tail.endswith(b"\n"))
