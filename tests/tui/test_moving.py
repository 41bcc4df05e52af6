"""From a cache to its destination and back, on a sample disk and with the real service."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from cachemgr.domain.run_event import StepFinished
from cachemgr.domain.terms import Intent
from cachemgr.service import CacheManager
from cachemgr.tui.app import CacheApp
from cachemgr.tui.screens.confirm import TypeQuestion
from cachemgr.tui.screens.destination import DestinationScreen
from cachemgr.tui.screens.history import HistoryScreen
from cachemgr.tui.screens.notice import NoticeScreen
from cachemgr.tui.screens.plan import PlanScreen
from cachemgr.tui.screens.result import ResultScreen
from tests.tui.picture import text
from tests.tui.scenes import press, settle
from tests.tui.test_journeys import fingerprint, go, move_to

TORCH = "torch-hub@home"


async def settled(pilot: Pilot[None]) -> DestinationScreen:
    """The chooser, once what is wanted there was looked at."""
    screen = pilot.app.screen
    assert isinstance(screen, DestinationScreen)
    for _ in range(1000):
        await pilot.pause(0.01)
        if screen.request() is None or screen.verdict() is not None:
            break
    await settle(pilot)
    return screen


async def choose(pilot: Pilot[None], cache: str) -> DestinationScreen:
    await settle(pilot)
    await move_to(pilot, cache)
    await press(pilot, "m")
    return await settled(pilot)


async def typed(pilot: Pilot[None], directory: Path | str) -> DestinationScreen:
    if not pilot.app.screen.query_one("#typed", Input).has_focus:
        await press(pilot, "tab")
    pilot.app.screen.query_one("#typed", Input).value = str(directory)
    await pilot.pause()
    return await settled(pilot)


def caches(directory: Path) -> dict[str, tuple[object, ...]]:
    """Everything in home and project but our own record, without the times of directories above caches."""
    kept = {key: value for key, value in fingerprint(directory).items() if ".local" not in key}
    return {key: value for key, value in kept.items() if not os.path.isdir(directory / key)}


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (100, 30)])
async def test_a_cache_goes_where_it_should_be_and_comes_back(
    sample: tuple[CacheManager, Path], size: tuple[int, int]
) -> None:
    service, directory = sample
    before = caches(directory)
    app = CacheApp(service)

    async with app.run_test(size=size, notifications=True) as pilot:
        await choose(pilot, TORCH)
        shown = text(app)
        assert "where it should be" in shown
        assert "renamed" in shown
        assert "⏎ Plan…" in shown.splitlines()[-1]
        await go(pilot, "i")
        assert isinstance(app.screen, NoticeScreen)
        assert "trusted_list" in app.screen.told  # what stays, in full at any size
        await go(pilot, "escape")
        assert caches(directory) == before
        await go(pilot, "enter")
        assert isinstance(app.screen, PlanScreen)
        assert app.screen.plan.intent is Intent.MIGRATE
        assert "Will move" in text(app)
        await go(pilot, "x")
        assert isinstance(app.screen, ResultScreen)
        assert "✔ Done: 256 KiB at" in text(app)
        assert "TORCH_HOME=" in text(app)
        assert "u moves it back" in text(app)
        assert caches(directory) != before
        await go(pilot, "u")
        assert isinstance(app.screen, PlanScreen)
        await go(pilot, "x")
        assert isinstance(app.screen, ResultScreen)
    assert caches(directory) == before


@pytest.mark.skipif(not os.access("/dev/shm", os.W_OK), reason="no second file system to copy to")
async def test_a_copy_is_verified_and_undone_from_the_history(
    sample: tuple[CacheManager, Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    service, directory = sample
    other = Path("/dev/shm") / f"cachemgr-tui-{os.getpid()}"
    if os.stat("/dev/shm").st_dev == directory.stat().st_dev:
        pytest.skip("no second file system to copy to")
    before = caches(directory)
    app = CacheApp(service)

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await choose(pilot, "musicbrainz@project")
        await typed(pilot, other / "a b")
        assert "copied and compared" in text(app)
        assert "the source is kept for 7 days" in text(app)
        assert "once purged" in text(app)
        await go(pilot, "enter")
        assert isinstance(app.screen, PlanScreen)
        assert "copy and verify" in text(app)
        await go(pilot, "c")
        assert isinstance(app.screen, NoticeScreen)
        assert f"migrate musicbrainz@project --to '{other / 'a b'}'" in app.screen.told
        await go(pilot, "escape", "x")
        assert isinstance(app.screen, ResultScreen)
        assert "copied and verified" in text(app)
        assert "is kept till then" in text(app)
        await go(pilot, "4", "u")
        assert isinstance(app.screen, PlanScreen)
        await go(pilot, "x")
        assert "brought back" in text(app)
    assert caches(directory) == before
    assert not other.exists()


async def test_a_typed_directory_is_judged_while_it_is_typed(sample: tuple[CacheManager, Path]) -> None:
    service, directory = sample
    before = caches(directory)
    app = CacheApp(service)

    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await choose(pilot, TORCH)
        for place, words in (
            ("/", "cannot hold a cache"),
            (directory / "home", "lies inside"),
            ("~/.cache/torch/hub/x", "cannot go into itself"),
            (directory / "home/.cache/pip/deep", "another tool's cache"),
        ):
            screen = await typed(pilot, place)
            verdict = screen.verdict()
            assert verdict is not None
            assert not verdict.open
            assert words in verdict.refusal
            assert "Plan…" not in text(app).splitlines()[-1]
            await press(pilot, "enter")
            assert isinstance(app.screen, DestinationScreen)
        await typed(pilot, "~/elsewhere")
        assert "⏎ Plan…" in text(app).splitlines()[-1]
        assert "Tools no variable leads torch-hub to " in text(app)
        await typed(pilot, "~/elsewhere/hub")
        assert "no variable" not in text(app)
        await press(pilot, "escape")  # back to the list, which is still there
        assert isinstance(app.screen, DestinationScreen)
        await press(pilot, "escape")
        assert len(app.screen_stack) == 1
    assert caches(directory) == before


async def test_what_nothing_says_a_place_for_can_go_to_a_typed_one(sample: tuple[CacheManager, Path]) -> None:
    service, directory = sample
    app = CacheApp(replace(service, project=None))

    async with app.run_test(size=(60, 15), notifications=True) as pilot:
        await settle(pilot)
        await move_to(pilot, "pip@home")
        await press(pilot, "m")
        assert "nothing says where it should be" in text(app)
        await typed(pilot, directory / "home/pip-cache")
        assert "⏎ Plan…" in text(app).splitlines()[-1]


async def test_reading_only_shows_the_plan_of_a_move_and_no_execution(
    sample: tuple[CacheManager, Path],
) -> None:
    service, directory = sample
    before = caches(directory)
    app = CacheApp(replace(service, read_only=True))

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await choose(pilot, TORCH)
        assert "read only: c shows the command" in text(app)
        await go(pilot, "enter")
        assert isinstance(app.screen, PlanScreen)
        assert "Execute" not in text(app)
        await go(pilot, "x")
        assert isinstance(app.screen, PlanScreen)
    assert caches(directory) == before


async def test_an_entry_can_be_dropped_from_a_move(sample: tuple[CacheManager, Path]) -> None:
    service, _ = sample
    app = CacheApp(service)

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await choose(pilot, "musicbrainz@project")
        await typed(pilot, "~/there")
        await go(pilot, "enter")
        assert isinstance(app.screen, PlanScreen)
        rows = set(app.screen._goes)
        dropped = app.screen._goes[app.screen.going.key or ""].id
        await go(pilot, "space")
        assert isinstance(app.screen, PlanScreen)
        assert len(app.screen._goes) == len(rows) - 1
        assert dropped not in {row.id for row in app.screen._goes.values()}


@pytest.mark.parametrize(("key", "intent"), [("F", Intent.FINISH), ("R", Intent.ROLL_BACK)])
async def test_an_interrupted_move_is_recovered_from_the_history(
    sample: tuple[CacheManager, Path], key: str, intent: Intent
) -> None:
    service, directory = sample
    before = caches(directory)
    inventory = service.inventory()
    entries = frozenset(entry.id for entry in inventory.entries_by_cache["musicbrainz@project"])
    plan = service.plan_migrate(inventory, entries, to=directory / "there", targets=("musicbrainz@project",))
    events = service.execute(plan)
    for event in events:
        if isinstance(event, StepFinished) and event.outcome.number == len(plan.steps) // 2:
            break
    events.close()
    app = CacheApp(service)

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await go(pilot, "4", "u")
        assert isinstance(app.screen, HistoryScreen)
        await go(pilot, key)
        assert isinstance(app.screen, PlanScreen)
        assert app.screen.plan.intent is intent
        await go(pilot, "x")
        assert isinstance(app.screen, ResultScreen)
        assert "✔ Done" in text(app)
    if intent is Intent.ROLL_BACK:
        assert caches(directory) == before
    else:
        source = directory / "project/out/musicbrainz_cache"
        assert not [path for path in source.rglob("*") if path.is_file()]


async def test_a_legacy_finding_leads_to_the_chooser(sample: tuple[CacheManager, Path]) -> None:
    service, _ = sample
    app = CacheApp(service)

    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await go(pilot, "3")
        assert "m Move…" in text(app).splitlines()[-1]
        await go(pilot, "m")
        assert isinstance(app.screen, DestinationScreen)


async def test_the_history_counts_entries_and_a_purge_says_what_it_holds_and_costs(
    sample: tuple[CacheManager, Path],
) -> None:
    service, _ = sample
    app = CacheApp(service)

    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await settle(pilot)
        await move_to(pilot, "musicbrainz@project")
        entries = len(app.session.inventory.entries_by_cache["musicbrainz@project"])  # type: ignore[union-attr]
        await go(pilot, "d", "x", "4")
        line = next(line for line in text(app).splitlines() if "Clear musicbrainz" in line)
        assert f" {entries} " in line
        await go(pilot, "P")
        assert f": {entries} entries" in text(app)
        await go(pilot, "x")
        assert isinstance(app.screen, TypeQuestion)
        assert "In it: musicbrainz@project:" in app.screen.told
        assert "cost money or time to have again" in app.screen.told
        assert "comes back when it is needed" not in app.screen.told
