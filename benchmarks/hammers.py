"""Four processes of two threads on 64 keys, a third of it writing: for benchmarks/responses.py."""

import random
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

from answers import answer, key
from contestants import MAKERS
from subject import verdict

GATE = 1.00


def hammer(room: Path, rounds: int, seconds: float) -> bool:
    """Both at it by turns."""
    ratios = []
    for number in range(rounds):
        speeds = {}
        for name in random.sample(("sqlite", "diskcache"), 2):
            argv = [sys.executable, __file__, name, str(room / f"{name}{number}"), str(seconds)]
            running = [subprocess.Popen(argv, stdout=subprocess.PIPE) for _ in range(4)]
            speeds[name] = sum(int(process.communicate()[0]) for process in running)
        ratios.append(speeds["sqlite"] / speeds["diskcache"])
    ratio = statistics.median(ratios)
    said = ", ".join(f"{one:.2f}" for one in ratios)
    return verdict("hammer", ratio >= GATE, f"sqlite / diskcache {ratio:.2f}, goal {GATE} ({said})")


def work(name: str, place: str, seconds: float) -> None:
    """One process of the hammer: prints how much it did."""
    store, done = MAKERS[name](Path(place)), [0, 0]
    keys, value = [key(number) for number in range(64)], answer(1)
    for one in keys:
        store.set(one, value)

    def run(which: int) -> None:
        dice = random.Random()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            one = dice.choice(keys)
            if dice.random() < 0.3:
                store.set(one, value)
            else:
                store.get(one)
            done[which] += 1

    threads = [threading.Thread(target=run, args=(which,)) for which in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()
    print(sum(done))


if __name__ == "__main__":
    work(sys.argv[1], sys.argv[2], float(sys.argv[3]))
