"""The terminal is given back whatever happens, gets nothing strange, and is never taken where none is."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from cachemgr.tui.terminal import Scrub, is_usable
from tests.builders import tree

ROOT = Path(__file__).parent.parent.parent
posix = pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals and these signals are POSIX")
RESTORED = b"\x1b[?1049l"
"""Leaves the alternate screen."""


@contextmanager
def started(
    home: Path, *arguments: str, program: tuple[str, str] = ("-m", "cachemgr"), **env: str
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The program on a terminal of its own, 100x30, in a session of its own."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    clean = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "SSH_CONNECTION")}
    process = subprocess.Popen(
        [sys.executable, *program, "--home", str(home), *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=home,
        env=clean | {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"} | env,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield process, ours
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        os.close(ours)


def read_until(ours: int, wanted: bytes, seconds: float = 20) -> bytes:
    """What the program wrote up to some bytes, or until its end."""
    found = b""
    end = time.monotonic() + seconds
    while wanted not in found and time.monotonic() < end:
        ready, _, _ = select.select([ours], [], [], 0.2)
        if ready:
            try:
                piece = os.read(ours, 65536)
            except OSError:
                break
            if not piece:
                break
            found += piece
    return found


@posix
@pytest.mark.parametrize(("number", "code"), [("SIGTERM", 143), ("SIGHUP", 129), ("SIGINT", 130)])
def test_a_signal_restores_the_screen_and_says_which_it_was(number: str, code: int, home: Path) -> None:
    with started(home) as (process, ours):
        assert b"Overview" in read_until(ours, b"scanned")

        process.send_signal(getattr(signal, number))

        assert RESTORED in read_until(ours, RESTORED)
        read_until(ours, b"\x00never", 2)
        assert process.wait(10) == code


@posix
def test_q_leaves_and_the_code_is_zero(home: Path) -> None:
    with started(home) as (process, ours):
        assert b"Overview" in read_until(ours, b"scanned")

        os.write(ours, b"q")

        assert RESTORED in read_until(ours, RESTORED)
        read_until(ours, b"\x00never", 2)
        assert process.wait(10) == 0


@posix
def test_no_name_writes_to_the_terminal(home: Path) -> None:
    tree(
        home / ".cache" / "torch" / "hub" / "checkpoints",
        {"\x1b]0;stolen\x07.pth": "x", "\u202egnp.pth": "y"},
    )
    with started(home) as (_process, ours):
        shown = read_until(ours, b"scanned")
        for key in (b"2", b"l", b"j", b"l", b"j", b"i"):
            os.write(ours, key)
            shown += read_until(ours, b"\x00never", 0.4)
        os.write(ours, b"\x1b")
        read_until(ours, b"\x00never", 0.4)
        os.write(ours, b"q")
        shown += read_until(ours, RESTORED)

    assert b"stolen" in shown
    assert b"\x1b]0;stolen" not in shown
    assert "\u202e".encode() not in shown


@posix
def test_without_a_terminal_nothing_is_drawn(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from tests.tui.ada import ada; from cachemgr.tui.app import run; "
         "sys.exit(run(ada()))"],
        cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False,
    )  # fmt: skip

    assert done.returncode == 2
    assert b"\x1b" not in done.stdout + done.stderr
    assert b"cachemgr status" in done.stderr


def test_a_dumb_terminal_is_no_terminal() -> None:
    assert not is_usable("dumb")


@pytest.mark.parametrize("strange", ["\x1b", "\x07", "\x9b", "\x00", "\u202e", "\u2066", "\udcff", "\x7f"])
def test_the_net_catches_what_should_have_been_made_visible(strange: str) -> None:
    style = Style(bold=True)

    (caught,) = Scrub().apply([Segment(f"a{strange}b", style)], Color(0, 0, 0))

    assert caught == Segment("a?b", style)


def test_the_net_lets_everything_else_through() -> None:
    segments = [Segment("ä 日本 ═●"), Segment("\x1b[2J", None, [])]

    assert Scrub().apply(segments, Color(0, 0, 0))[0] == segments[0]


BROKEN = """
import sys
from cachemgr.__main__ import main
from cachemgr.tui.screens.overview import OverviewScreen
OverviewScreen.draw = lambda self: {}['a\\x1b[31mb']
sys.exit(main())
"""


@posix
@pytest.mark.parametrize("words", [(), ("-v",)])
def test_of_a_bug_there_is_a_sentence_and_a_traceback_only_if_asked(
    words: tuple[str, ...], home: Path
) -> None:
    with started(home, *words, program=("-c", BROKEN)) as (process, ours):
        said = read_until(ours, b"nothing like it")

        assert process.wait(20) == 1
        after = said[said.rindex(RESTORED) :]
        assert (b"cachemgr: a bug: KeyError" in after) is not bool(words)
        assert (b"Traceback (most recent call last)" in after) is bool(words)
        assert b"\x1b[31m" not in after
        assert "╭".encode() not in after
