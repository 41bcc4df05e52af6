"""Ground to interrupt runs on, and a directory for temporary files that has to stay empty."""

from pathlib import Path

import pytest

from tests.builders import tree
from tests.journal.ground import Ground, ground


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tree(tmp_path / "temp", {})
    monkeypatch.setenv("TMPDIR", str(place))
    return place


@pytest.fixture
def found(tmp_path: Path, temporary: Path) -> Ground:
    return ground(tree(tmp_path / "ground", {}))
