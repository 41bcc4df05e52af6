"""What a person does from the first screen to the last, on a sample disk and with the real service."""

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from textual.pilot import Pilot

from cachemgr.domain.outcome import Totals
from cachemgr.service import CacheManager
from cachemgr.tui.app import CacheApp
from cachemgr.tui.screens.explore import ExploreScreen
from cachemgr.tui.screens.listing import Listing
from cachemgr.tui.screens.notice import Question
from cachemgr.tui.screens.plan import PlanScreen
from cachemgr.tui.screens.result import ResultScreen
from tests.tui.picture import text
from tests.tui.scenes import press, settle


async def go(pilot: Pilot[None], *keys: str) -> None:
    await settle(pilot)
    for key in keys:
        await press(pilot, key)


async def move_to(pilot: Pilot[None], key: str) -> None:
    """Put the cursor on a row of the list that is shown."""
    screen = pilot.app.screen
    assert isinstance(screen, Listing)
    assert key in screen.shown, key
    screen.table.move_to(key)
    await pilot.pause()


def fingerprint(path: Path) -> dict[str, tuple[object, ...]]:
    """Everything below a directory: modes, sizes, times, inodes and link texts. The content is not read,
    because files of the sample look as if they had gibibytes."""
    found: dict[str, tuple[object, ...]] = {}
    for place in path.rglob("*"):
        facts = place.lstat()
        link = os.readlink(place) if place.is_symlink() else ""
        found[str(place.relative_to(path))] = (
            facts.st_mode, facts.st_size, facts.st_mtime_ns, facts.st_ino, facts.st_blocks, link
        )  # fmt: skip
    return found


def measured(path: Path) -> int:
    """Allocated bytes below a directory, every inode once."""
    found = {(facts.st_dev, facts.st_ino): facts.st_blocks * 512
             for place in path.rglob("*") for facts in (place.lstat(),)}  # fmt: skip
    return sum(found.values())


async def test_looking_marking_and_cancelling_change_nothing(sample: tuple[CacheManager, Path]) -> None:
    service, directory = sample
    before = fingerprint(directory)
    app = CacheApp(service)

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await go(
            pilot,
            "enter",
            "right",
            "down",
            "space",
            "space",
            "d",
            "t",
            "t",
            "t",
            "t",
            "x",
            "escape",
            "escape",
        )
        await go(pilot, "1", "a", "d", "tab", "escape", "2", "3", "4", "question_mark", "escape", "1", "r")

        assert app.session.marks
    assert fingerprint(directory) == before


async def test_a_run_frees_what_its_result_says(sample: tuple[CacheManager, Path]) -> None:
    service, directory = sample
    app = CacheApp(service)

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        await move_to(pilot, "pip@home")
        await go(pilot, "d")
        assert isinstance(app.screen, PlanScreen)
        promised = app.screen.plan.frees
        pip = directory / "home" / ".cache" / "pip"
        before = measured(pip)
        await go(pilot, "x")
        assert isinstance(app.screen, Question)
        await press(pilot, "y")

        assert isinstance(app.screen, ResultScreen)
        totals = Totals.of(app.screen.progress.outcomes.values())
        assert totals.complete
        assert totals.freed == promised == before - measured(pip) > 0
        assert "Done:" in text(app)
        await go(pilot, "enter")
        gone = next(node for node in app.session.nodes if node.key == "pip@home")
        assert gone.frees == 0


async def test_what_was_set_aside_comes_back_from_the_history(sample: tuple[CacheManager, Path]) -> None:
    service, directory = sample
    project = directory / "project"
    before = fingerprint(project)
    app = CacheApp(service)

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        await move_to(pilot, "tmdb@project")
        await go(pilot, "d", "x")
        assert isinstance(app.screen, ResultScreen)
        assert fingerprint(project) != before
        await go(pilot, "4")
        assert "quarantine holds" in text(app)
        await go(pilot, "u")
        assert isinstance(app.screen, PlanScreen)
        await go(pilot, "x")

        assert isinstance(app.screen, ResultScreen)
        assert "brought back" in text(app)
    assert fingerprint(project) == before


async def test_one_revision_goes_and_the_other_stays_whole(sample: tuple[CacheManager, Path]) -> None:
    service, _directory = sample
    app = CacheApp(service)

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        await move_to(pilot, "huggingface-hub@home")
        await go(pilot, "enter")
        assert isinstance(app.screen, ExploreScreen)
        unused = next(e for e in app.session.inventory.entries if e.detached and e.group)  # type: ignore[union-attr]
        await move_to(pilot, f"{unused.cache}:{unused.group}/")
        await go(pilot, "right")
        await move_to(pilot, unused.id)
        await go(pilot, "d", "x", "y")

        assert isinstance(app.screen, ResultScreen)
        await go(pilot, "enter")
        left = {entry.id for entry in app.session.inventory.entries}  # type: ignore[union-attr]
        assert unused.id not in left
        assert any(e.group == unused.group for e in app.session.inventory.entries)  # type: ignore[union-attr]


async def test_the_cursor_and_the_marks_outlive_a_rescan(sample: tuple[CacheManager, Path]) -> None:
    service, directory = sample
    app = CacheApp(service)

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        await move_to(pilot, "tmdb@project")
        await go(pilot, "space", "up")
        marks = set(app.session.marks)
        (directory / "home" / ".cache" / "pip" / "big").write_bytes(b"x" * 9_000_000)
        await go(pilot, "r")

        screen = app.screen
        assert isinstance(screen, Listing)
        assert screen.table.key == "tmdb@project"
        assert app.session.marks == marks
        assert next(iter(screen.shown)) == "pip@home"


async def test_a_plan_that_grew_old_is_refused_and_says_so(sample: tuple[CacheManager, Path]) -> None:
    service, directory = sample
    before = fingerprint(directory / "home")
    late = [timedelta()]
    app = CacheApp(replace(service, clock=lambda: service.clock() + late[0]))

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        await move_to(pilot, "pip@home")
        await go(pilot, "d")
        late[0] = timedelta(hours=1)
        await go(pilot, "x", "y")

        assert "Nothing was done" in text(app)
        assert "minutes old; make a new one" in text(app)
    assert {k: v for k, v in fingerprint(directory / "home").items() if ".local" not in k} == {
        k: v for k, v in before.items() if ".local" not in k
    }
