"""Mistakes in calls: one clear error, before anything is paid for where it can be known by then."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cachemgr.responses import (
    ConfigError,
    RequestKey,
    SetResult,
    Unreachable,
    Usage,
    open_async_cache,
    open_cache,
)
from tests.responses.conftest import Hands, Opener

KEY = RequestKey("openai", "gpt-4o", "why?")
WRONG: list[Any] = ["just text", "ab", None, ("ab", None), ("ab", Usage(), 3), ["ab", Usage()]]
IMPOSSIBLE: list[Any] = [
    *((None, 3), ("5", 0), (-1, 0), (10**20, 0), (1, 2.5)),
    *((1, 1, Decimal("NaN")), (1, 1, Decimal("sNaN")), (1, 1, 10**30), (1, 1, float("inf"))),
    *((1, 1, Decimal(-1)), (1, 1, None)),
]
"""Of a Usage."""


@pytest.mark.parametrize("answer", WRONG, ids=repr)
@pytest.mark.parametrize("enabled", [True, False], ids=["cached", "off"])
def test_an_answer_of_another_shape_is_named(opened: Opener, answer: Any, enabled: bool) -> None:
    cache = opened(enabled=enabled)
    with pytest.raises(TypeError, match=r"\(value, Usage\(\)\)"):
        cache.get_or_compute(KEY, lambda: answer)
    assert cache.get(KEY) is None


def test_asyncs_answers_are_looked_at_as_well(opened: Opener) -> None:
    async def ask() -> Any:
        return "just text"

    async def run() -> None:
        async with open_async_cache(opened().config) as cache:
            with pytest.raises(TypeError, match=r"\(value, Usage\(\)\).*returned str"):
                await cache.get_or_compute(KEY, ask)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("key", "ttl", "kind"),
    [(KEY, -1, ValueError), (KEY, "1d", ValueError), (3, 60, TypeError), (None, 60, TypeError)],
    ids=["negative", "text", "number", "none"],
)
def test_a_mistake_is_told_before_the_question_is_paid_for(
    opened: Opener, key: Any, ttl: Any, kind: type[Exception]
) -> None:
    paid: list[int] = []

    def ask() -> tuple[str, Usage]:
        paid.append(1)
        return "an answer", Usage()

    with pytest.raises(kind):
        opened().get_or_compute(key, ask, ttl=ttl)
    assert not paid


def test_what_cannot_be_called_is_named(opened: Opener) -> None:
    wrong: Any = ("an answer", Usage())
    with pytest.raises(TypeError, match=r"`compute`.*tuple cannot be called"):
        opened().get_or_compute(KEY, wrong)


@pytest.mark.parametrize("call", ["get", "peek", "delete", "touch"])
def test_a_key_that_is_no_text_is_named(opened: Opener, call: str) -> None:
    with pytest.raises(TypeError, match="a key is a RequestKey or a text; not int"):
        getattr(opened(), call)(3)


def test_a_cost_that_is_no_usage_is_named(opened: Opener) -> None:
    wrong: Any = {"request_tokens": 3}
    with pytest.raises(TypeError, match=r"Usage.*not dict"):
        opened().set(KEY, "an answer", usage=wrong)
    assert opened().set(KEY, "an answer") is SetResult.STORED


def test_what_is_raised_can_be_imported_where_the_cache_is() -> None:
    with pytest.raises(ConfigError):
        open_cache({"backend": "sqlit"})
    assert issubclass(Unreachable, Exception)


@pytest.mark.parametrize("dry_run", [True, False])
def test_what_is_no_age_and_no_size_removes_nothing(dry_run: bool, opened: Opener) -> None:
    """The difference of two times the wrong way round was an age that everything has."""
    cache = opened()
    cache.set("key", "x")
    with pytest.raises(ValueError, match="older_than"):
        cache.expire(older_than=timedelta(seconds=-1), dry_run=dry_run)
    with pytest.raises(ValueError, match="to_bytes"):
        cache.evict(to_bytes=-1, dry_run=dry_run)
    assert cache.get("key")


@pytest.mark.parametrize("numbers", IMPOSSIBLE, ids=str)
@pytest.mark.parametrize("backend", ["file", "sqlite"])
def test_a_cost_that_cannot_be_is_named(numbers: Any, backend: str, opened: Opener) -> None:
    """An API that tells no tokens says null: stored so, the answer could never be read again."""
    cache = opened(backend=backend)
    cache.set("sound", "x", usage=Usage(3, 4, 0.5))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="is no cost: tokens are whole numbers"):
        cache.set("key", "x", usage=Usage(*numbers))
    assert [entry.usage for entry in cache.entries()] == [Usage(3, 4, Decimal("0.5"))]


@pytest.mark.parametrize("numbers", [*IMPOSSIBLE, (1, 2, "0.0034")], ids=str)
@pytest.mark.parametrize("backend", ["file", "sqlite"])
@pytest.mark.parametrize("enabled", [True, False], ids=["cached", "off"])
def test_an_answer_outlives_its_bookkeeping(
    numbers: Any, backend: str, enabled: bool, opened: Opener, faults: list[str]
) -> None:
    """It was paid for when the cost turned out to be none."""
    cache = opened(backend=backend, enabled=enabled)
    for _ in range(2):
        hit = cache.get_or_compute(KEY, lambda: ("an answer", Usage(*numbers)))
        assert (hit.value, hit.usage, hit.saved) == ("an answer", Usage(), Usage())
    assert hit.cached == enabled
    (said,) = faults
    assert said.startswith("response cache: noting what an answer cost failed: Usage(request_tokens=")
    assert said.endswith("; this one counts as nothing")


def test_a_number_too_long_to_be_shown_loses_no_answer(opened: Opener, faults: list[str]) -> None:
    hit = opened().get_or_compute(KEY, lambda: ("an answer", Usage(10**5000)))
    assert hit.value == "an answer"
    assert len(faults) == 1


def test_asyncs_answers_outlive_it_as_well(opened: Opener, faults: list[str]) -> None:
    async def ask() -> Any:
        return "an answer", Usage(-1, 0)

    async def run() -> None:
        async with open_async_cache(opened().config) as cache:
            origins = [(await cache.get_or_compute(KEY, ask)).origin for _ in range(2)]
            assert origins == ["computed", "cache"]

    asyncio.run(run())
    assert len(faults) == 1


@pytest.mark.parametrize("enabled", [True, False], ids=["cached", "off"])
def test_async_takes_a_plain_function_and_plain_takes_no_async_one(enabled: bool, opened: Opener) -> None:
    asked: list[int] = []

    async def ask() -> Any:
        asked.append(1)
        return "an answer", Usage()

    async def run() -> None:
        async with open_async_cache(opened(enabled=enabled).config) as cache:
            assert (await cache.get_or_compute("other", lambda: ("at once", Usage()))).value == "at once"

    asyncio.run(run())
    wrong: Any = ask
    with pytest.raises(TypeError, match="async function, which an AsyncCache awaits; nothing was asked"):
        opened(enabled=enabled).get_or_compute(KEY, wrong)
    assert not asked


QUESTIONS: list[tuple[str, dict[str, Any], type[Exception], str]] = [
    ("entries", {"order_by": "foo"}, ValueError, "`order_by` knows created, expires, .*; not 'foo'"),
    ("entries", {"order_by": ["created"]}, ValueError, "`order_by` knows"),
    ("entries", {"limit": -1}, ValueError, "`limit` is a number of entries, 0 or more; not -1"),
    ("entries", {"limit": "5"}, TypeError, "`limit` is a number of entries, or None; not str"),
    ("status", {"group_by": "provider"}, TypeError, r"tuple of names, such as \('provider',\); not str"),
    ("status", {"group_by": ("colour",)}, ValueError, "`group_by` knows provider, .*; not 'colour'"),
    ("analytics", {"since": "yesterday"}, ValueError, "`since` is a day such as 2026-11-26; not 'yesterday'"),
    ("analytics", {"until": ""}, ValueError, "`until` is a day such as 2026-11-26; not ''"),
    ("analytics", {"since": 20261126}, TypeError, "`since` is a day, a date or a text; not int"),
    ("analytics", {"until": datetime(2026, 11, 26, tzinfo=UTC)}, TypeError, "`until` is a day.*not datetime"),
]


@pytest.mark.parametrize("backend", ["file", "sqlite", "memory"])
@pytest.mark.parametrize(
    ("call", "asked", "kind", "said"), QUESTIONS, ids=[f"{call} {asked}" for call, asked, *_ in QUESTIONS]
)
def test_what_cannot_be_asked_is_named(
    call: str, asked: dict[str, Any], kind: type[Exception], said: str, backend: str, opened: Opener
) -> None:
    cache = opened(backend=backend)
    cache.set(KEY, "an answer")
    with pytest.raises(kind, match=said):
        getattr(cache, call)(**asked)


def test_days_are_dates_as_well(opened: Opener, hands: Hands) -> None:
    cache = opened()
    today = datetime.fromtimestamp(hands.now, UTC).date()
    cache.set(KEY, "an answer")
    assert cache.analytics(since=today, until=today).total.sets == 1
    assert cache.analytics(since=today.isoformat()).total.sets == 1
    assert cache.analytics(since=today + timedelta(1)).total.sets == 0
    assert list(cache.entries(limit=0)) == []
    assert cache.status(group_by=["provider"])[0].group == ("openai",)  # type: ignore[arg-type]
