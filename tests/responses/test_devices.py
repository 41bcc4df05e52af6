"""Devices that are full or read-only: reads go on, and no answer is lost without a word."""

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cachemgr.responses import RequestKey, SetResult, Usage, open_cache
from cachemgr.responses.errors import ReadOnly
from cachemgr.responses.network import is_remote
from tests import mounting
from tests.responses.conftest import Hands, Opener

KEY = RequestKey("openai", "gpt-4o", "hello")


def test_a_device_that_is_full(tmp_path: Path, hands: Hands, faults: list[str]) -> None:
    """No answer is lost without a word, nothing is left half written, and with room it works again."""
    with mounting.mounted(tmp_path / "small", *mounting.SMALL) as small:
        config = {"cache_dir": str(small / "cache"), "cleanup_interval_seconds": 0, "max_cache_size_mb": None}
        with open_cache(config, clock=hands.clock) as cache:
            assert cache.set(KEY, "one", ttl=None)
            assert cache.delete(KEY)
            filler = mounting.fill(small)
            assert {cache.set(f"key {number}", "x" * 3000) for number in range(50)} == {SetResult.FAILED}
            assert not [number for number in range(50) if cache.get(f"key {number}")]
            assert any("storing failed" in line for line in faults)
            assert not list(small.rglob("*.tmp"))
            assert not [found for found in cache.verify().findings if found.problem != "in the index only"]
            filler.unlink()
            assert cache.set(KEY, "again") is SetResult.FAILED, "for a minute nothing is tried"
            hands.pass_by(61)
            assert cache.set(KEY, "again")


def test_a_full_device_makes_room_by_evicting(tmp_path: Path, hands: Hands, faults: list[str]) -> None:
    with mounting.mounted(tmp_path / "small", *mounting.SMALL) as small:
        config = {"cache_dir": str(small / "cache"), "cleanup_interval_seconds": 0, "max_cache_size_mb": None}
        with open_cache(config, clock=hands.clock) as cache:
            results = []
            for number in range(600):
                hands.pass_by(3600)
                results.append(cache.set(f"key {number}", "x" * 7000, ttl=None))
            assert all(results), faults
            assert cache.get("key 599")
            assert cache.get("key 0") is None
            assert 0 < cache.status()[0].entries < 600


def test_a_device_that_others_fill_does_not_empty_the_cache(
    tmp_path: Path, hands: Hands, faults: list[str]
) -> None:
    """Whoever it is takes each block that an eviction frees. Half stays; what is not stored is said."""
    with mounting.mounted(tmp_path / "small", *mounting.SMALL) as small:
        config = {"cache_dir": str(small / "cache"), "cleanup_interval_seconds": 0, "max_cache_size_mb": 100}
        with open_cache(config, clock=hands.clock) as cache:
            paid = [f"paid {number}" for number in range(40)]
            assert all(cache.set(key, "x" * 3000, ttl=None) for key in paid)
            cache.flush()
            left, results = [], []
            for number in range(30):
                mounting.fill(small)
                results.append(cache.set(f"key {number}", "x" * 500, ttl=None))
                left.append(cache.status()[0].entries)
                hands.pass_by(61 if number > 3 else 1)
            assert min(left[:4]) >= 36, "once in a minute"
            assert min(left) >= 20
            assert results[:2] == [SetResult.STORED, SetResult.FAILED]
            assert any("storing failed" in line for line in faults)


def test_an_answer_that_is_replaced_on_a_full_device_stays(
    tmp_path: Path, hands: Hands, faults: list[str]
) -> None:
    with mounting.mounted(tmp_path / "small", *mounting.SMALL) as small:
        config = {"cache_dir": str(small / "cache"), "cleanup_interval_seconds": 0, "max_cache_size_mb": None}
        with open_cache(config, clock=hands.clock) as cache:
            cache.set("a", "x" * 100_000, ttl=None)
            cache.evict(to_bytes=10**9)
            mounting.fill(small)
            # More than the emergency can free.
            assert cache.set("a", "y" * 3_900_000, ttl=None) is SetResult.FAILED
            hit = cache.get("a")
            assert hit is None or hit.value == "x" * 100_000
            assert not [found for found in cache.verify().findings if found.problem != "in the index only"]


