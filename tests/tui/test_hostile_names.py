"""A file name can not style, crash, click or write to the terminal, on any screen."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from rich.segment import Segment
from textual.color import Color
from textual.pilot import Pilot

from cachemgr.domain.errors import Refused
from cachemgr.domain.inventory import Cache, Entry, Finding, Inventory
from cachemgr.domain.plan import Plan
from cachemgr.domain.terms import Reason, Severity
from cachemgr.domain.unit import Obstacle, Unit
from cachemgr.tui import app as app_module
from cachemgr.tui.app import CacheApp
from cachemgr.tui.screens.reviewing import review
from cachemgr.tui.screens.view import View
from cachemgr.tui.terminal import STRANGE, Scrub
from tests.tui.ada import inventory
from tests.tui.by_hand import entry, unit
from tests.tui.machine_room import service
from tests.tui.picture import text
from tests.tui.scenes import click, press, settle

HOSTILE = (
    "[bold]x",
    "models[/]",
    "[/foo] x",
    "[link=http://x]y[/]",
    "[@click=app.wipe]model[/]",
    "[red",
    "\\[x]",
    "a\x1b[31mred",
    "b\x1b]0;title\x07",
    "c\x9b31m",
    "d\u202egnp.exe",
    "e\u2066x",
    "f\udcff\udcfe",
    "g\r\n\t\x00\x08",
    "モデル" * 12,
    "e\u0301" * 40,
    "👩‍👩‍👧‍👦",
    "x" * 300,
)
WALKS = (
    ("2", "right", "down", "right", "down", "i", "escape"),
    ("enter", "right", "down", "c", "escape", "d", "tab", "down", "x", "escape"),
    ("2", "slash", "[", "enter", "escape"),
    ("3", "i", "escape", "c"),
    ("4", "i", "escape"),
    ("d", "t", "x", "escape", "escape", "question_mark", "escape"),
    ("space", "d", "t", "t", "x", "escape", "c"),
    ("m", "c", "escape", "tab", "[", "slash", "escape"),
    (
        "e",
        "down",
        "down",
        "down",
        "enter",
        "0",
        "enter",
        "tab",
        "down",
        "down",
        "down",
        "i",
        "escape",
        "p",
        "x",
    ),
)


def hostile() -> Inventory:
    """Ada's inventory with hostile names wherever a name can come from outside."""
    found = inventory()

    def spoilt(names: Iterator[str], cache: Cache) -> Cache:
        name = next(names)
        return replace(cache, title=name, path=Path("/home/ada") / name.replace("\x00", ""), way_back=(name,))

    names = iter(HOSTILE * 3)
    caches = tuple(spoilt(names, cache) for cache in found.caches)
    entries: list[Entry] = []
    for number, name in enumerate(HOSTILE):
        held: Unit = unit(name, "blob", name, size=2**20 * (number + 1))
        stays = Obstacle(Reason.IN_USE, name) if number % 3 == 0 else None
        entries.append(
            entry("uv@home", name, held, group=name if number % 2 else "", notes=(name,), obstacle=stays)
        )
    warnings = tuple(
        Finding(
            name,
            Severity.WARNING,
            name,
            Path("/x") / name.replace("\x00", ""),
            5,
            ("cachemgr", "clear", name),
            name,
        )
        for name in HOSTILE
    )
    return replace(found, caches=caches, entries=(*entries, *found.entries), findings=warnings)


class Net(Scrub):
    """The net below `display_name`, with what fell into it."""

    def __init__(self) -> None:
        super().__init__()
        self.caught: list[str] = []

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        self.caught += [one.text for one in segments if not one.control and STRANGE.search(one.text)]
        return super().apply(segments, background)


class Trap(CacheApp):
    """An app with an action that no file name may ever reach."""

    CSS_PATH = str(Path(app_module.__file__).with_name("app.tcss"))
    sprung = False

    def __init__(self, found: Inventory) -> None:
        super().__init__(service(found))
        self.net = Net()
        self._filters[:] = [self.net if isinstance(one, Scrub) else one for one in self._filters]

    def action_wipe(self) -> None:
        self.sprung = True


async def look_everywhere(pilot: Pilot[None]) -> None:
    """No cell of the screen has what a name asked for, and a click into any line springs nothing."""
    screen, app = text(pilot.app), pilot.app
    assert not STRANGE.search(screen.replace("\n", "")), "a control character is on the screen"
    for y, x in product(range(app.size.height), range(app.size.width)):
        style = app.screen.get_style_at(x, y)
        assert not style.link, "a name became a link"
        assert "app.wipe" not in repr(style.meta), "a name can be clicked"
    for y in range(1, app.size.height - 2):
        await click(pilot, (8, 40, 75)[y % 3], y)
        if len(app.screen_stack) > 1:
            return


@pytest.mark.parametrize("walk", WALKS, ids="-".join)
async def test_hostile_names_are_only_names(walk: tuple[str, ...]) -> None:
    app = Trap(hostile())

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        for key in walk:
            await press(pilot, key)
            assert not STRANGE.search(text(app).replace("\n", ""))
        await look_everywhere(pilot)
        await settle(pilot)

        assert not app.sprung
        assert not app.net.caught, "a name was not made displayable"
        assert app.is_running


async def test_every_name_can_be_walked_over() -> None:
    app = Trap(hostile())

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        app.session.explored = "uv@home"
        await press(pilot, "2")
        for _ in HOSTILE:
            await press(pilot, "right")
            await press(pilot, "down")
            assert not STRANGE.search(text(app).replace("\n", ""))

        assert not app.net.caught, "a name was not made displayable"
        assert app.is_running


async def test_an_error_message_with_markup_is_shown_as_it_is() -> None:
    app = Trap(hostile())

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "4")
        app.notify("[@click=app.wipe]no[/] [/x]", markup=False)
        await pilot.pause(0.3)

        assert "[@click=app.wipe]no[/] [/x]" in text(app)


@pytest.mark.parametrize("size", [(100, 30), (60, 15)], ids=["wide", "narrow"])
@pytest.mark.parametrize("key", ["m", "e"])
async def test_every_cache_can_be_asked_about(key: str, size: tuple[int, int]) -> None:
    """Titles and paths of each in the heading of Move and of Expire, and what planning says about it."""
    app = Trap(hostile())

    async with app.run_test(size=size, notifications=True) as pilot:
        await settle(pilot)
        for _ in app.session.nodes:
            await press(pilot, key)
            await press(pilot, "escape")
            await press(pilot, "down")

        assert not app.net.caught, "a name was not made displayable"
        assert app.is_running


async def test_what_an_error_names_is_shown_escaped() -> None:
    app = Trap(inventory())

    def refused() -> Plan:
        raise Refused("a\x1b[31mred is another tool's cache")

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        assert isinstance(app.screen, View)
        review(app.screen, refused)
        await settle(pilot)
        await pilot.pause(0.3)

        assert "a\\x1b[31mred is another" in text(app)
        assert not app.net.caught
