"""Clocks that are wrong, jump, or are set right."""

import pytest

from cachemgr.responses import Cache, RequestKey
from tests.responses.conftest import Hands, Opener

KEY = RequestKey("openai", "gpt-4o", "hello")
DAY = 86_400


@pytest.mark.parametrize("days", [-1, 1])
def test_a_clock_that_is_a_day_off(days: int, opened: Opener, hands: Hands) -> None:
    """What was written in the future lives until its end; what was written is never served beyond it."""
    cache = opened()
    hands.set_by(days * DAY)
    cache.set(KEY, "hi", ttl=10)
    hands.set_by(-days * DAY)
    assert (cache.get(KEY) is not None) is (days > 0)
    hands.set_by(days * DAY + 11)
    assert cache.get(KEY) is None


def fill(cache: Cache, number: int, ttl: float) -> None:
    for one in range(number):
        cache.set(f"key {one}", "x", ttl=ttl)


def test_a_clock_that_jumps_does_not_empty_the_cache(opened: Opener, hands: Hands) -> None:
    """Nor does looking while it is wrong. Who says that the clock is right may expire all the same."""
    cache = opened()
    fill(cache, 10, 1000)
    hands.set_by(2 * 365 * DAY)
    assert cache.get("key 1") is None
    report = cache.sweep()
    assert "clock" in report.skipped
    hands.set_by(-2 * 365 * DAY)
    assert cache.get("key 1")
    hands.set_by(2 * 365 * DAY)
    assert cache.expire(force=True).removed.entries == 10


def test_a_clock_that_was_set_right_is_believed_the_second_time(opened: Opener, hands: Hands) -> None:
    cache = opened()
    fill(cache, 10, 1000)
    hands.set_by(2 * 365 * DAY)
    assert cache.sweep().skipped
    hands.pass_by(3600)
    assert cache.sweep().removed.entries == 10


def test_a_jump_that_costs_little_stops_nothing(opened: Opener, hands: Hands) -> None:
    cache = opened()
    fill(cache, 10, 10**8)
    cache.set(KEY, "x", ttl=5)
    hands.set_by(DAY)
    assert cache.sweep().removed.entries == 1


def test_time_that_passes_is_no_jump(opened: Opener, hands: Hands) -> None:
    cache = opened()
    fill(cache, 10, 1000)
    hands.pass_by(2 * DAY)
    assert cache.sweep().removed.entries == 10
