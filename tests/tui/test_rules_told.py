"""The screen of rules has one name for each, tells order and origin, and shows entries while one types."""

from dataclasses import replace

import pytest
from textual.pilot import Pilot

from cachemgr.domain.policy import Policy
from cachemgr.tui.app import CacheApp
from cachemgr.tui.rule_form import BLANKS
from cachemgr.tui.screens.expire import ExpireScreen
from cachemgr.tui.screens.plan import PlanScreen
from tests.tui.ada import ada
from tests.tui.picture import text
from tests.tui.scenes import Scene, played, press, settle

NIGHTLY = Policy("nightly", targets=("models",), older_than=86_400.0, max_size=10**6, trusted=False)
DOUBT = "the rest is nightly's, of this project's file, which is not trusted; read it first"


@pytest.mark.parametrize(("size", "least"), [((60, 15), 3), ((80, 24), 4)], ids=["60x15", "80x24"])
async def test_while_typing_the_entries_that_would_go_are_seen(size: tuple[int, int], least: int) -> None:
    async with played(Scene("typing", ("e", "down", "enter", *"30d"), size)) as (pilot, _):
        await pilot.pause(0.3)
        await settle(pilot)
        shown = text(pilot.app)
        assert sum("--older-than" in line and "✕" in line for line in shown.splitlines()) >= least
        assert "30d, 12h, 6mo, or nothing" in shown
        await press(pilot, "enter")
        await settle(pilot)
        assert all(blank.option in text(pilot.app) for blank in BLANKS)


async def test_a_rule_has_one_name_and_the_list_its_order() -> None:
    async with played(Scene("rules", ("e", "down", "enter", *"30d", "enter"), (100, 30))) as (pilot, _):
        await pilot.pause(0.3)
        await settle(pilot)
        shown = text(pilot.app)
        assert all(blank.option in shown for blank in BLANKS)
        assert shown.count("older-than") == shown.count("--older-than") > 3
        assert "the longest unused first ─╯" in shown


def with_a_strange_policy() -> CacheApp:
    service = ada()
    return CacheApp(
        replace(service, settings=replace(service.settings, policies=(*service.settings.policies, NIGHTLY)))
    )


async def changed(pilot: Pilot[None], *before: str) -> ExpireScreen:
    await settle(pilot)
    for key in ("e", "shift+tab", *before):
        await press(pilot, key)
    screen = pilot.app.screen
    assert isinstance(screen, ExpireScreen)
    screen.panel.policies.move_to("1")
    await pilot.pause(0.1)
    assert screen.policy == NIGHTLY
    return screen


async def test_a_changed_rule_of_an_untrusted_project_still_says_whose_the_others_are() -> None:
    app = with_a_strange_policy()
    async with app.run_test(size=(60, 15), notifications=True) as pilot:
        screen = await changed(pilot)
        assert "--older-than 1d --max-size 1MB" in text(app)
        await press(pilot, "tab")
        screen.panel.rules.move_to("keep-last")
        assert "config trust" in flat(app), "under the rules as well"
        for key in ("enter", "2", "escape"):
            await press(pilot, key)
        await pilot.pause(0.3)
        assert "config trust" in flat(app), "nothing was changed"
        for key in ("enter", "2", "enter"):
            await press(pilot, key)
        await pilot.pause(0.3)
        await settle(pilot)
        assert screen.panel.is_own
        assert DOUBT in flat(app)
        await press(pilot, "p")
        await settle(pilot)
        assert isinstance(app.screen, PlanScreen)
        assert "rules of nightly, not trusted" in text(app)


async def test_rules_of_a_trusted_policy_are_nobody_elses() -> None:
    app = CacheApp(ada())
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        for key in ("e", "shift+tab", "down", "tab", "space"):
            await press(pilot, key)
        assert "not trusted" not in text(app)


def flat(app: CacheApp) -> str:
    return " ".join(text(app).split())