def test_a_read_only_file_system(tmp_path: Path, hands: Hands, faults: list[str]) -> None:
    with mounting.mounted(tmp_path / "medium", *mounting.SMALL) as medium:
        config = {"cache_dir": str(medium / "cache"), "cleanup_interval_seconds": 0}
        with open_cache(config, clock=hands.clock) as cache:
            cache.set(KEY, "hi", ttl=10)
            cache.set("other", {"a": 1}, ttl=None)
        mounting.read_only(medium)
        with open_cache(config, clock=hands.clock) as cache:
            assert cache.get(KEY)
            assert cache.get("other")
            assert cache.get("never") is None
            assert not faults
            assert cache.set(KEY, "new") is SetResult.FAILED
            assert faults
            assert cache.status()[0].entries == 2
            assert len(list(cache.entries())) == 2
            assert cache.verify().sound
            assert cache.get_or_compute("new", lambda: ("computed", Usage())).value == "computed"
            hands.pass_by(20)
            sweeps: list[Callable[[], object]] = [cache.expire, cache.clear, lambda: cache.evict(to_bytes=0)]
            for doing in sweeps:
                with pytest.raises(ReadOnly):
                    doing()
            assert cache.get("other")
        mounting.read_only(medium, on=False)


@pytest.mark.parametrize("backend", ["file", "sqlite"])
def test_opened_for_reading_nothing_changes(
    backend: str, opened: Opener, root: Path, faults: list[str]
) -> None:
    """Not even a lock's file: there was none before somebody wanted one."""
    writer = opened(backend=backend)
    writer.set(KEY, "hi")
    writer.set("torn", "hi")
    writer.close()
    for torn in root.glob(f"*/{writer.digest('torn')}.json"):
        torn.write_text("ho")
    for lock in root.glob(".lock*"):
        lock.unlink()
    before = sorted(root.rglob("*"))
    cache = opened(backend=backend, read_only=True)
    assert cache.get(KEY)
    assert cache.get("other") is None
    assert (cache.get("torn") is None) is (backend == "file")
    assert cache.status()[0].entries == 2
    assert cache.get_or_compute("new", lambda: ("computed", Usage())).value == "computed"
    assert cache.verify().sound is (backend == "sqlite")
    cache.close()
    assert {path for path in root.rglob("*") if not path.name.endswith(("-wal", "-shm"))} == set(before)
    assert all("for reading only" in line for line in faults)


@pytest.mark.parametrize("backend", ["file", "sqlite"])
def test_opened_for_reading_nothing_is_made(
    backend: str, opened: Opener, root: Path, faults: list[str]
) -> None:
    cache = opened(backend=backend, read_only=True)
    assert cache.get_or_compute(KEY, lambda: ("computed", Usage())).value == "computed"
    cache.close()
    assert not root.exists()
    assert all("for reading only" in line for line in faults)


@pytest.mark.skipif(sys.platform != "linux", reason="the mount table of Linux")
@pytest.mark.parametrize(("kind", "remote"), [("nfs4", True), ("cifs", True), ("ext4", False)])
def test_a_directory_of_another_machine_is_recognised(kind: str, remote: bool, tmp_path: Path) -> None:
    """The index stays in memory there: its write-ahead log works among processes of one machine only."""
    device = os.stat(tmp_path).st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    table = tmp_path / "mountinfo"
    table.write_text(f"1 0 {number} / {tmp_path} rw,relatime - {kind} server:/share rw\n")
    assert is_remote(str(tmp_path), str(table)) is remote


def test_looking_at_a_cache_that_is_not_there_makes_none(opened: Opener, root: Path) -> None:
    cache = opened()
    assert cache.status()[0].entries == 0
    assert not list(cache.entries())
    assert not cache.expire().removed.entries
    assert not cache.clear().removed.entries
    assert cache.verify().sound
    assert cache.analytics().hit_rate is None
    assert not root.exists()


def test_the_words_for_a_full_device_cover_quotas() -> None:
    from cachemgr.responses.errors import Full
    from cachemgr.responses.files import translated

    for number in (errno.ENOSPC, errno.EDQUOT):
        with pytest.raises(Full), translated():
            raise OSError(number, "no room")
