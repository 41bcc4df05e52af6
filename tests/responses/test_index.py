"""The index is a convenience: without it, or with a wrong one, the answers are the same."""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cachemgr.responses import Cache, counters
from cachemgr.responses.database import Database
from cachemgr.responses.index import Index
from cachemgr.responses.index_rows import Row
from cachemgr.responses.index_sql import APPLICATION, SCHEMA, SCHEMA_VERSION
from cachemgr.responses.metadata import Metadata
from tests.responses.conftest import Hands, Opener


def stale(file: Path, before: bytes) -> None:
    file.write_bytes(before)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "gone": lambda file: file.unlink(),
    "garbage": lambda file: file.write_bytes(b"garbage" * 1000),
    "empty": lambda file: file.write_bytes(b""),
    "cut off": lambda file: os.truncate(file, file.stat().st_size // 2),
    "scribbled over": lambda file: scribble(file),
    "a newer version's": lambda file: newer(file),
    "another program's": lambda file: another(file),
}


def scribble(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    file.write_bytes(bytes(content))


def newer(file: Path) -> None:
    with sqlite3.connect(file) as database:
        database.execute("PRAGMA user_version = 99")
        database.execute("DROP TABLE e")
    database.close()


def another(file: Path) -> None:
    file.unlink()
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE e(mine)")
    database.close()


def fill(cache: Cache) -> None:
    for number in range(50):
        cache.set(f"key {number}", {"n": number}, ttl=10 if number % 2 else None)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_index_is_made_again(damage: str, opened: Opener, root: Path, hands: Hands) -> None:
    cache = opened()
    fill(cache)
    cache.close()
    DAMAGES[damage](root / ".index.sqlite3")
    cache = opened()
    assert all(cache.get(f"key {number}") for number in range(50))
    assert cache.status()[0].entries == 50
    assert cache.set("one more", "x", ttl=None)
    hands.pass_by(11)
    assert cache.expire().removed.entries == 25
    assert len(list(cache.entries())) == 26
    assert cache.verify().sound


def test_an_index_of_last_week(opened: Opener, root: Path, hands: Hands) -> None:
    """Restored from a backup: what it knows of entries that are gone, and does not know of new ones."""
    cache = opened()
    fill(cache)
    cache.close()
    before = (root / ".index.sqlite3").read_bytes()
    time.sleep(0.02)
    for number in range(10):
        cache.delete(f"key {number}")
        cache.set(f"new {number}", "x")
    cache.close()
    (root / ".index.sqlite3").write_bytes(before)
    assert opened().status()[0].entries == 50
    assert opened().verify().sound


def test_files_that_came_and_went_behind_our_back(opened: Opener, root: Path, tmp_path: Path) -> None:
    """rsync, rm, and a process that was killed before it wrote its rows."""
    cache = opened()
    fill(cache)
    cache.status()
    other = opened(cache_dir=str(tmp_path / "other"))
    fill(other)
    for number in range(7):
        other.set(f"new {number}", "x")
    shutil.rmtree(root / cache.digest("key 1")[:2])
    gone = sum(not cache.get(f"key {number}") for number in range(50))
    assert gone
    assert cache.status()[0].entries == 50 - gone
    shutil.copytree(tmp_path / "other", root, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*"))
    assert cache.reconcile() == gone + 7
    assert cache.status()[0].entries == 57


def test_a_locked_index_stops_nobody(opened: Opener, root: Path, faults: list[str]) -> None:
    cache = opened()
    cache.set("a", "x")
    cache.flush()
    locked = sqlite3.connect(root / ".index.sqlite3", isolation_level=None)
    locked.execute("BEGIN IMMEDIATE")
    started = time.monotonic()
    assert cache.set("b", "x")
    assert cache.get("b")
    assert time.monotonic() - started < 0.5
    cache.flush()
    locked.execute("ROLLBACK")
    locked.close()
    assert cache.status()[0].entries == 2


def test_a_second_cache_takes_no_locks_from_the_first(opened: Opener, root: Path) -> None:
    """Of one process. Its locks end when it closes any descriptor of the file (fcntl(2)): then another
    program, closing the index, believed that it was the last, and removed the log that the first writes."""
    first = opened()
    first.set("a", "x")
    first.status()
    with opened() as second:
        assert second.status()[0].entries == 1
    look = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); print(*c.execute(sys.argv[2]).fetchone())"

    def others(query: str) -> str:
        argv = [sys.executable, "-c", look, str(root / ".index.sqlite3"), query]
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()

    assert others("SELECT count(*) FROM e") == "1"
    first.get("a")
    first.flush()
    assert others("SELECT sum(hits) FROM daily") == "1"


def test_a_killed_process_leaves_entries_that_are_found(opened: Opener, root: Path) -> None:
    """Its rows were never written, and its shards have changed for all to see."""
    pid = os.fork() if hasattr(os, "fork") else pytest.skip("needs fork")
    if pid == 0:
        cache = opened()
        fill(cache)
        os._exit(0)
    os.waitpid(pid, 0)
    assert opened().status()[0].entries == 50


def test_nothing_is_looked_through_again_that_did_not_change(opened: Opener, hands: Hands) -> None:
    cache = opened()
    fill(cache)
    hands.now = time.time() + 10
    cache.reconcile()
    assert cache.reconcile() == 0
    cache.close()
    started = time.process_time()
    assert opened().reconcile() == 0
    assert time.process_time() - started < 0.1


def test_rows_that_come_late_are_looked_into(opened: Opener, hands: Hands) -> None:
    """One process writes its row after another removed the entry, and after the shard was looked through."""
    slow, other = opened(), opened()
    hands.now = time.time() + 1000
    slow.set("a", "x", ttl=None)
    assert other.delete("a")
    other.reconcile()
    slow.flush()
    assert other.reconcile() == 1
    assert other.status()[0].entries == 0
    assert not other.verify().findings


def test_what_removed_an_entry_takes_no_row_of_a_later_one(tmp_path: Path) -> None:
    def index() -> Index:
        schema = (*SCHEMA, counters.SCHEMA)
        path = str(tmp_path / "index")
        return Index(Database(path, schema, version=SCHEMA_VERSION, application=APPLICATION), flush_ops=99)

    slow, other, digest = index(), index(), "ab" * 32
    slow.put(Row(digest, Metadata(created_at_ms=1000, expires_at_ms=None), 1, 8192))
    slow.flush()
    slow.put(Row(digest, None, created_ms=1000))
    other.put(Row(digest, Metadata(created_at_ms=2000, expires_at_ms=None), 1, 8192))
    other.flush()
    slow.flush()
    assert [line.entries for line in other.totals(0, ())] == [1]
    slow.put(Row(digest, None, created_ms=2000))
    slow.flush()
    assert [line.entries for line in other.totals(0, ())] == [0]
    slow.close()
    other.close()
