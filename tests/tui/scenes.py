"""The scenes that the screenshots are drawn from and the snapshot tests compare: where we are, which keys
led there."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from textual import constants
from textual.drivers.headless_driver import HeadlessDriver
from textual.events import Key, MouseDown, MouseUp, Resize
from textual.geometry import Size
from textual.keys import _character_to_key
from textual.pilot import Pilot

from cachemgr.tui.app import CacheApp
from tests.tui.ada import ada
from tests.tui.adas_move import moving
from tests.tui.machine_room import SceneManager, Theatre, changed

assert constants.TEXTUAL_ANIMATIONS == "none", "what is drawn while something still glides is chance"


@dataclass(frozen=True)
class Scene:
    """A picture: its name, the terminal's size, and the keys pressed."""

    name: str
    keys: tuple[str, ...] = ()
    size: tuple[int, int] = (100, 30)
    theatre: Callable[[], Theatre] = Theatre
    read_only: bool = False
    ascii: bool = False
    theme: str = "night"
    moving: bool = False
    """Something is to move, which needs disks to look at."""
    wait: bool = False
    """The last key starts an execution that waits halfway."""

    @property
    def file(self) -> str:
        return f"{self.name}-{self.size[0]}x{self.size[1]}"


def _halfway() -> Theatre:
    return Theatre(pause_before=9, failing={2: changed(2)})


def _in_a_copy() -> Theatre:
    return Theatre(pause_before=20)


def _partly() -> Theatre:
    return Theatre(failing={2: changed(2)})


MARKED = ("space", "down", "space", "down", "down", "space", "space", "space")
PLAN = ("enter", "a", "1", "down", "down", "space", "down", "space", "space", "d")
EXPIRE = ("e", "down", "down", "enter", "3", "0", "d", "enter")
SIZES = ((100, 30), (80, 24), (60, 15))
SCENES = (
    Scene("overview"),
    Scene("overview", size=(80, 24)),
    Scene("overview", size=(60, 15)),
    Scene("overview", size=(160, 48)),
    Scene("overview-marked", MARKED),
    Scene("overview-ascii", ascii=True),
    Scene("overview-day", theme="day"),
    Scene("overview-terminal", theme="terminal"),
    Scene("explore", ("enter", "right", "down", "space")),
    Scene("explore", ("enter", "right", "down", "space"), size=(80, 24)),
    Scene("plan", PLAN),
    Scene("plan", PLAN, size=(80, 24)),
    Scene("confirm", (*PLAN, "x")),
    Scene("confirm-word", ("down", "down", "d", "t", "t", "x")),
    Scene("run", (*PLAN, "x", "y"), theatre=_halfway, wait=True),
    Scene("result", (*PLAN, "x", "y"), theatre=_partly),
    Scene("help", ("question_mark",)),
    Scene("findings", ("3",)),
    Scene("history", ("4",)),
    Scene("undo", ("4", "u")),
    Scene("recover", ("4", "down", "down")),
    Scene("roll-back", ("4", "down", "down", "R")),
    Scene("finish", ("4", "down", "down", "F"), size=(80, 24)),
    Scene("read-only", PLAN, read_only=True),
    *(Scene("move", ("m", "down"), size, moving=True) for size in SIZES),
    *(Scene("expire", EXPIRE, size) for size in SIZES),
    Scene("expire-typing", EXPIRE[:-1], (80, 24)),
    Scene("expire-plan", (*EXPIRE, "p")),
    Scene("move-refused", ("m", "tab", "slash"), (80, 24), moving=True),
    *(Scene("move-plan", ("m", "down", "enter"), size, moving=True) for size in SIZES),
    Scene("move-run", ("m", "down", "enter", "x"), moving=True, theatre=_in_a_copy, wait=True),
    *(Scene("move-result", ("m", "enter", "x"), size, moving=True) for size in SIZES),
)


@asynccontextmanager
async def played(scene: Scene) -> AsyncIterator[tuple[Pilot[None], SceneManager]]:
    """The app at the end of a scene, quiet."""
    manager = ada(scene.theatre(), read_only=scene.read_only)
    if scene.moving:
        manager = moving(manager)
    app = CacheApp(manager, ascii_glyphs=scene.ascii, host="demo-host")
    app.theme = scene.theme
    async with app.run_test(size=scene.size, notifications=True) as pilot:
        await settle(pilot)
        for key in scene.keys:
            await press(pilot, key)
        if scene.wait:
            while not manager.theatre.waiting.is_set():
                await pilot.pause(0.01)
            app.pull()
        await pilot.pause()
        try:
            yield pilot, manager
        finally:
            manager.theatre.go.set()


async def press(pilot: Pilot[None], key: str) -> None:
    """A key, and everything that comes of it. A `y` waits until the dialog listens."""
    if key == "y":
        for _ in range(500):
            await pilot.pause(0.01)
            if getattr(pilot.app.screen, "armed", True):
                break
    await push(pilot, key)
    await settle(pilot)


async def push(pilot: Pilot[None], *keys: str) -> None:
    """Keys, each handled. Pilot's own `press`, `click` and `resize_terminal` wait for an idle processor,
    which a busy machine does not have."""
    for key in keys:
        name = _character_to_key(key) if len(key) == 1 and not key.isalnum() else key
        char = key if len(key) == 1 else {"space": " ", "slash": "/"}.get(key)
        pilot.app.post_message(Key(name, char))
        await handled(pilot)


async def click(pilot: Pilot[None], x: int, y: int) -> None:
    """The button down and up again, as the terminal tells it, handled."""
    for event in (MouseDown, MouseUp):
        pilot.app.post_message(event(None, x, y, 0, 0, 1, False, False, False, x, y))
        await handled(pilot)


async def resize(pilot: Pilot[None], width: int, height: int) -> None:
    """The terminal gets another size, and everything is laid out for it."""
    size = Size(width, height)
    driver = pilot.app._driver
    assert isinstance(driver, HeadlessDriver)
    driver._size = size
    pilot.app.post_message(Resize(size, size))
    await handled(pilot)


async def handled(pilot: Pilot[None]) -> None:
    """A message goes from the app to the widget and from there to the screen: three queues."""
    for _ in range(3):
        await pilot._wait_for_screen()


async def settle(pilot: Pilot[None]) -> None:
    """Wait until no thread works and everything is drawn; an execution that waits is let alone."""
    app = pilot.app
    assert isinstance(app, CacheApp)
    theatre = getattr(app.session.service, "theatre", None)
    for _ in range(3000):
        await asyncio.sleep(0.003)
        relay = app.session.relay
        held = theatre is not None and theatre.waiting.is_set() and not theatre.go.is_set()
        planning = any(worker.group == "plan" and worker.is_running for worker in app.workers)
        looking = getattr(app.screen_stack[-1], "looking", False) if app.screen_stack else False
        if relay.scanning is None and (held or not relay.busy) and not planning and not looking:
            break
    drawn = [-2, -1]
    # Twice at least: what is shown after the first may ask for more room, or for another line.
    while drawn[0] != drawn[1]:
        drawn = [drawn[1], app.session.relay.revision]
        app.pull()
        await handled(pilot)
    # What a list tells when its cursor moved goes through two queues more.
    await asyncio.sleep(0.005)
    await handled(pilot)
