"""Clocks that are wrong, jump, or are set right."""

import sys
import time
from datetime import timedelta

import pytest

from cachemgr.responses import Cache, RequestKey
from cachemgr.responses.clock import SYSTEM
from tests.responses.conftest import Hands, Opener

KEY = RequestKey("openai", "gpt-4o", "hello")
DAY = 86_400
BACKENDS = ("file", "memory", "sqlite")


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


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_clock_that_was_set_is_believed_when_it_has_been_steady_for_an_hour(
    backend: str, opened: Opener, hands: Hands
) -> None:
    """Not when it is asked again at once, as somebody does who retries."""
    cache = opened(backend=backend)
    fill(cache, 10, 1000)
    hands.set_by(2 * DAY)
    for _ in range(2):
        assert "was set" in cache.sweep().skipped
    hands.pass_by(3590)
    assert "was set" in cache.sweep().skipped
    hands.pass_by(10)
    assert cache.sweep().removed.entries == 10


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_clock_that_jumped_far_ahead_is_believed_when_much_was_stored_by_it(
    backend: str, opened: Opener, hands: Hands
) -> None:
    """Neither an hour nor a few answers are enough: of 100, two of them say nothing."""
    cache = opened(backend=backend)
    fill(cache, 100, 1000)
    hands.set_by(10 * 365 * DAY)
    assert "was set" in cache.sweep().skipped
    hands.pass_by(3600)
    for one in range(3):
        assert "30 days" in cache.sweep().skipped
        cache.set(f"new {one}", "x", ttl=DAY)
    cache.flush()
    assert cache.sweep().removed.entries == 100


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


@pytest.mark.parametrize("number", [4, 10, 200])
@pytest.mark.parametrize("backend", ["file", "sqlite"])
def test_one_answer_of_another_program_vouches_for_no_clock(
    number: int, backend: str, opened: Opener, hands: Hands
) -> None:
    """Both run by a clock that is ten years ahead; the second only looks."""
    first = opened(backend=backend)
    fill(first, number, DAY)
    first.close()
    hands.set_by(10 * 365 * DAY)
    second = opened(backend=backend)
    second.set(KEY, "x", ttl=None)
    second.close()
    hands.pass_by(1)
    third = opened(backend=backend)
    assert "30 days" in third.sweep().skipped
    hands.pass_by(3600)
    assert "30 days" in third.sweep().skipped
    assert third.status()[0].entries == number + 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_may_not_go_anyway_takes_no_brake_off_the_others(
    backend: str, opened: Opener, hands: Hands
) -> None:
    """Six of ten are kept, or never expire: the other four are all that could go."""
    cache = opened(backend=backend)
    fill(cache, 10, DAY)
    hands.set_by(10 * 365 * DAY)
    pins = {cache.digest(f"key {one}") for one in range(6)}
    assert cache.expire(keep=pins).skipped
    assert cache.expire(keep=pins, older_than=timedelta(days=30)).skipped
    for one in range(6):
        cache.touch(f"key {one}", ttl=None)
    cache.flush()
    assert cache.expire().skipped
    assert cache.expire(older_than=timedelta(days=30)).skipped
    assert cache.status()[0].entries == 10


@pytest.mark.parametrize("backend", ["file", "sqlite"])
def test_a_clock_that_is_wrong_at_start_sweeps_nothing(
    backend: str, opened: Opener, hands: Hands, faults: list[str]
) -> None:
    """A dead battery, a virtual machine: there is no jump to see, but nobody stored anything for years. What
    the program itself stored by that clock is no witness. It is said once."""
    first = opened(backend=backend)
    fill(first, 10, DAY)
    first.close()
    hands.set_by(10 * 365 * DAY)
    cache = opened(backend=backend)
    cache.set(KEY, "x", ttl=None)
    cache.sweep_quietly()
    assert cache.status()[0].entries == 11
    hands.pass_by(120)
    cache.sweep_quietly()
    assert cache.status()[0].entries == 11
    assert "30 days" in cache.expire(older_than=timedelta(0), endless=True).skipped
    assert len(faults) == 1
    assert "30 days" in faults[0]


def test_what_never_expires_is_behind_the_same_brake(opened: Opener, hands: Hands) -> None:
    first = opened()
    for one in range(10):
        first.set(f"key {one}", "x", ttl=None)
    first.close()
    hands.set_by(365 * DAY)
    assert "30 days" in opened().expire(older_than=timedelta(days=90), endless=True).skipped
    assert opened().expire(older_than=timedelta(days=90), endless=True, force=True).removed.entries == 10


def test_after_a_holiday_the_cache_is_swept_once_somebody_stores(opened: Opener, hands: Hands) -> None:
    first = opened()
    fill(first, 10, DAY)
    first.close()
    hands.set_by(40 * DAY)
    cache = opened()
    assert "30 days" in cache.sweep().skipped
    hands.pass_by(3600)
    assert "30 days" in cache.sweep().skipped
    for one in range(2):
        cache.set(f"new {one}", "x", ttl=DAY)
    hands.pass_by(3600)
    assert cache.sweep().removed.entries == 10


def test_a_week_is_no_wrong_clock(opened: Opener, hands: Hands) -> None:
    first = opened()
    fill(first, 10, DAY)
    first.close()
    hands.set_by(7 * DAY)
    assert opened().sweep().removed.entries == 10


@pytest.mark.skipif(not hasattr(time, "clock_gettime"), reason="this system has no clock_gettime")
def test_a_mac_that_slept_has_no_clock_that_was_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's own clock stands still there while the machine sleeps, and a night would look like a jump."""
    monkeypatch.delattr(time, "CLOCK_BOOTTIME", raising=False)
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(time, "monotonic", lambda: -1.0)
    assert SYSTEM.steady() > 0
