"""One question with two answers: under its digest, and under the name that the document's code gives it."""

import json
import os
import time
from pathlib import Path

import pytest

from cachemgr.responses import Cache, ResponseCache, open_cache
from cachemgr.responses.clock import Clock
from cachemgr.responses.transfer import transfer
from tests.builders import tree

HOUR = 3600.0
KEYS = [
    pytest.param("a question", marks=pytest.mark.skipif(os.name == "nt", reason="no colon is in a name")),
    "test_key",
]


def cache_at(root: Path, ago: float = 0, **config: object) -> Cache:
    then = time.time() - ago
    settings = {"cache_dir": str(root), "cleanup_interval_seconds": 0, **config}
    return open_cache(settings, clock=Clock(now=lambda: then))


def store(root: Path, key: str, value: str, *, ago: float, ttl: float, **config: object) -> None:
    with cache_at(root, ago, **config) as cache:
        assert cache.set(key, value, ttl=ttl)


def documents(root: Path, key: str, value: str, *, ago: float, ttl: float) -> None:
    """As the document's code stores it, which runs beside us."""
    with cache_at(root) as cache:
        name = key if key == "test_key" else f"cache:{cache.digest(key)}"
    start = time.time() - ago
    record = {"timestamp": start, "ttl_seconds": ttl, "expires_at": start + ttl}
    tree(root / name[:2], {f"{name}.json": value, f"{name}.meta.json": json.dumps(record)})


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    ("new", "old", "left"),
    [
        ((2 * HOUR, HOUR), (0, HOUR), "OLD"),
        ((HOUR, 9 * HOUR), (0, HOUR), "OLD"),
        ((0, HOUR), (HOUR, 9 * HOUR), "NEW"),
        ((2 * HOUR, 9 * HOUR), (HOUR, HOUR / 2), "NEW"),
        ((HOUR, HOUR / 2), (2 * HOUR, 9 * HOUR), "OLD"),
    ],
    ids=["new one over", "old one later", "new one later", "old one over", "new one later, but over"],
)
def test_repair_keeps_the_later_one_that_lives(
    new: tuple[float, float], old: tuple[float, float], left: str, key: str, tmp_path: Path
) -> None:
    store(tmp_path, key, "NEW", ago=new[0], ttl=new[1])
    documents(tmp_path, key, "OLD", ago=old[0], ttl=old[1])
    with cache_at(tmp_path) as cache:
        assert cache.verify(repair=True).sound
        hit = cache.get(key)
        assert hit is not None
        assert hit.value == left
        again = cache.verify(repair=True)
        assert {finding.problem for finding in again.findings} <= {"old form"}
        assert len(list(cache.entries())) == 1


@pytest.mark.parametrize("key", KEYS)
def test_one_that_is_over_hides_none_that_lives(key: str, tmp_path: Path) -> None:
    store(tmp_path, key, "NEW", ago=2 * HOUR, ttl=HOUR)
    documents(tmp_path, key, "OLD", ago=0, ttl=HOUR)
    cache = ResponseCache(tmp_path)
    assert cache.get(key) == "OLD"


@pytest.mark.parametrize("key", KEYS)
def test_a_copy_does_not_come_over_a_later_one(key: str, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    store(source, key, "COPY", ago=HOUR, ttl=9 * HOUR)
    documents(target, key, "LATER", ago=0, ttl=HOUR)
    with cache_at(source) as one, cache_at(target) as other:
        report = transfer(one, other)
    assert (report.entries, report.kept) == (0, 1)
    assert ResponseCache(target).get(key) == "LATER"


@pytest.mark.parametrize("over", [False, True], ids=["alone", "beside one that is over"])
@pytest.mark.parametrize("key", KEYS)
def test_warming_leaves_alone_what_lives_under_another_name(key: str, over: bool, tmp_path: Path) -> None:
    if over:
        store(tmp_path, key, "OVER", ago=2 * HOUR, ttl=HOUR)
    documents(tmp_path, key, "PAID", ago=0, ttl=HOUR)
    with cache_at(tmp_path) as cache:
        assert cache.has(key)
    with cache_at(tmp_path) as cache:
        report = cache.warm([(key, "CHEAP"), ("other", "CHEAP")])
    assert (report.stored, report.kept) == (1, 1)
    assert ResponseCache(tmp_path).get(key) == "PAID"


@pytest.mark.parametrize("key", KEYS)
def test_what_has_another_name_is_renewed(key: str, tmp_path: Path) -> None:
    documents(tmp_path, key, "old", ago=0, ttl=60)
    with cache_at(tmp_path) as cache:
        cache.status()  # what is under keys of somebody's own only a look tells
        assert cache.touch(key, HOUR)
    with cache_at(tmp_path, ago=-HOUR / 2) as later:
        hit = later.get(key)
        assert hit is not None
        assert hit.value == "old"
        assert later.status()[0].entries == 1
