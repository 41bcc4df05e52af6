"""From rules to a plan and back, on a sample disk and with the real service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from cachemgr.domain.policy import Policy
from cachemgr.domain.terms import Intent
from cachemgr.service import CacheManager
from cachemgr.tui.app import CacheApp
from cachemgr.tui.screens.expire import ExpireScreen
from cachemgr.tui.screens.notice import NoticeScreen
from cachemgr.tui.screens.plan import PlanScreen
from cachemgr.tui.screens.result import ResultScreen
from tests.tui.picture import text
from tests.tui.scenes import press, settle
from tests.tui.test_journeys import go, move_to
from tests.tui.test_moving import caches

RESPONSES = "responses@project"


async def rules(pilot: Pilot[None], cache: str = RESPONSES) -> ExpireScreen:
    await settle(pilot)
    await move_to(pilot, cache)
    await press(pilot, "e")
    return await judged(pilot)


@asynccontextmanager
async def asked(
    service: CacheManager, size: tuple[int, int] = (100, 30), cache: str = RESPONSES
) -> AsyncIterator[tuple[Pilot[None], CacheApp, ExpireScreen]]:
    """The app where it asks for the rules of a cache, once it has looked."""
    app = CacheApp(service)
    async with app.run_test(size=size, notifications=True) as pilot:
        yield pilot, app, await rules(pilot, cache)


async def judged(pilot: Pilot[None]) -> ExpireScreen:
    """The screen, once it says what its rules would take."""
    screen = pilot.app.screen
    assert isinstance(screen, ExpireScreen)
    for _ in range(1000):
        await pilot.pause(0.01)
        if screen.judgement is not None:
            break
    await settle(pilot)
    return screen


async def type_rule(pilot: Pilot[None], name: str, value: str) -> ExpireScreen:
    screen = pilot.app.screen
    assert isinstance(screen, ExpireScreen)
    screen.panel.rules.move_to(name)
    await press(pilot, "enter")
    screen.query_one("#typed", Input).value = value
    await pilot.pause(0.3)
    return await judged(pilot)


def going(screen: ExpireScreen) -> set[str]:
    assert screen.judgement is not None
    return {verdict.entry for verdict in screen.judgement.going}


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (100, 30)])
async def test_what_is_past_its_record_goes_through_the_one_plan_and_comes_back(
    sample: tuple[CacheManager, Path], size: tuple[int, int]
) -> None:
    service, directory = sample
    before = caches(directory)

    async with asked(service, size) as (pilot, app, screen):
        assert going(screen) == set()
        assert "p Plan" not in text(app).splitlines()[-1]  # no rule never means everything
        await press(pilot, "space")
        screen = await judged(pilot)
        wanted = going(screen)
        assert f"{len(wanted)} entries" in text(app)
        assert len(wanted) == 20
        await go(pilot, "p")
        assert isinstance(app.screen, PlanScreen)
        assert app.screen.plan.intent is Intent.EXPIRE
        assert {step.entry for step in app.screen.plan.steps if step.entry} == wanted
        assert caches(directory) == before
        await go(pilot, "x")
        assert isinstance(app.screen, ResultScreen)
        record = next(line for line in text(app).splitlines() if "Record" in line)
        if size == (60, 15):
            assert record.strip() == f"Record 4 History · run {app.screen.progress.run}"
        assert caches(directory) != before
        await go(pilot, "u")
        await go(pilot, "x")
        assert isinstance(app.screen, ResultScreen)
    assert caches(directory) == before


async def test_on_a_small_terminal_each_list_is_a_key_away(service: CacheManager) -> None:
    async with asked(service, (60, 15)) as (pilot, app, _):
        assert "3 saved policies: shift+tab" in text(app)
        await press(pilot, "space")
        await judged(pilot)
        assert "--older-than" in text(app)
        await press(pilot, "tab")
        await pilot.pause(0.1)
        assert "Since" in text(app)
        assert "--older-than" not in text(app)
        await press(pilot, "tab")
        await pilot.pause(0.1)
        assert "responses-ttl" in text(app)
        await press(pilot, "down")
        await press(pilot, "tab")
        await pilot.pause(0.1)
        assert "--older-than" in text(app)
        assert (await judged(pilot)).policy.name == "models-unused-90d"


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (100, 30)])
async def test_shift_and_tab_go_back_through_the_lists(service: CacheManager, size: tuple[int, int]) -> None:
    async with asked(service, size) as (pilot, _, screen):
        for pane in (screen.panel.policies, screen.entries, screen.panel.rules):
            await press(pilot, "shift+tab")
            await pilot.pause(0.05)
            assert pane.has_focus
        await press(pilot, "shift+tab")
        assert all(policy.name in text(pilot.app) for policy in service.expiring.policies)


async def test_the_preview_follows_what_is_typed_and_says_which_rule(
    service: CacheManager,
) -> None:
    async with asked(service) as (pilot, app, screen):
        await type_rule(pilot, "older-than", "1")
        assert "is not an amount that fits" in text(app)  # half of an amount: what held before still does
        assert going(screen) == set()
        screen = await type_rule(pilot, "older-than", "1d")
        everything = going(screen)
        assert everything
        assert "older-than" in text(app)
        await press(pilot, "enter")
        assert not screen.panel.typing

        screen = await type_rule(pilot, "keep-last", "3")
        assert len(going(screen)) < len(everything)
        assert "asked for and kept" in text(app)
        await press(pilot, "escape")  # as it was
        screen = await judged(pilot)
        assert going(screen) == everything
        assert screen.policy.keep_last is None

        await go(pilot, "i")
        assert isinstance(app.screen, NoticeScreen)
        assert "older-than goes by the last change" in app.screen.told
        await go(pilot, "escape")
        await go(pilot, "c")
        assert isinstance(app.screen, NoticeScreen)
        assert f"expire {RESPONSES} --older-than 1d" in " ".join(app.screen.told.split())


async def test_a_saved_policy_says_what_it_is_about_and_a_changed_one_is_ones_own(
    service: CacheManager,
) -> None:
    async with asked(service, cache="tmdb@project") as (pilot, app, screen):
        assert [policy.name for policy in service.expiring.policies] == [
            "models-unused-90d",
            "responses-ttl",
            "tmdb-six-months",
        ]
        for key in ("tab", "tab", "down", "down"):
            await press(pilot, key)
        screen = await judged(pilot)
        assert screen.policy.name == "responses-ttl"
        assert going(screen) == set()
        said = "policy responses-ttl is about responses, and nothing of that was chosen"
        assert f"{said}; a asks about everything" in " ".join(text(app).split())
        assert "p Plan" not in text(app).splitlines()[-1]
        await press(pilot, "a")
        screen = await judged(pilot)
        assert "was chosen" not in text(app)
        assert len(going(screen)) == 20
        await go(pilot, "p")
        assert isinstance(app.screen, PlanScreen)
        await go(pilot, "c")
        assert isinstance(app.screen, NoticeScreen)
        assert "expire --policy responses-ttl" in " ".join(app.screen.told.split())
        await go(pilot, "escape")
        await go(pilot, "escape")

        screen = await judged(pilot)
        await press(pilot, "tab")
        screen = await type_rule(pilot, "keep-last", "5")
        assert screen.panel.is_own
        assert (screen.policy.name, screen.policy.targets) == ("", ("responses",))
        assert len(going(screen)) < 20


async def test_a_saved_policy_beside_marks_narrows_as_on_the_command_line(
    sample: tuple[CacheManager, Path],
) -> None:
    service, _ = sample
    app = CacheApp(service)

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        inventory = app.session.inventory
        assert inventory is not None
        policy = service.expiring.policy("responses-ttl")
        whole = {verdict.entry for verdict in service.expiring.preview(inventory, policy).going}
        some = set(sorted(whole)[:3])
        others = {entry.id for entry in inventory.entries_by_cache["torch-hub@home"]}
        app.session.marks.update(some | others)
        screen = await rules(pilot)
        for key in ("tab", "tab", "down", "down"):
            await press(pilot, key)
        screen = await judged(pilot)
        assert screen.policy.name == "responses-ttl"
        assert going(screen) == some
        assert "of 3 entries" in text(app)
        await go(pilot, "p")
        assert isinstance(app.screen, PlanScreen)
        assert {step.entry for step in app.screen.plan.steps if step.entry} == some
        await go(pilot, "escape")
        await go(pilot, "c")
        assert isinstance(app.screen, NoticeScreen)
        told = "".join(app.screen.told.split())
        assert all(entry in told for entry in some)
        assert "--policyresponses-ttl" in told
        await go(pilot, "escape")
        await press(pilot, "a")
        assert going(await judged(pilot)) == whole
        await press(pilot, "a")
        assert going(await judged(pilot)) == some


async def test_a_clock_that_jumped_is_said_and_nothing_is_planned(
    sample: tuple[CacheManager, Path],
) -> None:
    service, directory = sample
    before = caches(directory)
    started = service.clock

    async with asked(replace(service, clock=lambda: started() + timedelta(days=800))) as (pilot, app, _):
        await press(pilot, "space")
        await judged(pilot)
        await go(pilot, "p")
        assert isinstance(app.screen, ExpireScreen)
        assert any("the clock says" in said.message for said in app._notifications)
    assert caches(directory) == before


async def test_a_policy_that_is_wrong_says_why_and_takes_nothing(service: CacheManager) -> None:
    wrong = Policy("nightly", wrong="cachemgr.toml, line 3: policy nightly has no rule")
    settings = replace(service.settings, policies=(wrong,), wrong_policies=(wrong,))
    async with asked(replace(service, settings=settings)) as (pilot, app, screen):
        screen.panel.policies.focus()
        screen.panel.policies.move_to("1")  # by name, behind the first preset
        await judged(pilot)
        assert screen.policy is wrong
        assert wrong.wrong in text(app)
        screen.panel.rules.focus()
        await press(pilot, "enter")
        await go(pilot, "p")
        assert app.screen is screen
        assert screen.policy is wrong, "it has no rules that could be changed, nor a word what they are about"
