"""Adding up what there is, which takes short cuts: never another sum than that of all entries."""

import random
from pathlib import Path

import pytest

from cachemgr.responses import Cache
from tests.responses.conftest import Hands, Opener

BACKENDS = ("file", "memory", "sqlite")
HOUR_MS = 3_600_000


def mixed(cache: Cache, hands: Hands, number: int, seed: int) -> None:
    """Stored in no order, some of it in the future, with any time to live."""
    dice, start = random.Random(seed), hands.now
    for one in range(number):
        hands.now = start + dice.choice((0.0, dice.uniform(-50_000, 50_000)))
        ttl = dice.choice((None, 3600, dice.uniform(1, 100_000)))
        cache.set(f"key {one}", "x" * dice.randrange(9000), ttl=ttl)
    hands.now = start
    cache.flush()


@pytest.mark.parametrize("backend", ["file", "sqlite"])
@pytest.mark.parametrize("number", [0, 1, 2, 40])
def test_the_sum_is_that_of_all_entries(number: int, backend: str, opened: Opener, hands: Hands) -> None:
    cache = opened(backend=backend, max_cache_size_mb=None)
    mixed(cache, hands, number, seed=number)
    now_ms = int(hands.now * 1000)
    entries = list(cache.entries())
    stored = {entry.digest: round(entry.created_at.timestamp() * 1000) for entry in entries}
    assert len(entries) == number
    for at_ms in (0, now_ms - 20 * HOUR_MS, now_ms - 1, now_ms, now_ms + 5 * HOUR_MS, now_ms + 99 * HOUR_MS):
        (line,) = cache.store.totals(at_ms)
        gone = [one for one in entries if one.expires_at and one.expires_at.timestamp() * 1000 <= at_ms]
        assert line.group == ()
        assert (line.entries, line.payload_bytes, line.disk_bytes, line.expired, line.expired_bytes) == (
            number,
            sum(entry.payload_bytes for entry in entries),
            sum(entry.disk_bytes for entry in entries),
            len(gone),
            sum(entry.disk_bytes for entry in gone),
        )
        assert line.oldest_ms == min(stored.values(), default=None)
        assert line.newest_ms == max((one for one in stored.values() if one <= at_ms), default=None)


@pytest.mark.parametrize("backend", BACKENDS)
def test_whether_most_has_expired(backend: str, opened: Opener, hands: Hands) -> None:
    """More than half of those that ever do, on the millisecond."""
    cache = opened(backend=backend)
    now_ms = int(hands.now * 1000)
    assert not cache.store.mostly_expired(now_ms)
    for key, ttl in (("for ever", None), ("for an hour", 3600), ("for two", 7200)):
        cache.set(key, "x", ttl=ttl)
    cache.flush()
    assert not cache.store.mostly_expired(now_ms + HOUR_MS)
    assert not cache.store.mostly_expired(now_ms + 2 * HOUR_MS - 1)
    assert cache.store.mostly_expired(now_ms + 2 * HOUR_MS)
    for key in ("for three", "for three, too"):
        cache.set(key, "x", ttl=3 * 3600)
    assert not cache.store.mostly_expired(now_ms + 2 * HOUR_MS)
    hands.pass_by(7200)
    assert cache.expire().removed.entries == 2
    assert not cache.store.mostly_expired(now_ms + 2 * HOUR_MS)


@pytest.mark.parametrize("backend", BACKENDS)
def test_when_something_was_stored_last_but_for_the_newest_few(
    backend: str, opened: Opener, hands: Hands
) -> None:
    """Of one none is passed over, of a few one, of a hundred two, of a thousand ten; none from the future."""
    cache, start_ms = opened(backend=backend), int(hands.now * 1000)
    assert cache.store.witness(start_ms + 10**9) is None
    for one in range(1000):
        cache.set(f"key {one}", "x", ttl=None if one % 3 else 10**7)
        hands.pass_by(1)
    cache.flush()
    for number, few in ((1, 0), (2, 1), (19, 1), (20, 2), (100, 2), (299, 2), (300, 3), (1000, 10)):
        at_ms = start_ms + (number - 1) * 1000
        assert cache.store.witness(at_ms) == at_ms - few * 1000


def test_a_wrong_clock_is_seen_without_an_index(opened: Opener, hands: Hands, root: Path) -> None:
    """The first look of a process goes to the files: the index may know nothing yet."""
    first = opened()
    for one in range(4):
        first.set(f"key {one}", "x", ttl=9999)
    first.close()
    for path in root.glob(".index*"):
        path.unlink()
    hands.set_by(10 * 365 * 86_400)
    assert "30 days" in opened().expire().skipped


@pytest.mark.parametrize("backend", ["file", "sqlite"])
def test_a_sum_is_made_again_whoever_changed_something(backend: str, opened: Opener) -> None:
    cache, other = opened(backend=backend), opened(backend=backend)
    for number in range(1, 4):
        for who in (cache, other):
            who.set(f"{number} {id(who)}", "x", ttl=None)
            who.flush()
            assert cache.status()[0].entries == other.status()[0].entries == len(list(cache.entries()))
    assert cache.status()[0].entries == 6
    cache.close()
    other.clear()
    assert cache.status()[0].entries == 0


def test_a_sum_ends_with_its_connection(opened: Opener) -> None:
    """The next one begins to count changes where this one began."""
    reader, writer = opened(backend="sqlite"), opened(backend="sqlite")
    for number in range(1, 4):
        writer.set(str(number), "x", ttl=None)
        writer.close()
        assert reader.status()[0].entries == number
        reader.close()
