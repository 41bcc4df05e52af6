"""What every backend does alike, as an application sees it."""

from decimal import Decimal
from typing import Any

import pytest

from cachemgr.responses import Cache, EntryQuery, JSONValue, RequestKey, SetResult, Usage
from tests.responses.conftest import Hands, Opener

BACKENDS: list[dict[str, Any]] = [
    {"backend": "file"},
    {"backend": "file", "index": {"enabled": False}},
    {"backend": "file", "compression": {"codec": "zstd", "min_bytes": 1}},
    {"backend": "memory"},
    {"backend": "sqlite"},
    {"backend": "sqlite", "compression": {"codec": "zstd", "min_bytes": 1}},
]
NAMES = ["file", "file without index", "file with zstd", "memory", "sqlite", "sqlite with zstd"]
KEY = RequestKey("openai", "gpt-4o", "hello")
VALUES: list[JSONValue] = [
    "an answer",
    "",
    "\ud800 alone",
    "ünï\0\n",
    {"choices": [{"message": {"content": "hi"}}], "n": [1, 2.5, None, True]},
    [],
    None,
    10**40,
    1e300,
    {"": {"": [[]]}},
    "x" * 300_000,
]


@pytest.fixture(params=BACKENDS, ids=NAMES)
def cache(request: pytest.FixtureRequest, opened: Opener) -> Cache:
    return opened(**request.param)


@pytest.mark.parametrize("value", VALUES, ids=[repr(value)[:20] for value in VALUES])
def test_what_goes_in_comes_out(value: JSONValue, cache: Cache) -> None:
    assert cache.set(KEY, value) is SetResult.STORED
    hit = cache.get(KEY)
    assert hit is not None
    assert hit.value == value
    assert type(hit.value) is type(value)


@pytest.mark.parametrize(
    "value",
    [float("nan"), {"a": float("inf")}, object(), {1: "a"}, b"x", (1, 2), {"a": {2}}],
    ids=["nan", "infinity", "object", "number as key", "bytes", "tuple", "set"],
)
def test_what_would_come_out_changed_does_not_go_in(value: Any, cache: Cache, faults: list[str]) -> None:
    assert cache.set(KEY, value) is SetResult.SKIPPED_NOT_JSON
    assert cache.get(KEY) is None
    assert faults


def test_the_last_answer_is_the_one(cache: Cache) -> None:
    for number in range(5):
        cache.set(KEY, {"number": number, "body": "x" * number * 3000})
    hit = cache.get(KEY)
    assert hit is not None
    assert hit.value == {"number": 4, "body": "x" * 12_000}
    assert cache.status()[0].entries == 1


def test_a_hit_costs_nothing_and_says_what_it_saved(cache: Cache) -> None:
    bought = Usage(150, 250, Decimal("0.0075"))
    cache.set(KEY, "hi", usage=bought)
    hit = cache.get(KEY)
    assert hit is not None
    assert hit.usage == Usage()
    assert hit.saved == bought
    assert (hit.metadata.provider, hit.metadata.model) == ("openai", "gpt-4o")


def test_too_large_is_too_large(opened: Opener) -> None:
    cache = opened(max_entry_size_mb=0.001)
    assert cache.set(KEY, "x" * 2000) is SetResult.SKIPPED_TOO_BIG
    assert cache.set(KEY, "x" * 1000) is SetResult.STORED


def test_deleted_is_gone(cache: Cache) -> None:
    cache.set(KEY, "hi")
    assert cache.delete(KEY)
    assert cache.get(KEY) is None
    assert not cache.delete(KEY)
    assert cache.status()[0].entries == 0


def test_what_has_expired_is_not_renewed(cache: Cache, hands: Hands) -> None:
    cache.set(KEY, "hi", ttl=10)
    assert cache.touch(KEY, 20)
    hands.pass_by(15)
    assert cache.get(KEY)
    hands.pass_by(15)
    assert not cache.touch(KEY, 20)
    assert cache.get(KEY) is None


def test_a_closed_cache_opens_again(cache: Cache) -> None:
    cache.set(KEY, "hi")
    cache.close()
    cache.close()
    assert cache.get(KEY)
    assert cache.status()[0].entries == 1


def filled(cache: Cache, hands: Hands) -> None:
    """Nine answers of two providers, an hour apart, every third for a minute only."""
    for number in range(9):
        provider = "openai" if number % 2 else "google"
        key = RequestKey(provider, f"model-{number % 3}", f"question {number}", namespace=f"n{number % 2}")
        ttl = 60.0 if number % 3 == 0 else None
        cache.set(key, {"n": number}, ttl=ttl, usage=Usage(number, 0, Decimal(number) / 1000))
        hands.pass_by(3600)


