"""The thread behind a cache: it writes down, it sweeps, and it keeps nothing alive."""

import atexit
import gc
import os
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest

from cachemgr.responses import open_cache
from cachemgr.responses.background import Background
from tests.architecture.source import ROOT


def soon(check: Callable[[], bool]) -> bool:
    """Whether it comes true within ten seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if check():
            return True
        time.sleep(0.02)
    return False


def ours() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "cachemgr-responses"]


def test_what_waits_is_written_down(root: Path) -> None:
    with open_cache({"cache_dir": str(root)}) as cache:
        cache.set("a", "x")
        cache.get("a")
        other = open_cache({"cache_dir": str(root), "cleanup_interval_seconds": 0})
        assert soon(lambda: other.analytics().total.hits == 1)
        assert soon(lambda: other.status()[0].entries == 1)
        other.close()


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="nothing here lists open files")
def test_caches_that_nobody_closed_leave_nothing(root: Path) -> None:
    """Files, threads, or something to do at the end of the program."""

    def use() -> None:
        cache = open_cache({"cache_dir": str(root)})
        cache.set("a", "x")
        cache.status()

    use()
    gc.collect()
    before = len(os.listdir("/proc/self/fd")), atexit._ncallbacks()
    for _ in range(5):
        use()
    gc.collect()
    assert soon(lambda: not ours())
    assert (len(os.listdir("/proc/self/fd")), atexit._ncallbacks()) == before


def test_a_thread_outlives_an_interval_longer_than_it_can_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows, where no wait is longer than 49 days, two months ended it."""

    class Kept:
        flushed = swept = 0

        def flush(self) -> None:
            self.flushed += 1

        def sweep_quietly(self) -> None:
            self.swept += 1

        def close(self) -> None:
            background.stop()

    monkeypatch.setattr("cachemgr.responses.background._FIRST_SWEEP", 0.01)
    kept = Kept()
    background = Background(kept, interval=2 * threading.TIMEOUT_MAX, flush_after=0.0)
    background.ring(sweep=True)
    assert soon(lambda: kept.swept > 0)
    time.sleep(0.05)
    before = kept.flushed
    background.ring()
    assert soon(lambda: kept.flushed > before)
    background.stop()


def test_what_has_expired_is_swept_without_a_word(root: Path) -> None:
    """One second after the first use, since many programs do not run for an hour; then every interval."""
    with open_cache({"cache_dir": str(root), "cleanup_interval_seconds": 0.2}) as cache:
        for round_ in range(2):
            cache.set("a", "x", ttl=0.01)
            assert soon(lambda: not list(root.glob("??/*"))), round_


def test_too_much_is_swept_at_once(root: Path) -> None:
    limit = 40 * 8192 / 1024 / 1024
    with open_cache({"cache_dir": str(root), "max_cache_size_mb": limit}) as cache:
        for number in range(100):
            cache.set(f"key {number}", "x" * 4000, ttl=None)
        assert soon(lambda: cache.status()[0].entries <= 40)


def test_a_cache_nobody_uses_any_more_is_collected_with_its_thread(root: Path) -> None:
    cache = open_cache({"cache_dir": str(root)})
    cache.set("a", "x")
    assert len(ours()) == 1
    background = cache._background
    assert soon(lambda: not background.rung), "it has held the cache in its hands once"
    gone = weakref.ref(cache)
    del cache
    assert soon(lambda: gc.collect() >= 0 and gone() is None and not ours())


def test_closing_ends_the_thread_and_use_begins_it_again(root: Path) -> None:
    cache = open_cache({"cache_dir": str(root)})
    cache.set("a", "x")
    cache.close()
    assert not ours()
    cache.set("b", "x")
    assert len(ours()) == 1
    cache.close()


def test_without_an_interval_there_is_no_thread(root: Path) -> None:
    with open_cache({"cache_dir": str(root), "cleanup_interval_seconds": 0}) as cache:
        cache.set("a", "x")
        assert not ours()


def test_a_program_may_use_a_cache_while_it_ends(root: Path) -> None:
    """Its own farewells come after the library's, when no thread can be started any more."""
    program = (
        "import atexit\n"
        "from cachemgr.responses import open_cache\n"
        f"cache = open_cache({{'cache_dir': {str(root)!r}}})\n"
        "atexit.register(lambda: print(cache.set('b', 'x'), cache.get('a').value, cache.get('c')))\n"
        "cache.set('a', 'x')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert not done.stderr
    assert done.stdout.split() == ["SetResult.STORED", "x", "None"]


def test_a_program_ends_when_it_ends_and_what_it_counted_is_kept(root: Path) -> None:
    program = (
        "from cachemgr.responses import open_cache\n"
        f"cache = open_cache({{'cache_dir': {str(root)!r}}})\n"
        "cache.set('a', 'x'); cache.get('a'); cache.get('b')\n"
    )
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert time.monotonic() - started < 10
    assert not done.stderr
    with open_cache({"cache_dir": str(root), "cleanup_interval_seconds": 0}) as cache:
        total = cache.analytics().total
        assert (total.sets, total.hits, total.misses) == (1, 1, 1)
