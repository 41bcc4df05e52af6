"""One table of commands: what it offers exists, is not ambiguous, and does something."""

from collections import Counter

import pytest

from cachemgr.tui.app import CacheApp
from cachemgr.tui.commands import COMMANDS, Fact, Where, available, belonging
from cachemgr.tui.screens.destination import DestinationScreen
from cachemgr.tui.screens.expire import ExpireScreen
from cachemgr.tui.screens.explore import ExploreScreen
from cachemgr.tui.screens.findings import FindingsScreen
from cachemgr.tui.screens.help import HelpScreen
from cachemgr.tui.screens.history import HistoryScreen
from cachemgr.tui.screens.overview import OverviewScreen
from cachemgr.tui.screens.plan import PlanScreen
from cachemgr.tui.screens.result import ResultScreen
from cachemgr.tui.screens.run import RunScreen
from tests.tui.ada import ada
from tests.tui.picture import text
from tests.tui.scenes import press, settle

SCREENS: dict[Where, type] = {
    Where.APP: CacheApp,
    Where.OVERVIEW: OverviewScreen,
    Where.EXPLORE: ExploreScreen,
    Where.FINDINGS: FindingsScreen,
    Where.HISTORY: HistoryScreen,
    Where.DESTINATION: DestinationScreen,
    Where.EXPIRE: ExpireScreen,
    Where.PLAN: PlanScreen,
    Where.RUN: RunScreen,
    Where.RESULT: ResultScreen,
    Where.HELP: HelpScreen,
}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: f"{command.id} {command.where[0]}")
def test_every_command_has_its_action(command) -> None:  # type: ignore[no-untyped-def]
    for where in command.where:
        assert callable(getattr(SCREENS[where], f"action_{command.name}", None)), where


@pytest.mark.parametrize("where", SCREENS)
def test_no_key_means_two_things_on_a_screen(where: Where) -> None:
    keys = Counter(key for command in COMMANDS if where in command.where for key in command.keys.split(","))

    assert not [key for key, times in keys.items() if times > 1]


def test_what_opens_a_question_or_a_plan_says_so() -> None:
    opening = {
        "clean",
        "undo",
        "purge",
        "execute",
        "finish",
        "roll_back",
        "mend",
        "migrate",
        "plan",
        "expire",
    }

    assert {command.name for command in COMMANDS if command.title.endswith("…")} == opening


def test_nothing_is_executed_without_steps_or_when_reading_only() -> None:
    everything = set(Fact) - {Fact.BUSY}

    for lacking in (Fact.WRITABLE, Fact.STEPS):
        names = {command.name for command in available(Where.PLAN, everything - {lacking})}
        assert "execute" not in names
    assert "execute" in {command.name for command in available(Where.PLAN, everything)}


@pytest.mark.parametrize("where", ["overview", "explore", "findings", "history"])
async def test_the_help_lists_every_command_of_its_screen(where: str) -> None:
    app = CacheApp(ada())
    key = {"overview": "1", "explore": "2", "findings": "3", "history": "4"}[where]

    async with app.run_test(size=(100, 60), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, key)
        await press(pilot, "question_mark")

        shown = text(app)
        assert not [command.title for command in belonging(Where(where)) if command.title not in shown]


async def test_the_palette_finds_a_command_by_its_name_and_runs_it() -> None:
    app = CacheApp(ada())

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "ctrl+p")
        for key in "history":
            await pilot.press(key)
        await pilot.pause(0.5)
        await press(pilot, "enter")
        await settle(pilot)

        assert app.current_mode == "history"


@pytest.mark.parametrize("key", ["q", "ctrl+q", "ctrl+c"])
async def test_the_app_is_left_by(key: str) -> None:
    app = CacheApp(ada())

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        await pilot.press(key)
        await pilot.pause()

        assert not app.is_running or app._exit


async def test_sorting_filtering_and_marking_from_the_keyboard() -> None:
    app = CacheApp(ada())

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        screen = app.screen
        assert isinstance(screen, OverviewScreen)
        for key in ("slash", *"torch", "enter"):
            await press(pilot, key)
        assert list(screen.shown) == ["torch-hub@home"]
        await press(pilot, "space")
        assert app.session.marks == set(screen.session.nodes[3].entries)
        await press(pilot, "escape")
        assert len(screen.shown) == len(screen.session.nodes)
        for _ in range(4):
            await press(pilot, "s")
        assert [shown.node.name for shown in screen.shown.values()][:2] == [
            "Hugging Face hub",
            "LLM responses",
        ]


async def test_marks_that_the_filter_hides_are_counted() -> None:
    app = CacheApp(ada())

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "space")
        for key in ("slash", *"torch", "enter"):
            await press(pilot, key)

        assert "10 marked, 10 hidden by the filter" in text(app)
