"""Tables fit their terminal, and what identifies a line is the last thing to suffer."""

import io

import click
import pytest

from cachemgr.cli.columns import Column
from cachemgr.cli.output import Output
from cachemgr.present.text import cells

COLUMNS = (
    Column("Id"),
    Column("Size", right=True),
    Column("Used", drops=1),
    Column("Where", shrinks=True),
)
ROWS = [
    ("huggingface-hub@home", "41.8 GiB", "2 h", "~/a/long/way/to/the/place/where/it/is"),
    ("日本語@project", click.style("7 B", bold=True), "61 d", "short"),
]


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def table(width: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(width))
    stream = Terminal()
    Output(stream, io.StringIO(), color="never").table(COLUMNS, ROWS)
    return stream.getvalue().splitlines()


@pytest.mark.parametrize("width", [200, 76, 60, 50])
def test_every_line_fits_and_its_columns_are_aligned(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = table(width, monkeypatch)

    assert all(cells(line) <= width for line in lines)
    assert len({cells(line.split("B", 1)[0]) for line in lines[1:3]}) == 1


def test_columns_are_dropped_before_others_become_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    wide, narrow = table(76, monkeypatch), table(60, monkeypatch)

    assert "Used" in wide[0]
    assert "Used" not in narrow[0]
    assert (wide[3:], narrow[3:]) == ([], ["(no room for Used)"])
    assert narrow[1].startswith("huggingface-hub@home  41.8 GiB  ~/a/")
    assert "…" in narrow[1]


def test_an_id_is_never_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    assert table(20, monkeypatch)[1].startswith("huggingface-hub@home  41.8 GiB")


def test_off_a_terminal_nothing_is_cut_or_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    stream = io.StringIO()
    Output(stream, io.StringIO()).table(COLUMNS, ROWS)

    assert ROWS[0][3] in stream.getvalue()
    assert "Used" in stream.getvalue()
