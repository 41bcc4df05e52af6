"""A file system of one's own for a while."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SMALL = ("-t", "tmpfs", "-o", "size=4m", "none")
"""Four megabytes, in memory."""


@contextmanager
def mounted(target: Path, *arguments: str | Path) -> Iterator[Path]:
    """On a directory, which is made where there is none, or on a file. Skips where one may not mount."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting needs root")
    if not target.exists():
        target.mkdir(parents=True)
    done = subprocess.run(["mount", *arguments, str(target)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"mounting is not allowed here: {done.stderr.decode().strip()}")
    try:
        yield target
    finally:
        subprocess.run(["umount", str(target)], check=True)


def read_only(target: Path, *, on: bool = True) -> None:
    """Whether a mounted file system may be written to."""
    option = "remount,ro" if on else "remount,rw"
    subprocess.run(["mount", "-o", option, str(target)], check=True)


def fill(target: Path) -> Path:
    """Write until nothing more goes in; what was written."""
    filler = target / "filler"
    descriptor = os.open(filler, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while os.write(descriptor, b"x" * size):
                    pass
            except OSError:
                continue
    finally:
        os.close(descriptor)
    return filler
