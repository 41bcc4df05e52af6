"""`verify` finds whatever is wrong and `repair` leaves nothing of it."""

import os
import sys
from collections import Counter
from itertools import count
from pathlib import Path

import pytest

from cachemgr.responses import Cache, open_cache
from cachemgr.responses.clock import Clock
from tests.responses.conftest import Hands, Opener

A, B = "00" + "a" * 62, "00" + "b" * 62


@pytest.fixture
def cache(opened: Opener, hands: Hands) -> Cache:
    """Two sound entries in one shard; everything on the disk is an hour old already."""
    made = opened()
    made.set(A, {"a": 1}, ttl=None)
    made.set(B, "b", ttl=None)
    made.status()
    return made


def problems(cache: Cache) -> "Counter[str]":
    return Counter(found.problem for found in cache.verify().findings)


def test_a_sound_cache(cache: Cache) -> None:
    report = cache.verify()
    assert report.sound
    assert report.entries == 2
    assert not report.findings


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux reads without noting it")
def test_looking_is_no_use_and_asking_is(cache: Cache, hands: Hands, tmp_path: Path) -> None:
    pairs = sorted(path for path in tmp_path.rglob("0*.json") if path.is_file())
    assert len(pairs) == 4
    for path in pairs:
        os.utime(path, (10**9, 10**9))
    assert hasattr(os, "O_NOATIME")

    assert cache.verify().sound
    assert cache.peek(A) is not None
    assert list(cache.entries())
    assert {path.stat().st_atime for path in pairs} == {10**9}

    assert cache.get(A) is not None
    assert max(path.stat().st_atime for path in pairs) > 10**9


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        (f"{A}.json", b"changed", "corrupt value"),
        (f"{A}.json", None, "value missing"),
        (f"{A}.meta.json", b"{}", "corrupt metadata"),
        (f"{A}.meta.json", b"\xff\xfe{\0}\0", "corrupt metadata"),
        (f"{A}.meta.json", None, "metadata missing"),
        (f"00{'f' * 62}.json", b"x", "metadata missing"),
        (f"00{'f' * 62}.meta.json", b"{}", "corrupt metadata"),
        (f".{A}.1.2.3.abcd.tmp", b"x", "abandoned temporary file"),
        (f"{A}.tmp", b"x", "abandoned temporary file"),
        (f"{A}.json.zst", b"x", "metadata missing"),
    ],
)
def test_one_thing_wrong(name: str, content: bytes | None, problem: str, cache: Cache, root: Path) -> None:
    file = root / "00" / name
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)
        os.utime(file, (1_700_000_000, 1_700_000_000))
    found = cache.verify()
    assert not found.sound
    assert problem in {one.problem for one in found.findings}
    repaired = cache.verify(repair=True)
    assert repaired.sound
    assert all(one.repaired for one in repaired.findings)
    assert not cache.verify().findings
    assert cache.get(B)
    assert {path.name.split(".")[0] for path in (root / "00").iterdir()} <= {A, B}


def test_the_value_of_one_under_the_metadata_of_another(cache: Cache, root: Path) -> None:
    """A pair that was torn apart and put together wrongly: each half is whole, and they do not fit."""
    os.replace(root / "00" / f"{B}.json", root / "00" / f"{A}.json")
    assert cache.get(A) is None
    assert problems(cache)["corrupt value"] == 1


def test_what_is_not_ours_is_named_and_left(cache: Cache, root: Path) -> None:
    files = [root / "00" / "notes.txt", root / "00" / f"11{A[2:]}.json", root / "00" / f"{A}.json.bak"]
    for file in files:
        file.write_text("mine")
    (root / "00" / "directory").mkdir()
    assert problems(cache) == {"foreign file": 4}
    assert not cache.verify(repair=True).sound
    assert [file.read_text() for file in files] == ["mine"] * 3


def test_what_the_old_code_may_be_writing_is_left_for_an_hour(cache: Cache, root: Path, hands: Hands) -> None:
    file = root / "00" / f"{A}.tmp"
    file.write_text("x")
    os.utime(file, (hands.now - 3000, hands.now - 3000))
    (finding,) = cache.verify(repair=True).findings
    assert not finding.repaired
    assert "at work" in finding.reason
    hands.pass_by(1000)
    assert cache.verify(repair=True).sound
    assert not file.exists()


def test_an_index_that_drifted(cache: Cache, root: Path) -> None:
    """Both ways at once, in a shard whose time of change was set back."""
    shard = root / "00"
    before = shard.stat().st_mtime_ns
    for half in ("json", "meta.json"):
        (shard / f"{B}.{half}").unlink()
    os.utime(shard, ns=(before, before))
    assert set(problems(cache)) <= {"in the index only"}
    assert cache.verify(repair=True).sound
    assert cache.status()[0].entries == 1


def test_everything_is_found_though_somebody_writes(cache: Cache, opened: Opener) -> None:
    """A pair between its two renames is no finding."""
    import threading

    other, enough = opened(), threading.Event()

    def write() -> None:
        number = 0
        while not enough.is_set():
            number += 1
            other.set(A, {"number": number}, ttl=None)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert [problems(cache) for _ in range(30)] == [{}] * 30
    finally:
        enough.set()
        thread.join()


def test_who_cannot_mend_says_so(root: Path) -> None:
    """Somebody else sweeps, for longer than one waits."""
    moments = count(0, 6)
    clock = Clock(steady=lambda: float(next(moments)))
    config = {"cache_dir": str(root), "cleanup_interval_seconds": 0}
    with open_cache(config) as other, open_cache(config, clock=clock) as cache:
        cache.set("key", "x")
        next(root.glob("??/*.json")).write_text("torn")
        with other.store.maintenance() as mine:
            assert mine
            report = cache.verify(repair=True)
        assert report.skipped
        assert not report.sound
        report = cache.verify(repair=True)
        assert not report.skipped
        assert report.sound
