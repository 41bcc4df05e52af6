"""What an effect leaves alone: nothing is overwritten, nothing goes that was not empty or not ours."""

import ctypes
import errno
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cachemgr.disk import handles
from cachemgr.disk.reader import OURS
from cachemgr.domain.action import Remake, Settle, Tidy
from cachemgr.domain.plan import Step
from cachemgr.domain.run_event import RunEvent, StepStarted
from cachemgr.domain.terms import Disposal, Intent, Status
from cachemgr.execute import system
from cachemgr.service import CacheManager
from tests.builders import tree
from tests.desk import BOX, carry_out, identity, picture, plan_of, removal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")


@pytest.fixture
def box(tmp_path: Path) -> Path:
    return tree(tmp_path / "box", {"entry": {"a": "1", "deep": {"b": "2"}}, "file": "3"})


def set_aside(service: CacheManager, box: Path, *names: str) -> str:
    done = carry_out(
        service, plan_of(box, *(removal(box, name, disposal=Disposal.QUARANTINE) for name in names))
    )
    assert set(done.statuses) == {Status.DONE}
    return done.run


def without_renameat2(monkeypatch: pytest.MonkeyPatch) -> None:
    """An older kernel, or a file system that cannot."""

    def unsupported(*_: object) -> None:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr("cachemgr.execute.posix._rename_exclusive", unsupported)


