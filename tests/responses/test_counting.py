"""What was asked for is counted, however seldom it is written down."""

import pytest

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
