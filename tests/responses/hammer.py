"""A program for `test_hammer`: what one process of many does to a cache, and what it saw.

python -m tests.responses.hammer CONFIG ROLE SECONDS SEED
"""

import json
import logging
import os
import random
import sys
import threading
import time
from collections import Counter
from typing import Any

from cachemgr.responses import Cache, JSONValue, Usage, open_cache

KEYS = [f"{number:02x}" * 32 for number in (0, 1, 2, 3, 127, 128, 202, 255)]
"""Few, so that everybody meets; in shards of both halves and in the one of old names."""
BODY = "x" * 1500


class Loud(logging.Handler):
    """Warnings of the library are faults here."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


def worker(
    cache: Cache,
    name: str,
    until: float,
    seed: int,
    seen: "Counter[str]",
    last: dict[str, str],
    *,
    steady: bool,
) -> None:
    """Values say who wrote them and with which number; metadata has to say the same number. Where all are
    steady nothing expires, and what was written once is there from then on."""
    dice, number, written = random.Random(seed), 0, dict[str, int]()
    while time.monotonic() < until:
        key = dice.choice(KEYS)
        if dice.random() < 0.4:
            number += 1
            body = BODY[: dice.randrange(1500)]
            value: JSONValue = {"key": key, "by": name, "number": number, "body": body}
            ttl = None if steady else dice.choice((0.02, 0.2, 60.0, None))
            result = cache.set(key, value, ttl=ttl, usage=Usage(request_tokens=number))
            seen[f"set {result.name}"] += 1
            last[key], written[key] = f"{name}/{number}", number
        else:
            hit = cache.get(key)
            if hit is None:
                seen["miss"] += 1
                seen["missed"] += steady and key in written
                continue
            seen["hit"] += 1
            found: Any = hit.value
            if found["key"] != key or hit.metadata.request_tokens != found["number"]:
                seen["torn"] += 1
            if found["by"] == name and found["number"] < written.get(key, 0):
                seen["lost"] += 1


def sweeper(cache: Cache, role: str, until: float, seen: "Counter[str]") -> None:
    while time.monotonic() < until:
        if role == "expirer":
            report = cache.expire()
        elif role == "evictor":
            report = cache.evict(to_bytes=3 * (2048 if cache.backend == "sqlite" else 8192))
        else:
            time.sleep(0.1)
            report = cache.clear()
        seen[role] += report.removed.entries
        seen["trouble"] += len(report.troubles)
        time.sleep(0.01)


def main(config: dict[str, Any], role: str, seconds: float, seed: int) -> dict[str, Any]:
    loud = Loud()
    logging.getLogger("cachemgr.responses").addHandler(loud)
    cache, until, seen = open_cache(config), time.monotonic() + seconds, Counter[str]()
    lasts: list[dict[str, str]] = [{}, {}]
    if role in ("worker", "steady"):
        threads = [
            threading.Thread(
                target=worker,
                args=(cache, f"{os.getpid()}.{n}", until, seed * 2 + n, seen, lasts[n]),
                kwargs={"steady": role == "steady"},
            )
            for n in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    else:
        sweeper(cache, role, until, seen)
    cache.close()
    return {"seen": seen, "last": lasts, "said": loud.said}


if __name__ == "__main__":
    found = main(json.loads(sys.argv[1]), sys.argv[2], float(sys.argv[3]), int(sys.argv[4]))
    print(json.dumps(found))
