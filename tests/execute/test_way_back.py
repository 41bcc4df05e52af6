"""What was moved and must not go after all: it returns with what belongs to it, or waits to be found."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import pytest

from cachemgr.disk.reader import OURS
from cachemgr.domain.outcome import Outcome
from cachemgr.domain.run_event import (
    RunEvent,
    RunFinished,
    StepFinished,
    StepStarted,
)
from cachemgr.domain.terms import Disposal, RunState, Status
from cachemgr.execute import effects
from cachemgr.present.text import trouble_sentence
from cachemgr.service import CacheManager
from tests.builders import tree
from tests.desk import carry_out, manager, picture, plan_of, removal
from tests.execute.removing import looking, purging

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")

MOVED = [Disposal.DELETE, Disposal.QUARANTINE]


@pytest.fixture
def box(tmp_path: Path) -> Path:
    return tree(tmp_path / "box", {"folder": {"entry": {"a": "1", "deep": {"er": {"b": "2"}}}}, "other": "3"})


def something_new(entry: Path) -> None:
    (entry / "deep" / "er" / "new").write_text("written after the plan was shown")


def put_there(place: Path) -> Callable[[], None]:
    """Somebody makes a thing of the same name, once the place is free."""

    def do() -> None:
        if not place.exists():
            tree(place, {"theirs": "new"})

    return do


@pytest.mark.parametrize("disposal", MOVED)
def test_a_way_back_that_is_blocked_is_a_failure_that_says_where_it_lies(
    disposal: Disposal, service: CacheManager, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = box / "folder" / "entry"
    plan = plan_of(box, removal(box, "folder", "entry", disposal=disposal), removal(box, "other"))
    something_new(entry)
    before = picture(entry)
    with monkeypatch.context() as patch:
        looking(patch, put_there(entry))
        done = carry_out(service, plan)

    assert [outcome.status for outcome in done.outcomes] == [Status.FAILED, Status.DONE]
    trouble = done.outcomes[0].trouble
    assert trouble is not None
    assert trouble.kind == "not-returned"
    assert trouble.detail in trouble_sentence(trouble)
    assert picture(Path(trouble.detail)).keys() == {
        name.replace(str(entry), trouble.detail) for name in before
    }
    assert (entry / "theirs").read_text() == "new"
    taken_back(service, entry, before)


def taken_back(service: CacheManager, entry: Path, before: dict[str, Any]) -> None:
    """Undo brings it back once its place is free, and not a moment sooner."""
    assert [step.action.names for _, step in service.run().quarantined] == [("folder", "entry")]  # type: ignore[union-attr]
    cleared = service.run().id
    assert "exists" in carry_out(service, service.plan_undo(cleared)).kinds
    assert (entry / "theirs").read_text() == "new"
    (entry / "theirs").unlink()
    entry.rmdir()
    assert Status.FAILED not in carry_out(service, service.plan_undo(cleared)).statuses
    assert picture(entry) == before
    assert service.run(cleared).quarantined == ()


def test_a_blocked_way_back_right_before_the_deletion_can_be_undone_as_well(
    service: CacheManager, box: Path
) -> None:
    entry = box / "folder" / "entry"
    plan = plan_of(box, removal(box, "folder", "entry"))
    before = picture(entry)
    open_folder = os.open(entry / "deep", os.O_RDONLY)

    def write() -> None:
        os.close(os.open("new", os.O_CREAT | os.O_WRONLY, dir_fd=open_folder))
        put_there(entry)()

    done = carry_out(service, plan, during=purging(write))
    assert done.kinds == ["not-returned"]
    facts = os.fstat(open_folder)
    os.close(open_folder)
    moved = Path(done.outcomes[0].trouble.detail)  # type: ignore[union-attr]
    new = picture(moved / "deep" / "new")
    before[str(entry / "deep")] = (*before[str(entry / "deep")][:2], facts.st_mtime_ns)
    before[str(entry / "deep" / "new")] = new[str(moved / "deep" / "new")]
    taken_back(service, entry, before)


@pytest.mark.parametrize("other", ["tree", "changed tree", "file"])
def test_what_is_appended_to_an_open_file_while_others_are_moved_is_seen(
    other: str, service: CacheManager, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However large the unit is: it was not the last one that was looked into."""
    monkeypatch.setattr(effects, "_LARGE", 1)
    tree(box, {"last": {"deep": {"x": "1"}}})
    steps = [removal(box, "folder", "entry"), removal(box, "other" if other == "file" else "last")]
    if other == "changed tree":
        tree(box / "last", {"deep": {"new": "2"}})
    with open(box / "folder" / "entry" / "a", "a") as file:
        done = carry_out(service, plan_of(box, *steps), during=append(StepStarted(1), file))
    assert done.kinds == ["changed", "changed" if other == "changed tree" else None]
    assert (box / "folder" / "entry" / "a").read_text() == "1precious"


