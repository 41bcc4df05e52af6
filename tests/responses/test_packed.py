"""All responses in one database: whole after kills, readable without writing, mended when damaged."""

import os
import sqlite3
import sys
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from cachemgr.responses import Cache, SetResult, open_cache
from cachemgr.responses.format import PACKED
from tests.mounting import SMALL, fill, mounted, read_only
from tests.responses.conftest import Hands, Opener
from tests.responses.killed import key_of
from tests.responses.test_hammer import config, hammered
from tests.responses.test_killed import one_life

BODY = "x" * 1500


def sqlite(root: Path, **more: object) -> dict[str, object]:
    return {"backend": "sqlite", "cache_dir": str(root), "cleanup_interval_seconds": 0, **more}


def filled(cache: Cache, number: int) -> None:
    for one in range(number):
        assert cache.set(f"key {one}", {"number": one, "body": BODY}, provider="openai", model=f"m{one % 3}")


def values(cache: Cache, number: int) -> list[object]:
    found = (cache.get(f"key {one}") for one in range(number))
    return [hit.value["number"] if hit and isinstance(hit.value, dict) else None for hit in found]


@pytest.fixture
def cache(opened: Opener) -> Cache:
    return opened(backend="sqlite")


def test_opening_looking_and_sweeping_make_nothing(cache: Cache, root: Path) -> None:
    assert cache.get("key") is None
    assert not cache.delete("key")
    assert not cache.touch("key", 60)
    assert cache.status()[0].entries == 0
    assert list(cache.entries()) == []
    assert not cache.clear().removed.entries
    assert cache.verify().sound
    cache.sweep()
    cache.close()
    assert not (root / PACKED).exists()


@pytest.mark.skipif(os.name != "posix", reason="Windows removes no open file")
def test_a_database_that_was_removed_answers_no_more(cache: Cache, root: Path) -> None:
    cache.set("key", "value")
    assert cache.get("key")
    for path in root.glob("responses*"):
        path.unlink()
    time.sleep(0.1)  # for so long it is believed in
    assert cache.get("key") is None


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such permissions")
def test_what_is_made_is_for_nobody_else(cache: Cache, root: Path) -> None:
    cache.set("key", "value")

    assert {name for name in os.listdir(root) if name.startswith("responses")} <= {
        PACKED, PACKED + "-wal", PACKED + "-shm"
    }  # fmt: skip
    assert all(path.stat().st_mode & 0o077 == 0 for path in (root, *root.glob("responses*")))
    assert (root / "CACHEDIR.TAG").exists()


def test_nothing_is_torn_lost_or_raised(tmp_path: Path) -> None:
    turns = 0
    for number in range(3):
        seen = hammered({**config(tmp_path / str(number)), "backend": "sqlite"}, 3)
        assert not seen["wrong"], seen
        turns = min(seen["hit"], seen["set STORED"], seen["evictor"], seen["clearer"])
        if turns:
            break  # on a busy machine somebody may have had no turn
    assert turns


@pytest.mark.soak
def test_nothing_is_torn_lost_or_raised_in_a_minute(tmp_path: Path) -> None:
    seen = hammered({**config(tmp_path), "backend": "sqlite"}, 60)

    assert not seen["wrong"], seen


@pytest.mark.parametrize("lives", [8, pytest.param(200, marks=pytest.mark.soak)])
def test_what_was_finished_before_a_kill_is_there(lives: int, tmp_path: Path) -> None:
    root, committed, seen = tmp_path / "cache", dict[int, int](), Counter[str]()
    for seed in range(lives):
        begun = one_life(root, seed, committed, "sqlite")
        with open_cache(sqlite(root)) as cache:
            for number, count in committed.items():
                hit = cache.get(key_of(number))
                assert hit is not None
                assert isinstance(hit.value, dict)
                assert hit.metadata.request_tokens == hit.value["count"]
                assert number in begun or hit.value["count"] == count
                seen["readable"] += 1
            assert not cache.verify().findings
        for number in begun:
            committed.pop(number, None)
    assert seen["readable"] > lives


