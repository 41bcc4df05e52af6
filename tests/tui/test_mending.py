"""A finding says what mends it, and its keys do that: through a plan, or where it is decided."""

from dataclasses import replace
from pathlib import Path

import pytest

from cachemgr.domain.inventory import Finding
from cachemgr.domain.terms import Disposal, Intent, Severity
from cachemgr.tui.app import CacheApp
from cachemgr.tui.screens.findings import FindingsScreen
from cachemgr.tui.screens.history import HistoryScreen
from cachemgr.tui.screens.notice import NoticeScreen
from cachemgr.tui.screens.plan import PlanScreen
from tests.tui.ada import ada, inventory
from tests.tui.machine_room import SceneManager
from tests.tui.picture import text
from tests.tui.scenes import press, settle

ELSEWHERE = ("cachemgr", "--home", "/home/ada", "--project", "/home/ada/films")
INTERRUPTED = "20261030-110300-5a20c871"


def with_finding(*words: str, code: str = "legacy-location") -> SceneManager:
    """Ada's service as it is asked from elsewhere, with one finding that these words mend."""
    warning = Finding(
        code, Severity.WARNING, "model-cache@legacy", Path("/x"), 5, (*ELSEWHERE, *words), INTERRUPTED
    )
    manager = ada()
    found = replace(inventory(), findings=(warning,))
    return replace(manager, found=found, invocation=ELSEWHERE)


@pytest.mark.parametrize("verb", ["clear", "purge", "recover", "env", "migrate"])
async def test_what_mends_a_finding_is_named_by_its_verb(verb: str) -> None:
    app = CacheApp(with_finding(verb))

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        boxed = next(line for line in text(app).splitlines() if "legacy location; it should" in line)
        assert boxed.rstrip(" │").endswith(f" {verb}")
        await press(pilot, "3")
        row = next(line for line in text(app).splitlines() if "legacy location; it should" in line)
        assert row.rstrip().endswith(f" {verb}")


@pytest.mark.parametrize("key", ["d", "f"])
async def test_clearing_is_planned_as_the_finding_says(key: str) -> None:
    manager = with_finding("clear", "model-cache@legacy", "--quarantine")
    app = CacheApp(manager)

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        for pressed in ("3", key):
            await press(pilot, pressed)

        assert isinstance(app.screen, PlanScreen)
        assert manager.theatre.planned[-1][1] is Disposal.QUARANTINE
        assert manager.theatre.executed == []


@pytest.mark.parametrize("key", ["d", "f"])
async def test_a_quarantine_is_purged_through_a_plan(key: str) -> None:
    app = CacheApp(with_finding("purge", "20261118-091200-6c01d2f3", code="quarantine"))

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        for pressed in ("3", key):
            await press(pilot, pressed)

        assert isinstance(app.screen, PlanScreen)
        assert app.screen.plan.intent is Intent.PURGE


async def test_an_interrupted_run_is_shown_where_it_is_decided_about() -> None:
    app = CacheApp(with_finding("recover", INTERRUPTED, code="interrupted-run"))

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        for pressed in ("3", "f"):
            await press(pilot, pressed)
        await settle(pilot)

        assert isinstance(app.screen, HistoryScreen)
        assert app.screen.table.key == INTERRUPTED


async def test_what_only_a_person_can_do_is_shown_as_a_command() -> None:
    app = CacheApp(with_finding("env"))

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        for pressed in ("3", "f"):
            await press(pilot, pressed)

        assert isinstance(app.screen, NoticeScreen)
        assert "--project /home/ada/films env" in text(app)


async def test_enter_opens_a_finding() -> None:
    app = CacheApp(ada())

    async with app.run_test(size=(60, 15), notifications=True) as pilot:
        await settle(pilot)
        for pressed in ("3", "enter"):
            await press(pilot, pressed)

        assert isinstance(app.screen, NoticeScreen)
        assert isinstance(app.screen_stack[-2], FindingsScreen)


async def test_only_what_needs_somebody_is_counted_in_the_badge() -> None:
    app = CacheApp(ada())

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)

        assert "Findings ▲3 " in text(app).splitlines()[0]  # of four, one is only a remark
