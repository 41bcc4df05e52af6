"""What goes where there is too much: by whose limit, and never what is younger than the index says."""

import pytest

from cachemgr.responses import removal, sweeping
from cachemgr.responses.config import MEGABYTE
from cachemgr.responses.report import Removed
from tests.responses.conftest import Hands, Opener
from tests.responses.test_sweeping import BLOCKS, HOUR, kept


def test_the_most_specific_limit_is_the_one(opened: Opener, hands: Hands) -> None:
    """`null` lifts the wider limit, too."""
    rules = {
        "openai": {"max_cache_size_mb": 2 * BLOCKS / MEGABYTE},
        "openai/gpt-4*": {"max_cache_size_mb": 1000},
        "openai/o1": {"max_cache_size_mb": None},
    }
    cache = opened(per_provider=rules, max_cache_size_mb=None)
    for number in range(5):
        for model in ("gpt-3", "gpt-4o", "o1"):
            cache.set(f"{model} {number}", "x", ttl=None, provider="openai", model=model)
    assert cache.evict(dry_run=True).removed.entries == cache.evict().removed.entries == 4
    left = {line.group: line.entries for line in cache.status(group_by=("model",))}
    assert left == {("gpt-3",): 1, ("gpt-4o",): 5, ("o1",): 5}


@pytest.mark.parametrize("backend", ["file", "sqlite"])
def test_what_is_written_anew_while_others_are_evicted_stays(
    backend: str, opened: Opener, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no more goes than was to go."""
    for module in (removal, sweeping):
        monkeypatch.setattr(module, "_BATCH", 100)
    hands.now += HOUR - 60 - hands.now % HOUR
    cache, other = opened(backend=backend), opened(backend=backend)
    for number in range(110):
        cache.set(f"{number}", "old", ttl=None)
    hands.pass_by(10 * HOUR)
    for number in range(110, 210):
        cache.set(f"{number}", "young", ttl=None)
    size = cache.status()[0].disk_bytes
    anew: list[str] = []

    def refresh(_: Removed) -> None:
        if not anew:
            hands.pass_by(120)
            anew.extend(key for number in range(110) if other.get(key := f"{number}"))
            assert all(other.set(key, "new", ttl=None) for key in anew)

    report = cache.evict(to_bytes=size // 2, on_progress=refresh)
    assert anew
    assert all(other.get(key) for key in anew)
    assert size // 2 * 0.95 < cache.status()[0].disk_bytes <= size // 2
    assert report.removed.disk_bytes < size * 0.54


def test_an_eviction_asks_the_entry_not_the_index(opened: Opener, hands: Hands) -> None:
    """Somebody without an index wrote it anew: this process's index cannot know."""
    cache, other = opened(), opened(index={"enabled": False})
    for key in "abc":
        cache.set(key, "old", ttl=None)
        hands.pass_by(HOUR)
    assert other.set("a", "new", ttl=None)
    assert cache.evict(to_bytes=2 * BLOCKS).removed.entries == 1
    assert kept(cache) == "ac"
    assert other.set("c", "new", ttl=None)
    assert other.set("a", "new", ttl=None)
    assert cache.evict(to_bytes=BLOCKS).removed.entries == 1, "it is asked again who is the oldest"


@pytest.mark.parametrize("backend", ["file", "sqlite", "memory"])
def test_what_a_clock_that_was_ahead_stored_is_not_the_youngest(
    backend: str, opened: Opener, hands: Hands
) -> None:
    cache = opened(backend=backend, max_cache_size_mb=None)
    hands.set_by(30 * 86_400)
    for key in "abc":
        cache.set(key, "x" * (200 - ord(key)), ttl=None)
        hands.pass_by(HOUR)
    hands.set_by(-31 * 86_400)
    for key in "def":
        cache.set(key, "x" * (200 - ord(key)), ttl=None)
        hands.pass_by(HOUR)
    planned = cache.evict(to_bytes=cache.status()[0].disk_bytes * 4 // 6, dry_run=True)
    assert cache.evict(to_bytes=cache.status()[0].disk_bytes * 4 // 6).removed == planned.removed
    assert kept(cache) == "cdef", "the first ones by that clock"
    cache.evict(to_bytes=cache.status()[0].disk_bytes // 2)
    assert kept(cache) == "ef"


@pytest.mark.parametrize("backend", ["file", "sqlite"])
def test_who_stores_nothing_leaves_the_size_to_who_does(backend: str, opened: Opener, hands: Hands) -> None:
    """Its limit is a default, or another's: a program that only looks must not cost anybody an answer."""
    owner, reader = (opened(backend=backend, max_cache_size_mb=limit) for limit in (None, 0.05))
    for number in range(20):
        owner.set(f"key {number}", "x" * 4000, ttl=10 if number < 5 else None)
    owner.flush()
    hands.pass_by(11)
    assert reader.get("key 7")
    reader.sweep_quietly()
    assert reader.status()[0].entries == 15, "what has expired goes by its own time"
    reader.set("one of its own", "x")
    reader.sweep_quietly()
    assert reader.status()[0].disk_bytes <= 0.05 * MEGABYTE


def test_what_fits_nowhere_takes_nothing_away(opened: Opener, faults: list[str]) -> None:
    """In memory the limit holds at once; what is larger than all of it is no reason to make room."""
    cache = opened(backend="memory", max_cache_size_mb=1)
    for number in range(100):
        cache.set(f"{number}", "x" * 3000)
    assert not cache.set("large", "x" * 2_000_000)
    assert cache.status()[0].entries == 100
    assert cache.set("small", "x")
