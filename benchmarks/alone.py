"""What benchmarks/responses.py measures of our cache alone: many entries, asyncio, a server that is gone."""

import asyncio
import socket
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import calm
from contestants import Naive, Ours, Value
from subject import verdict

from cachemgr.responses import open_cache
from cachemgr.responses.aio import AsyncCache

STATUS_GATE, RECONCILE_GATE, IDLE_GATE = 25.0, 300.0, 1.0
"""Milliseconds, with many entries."""
STATUS_RATIO, IDLE_RATIO = 0.01, 0.001
"""Of what the naive store takes."""
REBUILD_GATE = 30.0
"""CPU microseconds for each entry."""
ASYNC_GATE = 50.0
"""Microseconds that asyncio adds to a get."""
FIRST_GATE, OPEN_GATE = 260.0, 0.1
"""Milliseconds for a get when the server is gone: the first one, and with the breaker open."""


def below(what: str, value: float, goal: float, unit: str) -> bool:
    return verdict(what, value <= goal, f"{value:.3f} {unit}, goal {goal} {unit}")


def milliseconds(action: Callable[[], object], times: int = 1) -> float:
    """The median."""
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        action()
        taken.append((time.perf_counter() - begin) * 1e3)
    return statistics.median(taken)


def many(room: Path, entries: int, key: Callable[[int], str], value: Value) -> list[bool]:
    """Of as many entries as a large project has."""
    print(f"\n{entries:,} entries, in memory", flush=True)
    verdicts = []
    naive = Naive(room / "naive")
    for number in range(entries):
        naive.set(key(number), value)
    counting, looking = milliseconds(naive.status), milliseconds(naive.expire)
    for backend in ("file", "sqlite"):
        store = Ours(room / backend, backend=backend)
        for number in range(entries):
            store.set(key(number), value)
        store.settle()
        idle, status = milliseconds(store.expire, 5), milliseconds(store.status, 5)
        verdicts.append(below(f"{backend}: idle sweep", idle, IDLE_GATE, "ms"))
        if backend == "sqlite":
            print(f"  status of sqlite: {status:.2f} ms")
            continue
        verdicts.append(below("file: status", status, STATUS_GATE, "ms"))
        verdicts.append(below("file: status / naive", status / counting, STATUS_RATIO, ""))
        verdicts.append(below("file: idle sweep / naive", idle / looking, IDLE_RATIO, ""))
        verdicts.append(
            below("file: reconcile", milliseconds(store.cache.reconcile, 3), RECONCILE_GATE, "ms")
        )
        store.close()
        taken = statistics.median(rebuilding(store.place, entries) for _ in range(3))
        verdicts.append(below("file: rebuild", taken, REBUILD_GATE, "CPU µs an entry"))
    return verdicts


def rebuilding(place: Path, entries: int) -> float:
    """CPU microseconds for each entry."""
    for path in place.glob(".index*"):
        path.unlink()
    store = Ours(place, backend="file")
    calm.wait()
    begin = time.process_time()
    store.cache.reconcile()
    taken = (time.process_time() - begin) / entries * 1e6
    (line,) = store.cache.status()
    assert line.entries == entries
    store.close()
    return taken


def single(room: Path) -> list[bool]:
    print("\nour cache alone", flush=True)
    with open_cache({"cache_dir": str(room / "async"), "cleanup_interval_seconds": 0}) as cache:
        cache.set("key", "x" * 1900)
        direct = milliseconds(lambda: cache.get("key"), 2000) * 1e3

        async def through() -> float:
            asynchronous, taken = AsyncCache(cache), []
            for _ in range(2000):
                begin = time.perf_counter()
                await asynchronous.get("key")
                taken.append(time.perf_counter() - begin)
            return statistics.median(taken) * 1e6

        added = asyncio.run(through()) - direct
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    gone = {"backend": "redis", "cleanup_interval_seconds": 0, "redis": {"url": f"redis://127.0.0.1:{port}"}}
    with open_cache(gone) as cache:
        first = milliseconds(lambda: cache.get("key"))
        for _ in range(5):
            cache.get("key")
        closed = milliseconds(lambda: cache.get("key"), 200)
    # Taken connections and no answers, which is slower than a refusal.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        silent = {**gone, "redis": {"url": f"redis://127.0.0.1:{listener.getsockname()[1]}"}}
        with open_cache(silent) as cache:
            slow = milliseconds(lambda: cache.get("key"))
    return [
        below("asyncio", added, ASYNC_GATE, "µs"),
        below("redis refuses: first", first, FIRST_GATE, "ms"),
        below("redis is silent: first", slow, FIRST_GATE, "ms"),
        below("redis is gone: breaker open", closed, OPEN_GATE, "ms"),
    ]