def test_status_adds_up(cache: Cache, hands: Hands) -> None:
    filled(cache, hands)
    (line,) = cache.status()
    assert (line.entries, line.expired) == (9, 3)
    assert line.payload_bytes >= 9 * 7
    assert line.oldest_ms == 1_800_000_000_000
    groups = {found.group: found.entries for found in cache.status(group_by=("provider", "namespace"))}
    assert groups == {("google", "n0"): 5, ("openai", "n1"): 4}
    assert sum(found.entries for found in cache.status(group_by=("day",))) == 9
    assert {found.group for found in cache.status(group_by=("model",))} == {
        ("model-0",),
        ("model-1",),
        ("model-2",),
    }


def test_entries_are_listed_in_order(cache: Cache, hands: Hands) -> None:
    filled(cache, hands)
    entries = list(cache.entries())
    assert [entry.usage.request_tokens for entry in entries] == list(range(9))
    assert entries[1].usage.cost_usd == Decimal("0.001")
    assert [entry.state for entry in entries[:4]] == ["expired", "fresh", "fresh", "expired"]
    assert entries[1].expires_at is None
    down = list(cache.entries(order_by="cost", descending=True))
    assert [entry.usage.request_tokens for entry in down] == list(range(8, -1, -1))
    ends = [entry.expires_at for entry in cache.entries(order_by="expires")]
    assert ends[3:] == [None] * 6


@pytest.mark.parametrize(
    ("query", "number"),
    [
        (EntryQuery(), 9),
        (EntryQuery(provider="open*"), 4),
        (EntryQuery(provider="open"), 0),
        (EntryQuery(model="model-[12]"), 6),
        (EntryQuery(namespace="n1"), 4),
        (EntryQuery(namespace=""), 0),
        (EntryQuery(created_before_ms=1_800_000_000_000 + 3 * 3_600_000), 3),
        (EntryQuery(expired_at_ms=1_800_000_060_000), 1),
        (EntryQuery(provider="google", model="model-0"), 2),
    ],
)
def test_a_query_means_the_same_everywhere(
    query: EntryQuery, number: int, cache: Cache, hands: Hands
) -> None:
    filled(cache, hands)
    assert len(list(cache.entries(query))) == number
    assert cache.clear(query, dry_run=True).removed.entries == number
    assert cache.clear(query).removed.entries == number
    assert cache.status()[0].entries == 9 - number


def test_a_clear_says_what_it_freed(cache: Cache, hands: Hands) -> None:
    filled(cache, hands)
    (before,) = cache.status()
    planned, done = cache.clear(dry_run=True).removed, cache.clear().removed
    assert planned == done
    assert (done.entries, done.payload_bytes, done.disk_bytes) == (9, before.payload_bytes, before.disk_bytes)


def test_expiry_takes_what_is_over_and_nothing_else(cache: Cache, hands: Hands) -> None:
    filled(cache, hands)
    assert cache.expire(dry_run=True).removed.entries == 3
    assert cache.status()[0].entries == 9
    report = cache.expire()
    assert report.removed.entries == 3
    assert not report.troubles
    assert not cache.expire().removed.entries
    assert [entry.usage.request_tokens for entry in cache.entries()] == [1, 2, 4, 5, 7, 8]


def test_bulk_of_one_end_drains_at_once(cache: Cache, hands: Hands) -> None:
    """diskcache removes 100 of 1,000 that share a time, and returns."""
    for number in range(2100):
        cache.set(f"key {number}", "x", ttl=10)
    hands.pass_by(11)
    assert cache.expire().removed.entries == 2100
    assert cache.status()[0].entries == 0


def test_counters_know_hits_misses_and_what_was_saved(cache: Cache, hands: Hands) -> None:
    cache.get(KEY)
    cache.set(KEY, "hi", usage=Usage(10, 20, Decimal("0.000001")))
    for _ in range(3):
        cache.get(KEY)
    hands.pass_by(86_400 + 1)
    cache.get(KEY)
    found = cache.analytics()
    assert (found.total.hits, found.total.misses, found.total.expired, found.total.sets) == (3, 2, 1, 1)
    assert found.hit_rate == 0.6
    assert found.saved == Usage(30, 60, Decimal("0.000003"))
    assert [line.group for line in found.lines] == [
        ("2027-01-15", "openai", "gpt-4o"),
        ("2027-01-16", "openai", "gpt-4o"),
    ]
    assert cache.analytics(since="2027-01-16").total.misses == 1
    (entry,) = cache.entries()
    assert entry.hits == 3
    assert entry.last_access is not None
