"""Many processes and threads on the same few keys, with an expirer, an evictor and a clear beside them."""

import json
import sys
from collections import Counter
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import pytest

from cachemgr.responses import open_cache
from tests.architecture.source import ROOT
from tests.responses.hammer import KEYS

ROLES = ("worker", "worker", "worker", "worker", "expirer", "evictor", "clearer")


def hammered(config: dict[str, Any], seconds: float, roles: tuple[str, ...] = ROLES) -> "Counter[str]":
    """What all saw together, and under `wrong` what nobody may see."""
    argv = [sys.executable, "-m", "tests.responses.hammer", json.dumps(config)]
    running = [
        Popen([*argv, role, str(seconds), str(seed)], cwd=ROOT, stdout=PIPE, stderr=PIPE, text=True)
        for seed, role in enumerate(roles)
    ]
    seen, last, said = Counter[str](), Counter[str](), list[str]()
    for process in running:
        out, err = process.communicate(timeout=seconds + 60)
        assert process.returncode == 0, err[-2000:]
        found = json.loads(out)
        seen.update(found["seen"])
        said += found["said"]
        last.update(f"{key} {value}" for one in found["last"] for key, value in one.items())
    assert not err, err[-2000:]
    assert not said
    with open_cache(config) as cache:
        for key in KEYS:
            if (hit := cache.get(key)) is not None:
                assert isinstance(hit.value, dict)
                seen["kept"] += 1
                seen["lost"] += f"{key} {hit.value['by']}/{hit.value['number']}" not in last
        seen["wrong"] = sum(seen[name] for name in ("torn", "lost", "missed", "trouble", "set FAILED"))
        assert not cache.verify().findings
    return seen


def config(root: Path) -> dict[str, Any]:
    return {"cache_dir": str(root / "cache"), "max_cache_size_mb": None, "cleanup_interval_seconds": 1}


def test_nothing_is_torn_lost_or_raised(tmp_path: Path) -> None:
    seen = hammered(config(tmp_path), 3)
    assert not seen["wrong"], seen
    assert min(seen["hit"], seen["set STORED"], seen["evictor"], seen["clearer"]) > 0, seen


def test_without_sweepers_every_key_is_always_there_with_somebodys_answer(tmp_path: Path) -> None:
    seen = hammered(config(tmp_path), 2, ("steady",) * 4)
    assert not seen["wrong"], seen
    assert seen["kept"] > 0


@pytest.mark.soak
def test_nothing_is_torn_lost_or_raised_in_a_minute(tmp_path: Path) -> None:
    seen = hammered(config(tmp_path), 60)
    assert not seen["wrong"], seen
