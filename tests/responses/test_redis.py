"""Responses on a Redis server: it keeps the time to live, and every process has the same answers."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cachemgr.responses import Cache, EntryQuery, Usage, open_cache
from cachemgr.responses.errors import ConfigError
from cachemgr.responses.transfer import transfer
from tests.responses.conftest import Ear
from tests.responses.server import RedisServer, free_port, opened


@pytest.fixture
def cache(server: RedisServer) -> Iterator[Cache]:
    with opened(server.url) as found:
        yield found


def test_answers_are_listed_counted_and_cleared_among_other_peoples_keys(
    cache: Cache, server: RedisServer
) -> None:
    server.commands.set("qf:llm:22", "mine")
    for number in range(1200):
        assert cache.set(
            f"key {number}", {"n": number}, usage=Usage(3, 4), provider="openai", model=f"m{number % 2}"
        )

    assert cache.get("key 7").value == {"n": 7}  # type: ignore[union-attr]
    assert cache.status()[0].entries == 1200
    assert {line.group: line.entries for line in cache.status(group_by=("model",))} == {
        ("m0",): 600,
        ("m1",): 600,
    }
    assert sum(1 for _ in cache.entries(EntryQuery(model="m1"))) == 600
    total = cache.analytics().total
    assert (total.hits, total.sets, total.request_tokens) == (1, 1200, 3)
    assert cache.clear(EntryQuery(model="m1")).removed.entries == 600
    assert cache.get("key 1") is None
    assert cache.get("key 2") is not None
    assert cache.clear().removed.entries == 600
    assert server.commands.get("qf:llm:22") == b"mine"


def test_the_server_keeps_the_time_to_live(cache: Cache, server: RedisServer) -> None:
    def left() -> int:
        return int(server.commands.pttl("qf:llm:2:" + cache.digest("key")))

    cache.set("key", "x", ttl=60)
    assert 59_000 < left() <= 60_000
    assert cache.touch("key", 600)
    assert 599_000 < left() <= 600_000
    cache.set("key", "x", ttl=None)
    assert left() == -1
    assert cache.touch("key", 60)
    assert 59_000 < left() <= 60_000
    assert cache.touch("key", None)
    assert left() == -1
    cache.set("key", "x", ttl=0.05)
    time.sleep(0.2)
    assert left() == -2


def test_what_may_be_wanted_in_need_stays_as_long(server: RedisServer) -> None:
    with opened(server.url, stale_if_error_seconds=60) as cache:
        cache.set("key", "old", ttl=0.01)
        time.sleep(0.05)

        def fails() -> Any:
            raise ConnectionError

        assert cache.get("key") is None
        assert cache.get_or_compute("key", fails).value == "old"
        assert 0 < server.commands.pttl("qf:llm:2:" + cache.digest("key")) <= 60_000


def test_of_many_that_miss_at_two_caches_one_asks(server: RedisServer) -> None:
    asked: list[int] = []

    def ask() -> tuple[Any, Usage]:
        asked.append(1)
        time.sleep(0.2)
        return "answer", Usage()

    with opened(server.url) as one, opened(server.url) as other:
        caches = (one, other) * 3
        threads = [threading.Thread(target=cache.get_or_compute, args=("key", ask)) for cache in caches]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(asked) == 1
    assert server.commands.keys("*lock*") == []


def test_a_value_that_is_not_what_was_written_is_a_miss_and_found(cache: Cache, server: RedisServer) -> None:
    cache.set("key", "x" * 100)
    cache.set("other", "x")
    name = "qf:llm:2:" + cache.digest("key")
    server.commands.setrange(name, server.commands.strlen(name) - 5, "yy")

    assert cache.get("key") is None
    shown = cache.verify()
    assert [(found.item, found.remedy) for found in shown.findings] == [(cache.digest("key"), "remove")]
    server.commands.set("qf:llm:2:" + cache.digest("later"), b"not what was written")
    done = cache.verify(repair=True, agreed=shown)
    assert sorted((found.item, found.repaired) for found in done.findings) == sorted(
        [(cache.digest("key"), True), (cache.digest("later"), False)]
    ), "what nobody was shown stays"
    assert cache.verify(repair=True).sound
    assert not cache.verify().findings
    assert cache.get("other") is not None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_child_has_connections_of_its_own(cache: Cache) -> None:
    cache.set("key", "x")
    child = os.fork()
    if not child:
        os._exit(0 if cache.get("key") and cache.set("child", "y") else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert cache.get("child") is not None


def test_the_password_is_not_shown(faults: list[str], warnings_said: Ear) -> None:
    with opened(f"redis://someone:hidden@127.0.0.1:{free_port()}/0") as cache:
        cache.get("key")
        assert "hidden" not in cache.place + " ".join(faults)


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"redis\.url"):
        opened("http://127.0.0.1")


def test_of_two_answers_that_are_copied_the_later_one_stays(
    cache: Cache, server: RedisServer, tmp_path: Path
) -> None:
    with open_cache({"cache_dir": str(tmp_path / "files"), "cleanup_interval_seconds": 0}) as source:
        for key in "ab":
            source.set(key, "older")
        time.sleep(0.002)
        cache.set("a", "newer")
        report = transfer(source, cache)
    assert (report.entries, report.kept) == (1, 1)
    assert [hit.value for key in "ab" if (hit := cache.get(key))] == ["newer", "older"]
