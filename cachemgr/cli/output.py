"""The one sink: lines, tables and documents on standard output, remarks on standard error.

What comes from outside has passed `display_name` before it gets here; a stream that cannot draw a
character gets an escape, and one that nobody reads any more ends the writing and not the work.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TextIO

import click

from cachemgr.present.document.values import encode
from cachemgr.present.text import Tier, cells, glyph, middle, pasteable, size

_COLOURS = {
    Tier.REBUILDS: "green",
    Tier.DOWNLOADS: "blue",
    Tier.COSTS: "yellow",
    Tier.UNIQUE: "red",
    Tier.LEGACY: "magenta",
    Tier.PROTECTED: "bright_black",
}
_GAP = "  "
_READABLE, _NARROWEST = 28, 12
"""Columns that a shrinking field keeps while others can be dropped, and those it keeps in any case."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    title: str
    right: bool = False
    shrinks: bool = False
    """It gives way, in its middle, when the terminal is narrow."""
    drops: bool = False
    """It is left out when shrinking alone would leave too little; the rightmost first."""


class Output:
    """Where a command writes. `color` is `auto`, `always` or `never`."""

    def __init__(
        self, out: TextIO, err: TextIO, *, color: str = "auto", no_color: bool = False, si: bool = False
    ) -> None:
        self.out = out
        self.err = err
        self.si = si
        self.ascii = not (getattr(out, "encoding", None) or "").lower().startswith("utf")
        self._color = color
        self._no_color = no_color
        self._closed = False
        self.invocation: tuple[str, ...] = ()
        """What commands begin with that a line names in backticks."""
        self.unwritten: OSError | None = None
        """Why standard output did not take everything; None for a reader who left, which is their choice."""

    def line(self, text: str = "", *, err: bool = False) -> None:
        """A line that may hold styles; they are dropped where colour is off."""
        self._write(pasteable(text, self.invocation), self.err if err else self.out)

    def document(self, document: Mapping[str, object], *, indent: int | None = 2) -> None:
        self._write(encode(document, indent=indent), self.out)

    def exact(self, text: str) -> None:
        """Text for a program, to the byte: names that are no text and line ends as they are."""
        self._write(os.fsencode(text), self.out, nl=False)

    def colored(self, stream: TextIO) -> bool:
        if self._color != "auto":
            return self._color == "always"
        return stream.isatty() and not self._no_color

    def size(self, count: int | None) -> str:
        return size(count, self.si)

    def glyph(self, tier: Tier) -> str:
        return click.style(glyph(tier, ascii=self.ascii), fg=_COLOURS[tier])

    def dash(self) -> str:
        """What stands for nothing."""
        return "-" if self.ascii else "—"

    def table(self, columns: Sequence[Column], rows: Sequence[Sequence[str]], *, err: bool = False) -> None:
        """Aligned columns; on a terminal some shrink or are left out to make them fit."""
        widths = [
            max([cells(column.title), *(cells(click.unstyle(row[i])) for row in rows)])
            for i, column in enumerate(columns)
        ]
        stream = self.err if err else self.out
        shown = list(range(len(columns)))
        if stream.isatty():
            shown = _fit(columns, widths, _terminal_width())
        titles = [click.style(column.title, bold=True) if column.title else "" for column in columns]
        for row in (titles, *rows):
            fields = [self._field(row[i], columns[i], widths[i]) for i in shown]
            self.line(_GAP.join(fields).rstrip(), err=err)
        if missing := [column.title for i, column in enumerate(columns) if i not in shown]:
            self.line(f"(no room for {', '.join(missing)})", err=err)

    def _field(self, text: str, column: Column, width: int) -> str:
        plain = click.unstyle(text)
        if cells(plain) > width:
            text = plain = middle(plain, width, ellipsis="..." if self.ascii else "…")
        padding = " " * (width - cells(plain))
        return padding + text if column.right else text + padding

    def _write(self, text: str | bytes, stream: TextIO, *, nl: bool = True) -> None:
        if self._closed and stream is self.out:
            return
        try:
            click.echo(text, file=stream, color=self.colored(stream), nl=nl)
        except OSError as error:
            self._closed = stream is self.out
            if not isinstance(error, BrokenPipeError):
                self.unwritten = error
            silence(stream)


def silence(stream: TextIO) -> None:
    """Send what is still buffered for a reader who left to nowhere, so that exiting says nothing either."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return


def _terminal_width() -> int:
    import shutil  # click has it loaded, and nothing but a terminal needs it

    return shutil.get_terminal_size().columns


def _fit(columns: Sequence[Column], widths: list[int], room: int) -> list[int]:
    """Which columns to show. The widths of those that shrink are changed in place, the widest first."""
    shown = list(range(len(columns)))

    def least(i: int) -> int:
        return min(widths[i], _READABLE) if columns[i].shrinks else widths[i]

    def excess(width: Callable[[int], int]) -> int:
        return sum(map(width, shown)) + len(_GAP) * (len(shown) - 1) - room

    while excess(least) > 0 and (droppable := [i for i in shown if columns[i].drops]):
        shown.remove(droppable[-1])
    while (over := excess(widths.__getitem__)) > 0:
        widest = max((i for i in shown if columns[i].shrinks), key=widths.__getitem__, default=None)
        if widest is None or widths[widest] <= _NARROWEST:
            break
        widths[widest] -= min(over, max(widths[widest] - _READABLE, 1))
    return shown
