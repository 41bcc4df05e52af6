"""Programs that hold something, and what a look says about them."""

import json
import os
import signal
import sys
from collections.abc import Callable
from io import BytesIO, TextIOWrapper
from pathlib import Path

import psutil  # noqa: F401 - before somebody becomes a user who cannot read it

from cachemgr.domain.usage import Usage, Watch
from cachemgr.scan.in_use import Observer, read_answer
from cachemgr.scan.observer import main
from tests.desk import identity

Hold = Callable[..., int]
"""Start a Python program that does something with its arguments and then waits; its process number."""

OPEN = "held = open(sys.argv[1])"
MAPPED = """
with open(sys.argv[1], 'rb') as file:
    held = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
os.closerange(3, 64)"""
"""A map outlives the descriptors it was made with: so safetensors and llama.cpp read weights."""
INSIDE = "os.chdir(sys.argv[1])"


def look(root: Path, *locks: tuple[str, ...]) -> Usage:
    """On a machine that may have much else to do; what hangs has tests of its own."""
    return Observer(seconds=30.0).look([(root, ()), *((root, names) for names in locks)])


def look_from_here(root: Path, *locks: tuple[str, ...]) -> Usage:
    """The same without another process: a user who may not even read this interpreter cannot start one."""
    watch = Watch((root,), tuple((root, names) for names in locks))
    question = {"roots": [str(root)], "locks": [(0, names) for names in locks], "processes": True,
                "leave_out": [], "seconds": 60}  # fmt: skip
    before, sys.stdin, sys.stdout = (sys.stdin, sys.stdout), *map(TextIOWrapper, (BytesIO(), BytesIO()))
    sys.stdin.buffer.write(json.dumps(question).encode())
    sys.stdin.buffer.seek(0)
    try:
        assert main() == 0
        sys.stdout.flush()
        return read_answer(sys.stdout.buffer.getvalue(), watch)
    finally:
        sys.stdin, sys.stdout = before
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)


def users(usage: Usage, root: Path) -> dict[str, int | None]:
    """Which of the units directly below a root are used, and by which process."""
    found = {}
    for name in sorted(os.listdir(root)):
        if (who := usage.holder(root, (name,), identity(root / name))) is not None:
            found[name] = who.pid
    return found