def with_renameat2(monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform.startswith("linux") and not hasattr(ctypes.CDLL(None), "renameat2"):
        pytest.skip("this C library has no renameat2")


@pytest.fixture(params=[with_renameat2, without_renameat2])
def rename(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    request.param(monkeypatch)


@pytest.mark.parametrize("there", ["file", "directory", "empty-directory", "dangling-link"])
@pytest.mark.usefixtures("rename")
def test_a_restore_never_overwrites_and_keeps_both(there: str, service: CacheManager, box: Path) -> None:
    run = set_aside(service, box, "entry", "file")
    for name in ("entry", "file"):
        place = box / name
        if there == "file":
            place.write_text("newer")
        elif there == "dangling-link":
            place.symlink_to("nowhere")
        else:
            tree(place, {"new": "er"} if there == "directory" else {})
    before = picture(box)
    undone = carry_out(service, service.plan_undo(run))
    assert undone.kinds.count("exists") == 2
    assert picture(box / "entry", box / "file").items() <= before.items()
    (quarantine,) = box.glob(f"{OURS}*")
    assert (quarantine / "0" / "deep" / "b").read_text() == "2"
    assert (quarantine / "1").read_text() == "3"
    # When the way is free again, so is the way back.
    for name in ("entry", "file"):
        (box / name).rename(box.parent / f"{name}-aside")
    assert "exists" not in carry_out(service, service.plan_undo(run)).kinds
    assert (box / "file").read_text() == "3"


@pytest.mark.usefixtures("rename")
def test_a_move_never_overwrites(box: Path) -> None:
    handle = handles.open_root(box)
    try:
        with pytest.raises(FileExistsError):
            system.move(handle, "file", handle, "entry")
        tree(box, {"empty": {}, "other": "4"})
        with pytest.raises(FileExistsError):
            system.move(handle, "entry", handle, "empty")
        with pytest.raises(FileExistsError):
            system.move(handle, "file", handle, "other")
        assert (box / "other").read_text() == "4"
        system.move(handle, "file", handle, "moved")
        assert (box / "moved").read_text() == "3"
    finally:
        handles.close(handle)


def test_what_somebody_wrote_while_it_was_set_aside_comes_back_as_it_is_now(
    service: CacheManager, box: Path
) -> None:
    """A program that had the file open goes on writing to it: that is no reason to keep it away."""
    with open(box / "file", "a") as open_file:
        set_aside(service, box, "file")
        open_file.write(" and more")
    assert carry_out(service, service.plan_undo()).statuses.count(Status.DONE) > 0
    assert (box / "file").read_text() == "3 and more"


def test_something_else_in_the_quarantine_is_not_brought_back(service: CacheManager, box: Path) -> None:
    set_aside(service, box, "file")
    (quarantine,) = box.glob(f"{OURS}*")
    (quarantine / "0").rename(box.parent / "aside")
    (quarantine / "0").write_text("3")
    assert "changed" in carry_out(service, service.plan_undo()).kinds
    assert not (box / "file").exists()


def when(number: int, do: Callable[[], object]) -> Callable[[RunEvent], None]:
    """Do something right before a step's effect."""

    def during(event: RunEvent) -> None:
        if event == StepStarted(number):
            do()

    return during


def tidy(box: Path, *names: str, alone: tuple[tuple[str, ...], ...] = ()) -> Step:
    return Step(Tidy(names, alone), BOX, None, identity(box.joinpath(*names)))


@pytest.mark.parametrize("new", ["new", "sub/new"])
def test_a_container_in_which_something_new_appeared_stays(
    new: str, service: CacheManager, box: Path
) -> None:
    tree(box, {"folder": {"sub": {}}})
    os.utime(box / "folder" / "sub", (1, 1))
    plan = plan_of(box, tidy(box, "folder", alone=(("sub",),)))
    done = carry_out(service, plan, during=when(0, lambda: tree(box / "folder", {new: "1"})))
    assert (done.statuses, done.kinds) == ([Status.SKIPPED], ["not-empty"])
    assert (box / "folder" / new).read_text() == "1"
    assert "/" in new or (box / "folder" / "sub").stat().st_mtime == 1


def test_the_inner_ones_come_back_when_the_outer_one_cannot_go(
    service: CacheManager, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hub repository without `snapshots` would count as corrupt."""
    tree(box, {"folder": {"sub": {}}})
    os.chmod(box / "folder" / "sub", 0o750)
    rmdir = system.rmdir

    def something_comes_in_between(parent: int, name: str) -> None:
        if name == "folder":
            (box / "folder" / "new").write_text("1")
        rmdir(parent, name)

    monkeypatch.setattr(system, "rmdir", something_comes_in_between)
    done = carry_out(service, plan_of(box, tidy(box, "folder", alone=(("sub",),))))
    assert done.kinds == ["not-empty"]
    assert (box / "folder" / "sub").is_dir()
    assert (box / "folder" / "sub").stat().st_mode & 0o777 == 0o750


def test_a_container_that_is_another_directory_now_stays(service: CacheManager, box: Path) -> None:
    tree(box, {"folder": {}})
    step = tidy(box, "folder")
    (box / "folder").rename(box / "aside")
    (box / "folder").mkdir()
    assert carry_out(service, plan_of(box, step)).kinds == ["changed"]
    assert (box / "folder").is_dir()


def test_remaking_what_is_there_changes_nothing(service: CacheManager, box: Path) -> None:
    actions = Remake(("entry",), 0o700), Remake(("file",), 0o700), Settle(("entry",), 1, 1, None)
    steps = (Step(action, BOX) for action in actions)
    before = picture(box)
    done = carry_out(service, plan_of(box, *steps, intent=Intent.UNDO))
    assert done.kinds == [None, "exists", None]
    assert picture(box) == before


def test_a_directory_that_changed_since_keeps_its_times(service: CacheManager, box: Path) -> None:
    os.utime(box / "entry", (1, 1))
    done = carry_out(service, plan_of(box, removal(box, "entry", "a", disposal=Disposal.QUARANTINE)))
    assert done.statuses == [Status.DONE]
    os.utime(box / "entry", (2, 2))
    carry_out(service, service.plan_undo())
    assert (box / "entry").stat().st_mtime > 2


def test_what_was_swapped_between_the_look_and_the_move_goes_back(
    service: CacheManager, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    move = system.move

    def swap_first(source: int, name: str, target: int, new_name: str) -> None:
        if name == "file" and (box / "file").read_text() == "3":
            (box / "file").unlink()
            (box / "file").write_text("precious")
        move(source, name, target, new_name)

    monkeypatch.setattr(system, "move", swap_first)
    done = carry_out(service, plan_of(box, removal(box, "file")))
    assert done.kinds == ["changed"]
    assert (box / "file").read_text() == "precious"
    assert not list(box.glob(f"{OURS}*"))


def test_a_step_waits_for_what_it_needs(service: CacheManager, box: Path) -> None:
    pointer, payload = removal(box, "file"), replace(removal(box, "entry"), needs=(0,))
    (box / "file").write_text("another pointer")
    assert carry_out(service, plan_of(box, pointer, payload)).kinds == ["changed", "needs"]
    assert (box / "entry" / "a").exists()
