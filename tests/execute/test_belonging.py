"""What points to something, what it points to, and what holds both: either all of it goes or none."""

import errno
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from cachemgr.disk.reader import OURS
from cachemgr.domain.action import Remove, Tidy
from cachemgr.domain.plan import Step
from cachemgr.domain.terms import Disposal
from cachemgr.execute import system
from cachemgr.service import CacheManager
from tests.builders import tree
from tests.desk import BOX, carry_out, identity, picture, plan_of, removal
from tests.execute.removing import purging

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")


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


def set_aside(service: CacheManager, box: Path) -> str:
    """The run that quarantined a pointer, its payload, and the container of both."""
    steps = [
        replace(step, action=replace(step.action, disposal=Disposal.QUARANTINE))
        if isinstance(step.action, Remove)
        else step
        for step in repository(box)
    ]
    run = carry_out(service, plan_of(box, *steps)).run
    assert not (box / "repo").exists()
    return run


def test_nothing_comes_back_that_points_to_what_cannot(
    service: CacheManager, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = set_aside(service, box)
    move = system.move

    def fails(source: int, name: str, target: int, new_name: str) -> None:
        if new_name == "payload":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        move(source, name, target, new_name)

    with monkeypatch.context() as patch:
        patch.setattr(system, "move", fails)
        kinds = carry_out(service, service.plan_undo(run)).kinds
    assert (kinds.count("os"), sorted(os.listdir(box / "repo"))) == (1, ["empty", "plain"])
    assert set(carry_out(service, service.plan_undo(run)).kinds) == {None}
    assert (box / "repo" / "payload" / "blob").read_text() == "2"
    assert (box / "repo" / "pointer" / "ref").read_text() == "1"
    assert not list(box.glob(f"{OURS}*"))


def test_what_points_to_something_that_came_again_comes_back(service: CacheManager, box: Path) -> None:
    """A download has brought the same payload meanwhile; it stays, and the other one waits aside."""
    run = set_aside(service, box)
    tree(box, {"repo": {"payload": {"blob": "again"}}})
    done = carry_out(service, service.plan_undo(run))
    assert "exists" in done.kinds
    assert (box / "repo" / "pointer" / "ref").read_text() == "1"
    assert (box / "repo" / "payload" / "blob").read_text() == "again"
