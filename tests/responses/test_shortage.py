"""Where a process has no room left for a moment: files or bytes beyond what it may have."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cachemgr.responses import SetResult
from tests.responses.conftest import Hands, Opener

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")


@contextmanager
def limited(what: str, most: int) -> Iterator[None]:
    import resource

    kind = getattr(resource, what)
    before = resource.getrlimit(kind)
    resource.setrlimit(kind, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(kind, before)


@pytest.mark.parametrize("free", [0, 1, 2, 3])
def test_what_could_not_be_opened_is_opened_later(free: int, opened: Opener, faults: list[str]) -> None:
    """And for writing: with one descriptor left, SQLite opens a database as if it were on a CD, and goes on
    seeing it as it was then."""
    other = opened(backend="sqlite")
    other.set("key", "old")
    cache = opened(backend="sqlite")
    held = [os.open(os.devnull, os.O_RDONLY)]
    with limited("RLIMIT_NOFILE", held[0] + 40):
        try:
            while True:
                held.append(os.open(os.devnull, os.O_RDONLY))
        except OSError:
            pass
        for _ in range(free):
            os.close(held.pop())
        cache.get("key")
        for one in held:
            os.close(one)
    assert other.set("key", "new")
    hit = cache.get("key")
    assert hit is not None
    assert hit.value == "new"
    assert cache.set("key", "newer") is SetResult.STORED
    assert all("unable to open" in line for line in faults)


def test_who_fails_to_replace_what_is_over_leaves_it(
    opened: Opener, hands: Hands, root: Path, faults: list[str]
) -> None:
    """It may still be served stale."""
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    cache = opened(stale_if_error_seconds=1000)
    cache.set("key", "old", ttl=1)
    hands.pass_by(10)
    with limited("RLIMIT_FSIZE", 10_000):
        assert cache.set("key", "x" * 50_000) is SetResult.FAILED
    signal.signal(signal.SIGXFSZ, before)
    hit = cache.get("key", allow_stale=1000)
    assert hit is not None
    assert hit.value == "old"
    assert list(root.rglob("*.tmp")) == []
    assert faults
