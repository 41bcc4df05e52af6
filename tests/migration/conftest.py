"""Places on another file system."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import cachemgr
from tests.mounting import mounted

__all__ = ["cachemgr"]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """An empty directory on another file system: a tmpfs of one's own, or what is in memory anyway."""
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK) and memory.stat().st_dev != tmp_path.stat().st_dev:
        with tempfile.TemporaryDirectory(prefix="cachemgr-", dir=memory) as place:
            yield Path(place)
        return
    target = tmp_path / "elsewhere"
    target.mkdir()
    with mounted(target, "-t", "tmpfs", "-o", "size=256m", "none") as place:
        yield place
