"""A directory that is held open is left as soon as its path leads elsewhere."""

import errno
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cachemgr.responses import Cache, files
from cachemgr.responses.anchor import Anchor, Start
from tests.responses.conftest import Hands, Opener

KEY, OTHER = "a question", "another"
LONGER_THAN_BELIEVED = 0.1


@pytest.fixture
def cache(opened: Opener) -> Cache:
    """One that has its directory open."""
    cache = opened(backend="file")
    cache.set(KEY, "old")
    assert value(cache) == "old"
    return cache


def value(cache: Cache, key: str = KEY) -> object:
    hit = cache.get(key)
    return None if hit is None else hit.value


def exchange(root: Path, answers: dict[str, str], opened: Opener) -> None:
    """As somebody else does it, who restores a copy: another directory has the name."""
    copy = root.with_name("copy")
    one = opened(backend="file", cache_dir=str(copy))
    for key, answer in answers.items():
        one.set(key, answer)
    one.close()
    root.rename(root.with_name("before"))
    copy.rename(root)


def test_what_is_stored_is_what_is_read_though_the_directory_went_away(cache: Cache, root: Path) -> None:
    root.rename(root.with_name("elsewhere"))
    cache.set(KEY, "new")
    assert value(cache) == "new"


def test_what_is_deleted_is_gone_though_another_directory_came(
    cache: Cache, root: Path, opened: Opener
) -> None:
    exchange(root, {KEY: "restored"}, opened)
    assert cache.delete(KEY)
    assert value(cache) is None


def test_what_is_not_found_is_looked_for_by_the_path(cache: Cache, root: Path, opened: Opener) -> None:
    exchange(root, {OTHER: "restored"}, opened)
    assert value(cache, OTHER) == "restored"


@pytest.mark.parametrize("go", [shutil.rmtree, lambda root: root.rename(root.with_name("elsewhere"))])
def test_a_directory_that_went_away_answers_no_more(
    go: Callable[[Path], object], cache: Cache, root: Path
) -> None:
    go(root)
    time.sleep(LONGER_THAN_BELIEVED)
    assert value(cache) is None


def test_another_directory_answers_soon(cache: Cache, root: Path, opened: Opener) -> None:
    exchange(root, {KEY: "restored"}, opened)
    time.sleep(LONGER_THAN_BELIEVED)
    assert value(cache) == "restored"


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="asks Linux what is open")
def test_it_is_let_go_of(cache: Cache, root: Path) -> None:
    def open_now() -> list[str]:
        links = (Path("/proc/self/fd") / number for number in os.listdir("/proc/self/fd"))
        return [os.readlink(link) for link in links if os.path.lexists(link)]

    assert str(root) in open_now()
    cache.close()
    assert str(root) not in open_now()
    assert value(cache) == "old"


@pytest.mark.skipif(os.open not in os.supports_dir_fd, reason="by their paths alone")
def test_whoever_reads_still_keeps_it_open(root: Path) -> None:
    """Else its number could be another directory's by then."""
    root.mkdir()
    (root / "name").write_text("there")
    anchor = Anchor(str(root))
    start = anchor.start()
    anchor.close()
    assert start.descriptor is not None
    os.close(os.open("name", os.O_RDONLY, dir_fd=start.descriptor))


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="asks Linux what is open")
def test_a_sweep_leaves_the_directory_that_went_away(cache: Cache, root: Path, opened: Opener) -> None:
    """Its lock, whose holders are others by now, and its index: it may be somebody's backup."""
    cache.flush()
    exchange(root, {KEY: "restored"}, opened)
    cache.sweep()
    links = [Path("/proc/self/fd", number) for number in os.listdir("/proc/self/fd")]
    open_now = [os.readlink(link) for link in links if os.path.lexists(link)]
    assert not [name for name in open_now if name.startswith(str(root.with_name("before") / ".index"))]
    assert str(root / ".lock") in open_now
    assert cache.status()[0].entries == 1


def test_no_two_files_have_one_stamp(tmp_path: Path) -> None:
    """Inode numbers come again at once."""
    stamps = set()
    for _ in range(500):
        stamps.add(files.create(str(tmp_path / "name"), b"x", stamped=True))
        files.remove(str(tmp_path / "name"))
    assert len(stamps) == 500 or stamps == {""}


def test_who_looked_before_a_change_does_not_vouch_for_it(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two threads: one has looked, the other changes something, then the first would go on believing."""
    root.mkdir()
    anchor = Anchor(str(root))
    leads_there, looks = anchor._leads_there, list[bool]()

    def look(start: Start) -> bool:
        looks.append(leads_there(start))
        if len(looks) == 1:
            anchor.drift()
        return looks[-1]

    monkeypatch.setattr(anchor, "_leads_there", look)
    anchor.start()
    anchor.start()
    assert len(looks) == 2, "it looked again"


def test_where_no_time_can_be_set_a_file_has_no_stamp_and_is_stored(
    opened: Opener, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a FAT volume that is mounted for somebody else; a sweep then reads what it removes."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "utime", refuse)
    cache = opened(backend="file")
    assert cache.set(KEY, "answer", ttl=10)
    assert value(cache) == "answer"
    hands.pass_by(20)
    assert cache.expire(force=True).removed.entries == 1
