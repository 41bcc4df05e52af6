"""What the system's own tools say about a directory."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def du(*paths: Path) -> int:
    """Allocated bytes of all of them, every inode once, as one `du` call counts them."""
    if sys.platform != "linux":
        pytest.skip("du of the GNU kind")
    argv = ["du", "-s", "-c", "-B1", "--", *map(str, paths)]
    done = subprocess.run(argv, capture_output=True, check=True, env={**os.environ, "LC_ALL": "C"})
    return int(done.stdout.splitlines()[-1].split()[0])


def find(path: Path, *tests: str) -> int:
    """How many names below a directory pass `find`'s tests. A dot each, since names may hold newlines."""
    done = subprocess.run(
        ["find", str(path), "-mindepth", "1", *tests, "-printf", "."], capture_output=True, check=True
    )
    return len(done.stdout)


def apparent(path: Path) -> int:
    """The sum of the lengths of regular files and links, every inode once."""
    done = subprocess.run(
        ["find", str(path), "(", "-type", "f", "-o", "-type", "l", ")", "-printf", r"%D:%i %s\n"],
        capture_output=True,
        check=True,
    )
    return sum(int(line.split()[1]) for line in set(done.stdout.splitlines()))