def test_what_is_appended_to_an_open_file_while_others_are_removed_is_seen(
    service: CacheManager, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effects, "_LARGE", 1)
    steps = [removal(box, "other"), removal(box, "folder", "entry")]
    with open(box / "folder" / "entry" / "a", "a") as file:
        removed = StepFinished(Outcome(0, Status.DONE, os.lstat(box / "other").st_blocks * 512))
        assert carry_out(service, plan_of(box, *steps), during=append(removed, file)).kinds == [
            None,
            "changed",
        ]
    assert (box / "folder" / "entry" / "a").read_text() == "1precious"


def append(when: RunEvent, file: TextIO) -> Callable[[RunEvent], None]:
    """Somebody who has a file open writes to it at that moment."""

    def during(event: RunEvent) -> None:
        if event == when:
            file.write("precious")
            file.flush()

    return during


def test_a_container_that_somebody_removed_is_not_made_for_what_comes_back(
    service: CacheManager, box: Path
) -> None:
    steps = [removal(box, "folder", "entry")]
    open_entry = os.open(box / "folder" / "entry", os.O_RDONLY)

    def write() -> None:
        os.close(os.open("new", os.O_CREAT | os.O_WRONLY, dir_fd=open_entry))
        (box / "folder").rmdir()

    done = carry_out(service, plan_of(box, *steps), during=purging(write))
    os.close(open_entry)
    assert done.kinds == ["not-returned"]
    assert not (box / "folder").exists()
    last = done.events[-1]
    assert isinstance(last, RunFinished)
    assert last.undoable
    carry_out(service, service.plan_undo())
    assert (box / "folder" / "entry" / "new").exists()


def test_what_could_not_return_can_be_purged_instead(
    service: CacheManager, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_of(box, removal(box, "folder", "entry"))
    something_new(box / "folder" / "entry")
    with monkeypatch.context() as patch:
        looking(patch, put_there(box / "folder" / "entry"))
        carry_out(service, plan)
    assert service.run().leftover == ()
    assert carry_out(service, service.plan_purge()).statuses == [Status.DONE]
    assert os.listdir(box) == ["folder", "other"] or os.listdir(box) == ["other", "folder"]
    assert (box / "folder" / "entry" / "theirs").exists()
    assert service.runs()[1].quarantined == ()


KILLED = """
import os, signal, sys
from pathlib import Path
from cachemgr.disk.walk import Walk
from cachemgr.domain.terms import Disposal
from tests.desk import manager, plan_of, removal

home, box = Path(sys.argv[1]), Path(sys.argv[2])
plan = plan_of(box, removal(box, "folder", "entry", disposal=Disposal(sys.argv[3])), removal(box, "other"))
(box / "folder" / "entry" / "deep" / "er" / "token").write_text("secret")
Walk.tree = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
for event in manager(home).execute(plan):
    pass
"""


@pytest.mark.parametrize("disposal", MOVED)
def test_a_kill_before_the_look_leaves_everything_whole_and_the_way_back_open(
    disposal: Disposal, home: Path, box: Path
) -> None:
    argv = [sys.executable, "-c", KILLED, str(home), str(box), disposal]
    done = subprocess.run(argv, cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == -signal.SIGKILL
    (moved,) = box.glob(f"{OURS}*/0")
    assert (moved / "deep" / "er" / "token").read_text() == "secret"
    service = manager(home)
    assert (service.run().state, service.run().purging) == (RunState.INTERRUPTED, frozenset())
    assert Status.FAILED not in carry_out(service, service.plan_undo(service.run().id)).statuses
    assert (box / "folder" / "entry" / "deep" / "er" / "token").read_text() == "secret"
    assert (box / "folder" / "entry" / "deep" / "er" / "b").read_text() == "2"
    assert not list(box.glob(f"{OURS}*"))
