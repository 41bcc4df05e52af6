"""What only shows between processes: terminals, pipes, encodings, signals."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.builders import fingerprint
from tests.cli.conftest import ROOT, Program

posix = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")


def test_a_reader_who_leaves_early_is_no_error(process: Program, caches: Path) -> None:
    shell = f"{sys.executable} -m cachemgr ls --json | head -c 1"
    done = subprocess.run(
        ["sh", "-c", shell] if sys.platform != "win32" else [sys.executable, "-c", ""],
        cwd=caches,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )

    assert done.stderr == b""


def test_a_closed_pipe_does_not_end_the_work(caches: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as nobody:
        done = subprocess.run(
            [sys.executable, "-m", "cachemgr", "clear", "all", "--yes", "--events"],
            cwd=caches,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=nobody,
            stderr=subprocess.PIPE,
            check=False,
        )

    assert (done.returncode, done.stderr) == (0, b"")
    assert not (caches / "out" / "tmdb" / "movie_1.json").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_report_that_cannot_be_written_is_said(process: Program, caches: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "cachemgr", "status"],
            cwd=caches,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )

    assert done.returncode == 1
    assert done.stderr == b"cachemgr: cannot write to standard output: No space left on device\n"


def test_an_ascii_terminal_gets_ascii(process: Program, caches: Path) -> None:
    (caches / "out" / "tmdb" / "übung.json").write_text("{}")

    for arguments in (("status",), ("ls",), ("clear", "all", "--dry-run")):
        said = process(*arguments, env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
        assert said.code == 0
        assert said.out.isascii()
    assert "\\xfcbung.json" in said.out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), 0),
        (("status",), 0),
        (("clear", "all"), 7),
        (("clear", "nothing-there", "--yes"), 3),
        (("nonsense",), 2),
        (("status", "--config", "/no/such/file"), 2),
    ],
)
def test_exit_codes_are_those_of_the_contract_and_no_traceback_is_shown(
    arguments: tuple[str, ...], code: int, process: Program, caches: Path
) -> None:
    said, as_json = process(*arguments), process(*arguments, "--json") if arguments else process()

    assert (said.code, as_json.code) == (code, code)
    assert "Traceback" not in said.out + said.err + as_json.err


@posix
@pytest.mark.parametrize(
    ("arguments", "answer", "gone"),
    [
        (("clear", "torch-hub"), b"y\n", True),
        (("clear", "torch-hub"), b"\n", False),
        (("clear", "torch-hub"), b"\x04", False),
        (("clear", "tmdb"), b"yes\n", True),
        (("clear", "tmdb", "--delete", "--force", "in-use"), b"y\n", False),
        (("clear", "tmdb", "--delete", "--force", "in-use"), b"delete\n", True),
    ],
)
def test_a_terminal_is_asked_as_seriously_as_it_is_meant(
    arguments: tuple[str, ...], answer: bytes, gone: bool, caches: Path, home: Path
) -> None:
    before = fingerprint(caches), fingerprint(home)

    code, said = on_a_terminal(caches, arguments, answer)

    changed = (fingerprint(caches), fingerprint(home)) != before
    assert (code, changed) == ((0, True) if gone else (1, False)), said


@posix
def test_a_hang_up_while_it_asks_changes_nothing(caches: Path) -> None:
    before = fingerprint(caches)

    code, said = on_a_terminal(caches, ("clear", "tmdb"), b"\x03")

    assert (code, fingerprint(caches)) == (130, before)
    assert b"Traceback" not in said


@posix
def test_a_signal_stops_between_steps_and_the_journal_says_where(caches: Path, process: Program) -> None:
    tmdb = caches / "out" / "tmdb"
    for number in range(900):
        (tmdb / f"more_{number}.json").write_text("{}")
    before = fingerprint(tmdb)
    child = subprocess.Popen(
        [sys.executable, "-m", "cachemgr", "clear", "tmdb", "--yes", "--events"],
        cwd=caches,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout is not None
    first = json.loads(child.stdout.readline())
    # Nobody reads its lines now, so that it cannot have come to its end.
    child.send_signal(signal.SIGTERM)
    out, err = child.communicate(timeout=60)

    last = json.loads(out.splitlines()[-1])
    assert (child.returncode, first["event"], last["event"]) == (130, "run-started", "run-finished")
    assert b"stopped between steps" in err
    # By their names: what was set aside lies in a directory beside them.
    left = len(before.keys() & fingerprint(tmdb).keys()) - 1
    assert 0 < left <= 903
    assert last["done"] == 903 - left
    assert process("history", first["run"]).code == 0
    assert left == 903 or process("undo", "--yes").code == 0
    assert fingerprint(tmdb) == before


def on_a_terminal(where: Path, arguments: tuple[str, ...], answer: bytes) -> tuple[int, bytes]:
    """The exit code and all that a pseudo-terminal saw; the answer is typed once the question is there."""
    import pty

    own, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "cachemgr", *arguments],
        cwd=where,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=_own_terminal,
    )
    os.close(theirs)
    said, deadline, typed = b"", time.monotonic() + 30, False
    while time.monotonic() < deadline:
        if select.select([own], [], [], 0.2)[0]:
            try:
                said += os.read(own, 65536)
            except OSError:
                break
        if not typed and said.rstrip().endswith((b"[y/N]", b"to go on:")):
            os.write(own, answer)
            typed = True
        if child.poll() is not None and not select.select([own], [], [], 0)[0]:
            break
    os.close(own)
    child.kill()
    return child.wait(), said


def _own_terminal() -> None:
    """Make the pseudo-terminal the controlling one, so that ctrl+c is a signal."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.mark.parametrize("keep", [False, True])
def test_the_demo_shows_a_sample_and_leaves_the_real_home_alone(
    keep: bool, process: Program, home: Path, tmp_path: Path
) -> None:
    before = fingerprint(home)
    options = ("--dir", str(tmp_path / "sample")) if keep else ()

    said = process("demo", "--status", *options)

    assert said.code == 0, said.err
    assert "huggingface-hub@home" in said.out
    assert str(home) not in said.out
    assert fingerprint(home) == before
    assert (tmp_path / "sample").exists() is keep
    assert keep or not [path for path in Path(os.environ["TMPDIR"]).iterdir() if "demo" in path.name]
