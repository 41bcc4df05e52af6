"""A key on a row in which nothing is says so, and never takes more in its place."""

from textual.pilot import Pilot

from cachemgr.domain.terms import CacheState
from cachemgr.service import CacheManager
from cachemgr.tui.app import CacheApp
from cachemgr.tui.screens.explore import ExploreScreen
from cachemgr.tui.screens.listing import Listing
from tests.tui.ada import ada
from tests.tui.picture import text
from tests.tui.scenes import press, settle
from tests.tui.test_journeys import go, move_to


async def test_a_key_on_a_cache_that_is_not_there_is_about_that_cache_alone(service: CacheManager) -> None:
    app = CacheApp(service)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        inventory = app.session.inventory
        assert inventory is not None
        absent = {cache.id for cache in inventory.caches if cache.state is CacheState.MISSING}
        await every_key_says_so(pilot, app, min(absent), "is not there")


async def test_a_key_on_a_cache_of_which_no_entries_can_be_told_apart_takes_no_other() -> None:
    app = CacheApp(ada())
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        await every_key_says_so(pilot, app, "other@home", "has no entries")


async def every_key_says_so(pilot: Pilot[None], app: CacheApp, cache: str, why: str) -> None:
    await move_to(pilot, cache)
    assert "e Expire" not in text(app).splitlines()[-1]
    for key, verb in (("e", "expire"), ("d", "clear"), ("m", "move"), ("c", "clear")):
        app.clear_notifications()
        await go(pilot, key)
        assert isinstance(app.screen, Listing), key
        (said,) = [one.message for one in app._notifications]
        assert said.endswith(f"{why}, so there is nothing to {verb}")


async def test_nor_does_a_filter_that_shows_nothing_widen_a_key(service: CacheManager) -> None:
    app = CacheApp(service)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        for key in ("2", "slash", *"zzzz", "enter", "e", "d", "m", "c"):
            await press(pilot, key)
        await settle(pilot)
        assert isinstance(app.screen, ExploreScreen)
