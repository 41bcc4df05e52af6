"""A Redis server that is gone, silent or full: whatever it does, an application just misses, and in time."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cachemgr.responses import Cache, SetResult, Usage
from cachemgr.responses.aio import AsyncCache
from cachemgr.responses.breaker import CircuitBreaker
from cachemgr.responses.errors import Unreachable
from tests.responses.server import BUSY, PROMISED, RedisServer, free_port, in_time, opened, took


@pytest.fixture
def cache(server: RedisServer) -> Iterator[Cache]:
    with opened(server.url) as found:
        yield found


def test_a_server_that_is_gone_is_a_miss_in_time(faults: list[str]) -> None:
    with opened(f"redis://127.0.0.1:{free_port()}/0") as cache:
        assert in_time(took(lambda: cache.get("key")))
        assert in_time(took(lambda: cache.set("key", "x") is not SetResult.FAILED))
        assert cache.get_or_compute("key", lambda: ("computed", Usage())).value == "computed"
        assert took(lambda: cache.get("key"), 201)[100] < 0.001
    assert len(faults) <= 4  # one warning of each kind


def test_a_server_that_freezes_is_a_miss_in_time_and_then_left_alone(
    cache: Cache, server: RedisServer, faults: list[str]
) -> None:
    cache.set("key", "x")
    server.freeze()

    slow = took(lambda: cache.get("key"), 5)
    assert slow[0] > 0.2
    assert in_time(slow)
    assert took(lambda: cache.get("key"), 201)[100] < 0.001


@pytest.mark.parametrize("trickle", [None, b"$900\r\n", b"+O"], ids=["says nothing", "begins", "stops short"])
def test_a_server_that_never_ends_its_answer_is_a_miss_in_time(
    trickle: bytes | None, faults: list[str]
) -> None:
    """A byte every 50 ms: each one is in time."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=drip, args=(connection,), daemon=True).start()

        def drip(connection: socket.socket) -> None:
            try:
                connection.sendall(trickle or b"")
                while trickle is not None:
                    time.sleep(0.05)
                    connection.sendall(b"x")
            except OSError:
                connection.close()

        threading.Thread(target=serve, daemon=True).start()
        # With a password and a number there is a greeting, whose time counts too.
        with opened(f"redis://:secret@127.0.0.1:{listener.getsockname()[1]}/3") as cache:
            assert in_time(took(lambda: cache.get("key")))


def test_a_full_server_refuses_and_still_answers(tmp_path: Path, faults: list[str]) -> None:
    server = RedisServer(tmp_path).start("--maxmemory", "3mb", "--maxmemory-policy", "noeviction")
    try:
        with opened(server.url) as cache:
            results = [cache.set(f"key {number}", "x" * 100_000) for number in range(40)]
            assert SetResult.FAILED in results
            assert cache.get("key 0") is not None
            assert in_time(took(lambda: cache.set("key", "x" * 100_000)))
            assert cache.get("key 0") is not None
            assert any("memory" in said for said in faults)
    finally:
        server.stop()


def test_a_server_that_was_restarted_is_used_at_once(cache: Cache, server: RedisServer) -> None:
    cache.set("key", "x")
    server.stop()
    server.start()

    assert cache.get("key") is None
    assert cache.set("key", "y")
    assert cache.get("key") is not None


def test_the_breaker_lets_one_try_after_its_time() -> None:
    now = [0.0]
    breaker = CircuitBreaker(2, 30, lambda: now[0])
    for _ in range(2):
        breaker.ask()
        breaker.failed()
    for moment in (0.0, 29.9):
        now[0] = moment
        with pytest.raises(Unreachable):
            breaker.ask()
    now[0] = 30.1
    breaker.ask()
    with pytest.raises(Unreachable):
        breaker.ask()
    breaker.answered()
    breaker.ask()
    breaker.failed()
    breaker.ask()  # one failure is none yet


def test_memory_takes_over_while_the_server_is_silent(server: RedisServer, faults: list[str]) -> None:
    with opened(
        server.url, redis={"fallback": "memory", "breaker": {"failures": 1, "open_seconds": 0.3}}
    ) as cache:
        cache.set("before", "x")
        server.stop()
        assert cache.set("meanwhile", "y")
        assert cache.get("meanwhile").value == "y"  # type: ignore[union-attr]
        assert cache.get("before") is None
        server.start()
        time.sleep(0.4)
        assert cache.set("after", "z")
        assert server.commands.exists("qf:llm:2:" + cache.digest("after"))


def test_asyncio_waits_no_longer(faults: list[str]) -> None:
    async def look() -> float:
        with opened(f"redis://127.0.0.1:{free_port()}/0") as cache:
            start = time.perf_counter()
            assert await AsyncCache(cache).get("key") is None
            return time.perf_counter() - start

    assert asyncio.run(look()) < PROMISED + BUSY
