"""A database that is open while the process forks: no child is taken for who holds its parent's locks."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from cachemgr.responses import Cache, forks, open_cache, seats
from cachemgr.responses.connections import is_ours
from cachemgr.responses.format import PACKED
from tests.responses.conftest import Opener
from tests.responses.test_forks import in_child

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")

OTHER = """
import sys
from cachemgr.responses import open_cache
for turn in range(6):
    with open_cache({"backend": "sqlite", "cache_dir": sys.argv[1], "cleanup_interval_seconds": 0}) as cache:
        for number in range(15):
            assert cache.set(f"other {turn} {number}", "w" * 2000, ttl=None)
"""


def config(root: Path, backend: str = "sqlite") -> dict[str, object]:
    return {"backend": backend, "cache_dir": str(root), "cleanup_interval_seconds": 0}


def values(cache: Cache, name: str, number: int) -> list[object]:
    found = (cache.get(f"{name} {one}") for one in range(number))
    return [hit and hit.value for hit in found]


def test_what_a_child_stored_is_there_when_its_parent_has_closed(root: Path) -> None:
    """The parent is not the last one, though the child was made with its connection open."""
    cache = open_cache(config(root))
    cache.set("first", "x", ttl=None)
    closed, pid = os.pipe(), os.fork()
    if pid == 0:
        with open_cache(config(root)) as own:
            own.set("child 0", 0, ttl=None)
            os.read(closed[0], 1)
            stored = [own.set(f"child {number}", number, ttl=None) for number in range(1, 9)]
        os._exit(0 if all(stored) else 1)
    time.sleep(0.1)
    cache.close()
    os.write(closed[1], b"x")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0

    with open_cache(config(root)) as again:
        assert values(again, "child", 9) == list(range(9))
        assert again.verify().sound


def test_a_child_whose_parent_has_ended_writes_beside_others(root: Path) -> None:
    """As a server does that becomes a daemon with its cache open."""
    said = root.with_name("said.json")
    with open_cache(config(root)) as cache:
        for number in range(50):
            cache.set(f"base {number}", "b" * 3000, ttl=None)
    middle = os.fork()
    if middle == 0:
        cache = open_cache(config(root))
        cache.set("parent", "x", ttl=None)
        if os.fork():
            os._exit(0)
        dice = random.Random(1)
        stored: list[str] = []
        until = time.monotonic() + 1.5
        while time.monotonic() < until:
            stored.append(f"child {len(stored)}")
            if not cache.set(stored[-1], "v" * dice.randrange(20, 9000), ttl=None):
                stored.pop()
        cache.close()
        said.with_suffix(".part").write_text(json.dumps(stored))
        said.with_suffix(".part").rename(said)
        os._exit(0)
    os.waitpid(middle, 0)
    subprocess.run([sys.executable, "-c", OTHER, str(root)], check=True)
    for _ in range(200):
        if said.exists():
            break
        time.sleep(0.05)

    with open_cache(config(root)) as cache:
        assert cache.verify().sound
        assert all(cache.get(key) for key in json.loads(said.read_text()))
        assert all(cache.get(f"base {number}") for number in range(50))
        assert all(cache.get(f"other {turn} {number}") for turn in range(6) for number in range(15))


@pytest.mark.parametrize("backend", ["file", "sqlite"])
def test_a_fork_waits_for_a_statement_of_another_thread(backend: str, root: Path) -> None:
    """Both go on at once: the parent's thread with what it was at, the child with a connection of its own."""
    cache = open_cache(config(root, backend))
    enough = threading.Event()
    failed: list[str] = []

    def work(name: str) -> None:
        number = 0
        while not enough.is_set():
            number += 1
            if not cache.set(f"{name} {number}", number, ttl=None) or not cache.get(f"{name} {number}"):
                failed.append(name)
            cache.status()

    threads = [threading.Thread(target=work, args=(f"thread {n}",)) for n in range(3)]
    for thread in threads:
        thread.start()

    def child() -> None:
        for number in range(5):
            assert cache.set(f"child {number}", number, ttl=None)
        cache.close()

    codes = [in_child(child) for _ in range(5)]
    enough.set()
    for thread in threads:
        thread.join()
    assert (codes, failed) == ([0] * 5, [])
    assert values(cache, "child", 5) == list(range(5))
    assert cache.verify().sound
    cache.close()


def test_a_child_that_has_its_parents_connection_leaves_the_database_alone(
    root: Path, opened: Opener, faults: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where somebody is at work for longer than a fork waits."""
    monkeypatch.setattr(seats, "FORK_PATIENCE", 0.05)
    cache = opened(backend="sqlite")
    cache.set("key", "x", ttl=None)
    inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with cache._store._connections.transaction():  # type: ignore[attr-defined]
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait(10)

    def child() -> None:
        signal.alarm(5)
        assert cache.get("key") is None
        assert not cache.set("key", "y", ttl=None)
        with open_cache(config(root)) as own:
            assert own.get("key") is None

    code = in_child(child)
    leave.set()
    thread.join()
    assert code == 0
    assert cache.get("key")
    assert cache.set("after", "x", ttl=None)
    assert faults == []


def test_nobody_forks_while_somebody_looks_whose_a_database_is(root: Path) -> None:
    """That opens it for a moment, without a turn."""
    with open_cache(config(root)) as cache:
        cache.set("key", "x")
    inside, left = threading.Event(), list[str]()

    def hold() -> None:
        with forks.none_meanwhile():
            inside.set()
            time.sleep(0.1)
            left.append("left")

    def whose() -> None:
        assert is_ours(str(root / PACKED))
        left.append("looked")

    threads = [threading.Thread(target=hold), threading.Thread(target=whose)]
    threads[0].start()
    inside.wait(10)
    threads[1].start()

    def child() -> None:
        assert left[0] == "left"

    assert in_child(child) == 0
    for thread in threads:
        thread.join()
    assert left == ["left", "looked"]
