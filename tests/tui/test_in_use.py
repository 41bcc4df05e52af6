"""The Plan screen says what stays because somebody uses it, and what nobody could tell."""

from cachemgr.domain.usage import Holder, Unsure, Usage
from cachemgr.tui.app import CacheApp
from cachemgr.tui.terminal import STRANGE
from tests.tui.ada import inventory
from tests.tui.machine_room import SceneManager, service
from tests.tui.picture import text
from tests.tui.scenes import press, settle

OLLAMA = "ollama@home"


def used(holder: Holder) -> Usage:
    """The first of Ada's Ollama models is held; two processes did not let us look."""
    found = inventory()
    root = found.cache_by_id[OLLAMA].real_path
    assert root is not None
    first = found.entries_by_cache[OLLAMA][0]
    return Usage(places={(root, first.units[0].names): holder}, others=2)


TO_OLLAMA, TO_LEGACY = ("down",), ("down", "down")


async def plan(manager: SceneManager, *keys: str) -> str:
    """What the screen says about a plan to clear what those keys lead to."""
    app = CacheApp(manager)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await settle(pilot)
        for key in keys:
            await press(pilot, key)
        return text(app)


async def test_who_uses_an_entry_is_said_where_it_is_said_that_it_stays() -> None:
    shown = await plan(service(inventory(), usage=used(Holder(4312, "llama-server"))), *TO_OLLAMA, "d")
    assert "in use by llama-server (4312)" in shown
    assert "some running processes" in shown


async def test_it_can_be_taken_all_the_same_and_left_again() -> None:
    manager = service(inventory(), usage=used(Holder(4312, "llama-server")))
    forced = await plan(manager, *TO_OLLAMA, "d", "f")
    assert "Will go · 3 entries" in forced
    assert "--force in-use" in forced
    assert "in use by" not in forced
    assert "in use by llama-server (4312)" in await plan(manager, *TO_OLLAMA, "d", "f", "f")
    shown = " ".join((await plan(manager, *TO_OLLAMA, "d", "f", "c")).split())
    assert "clear ollama@home --force in-use" in shown


async def test_where_nothing_is_used_there_is_nothing_to_override() -> None:
    manager = service(inventory())
    shown = await plan(manager, *TO_OLLAMA, "d", "f")
    assert "In use too" not in shown
    assert "--force" not in shown
    assert "In use too" in await plan(service(inventory(), usage=used(Holder(1))), *TO_OLLAMA, "d")


async def test_a_process_may_call_itself_what_it_likes() -> None:
    shown = await plan(
        service(inventory(), usage=used(Holder(7, "[@click=app.quit]\x1b]0;x\x07\u202e[/]"))), *TO_OLLAMA, "d"
    )
    assert "in use by [@click=app.quit]\\x1b]0;x\\x07\\u202e[/] (7)" in shown
    assert not STRANGE.search(shown.replace("\n", ""))


async def test_a_doubt_is_said_with_what_to_do_about_it() -> None:
    """Only where it would be gone for good: `t` twice chooses to delete."""
    manager = service(inventory(), usage=Usage(gap=Unsure.TIMED_OUT))
    assert "could not tell" not in await plan(manager, *TO_LEGACY, "d")
    assert "could not tell" not in await plan(manager, *TO_OLLAMA, "d", "t", "t")
    shown = await plan(manager, *TO_LEGACY, "d", "t", "t", "tab")
    assert "could not tell if it is in use" in shown
    assert "--quarantine or --force in-use" in shown
    assert "nothing of it can be done" in shown
