"""What the tests of this room share."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cachemgr.service import CacheManager
from tests.desk import manager


@pytest.fixture
def open_box() -> Iterator[Path]:
    """An empty directory that another user reaches, which pytest's own temporary ones are not; its parent
    is writable for everybody."""
    if sys.platform == "win32":
        pytest.skip("users have no numbers here")
    top = Path(tempfile.mkdtemp(dir="/tmp"))
    os.chmod(top, 0o777)
    box = top / "box"
    box.mkdir()
    yield box
    shutil.rmtree(top)


@pytest.fixture
def service(home: Path) -> CacheManager:
    """One that looks at an empty home."""
    return manager(home)
