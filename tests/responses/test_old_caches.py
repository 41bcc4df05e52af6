"""Caches that the document's code wrote: read, listed, expired, cleared, renamed; and its code reads ours."""

import json
import os
import time
from pathlib import Path

import pytest

from cachemgr.responses import Cache, RequestKey, generate_cache_key, open_cache
from tests.responses.document import DocumentsCache

pytestmark = pytest.mark.skipif(os.name == "nt", reason="its names have a colon, which Windows refuses")
QUESTIONS = [f"question {number}" for number in range(5)]


def key(question: str) -> str:
    return generate_cache_key("openai", "gpt-4o", question)


@pytest.fixture
def old(root: Path) -> DocumentsCache:
    """Three that live, one that has expired, one of a wrong temporary's left."""
    cache = DocumentsCache(root)
    for question in QUESTIONS:
        cache.set(key(question), f"answer to {question}")
    metadata = root / "ca" / f"{key(QUESTIONS[4])}.meta.json"
    long_ago = time.time() - 1000
    metadata.write_text(json.dumps({"timestamp": long_ago, "ttl_seconds": 500, "expires_at": long_ago + 500}))
    return cache


@pytest.fixture
def cache(old: DocumentsCache, root: Path) -> Cache:
    return open_cache({"cache_dir": str(root), "cleanup_interval_seconds": 0})


def test_its_answers_are_hits(cache: Cache) -> None:
    for question in QUESTIONS[:4]:
        hit = cache.get(RequestKey("openai", "gpt-4o", question, 0.7, 2000))
        assert hit is not None
        assert hit.value == f"answer to {question}"
    assert cache.get(key(QUESTIONS[4])) is None
    assert cache.get(key("never asked")) is None


def test_its_entries_are_listed(cache: Cache) -> None:
    assert cache.status()[0].entries == 5
    assert cache.status()[0].expired == 1
    assert sorted(entry.state for entry in cache.entries()) == ["expired"] + ["legacy"] * 4
    assert {entry.digest for entry in cache.entries()} == {key(q).removeprefix("cache:") for q in QUESTIONS}


def test_what_has_expired_goes(cache: Cache, root: Path) -> None:
    assert cache.expire().removed.entries == 1
    assert len(list((root / "ca").iterdir())) == 8
    assert cache.get(key(QUESTIONS[0]))


def test_it_is_cleared(cache: Cache, root: Path) -> None:
    assert cache.clear().removed.entries == 5
    assert not list(root.glob("??/*"))
    assert cache.status()[0].entries == 0


def test_a_new_answer_takes_the_old_ones_place(cache: Cache, root: Path) -> None:
    cache.set(key(QUESTIONS[0]), "new")
    hit = cache.get(key(QUESTIONS[0]))
    assert hit is not None
    assert hit.value == "new"
    assert not (root / "ca" / f"{key(QUESTIONS[0])}.json").exists()
    assert cache.status()[0].entries == 5


def test_repair_gives_them_their_names(cache: Cache, root: Path) -> None:
    found = cache.verify()
    assert {finding.problem for finding in found.findings} == {"old name"}
    assert found.sound
    assert cache.verify(repair=True).sound
    assert not list((root / "ca").glob("cache:*"))
    for question in QUESTIONS[:4]:
        hit = cache.get(key(question))
        assert hit is not None
        assert hit.value == f"answer to {question}"
    assert cache.status()[0].entries == 5


def test_its_code_reads_what_we_write(root: Path) -> None:
    """Pairs without the old prefix; the document's code that strips it finds them, expiry and all."""
    cache = open_cache({"cache_dir": str(root), "cleanup_interval_seconds": 0})
    plain = key("hello").removeprefix("cache:")
    cache.set(plain, "an answer, as text", ttl=None)
    documents = DocumentsCache(root)
    assert documents.get(plain) == "an answer, as text"
    cache.set(plain, "short", ttl=0.01)
    time.sleep(0.05)
    assert documents.get(plain) is None


def test_its_code_beside_ours(root: Path) -> None:
    """What it writes while we are open is a hit a quarter of a second later, and listed at the next look."""
    cache = open_cache({"cache_dir": str(root), "cleanup_interval_seconds": 0})
    assert cache.get(key("later")) is None
    assert cache.status()[0].entries == 0
    DocumentsCache(root).set(key("later"), "now")
    time.sleep(0.3)
    assert cache.get(key("later"))
    assert cache.status()[0].entries == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"timestamp": 1}',
        '{"timestamp": 1, "ttl_seconds": 5, "expires_at": NaN}',
        '{"timestamp": 1, "ttl_seconds": 5, "expires_at": true}',
        '{"timestamp": 1, "ttl_seconds": 5, "expires_at": "6"}',
        '{"timestamp": 1, "ttl_seconds": 5, "expires_at": 1e999}',
        '{"timestamp": 1, "ttl_seconds": 5, "expires_at": ' + "9" * 5000 + "}",
        '{"timestamp": 1, "ttl_seconds": 5, "expires_at": 9000000000}',
        '{"timestamp": -1, "ttl_seconds": 5, "expires_at": 4}',
        '\ufeff{"timestamp": 1, "ttl_seconds": 5, "expires_at": 6}',
        "[" * 100_000,
    ],
    ids=lambda text: text[:60],
)
def test_metadata_that_says_nothing_is_a_miss_and_never_expired(text: str, cache: Cache, root: Path) -> None:
    file = root / "ca" / f"{key(QUESTIONS[0])}.meta.json"
    file.write_text(text, encoding="utf-8")
    assert cache.get(key(QUESTIONS[0])) is None
    assert cache.expire().removed.entries == 1, "the one that had expired before"
    assert file.exists()
    assert "corrupt metadata" in {finding.problem for finding in cache.verify().findings}
