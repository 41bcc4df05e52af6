"""The response cache against diskcache, requests-cache, redis and the naive two-file store.

    python benchmarks/responses.py [--entries N] [--rounds N] [--large N] [--disk DIR] [--memory DIR]

Exits 1 when a gate is missed. In each round every store begins empty, and the operations of all of them are
interleaved in chunks with a shuffled order, so that a busy machine is busy for all: what counts is the ratio
of medians (p50) in one round, and of those the median over the rounds. What one store wrote is on the disk
before the next one's turn, which begins when the machine is as fast as at its best: the system writes it back
in the time of whoever is at it. Operations that happen once (expire, evict) are compared by their CPU time.
The first part runs on a disk, the second, with the files and four times as many entries, in memory: replacing
files on ext4 waits for the disk.
"""

import argparse
import gc
import logging
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import alone
import calm
import contestants
from answers import answer, key
from contestants import MAKERS, Contestant, Redis
from hammers import hammer
from subject import verdict

CHUNK = 250
PORT = 7963
Times = dict[str, dict[str, float]]
"""By operation and store, in microseconds (p50) or CPU milliseconds."""

DISK_GATES = (
    ("set", "sqlite", "diskcache", 0.60),
    ("set", "sqlite", "requests-cache", 0.95),
    ("get", "sqlite", "requests-cache", 0.85),
    ("overwrite", "sqlite", "requests-cache", 1.05),
    ("get", "sqlite", "diskcache", 1.00),
    ("get", "sqlite", "diskcache LRU", 0.35),
    ("get", "sqlite", "redis", 0.40),
    ("overwrite", "sqlite", "diskcache", 1.00),
    ("expire", "sqlite", "diskcache", 0.65),
    ("expire", "sqlite", "requests-cache", 0.40),
    ("evict", "sqlite", "diskcache", 0.80),
    ("bytes", "sqlite+zstd", "diskcache", 0.75),
)
FILE_ON_DISK_GATES = (("set", "file", "naive", 0.75),)
MEMORY_GATES = (
    ("set", "file", "naive", 0.50),
    ("get", "file", "naive", 0.50),
    ("miss", "file", "naive", 0.60),
    ("set", "file", "diskcache", 1.00),
    ("get", "file", "diskcache LRU", 0.50),
    ("get", "file", "diskcache", 1.35),
    ("expire", "file", "naive", 0.30),
    ("evict", "file", "naive", 0.20),
)
TIMED = ("set", "get", "miss", "overwrite")


