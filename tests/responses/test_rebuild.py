"""A damaged database is made anew under programs that have it open: none of them loses an answer by it."""

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from cachemgr.responses import SetResult, open_cache
from cachemgr.responses.format import PACKED
from cachemgr.responses.report import Repairs
from tests.responses.conftest import Opener
from tests.responses.test_packed import filled, sqlite, values

# In a process of its own, the damage too: closing the file would give up the locks of those who have it open.
REPAIR = """
import sys
from cachemgr.responses import open_cache
root, start, length = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with open(root + "/responses.sqlite3", "r+b") as file:
    file.seek(start)
    file.write(b"\\xff" * length)
cache = open_cache({"backend": "sqlite", "cache_dir": root, "cleanup_interval_seconds": 0})
print(cache.verify(repair=True).sound)
cache.close()
"""
PAGE = 8192


def filled_before(root: Path) -> None:
    with open_cache(sqlite(root)) as cache:
        filled(cache, 300)


def damaged_and_repaired(root: Path, *, header: bool = False) -> None:
    """A page in the middle of what was there at first, or the beginning."""
    place = ("0", "100") if header else (str(20 * PAGE), str(PAGE))
    command = [sys.executable, "-c", REPAIR, str(root), *place]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == "True\n", done.stderr


def test_what_running_programs_store_after_a_repair_is_there(root: Path, faults: list[str]) -> None:
    filled_before(root)
    with open_cache(sqlite(root)) as running:
        assert running.get("key 1")
        damaged_and_repaired(root)
        assert all(running.set(f"after {number}", "paid") is SetResult.STORED for number in range(50))
    with open_cache(sqlite(root)) as other:
        assert all(other.get(f"after {number}") for number in range(50))
        assert len([found for found in values(other, 300) if found is not None]) >= 290
        assert other.verify().sound


@pytest.mark.skipif(sys.platform == "win32", reason="Windows exchanges no open file")
def test_nor_after_one_that_had_to_exchange_the_file(root: Path, faults: list[str]) -> None:
    """A header that is gone while a program goes on by what it has read of it."""
    filled_before(root)
    with open_cache(sqlite(root)) as running:
        assert running.get("key 1")
        damaged_and_repaired(root, header=True)
        results = [running.set(f"after {number}", "paid") for number in range(50)]
    with open_cache(sqlite(root)) as other:
        assert set(results) == {SetResult.STORED}
        assert [number for number in range(50) if other.get(f"after {number}") is None] == []


def test_what_is_stored_during_a_repair_is_there(root: Path, faults: list[str]) -> None:
    filled_before(root)
    running, enough, stored = open_cache(sqlite(root)), threading.Event(), list[int]()

    def write() -> None:
        number = 0
        while not enough.is_set():
            number += 1
            if running.set(f"during {number}", "paid") is SetResult.STORED:
                stored.append(number)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        damaged_and_repaired(root)
    finally:
        enough.set()
        thread.join()
        running.close()
    with open_cache(sqlite(root)) as other:
        assert len(stored) > 100
        assert [number for number in stored if other.get(f"during {number}") is None] == []


@pytest.mark.parametrize("header", [False, True])
def test_what_is_set_aside_overwrites_nothing(header: bool, root: Path, faults: list[str]) -> None:
    root.mkdir()
    (root / (PACKED + ".bad")).write_text("my only copy")
    for _ in range(2):
        filled_before(root)
        damaged_and_repaired(root, header=header)
    aside = sorted(path.name for path in root.glob("*.bad*") if not path.name.endswith(("-wal", "-shm")))
    assert aside == [PACKED + ".bad", PACKED + ".bad.2", PACKED + ".bad.3"]
    assert (root / aside[0]).read_text() == "my only copy"
    assert (root / aside[1]).stat().st_size > 100_000


def test_an_index_that_is_set_aside_overwrites_nothing(root: Path, opened: Opener, faults: list[str]) -> None:
    from cachemgr.responses.format import INDEX

    with opened() as cache:
        cache.set("key", "x")
        cache.status()
    (root / (INDEX + ".bad")).write_text("mine")
    (root / INDEX).write_bytes(b"no database" * 1000)

    assert opened().status()[0].entries == 1
    assert (root / (INDEX + ".bad")).read_text() == "mine"
    assert (root / (INDEX + ".bad.2")).read_bytes() == b"no database" * 1000


def test_what_was_replaced_since_it_was_found_rotten_is_not_removed(root: Path) -> None:
    """The answer that takes the place of a rotten one between the look and the removal."""
    with open_cache(sqlite(root)) as cache:
        filled(cache, 3)
    with closing(sqlite3.connect(root / PACKED)) as connection:
        connection.execute("UPDATE r SET body = x'00112233445566778899' WHERE id <= 2")
        connection.commit()
    with open_cache(sqlite(root)) as cache:
        findings = cache.store.verify(0, Repairs())
        next(findings)
        for number in range(3):
            cache.set(f"key {number}", {"number": number})
        for _ in findings:
            pass
        assert [values(cache, 3)[number] for number in (1, 2)] == [1, 2]
