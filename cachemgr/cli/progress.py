"""How far long work is, on one line of standard error: only on a terminal, and only when it takes a while."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from shutil import get_terminal_size
from time import monotonic
from typing import TextIO

from cachemgr.domain.event import Gauge
from cachemgr.present.text import count, display_name, middle, size

_PATIENCE = 0.3
"""Seconds of work before anything is shown."""
_INTERVAL = 0.1
_WIDTH = 79
_CLEAR = "\r\x1b[K"


class ProgressLine:
    """One line that is written over and taken away at the end."""

    def __init__(self, stream: TextIO, *, shown: bool) -> None:
        self.stream = stream
        self.shown = shown and stream.isatty()
        self._next = monotonic() + _PATIENCE
        self._dirty = False

    def due(self) -> bool:
        """Whether it is time for another look."""
        return self.shown and monotonic() >= self._next

    def show(self, text: str) -> None:
        self._next = monotonic() + _INTERVAL
        self._dirty = True
        # A line that is wider than the terminal goes on in the next, which is not taken away.
        self._write(_CLEAR + middle(text, min(_WIDTH, self._columns() - 1), ellipsis="..."))

    def clear(self) -> None:
        if self._dirty:
            self._dirty = False
            self._write(_CLEAR)

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(self.stream.fileno()).columns or _WIDTH
        except (OSError, ValueError):
            return get_terminal_size().columns

    def _write(self, text: str) -> None:
        try:
            self.stream.write(text)
            self.stream.flush()
        except OSError:
            # Progress that nobody can see is no reason to stop the work.
            self.shown = False


@contextmanager
def scan_gauge(stream: TextIO, *, shown: bool) -> Iterator[Gauge]:
    """A gauge that shows itself where somebody looks; elsewhere a plain one, which costs a scan less."""
    line = ProgressLine(stream, shown=shown)
    if not line.shown:
        yield Gauge()
        return
    try:
        yield _ShownGauge(line)
    finally:
        line.clear()


class _ShownGauge(Gauge):
    __slots__ = ("_line",)

    def __init__(self, line: ProgressLine) -> None:
        super().__init__()
        self._line = line

    def add(self, files: int, size_: int) -> None:
        super().add(files, size_)
        if self._line.due():
            cache = display_name(self.cache or "")
            self._line.show(f"Scanning {cache}: {count(self.files)} files, {size(self.size)}")
