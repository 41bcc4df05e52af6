"""What the app writes to a real terminal over hostile names, on every one of its screens."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are POSIX", allow_module_level=True)

from tests.adversary.judge import take
from tests.adversary.parade import parade
from tests.adversary.stage import Stage
from tests.adversary.terminal import Terminal, strange, terminal, unseen

SAME = ("kind", "mode", "owner", "modified", "size", "content")
ESCAPE, TAB, PALETTE = b"\x1b", b"\t", b"\x10"
LOOKING = (
    *("2", "l", "j", "l", "j", "i", ESCAPE, *("jjjjjjj",) * 4, "c", ESCAPE),
    *("3", "j", "i", ESCAPE, "4", "?", ESCAPE, PALETTE, "und", ESCAPE, "1", "j", "i", ESCAPE),
)
PLANNING = ("jjjjjjjj", "jjjjjjjj", TAB, "jjjj", TAB, "c", ESCAPE)
"""In a plan."""


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = parade(tmp_path / "stage")
    yield stage
    stage.strike()


def press(screen: Terminal, *keys: str | bytes) -> None:
    """One key after the other, each after what came of the one before."""
    for key in keys:
        screen.type(key if isinstance(key, bytes) else key.encode())
        assert screen.process.poll() is None, bytes(screen.seen[-2000:])


def asked(screen: Terminal, key: bytes, answer: bytes) -> None:
    """A key whose answer takes its time, and what is drawn after it."""
    assert answer in screen.type(key, until=answer), bytes(screen.seen[-4000:])
    screen.read()


@pytest.mark.parametrize(
    "size",
    [(60, 15), *(pytest.param(size, marks=pytest.mark.soak) for size in ((100, 30), (200, 60)))],
    ids=lambda size: f"{size[0]}x{size[1]}",
)
def test_no_screen_lets_a_name_through(size: tuple[int, int], stage: Stage) -> None:
    before = take(stage)
    with terminal(stage, size=size) as screen:
        assert b"Overview" in screen.read(until=b" files")  # the sum, when all is measured
        press(screen, *LOOKING, "/", "torch", "\r")
        asked(screen, b"d", b"Will go")
        press(screen, *PLANNING)
        asked(screen, b"x", b"Cannot be undone")
        press(screen, ESCAPE)
        assert not before.changes(take(stage), *SAME)

        asked(screen, b"t", b"all undoable")
        asked(screen, b"x", b"Done")
        assert before.changes(take(stage), "kind")
        press(screen, "jjjj", TAB, "\r", "4", "i", ESCAPE)
        asked(screen, b"P", b"Review plan")
        asked(screen, b"x", b"Cannot be undone")
        press(screen, ESCAPE, ESCAPE)
        asked(screen, b"u", b"Review plan")
        asked(screen, b"x", b"Done")
        shown = bytes(screen.seen)

    assert not strange(shown)
    assert not unseen(shown)
    assert not before.changes(take(stage), *SAME)
