"""How much is asked grows with what it costs to have it back; no is always the easy answer."""

import pytest
from textual.pilot import Pilot

from cachemgr.tui.app import CacheApp
from cachemgr.tui.screens.confirm import TypeQuestion
from cachemgr.tui.screens.notice import ARM_AFTER, Question
from cachemgr.tui.screens.plan import PlanScreen
from cachemgr.tui.screens.result import ResultScreen
from tests.tui.ada import ada
from tests.tui.picture import text
from tests.tui.scenes import click, press, push, settle

TO_OLLAMA = ("down",)
TO_LEGACY = ("down", "down")


async def go(pilot: Pilot[None], *keys: str) -> None:
    await settle(pilot)
    for key in keys:
        await press(pilot, key)


@pytest.mark.parametrize(
    "keys", [("enter",), ("escape",), ("n",), ("q",), ("space",), ("y",), ("enter", "y"), ("x",)]
)
async def test_a_dialog_that_just_appeared_executes_nothing(keys: tuple[str, ...]) -> None:
    manager = ada()
    app = CacheApp(manager)

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await go(pilot, *TO_OLLAMA, "d")
        await push(pilot, "x")
        assert isinstance(app.screen, Question)
        await push(pilot, *keys)
        await settle(pilot)

        assert manager.theatre.executed == []


@pytest.mark.parametrize("key", ["enter", "escape", "n", "q", "ctrl+c", "ctrl+q"])
async def test_an_armed_dialog_has_many_keys_for_no(key: str) -> None:
    manager = ada()
    app = CacheApp(manager)

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await go(pilot, *TO_OLLAMA, "d", "x")
        await pilot.pause(ARM_AFTER + 0.2)
        await push(pilot, key)
        await settle(pilot)

        assert manager.theatre.executed == []
        assert isinstance(app.screen, PlanScreen)


async def test_an_armed_dialog_listens_to_no_other_key() -> None:
    manager = ada()
    app = CacheApp(manager)

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await go(pilot, *TO_OLLAMA, "d", "x")
        await pilot.pause(ARM_AFTER + 0.2)
        await push(pilot, *"xdutm1234", "space", "delete", "up", "down", "home", "f1")
        await settle(pilot)

        assert manager.theatre.executed == []
        assert isinstance(app.screen, Question)


async def test_a_click_beside_the_dialog_executes_nothing() -> None:
    manager = ada()
    app = CacheApp(manager)

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await go(pilot, *TO_OLLAMA, "d", "x")
        await pilot.pause(ARM_AFTER + 0.2)
        for place in ((2, 2), (98, 28), (50, 29), (3, 29)):
            await click(pilot, *place)
        await settle(pilot)

        assert manager.theatre.executed == []


async def test_y_after_a_moment_executes_the_plan_that_was_shown() -> None:
    manager = ada()
    app = CacheApp(manager)

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await go(pilot, *TO_OLLAMA, "d")
        assert isinstance(app.screen, PlanScreen)
        shown = app.screen.plan
        await go(pilot, "x")
        await press(pilot, "y")

        assert manager.theatre.executed == [shown]
        assert isinstance(app.screen, ResultScreen)


async def test_the_button_carries_the_verb_and_cancel_has_the_focus() -> None:
    app = CacheApp(ada())

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await go(pilot, *TO_OLLAMA, "d", "x")

        assert app.focused is not None
        assert app.focused.id == "no"
        assert "Delete 3" in str(app.screen.query_one("#yes").render())


async def test_what_can_be_undone_needs_no_question() -> None:
    manager = ada()
    app = CacheApp(manager)

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await go(pilot, *TO_LEGACY, "d")
        assert isinstance(app.screen, PlanScreen)
        assert not app.screen.plan.permanent
        await go(pilot, "x")

        assert len(manager.theatre.executed) == 1


async def test_what_is_costly_to_have_again_needs_a_word() -> None:
    manager = ada()
    app = CacheApp(manager)

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await go(pilot, *TO_LEGACY, "d", "t", "t", "x")
        assert isinstance(app.screen, TypeQuestion)
        await pilot.pause(ARM_AFTER + 0.2)
        await push(pilot, *"yes", "enter")
        assert manager.theatre.executed == []
        await push(pilot, "backspace", "backspace", "backspace", *"model-cache")
        await pilot.pause()
        assert manager.theatre.executed == []
        await push(pilot, "enter")
        await settle(pilot)

        assert len(manager.theatre.executed) == 1


async def test_emptying_the_quarantine_needs_a_word() -> None:
    manager = ada()
    app = CacheApp(manager)

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await go(pilot, "4", "P", "x")
        assert isinstance(app.screen, TypeQuestion)
        await pilot.pause(ARM_AFTER + 0.2)
        await push(pilot, *"purge", "enter")
        await settle(pilot)

        assert [plan.intent.value for plan in manager.theatre.executed] == ["purge"]


async def test_dropping_an_entry_and_changing_the_way_plan_anew() -> None:
    manager = ada()
    app = CacheApp(manager)

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await go(pilot, *TO_OLLAMA, "d", "space", "t")

        wanted = [(len(entries), disposal) for entries, disposal in manager.theatre.planned]
        assert wanted == [(3, None), (2, None), (2, "quarantine")]
        assert isinstance(app.screen, PlanScreen)
        assert not app.screen.plan.permanent


async def test_the_way_it_goes_can_be_the_trash_as_on_the_command_line() -> None:
    manager = ada()
    app = CacheApp(manager)

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await go(pilot, *TO_OLLAMA, "d", "t", "t", "t")
        assert [disposal for _, disposal in manager.theatre.planned] == [
            None,
            "quarantine",
            "delete",
            "trash",
        ]
        assert "all to the trash" in text(app)
        await go(pilot, "c")
        assert "clear ollama@home --trash" in text(app)
        await go(pilot, "escape", "t")
        assert manager.theatre.planned[-1][1] is None


async def test_a_plan_that_can_be_executed_is_no_dry_run_and_its_columns_agree() -> None:
    app = CacheApp(ada())

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await go(pilot, *TO_LEGACY, "d")
        shown = text(app)

        assert "DRY RUN" not in shown
        assert "nothing has been changed yet" in shown
        row = next(line for line in shown.splitlines() if "checkpoints" in line)
        assert "Frees now" in shown
        assert row.split("GiB")[1].split()[:2] == ["0", "B"]  # set aside: as the column at the right says


async def test_a_run_stops_between_two_steps_when_it_is_told_to() -> None:
    manager = ada()
    manager.theatre.pause_before = 1
    app = CacheApp(manager)

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await go(pilot, *TO_LEGACY, "d")
        await push(pilot, "x")
        while not manager.theatre.waiting.is_set():
            await pilot.pause(0.01)
        await push(pilot, "escape")
        manager.theatre.go.set()
        await settle(pilot)

        assert isinstance(app.screen, ResultScreen)
        statuses = [outcome.status.value for _, outcome in sorted(app.screen.progress.outcomes.items())]
        assert statuses == ["done", "skipped", "skipped"]


async def test_ctrl_c_in_a_question_that_wants_a_word_is_its_no_and_then_leaves() -> None:
    manager = ada()
    app = CacheApp(manager)

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await go(pilot, *TO_LEGACY, "d", "t", "t", "x")
        assert isinstance(app.screen, TypeQuestion)
        await press(pilot, "ctrl+c")
        await settle(pilot)

        assert manager.theatre.executed == []
        assert isinstance(app.screen, PlanScreen)
        assert not app._exit
        await pilot.press("ctrl+c")
        await pilot.pause()
        assert app._exit
