"""A pseudo-terminal that a program runs on, and everything the program wrote to it."""

import base64
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.adversary.names import HOSTILE
from tests.adversary.stage import Stage
from tests.adversary.visit import raw, settings

_STYLE = re.compile(rb"\x1b\[[0-9;]*m|\r\x1b\[K")
"""What our own command line says to a terminal: colours, and the line of progress that is written over."""
_MOVES = re.compile(r"\x1b\[[0-9;?<>=]*[A-Za-z]")
_TURNING = re.compile("[\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


@dataclass
class Terminal:
    """One end of it. What the program wrote is kept as it came."""

    handle: int
    process: subprocess.Popen[bytes]
    seen: bytearray = field(default_factory=bytearray)

    def read(self, *, until: bytes = b"", quiet: float = 0.12, seconds: float = 30) -> bytes:
        """What is written from now until some bytes are; else until nothing is for a while after something
        was, or after longer in which nothing was; in any case to the end. Keys that come early wait."""
        start, begun = len(self.seen), time.monotonic()
        last = begun
        while time.monotonic() < begun + seconds and not (until and until in self.seen[start:]):
            if select.select([self.handle], [], [], 0.05)[0]:
                try:
                    piece = os.read(self.handle, 1 << 16)
                except OSError:
                    break
                if not piece:
                    break
                self.seen += piece
                last = time.monotonic()
            elif until:
                continue
            elif time.monotonic() > last + (quiet if len(self.seen) > start else 0.6):
                break
        return bytes(self.seen[start:])

    def type(self, keys: bytes, *, until: bytes = b"") -> bytes:
        """Press keys, and what came of it."""
        os.write(self.handle, keys)
        return self.read(until=until)


@contextmanager
def terminal(stage: Stage, *arguments: str, size: tuple[int, int] = (120, 40)) -> Iterator[Terminal]:
    """The program in the project, on a terminal of its own with so many columns and rows."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    environment = settings(stage) | {"TERM": "xterm-256color", "TEXTUAL_ANIMATIONS": "none"}
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "cachemgr", *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=stage.project,
        env=environment,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield Terminal(ours, process)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        os.close(ours)


def strange(said: bytes) -> list[str]:
    """What no program of ours writes, and no name may: names as they are on the disk, marks that turn the
    direction of writing, C1 controls, bytes that are no text."""
    found = [f"raw: {bare!r}" for bare in raw(said)]
    try:
        text = said.decode()
    except UnicodeDecodeError as error:
        return [*found, f"no text: {said[error.start - 20 : error.end + 20]!r}"]
    found += [f"turns: {match[0]!r}" for match in _TURNING.finditer(text)]
    found += [f"C1: {ord(char):x}" for char in text if 0x80 <= ord(char) <= 0x9F]
    for command in re.findall(r"\x1b[\]P_^X]([^\x07\x1b]*)", text):
        if command.startswith("52;c;"):
            # What the app puts into the clipboard, when it is asked to, will be pasted into a shell.
            copied = base64.b64decode(command[5:])
            found += [f"copied: {copied!r}"] if controls(copied) or raw(copied) else []
        elif not command.startswith("22;"):  # the shape of the mouse's pointer
            found.append(f"OSC, DCS or the like: {command!r}")
    return found


def controls(said: bytes) -> bytes:
    """The control characters in what a command printed that are no colours, no ends of lines and no line of
    progress."""
    return bytes(char for char in _STYLE.sub(b"", said).replace(b"\r\n", b"") if char < 0x20 or char == 0x7F)


def unseen(said: bytes) -> list[str]:
    """Which hostile names have not been on the screen in their visible form."""
    text = _MOVES.sub("", said.decode())
    return [hostile.mark for hostile in HOSTILE if hostile.shown and hostile.shown not in text]
