"""Several threads remove what one would: the same goes, the same is counted, and nothing of them is left."""

import errno
import os
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from cachemgr.disk import handles
from cachemgr.execute import remove_parallel
from cachemgr.execute.remove import Removal, Task
from cachemgr.execute.remove_parallel import THREADS, remove_all, remove_tree
from tests.builders import HardLink, tree
from tests.desk import drop, du
from tests.execute.removing import open_files, remove, slowly, threads

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    files = open_files()
    yield
    assert threads() == set()
    assert open_files() == files


def wide(top: Path, folders: int, files: int) -> Path:
    return tree(top, {f"{n:03d}": {f"{m:04d}": "x" for m in range(files)} for n in range(folders)})


@pytest.mark.parametrize(("folders", "files"), [(20, 60), (1, 1200), (1200, 1)])
def test_all_threads_do_their_part_whatever_the_tree_looks_like(
    folders: int, files: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide(tmp_path / "tree", folders, files)
    before = du(tmp_path)
    shares: Counter[int] = Counter()
    slowly(monkeypatch, lambda _: shares.update([threading.get_ident()]))
    done = remove(tmp_path, "tree")
    assert (done.errors, done.files) == ([], folders * files + folders + 1)
    assert done.freed == before - du(tmp_path)
    assert os.listdir(tmp_path) == []
    assert len(shares) == THREADS
    assert min(shares.values()) > folders * files // (4 * THREADS)


def test_no_thread_is_started_for_a_few_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wide(tmp_path / "tree", 5, 90)
    seen: set[int] = set()
    slowly(monkeypatch, lambda _: seen.add(threading.active_count()))
    before = threading.active_count()
    assert remove(tmp_path, "tree").errors == []
    assert seen == {before}


@pytest.mark.parametrize("where", ["in the tree", "in two trees", "outside"])
def test_an_inode_counts_when_its_last_name_goes_whoever_takes_it(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two threads that look at the same moment both see that there is another name."""
    monkeypatch.setattr(remove_parallel, "_ALONE", 0)
    slowly(monkeypatch)
    first, second = {"in the tree": ("one/a", "one/b"), "in two trees": ("one", "two")}.get(
        where, ("one", "")
    )
    files = {f"{n:03d}": "x" * 5000 for n in range(150)}
    tree(tmp_path, {first: files, "two": {}, "outside": {}})
    tree(tmp_path, {second or "outside": {name: HardLink(f"{first}/{name}") for name in reversed(files)}})
    before = du(tmp_path)
    handle = handles.open_root(tmp_path)
    done = Removal()
    try:
        tasks = [Task(handle, name, done) for name in ("one", "two")]
        assert {task.name for task in remove_all(iter(tasks)) if task.finished} == {"one", "two"}
    finally:
        handles.close(handle)
    assert done.errors == []
    assert done.freed == before - du(tmp_path)
    assert (done.freed > 150 * 4096) == (where != "outside")


@pytest.mark.parametrize("wait", [1, 3])
def test_a_removal_that_is_dropped_stops_every_thread_at_once(
    wait: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide(tmp_path / "tree", 40, 60)
    slowly(monkeypatch)
    handle = handles.open_root(tmp_path)
    removal = remove_tree(handle, "tree", Removal())
    for _ in range(wait):
        next(removal)
    assert threads() or wait == 1
    drop(removal)
    left = [len(files) for _, _, files in os.walk(tmp_path)]
    handles.close(handle)
    assert sum(left) > 300
    assert threads() == set()
    assert [len(files) for _, _, files in os.walk(tmp_path)] == left
    assert remove(tmp_path, "tree").errors == []
    assert os.listdir(tmp_path) == []


def in_a_helper() -> bool:
    return threading.current_thread().name == "remove"


def test_what_one_thread_cannot_remove_is_reported_and_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide(tmp_path / "tree", 30, 60)
    stuck: set[str] = set()

    def refuse(name: str) -> None:
        if in_a_helper() and (not stuck or name in stuck):
            stuck.add(name)
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), name)

    slowly(monkeypatch, refuse)
    done = remove(tmp_path, "tree")
    assert [error.filename for error in done.errors].count(*stuck) == len(done.errors) > 0
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.name for path in left} == stuck
    assert len(left) == len(done.errors)
    assert done.files == 30 * 60 + 31 - len(list(tmp_path.rglob("*")))


def test_an_error_that_nobody_expects_is_raised_where_somebody_hears_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide(tmp_path / "tree", 30, 60)

    def break_down(name: str) -> None:
        if in_a_helper():
            raise RuntimeError("broken")

    slowly(monkeypatch, break_down)
    with pytest.raises(RuntimeError, match="broken"):
        remove(tmp_path, "tree")
    assert threads() == set()


def test_without_any_more_threads_one_does_it_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wide(tmp_path / "tree", 30, 60)

    def none_left(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", none_left)
    assert remove(tmp_path, "tree").errors == []
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts in /proc")
def test_a_deep_and_wide_tree_never_has_many_directories_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content: dict[str, object] = {}
    for chain in range(12):
        inner: dict[str, object] = {}
        content[f"chain{chain}"] = inner
        for _ in range(70):
            inner |= {"f": "x", "g": "y", "d": {}}
            inner = inner["d"]  # type: ignore[assignment]
    tree(tmp_path / "tree", content)  # type: ignore[arg-type]
    most = 0

    def look(_: str) -> None:
        nonlocal most
        most = max(most, len(open_files()))

    before = len(open_files())
    monkeypatch.setattr(remove_parallel, "_ALONE", 0)
    slowly(monkeypatch, look)
    assert remove(tmp_path, "tree").errors == []
    assert os.listdir(tmp_path) == []
    assert most - before <= 32 * THREADS + 4


def test_every_task_is_begun_only_when_somebody_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is looked at before its removal is looked at right before."""
    names = [f"{n:04d}" for n in range(400)]
    tree(tmp_path, {name: {"a": "1", "b": "2"} for name in names})
    seen: set[int] = set()
    slowly(monkeypatch, lambda _: seen.add(threading.get_ident()))
    handle = handles.open_root(tmp_path)
    begun, finished, ahead = 0, 0, 0

    def tasks() -> Iterator[Task]:
        nonlocal begun, ahead
        for name in names:
            begun += 1
            ahead = max(ahead, begun - sum(not (tmp_path / name).exists() for name in names[:begun]))
            yield Task(handle, name, Removal())

    try:
        for task in remove_all(tasks()):
            finished += task.finished
            assert task.done.errors == []
    finally:
        handles.close(handle)
    assert (begun, finished) == (400, 400)
    assert ahead <= 2 * THREADS
    assert len(seen) == THREADS
    assert os.listdir(tmp_path) == []
