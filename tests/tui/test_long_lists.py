"""The one table: it draws what is visible, keeps its cursor by key, and drops columns in a stated order."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from cachemgr.tui.theme import DEFAULTS, THEMES, look
from cachemgr.tui.widgets.cells import Bar, prose, segments, words
from cachemgr.tui.widgets.columns import Column, place
from cachemgr.tui.widgets.fast_table import FastTable, Row
from cachemgr.tui.widgets.squarify import squarify

COLUMNS = (
    Column("name", "Name", 10, grow=1),
    Column("size", "Size", 8, right=True),
    Column("note", "Note", 12, drop=1),
)
MANY = 100_000


class TableApp(App[None]):
    """A table alone."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn: list[str] = []
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = THEMES[0].name

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return DEFAULTS

    def compose(self) -> ComposeResult:
        yield FastTable(COLUMNS, marks=True)

    def draw(self, key: str) -> Row:
        self.drawn.append(key)
        return Row((words(key), words("1 B"), words("note")))


@asynccontextmanager
async def table_of(keys: list[str]) -> AsyncIterator[tuple[Pilot[None], TableApp, FastTable]]:
    app = TableApp()
    async with app.run_test(size=(60, 20)) as pilot:
        table = app.query_one(FastTable)
        table.show_rows(keys, app.draw)
        await pilot.pause()
        yield pilot, app, table


async def test_only_visible_rows_are_drawn() -> None:
    async with table_of([f"row {number}" for number in range(MANY)]) as (pilot, app, table):
        assert set(app.drawn) == {f"row {number}" for number in range(19)}

        app.drawn.clear()
        await pilot.press("end")
        await pilot.pause()

        assert table.key == f"row {MANY - 1}"
        assert set(app.drawn) <= {f"row {number}" for number in (0, *range(MANY - 20, MANY))}


async def test_moving_the_cursor_draws_two_rows() -> None:
    async with table_of([f"row {number}" for number in range(MANY)]) as (pilot, app, table):
        app.drawn.clear()
        await pilot.press("down")
        await pilot.pause()

        assert table.key == "row 1"
        assert set(app.drawn) == {"row 0", "row 1"}


async def test_the_cursor_stays_on_its_row_when_the_order_changes() -> None:
    async with table_of(["a", "b", "c", "d"]) as (pilot, app, table):
        await pilot.press("down", "down")
        table.show_rows(["d", "c", "a", "b"], app.draw)
        await pilot.pause()
        assert table.key == "c"

        table.show_rows(["d", "a", "b"], app.draw)
        assert table.key == "a"  # what took its line


async def test_a_cursor_that_nobody_moved_stays_at_the_top() -> None:
    async with table_of(["small"]) as (_, app, table):
        table.show_rows(["large", "small"], app.draw)

        assert table.key == "large"


async def test_the_cursor_is_always_visible() -> None:
    async with table_of([str(number) for number in range(500)]) as (pilot, _, table):
        for keys in (("end",), ("pageup",), ("up",) * 30, ("home",), ("pagedown",) * 3, ("G",), ("g",)):
            await pilot.press(*keys)
            await pilot.pause()
            assert 0 <= table.cursor - table.scroll_offset.y < 19


async def test_an_empty_table_has_no_row_under_the_cursor() -> None:
    async with table_of([]) as (pilot, _, table):
        await pilot.press("down", "end", "pagedown", "home")

        assert table.key is None


@pytest.mark.parametrize(
    ("width", "names"),
    [(40, ["name", "size", "note"]), (31, ["name", "size"]), (19, ["name", "size"]), (5, ["name", "size"])],
)
def test_columns_are_dropped_and_never_squeezed(width: int, names: list[str]) -> None:
    placed = place(COLUMNS, width)

    assert [column.column.name for column in placed] == names
    assert all(column.width >= 1 for column in placed)


@pytest.mark.parametrize("width", range(1, 40))
@pytest.mark.parametrize("name", ["plain", "モデル/日本語の名前.bin", "e\u0301" * 30, "", "👩‍👩‍👧 x"])
def test_a_cell_takes_exactly_its_columns(width: int, name: str) -> None:
    app = TableApp()
    for cell in (words(name), prose(name), Bar(0.3, 0.4, "costs")):
        made = segments(cell, width, look(app), "sheet", right=False, lift=False)
        assert sum(segment.cell_length for segment in made) == width


@pytest.mark.parametrize(("width", "height"), [(1, 1), (7, 3), (40, 8), (98, 8), (200, 40)])
def test_tiles_fill_the_area_without_overlapping(width: int, height: int) -> None:
    weights = [418, 124, 97, 62, 51, 39, 18, 6, 3, 2, 0]
    covered: set[tuple[int, int]] = set()

    for box in squarify(weights, width, height):
        cells = {(x, y) for x in range(box.left, box.right) for y in range(box.top, box.bottom)}
        assert not cells & covered
        covered |= cells

    assert len(covered) == width * height
