"""The tables of packed responses: one row for each answer, a bound that sweeps believe, a log, and databases
of the first version."""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cachemgr.responses import Cache, SetResult, open_cache, packed_sql, sweeping, totals
from cachemgr.responses.format import PACKED
from cachemgr.responses.metadata import EVER
from tests.responses.conftest import Hands, Opener

FIRST_VERSION = """
    DROP INDEX r_narrow; DROP TRIGGER r_stored; DROP TRIGGER r_renewed; DROP TABLE soonest;
    CREATE UNIQUE INDEX r_h ON r(h); CREATE INDEX r_expires ON r(expires, disk, bytes, created);
    PRAGMA user_version = 1;
"""


@pytest.fixture
def cache(opened: Opener) -> Cache:
    return opened(backend="sqlite")


@pytest.fixture
def database(cache: Cache, root: Path) -> Iterator[sqlite3.Connection]:
    cache.set("before", "all others", ttl=1_000_000)
    with closing(sqlite3.connect(root / PACKED)) as connection:
        yield connection


def bound(database: sqlite3.Connection) -> tuple[int, int]:
    """What is believed, and what is so."""
    ((believed,),) = database.execute("SELECT at FROM soonest")
    ((first,),) = database.execute("SELECT min(expires) FROM r")
    return believed, EVER if first is None else first


