"""Two writers at once, as two processes: the second is told who the first is, whoever was there before."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from cachemgr.domain.errors import Busy
from cachemgr.execute.lock import writing
from tests.cli.conftest import ROOT

Writer = Callable[..., "subprocess.Popen[bytes]"]

WRITER = """
import sys; from pathlib import Path; from cachemgr.execute.lock import writing
with writing(Path(sys.argv[1]), sys.argv[2]):
    print(flush=True); sys.stdin.read()
"""
SLOW = """
import sys, time; from pathlib import Path; from filelock import FileLock
import cachemgr.execute.lock as lock
with FileLock(Path(sys.argv[1]) / "writer.lock"):
    print(flush=True); time.sleep(0.3)
    import json, os
    print(json.dumps({"pid": os.getpid(), "started": lock._started(os.getpid()), "run": sys.argv[2]}),
          file=open(Path(sys.argv[1]) / "writer.json", "w"), flush=True); sys.stdin.read()
"""
"""One that needs a moment to write down who it is."""


@pytest.fixture
def state(tmp_path: Path) -> Path:
    place = tmp_path / "state"
    place.mkdir(mode=0o700)
    return place


@pytest.fixture
def writer(state: Path) -> Iterator[Writer]:
    """Start a process that writes, until the test ends."""
    with ExitStack() as stack:

        def start(run: str, code: str = WRITER) -> "subprocess.Popen[bytes]":
            argv = [sys.executable, "-c", code, str(state), run]
            child = stack.enter_context(subprocess.Popen(argv, cwd=ROOT, stdin=-1, stdout=-1))
            assert child.stdin is not None
            assert child.stdout is not None
            stack.callback(child.stdin.close)
            assert child.stdout.readline()
            return child

        yield start


def who(state: Path) -> str:
    """What a second writer is told."""
    with pytest.raises(Busy) as caught, writing(state, "second"):
        pass
    return str(caught.value).removeprefix("another cachemgr is writing").partition(";")[0].strip()


def test_the_second_is_told_who_the_first_is(state: Path, writer: Writer) -> None:
    first = writer("run-1")
    assert who(state) == f"(process {first.pid}, run run-1)"


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
@pytest.mark.parametrize("noticed", [True, False])
def test_one_that_was_killed_is_never_named_in_place_of_the_living(
    noticed: bool, state: Path, writer: Writer
) -> None:
    dead = writer("run-1")
    dead.send_signal(signal.SIGKILL)
    if noticed:
        dead.wait()
    else:
        while psutil.Process(dead.pid).status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
    assert json.loads((state / "writer.json").read_text())["pid"] == dead.pid
    living = writer("run-2", SLOW)
    assert who(state) == f"(process {living.pid}, run run-2)"


def test_nobody_is_named_rather_than_the_wrong_one(state: Path, writer: Writer) -> None:
    """Its number is another process's by now: ours."""
    stale = {"pid": os.getpid(), "started": 1.0, "run": "run-1"}
    silent = SLOW.replace("time.sleep(0.3)", "sys.stdin.read()")
    writer("run-2", silent)
    (state / "writer.json").write_text(json.dumps(stale))
    assert who(state) == ""


@pytest.mark.parametrize("wrong", ["", "[]", "{", '{"pid": "x"}', '{"pid": 1, "run": 2, "started": "soon"}'])
def test_what_is_no_name_is_none(wrong: str, state: Path, writer: Writer) -> None:
    writer("run-1")
    (state / "writer.json").write_text(wrong)
    assert who(state) == ""


def test_a_name_from_a_file_is_shown_as_one(state: Path, writer: Writer) -> None:
    first = writer("run-\x1b[31m")
    assert who(state) == f"(process {first.pid}, run run-\\x1b[31m)"


def test_after_the_first_has_gone_the_second_may(state: Path, writer: Writer) -> None:
    first = writer("run-1")
    assert first.stdin is not None
    first.stdin.close()
    first.wait()
    with writing(state, "second"):
        assert json.loads((state / "writer.json").read_text())["pid"] == os.getpid()
    assert not (state / "writer.json").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no process works for a run there")
def test_the_next_writer_waits_for_what_a_killed_one_has_started(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One that does not notice that it is alone.
    code = """
import subprocess, sys; from pathlib import Path; from cachemgr.execute.lock import writing
with writing(Path(sys.argv[1]), sys.argv[2]) as lifeline:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], pass_fds=(lifeline,))
    print(child.pid, flush=True); sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code, str(state), "first"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    ) as first:
        assert first.stdout is not None
        left = psutil.Process(int(first.stdout.readline()))
        first.kill()
    monkeypatch.setattr("cachemgr.execute.lock._PATIENCE", 0.3)

    with pytest.raises(Busy, match="still copying"), writing(state, "second"):
        pass
    left.kill()
    left.wait(10)
    with writing(state, "third"):
        pass
