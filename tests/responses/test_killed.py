"""Writers that are killed at any moment: what they finished is there, what they left is found and mended."""

import random
import re
import sys
import threading
from collections import Counter
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from cachemgr.responses import open_cache
from tests.architecture.source import ROOT
from tests.responses.killed import KEYS, key_of

PAIR = re.compile(r"[0-9a-f]{64}\.(json|meta\.json)")


def one_life(root: Path, seed: int, committed: dict[int, int], backend: str = "file") -> set[int]:
    """Start a writer, kill it after a moment. Notes what it finished; returns the keys it was at work on."""
    argv = [sys.executable, "-m", "tests.responses.killed", str(root), str(seed), backend]
    writer = Popen(argv, cwd=ROOT, stdout=PIPE, stderr=PIPE)
    assert writer.stdout is not None
    assert writer.stderr is not None
    first = writer.stdout.readline()
    assert first, writer.stderr.read()
    timer = threading.Timer(random.Random(seed).uniform(0.0, 0.15), writer.kill)
    timer.start()
    lines = [first, *writer.stdout.readlines()]
    writer.wait()
    timer.join()
    writer.stdout.close()
    writer.stderr.close()
    begun: set[int] = set()
    for line in lines:
        if line.endswith(b"\n"):
            sign, number, count = line.split()
            if sign == b"+":
                committed[int(number)] = int(count)
                begun.discard(int(number))
            else:
                begun.add(int(number))
    return begun


def check(root: Path, committed: dict[int, int], begun: set[int]) -> "Counter[str]":
    seen = Counter[str]()
    config = {"cache_dir": str(root), "cleanup_interval_seconds": 0}
    with open_cache(config) as cache:
        for number, count in committed.items():
            hit = cache.get(key_of(number))
            if hit is None:
                # Only of an answer that was being replaced may nothing be left.
                seen["missed"] += 1
                seen["lost"] += number not in begun
                continue
            assert isinstance(hit.value, dict)
            assert hit.value["number"] == number
            assert hit.metadata.request_tokens == hit.value["count"]
            seen["readable"] += 1
            seen["lost"] += number not in begun and hit.value["count"] != count
        leftovers = {str(path.relative_to(root)) for path in strangers(root)}
        found = {finding.item for finding in cache.verify().findings}
        seen["leftovers"] += len(leftovers)
        seen["overlooked"] += len({name for name in leftovers if not _mentioned(name, found)})
        assert cache.verify(repair=True).sound
        seen["left after repair"] += len(strangers(root)) + len(cache.verify().findings)
    return seen


def strangers(root: Path) -> list[Path]:
    """Files in shards that are no half of a whole pair."""
    names = set(root.glob("??/*")) | set(root.glob("??/.*"))
    pairs = {path.name.split(".")[0] for path in names if path.name.endswith(".meta.json")}
    whole = {key for key in pairs if root.joinpath(key[:2], f"{key}.json").exists()}
    return [path for path in names if not PAIR.fullmatch(path.name) or path.name.split(".")[0] not in whole]


def _mentioned(name: str, found: set[str]) -> bool:
    return name in found or any(name.startswith(f"{item}.") for item in found)


def lives(root: Path, number: int) -> "Counter[str]":
    seen, committed = Counter[str](), dict[int, int]()
    for seed in range(number):
        begun = one_life(root, seed, committed)
        seen.update(check(root, committed, begun))
        for key in begun:
            committed.pop(key, None)
    return seen


def test_what_was_finished_is_there_and_what_was_left_is_mended(tmp_path: Path) -> None:
    seen = lives(tmp_path / "cache", 12)
    assert not seen["lost"] + seen["overlooked"] + seen["left after repair"], seen
    assert seen["readable"] > KEYS, seen


@pytest.mark.soak
def test_two_hundred_lives(tmp_path: Path) -> None:
    seen = lives(tmp_path / "cache", 200)
    assert not seen["lost"] + seen["overlooked"] + seen["left after repair"], seen
    assert seen["leftovers"] > 0, seen
