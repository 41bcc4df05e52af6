"""What a full-screen program owes its terminal: to have one, to give it back, to send it nothing strange."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import Callable

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

STRANGE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Controls, marks that turn the direction of writing, and halves of characters."""
ENDINGS = {"SIGINT": 130, "SIGTERM": 143, "SIGHUP": 129}
"""Signals that end the program, with its exit code."""


class Scrub(LineFilter):
    """The net below `display_name`: what it should have made visible never reaches the terminal."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            Segment(STRANGE.sub("?", text), style, control) if not control and STRANGE.search(text) else piece
            for piece in segments
            for text, style, control in (piece,)
        ]


def is_usable(term: str) -> bool:
    """Whether there is a person at a terminal that can draw. Textual draws on standard error."""
    streams = (sys.__stdin__, sys.__stderr__)
    return term != "dumb" and all(stream is not None and stream.isatty() for stream in streams)


def speaks_utf8() -> bool:
    """Whether standard error can carry box-drawing characters."""
    encoding = getattr(sys.__stderr__, "encoding", None) or ""
    return encoding.lower().replace("-", "") == "utf8"


def on_signals(stop: Callable[[int], None]) -> None:
    """Call `stop` with the exit code when a signal asks the program to end, so that the screen is restored.

    Does nothing where the event loop cannot watch signals (Windows), or outside of the main thread.
    """
    loop = asyncio.get_running_loop()
    for name, code in ENDINGS.items():
        number = getattr(signal, name, None)
        try:
            if number is not None:
                loop.add_signal_handler(number, stop, code)
        except (NotImplementedError, RuntimeError, ValueError):
            return


def parent_is_gone(parent: int) -> bool:
    """Whether the process that started us has ended, so that nobody looks at the screen any more."""
    return os.name == "posix" and os.getppid() != parent
