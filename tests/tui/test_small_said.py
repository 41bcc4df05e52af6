"""At 60x15 what is wrong, what stays, where it goes, and what is to be set can be read as a whole."""

import pytest

from cachemgr.service import CacheManager
from cachemgr.tui.app import CacheApp
from cachemgr.tui.screens.expire import ExpireScreen
from cachemgr.tui.screens.notice import NoticeScreen
from cachemgr.tui.widgets.panel import hanging
from tests.tui.ada import ada
from tests.tui.picture import text
from tests.tui.scenes import press, settle
from tests.tui.test_moving import choose

SMALL = (60, 15)


async def looked(pilot: object, app: CacheApp) -> None:
    for _ in range(100):
        await pilot.pause(0.02)  # type: ignore[attr-defined]
        if not getattr(app.screen, "looking", False):
            return


async def test_what_is_no_amount_is_told_to_the_end() -> None:
    app = CacheApp(ada())
    async with app.run_test(size=SMALL) as pilot:
        await settle(pilot)
        for key in ("e", "down", "enter", *"9G"):
            await press(pilot, key)
        await pilot.pause(0.4)
        said = " ".join(line.strip() for line in text(app).splitlines()[-3:-1])
        assert said == "'9G' is not an amount that fits; write 45s, 90min, 12h, 30d, 8w, 6mo or 1y"
        assert "╭" not in text(app), "nothing of a frame that has no room"
        await press(pilot, "backspace")
        await press(pilot, "backspace")
        await pilot.pause(0.4)
        assert "is not an amount" not in text(app)


@pytest.mark.parametrize("size", [SMALL, (100, 30)], ids=str)
async def test_a_size_rule_that_is_not_met_says_so_while_it_is_typed(size: tuple[int, int]) -> None:
    app = CacheApp(ada())
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        for key in ("e", "down", "down", "down", "down", "enter", *"9T", "enter"):
            await press(pilot, key)
        await pilot.pause(0.4)
        await looked(pilot, app)
        await pilot.pause(0.1)
        assert isinstance(app.screen, ExpireScreen)
        assert "free is not met: " in text(app)
        assert "more to be freed" in text(app)


async def test_a_plan_to_move_says_where_to_and_what_stays(service: CacheManager) -> None:
    app = CacheApp(service)
    async with app.run_test(size=SMALL) as pilot:
        await choose(pilot, "torch-hub@home")
        await press(pilot, "enter")
        await settle(pilot)
        shown = text(app)
        assert "│ To .cache/torch/hub" in shown
        assert "i all of it" in shown
        assert "tab Kept" in shown.splitlines()[-1]
        assert "every entry is checked again" in shown
        assert "kept ─╯" in shown
        await press(pilot, "tab")
        await pilot.pause(0.1)
        assert "and why" in text(app)
        assert "Will move" not in text(app)
        await press(pilot, "tab")
        await pilot.pause(0.1)
        assert "Will move" in text(app)
        await press(pilot, "i")
        assert isinstance(app.screen, NoticeScreen)
        assert "From" in app.screen.told
        assert "Route" in app.screen.told


async def test_what_was_typed_goes_with_the_way_back_to_the_known_places(service: CacheManager) -> None:
    app = CacheApp(service)
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await choose(pilot, "torch-hub@home")
        await press(pilot, "tab")
        screen.typed.value = "elsewhere"
        await press(pilot, "escape")
        assert app.screen is screen
        assert screen.typed.value == ""
        assert "elsewhere" not in text(app)


def test_what_does_not_fit_stays_beside_its_label_and_names_break_at_their_slashes() -> None:
    path = "TORCH_HOME=/home/ada/projects/films/.cache/torch/hub/checkpoints-of-all"
    line = (("Set    ", "dim"), (path, "bold"))
    rows = ["".join(words for words, _ in row) for row in hanging([line], 40)]
    assert rows[0] == "Set    TORCH_HOME=/home/ada/projects/"
    assert all(row.startswith("       ") and len(row) <= 40 for row in rows[1:])
    assert rows[1].endswith("/")
    assert "".join(row[7:] for row in rows) == path
    assert list(hanging([line], 100)) == [line]
    sentence = (("Undo   ", "dim"), ("u moves it back until 2026-12-03; the source is kept till then", ""))
    wrapped = ["".join(words for words, _ in row) for row in hanging([sentence], 30)]
    assert all(len(row.rstrip()) <= 30 for row in wrapped)
    assert [row[:7] for row in wrapped[1:]] == [" " * 7] * (len(wrapped) - 1)
    unbroken = (("A ", ""), ("x" * 50, ""))
    assert ["".join(w for w, _ in row) for row in hanging([unbroken], 22)] == [
        "A " + "x" * 20, "  " + "x" * 20, "  " + "x" * 10,
    ]  # fmt: skip
