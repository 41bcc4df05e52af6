"""Every cache of the stage goes to another place and comes back, and nothing differs."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adversary.build import build
from tests.adversary.judge import take
from tests.adversary.stage import Stage
from tests.adversary.visit import FORCED, visit

_MOST = 64 << 30
"""Bytes, most of them a hole: nobody believes a file system about holes, so that all of them are read."""
TELLING = ("glossary@project", "huggingface-datasets@home", "mlx@project", "ollama@env")
"""Loose files, trees, a hub, and pairs of a manifest and its blobs."""
SAME = ("kind", "mode", "owner", "modified", "links", "size", "content")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = build(tmp_path_factory.mktemp("stage") / "kept")
    yield stage
    stage.strike()


@pytest.fixture
def memory() -> Iterator[Path]:
    place = Path("/dev/shm")
    if not place.is_dir():
        pytest.skip("wants another file system")
    found = Path(tempfile.mkdtemp(prefix="cachemgr-", dir=place))
    yield found
    shutil.rmtree(found)


def there_and_back(stage: Stage, to: Path, *, all_of_them: bool) -> int:
    moved = 0
    before = take(stage)
    for cache in visit(stage, "status", "--json").document["caches"]:
        if not all_of_them and cache["id"] not in TELLING:
            continue
        if cache["state"] not in ("ok", "partial") or not cache["entries"]:
            continue
        if cache["apparent_bytes"] > _MOST:
            continue
        name = cache["id"]
        said = visit(stage, "migrate", name, "--to", str(to / str(moved)), "--yes", "--json", *FORCED)
        assert said.code in (0, 1, 4), (name, said)
        if said.code == 4:
            continue
        if said.document["run"] is None:
            continue
        moved += 1
        back = visit(stage, "undo", "--yes", "--json")
        assert back.code == 0, (name, back)
        assert not before.changes(take(stage), *SAME), name
        assert list(to.iterdir()) == [], name
    return moved


def test_what_goes_across_comes_back_as_it_was(kept: Stage, memory: Path) -> None:
    assert there_and_back(kept, memory, all_of_them=False) == len(TELLING)


@pytest.mark.soak
def test_whatever_goes_across_comes_back_as_it_was(kept: Stage, memory: Path) -> None:
    assert there_and_back(kept, memory, all_of_them=True) > 12


@pytest.mark.soak
def test_whatever_is_renamed_comes_back_as_it_was(kept: Stage, tmp_path: Path) -> None:
    place = tmp_path / "new"
    place.mkdir()
    assert there_and_back(kept, place, all_of_them=True) > 12
