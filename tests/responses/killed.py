"""A program for `test_killed`: writes as fast as it can until somebody kills it, and says what it finished.

python -m tests.responses.killed DIRECTORY SEED [BACKEND]
"""

import os
import random
import sys
import threading

from cachemgr.responses import Cache, JSONValue, Usage, open_cache

KEYS = 200


def key_of(number: int) -> str:
    return f"key {number}"


def write(cache: Cache, seed: int, numbers: range) -> None:
    """Each thread has keys of its own, so that the last one it named is the last one there was."""
    dice, count = random.Random(seed), 0
    while True:
        count += 1
        number = dice.choice(numbers)
        value: JSONValue = {"number": number, "count": count, "body": "x" * dice.randrange(6000)}
        os.write(1, f"- {number} {count}\n".encode())
        if cache.set(key_of(number), value, ttl=None, usage=Usage(count)):
            os.write(1, f"+ {number} {count}\n".encode())


def main(directory: str, seed: int, backend: str = "file") -> None:
    cache = open_cache({"cache_dir": directory, "backend": backend, "cleanup_interval_seconds": 1})
    for half in range(2):
        numbers = range(half, KEYS, 2)
        threading.Thread(target=write, args=(cache, seed * 2 + half, numbers)).start()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
