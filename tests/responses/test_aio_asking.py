"""`get_or_compute` for asyncio: who computes, who waits, and what a cache has promised meanwhile."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from cachemgr.responses import JSONValue, RequestKey, Usage, open_async_cache
from tests.responses.conftest import Hands
from tests.responses.server import BUSY, PROMISED, RedisServer

KEY = RequestKey("openai", "gpt-4o", "hello")


async def answer() -> tuple[JSONValue, Usage]:
    await asyncio.sleep(0.01)
    return "answer", Usage(7)


async def broken() -> tuple[JSONValue, Usage]:
    raise ConnectionError("no model")


def test_a_miss_counts_once_and_who_waited_has_a_hit(root: Path) -> None:
    async def main() -> None:
        async with open_async_cache({"cache_dir": str(root)}) as cache:
            await cache.get_or_compute("one", answer)
            total = (await cache.analytics()).total
            assert (total.hits, total.misses) == (0, 1)
            await asyncio.gather(*(cache.get_or_compute("other", answer) for _ in range(10)))
            total = (await cache.analytics()).total
            assert (total.hits, total.misses) == (9, 2)

    asyncio.run(main())


def test_a_computation_may_ask_for_its_own_key(root: Path) -> None:
    async def main() -> None:
        async with open_async_cache({"cache_dir": str(root)}) as cache:

            async def outer() -> tuple[JSONValue, Usage]:
                return (await cache.get_or_compute(KEY, answer)).value, Usage()

            async with asyncio.timeout(5):
                assert (await cache.get_or_compute(KEY, outer)).value == "answer"

    asyncio.run(main())


def test_nobody_waits_longer_than_was_said(root: Path) -> None:
    never = asyncio.Event()

    async def hangs() -> tuple[JSONValue, Usage]:
        await never.wait()
        return "late", Usage()

    async def main() -> None:
        config = {"cache_dir": str(root), "single_flight": {"lock_timeout_seconds": 0.05}}
        async with open_async_cache(config) as cache:
            hanging = asyncio.create_task(cache.get_or_compute(KEY, hangs))
            await asyncio.sleep(0.02)
            async with asyncio.timeout(5):
                assert (await cache.get_or_compute(KEY, answer)).origin == "computed"
                await cache.delete(KEY)
                assert await cache.get_or_compute(KEY, answer, lock_timeout=0)
            hanging.cancel()

    asyncio.run(main())


def test_who_comes_while_others_wait_waits_as_well(root: Path) -> None:
    """Also where the first has nothing to store: the second's turn is not everybody's."""
    at_once, most = 0, 0

    async def nothing() -> tuple[JSONValue, Usage]:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.01)
        at_once -= 1
        return "", Usage()

    async def main() -> None:
        async with open_async_cache({"cache_dir": str(root)}) as cache:
            waiting = []
            for _ in range(8):
                waiting.append(asyncio.create_task(cache.get_or_compute(KEY, nothing)))
                await asyncio.sleep(0.004)
            await asyncio.gather(*waiting)

    asyncio.run(main())
    assert most == 1


def test_what_expired_helps_where_it_may(root: Path, hands: Hands) -> None:
    config = {"cache_dir": str(root), "cleanup_interval_seconds": 0, "ttl_seconds": 10}

    async def main() -> None:
        promise = {"stale_if_error_seconds": 100}
        async with open_async_cache({**config, **promise}, clock=hands.clock) as cache:
            await cache.set(KEY, "old")
            hands.pass_by(20)
            hit = await cache.get_or_compute(KEY, broken)
            assert (hit.value, hit.origin) == ("old", "stale")
            with pytest.raises(ConnectionError):
                await cache.get_or_compute("another", broken)

        promise = {"stale_while_revalidate_seconds": 100}
        async with open_async_cache({**config, **promise}, clock=hands.clock) as cache:
            both = await asyncio.gather(*(cache.get_or_compute(KEY, answer) for _ in range(2)))
            assert sorted(hit.origin for hit in both) == ["computed", "stale"]

    asyncio.run(main())


def test_who_is_not_cached_does_not_queue(root: Path) -> None:
    config = {"cache_dir": str(root), "per_provider": {"openai": {"enabled": False}}}
    together = asyncio.Barrier(2)

    async def meets() -> tuple[JSONValue, Usage]:
        await together.wait()
        return "answer", Usage()

    async def main() -> None:
        for settings in (config, {"cache_dir": str(root), "single_flight": {"enabled": False}}):
            async with open_async_cache(settings) as cache, asyncio.timeout(5):
                both = await asyncio.gather(*(cache.get_or_compute(KEY, meets) for _ in range(2)))
                assert [hit.origin for hit in both] == ["computed", "computed"]

    asyncio.run(main())


@pytest.mark.parametrize(("fallback", "stale"), [("none", 0), ("memory", 0), ("none", 100)])
def test_one_call_waits_once_for_a_server_that_freezes(
    fallback: str, stale: int, server: RedisServer, faults: list[str]
) -> None:
    """The thread serves another call in between, which waits for itself."""
    config: dict[str, Any] = {"backend": "redis", "redis": {"url": server.url, "fallback": fallback}}
    config["stale_while_revalidate_seconds"] = stale

    async def main() -> None:
        async with open_async_cache(config) as cache:
            await cache.set(KEY, "x")
            server.freeze()
            start = time.perf_counter()
            assert (await cache.get_or_compute(KEY, answer)).value == "answer"
            assert 0.2 < time.perf_counter() - start < PROMISED + BUSY
            again = await cache.get(KEY)
            assert (again is not None) == (fallback == "memory")

    asyncio.run(main())


def test_two_loops_may_use_one_cache(root: Path) -> None:
    """Each has a flight of its own: what belongs to one loop cannot be waited for in another."""
    cache = open_async_cache({"cache_dir": str(root)})

    async def slow() -> tuple[JSONValue, Usage]:
        await asyncio.sleep(0.2)
        return "answer", Usage(7)

    async def ask() -> list[JSONValue]:
        return [
            hit.value for hit in await asyncio.gather(*(cache.get_or_compute(KEY, slow) for _ in range(3)))
        ]

    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(lambda: asyncio.run(ask())) for _ in range(3)]
        assert [one.result(timeout=20) for one in asked] == [["answer"] * 3] * 3
    asyncio.run(cache.close())
