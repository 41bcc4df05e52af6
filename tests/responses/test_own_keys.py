"""The document's class under keys of one's own: `te/test_key.json`, which its own test writes."""

import json
import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from cachemgr.responses import Cache, ResponseCache, open_cache
from cachemgr.responses import index_sql as sql
from tests.responses.document import DocumentsCache

KEYS = ["test_key", "k", "decade", "ünï", "a.b", "cache-me"]
"""With a shard of their own, of one letter, in a shard that is also one of ours, beyond ASCII, with a dot."""


@pytest.fixture
def old(root: Path) -> DocumentsCache:
    cache = DocumentsCache(root)
    for key in KEYS:
        cache.set(key, f"answer to {key}")
    cache.set("over", "too late")
    long_ago = time.time() - 1000
    said = {"timestamp": long_ago, "ttl_seconds": 500, "expires_at": long_ago + 500}
    (root / "ov" / "over.meta.json").write_text(json.dumps(said))
    return cache


def quiet(root: Path) -> Cache:
    return open_cache({"cache_dir": str(root), "cleanup_interval_seconds": 0})


@pytest.fixture
def cache(old: DocumentsCache, root: Path) -> Cache:
    return quiet(root)


def test_the_class_reads_them(old: DocumentsCache, root: Path) -> None:
    cache = ResponseCache(root)
    for key in KEYS:
        assert cache.get(key) == f"answer to {key}"
    assert cache.get("over") is None
    assert cache.get("never") is None
    assert cache.get_stats()["entries"] == 7


def test_they_are_listed_and_readable_by_what_is_listed(cache: Cache) -> None:
    assert (cache.status()[0].entries, cache.status()[0].expired) == (7, 1)
    assert sorted(entry.state for entry in cache.entries()) == ["expired"] + ["legacy"] * 6
    assert {entry.digest for entry in cache.entries()} == {cache.digest(key) for key in [*KEYS, "over"]}
    hits = [cache.peek(entry.digest) for entry in cache.entries()]
    assert sorted(str(hit.value) for hit in hits if hit) == sorted(
        [*(f"answer to {k}" for k in KEYS), "too late"]
    )


def test_what_has_expired_goes_and_nothing_else(cache: Cache, root: Path) -> None:
    assert cache.expire().removed.entries == 1
    assert not list(root.glob("*/over*"))
    assert len(list(root.glob("*/*.meta.json"))) == 6
    assert cache.status()[0].entries == 6


def test_they_are_evicted(cache: Cache) -> None:
    assert cache.evict(to_bytes=0).removed.entries == 7
    assert cache.status()[0].entries == 0


def test_they_are_cleared_and_what_is_somebody_elses_stays(cache: Cache, root: Path) -> None:
    (root / "te" / "tester.json").write_text("{}")
    (root / "de" / "debian.json").write_text("{}")
    (root / "de" / "debian.meta.json").write_text('{"version": 1}')
    cache.set("ours", "an answer")
    assert cache.clear().removed.entries == 8
    assert {path.name for path in root.glob("??/*")} == {"tester.json", "debian.json", "debian.meta.json"}
    assert not (root / "k").exists()
    assert cache.status()[0].entries == 0


def test_a_new_answer_takes_the_old_ones_place(old: DocumentsCache, root: Path) -> None:
    cache = ResponseCache(root)
    cache.set("test_key", "new")
    assert cache.get("test_key") == "new"
    assert not (root / "te" / "test_key.json").exists()
    assert cache.get_stats()["entries"] == 7
    cache.cache.delete("test_key")
    assert cache.get("test_key") is None


def test_verify_shows_them_and_repair_gives_them_names(cache: Cache, root: Path) -> None:
    (root / "te" / "terrain.json").write_text("{}")
    (root / "te" / "terrain.meta.json").write_text("{}")
    found = cache.verify()
    named = {finding.item for finding in found.findings if finding.problem == "old name"}
    assert named == {f"{key[:2]}/{key}" for key in [*KEYS, "over"]}
    assert [finding.item for finding in found.findings if finding.problem == "foreign file"] == ["te/terrain"]
    cache.verify(repair=True)
    assert {path.name for path in root.glob("te/*")} == {"terrain.json", "terrain.meta.json"}
    for key in KEYS:
        hit = cache.get(key)
        assert hit is not None
        assert hit.value == f"answer to {key}"
    assert cache.status()[0].entries == 7
    assert {finding.problem for finding in cache.verify().findings} == {"old form", "foreign file"}


def test_what_it_writes_beside_us_is_learned(root: Path) -> None:
    cache = quiet(root)
    cache.set("mine", "x")
    assert cache.status()[0].entries == 1
    DocumentsCache(root).set("test_key", "now")
    assert cache.reconcile() == 1
    assert cache.status()[0].entries == 2
    os.unlink(root / "te" / "test_key.meta.json")
    os.unlink(root / "te" / "test_key.json")
    assert cache.reconcile() == 1
    assert cache.status()[0].entries == 1


def test_an_index_of_before_is_read_again(cache: Cache, root: Path) -> None:
    import sqlite3

    cache.status()
    cache.close()
    with sqlite3.connect(root / ".index.sqlite3") as database:
        database.execute("DELETE FROM e WHERE form < 0")
        database.execute("ALTER TABLE e DROP COLUMN own")
        database.execute("PRAGMA user_version = 2")
    database.close()
    assert quiet(root).status()[0].entries == 7


@pytest.mark.parametrize("key", ["../out", "te/../../out", "..", ".", "", "a\0b", "te/st"])
def test_a_key_is_no_way_out(key: str, root: Path, tmp_path: Path) -> None:
    said = {"timestamp": time.time(), "ttl_seconds": 500, "expires_at": time.time() + 500}
    for name in ("out", "..", "."):
        (tmp_path / f"{name}.json").write_text("secret")
        (tmp_path / f"{name}.meta.json").write_text(json.dumps(said))
    root.mkdir()
    assert ResponseCache(root).get(key) is None


def test_subclasses_find_what_they_ask_for(root: Path) -> None:
    class Mine(ResponseCache):
        def size(self, key: str) -> int:
            return self._get_cache_path(key).stat().st_size

    cache = Mine(root, ttl_seconds=60)
    cache.set("test_key", "four")
    assert cache.size("test_key") == 4
    assert cache._get_metadata_path("test_key").exists()
    assert (cache.cache_dir, cache.ttl_seconds) == (root, 60)


@pytest.mark.parametrize("statement", [sql.OLD_NAMES, sql.OWN_KEYS, sql.OWN])
def test_entries_of_other_names_are_found_without_looking_through_all(statement: str) -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        for line in sql.SCHEMA:
            database.execute(line)
        (step,) = database.execute("EXPLAIN QUERY PLAN " + statement).fetchall()
    assert "e_old" in step[-1]
