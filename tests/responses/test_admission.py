"""A directory that is somebody else's stays as it is: no marks, no locks, nothing removed, nothing served."""

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

import pytest

from cachemgr.responses import RequestKey, SetResult, Usage, open_cache
from cachemgr.responses.admission import admit
from cachemgr.responses.errors import StoreError
from tests.responses.conftest import Opener

KEY = RequestKey("openai", "gpt-4o", "hello")
STRANGER = "ab" + "1" * 62


def everything(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes() if path.is_file() else b""
        for path in sorted(root.rglob("*"))
    }


def use(opened: Opener, backend: str) -> None:
    """All that an application, its hourly sweep and `cachemgr responses` do."""
    cache = opened(backend=backend)
    assert cache.get(KEY) is None
    assert cache.set(KEY, "hi") is SetResult.FAILED
    assert cache.get_or_compute(KEY, lambda: ("computed", Usage())).value == "computed"
    cache.flush()
    cache.sweep_quietly()
    for doing in (cache.clear, cache.evict, cache.expire, lambda: cache.verify(repair=True)):
        with suppress(StoreError):
            doing()


@pytest.mark.parametrize("backend", ["file", "sqlite"])
def test_foreign_files_are_left_alone(backend: str, opened: Opener, root: Path, faults: list[str]) -> None:
    """Even where they have the names of halves and are old."""
    for place in (root / "ab", root / ".trash" / "mine"):
        place.mkdir(parents=True)
        (place / f"{STRANGER}.json").write_text("mine")
        (place / f"{STRANGER}.meta.json").write_text("mine")
        os.utime(place / f"{STRANGER}.json", (0, 0))
    before = everything(root)
    use(opened, backend)
    assert everything(root) == before
    assert any("never was a response cache" in line for line in faults)


def test_the_name_of_what_is_there_is_only_shown(tmp_path: Path) -> None:
    (tmp_path / "a\x1b[31mred").write_bytes(b"")

    with pytest.raises(StoreError) as refused:
        admit(str(tmp_path))

    assert "red" in str(refused.value)
    assert "\x1b" not in str(refused.value)


@pytest.mark.parametrize("backend", ["file", "sqlite"])
def test_a_home_is_no_cache(backend: str, opened: Opener, root: Path, faults: list[str]) -> None:
    root.mkdir()
    (root / "letter.txt").write_text("dear")
    use(opened, backend)
    assert os.listdir(root) == ["letter.txt"]
    assert any("letter.txt" in line for line in faults)


@pytest.mark.parametrize("backend", ["file", "sqlite"])
@pytest.mark.parametrize("version", [0, 1])
def test_a_foreign_database_gets_no_tables(
    version: int, backend: str, opened: Opener, root: Path, faults: list[str]
) -> None:
    root.mkdir()
    with sqlite3.connect(root / "responses.sqlite3") as notes:
        notes.execute("CREATE TABLE notes(t)")
        notes.execute(f"PRAGMA user_version = {version}")
    notes.close()
    before = everything(root)
    use(opened, backend)
    assert everything(root) == before
    assert faults


@pytest.mark.parametrize("backend", ["file", "sqlite"])
def test_the_root_of_a_file_system_is_refused(backend: str, faults: list[str]) -> None:
    before = set(os.listdir("/"))
    cache = open_cache({"cache_dir": "/", "backend": backend, "cleanup_interval_seconds": 0})
    assert cache.set(KEY, "hi") is SetResult.FAILED
    cache.close()
    assert set(os.listdir("/")) == before


@pytest.mark.parametrize("backend", ["file", "sqlite"])
@pytest.mark.parametrize("name", ["", ".gitignore", ".lock", "CACHEDIR.TAG"])
def test_an_empty_directory_is_taken(name: str, backend: str, opened: Opener, root: Path) -> None:
    root.mkdir()
    if name:
        (root / name).write_text("")
    cache = opened(backend=backend)
    assert cache.set(KEY, "hi") is SetResult.STORED
    assert cache.get(KEY)


def test_a_cache_whose_marks_were_removed_is_one_still(opened: Opener, root: Path) -> None:
    """Beside a stranger's file, even: pairs say what it is."""
    opened().set(KEY, "hi")
    for name in ("cachemgr-cache.json", "CACHEDIR.TAG"):
        (root / name).unlink()
    (root / "notes.txt").write_text("mine")
    cache = opened()
    assert cache.get(KEY)
    assert cache.set(KEY, "new") is SetResult.STORED


@pytest.mark.parametrize("backend", ["file", "sqlite"])
def test_a_stranger_s_file_beside_it_stops_no_sweep(
    backend: str, opened: Opener, root: Path, faults: list[str]
) -> None:
    opened(backend=backend).set(KEY, "hi")
    (root / "notes.txt").write_text("mine")
    cache = opened(backend=backend)
    assert cache.clear().removed.entries == 1
    assert cache.get_or_compute(KEY, lambda: ("computed", Usage())).value == "computed"
    assert (root / "notes.txt").read_text() == "mine"
    assert not faults