STEPS = st.lists(
    st.tuples(
        st.sampled_from(("set", "touch", "delete", "expire", "clear", "warm")),
        st.integers(0, 5),
        st.sampled_from((None, 1, 5, 50, 500)),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_nothing_expires_before_the_moment_that_sweeps_believe(
    steps: list[tuple[str, int, int | None]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    hands = Hands()
    place = tmp_path_factory.mktemp("cache")
    config = {"backend": "sqlite", "cache_dir": str(place), "cleanup_interval_seconds": 0}
    with open_cache(config, clock=hands.clock) as cache:
        cache.set("first", 0, ttl=None)
        with closing(sqlite3.connect(place / PACKED)) as database:
            for act, number, ttl in steps:
                match act:
                    case "set":
                        assert cache.set(f"key {number}", number, ttl=ttl)
                    case "touch":
                        cache.touch(f"key {number}", ttl)
                    case "delete":
                        cache.delete(f"key {number}")
                    case "clear":
                        cache.clear()
                    case "warm":
                        cache.warm([(f"key {number}", number)], ttl=ttl, replace=True)
                    case "expire":
                        hands.pass_by(number)
                        now = int(hands.now * 1000)
                        ((over,),) = database.execute("SELECT count(*) FROM r WHERE expires <= ?", (now,))
                        assert cache.expire().removed.entries == over
                believed, first = bound(database)
                assert believed <= first


def test_a_sweep_that_has_nothing_to_do_looks_at_no_row(
    cache: Cache, database: sqlite3.Connection, hands: Hands
) -> None:
    for number in range(2000):
        cache.set(f"key {number}", "x", ttl=100 + number % 7)
    steps: list[int] = []
    connection = cache._store._connections.reader().connection  # type: ignore[attr-defined]
    connection.set_progress_handler(lambda: steps.append(1), 100)

    assert not cache.expire().removed.entries
    assert len(steps) < 10, "of a hundred steps each, in SQLite's machine"

    hands.pass_by(200)
    assert cache.expire().removed.entries == 2000
    assert len(steps) > 100
    believed, first = bound(database)
    assert believed == first, "it looked for the next one"


def test_more_than_is_held_in_memory_goes_in_slices(
    cache: Cache, database: sqlite3.Connection, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "_SLICE", 100)
    for number in range(250):
        cache.set(f"key {number}", "x", ttl=10 + number % 3)
    hands.pass_by(20)

    assert cache.expire().removed.entries == 250
    assert database.execute("SELECT count(*) FROM r").fetchone() == (1,)
    believed, first = bound(database)
    assert believed == first


def test_what_was_renewed_while_others_went_stays(cache: Cache, hands: Hands) -> None:
    for number in range(2000):
        cache.set(f"key {number}", "x", ttl=10)
    hands.pass_by(5)
    connections = cache._store._connections  # type: ignore[attr-defined]
    batches = sweeping.expired(connections, int((hands.now + 10) * 1000))
    first = next(batches)
    assert cache.touch("key 1999", 60)
    assert cache.set("key 1998", "new", ttl=60)
    rest = sum(batch.entries for batch in batches)

    assert (first.entries, rest) == (900, 1098)
    assert cache.get("key 1999")
    assert cache.get("key 1998")


@pytest.mark.parametrize("threads", [4])
def test_an_answer_has_one_row_whoever_writes_it(threads: int, root: Path) -> None:
    config = {"backend": "sqlite", "cache_dir": str(root), "cleanup_interval_seconds": 0}
    caches = [open_cache(config) for _ in range(threads)]

    def write(cache: Cache, ttl: float) -> None:
        for turn in range(150):
            assert cache.set(f"key {turn % 10}", turn, ttl=ttl) is SetResult.STORED

    running = [threading.Thread(target=write, args=(cache, 60 + n)) for n, cache in enumerate(caches)]
    for one in running:
        one.start()
    for one in running:
        one.join()
    for cache in caches:
        cache.close()

    with closing(sqlite3.connect(root / PACKED)) as database:
        assert database.execute("SELECT count(*), count(DISTINCT h) FROM r").fetchone() == (10, 10)
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_sums_and_victims_are_read_without_a_body(database: sqlite3.Connection) -> None:
    queries: list[tuple[str, Any]] = [
        (totals._ALL.format(table="r"), (0, 0)),
        (totals._EXPIRED.format(table="r"), (0,)),
        (packed_sql.EXPIRED, (0, -1, 9)),
        (packed_sql.OLDEST.format(where="TRUE"), {"late": 0, "bucket": 1}),
    ]
    for query, values in queries:
        plan = " ".join(line[-1] for line in database.execute(f"EXPLAIN QUERY PLAN {query}", values))
        assert "COVERING INDEX r_narrow" in plan, plan


@pytest.fixture
def first_version(cache: Cache, root: Path) -> Path:
    """A database as the first version made them."""
    for number in range(50):
        cache.set(f"key {number}", number, ttl=100 if number % 2 else None)
    cache.close()
    with closing(sqlite3.connect(root / PACKED)) as database:
        database.executescript(FIRST_VERSION)
    return root / PACKED


@pytest.mark.parametrize("read_only", [False, True])
def test_a_database_of_the_first_version_is_read_by_a_repair_alone(
    read_only: bool, first_version: Path, opened: Opener, faults: list[str]
) -> None:
    before = first_version.read_bytes()
    cache = opened(backend="sqlite", read_only=read_only)

    assert [cache.get(f"key {n}") for n in range(50)] == [None] * 50
    assert len(faults) == 1
    assert "`cachemgr responses verify --repair`" in faults[0]
    (found,) = cache.verify().findings
    assert (found.remedy, "an earlier version" in found.reason) == ("rebuild", True)
    assert first_version.read_bytes() == before

    (done,) = opened(backend="sqlite").verify(repair=True).findings
    assert done.reason == f"50 responses saved, 0 lost; what was there is {PACKED}.bad"
    time.sleep(0.1)  # for so long it is believed to be the one that was refused
    assert [cache.get(f"key {n}").value for n in range(50)] == list(range(50))  # type: ignore[union-attr]
    assert cache.verify().sound
    with closing(sqlite3.connect(first_version)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (packed_sql.VERSION,)
        names = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
        assert names >= {"r_narrow", "soonest", "r_stored", "r_renewed"}
        assert not names & {"r_h", "r_expires"}
        believed, first = bound(database)
        assert believed == first < EVER
    with closing(sqlite3.connect(f"{first_version}.bad")) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (1,)


def test_who_opens_to_write_puts_a_database_without_a_log_into_one(
    cache: Cache, root: Path, opened: Opener
) -> None:
    """As one is left by whoever is killed between the tables and the log. Without, a reader stops writers."""
    cache.set("key", "x")
    cache.close()
    with closing(sqlite3.connect(root / PACKED, isolation_level=None)) as other:
        assert other.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",)
        assert opened(backend="sqlite", read_only=True).get("key")
        assert other.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert cache.get("key")
        other.execute("BEGIN")
        other.execute("SELECT * FROM r").fetchall()
        begun = time.monotonic()
        assert cache.set("key", "y") is SetResult.STORED
        assert time.monotonic() - begun < 2


def test_a_reader_who_stops_that_stops_nobody_else_from_reading(cache: Cache, root: Path) -> None:
    cache.set("key", "x")
    cache.close()
    with closing(sqlite3.connect(root / PACKED, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = DELETE")
        other.execute("BEGIN")
        other.execute("SELECT * FROM r").fetchall()
        begun = time.monotonic()
        assert cache.get("key")
        assert time.monotonic() - begun < 2


@pytest.mark.skipif(os.name != "posix", reason="Windows renames no directory with an open file in it")
def test_what_is_deleted_is_gone_though_another_database_came(
    cache: Cache, root: Path, opened: Opener
) -> None:
    """Within the time for which a database is believed to be the one."""
    copy = root.with_name("copy")
    other = opened(backend="sqlite", cache_dir=str(copy))
    other.set("key", "restored")
    other.close()
    cache.set("key", "before")
    root.rename(root.with_name("moved"))
    copy.rename(root)

    assert cache.delete("key")
    time.sleep(0.1)  # for longer than the one that went away is believed to be it
    assert cache.get("key") is None


@pytest.mark.skipif(os.name != "posix", reason="Windows removes no open file")
def test_nothing_is_deleted_where_the_database_went_away(cache: Cache, root: Path) -> None:
    cache.set("key", "value")
    root.rename(root.with_name("moved"))

    assert not cache.delete("key")
    assert not root.exists()
