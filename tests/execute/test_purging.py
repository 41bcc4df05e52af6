"""The last act of a permanent clearing: several threads, one outcome for each step, and true figures."""

import errno
import os
import sys
import threading
from itertools import pairwise
from pathlib import Path

import pytest

from cachemgr.disk.reader import OURS
from cachemgr.domain.run_event import Announced, RunEvent, StepFinished, StepProgress
from cachemgr.domain.terms import RunState, Status
from cachemgr.service import CacheManager
from tests.builders import HardLink, tree
from tests.desk import carry_out, drop, du, plan_of, removal
from tests.execute.removing import slowly, threads

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")


@pytest.fixture
def box(tmp_path: Path) -> Path:
    return tree(tmp_path / "box", {"entry": {"a": "1"}, "other": "3"})


def test_many_small_entries_are_removed_by_several_threads_and_each_has_its_outcome(
    service: CacheManager, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"{n:03d}" for n in range(300)]
    tree(box, {name: {"one": "x" * 5000, "two": "y"} for name in names})
    tree(box, {f"{name}/link": HardLink(f"{other}/one") for name, other in pairwise(names)})
    plan = plan_of(box, *(removal(box, name) for name in names))
    before = du(box)
    at_work: set[int] = set()
    slowly(monkeypatch, lambda _: at_work.add(threading.get_ident()))
    announced: set[int] = set()
    ended: list[int] = []

    def note(event: RunEvent) -> None:
        if isinstance(event, Announced):
            announced.update(event.numbers if event.phase == "purging" else ())
        elif isinstance(event, StepFinished):
            assert event.outcome.number in announced
            ended.append(event.outcome.number)

    done = carry_out(service, plan, during=note)
    assert set(done.statuses) == {Status.DONE}
    assert sorted(ended) == list(range(300))
    assert len(at_work) > 1
    assert done.freed == before - du(box)
    assert min(outcome.freed for outcome in done.outcomes) >= 4096
    assert sorted(os.listdir(box)) == ["entry", "other"]


def test_a_removal_that_is_dropped_half_way_can_be_finished_by_a_purge(
    service: CacheManager, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree(box, {"large": {f"{n:02d}": {f"{m:02d}": "x" for m in range(60)} for n in range(40)}})
    events = service.execute(plan_of(box, removal(box, "large")))
    slowly(monkeypatch)
    for event in events:
        if isinstance(event, StepProgress):
            break
    drop(events)
    assert threads() == set()
    before = du(box)
    assert before > 1000 * 4096
    done = carry_out(service, service.plan_purge())
    assert done.statuses == [Status.DONE]
    assert done.freed == before - du(box)
    assert sorted(os.listdir(box)) == ["entry", "other"]
    assert service.runs()[1].state is RunState.PURGED


def test_what_a_thread_could_not_remove_is_in_the_outcome_and_can_be_purged_later(
    service: CacheManager, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree(box, {"large": {f"{n:02d}": {f"{m:02d}": "x" for m in range(60)} for n in range(20)}})
    stuck: set[str] = set()

    def refuse(name: str) -> None:
        helper = threading.current_thread().name == "remove" and len(name) == 2
        if helper and (not stuck or name in stuck):
            stuck.add(name)
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), name)

    steps = removal(box, "large"), removal(box, "other")
    before = du(box)
    with monkeypatch.context() as patch:
        slowly(patch, refuse)
        done = carry_out(service, plan_of(box, *steps))
    assert [outcome.trouble and outcome.trouble.errno for outcome in done.outcomes] == [errno.EPERM, None]
    assert done.statuses == [Status.FAILED, Status.DONE]
    (quarantine,) = box.glob(f"{OURS}*")
    own = sum(os.lstat(path).st_blocks * 512 for path in (quarantine, quarantine / ".cachemgr"))
    assert done.freed == before - (du(box) - own)
    left = list(quarantine.glob("0/*/*"))
    assert {path.name for path in left} == stuck
    assert carry_out(service, service.plan_purge()).statuses == [Status.DONE]
    assert os.listdir(box) == ["entry"]
