"""What a cache promises holds on a Redis server as well, and with memory behind it."""

import socket
import threading
import time
from typing import Any

import pytest

from cachemgr.responses import JSONValue, Usage, open_cache
from cachemgr.responses.clock import Clock
from tests.responses.server import BUSY, PROMISED, RedisServer, opened

QUICK = {"breaker": {"failures": 1, "open_seconds": 0.02}}
DAY = "qf:llm:2:daily:2001-01-01"


def test_an_answer_that_is_over_at_once_replaces_the_one_before(server: RedisServer) -> None:
    with opened(server.url) as cache:
        cache.set("key", "old")
        assert cache.set("key", "new", ttl=0.0001)
        assert cache.get("key") is None


def test_a_new_end_takes_no_later_answer_back(server: RedisServer) -> None:
    enough = threading.Event()
    with opened(server.url) as cache, opened(server.url) as other:

        def renew() -> None:
            while not enough.is_set():
                other.touch("key", 100)

        thread = threading.Thread(target=renew)
        cache.set("key", 0)
        thread.start()
        try:
            for number in range(300):
                cache.set("key", number)
                hit = cache.get("key")
                assert hit is not None
                assert hit.value == number
        finally:
            enough.set()
            thread.join()


def test_counters_of_any_name_can_be_read(server: RedisServer) -> None:
    with opened(server.url) as cache:
        cache.set("key", "x", provider="a\x1fb", model="c\x1f")
        cache.flush()
        (day,) = server.commands.keys("qf:llm:2:daily:*")
        server.commands.hset(day, "somebody's", 5)
        server.commands.hset(day, "a\x1fb\x1flater", 5)
        (line,) = cache.analytics().lines
        assert (line.group.provider, line.group.model, line.tally.sets) == ("a b", "c ", 1)


def test_whoever_only_reads_removes_nothing(server: RedisServer) -> None:
    server.commands.hset(DAY, "openai\x1fgpt\x1fhits", 3)
    server.commands.set("qf:llm:2:" + "a" * 64, b"not what was written")
    before = sorted(server.commands.keys())
    with opened(server.url, read_only=True) as cache:
        cache.sweep()
        with pytest.raises(Exception, match="reading only"):
            cache.verify(repair=True)
        seen = [*server.commands.keys()]
        with cache.store.exclusive("b" * 64, 0.0) as mine, cache.store.maintenance() as free:
            seen = sorted(server.commands.keys())
        assert mine
        assert free
    assert seen == sorted(server.commands.keys()) == before


def test_who_computes_is_not_interrupted_because_others_do_not_wait(server: RedisServer) -> None:
    """They have a stale answer; a second later they asked as well."""
    promise: dict[str, Any] = {"stale_while_revalidate_seconds": 100}
    with opened(server.url, **promise) as cache, opened(server.url, **promise) as other:
        cache.set("key", "stale", ttl=0.001)
        time.sleep(0.01)
        begun, enough = threading.Event(), threading.Event()

        def compute() -> tuple[JSONValue, Usage]:
            begun.set()
            enough.wait(10)
            return "new", Usage()

        thread = threading.Thread(target=cache.get_or_compute, args=("key", compute))
        thread.start()
        try:
            assert begun.wait(10)
            (lock,) = server.commands.keys("*lock:*")
            assert server.commands.pttl(lock) > 100_000
            assert other.get_or_compute("key", lambda: ("second", Usage())).origin == "stale"
        finally:
            enough.set()
            thread.join()


def test_memory_gives_back_nothing_older_than_the_server_had(server: RedisServer, faults: list[str]) -> None:
    with opened(server.url, redis={"fallback": "memory", **QUICK}) as cache:
        server.stop()
        for key in ("replaced", "cleared", "kept"):
            cache.set(key, "old")
        server.start()
        time.sleep(0.05)
        assert cache.set("replaced", "new")
        hit = cache.get("replaced")
        assert hit is not None
        assert hit.value == "new"
        server.stop()
        assert cache.get("replaced") is None
        assert cache.get("kept")
        server.start()
        time.sleep(0.05)
        cache.clear()
        server.stop()
        assert cache.get("cleared") is None


def test_a_server_that_refuses_has_answered(server: RedisServer, faults: list[str]) -> None:
    """Full, it still reads: no reason to leave it alone."""
    breaker = {"failures": 2, "open_seconds": 60.0}
    with opened(server.url, redis={"breaker": breaker}) as cache:
        server.stop()
        assert cache.get("key") is None
        server.start("--maxmemory", "1", "--maxmemory-policy", "noeviction")
        assert not cache.set("key", "x")
        server.stop()
        assert cache.get("key") is None
        server.start()
        assert cache.set("key", "x")


def test_a_server_that_never_greets_is_a_miss_in_time(faults: list[str]) -> None:
    """By TLS, it takes the connection and says nothing."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        taken = []
        for _ in range(3):
            with opened(f"rediss://127.0.0.1:{listening.getsockname()[1]}/0") as cache:
                start = time.perf_counter()
                assert cache.get("key") is None
                taken.append(time.perf_counter() - start)
        assert min(taken) < PROMISED + BUSY


def test_a_clock_that_is_behind_the_servers_renews_as_it_stores(server: RedisServer) -> None:
    clock = Clock(now=lambda: time.time() - 7200)
    with open_cache({"backend": "redis", "redis": {"url": server.url}}, clock=clock) as cache:
        cache.set("key", "answer", ttl=3600)
        assert cache.touch("key", 3600)
        assert cache.get("key")
