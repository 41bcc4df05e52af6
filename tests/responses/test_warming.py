"""Answers that are there already, stored before anybody asks; and pages of what is stored."""

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, get_args

import pytest

from cachemgr.responses import EntryQuery, RequestKey, SetResult, Usage, open_async_cache
from cachemgr.responses.query import Order
from tests.responses.conftest import Hands, Opener
from tests.responses.test_backends import BACKENDS, NAMES


def key(number: int) -> RequestKey:
    return RequestKey("openai", "gpt-4o", f"question {number}")


def answers(count: int) -> Iterator[tuple[RequestKey, str, Usage]]:
    for number in range(count):
        yield key(number), f"answer {number}", Usage(1, 2, Decimal("0.25"))


@pytest.mark.parametrize("backend", BACKENDS, ids=NAMES)
def test_what_is_warm_is_a_hit_that_saves_money(opened: Opener, backend: dict[str, Any]) -> None:
    cache = opened(**backend)
    report = cache.warm(answers(20))
    assert (report.stored, report.kept, sum(report.skipped.values())) == (20, 0, 0)
    hit = cache.get(key(7))
    assert hit is not None
    assert (hit.value, hit.saved.cost_usd) == ("answer 7", Decimal("0.25"))


def test_what_lives_stays_and_what_is_over_is_renewed(opened: Opener, hands: Hands) -> None:
    cache = opened()
    cache.set(key(0), "mine", ttl=100)
    cache.set(key(1), "over", ttl=10)
    hands.pass_by(50)
    report = cache.warm(answers(3))
    assert (report.stored, report.kept) == (2, 1)
    assert [hit.value for hit in map(cache.get, map(key, range(3))) if hit] == [
        "mine",
        "answer 1",
        "answer 2",
    ]
    assert cache.warm(answers(3), replace=True).stored == 3
    assert cache.analytics().total.misses == 0, "looking is no miss"


def test_what_is_not_stored_is_counted_by_why(opened: Opener, faults: list[str]) -> None:
    cache = opened(per_provider={"ollama": {"enabled": False}}, max_entry_size_mb=0.001)
    report = cache.warm(
        [("a", "hi"), ("b", "x" * 5000), ("c", float("nan")), (RequestKey("ollama", "m", "x"), "hi", Usage())]
    )
    assert report.stored == 1
    assert dict(report.skipped) == {
        SetResult.SKIPPED_TOO_BIG: 1,
        SetResult.SKIPPED_NOT_JSON: 1,
        SetResult.SKIPPED_DISABLED: 1,
    }


def test_an_item_of_another_shape_is_named(opened: Opener) -> None:
    wrong: Any = [("a", "hi"), "a question"]
    with pytest.raises(TypeError, match=r"item 1 is not \(key, value, Usage\(\)\)"):
        opened().warm(wrong)


@pytest.mark.parametrize("backend", BACKENDS, ids=NAMES)
@pytest.mark.parametrize("descending", [False, True], ids=["up", "down"])
def test_pages_are_the_list_in_parts(
    opened: Opener, backend: dict[str, Any], descending: bool, hands: Hands
) -> None:
    cache = opened(**backend)
    for number in range(12):
        cache.set(key(number), "x" * (number % 3) * 5000, ttl=None if number % 4 == 3 else 100 + number % 5)
        hands.pass_by(number % 2)
    for order in get_args(Order):
        whole = [entry.digest for entry in cache.entries(order_by=order, descending=descending)]
        found: list[str] = []
        last = None
        while page := list(cache.entries(order_by=order, descending=descending, limit=5, after=last)):
            found += [entry.digest for entry in page]
            last = page[-1]
        assert found == whole
        assert len(whole) == 12
    gone = next(cache.entries())
    cache.delete(gone.digest)
    assert len(list(cache.entries(after=gone))) == 11


def test_async_has_the_same(opened: Opener) -> None:
    async def run() -> None:
        async with open_async_cache(opened().config) as cache:
            assert (await cache.warm(answers(4))).stored == 4
            assert len(await cache.entries(limit=3)) == 3
            assert (await cache.status())[0].entries == 4
            assert (await cache.verify()).sound
            assert (await cache.expire(dry_run=True)).removed.entries == 0
            assert (await cache.evict(to_bytes=0, dry_run=True)).removed.entries == 4
            assert (await cache.analytics()).total.sets == 4
            assert await cache.peek(key(1)) is not None
            assert (await cache.clear(EntryQuery(provider="openai"))).removed.entries == 4
            await cache.flush()

    asyncio.run(run())
