"""INT, TERM and HUP stop between two steps; a second one at once; a reader who leaves stops nothing."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.builders import fingerprint
from tests.cli.conftest import ROOT, Program

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")

MORE = 700


@pytest.fixture
def tmdb(caches: Path) -> Path:
    """A cache with many entries, so that a run that nobody listens to stands still in its middle."""
    place = caches / "out" / "tmdb"
    for number in range(MORE):
        (place / f"more_{number}.json").write_text("{}")
    return place


def inside(place: Path) -> dict[str, object]:
    """What is in a directory; its own times nobody can vouch for once a run was cut short."""
    return {name: facts for name, facts in fingerprint(place).items() if name != "."}


def start(caches: Path, *options: str) -> tuple["subprocess.Popen[bytes]", str]:
    """A run that has done something, and its id. Nobody reads its lines from here on."""
    child = subprocess.Popen(
        # Forced: where some process cannot be looked at, what costs money would stay.
        [
            sys.executable,
            "-m",
            "cachemgr",
            "clear",
            "tmdb",
            "--yes",
            "--force",
            "in-use",
            "--events",
            *options,
        ],
        cwd=caches,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout is not None
    lines = [json.loads(child.stdout.readline()) for _ in range(60)]
    return child, lines[0]["run"]


def still(child: "subprocess.Popen[bytes]") -> None:
    """Wait until it works no more: it stands before the full pipe."""
    found, before = psutil.Process(child.pid), None
    while before != (now := found.cpu_times()[:2]):
        before = now
        time.sleep(0.4)


@pytest.mark.parametrize(
    ("disposal", "number"),
    [
        ("--delete", signal.SIGINT),
        ("--quarantine", signal.SIGTERM),
        ("--quarantine", getattr(signal, "SIGHUP", signal.SIGTERM)),
        pytest.param("--quarantine", signal.SIGINT, marks=pytest.mark.soak),
        pytest.param("--delete", signal.SIGTERM, marks=pytest.mark.soak),
        pytest.param("--delete", getattr(signal, "SIGHUP", signal.SIGTERM), marks=pytest.mark.soak),
    ],
)
def test_one_signal_stops_between_steps_and_ends_the_record(
    disposal: str, number: signal.Signals, caches: Path, tmdb: Path, process: Program
) -> None:
    before = inside(tmdb)
    child, _ = start(caches, disposal)
    child.send_signal(number)
    out, err = child.communicate(timeout=60)
    last = json.loads(out.splitlines()[-1])
    assert (child.returncode, last["event"]) == (130, "run-finished")
    assert b"stopped between steps" in err
    left = {name: facts for name, facts in inside(tmdb).items() if not name.startswith(".cachemgr")}
    assert left.items() <= before.items()
    assert 0 < len(left) < len(before)
    assert json.loads(process("history", "--json").out)["runs"][0]["state"] == "finished"
    assert json.loads(process("recover", "--json").out)["runs"] == []
    if disposal == "--quarantine":
        assert process("undo", "--yes").code == 0
        assert inside(tmdb) == before
    else:
        assert not list(tmdb.glob(".cachemgr*"))


@pytest.mark.parametrize(
    ("second", "wish"),
    [
        (signal.SIGINT, "--finish"),
        (signal.SIGTERM, "--rollback"),
        pytest.param(signal.SIGINT, "--rollback", marks=pytest.mark.soak),
        pytest.param(signal.SIGTERM, "--finish", marks=pytest.mark.soak),
    ],
)
def test_a_second_signal_stops_at_once_and_the_run_is_recovered(
    second: signal.Signals, wish: str, caches: Path, tmdb: Path, process: Program
) -> None:
    before = inside(tmdb)
    child, run = start(caches, "--quarantine")
    child.send_signal(signal.SIGINT)
    still(child)  # it waits for a reader then, and has taken note of what it was asked first
    child.send_signal(second)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert f"cachemgr recover {run}" in err.decode()
    assert b"Traceback" not in err
    (told,) = json.loads(process("recover", "--json").out)["runs"]
    assert told["id"] == run
    assert told["counts"]["done"] > 0
    assert process("recover", run, wish, "--yes").code == 0
    if wish == "--rollback":
        assert inside(tmdb) == before
    else:
        assert [name for name in os.listdir(tmdb) if not name.startswith(".cachemgr")] == []


@pytest.mark.parametrize("disposal", ["--delete", "--quarantine"])
def test_a_reader_who_leaves_stops_nothing_and_the_record_is_complete(
    disposal: str, caches: Path, tmdb: Path, process: Program
) -> None:
    child, run = start(caches, disposal)
    assert child.stdout is not None
    child.stdout.close()
    assert child.wait(timeout=60) == 0
    assert child.stderr is not None
    with child.stderr:
        assert child.stderr.read() == b""
    assert [name for name in os.listdir(tmdb) if not name.startswith(".cachemgr")] == []
    (told,) = json.loads(process("history", run, "--json").out)["runs"]
    assert (told["state"], told["totals"]["done"], len(told["outcomes"])) == ("finished", MORE + 3, MORE + 3)
