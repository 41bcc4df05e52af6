"""Expiry, eviction and clearing: what goes first, who sweeps, and what is looked at again before it goes."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from cachemgr.responses import Cache, EntryQuery
from cachemgr.responses.config import MEGABYTE
from cachemgr.responses.report import Removed
from tests.responses.conftest import Hands, Opener

BLOCKS = 8192
"""What a small answer takes on the disk: two files of one block."""
HOUR = 3600.0


def kept(cache: Cache) -> str:
    """The keys that are there, of those of one letter."""
    return "".join(key for key in "abcdefghijkl" if cache.get(key))


def test_the_oldest_go_first(opened: Opener, hands: Hands) -> None:
    cache = opened()
    for key in "abcdef":
        cache.set(key, "x", ttl=None)
        hands.pass_by(HOUR)
    report = cache.evict(to_bytes=3 * BLOCKS)
    assert report.removed == Removed(3, 3, 3 * BLOCKS)
    assert kept(cache) == "def"


def test_of_one_hour_the_least_recently_used_goes_first(opened: Opener, hands: Hands) -> None:
    cache = opened(index={"touch_lag_seconds": 0})
    hands.now -= hands.now % HOUR
    for key in "abcdef":
        cache.set(key, "x", ttl=None)
        hands.pass_by(1)
    for key in "ca":
        cache.get(key)
        hands.pass_by(1)
    cache.evict(to_bytes=2 * BLOCKS)
    assert kept(cache) == "ac"


def test_what_eviction_would_take_is_what_it_takes(opened: Opener, hands: Hands) -> None:
    cache = opened()
    for key in "abcdef":
        cache.set(key, "x" * 100, ttl=None)
        hands.pass_by(HOUR)
    planned = cache.evict(to_bytes=2 * BLOCKS, dry_run=True)
    assert kept(cache) == "abcdef"
    assert cache.evict(to_bytes=2 * BLOCKS).removed == planned.removed


def test_over_the_limit_it_shrinks_to_the_low_water(opened: Opener, hands: Hands) -> None:
    cache = opened(max_cache_size_mb=10 * BLOCKS / 1024 / 1024, low_water=0.5)
    for key in "abcdefghij":
        cache.set(key, "x", ttl=None)
        hands.pass_by(HOUR)
    assert not cache.evict().removed.entries, "at the limit it is not over it"
    cache.set("k", "x", ttl=None)
    cache.sweep()
    assert kept(cache) == "ghijk"
    assert cache.analytics().total.evicted == 6


def test_much_that_is_written_is_swept_without_waiting(opened: Opener, hands: Hands) -> None:
    """Limits that wait to be enforced by hand never are (joblib#574)."""
    cache = opened(max_cache_size_mb=1, size_basis="logical")
    for number in range(60):
        cache.set(f"key {number}", "x" * 50_000, ttl=None)
        hands.pass_by(HOUR)
    assert cache.status()[0].payload_bytes <= 1.2 * 1024 * 1024
    assert cache.get("key 59")


def test_a_limit_by_what_answers_say(opened: Opener, hands: Hands) -> None:
    cache = opened(size_basis="logical", max_cache_size_mb=1000 / 1024 / 1024)
    for key in "abcde":
        cache.set(key, "x" * 150, ttl=None)
        hands.pass_by(HOUR)
    assert not cache.evict().removed.entries
    cache.set("f", "x" * 400, ttl=None)
    cache.sweep()
    assert 700 <= cache.status()[0].payload_bytes <= 900
    assert cache.evict(to_bytes=500).removed.payload_bytes >= 200
    assert cache.status()[0].payload_bytes <= 500


def test_a_limit_of_one_provider(opened: Opener, hands: Hands) -> None:
    rules = {"openai": {"max_cache_size_mb": 4 * BLOCKS / MEGABYTE}, "openai/o*": {"max_cache_size_mb": 0}}
    cache = opened(per_provider=rules, low_water=0.5)
    for number in range(5):
        for provider, model in (("openai", "gpt"), ("openai", "o1"), ("google", "gemini")):
            cache.set(f"{provider} {model} {number}", "x", ttl=None, provider=provider, model=model)
        hands.pass_by(HOUR)
    planned = cache.evict(dry_run=True).removed.entries
    assert 0 < cache.evict().removed.entries <= planned
    left = {line.group: line.entries for line in cache.status(group_by=("provider", "model"))}
    assert left == {("google", "gemini"): 5, ("openai", "gpt"): left["openai", "gpt"]}
    assert 2 <= left["openai", "gpt"] <= 4
    assert cache.get("openai gpt 4")


def test_without_a_limit_nothing_is_evicted(opened: Opener) -> None:
    cache = opened(max_cache_size_mb=None)
    cache.set("a", "x" * 10_000_000, ttl=None)
    assert not cache.evict().removed.entries
    assert not cache.sweep().removed.entries


def test_older_than(opened: Opener, hands: Hands) -> None:
    cache = opened()
    for key in "abcdef":
        cache.set(key, "x", ttl=HOUR / 2 if key == "f" else None)
        hands.pass_by(HOUR)
    assert cache.expire(older_than=timedelta(hours=3.5), dry_run=True).removed.entries == 1
    assert cache.expire(older_than=timedelta(hours=3.5), endless=True, dry_run=True).removed.entries == 4
    assert cache.expire(older_than=timedelta(hours=3.5), endless=True).removed.entries == 4
    assert kept(cache) == "de"


@pytest.mark.parametrize("backend", ["file", "sqlite", "memory"])
def test_what_is_to_be_kept_is_kept(backend: str, opened: Opener, hands: Hands) -> None:
    cache = opened(backend=backend)
    for key in "abcdef":
        cache.set(key, "x", ttl=10 if key in "abc" else None)
    hands.pass_by(HOUR)
    keep = {cache.digest("a"), cache.digest("d")}
    assert cache.expire(keep=keep, dry_run=True).removed.entries == 2
    assert cache.expire(keep=keep).removed.entries == 2
    assert cache.expire(keep=keep, older_than=timedelta(minutes=1), endless=True).removed.entries == 2
    assert {entry.digest for entry in cache.entries()} == keep


def test_an_entry_that_was_written_anew_stays(opened: Opener, hands: Hands) -> None:
    """The index of this process still says that it has expired; the file is asked once more."""
    cache, other = opened(), opened(index={"enabled": False})
    cache.set("a", "old", ttl=10)
    cache.set("b", "old", ttl=10)
    cache.status()
    hands.pass_by(11)
    assert other.set("a", "new", ttl=1000)
    assert cache.expire().removed.entries == 1
    assert kept(cache) == "a"
    assert cache.status()[0].expired == 0


@pytest.mark.parametrize(
    "anew",
    [
        lambda other: other.set("a", "x", ttl=HOUR),
        lambda other: other.set("a", "longer", ttl=HOUR),
        lambda other: other.touch("a", HOUR),
    ],
    ids=["the same", "another", "renewed"],
)
def test_an_entry_that_somebody_wrote_anew_in_the_same_moment_stays(
    anew: Callable[[Cache], object], opened: Opener, hands: Hands
) -> None:
    """Somebody whose index rows still wait: the file alone tells of it."""
    cache, other = opened(), opened()
    cache.set("a", "x", ttl=1)
    cache.flush()
    anew(other)
    hands.pass_by(10)
    assert cache.expire(force=True).removed == Removed()
    assert kept(cache) == "a"


def test_two_do_not_sweep_at_once(opened: Opener, hands: Hands) -> None:
    cache, other = opened(), opened()
    for number in range(1100):
        cache.set(f"key {number}", "x", ttl=10)
    hands.pass_by(11)
    reports = []
    cache.expire(on_progress=lambda _: reports.append(other.expire()))
    assert {report.skipped for report in reports} == {"somebody else is sweeping this cache"}
    assert len(reports) >= 2


def test_progress_adds_up(opened: Opener, hands: Hands) -> None:
    cache, batches = opened(), list[Removed]()
    for number in range(1100):
        cache.set(f"key {number}", "x", ttl=10)
    hands.pass_by(11)
    report = cache.expire(on_progress=batches.append)
    assert sum((batch for batch in batches), Removed()) == report.removed
    assert report.removed.entries == 1100
    assert max(batch.entries for batch in batches) <= 1000


def test_readers_and_writers_go_on_while_it_is_cleared(opened: Opener) -> None:
    cache, enough, wrong = opened(), threading.Event(), list[object]()

    def use() -> None:
        number = 0
        while not enough.is_set():
            number += 1
            if not cache.set("a", {"number": number}):
                wrong.append("not stored")
            hit = cache.get("a")
            if hit is not None and not isinstance(hit.value, dict):
                wrong.append(hit)

    threads = [threading.Thread(target=use) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(40):
        assert not cache.clear().troubles
    enough.set()
    for thread in threads:
        thread.join()
    assert not wrong


def test_what_is_stored_while_it_is_cleared_is_known_afterwards(opened: Opener) -> None:
    cache, other = opened(), opened()
    for number in range(600):
        cache.set(f"key {number}", "x", ttl=None)
    cache.flush()

    def meanwhile(_: Removed) -> None:
        for number in range(3):
            cache.set(f"later {number}", "x", ttl=None)
        cache.flush()

    cache.clear(on_progress=meanwhile)
    there = sum(bool(cache.get(f"later {number}")) for number in range(3))
    assert there == 3, "the last time all of them were stored, shards of some were cleared already"
    assert cache.status()[0].entries == other.status()[0].entries == there


def test_clearing_leaves_what_is_not_ours(opened: Opener, root: Path) -> None:
    cache = opened()
    for number in range(300):
        cache.set(f"key {number}", "x")
    mine = [root / "notes.txt", root / "00" / "notes.txt", root / "zz" / "more.json", root / ".trash" / "x"]
    for file in mine:
        file.parent.mkdir(exist_ok=True)
        file.write_text("mine")
    assert cache.clear().removed.entries == 300
    assert [file.read_text() for file in mine] == ["mine"] * 4
    assert cache.status()[0].entries == 0
    assert not [path for path in root.glob("??/*") if path not in mine]


def test_counters_survive_a_clear_and_are_dropped_when_they_are_old(opened: Opener, hands: Hands) -> None:
    cache = opened(analytics={"retention_days": 10})
    cache.set("a", "x")
    cache.clear(EntryQuery())
    assert cache.analytics().total.sets == 1
    hands.pass_by(11 * 86_400)
    cache.set("b", "x")
    cache.sweep()
    assert cache.analytics().total.sets == 1


@pytest.mark.parametrize("backend", ["file", "memory"])
def test_memory_and_files_shrink_alike(backend: str, opened: Opener, hands: Hands) -> None:
    cache = opened(backend=backend, max_cache_size_mb=None)
    for key in "abcdef":
        cache.set(key, "x" * 1000, ttl=None)
        hands.pass_by(HOUR)
    cache.evict(to_bytes=cache.status()[0].disk_bytes // 2)
    assert kept(cache) == "def"


def test_memory_never_holds_more_than_its_limit(opened: Opener) -> None:
    cache = opened(backend="memory", max_cache_size_mb=1)
    for number in range(5000):
        cache.set(f"key {number}", "x" * 1000, ttl=None)
    assert cache.status()[0].disk_bytes <= 1024 * 1024
    assert cache.get("key 4999")