def one_round(stores: dict[str, Contestant], entries: int) -> Times:
    """All operations of all stores, interleaved."""
    times: Times = {}
    values = [answer(number) for number in range(entries)]
    others = [answer(entries + number) for number in range(entries)]
    keys, missing = [key(n) for n in range(entries)], [key(entries + n) for n in range(entries)]
    steps: dict[str, Callable[[Contestant, int], object]] = {
        "set": lambda store, n: store.set(keys[n], values[n]),
        "get": lambda store, n: store.get(keys[n]),
        "miss": lambda store, n: store.get(missing[n]),
        "overwrite": lambda store, n: store.set(keys[n], others[n]),
    }
    for operation, step in steps.items():
        times[operation] = interleaved(stores, step, entries)
        for store in stores.values():
            store.settle()
    # Python looks through all objects now and then, which takes 25 ms with these values: nobody's store's.
    gc.collect()
    gc.freeze()
    assert all(store.get(keys[7]) == others[7] for store in stores.values())
    for store in stores.values():
        store.close()  # puts logs in; all open again by themselves
    times["bytes"] = {name: store.on_disk() for name, store in stores.items()}
    times["status"] = once(stores, "status")
    short = range(entries * 3 // 10)
    for store in stores.values():
        store.let_expire()
        for number in short:
            store.set(keys[number], values[number], 0.001)
        store.settle()
    time.sleep(1.1)  # one of them counts in seconds
    times["expire"] = once(stores, "expire")
    times["idle sweep"] = once(stores, "expire")
    times["evict"] = once(stores, "evict")
    gc.unfreeze()
    return times


def interleaved(
    stores: dict[str, Contestant], step: Callable[[Contestant, int], object], entries: int
) -> dict[str, float]:
    taken: dict[str, list[float]] = {name: [] for name in stores}
    order = list(stores)
    clock = time.perf_counter
    for start in range(0, entries, CHUNK):
        random.shuffle(order)
        for name in order:
            if hasattr(os, "sync"):
                os.sync()
            calm.wait()
            store, note = stores[name], taken[name].append
            for number in range(start, min(start + CHUNK, entries)):
                begin = clock()
                step(store, number)
                note(clock() - begin)
    return {name: statistics.median(found) * 1e6 for name, found in taken.items()}


def once(stores: dict[str, Contestant], operation: str) -> dict[str, float]:
    """CPU milliseconds."""
    taken = {}
    for name in random.sample(list(stores), len(stores)):
        store = stores[name]
        begin = time.process_time()
        getattr(store, operation)()
        taken[name] = (time.process_time() - begin) * 1e3
    return taken


def contest(names: Iterable[str], room: Path, entries: int, rounds: int, *, redis: bool) -> list[Times]:
    """What one round leaves stays until the last: ext4 gives no inode again that was freed a moment ago, and
    looks at each of them, which takes ten times as long as making a file otherwise."""
    found = []
    with tempfile.TemporaryDirectory(dir=room) as text:
        spread(text)
        for number in range(rounds):
            place = Path(text) / str(number)
            place.mkdir()
            stores = {name: MAKERS[name](place / name) for name in names}
            if redis:
                stores["redis"] = Redis(place / "redis", PORT)
            found.append(one_round(stores, entries))
            for store in stores.values():
                store.close()
            print(f"  round {number + 1} of {rounds}", flush=True)
    return found


def spread(directory: str) -> None:
    """Let ext4 put each directory that is made in this one anywhere on the disk (chattr(1), `T`), not where
    tests removed thousands of files a minute ago: there a file takes 0.7 ms instead of 0.07, anybody's."""
    with suppress(OSError):
        subprocess.run(["chattr", "+T", directory], capture_output=True, check=False)


def table(rounds: list[Times]) -> None:
    names = list(rounds[0]["set"])
    print("  p50 µs        " + "".join(f"{name:>15}" for name in names))
    for operation in (*TIMED, "status", "expire", "idle sweep", "evict", "bytes"):
        middle = (statistics.median(one[operation].get(name, 0.0) for one in rounds) for name in names)
        scale = 1e-6 if operation == "bytes" else 1
        unit = {"bytes": "MB"}.get(operation, "" if operation in TIMED else "CPU ms")
        print(f"  {operation:<10}{unit:>6}" + "".join(f"{value * scale:>15.2f}" for value in middle))


def judged(rounds: list[Times], gates: tuple[tuple[str, str, str, float], ...]) -> list[bool]:
    verdicts = []
    for operation, mine, theirs, goal in gates:
        if theirs not in rounds[0][operation]:
            print(f"  not measured: {operation}, {mine} / {theirs}")
            continue
        ratios = [one[operation][mine] / max(one[operation][theirs], 1e-9) for one in rounds]
        ratio = statistics.median(ratios)
        words = f"{mine} / {theirs} {ratio:.3f}, goal {goal} ({min(ratios):.3f} to {max(ratios):.3f})"
        verdicts.append(verdict(operation, ratio <= goal, words))
    return verdicts


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure response caches against their peers.")
    parser.add_argument("--entries", type=int, default=3000, help="in each store and round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--large", type=int, default=100_000, help="entries where many are asked for; 0 is none"
    )
    parser.add_argument("--disk", help="an existing directory on a disk")
    parser.add_argument("--memory", default="/dev/shm", help="an existing directory in memory")
    options = parser.parse_args()
    logging.disable()

    verdicts: list[bool] = []
    with (
        tempfile.TemporaryDirectory(prefix="cachemgr-benchmark-", dir=options.disk) as disk,
        tempfile.TemporaryDirectory(prefix="cachemgr-benchmark-", dir=options.memory) as memory,
        contestants.redis_server(Path(disk), PORT) as redis,
    ):
        print(f"\n{options.entries:,} entries, on a disk", flush=True)
        packed = [name for name in MAKERS if name not in ("file", "naive")]
        rounds = contest(packed, Path(disk), options.entries, options.rounds, redis=redis)
        table(rounds)
        verdicts += judged(rounds, DISK_GATES)
        few = options.entries // 5
        print(f"\n{few:,} entries, on a disk", flush=True)
        rounds = contest(("file", "naive"), Path(disk), few, options.rounds, redis=False)
        table(rounds)
        verdicts += judged(rounds, FILE_ON_DISK_GATES)
        verdicts.append(hammer(Path(disk), 7, 2.0))
        many = options.entries * 4
        print(f"\n{many:,} entries, in memory", flush=True)
        names = ("file", "naive", "diskcache", "diskcache LRU")
        rounds = contest(names, Path(memory), many, options.rounds, redis=False)
        table(rounds)
        verdicts += judged(rounds, MEMORY_GATES)
        verdicts += alone.single(Path(memory))
        if options.large:
            verdicts += alone.many(Path(memory), options.large, key, answer(1))
    return 0 if all(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
