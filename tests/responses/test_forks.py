"""A child after a fork: its own locks, its own database, none of its parent's work."""

import asyncio
import multiprocessing
import os
import threading
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from cachemgr.responses import open_async_cache, open_cache

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


def in_child(do: Callable[[], object]) -> int:
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            do()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.mark.parametrize("interval", [0, 3600])
def test_a_child_goes_on(interval: int, root: Path) -> None:
    with open_cache({"cache_dir": str(root), "cleanup_interval_seconds": interval}) as cache:
        cache.set("parent", "x")
        cache.status()

        def work() -> None:
            assert cache.get("parent")
            assert cache.set("child", {"a": 1})
            assert cache.status()[0].entries == 2
            cache.close()

        assert in_child(work) == 0
        assert cache.get("child")
        assert cache.set("again", "x")
        assert cache.status()[0].entries == 3
        assert cache.verify().sound


def test_a_child_of_asyncio_has_a_thread_of_its_own(root: Path) -> None:
    """As of a server that opens its cache, and then makes its workers."""
    cache = open_async_cache({"cache_dir": str(root), "cleanup_interval_seconds": 0})

    async def work(key: str) -> None:
        async with asyncio.timeout(5):
            assert await cache.set(key, "x")
            assert await cache.get(key)

    asyncio.run(work("parent"))
    assert in_child(lambda: asyncio.run(work("child"))) == 0
    asyncio.run(work("again"))
    asyncio.run(cache.close())


def test_a_fork_while_other_threads_hold_everything(root: Path) -> None:
    """Their locks never come free in the child, which must not wait for them."""
    cache = open_cache({"cache_dir": str(root), "cleanup_interval_seconds": 1})
    enough = threading.Event()

    def work() -> None:
        number = 0
        while not enough.is_set():
            number += 1
            cache.set(f"{number % 7}", {"n": number})
            cache.get(f"{number % 5}")
            if number % 50 == 0:
                cache.status()

    def child() -> None:
        for number in range(20):
            assert cache.set(f"{number % 7}", {"child": number})
            assert cache.get(f"{number % 7}")
        assert cache.status()[0].entries > 0

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        assert [in_child(child) for _ in range(20)] == [0] * 20
    finally:
        enough.set()
        for thread in threads:
            thread.join()
    assert cache.verify().sound
    cache.close()


def test_the_parents_lock_outlives_a_child(root: Path) -> None:
    """A child that goes away closes what it inherited, and that gives up nothing of its parent's."""
    cache, other = (open_cache({"cache_dir": str(root), "cleanup_interval_seconds": 0}) for _ in range(2))
    cache.set("a", "x")
    with cache._store.maintenance() as mine:
        assert mine
        assert in_child(lambda: None) == 0
        with other._store.maintenance() as others:
            assert not others
    for one in (cache, other):
        one.close()


def spawned(root: str) -> None:
    with open_cache({"cache_dir": root}) as cache:
        assert cache.get("parent")
        assert cache.set("child", "x")


def test_a_process_that_was_spawned(root: Path) -> None:
    with open_cache({"cache_dir": str(root)}) as cache:
        cache.set("parent", "x")
        process = multiprocessing.get_context("spawn").Process(target=spawned, args=(str(root),))
        process.start()
        process.join(60)
        assert process.exitcode == 0
        assert cache.get("child")


def test_a_child_that_leaves_what_its_parent_holds(root: Path) -> None:
    """As one does that ends within a computation: nothing of it is the child's to release."""
    cache = open_cache({"cache_dir": str(root), "cleanup_interval_seconds": 0})
    cache.set("key", "x")
    held = cache.store.exclusive("3f" * 32, 0.0)
    assert held.__enter__()
    assert in_child(lambda: held.__exit__(None, None, None)) == 0
    with open_cache({"cache_dir": str(root)}) as other, other.store.exclusive("3f" * 32, 0.0) as theirs:
        assert not theirs
    held.__exit__(None, None, None)
    cache.close()
