"""An interrupted run in the history: both ways on lead to the plan, and nowhere else."""

from dataclasses import replace

import pytest

from cachemgr.domain.terms import Intent, RunState
from cachemgr.tui.app import CacheApp
from cachemgr.tui.screens.history import HistoryScreen
from cachemgr.tui.screens.overview import OverviewScreen
from cachemgr.tui.screens.plan import PlanScreen
from cachemgr.tui.screens.result import ResultScreen
from tests.tui.ada import ada
from tests.tui.machine_room import SceneManager
from tests.tui.picture import text
from tests.tui.scenes import press, settle

INTERRUPTED = ("4", "down", "down")


@pytest.mark.parametrize(("key", "intent"), [("F", Intent.FINISH), ("R", Intent.ROLL_BACK)])
async def test_each_way_is_a_plan_first_and_carried_out_from_there(key: str, intent: Intent) -> None:
    manager = ada()
    app = CacheApp(manager)

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        for pressed in (*INTERRUPTED, key):
            await press(pilot, pressed)
        assert isinstance(app.screen, PlanScreen)
        assert (app.screen.plan.intent, app.screen.plan.reverses) == (intent, "20261030-110300-5a20c871")
        assert manager.theatre.executed == []
        await press(pilot, "c")
        option = {Intent.FINISH: "--finish", Intent.ROLL_BACK: "--rollback"}[intent]
        assert f"cachemgr recover 20261030-110300-5a20c871 {option}" in text(app)
        await press(pilot, "escape")
        await press(pilot, "x")
        if intent is Intent.FINISH:
            assert manager.theatre.executed == []  # it deletes, and so it asks
            await press(pilot, "y")
        assert isinstance(app.screen, ResultScreen)
        assert [plan.intent for plan in manager.theatre.executed] == [intent]


async def test_it_is_said_and_undo_and_purge_wait() -> None:
    app = CacheApp(ada())

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        for pressed in INTERRUPTED:
            await press(pilot, pressed)
        assert "nothing else is done in its caches" in text(app)
        assert "Finish…" in text(app)
        for key in ("u", "P"):
            await press(pilot, key)
            assert isinstance(app.screen, HistoryScreen)


@pytest.mark.parametrize("size", [(60, 15), (100, 30)])
async def test_undo_says_where_the_way_on_from_an_interrupted_run_is(size: tuple[int, int]) -> None:
    manager = ada()
    app = CacheApp(manager)

    async with app.run_test(size=size, notifications=True) as pilot:
        await settle(pilot)
        for pressed in (*INTERRUPTED, "u"):
            await press(pilot, pressed)
        await pilot.pause(0.3)

        assert isinstance(app.screen, HistoryScreen)
        (said,) = (toast.message for toast in app._notifications)
        assert said.endswith("it is recovered: in 4 History F finishes it, R rolls it back")
        assert "Undo…" not in text(app).splitlines()[-1]


async def test_undo_of_the_last_run_is_not_made_of_one_that_was_interrupted() -> None:
    manager = ada()
    last = manager.theatre.runs[0]
    manager.theatre.runs = (replace(last, state=RunState.INTERRUPTED),)
    app = CacheApp(manager)

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "u")
        await pilot.pause(0.3)

        assert isinstance(app.screen, OverviewScreen)
        assert "was interrupted" in text(app)


async def test_a_run_that_cannot_be_undone_says_why() -> None:
    app = CacheApp(ada())

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        for pressed in ("4", "down", "u"):
            await press(pilot, pressed)
        await pilot.pause(0.3)

        assert isinstance(app.screen, HistoryScreen)
        assert "nothing to undo" in text(app)


async def test_a_run_whose_deletion_began_offers_only_to_be_finished() -> None:
    manager: SceneManager = ada()
    *others, last = manager.theatre.runs
    manager.theatre.runs = (*others, replace(last, purge_begun=True))
    app = CacheApp(manager)

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        for pressed in (*INTERRUPTED, "R"):
            await press(pilot, pressed)
        assert isinstance(app.screen, HistoryScreen)
        assert "Roll back…" not in text(app)
        assert "begun to delete" in text(app)
        await press(pilot, "F")
        assert isinstance(app.screen, PlanScreen)


async def test_a_run_that_was_recovered_says_so_and_offers_neither() -> None:
    manager: SceneManager = ada()
    *others, last = manager.theatre.runs
    manager.theatre.runs = (*others, replace(last, state=RunState.ROLLED_BACK, pending=frozenset()))
    app = CacheApp(manager)

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        for pressed in INTERRUPTED:
            await press(pilot, pressed)
        assert "rolled back" in text(app)
        for key in ("F", "R"):
            await press(pilot, key)
            assert isinstance(app.screen, HistoryScreen)
