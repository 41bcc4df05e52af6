"""How long an answer is kept, and who says so."""

import math
from datetime import timedelta
from typing import Any

import pytest

from cachemgr.responses import RequestKey, SetResult, Usage
from cachemgr.responses.config import CacheConfig
from cachemgr.responses.ttl import LONGEST, seconds
from tests.responses.conftest import Hands, Opener
from tests.responses.test_backends import BACKENDS, NAMES

KEY = RequestKey("openai", "gpt-4o", "hello")


def test_an_answer_lives_as_long_as_configured(opened: Opener, hands: Hands) -> None:
    cache = opened(ttl_seconds=100)
    assert cache.set(KEY, "hi")
    hands.pass_by(99.9)
    assert cache.get(KEY)
    hands.pass_by(0.2)
    assert cache.get(KEY) is None


@pytest.mark.parametrize("ttl", [5, 5.0, timedelta(seconds=5)])
def test_a_time_of_its_own(ttl: float | timedelta, opened: Opener, hands: Hands) -> None:
    cache = opened()
    cache.set(KEY, "hi", ttl=ttl)
    hands.pass_by(4.9)
    assert cache.get(KEY)
    hands.pass_by(0.2)
    assert cache.get(KEY) is None


def test_none_is_for_ever(opened: Opener, hands: Hands) -> None:
    cache = opened()
    cache.set(KEY, "hi", ttl=None)
    hands.pass_by(50 * 366 * 86_400)
    assert cache.get(KEY)
    assert not cache.expire().removed.entries


def test_zero_stores_nothing_and_takes_nothing_away(opened: Opener) -> None:
    cache = opened()
    assert cache.set(KEY, "hi", ttl=0) is SetResult.SKIPPED_TTL0
    assert cache.get(KEY) is None
    cache.set(KEY, "hi")
    cache.set(KEY, "ho", ttl=0)
    hit = cache.get(KEY)
    assert hit is not None
    assert hit.value == "hi"


@pytest.mark.parametrize("ttl", [-1, -0.001, timedelta(seconds=-1), float("nan"), True, "60"])
def test_what_is_no_time_to_live_is_the_callers_mistake(ttl: float, opened: Opener) -> None:
    with pytest.raises(ValueError, match="time to live"):
        opened().set(KEY, "hi", ttl=ttl)


@pytest.mark.parametrize("setting", ["ttl_seconds", "per_provider"])
@pytest.mark.parametrize("ttl", [math.inf, 1e300], ids=["inf", "1e300"])
def test_a_configured_time_without_end_is_a_century(
    ttl: float, setting: str, opened: Opener, hands: Hands
) -> None:
    """As one that is given to `set`."""
    cache = opened(**{setting: ttl if setting == "ttl_seconds" else {"*": {"ttl_seconds": ttl}}})
    assert cache.set("key", "x")
    assert cache.get_or_compute("other", lambda: ("x", Usage())).origin == "computed"
    hands.pass_by(90 * 366 * 86_400)
    assert cache.get("key")
    assert cache.status()[0].entries == 2


def test_a_century_is_long_enough() -> None:
    assert seconds(float("inf")) == seconds(10**30) == seconds(10**400) == LONGEST


@pytest.mark.parametrize(
    ("provider", "model", "expected"),
    [
        ("openai", "", 1),
        ("openai", "gpt-4o", 3),
        ("openai", "gpt-4o-mini", 2),
        ("openai", "o1", 1),
        ("anthropic", "claude-3", 5),
        ("azure", "x", 4),
        ("mistral", "x", 100),
    ],
)
def test_the_most_specific_rule_wins(provider: str, model: str, expected: float) -> None:
    rules = {
        "openai/gpt-4o": {"ttl_seconds": 3},
        "openai": {"ttl_seconds": 1},
        "a*": {"ttl_seconds": 4},
        "openai/gpt-*": {"ttl_seconds": 2},
        "anthropic": {"ttl_seconds": 5},
    }
    config = CacheConfig.from_dict({"ttl_seconds": 100, "per_provider": rules})
    assert config.get_ttl_for_provider(provider, model) == expected


def test_rules_add_up_field_by_field() -> None:
    config = CacheConfig.from_dict(
        {"per_provider": {"openai": {"enabled": False}, "openai/o1": {"ttl_seconds": None}}}
    )
    assert not config.is_enabled_for_provider("openai", "o1")
    assert config.get_ttl_for_provider("openai", "o1") is None
    assert config.is_enabled_for_provider("ollama")


def test_a_provider_that_is_not_cached(opened: Opener) -> None:
    cache = opened(per_provider={"openai": {"enabled": False}})
    assert cache.set(KEY, "hi") is SetResult.SKIPPED_DISABLED
    assert cache.get(KEY) is None
    assert cache.set(RequestKey("other", "m", "x"), "hi") is SetResult.STORED


def test_a_new_end(opened: Opener, hands: Hands) -> None:
    cache = opened()
    cache.set(KEY, {"a": 1}, ttl=10)
    assert cache.touch(KEY, 1000)
    hands.pass_by(500)
    hit = cache.get(KEY)
    assert hit is not None
    assert hit.value == {"a": 1}
    assert cache.touch(KEY, 0)
    assert cache.get(KEY) is None
    assert not cache.touch(KEY, 1000)


def test_stale_answers_are_there_for_those_who_ask(opened: Opener, hands: Hands) -> None:
    cache = opened()
    cache.set(KEY, "hi", ttl=10)
    hands.pass_by(15)
    assert cache.get(KEY) is None
    hit = cache.get(KEY, allow_stale=6)
    assert hit is not None
    assert hit.stale
    assert cache.get(KEY, allow_stale=4) is None


@pytest.mark.parametrize("backend", BACKENDS, ids=NAMES)
@pytest.mark.parametrize(
    "setting", ["stale_if_error_seconds", "stale_while_revalidate_seconds"], ids=["error", "revalidate"]
)
def test_a_sweep_keeps_what_may_still_be_served(
    opened: Opener, hands: Hands, backend: dict[str, Any], setting: str
) -> None:
    cache = opened(**backend, **{setting: 3600})
    cache.set(KEY, "old", ttl=2)
    for passed in (10, 3000):
        hands.pass_by(passed)
        assert cache.sweep().removed.entries == 0
        assert cache.expire(dry_run=True).removed.entries == 0
        assert cache.peek(KEY)
        if setting == "stale_if_error_seconds":
            assert cache.get_or_compute(KEY, _broken).value == "old"
    hands.pass_by(600)
    assert cache.sweep().removed.entries == 1
    assert cache.peek(KEY) is None


def test_a_sweep_keeps_what_this_process_asks_for_although_it_is_over(opened: Opener, hands: Hands) -> None:
    cache = opened()
    cache.set(KEY, "old", ttl=2)
    assert cache.get(KEY, allow_stale=3600)
    hands.pass_by(1000)
    assert cache.sweep().removed.entries == 0
    assert cache.get(KEY, allow_stale=3600)
    assert opened().sweep().removed.entries == 1, "another program knows nothing of it"


def test_whoever_asks_for_what_is_older_gets_it_all_the_same(opened: Opener, hands: Hands) -> None:
    cache = opened(stale_if_error_seconds=3600)
    cache.set(KEY, "old", ttl=2)
    hands.pass_by(1000)
    assert cache.expire(older_than=timedelta(seconds=900)).removed.entries == 1


def _broken() -> Any:
    raise ConnectionError("no model")
