"""Two units are compared by what they hold, so that what is at its place already is not copied again."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cachemgr.disk import handles
from cachemgr.domain.leads import Move
from cachemgr.execute.compare import Compared, Likeness, compare
from cachemgr.execute.content import Haul
from tests.builders import Link, Node, Sparse, tree
from tests.execute.copying import copied, copy
from tests.execute.removing import open_files

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")

BIG = 9 << 20
HOLD: dict[str, Node] = {
    "a": "x" * 100,
    "big": b"y" * BIG,
    "empty": b"",
    "sub": {"f": "1", "none": {}},
    "l": Link("a"),
    "hole": Sparse(1 << 20),
}


def compared(one: Path, other: Path, moves: tuple[Move, ...] = ()) -> Compared:
    root, place = handles.open_root(one.parent), handles.open_root(other.parent)
    opened = open_files()
    steps = compare(root, (one.name,), place, (other.name,), moves)
    try:
        while True:
            next(steps)
    except StopIteration as stop:
        assert open_files() == opened
        return stop.value  # type: ignore[no-any-return]
    finally:
        handles.close(root)
        handles.close(place)


def test_a_copy_is_the_same_and_modes_and_times_do_not_count(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {"u": HOLD})
    moves = (Move(str(root), str(tmp_path / "to")),)
    (root / "u" / "abs").symlink_to(root / "u" / "a")
    copied(copy(root, tmp_path / "to", "u", moves=moves))
    os.utime(tmp_path / "to" / "unit" / "a", ns=(1, 1))
    (tmp_path / "to" / "unit" / "a").chmod(0o600)
    assert compared(root / "u", tmp_path / "to" / "unit", moves) == Compared(Likeness.SAME)
    assert compared(root / "u", tmp_path / "to" / "unit") == Compared(Likeness.DIFFERENT, "u/abs")


@pytest.mark.parametrize(
    ("place", "spoil"),
    [
        ("u/a", lambda place: place.write_text("x" * 99 + "y")),
        ("u/a", lambda place: place.write_text("x" * 99)),
        ("u/big", lambda place: place.write_bytes(b"y" * (BIG - 1) + b"z")),
        ("u/hole", lambda place: place.write_bytes(b"1" + bytes((1 << 20) - 1))),
        ("u/l", lambda place: (place.unlink(), place.symlink_to("big"))),
        ("u/l", lambda place: (place.unlink(), place.write_text("x" * 100))),
        ("u/sub", lambda place: (place / "more").write_text("1")),
        ("u/sub", lambda place: (place / "f").unlink()),
        ("u", lambda place: (place / "empty").rename(place / "other")),
    ],
)
def test_what_differs_is_named(place: str, spoil: Callable[[Path], object], tmp_path: Path) -> None:
    one, other = (tree(tmp_path / name, {"u": HOLD}) for name in ("one", "other"))
    spoil(other / place)
    assert compared(one / "u", other / "u") == Compared(Likeness.DIFFERENT, place)


def test_files_and_links_are_compared_as_well(tmp_path: Path) -> None:
    tree(tmp_path, {"one": HOLD, "other": HOLD})
    for name in ("a", "big", "l"):
        assert compared(tmp_path / "one" / name, tmp_path / "other" / name).likeness is Likeness.SAME
    assert compared(tmp_path / "one" / "a", tmp_path / "other" / "big").likeness is Likeness.DIFFERENT
    assert compared(tmp_path / "one" / "a", tmp_path / "other" / "none").likeness is Likeness.DIFFERENT


def test_what_is_never_opened_or_is_missing_is_unknown(tmp_path: Path) -> None:
    for name in ("one", "other"):
        os.mkfifo(tree(tmp_path / name, {"u": {}}) / "u" / "fifo")
    assert compared(tmp_path / "one" / "u", tmp_path / "other" / "u") == Compared(Likeness.UNKNOWN, "u/fifo")
    assert compared(tmp_path / "one" / "none", tmp_path / "other" / "u").likeness is Likeness.UNKNOWN


def test_what_no_thread_can_share_is_not_handed_to_and_fro(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two threads without work gave each other the end of a small file, a hundred times for each."""
    looks: list[object] = []
    step = Haul.step

    def counted(haul: Haul, room: bytearray) -> int | None:
        looks.append(haul)
        return step(haul, room)

    monkeypatch.setattr(Haul, "step", counted)
    names: dict[str, Node] = {f"{number}": b"%d" % number for number in range(300)}
    one, other = tree(tmp_path / "one", {"u": names}), tree(tmp_path / "other", {"u": names})
    for _ in range(3):
        assert compared(one / "u", other / "u").likeness is Likeness.SAME
    assert len(looks) <= 3 * len(names) * 3
