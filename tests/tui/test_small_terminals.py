"""At 60x15 nothing covers what a person came for, and what is cut off can be reached."""

import pytest

from cachemgr.tui.app import CacheApp
from cachemgr.tui.glyphs import UNICODE
from cachemgr.tui.screens.confirm import TypeQuestion
from cachemgr.tui.screens.notice import NoticeScreen, Question
from cachemgr.tui.screens.overview import OverviewScreen
from cachemgr.tui.theme import Look
from cachemgr.tui.widgets.treemap import Tile, Treemap
from tests.tui.ada import ada
from tests.tui.picture import text
from tests.tui.scenes import press, settle

SMALL = (60, 15)


@pytest.mark.parametrize("key", ["3", "4"])
async def test_the_list_is_there_and_its_details_give_way(key: str) -> None:
    app = CacheApp(ada())

    async with app.run_test(size=SMALL, notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, key)
        lines = text(app).splitlines()

        assert "╭" not in text(app)
        assert sum(bool(line.strip()) for line in lines[3:-2]) >= 3


async def test_a_notice_can_be_read_to_its_end_and_says_how_it_is_closed() -> None:
    app = CacheApp(ada())

    async with app.run_test(size=SMALL, notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "i")
        assert isinstance(app.screen, NoticeScreen)
        await pilot.pause(0.2)  # laid out first, then told whether there is more
        last = text(app).splitlines()[-1]
        assert "esc Close" in last
        assert "PgDn More" in last
        assert "Quit" not in last
        assert "Id  huggingface-hub@home" not in text(app)
        for _ in range(3):
            await press(pilot, "pagedown")
        assert "Id  huggingface-hub@home" in text(app)
        for _ in range(40):
            await press(pilot, "up")
        assert "Hugging Face hub" in text(app)
        await press(pilot, "escape")
        assert not isinstance(app.screen, NoticeScreen)


@pytest.mark.parametrize(
    ("keys", "kind"), [(("d", "x"), Question), (("down", "down", "d", "t", "t", "x"), TypeQuestion)]
)
async def test_a_question_is_whole_and_its_keys_are_its_own(keys: tuple[str, ...], kind: type) -> None:
    app = CacheApp(ada())

    async with app.run_test(size=SMALL, notifications=True) as pilot:
        await settle(pilot)
        for key in keys:
            await press(pilot, key)
        assert isinstance(app.screen, kind)
        lines = text(app).splitlines()
        assert "Delete" in text(app)
        assert any(line.lstrip(" ╭│").startswith("╰") or "╰───" in line for line in lines[-5:])
        assert "esc Cancel" in lines[-1]
        assert "Execute" not in lines[-1]
        if kind is Question:
            await pilot.pause(0.6)
            assert "y Delete" in text(app).splitlines()[-1]
        else:
            assert app.screen.query_one("#word").region.bottom < 14


@pytest.mark.parametrize("size", [SMALL, (80, 24), (100, 30)])
async def test_a_plans_keys_are_all_there(size: tuple[int, int]) -> None:
    app = CacheApp(ada())

    async with app.run_test(size=size, notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "d")
        last = text(app).splitlines()[-1]

        for word in ("x Execute…", "space Drop", " t ", "? Help", "esc Back", "q Quit"):
            assert word in last


async def test_help_says_that_there_is_more_and_how_to_get_there() -> None:
    app = CacheApp(ada())

    async with app.run_test(size=SMALL, notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "question_mark")
        assert "more lines below: ↓ PgDn" in text(app)
        for _ in range(8):
            await press(pilot, "pagedown")

        assert "more line" not in text(app)
        assert "only x in a plan carries it out" in " ".join(text(app).split())


def test_a_tile_names_its_cache_or_shows_its_sign_and_a_size_has_its_unit() -> None:
    tile = Tile("x", 5, "downloads", "●", "Hugging Face hub")
    for width in range(1, 30):
        label = Treemap()._text(tile, 0, width, Look({}, UNICODE))
        assert label == "●" or len(label) >= 5, width


async def test_no_size_in_the_treemap_is_without_its_unit() -> None:
    app = CacheApp(ada())

    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        screen = app.screen
        assert isinstance(screen, OverviewScreen)
        forms = [form for node in app.session.nodes for line in screen._tile(node).lines for form in line]

        assert [form for form in forms if not form[:1].isdigit() or "B" not in form] == []
