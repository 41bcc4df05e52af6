"""What points to something, what it points to, and what holds both: either all of it goes or none."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from cachemgr.disk.reader import OURS
from cachemgr.domain.action import Tidy
from cachemgr.domain.plan import Step
from cachemgr.service import CacheManager
from tests.builders import tree
from tests.desk import BOX, carry_out, identity, manager, picture, plan_of, removal
from tests.execute.removing import purging

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")


@pytest.fixture
def service(home: Path) -> CacheManager:
    return manager(home)


@pytest.fixture
def box(tmp_path: Path) -> Path:
    return tree(tmp_path / "box", {})


def repository(box: Path, *, mode: int = 0o750) -> list[Step]:
    """The steps that clear a pointer, the payload it points to, and the container of both."""
    tree(box, {"repo": {"pointer": {"ref": "1", "deep": {}}, "payload": {"blob": "2"}, "plain": "3"}})
    (box / "repo").chmod(mode)
    needs_pointer = [replace(removal(box, "repo", name), needs=(0,)) for name in ("payload", "plain")]
    tree(box, {"repo": {"empty": {}}})
    (box / "repo" / "empty").chmod(0o711)
    container = Step(Tidy(("repo",), (("empty",),)), BOX, None, identity(box / "repo"), needs=(0, 1, 2))
    return [removal(box, "repo", "pointer"), *needs_pointer, container]


def test_with_a_pointer_comes_back_what_it_points_to_and_what_held_both(
    service: CacheManager, box: Path
) -> None:
    steps = repository(box)
    before = picture(box / "repo" / "payload", box / "repo" / "plain", box / "repo" / "pointer" / "ref")
    open_pointer = os.open(box / "repo" / "pointer", os.O_RDONLY)

    def write() -> None:
        assert not (box / "repo").exists()
        os.close(os.open("new", os.O_CREAT | os.O_WRONLY, dir_fd=open_pointer))

    done = carry_out(service, plan_of(box, *steps), during=purging(write))
    os.close(open_pointer)
    assert done.kinds == ["changed", "needs", "needs", None]
    assert before.items() <= picture(box).items()
    assert (box / "repo" / "pointer" / "new").exists()
    assert (box / "repo").stat().st_mode & 0o777 == 0o750
    assert (box / "repo" / "empty").stat().st_mode & 0o777 == 0o711
    assert not list(box.glob(f"{OURS}*"))


def test_a_pointer_that_stays_keeps_everything_in_its_place(service: CacheManager, box: Path) -> None:
    steps = repository(box)
    (box / "repo" / "pointer" / "deep" / "new").write_text("1")
    before = picture(box)
    assert carry_out(service, plan_of(box, *steps)).kinds == ["changed", "needs", "needs", "needs"]
    assert picture(box) == before
