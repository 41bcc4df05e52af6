"""Several processes of several threads begin a cache at the same moment.

A file that one thread made and closed took away the locks that SQLite had on it for another: then all waited
for each other, or one deleted another's journal (two in three hundred times).
"""

import json
import sys
import time
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from tests.architecture.source import ROOT
from tests.responses.beginner import THREADS

PROCESSES = 3


def begin_many(backend: str, room: Path, times: int) -> None:
    argv = [sys.executable, "-m", "tests.responses.beginner", backend]
    running = [Popen(argv, cwd=ROOT, stdin=PIPE, stdout=PIPE, text=True) for _ in range(PROCESSES)]
    try:
        for process in running:
            assert process.stdout
            assert process.stdout.readline()
        for number in range(times):
            for process in running:
                assert process.stdin
                process.stdin.write(json.dumps([str(room / str(number)), time.time() + 0.02]) + "\n")
                process.stdin.flush()
            for process in running:
                assert process.stdout
                assert json.loads(process.stdout.readline()) == {"seen": ["STORED"] * THREADS, "said": []}
    finally:
        for process in running:
            process.communicate(timeout=60)


@pytest.mark.parametrize("backend", ["file", "sqlite"])
def test_all_store_into_what_was_not_there(backend: str, tmp_path: Path) -> None:
    begin_many(backend, tmp_path, 20)


@pytest.mark.soak
@pytest.mark.parametrize("backend", ["file", "sqlite"])
def test_all_store_into_what_was_not_there_a_thousand_times(backend: str, tmp_path: Path) -> None:
    begin_many(backend, tmp_path, 1000)
