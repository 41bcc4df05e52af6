"""The same cache for asyncio."""

import asyncio
import threading
from pathlib import Path

import pytest

from cachemgr.responses import JSONValue, RequestKey, Usage, open_async_cache, open_cache
from tests.responses.conftest import Hands

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


@pytest.mark.parametrize("backend", ["file", "memory"])
def test_what_was_found_once_does_not_wait_for_the_thread(backend: str, root: Path) -> None:
    """What was never asked for does."""
    held = threading.Event()

    async def main() -> None:
        async with open_async_cache({"cache_dir": str(root), "backend": backend}) as cache:
            for key in (KEY, "another"):
                await cache.set(key, "hi")
            assert await cache.get(KEY)
            busy = asyncio.create_task(cache.run(held.wait, 10))
            try:
                hit = await asyncio.wait_for(cache.get(KEY), 5)
                assert hit is not None
                assert (hit.value, hit.origin) == ("hi", "cache")
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(cache.get("another"), 0.1)
            finally:
                held.set()
                await busy

    asyncio.run(main())


def test_an_answer_at_once_is_as_good_as_any(root: Path, hands: Hands) -> None:
    """Replaced, torn, expired, deleted: whatever happened behind its back is seen."""
    config = {"cache_dir": str(root), "cleanup_interval_seconds": 0}

    async def main() -> None:
        async with open_async_cache(config, clock=hands.clock) as cache:
            with open_cache(config, clock=hands.clock) as other:

                async def found() -> JSONValue:
                    hit = await cache.get(KEY)
                    return None if hit is None else hit.value

                other.set(KEY, "one", ttl=100)
                assert await found() == "one"
                assert await found() == "one"
                other.set(KEY, "two", ttl=100)
                assert await found() == "two"
                (root / KEY.digest()[:2] / f"{KEY.digest()}.json").write_text("torn")
                assert await found() is None
                other.set(KEY, "three", ttl=100)
                assert await found() == "three"
                hands.pass_by(101)
                assert await found() is None
                other.set(KEY, "four", ttl=100)
                assert await found() == "four"
                other.delete(KEY)
                assert await found() is None

    asyncio.run(main())


def test_answers_at_once_are_counted(root: Path) -> None:
    """Also while nobody flushes: without a thread in the background, and more of them than one batch."""

    async def main() -> None:
        async with open_async_cache({"cache_dir": str(root), "cleanup_interval_seconds": 0}) as cache:
            await cache.set(KEY, "hi", usage=Usage(3))
            for _ in range(700):
                assert await cache.get(KEY)
            await cache.run(int)  # the thread has done what was asked of it before
            with open_cache({"cache_dir": str(root), "cleanup_interval_seconds": 0}) as other:
                assert other.analytics().total.hits >= 256
            analytics = await cache.run(cache.cache.analytics)
            assert analytics.total.hits == 700
            (entry,) = await cache.run(lambda: list(cache.cache.entries()))
            assert entry.last_access is not None

    asyncio.run(main())


def test_what_takes_long_is_the_threads_again(root: Path) -> None:
    """Reading megabytes takes milliseconds even from memory; as a slow disk does."""
    held = threading.Event()

    async def main() -> None:
        async with open_async_cache({"cache_dir": str(root)}) as cache:
            await cache.set(KEY, "x" * 14_000_000)
            for _ in range(2):
                assert await cache.get(KEY)
            busy = asyncio.create_task(cache.run(held.wait, 10))
            try:
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(cache.get(KEY), 0.1)
            finally:
                held.set()
                await busy

    asyncio.run(main())


def test_answers_at_once_give_others_a_turn(root: Path) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0)

    async def main() -> None:
        async with open_async_cache({"cache_dir": str(root), "backend": "memory"}) as cache:
            await cache.set(KEY, "hi")
            assert await cache.get(KEY)
            ticking = asyncio.create_task(tick())
            for _ in range(320):
                assert await cache.get(KEY)
            ticking.cancel()

    asyncio.run(main())
    assert ticks >= 9


def test_a_closed_cache_opens_again(root: Path) -> None:
    """As the other one does; and closing twice is no mistake."""

    async def main() -> None:
        async with open_async_cache({"cache_dir": str(root)}) as cache:
            await cache.set(KEY, "hi")
            await cache.close()
            await cache.close()
            hit = await cache.get(KEY)
            assert hit is not None
            await cache.close()

    asyncio.run(main())