def test_threads_at_a_fresh_place_all_get_their_answers_in(root: Path) -> None:
    """Each makes a connection, and one of them the tables."""
    for attempt in range(10):
        with open_cache(sqlite(root / str(attempt))) as cache:
            start = threading.Barrier(8)

            def write(number: int, cache: Cache = cache, start: threading.Barrier = start) -> None:
                start.wait()
                cache.set(f"key {number}", {"number": number})

            threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert values(cache, 8) == list(range(8))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_child_works_on_its_own_connection_and_leaves_the_parents_alone(root: Path) -> None:
    with open_cache(sqlite(root)) as cache:
        filled(cache, 10)
        child = os.fork()
        if not child:
            done = cache.set("child", "yes") and values(cache, 10) == list(range(10))
            cache.close()
            os._exit(0 if done else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert cache.get("child") is not None
        filled(cache, 20)
        assert cache.verify().sound


def test_a_full_disk_loses_nothing_in_silence(tmp_path: Path, faults: list[str]) -> None:
    with mounted(tmp_path / "small", *SMALL) as small, open_cache(sqlite(small / "cache")) as cache:
        filled(cache, 50)
        fill(small)
        results = {number: cache.set(f"more {number}", BODY + str(number)) for number in range(400)}
        stored = [number for number, result in results.items() if result is SetResult.STORED]
        assert SetResult.FAILED in results.values()
        for number in stored[-5:]:
            hit = cache.get(f"more {number}")
            assert hit is not None
            assert hit.value == BODY + str(number)
        assert cache.verify().sound


def test_a_read_only_file_system_is_read(tmp_path: Path, faults: list[str]) -> None:
    with mounted(tmp_path / "small", *SMALL) as small:
        with open_cache(sqlite(small / "cache")) as cache:
            filled(cache, 20)
        read_only(small)
        with open_cache(sqlite(small / "cache")) as cache:
            assert values(cache, 20) == list(range(20))
            assert cache.status()[0].entries == 20
            assert cache.set("more", "x") is SetResult.FAILED
        assert not [name for name in os.listdir(small / "cache") if name.endswith(("-wal", "-shm"))]
        read_only(small, on=False)


def test_opened_for_reading_it_sees_what_others_write(root: Path, opened: Opener, faults: list[str]) -> None:
    writer, reader = opened(backend="sqlite"), opened(backend="sqlite", read_only=True)
    filled(writer, 5)

    assert values(reader, 5) == list(range(5))
    assert reader.set("more", "x") is SetResult.FAILED
    assert writer.get("more") is None


def flip(root: Path, text: bytes) -> None:
    """One bit of the first such text in the database."""
    content = bytearray((root / PACKED).read_bytes())
    content[content.index(text)] ^= 1
    (root / PACKED).write_bytes(content)


def test_an_answer_that_rotted_is_a_miss_and_is_found(root: Path) -> None:
    with open_cache(sqlite(root)) as cache:
        cache.set("key 0", "an answer that is told apart")
        filled(cache, 5)
        cache.set("key 0", "an answer that is told apart")
    flip(root, b"told apart")

    with open_cache(sqlite(root)) as cache:
        assert cache.get("key 0") is None
        assert cache.get("key 1") is not None
        assert [finding.problem for finding in cache.verify().findings] == ["corrupt value"]
        assert cache.verify(repair=True).findings[0].repaired
        assert not cache.verify().findings
        assert cache.status()[0].entries == 4


def test_of_a_damaged_database_what_can_be_read_is_kept(root: Path, faults: list[str]) -> None:
    with open_cache(sqlite(root)) as cache:
        filled(cache, 200)
    path = root / PACKED
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(content)

    with open_cache(sqlite(root)) as cache:
        cache.get("key 100")  # whatever that is, it is no exception
        assert not cache.verify().sound
        assert cache.verify(repair=True).sound
        assert (root / (PACKED + ".bad")).exists()
        left = [found for found in values(cache, 200) if found is not None]
        assert 190 <= len(left) < 200
        assert cache.set("new", "x")
        assert cache.verify().sound


def test_what_is_no_database_is_set_aside(root: Path, faults: list[str]) -> None:
    root.mkdir()
    (root / PACKED).write_bytes(b"mine" * 1000)
    with open_cache(sqlite(root)) as cache:
        assert cache.get("key") is None
        assert cache.set("key", "x") is SetResult.FAILED
        assert cache.verify(repair=True).sound
        assert cache.set("key", "x")
    assert (root / (PACKED + ".bad")).read_bytes() == b"mine" * 1000


def test_a_newer_versions_database_is_left_alone(root: Path, faults: list[str]) -> None:
    with open_cache(sqlite(root)) as cache:
        cache.set("key", "x")
    with closing(sqlite3.connect(root / PACKED)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = (root / PACKED).read_bytes()
    with open_cache(sqlite(root)) as cache:
        assert cache.get("key") is None
        assert cache.set("key", "y") is SetResult.FAILED
    assert (root / PACKED).read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes no open file")
def test_a_database_that_was_removed_is_made_anew(root: Path, opened: Opener) -> None:
    cache = opened(backend="sqlite")
    filled(cache, 3)
    for path in root.glob("responses*"):
        path.unlink()
    cache.flush()

    assert cache.set("key", "x")
    assert (root / PACKED).exists()


def test_room_goes_back_when_much_is_free(cache: Cache, root: Path) -> None:
    filled(cache, 3000)
    cache.close()
    before = (root / PACKED).stat().st_size
    (line,) = cache.status()
    assert 0.7 < line.disk_bytes / before < 1.3

    assert cache.clear().removed.entries == 3000
    cache.close()
    assert (root / PACKED).stat().st_size < before / 10


def test_reads_do_not_write(cache: Cache, root: Path, hands: Hands) -> None:
    filled(cache, 100)
    cache.close()
    before = (root / PACKED).read_bytes()
    for _ in range(2):
        values(cache, 100)
    assert not (root / (PACKED + "-wal")).stat().st_size
    cache.close()
    assert (root / PACKED).read_bytes() != before  # what was read is noted at the end
    hands.pass_by(1)
    entry = next(cache.entries(order_by="hits", descending=True))
    assert entry.hits == 2


def test_a_sweep_keeps_no_writer_waiting_for_all_of_it(cache: Cache, hands: Hands) -> None:
    filled(cache, 2500)
    hands.pass_by(100_000)
    batches: list[int] = []

    def between(removed: object) -> None:
        batches.append(1)
        assert cache.set(f"between {len(batches)}", "x")

    assert cache.expire(on_progress=between).removed.entries == 2500
    assert len(batches) >= 3
    assert cache.get("between 1") is not None
