"""Nothing is executed except by `x` in a plan, and by `y` or the word where that is asked for."""

from itertools import product

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from cachemgr.tui.app import CacheApp
from cachemgr.tui.screens.plan import PlanScreen
from tests.tui.ada import ada
from tests.tui.adas_move import moving
from tests.tui.machine_room import SceneManager
from tests.tui.scenes import click, press, push, settle

KEYS = tuple("abcdefghijklmnoprstuvwxyzADGPRSUX1234*.:;") + tuple((
    "space enter escape delete backspace tab slash question_mark up down left right home end pageup pagedown "
    "insert f1 f2 f5 f10 ctrl+d ctrl+k ctrl+x ctrl+r ctrl+s ctrl+y"
).split())  # fmt: skip
PRESSING = ("space", "enter", "d", "x", "y", "u", "t")
FEWER = ("d", "x", "u")
"""Those that come closest; all pairs are a soak."""
PLACES = {
    "overview": (),
    "explore": ("enter", "right", "down"),
    "findings": ("3",),
    "history": ("4",),
    "destination": ("m",),
    "expire": ("e", "space"),
}


async def start(pilot: Pilot[None], keys: tuple[str, ...]) -> None:
    await settle(pilot)
    for key in keys:
        await press(pilot, key)


async def back(pilot: Pilot[None], place: str) -> None:
    """From wherever a key led."""
    await push(pilot, "escape", "escape")
    await start(pilot, ("1", *PLACES[place]))


def manager_of(app: CacheApp) -> SceneManager:
    found = app.session.service
    assert isinstance(found, SceneManager)
    return found


@pytest.mark.parametrize("place", PLACES)
async def test_no_single_key_on_a_list_executes(place: str) -> None:
    app = CacheApp(moving(ada()))

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await start(pilot, PLACES[place])
        there = type(app.screen)
        for key in KEYS:
            await press(pilot, key)
            assert manager_of(app).theatre.executed == [], f"{key} on {place}"
            if type(app.screen) is not there or isinstance(app.focused, Input):
                await back(pilot, place)
                assert type(app.screen) is there
        assert manager_of(app).theatre.executed == []


@pytest.mark.parametrize(
    "keys", [pytest.param(FEWER, id=""), pytest.param(PRESSING, id="more", marks=pytest.mark.soak)]
)
@pytest.mark.parametrize("place", PLACES)
async def test_no_pair_of_keys_on_a_list_executes_without_x(place: str, keys: tuple[str, ...]) -> None:
    app = CacheApp(moving(ada()))

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await start(pilot, PLACES[place])
        for first, second in product(keys, keys):
            before = isinstance(app.screen, PlanScreen)
            await push(pilot, first, second)
            await settle(pilot)
            executed = manager_of(app).theatre.executed
            assert not executed or "x" in (first, second) or before, f"{first} {second} on {place}"
            if executed:
                assert all(not plan.permanent for plan in executed), f"{first} {second} on {place}"
            executed.clear()
            await back(pilot, place)


async def test_no_key_but_x_in_a_plan_executes() -> None:
    app = CacheApp(ada())

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await start(pilot, ("d",))
        for key in KEYS:
            if not isinstance(app.screen, PlanScreen):
                await start(pilot, ("escape", "escape", "1", "d"))
            assert isinstance(app.screen, PlanScreen)
            if key != "x":
                await push(pilot, key, "y")
            assert manager_of(app).theatre.executed == [], key


async def test_no_click_executes_but_on_the_plans_own_key() -> None:
    app = CacheApp(ada())

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await start(pilot, ())
        for y, x in product(range(1, 30), (4, 30, 60, 92)):
            await click(pilot, x, y)
            if isinstance(app.screen, PlanScreen):
                await push(pilot, "escape")

        assert manager_of(app).theatre.executed == []


async def test_read_only_shows_the_plan_and_offers_no_execution() -> None:
    manager = ada(read_only=True)
    app = CacheApp(manager)

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await start(pilot, ("d",))
        assert isinstance(app.screen, PlanScreen)
        await pilot.press("x")
        await pilot.pause(0.6)
        await pilot.press("y")
        await settle(pilot)

        assert isinstance(app.screen, PlanScreen)
        assert manager.theatre.executed == []
