"""What was asked for is counted, however seldom it is written down."""

import asyncio

import pytest

from cachemgr.responses import AsyncCache, JSONValue, RequestKey, Usage
from tests.responses.conftest import Hands, Opener


@pytest.mark.parametrize("backend", ["file", "sqlite"])
def test_hits_are_not_forgotten_when_a_cache_is_closed(backend: str, opened: Opener, hands: Hands) -> None:
    """Of one entry they are written at most once a minute, and at the end."""
    with opened(backend=backend) as cache:
        cache.set("key", "x")
        for _ in range(10):
            cache.get("key")
            hands.pass_by(1)
            cache.flush()
    (entry,) = opened(backend=backend).entries()
    assert entry.hits == 10
    assert entry.last_access is not None
    assert entry.last_access.timestamp() == hands.now - 1


def test_what_nobody_writes_down_is_added_up(opened: Opener, hands: Hands) -> None:
    """Without a thread, an application that only misses held on to each of its questions."""
    with opened(backend="memory") as cache:
        for number in range(10_000):
            cache.get(f"{number}")
        assert len(cache._ledger._events) < 5000
        hands.pass_by(86_400)
        cache.get("tomorrow")
        assert [line.tally.misses for line in cache.analytics().lines] == [10_000, 1]


def test_an_answer_that_is_renewed_saved_nothing(opened: Opener, hands: Hands) -> None:
    """Only who gets the stale one has a hit."""
    cache = opened(ttl_seconds=10, stale_while_revalidate_seconds=100)
    cache.set("key", "old", usage=Usage(5, 5))
    hands.pass_by(20)

    def renew() -> tuple[JSONValue, Usage]:
        assert cache.get_or_compute("key", renew).value == "old"
        total = cache.analytics().total
        assert (total.hits, total.misses, total.request_tokens) == (1, 1, 5)
        return "new", Usage(7, 7)

    assert cache.get_or_compute("key", renew).value == "new"
    total = cache.analytics().total
    assert (total.hits, total.misses, total.expired, total.request_tokens) == (1, 1, 1, 5)

    async def again() -> None:
        waited = AsyncCache(cache)

        async def renew() -> tuple[JSONValue, Usage]:
            assert (await waited.get_or_compute("key", renew)).value == "new"
            return "newer", Usage(9, 9)

        assert (await waited.get_or_compute("key", renew)).value == "newer"
        total = (await waited.analytics()).total
        assert (total.hits, total.misses, total.expired, total.request_tokens) == (2, 2, 2, 12)

    hands.pass_by(20)
    asyncio.run(again())


@pytest.mark.parametrize("backend", ["file", "sqlite"])
def test_a_name_that_cannot_be_written_takes_nobody_elses_counts(backend: str, opened: Opener) -> None:
    cache = opened(backend=backend)
    cache.set("key", "x")
    for provider in ("\ud800", "openai", "Größe"):
        cache.get(RequestKey(provider, "m", "why?"))
    lines = cache.analytics().lines
    assert [line.group.provider for line in lines if line.tally.misses] == ["?", "Größe", "openai"]
