"""Clearing while another process exchanges what is on the way for links: what they lead to is never touched,
and what was to be cleared is in one place, whole, or gone as it should."""

import importlib
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cachemgr.disk.reader import OURS
from cachemgr.domain.terms import Disposal, Status
from tests.builders import Node, tree
from tests.desk import Look, carry_out, identity, manager, picture, plan_of, removal
from tests.execute.racer import Racer, Swap

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")

WAY = ("above", "above/box", "above/box/way", "above/box/way/entry")
"""From above the root down to the unit itself."""
INSIDE = ("above/box/way/entry/deep", "above/box/way/entry/deep/deeper", "above/box/way/entry/a")
ENTRY: dict[str, Node] = {"a": "1", "b.bin": "22", "deep": {"c": "333", "deeper": {"d": "4444"}}}
NAMES = ("way", "entry")


@dataclass
class Course:
    """A root with a unit two levels down, and a sentinel that looks the same from every point of the way."""

    top: Path
    sentinel: dict[str, Look] = field(default_factory=dict)
    before: dict[str, Look] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        return self.top / "above" / "box"

    @property
    def unit(self) -> Path:
        return self.root.joinpath(*NAMES)

    def swaps(self, ways: Iterable[str]) -> tuple[Swap, ...]:
        return tuple(Swap(self.top / way, self.top / "sentinel" / way) for way in ways)

    @classmethod
    def lay(cls, top: Path) -> "Course":
        course = cls(top)
        tree(top, {"sentinel": {"above": {"box": {"way": {"entry": ENTRY}}}}, "above": {"box": {"way": {}}}})
        os.chmod(top / "sentinel" / "above" / "box" / "way" / "entry" / "a", 0o640)
        course.sentinel = picture(top / "sentinel")
        return course

    def refill(self) -> None:
        """A unit at its place, where the last one left."""
        if not self.unit.exists():
            tree(self.unit, ENTRY)
        self.before = picture(self.unit)

    def intact(self) -> bool:
        return picture(self.top / "sentinel") == self.sentinel

    def lies(self, home: Path) -> list[Path]:
        """Wherever something is that looks as the unit did, to the last inode."""
        trash = home / ".local" / "share" / "Trash" / "files"
        folders = (self.unit.parent, trash, *self.root.glob(f"{OURS}*"), *self.root.glob(f"{OURS}*/*.trash"))
        places = [place for folder in folders if folder.is_dir() for place in folder.iterdir()]
        return [place for place in places if self._is_unit(place)]

    def _is_unit(self, place: Path) -> bool:
        if place.is_symlink() or not place.is_dir():
            return False
        # Its own times may change with its place; nothing else does.
        now = {name.replace(str(place), ""): look for name, look in picture(place).items()}
        was = {name.replace(str(self.unit), ""): look for name, look in self.before.items()}
        return now | {"": now[""][:2]} == was | {"": was[""][:2]}


def clears(tmp_path: Path, home: Path, disposal: Disposal, number: int) -> tuple[Counter[Status], int]:
    """How those clears ended, and how often something was exchanged meanwhile."""
    course, service = Course.lay(tmp_path / "course"), manager(home)
    ends: Counter[Status] = Counter()
    with Racer(tmp_path / "aside", *course.swaps(WAY)) as racer:
        for _ in range(number):
            course.refill()
            plan = plan_of(course.root, removal(course.root, *NAMES, disposal=disposal))
            racer.go()
            done = carry_out(service, plan)
            racer.halt()
            (status,) = done.statuses
            ends[status] += 1
            assert course.intact()
            _check(course, home, status, disposal)
    return ends, racer.swaps


def _check(course: Course, home: Path, status: Status, disposal: Disposal) -> None:
    places = course.lies(home)
    quarantines = list(course.root.glob(f"{OURS}*"))
    if status is not Status.DONE:
        assert places == [course.unit]
    elif disposal is Disposal.DELETE:
        assert places == []
        assert not course.unit.exists()
    else:
        assert len(places) == 1
        assert places[0].is_relative_to(home if disposal is Disposal.TRASH else quarantines[0])
    assert len(quarantines) == (status is Status.DONE and disposal is Disposal.QUARANTINE)
    for quarantine in quarantines:
        shutil.rmtree(quarantine)


@pytest.mark.parametrize("disposal", Disposal)
def test_what_a_racer_puts_on_the_way_is_not_touched(disposal: Disposal, tmp_path: Path, home: Path) -> None:
    ends, swaps = clears(tmp_path, home, disposal, 20)
    assert ends.total() == 20
    assert swaps > 20


