"""What a cache on a Redis server says of itself, and for how long it may be waited for."""

import time

import pytest

from cachemgr.responses import Usage
from tests.responses.server import BUSY, PROMISED, RedisServer, opened


def test_a_size_limit_is_the_servers(server: RedisServer, faults: list[str]) -> None:
    with opened(server.url, max_cache_size_mb=0.1) as cache:
        cache.set("key", "x" * 50_000)
        assert not cache.evict().skipped
        for number in range(4):
            cache.set(f"key {number}", "x" * 40_000)
        for report in (cache.evict(), cache.evict(to_bytes=0), cache.evict(dry_run=True), cache.sweep()):
            assert "maxmemory" in report.skipped
        assert cache.status()[0].entries == 5
    assert len(faults) <= 1


@pytest.mark.parametrize(("fallback", "stale"), [("none", 0), ("memory", 0), ("none", 100)])
def test_one_call_waits_once_for_a_server_that_freezes(
    fallback: str, stale: int, server: RedisServer, faults: list[str]
) -> None:
    with opened(server.url, redis={"fallback": fallback}, stale_while_revalidate_seconds=stale) as cache:
        cache.set("key", "x")
        server.freeze()
        for key in ("key", "other"):
            start = time.perf_counter()
            assert cache.get_or_compute(key, lambda: ("computed", Usage())).value == "computed"
            assert 0.2 < time.perf_counter() - start < PROMISED + BUSY
        again = cache.get("key")
        assert (again is not None) == (fallback == "memory")
