"""A plan of many entries keeps no key waiting: not while it is shown or carried out, nor in the history."""

from pathlib import Path
from time import perf_counter

from cachemgr.domain.action import Remove
from cachemgr.domain.outcome import Outcome
from cachemgr.domain.plan import Plan, Step
from cachemgr.domain.run import Run
from cachemgr.domain.run_event import StepFinished, StepStarted
from cachemgr.domain.terms import Disposal, Rebuild, Status
from cachemgr.tui.app import CacheApp
from cachemgr.tui.relay import RunProgress
from cachemgr.tui.screens.history import HistoryScreen
from cachemgr.tui.screens.plan import PlanScreen
from cachemgr.tui.screens.result import ResultScreen
from cachemgr.tui.screens.run import RunScreen
from cachemgr.tui.screens.view import View
from cachemgr.tui.widgets.cells import Words
from tests.desk import BOX, plan_of
from tests.tui.ada import ada
from tests.tui.machine_room import NOW
from tests.tui.scenes import press, settle

MANY = 12_000
SOON = 0.12
"""Seconds for a redraw; those that were too slow took up to 3."""


def many(tmp_path: Path) -> Plan:
    steps = (Remove((f"e{n}",), Disposal.QUARANTINE) for n in range(MANY))
    return plan_of(tmp_path, *(Step(one, BOX, f"{BOX}:{one.names[0]}", size=9, rebuild=Rebuild.COSTS)
                               for one in steps))  # fmt: skip


def said(screen: RunScreen | HistoryScreen, key: str, column: int) -> str:
    cell = screen._row(key).cells[column]
    assert isinstance(cell, Words)
    return cell.spans[0][0]


def redrawn(screen: View) -> float:
    """The seconds that drawing it again takes, at best."""
    took = []
    for _ in range(3):
        before = perf_counter()
        screen.draw()
        took.append(perf_counter() - before)
    return min(took)


async def test_a_plan_of_many_and_its_run_are_drawn_at_once(tmp_path: Path) -> None:
    plan = many(tmp_path)
    app = CacheApp(ada())
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        shown = PlanScreen(app.session, plan, None)
        await app.push_screen(shown)
        before = shown._goes
        assert redrawn(shown) < SOON
        assert shown._goes is before, "its rows were made again, and are the same"

        running = RunProgress(plan, NOW)
        for number in range(MANY // 2):
            for event in (StepStarted(number), StepFinished(Outcome(number, Status.DONE, moved=9))):
                app.session.relay._note_run(running, event)
        running.begun.add(MANY // 2)
        app.session.relay.running = running
        screen = RunScreen(app.session, plan)
        await app.push_screen(screen)
        assert redrawn(screen) < SOON
        assert said(screen, "0", 2) == "set aside, 9 B"
        assert said(screen, str(MANY // 2), 2) == "out of its place, not deleted yet"
        assert said(screen, str(MANY - 1), 2) == "waiting"

        running.ended = NOW
        over = ResultScreen(app.session, running)
        await app.push_screen(over)
        assert redrawn(over) < SOON


async def test_the_history_of_large_runs_is_drawn_at_once(tmp_path: Path) -> None:
    manager, plan = ada(), many(tmp_path)
    done = tuple(Outcome(number, Status.DONE, moved=9) for number in range(MANY))
    manager.theatre.runs = tuple(Run(f"r{n}", plan, NOW, NOW, done) for n in range(5))
    app = CacheApp(manager)
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await press(pilot, "4")
        assert isinstance(screen := app.screen, HistoryScreen)
        assert redrawn(screen) < SOON
        assert said(screen, "r3", 2) == f"{MANY}"