@pytest.mark.soak
@pytest.mark.parametrize("disposal", Disposal)
def test_four_hundred_clears_with_a_racer(disposal: Disposal, tmp_path: Path, home: Path) -> None:
    ends, swaps = clears(tmp_path, home, disposal, 400)
    print(f"{disposal}: {dict(ends)}, {swaps} exchanges")
    assert ends.total() == 400
    assert ends[Status.DONE] > 20
    assert ends.total() - ends[Status.DONE] > 20
    assert swaps > 4000


def inside(tmp_path: Path, home: Path, disposal: Disposal, number: int) -> int:
    """Clears while parts of the unit are exchanged; how often they were. Whoever holds a part of a unit open
    still changes it where it was moved to, so that only what lies outside is compared."""
    course, service, swaps = Course.lay(tmp_path / "course"), manager(home), 0
    for turn in range(number):
        course.refill()
        plan = plan_of(course.root, removal(course.root, *NAMES, disposal=disposal))
        with Racer(tmp_path / f"aside{turn}", *course.swaps(INSIDE)) as racer:
            racer.go()
            carry_out(service, plan)
            racer.halt()
            swaps += racer.swaps
        assert course.intact()
        shutil.rmtree(course.unit, ignore_errors=True)
    return swaps


@pytest.mark.parametrize("disposal", Disposal)
def test_what_a_racer_puts_into_a_unit_is_a_leaf(disposal: Disposal, tmp_path: Path, home: Path) -> None:
    assert inside(tmp_path, home, disposal, 5) > 5


@pytest.mark.soak
@pytest.mark.parametrize("disposal", Disposal)
def test_a_hundred_clears_with_a_racer_inside(disposal: Disposal, tmp_path: Path, home: Path) -> None:
    swaps = inside(tmp_path, home, disposal, 100)
    print(f"{disposal}, inside: {swaps} exchanges")
    assert swaps > 1000


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the freedesktop.org trash")
def test_a_trash_that_is_exchanged_for_a_link_is_not_followed(tmp_path: Path, home: Path) -> None:
    course, service = Course.lay(tmp_path / "course"), manager(home)
    bins: dict[str, Node] = {"share": {"Trash": {"files": {"theirs": "1"}, "info": {"theirs.trashinfo": ""}}}}
    tree(course.top / "sentinel", bins)
    tree(home / ".local", {"share": {"Trash": {"files": {}, "info": {}}}})
    course.sentinel = picture(course.top / "sentinel")
    # The way to the trash may be a link, for those who keep it elsewhere; the trash itself may not.
    swap = Swap(home / ".local" / "share" / "Trash", course.top / "sentinel" / "share" / "Trash")
    done = 0
    with Racer(tmp_path / "aside", swap) as racer:
        for _ in range(20):
            course.refill()
            plan = plan_of(course.root, removal(course.root, *NAMES, disposal=Disposal.TRASH))
            racer.go()
            (status,) = carry_out(service, plan).statuses
            racer.halt()
            done += status is Status.DONE
            assert course.intact()
            _check(course, home, status, Disposal.TRASH)
    assert len(os.listdir(home / ".local" / "share" / "Trash" / "info")) == done
    assert racer.swaps > 20


def walk_by_path(course: Course, home: Path) -> None:
    """How a careful program does it that knows no handles."""
    if course.unit.is_symlink() or identity(course.unit.parent).kind != "directory":
        return
    time.sleep(0.001)  # as a busy machine does on its own
    for place, folders, files in os.walk(course.unit, topdown=False):
        for name in files:
            os.unlink(os.path.join(place, name))
        for name in folders:
            os.rmdir(os.path.join(place, name))


def trash_by_path(course: Course, home: Path) -> None:
    """What cachemgr did before: a good look, and then a path for the library."""
    if any(place.is_symlink() for place in (course.unit, *course.unit.parents)):
        return
    library = importlib.import_module("send2trash.plat_other")
    library.trash_move(os.fsencode(course.unit), os.fsencode(home / "Trash"))


@pytest.mark.parametrize("naive", [walk_by_path, trash_by_path])
def test_the_racer_catches_who_goes_by_path(
    naive: Callable[[Course, Path], None], tmp_path: Path, home: Path
) -> None:
    """Else the tests above would show nothing."""
    course = Course.lay(tmp_path / "course")
    with Racer(tmp_path / "aside", *course.swaps(WAY)) as racer:
        given_up = time.monotonic() + 60
        while time.monotonic() < given_up:
            course.refill()
            racer.go()
            try:
                naive(course, home)
            except OSError:
                pass
            finally:
                racer.halt()
            if not course.intact():
                return
    pytest.fail("a minute of tries, and none was caught")
