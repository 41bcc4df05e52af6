"""A program for `test_beginnings`: several threads store into a directory that is not there yet, at the same
moment as other processes.

python -m tests.responses.beginner BACKEND; each line of its input is a directory and a moment
"""

import json
import logging
import os
import sys
import threading
import time

from cachemgr.responses import Cache, open_cache
from tests.responses.hammer import Loud

THREADS = 4


def store_at(moment: float, cache: Cache, key: str, seen: list[str]) -> None:
    while time.time() < moment:
        pass
    stored = cache.set(key, key)
    hit = cache.get(key)
    seen.append(stored.name if hit is not None and hit.value == key else "lost")


def main() -> None:
    loud = Loud()
    logging.getLogger("cachemgr.responses").addHandler(loud)
    print("ready", flush=True)
    for line in sys.stdin:
        directory, moment = json.loads(line)
        seen: list[str] = []
        with open_cache(
            {"cache_dir": directory, "backend": sys.argv[1], "cleanup_interval_seconds": 0}
        ) as cache:
            threads = [
                threading.Thread(target=store_at, args=(moment, cache, f"{os.getpid()} {number}", seen))
                for number in range(THREADS)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        print(json.dumps({"seen": seen, "said": loud.said}), flush=True)
        loud.said.clear()


if __name__ == "__main__":
    main()
