"""What the screen says of time is true a while later, and an execution is over whichever screen is there."""

from datetime import timedelta

from textual.pilot import Pilot

from cachemgr.domain.errors import Unavailable
from cachemgr.tui.app import CacheApp
from cachemgr.tui.screens.help import HelpScreen
from cachemgr.tui.screens.notice import NoticeScreen
from cachemgr.tui.screens.overview import OverviewScreen
from cachemgr.tui.screens.plan import PlanScreen
from tests.tui.ada import ada
from tests.tui.machine_room import SceneManager, Theatre
from tests.tui.picture import text
from tests.tui.scenes import Scene, handled, played, press, push, settle


async def a_while_later(pilot: Pilot[None], manager: SceneManager) -> list[str]:
    """The screen, twenty minutes later."""
    manager.theatre.now += timedelta(minutes=20)
    assert isinstance(pilot.app, CacheApp)
    pilot.app.pass_time()
    await handled(pilot)
    return text(pilot.app).splitlines()


async def test_how_old_the_figures_are_is_said_as_time_goes_by() -> None:
    async with played(Scene("old-figures")) as (pilot, manager):
        assert "scanned 2 min ago" in text(pilot.app)

        manager.theatre.now += timedelta(minutes=20)
        await pilot.pause(1.1)  # by itself

        assert "scanned 22 min ago" in text(pilot.app).splitlines()[0]


async def test_a_plan_that_gets_too_old_while_it_is_looked_at_says_so() -> None:
    async with played(Scene("old-plan", ("d",))) as (pilot, manager):
        assert isinstance(pilot.app.screen, PlanScreen)
        assert "made now" in text(pilot.app)

        lines = await a_while_later(pilot, manager)

        assert any("made 20 min ago" in line for line in lines)
        assert "this plan is too old" in lines[-2]


async def test_a_long_step_that_tells_of_nothing_takes_its_time() -> None:
    theatre = lambda: Theatre(pause_before=4)  # noqa: E731 - a scene makes its own
    async with played(Scene("long-step", ("d", "t", "x"), theatre=theatre, wait=True)) as (pilot, manager):
        assert "20 min" in "\n".join(await a_while_later(pilot, manager))


async def test_an_execution_that_ends_behind_another_screen_leaves_no_marks_and_is_looked_at_again() -> None:
    manager = ada(Theatre(pause_before=4))
    app = CacheApp(manager)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        for key in ("space", "d", "t", "x"):
            await press(pilot, key)
        while not manager.theatre.waiting.is_set():
            await pilot.pause(0.01)
        await push(pilot, "question_mark")
        assert isinstance(app.screen, HelpScreen)
        manager.theatre.go.set()
        while app.session.relay.busy:
            await pilot.pause(0.01)

        await push(pilot, "1")
        await pilot.pause(0.3)
        await settle(pilot)

        assert isinstance(app.screen, OverviewScreen)
        assert (manager.theatre.scans, app.session.marks) == (2, set())


async def test_a_scan_that_failed_is_said_once() -> None:
    app = CacheApp(ada())
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        relay = app.session.relay
        relay.scan_error, relay.failed_scans = str(Unavailable("the disk is gone")), 1
        for _ in range(3):
            relay.revision += 1
            app.pull()
            await pilot.pause(0.05)

        assert [said.message for said in app._notifications] == ["the disk is gone"]


async def test_the_command_of_a_finding_is_offered_where_there_is_one() -> None:
    async with played(Scene("findings-command", ("3",))) as (pilot, manager):
        for finding in manager.found.findings:
            offered = "c Command" in text(pilot.app).splitlines()[-1]
            await press(pilot, "c")
            assert isinstance(pilot.app.screen, NoticeScreen) is offered is bool(finding.fix)
            if offered:
                await press(pilot, "escape")
            await press(pilot, "down")
            await handled(pilot)
