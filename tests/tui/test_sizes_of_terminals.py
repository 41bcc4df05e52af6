"""From the smallest terminal to the largest, and back in a hurry: everything that fits is there."""

import pytest

from cachemgr.tui.app import CacheApp
from tests.tui.ada import ada
from tests.tui.picture import text
from tests.tui.scenes import press, push, resize, settle

WAYS = {
    "overview": (),
    "explore": ("enter", "right"),
    "findings": ("3",),
    "history": ("4",),
    "plan": ("d",),
    "question": ("d", "x"),
    "word": ("down", "down", "d", "t", "t", "x"),
    "destination": ("m",),
    "expire": ("e", "space", "down", "enter"),
    "help": ("question_mark",),
    "info": ("i",),
    "palette": ("ctrl+p",),
    "result": ("down", "down", "d", "x"),
}
STORM = (
    (1, 1),
    (300, 100),
    (2, 60),
    (100, 3),
    (60, 15),
    (30, 8),
    (20, 5),
    (200, 60),
    (80, 24),
    (1, 100),
    (100, 30),
)


@pytest.mark.parametrize("place", WAYS)
async def test_a_storm_of_sizes_is_survived(place: str) -> None:
    app = CacheApp(ada())

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        for key in WAYS[place]:
            await press(pilot, key)
        for width, height in STORM:
            await resize(pilot, width, height)
            await push(pilot, "down")
        await pilot.pause()

        assert app.is_running
        assert len(text(app).splitlines()) == 30


@pytest.mark.parametrize(("width", "height"), [(60, 15), (80, 24), (100, 30), (140, 48), (200, 60)])
async def test_the_cache_its_size_and_the_way_out_are_always_there(width: int, height: int) -> None:
    app = CacheApp(ada())

    async with app.run_test(size=(width, height), notifications=True) as pilot:
        await settle(pilot)
        shown = text(app)

    for word in ("Hugging Face hub", "40.5 GiB", "38.2 GiB", "91%", "d Clean…", "? Help", "q Quit"):
        assert word in shown
    assert "too small" not in shown


@pytest.mark.parametrize(("width", "height"), [(60, 15), (80, 24), (100, 30)])
async def test_a_plan_always_shows_what_it_frees_and_how_to_leave(width: int, height: int) -> None:
    app = CacheApp(ada())

    async with app.run_test(size=(width, height), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "d")
        shown = text(app)

    for word in ("Will go", "Frees now", "38.2 GiB", "x Execute…", "esc Back"):
        assert word in shown
