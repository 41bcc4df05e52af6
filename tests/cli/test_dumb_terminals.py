"""On a real terminal: one that only prints gets neither colours nor the app, a narrow one no second line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cachemgr.cli.progress import ProgressLine
from tests.cli.conftest import ROOT

pty = pytest.importorskip("pty", reason="terminals of POSIX")


def on_terminal(*arguments: str, term: str, cwd: Path) -> tuple[int, str]:
    """The exit code, and everything that the terminal was sent."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "cachemgr", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": term},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    sent = b""
    try:
        while part := os.read(ours, 65536):
            sent += part
    except OSError:
        pass  # Linux: the other side is closed
    os.close(ours)
    return child.wait(60), sent.decode()


def test_a_dumb_terminal_gets_the_status_of_a_demo_without_colours(tmp_path: Path) -> None:
    code, sent = on_terminal("demo", "--dir", "try", term="dumb", cwd=tmp_path)

    assert code == 0
    assert "huggingface-hub@home" in sent
    assert "\x1b" not in sent
    assert "\x1b" in on_terminal("types", term="xterm", cwd=tmp_path)[1]
    assert "\x1b" not in on_terminal("types", term="dumb", cwd=tmp_path)[1]


def test_the_line_of_progress_fits_its_own_terminal() -> None:
    import fcntl
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 15, 40, 0, 0))
    with open(theirs, "w", encoding="utf-8") as stream:
        line = ProgressLine(stream, shown=True)
        line.show("Scanning " + "x" * 200)
        sent = os.read(ours, 4096).decode()
    os.close(ours)

    assert len(sent.removeprefix("\r\x1b[K")) == 39
