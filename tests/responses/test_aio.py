"""The same cache for asyncio."""

import asyncio
from pathlib import Path

import pytest

from cachemgr.responses import JSONValue, RequestKey, Usage, open_async_cache

KEY = RequestKey("openai", "gpt-4o", "hello")


def test_everything_can_be_awaited(root: Path) -> None:
    async def main() -> None:
        async with open_async_cache({"cache_dir": str(root)}) as cache:
            assert await cache.get(KEY) is None
            assert await cache.set(KEY, {"a": 1}, usage=Usage(3))
            hit = await cache.get(KEY)
            assert hit is not None
            assert hit.value == {"a": 1}
            assert hit.saved == Usage(3)
            assert await cache.touch(KEY, 1000)
            assert (await cache.run(cache.cache.status))[0].entries == 1
            assert await cache.delete(KEY)
            assert await cache.get(KEY) is None

    asyncio.run(main())


def test_tasks_ask_once(root: Path) -> None:
    asked = 0

    async def compute() -> tuple[JSONValue, Usage]:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.05)
        return "answer", Usage(7)

    async def main() -> None:
        async with open_async_cache({"cache_dir": str(root)}) as cache:
            hits = await asyncio.gather(*(cache.get_or_compute(KEY, compute) for _ in range(10)))
            assert sorted(hit.origin for hit in hits) == ["cache"] * 9 + ["computed"]

    asyncio.run(main())
    assert asked == 1


def test_the_loop_runs_on_while_a_cache_works(root: Path) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0)

    async def main() -> None:
        async with open_async_cache({"cache_dir": str(root)}) as cache:
            ticking = asyncio.create_task(tick())
            for number in range(100):
                await cache.set(f"key {number}", "x" * 10_000)
            ticking.cancel()

    asyncio.run(main())
    assert ticks > 100


def test_a_computation_that_fails_is_its_callers_and_stops_nobody(root: Path) -> None:
    async def broken() -> tuple[JSONValue, Usage]:
        raise ConnectionError("no model")

    async def fine() -> tuple[JSONValue, Usage]:
        return "hi", Usage()

    async def main() -> None:
        async with open_async_cache({"cache_dir": str(root)}) as cache:
            with pytest.raises(ConnectionError):
                await cache.get_or_compute(KEY, broken)
            assert (await cache.get_or_compute(KEY, fine)).value == "hi"

    asyncio.run(main())
