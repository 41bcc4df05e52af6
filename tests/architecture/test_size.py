"""A file that no longer fits in a head is two files: 300 lines are a wall, and 250 a warning."""

import warnings
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

WALL = 300
WARNING = 250
ROOMS = ("cachemgr", "tests", "benchmarks")
FILES = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_file_is_longer_than_300_lines(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    if lines > WARNING:
        warnings.warn(f"{path.name} has {lines} lines; it may be time to divide it", stacklevel=1)
    assert lines <= WALL
