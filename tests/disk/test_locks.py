"""Other tools' lock files: taken and given back without a trace, and never taken for free by mistake."""

import errno
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from filelock import FileLock, Timeout

from cachemgr.disk import handles, locks, windows
from cachemgr.disk.handles import Handle
from tests.builders import Link, tree

posix = pytest.mark.skipif(sys.platform == "win32", reason="flock(2)")
Flock = Callable[[int, int], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tree(tmp_path / "root", {"locks": {"a.lock": "its owner's", "b.lock": "", "notes": ""}})


@pytest.fixture
def root(folder: Path) -> Iterator[Handle]:
    handle = handles.open_root(folder)
    yield handle
    handles.close(handle)


def is_free(lock: Path) -> bool:
    try:
        FileLock(lock).acquire(timeout=0)
    except Timeout:
        return False
    return True


def test_a_lock_is_held_until_it_is_released_and_its_file_is_as_it_was(folder: Path, root: Handle) -> None:
    lock = folder / "locks" / "a.lock"
    before = lock.stat()
    held = locks.take(root, ("locks", "a.lock"))
    assert held is not None
    assert not is_free(lock)
    handles.release_lock(held)
    after = lock.stat()
    assert is_free(lock)
    assert (before.st_ino, before.st_mtime_ns, before.st_size) == (
        after.st_ino,
        after.st_mtime_ns,
        after.st_size,
    )


def test_what_somebody_holds_is_neither_taken_nor_waited_for(folder: Path, root: Handle) -> None:
    with FileLock(folder / "locks" / "b.lock"):
        for names in (("locks", "b.lock"), ("locks",)):
            with pytest.raises(BlockingIOError):
                locks.take(root, names)
            assert locks.first_held(root, names) == ("locks", "b.lock")
        assert locks.first_held(root, ("locks", "a.lock")) is None
    assert locks.first_held(root, ("locks",)) is None


@pytest.mark.parametrize("names", [("none",), ("none", "a.lock"), ("locks", "c.lock"), ("locks",)])
def test_where_there_is_nothing_to_hold_nothing_is_held_and_nothing_made(
    names: tuple[str, ...], folder: Path, root: Handle
) -> None:
    assert locks.take(root, names) is None
    assert locks.first_held(root, names) is None
    assert sorted(os.listdir(folder / "locks")) == ["a.lock", "b.lock", "notes"]


@posix
@pytest.mark.parametrize("names", [("link.lock",), ("locks", "link.lock"), ("outside", "a.lock")])
def test_a_link_is_not_followed(names: tuple[str, ...], folder: Path, root: Handle) -> None:
    tree(folder, {"link.lock": Link("locks/a.lock"), "locks/link.lock": Link("a.lock")})
    tree(folder, {"outside": Link("locks")})
    for ask in (locks.take, locks.first_held):
        with pytest.raises(OSError, match=r"symbolic links|directory"):
            ask(root, names)


@posix
def test_of_a_directory_behind_a_link_each_lock_is_out_of_reach_and_not_all_that_is_beside_them(
    folder: Path, root: Handle
) -> None:
    tree(folder, {"outside": Link("locks"), "loop": Link("loop")})
    with FileLock(folder / "locks" / "b.lock"):
        for names in (("outside",), ("loop", "locks"), ("locks", "notes")):
            assert locks.take(root, names) is None
            assert locks.first_held(root, names) is None


@posix
def test_a_file_that_was_replaced_in_the_instant_is_somebody_elses(
    folder: Path, root: Handle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever made the new one may hold it, while we hold what has no name any more."""
    import fcntl

    flock: Flock = fcntl.flock

    def replaced_first(descriptor: int, how: int) -> None:
        (folder / "locks" / "a.lock").rename(folder / "aside")
        (folder / "locks" / "a.lock").write_text("another's")
        flock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", replaced_first)
    with pytest.raises(BlockingIOError):
        locks.take(root, ("locks", "a.lock"))
    monkeypatch.setattr(fcntl, "flock", flock)
    assert is_free(folder / "aside")


@posix
def test_over_nfs_a_lock_wants_a_descriptor_that_may_write(
    folder: Path, root: Handle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """flock(2), NOTES: its client makes a byte-range lock of it."""
    import fcntl

    flock: Flock = fcntl.flock

    def as_nfs_does(descriptor: int, how: int) -> None:
        if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        flock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", as_nfs_does)
    held = locks.take(root, ("locks", "a.lock"))
    assert held is not None
    handles.release_lock(held)
    assert (folder / "locks" / "a.lock").read_text() == "its owner's"


@posix
def test_where_a_lock_cannot_be_tried_it_is_said_and_nothing_stays_open(
    folder: Path, root: Handle, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    def no_locks(_descriptor: int, _how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    before = os.open(folder, os.O_RDONLY)
    os.close(before)
    with pytest.raises(OSError, match=r"[Ll]ock"):
        locks.take(root, ("locks", "a.lock"))
    after = os.open(folder, os.O_RDONLY)
    os.close(after)
    assert after == before


class TestOnWindows:
    """Through values: what the C library's calls answer there."""

    @pytest.fixture
    def place(self, tmp_path: Path) -> tuple[windows.Handle, str]:
        """A handle, and a name below it."""
        (tmp_path / "a.lock").write_text("its owner's")
        return windows.Handle(str(tmp_path)), "a.lock"

    def answers(self, monkeypatch: pytest.MonkeyPatch, error: OSError | None) -> list[int]:
        asked: list[int] = []

        def locking(descriptor: int, mode: int, count: int) -> None:
            asked.append(descriptor)
            assert (mode, count, os.lseek(descriptor, 0, os.SEEK_CUR)) == (3, 1, 0)
            if error is not None:
                raise error

        monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(LK_NBLCK=3, locking=locking))
        return asked

    def test_the_first_byte_is_what_is_locked(
        self, place: tuple[windows.Handle, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = self.answers(monkeypatch, None)
        held = windows.hold_lock(*place)
        assert held is not None
        assert asked == [held]
        windows.release_lock(held)
        assert Path(place[0].to(place[1])).read_text() == "its owner's"

    def test_one_that_is_held_is_none_and_its_descriptor_is_closed(
        self, place: tuple[windows.Handle, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = self.answers(monkeypatch, PermissionError(13, "locked"))
        assert windows.hold_lock(*place) is None
        with pytest.raises(OSError, match=r"[Bb]ad file descriptor"):
            os.fstat(asked[0])

    def test_what_is_no_file_is_no_lock(
        self, place: tuple[windows.Handle, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.answers(monkeypatch, None)
        path = Path(place[0].to(place[1]))
        path.unlink()
        with pytest.raises(FileNotFoundError):
            windows.hold_lock(*place)
        path.mkdir()
        with pytest.raises(OSError, match=r"[Ii]nvalid"):
            windows.hold_lock(*place)
