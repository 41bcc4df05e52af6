"""Databases of answers that other libraries keep: each whole one is an entry, its rows are counted."""

import pickle
import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import diskcache
import pytest

from cachemgr.domain.records import Records, Trouble
from cachemgr.domain.terms import Record
from tests.catalogue.rooms import counted, drafts, evident, paths, write
from tests.databases import disk, gptcache, http, langchain

HOUR = timedelta(hours=1)


def test_langchain_rows_are_counted_with_their_bytes(tmp_path: Path) -> None:
    langchain(tmp_path / "llm.db", [("prompt", "llm", 0, "é"), ("prompt", "llm", 1, None)])

    (found,) = counted("langchain", tmp_path).values()

    assert found.notes == ("2 rows",)
    assert found.records == Records(
        "LangChain", size=(tmp_path / "llm.db").stat().st_size, rows=2, live=2 * len("promptllm") + 2
    )
    assert paths(found) == {"llm.db"}
    assert evident("langchain", tmp_path)


def test_what_gptcache_gave_up_counts_as_expired_and_its_index_goes_along(tmp_path: Path) -> None:
    gptcache(tmp_path / "sqlite.db", [("why", b"1234", "because", False), ("who", b"1234", "me", True)])
    write(tmp_path, {"faiss.index": "vectors", "notes.txt": "mine"})

    (found,) = counted("gptcache", tmp_path).values()

    assert found.records is not None
    assert (found.records.rows, found.records.live) == (2, 14 + 9)
    assert (found.records.expired, found.records.expired_bytes) == (1, 9)
    assert paths(found) == {"sqlite.db", "faiss.index"}


@pytest.mark.parametrize("ages", [(), (HOUR,), (HOUR, -HOUR, None, 3 * HOUR)])
def test_requests_cache_counts_the_same_rows_itself(
    ages: tuple[timedelta | None, ...], tmp_path: Path
) -> None:
    cache = http(tmp_path / "http_cache", ages)

    (found,) = counted("requests-cache", tmp_path).values()

    assert found.records is not None
    assert found.records.rows == cache.responses.count()
    assert found.records.expired == cache.responses.count() - cache.responses.count(expired=False)
    assert (found.records.live or 0) >= 100 * len(ages)
    cache.responses.close()


def test_the_files_of_requests_cache_are_entries_with_their_own_time(tmp_path: Path) -> None:
    http(tmp_path, [HOUR, -HOUR, None], backend="filesystem")
    write(tmp_path, {"notes.json": "{}", f"{7:016x}.pkl": pickle.dumps("x")})

    found = drafts("requests-cache", tmp_path)

    gone, live, ever, pickled = (found[f"{number:016x}"] for number in (0, 1, 2, 7))
    assert len(found) == 4
    assert gone.expires is not None
    assert live.expires is not None
    assert gone.expires < time.time() < live.expires
    assert (ever.expires, pickled.expires) == (None, None)
    said = [draft.record for draft in (gone, live, ever, pickled)]
    assert said == [Record.DATED, Record.DATED, Record.NEVER, Record.UNKNOWN]


@pytest.mark.parametrize("said", ["2020-01-01T00:00:00", 1, True, "never", "", None, ["2020"], "9" * 5000])
def test_a_time_that_is_not_exact_says_nothing(said: object, tmp_path: Path) -> None:
    import json

    http(tmp_path, [], backend="filesystem")
    write(tmp_path, {f"{1:016x}.json": json.dumps({"created_at": "x", "expires": said})})

    (found,) = drafts("requests-cache", tmp_path).values()

    assert found.expires is None


def test_diskcache_itself_removes_as_many_rows_as_were_counted_expired(tmp_path: Path) -> None:
    values = [("small", b"1", 0.01), (("a", 1), {"pickled": True}, None), ("large", "x" * 100_000, 0.01)]
    disk(tmp_path, [*values, ("live", b"2", 3600)])
    time.sleep(0.05)

    (found,) = counted("diskcache", tmp_path).values()

    with diskcache.Cache(str(tmp_path)) as cache:
        assert found.records is not None
        assert found.records.rows == len(cache) == 4
        assert found.records.expired == cache.expire() == 2
    assert (found.records.expired_bytes or 0) > 100_000
    assert len(paths(found)) == 2  # the database, and the value that is a file


def test_each_shard_of_a_fanout_cache_is_an_entry(tmp_path: Path) -> None:
    with diskcache.FanoutCache(str(tmp_path), shards=4) as cache:
        for number in range(20):
            cache.set(number, "x")

    found = counted("litellm", tmp_path)

    assert set(found) == {f"{number:03}/cache.db" for number in range(4)}
    assert sum(draft.records.rows or 0 for draft in found.values() if draft.records) == 20


def test_nothing_that_was_pickled_is_ever_opened(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (tmp_path / "went-off",))

    disk(tmp_path, [("bomb", Bomb(), None), (Bomb(), "x" * 100_000, None)])

    assert counted("diskcache", tmp_path)
    assert not (tmp_path / "went-off").exists()


@pytest.mark.parametrize("kind", ["langchain", "gptcache", "requests-cache", "diskcache"])
def test_a_database_with_other_tables_stays(kind: str, tmp_path: Path) -> None:
    for name in ("cache.db", "sqlite.db", "mine.sqlite"):
        with closing(sqlite3.connect(tmp_path / name)) as connection:
            connection.execute("CREATE TABLE photos (id, place)")

    assert drafts(kind, tmp_path) == {}
    assert not evident(kind, tmp_path)


def test_what_lies_beside_a_database_goes_with_it_and_after_it(tmp_path: Path) -> None:
    langchain(tmp_path / "llm.db", [("p", "l", 0, "r")])
    write(tmp_path, {"llm.db-journal": "", "llm.db-wal": "frames", "other.db-wal": "x"})

    (found,) = drafts("langchain", tmp_path).values()

    assert [unit.names for unit in found.pointers] == [("llm.db",)]
    assert {unit.names for unit in found.payload} == {("llm.db-journal",), ("llm.db-wal",)}
    assert found.records is not None
    assert found.records.trouble is Trouble.UNMERGED
