"""The one sink: lines, tables and documents on standard output, remarks on standard error.

What comes from outside has passed `display_name` before it gets here; a stream that cannot draw a
character gets an escape, and one that nobody reads any more ends the writing and not the work.
"""

import os
from collections.abc import Mapping, Sequence
from typing import TextIO

import click

from cachemgr.cli.columns import Column, fit
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

    def bounded(self, *, err: bool) -> bool:
        """Whether lines end somewhere, so that a table may have to give way."""
        return (self.err if err else self.out).isatty()

    def ellipsis(self) -> str:
        """What stands for what was left out of a name."""
        return "..." if self.ascii else "…"

    def table(self, columns: Sequence[Column], rows: Sequence[Sequence[str]], *, err: bool = False) -> None:
        """Aligned columns; on a terminal some shrink or are left out to make them fit."""
        forms = [
            [tuple(row[i] for row in rows), *column.shorter, *([column.bare] if column.bare else [])]
            for i, column in enumerate(columns)
        ]
        widths = [
            [
                max([cells(column.title), *(cells(click.unstyle(field)) for field in form)])
                for form in forms[i]
            ]
            for i, column in enumerate(columns)
        ]
        stream = self.err if err else self.out
        room = _terminal_width() if stream.isatty() else None
        taken = fit(columns, widths, room, gap=len(_GAP))
        for number in range(-1, len(rows)):
            fields = []
            for i, (form, width) in taken.items():
                column = columns[i]
                if number < 0:
                    field = click.style(column.title, bold=True) if column.title else ""
                else:
                    field = forms[i][form][number]
                fields.append(self._field(field, column, width))
            self.line(_GAP.join(fields).rstrip(), err=err)
        if missing := [column.title for i, column in enumerate(columns) if i not in taken]:
            self.line(f"(no room for {', '.join(missing)})", err=err)

    def _field(self, text: str, column: Column, width: int) -> str:
        plain = click.unstyle(text)
        if cells(plain) > width:
            text = plain = middle(plain, width, ellipsis=self.ellipsis())
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
