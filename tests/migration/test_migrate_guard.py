"""What a plan cannot ask for, whoever wrote it; and what is on disk before a source may go."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from cachemgr.domain.action import Commit, Copy, Move, Remove
from cachemgr.domain.errors import UsageError
from cachemgr.domain.plan import Root
from cachemgr.domain.run_event import RunEvent, StepFinished, StepStarted
from cachemgr.domain.terms import Disposal, Intent, Status
from cachemgr.journal.codec import digest
from tests.builders import tree
from tests.desk import BOX, carry_out, identity, manager, plan_of, removal
from tests.migration.ground import Ground, ground, look


@pytest.fixture
def found(home: Path, project: Path) -> Ground:
    return ground(home, project)


def test_a_forged_place_is_refused(found: Ground) -> None:
    plan = found.plan()
    steps = tuple(
        replace(step, action=replace(step.action, place=(*step.action.place[:-1], "elsewhere")))
        if isinstance(step.action, Move)
        else step
        for step in plan.steps
    )
    before = look(found.hub.root)

    done = carry_out(found.service, replace(plan, steps=steps), saved=True)

    assert Status.DONE not in {
        one.status for one in done.outcomes if isinstance(steps[one.number].action, Move)
    }
    assert look(found.hub.root) == before


def test_a_forged_retirement_before_anything_was_copied_is_refused(found: Ground, elsewhere: Path) -> None:
    plan = found.plan(to=elsewhere / "hub")
    steps = tuple(replace(step, needs=()) for step in plan.steps if isinstance(step.action, Remove))
    before = look(found.hub.root)

    done = carry_out(found.service, replace(plan, steps=steps), saved=True)

    assert set(done.statuses) == {Status.SKIPPED}
    assert look(found.hub.root) == before


@pytest.mark.parametrize("place", ["..", ".", "", "a/b"])
def test_a_place_is_never_a_way_to_somewhere_else(found: Ground, place: str) -> None:
    document = found.service.encode_plan(found.plan())
    steps = document["steps"]
    assert isinstance(steps, list)
    next(step for step in steps if step["action"] == "move")["place"] = [place]
    document["digest"] = digest(document)

    with pytest.raises(UsageError, match="cannot be understood"):
        found.service.decode_plan(json.dumps(document).encode())


def test_what_is_around_a_cache_is_not_touched(home: Path, tmp_path: Path) -> None:
    """A root that is pinned by what it lies in gives no right to its neighbours."""
    box = tree(tmp_path / "box", {"hub": {"mine": "1"}, "other": "2"})
    root = Root(BOX, "box", box, identity(box), below=("hub",), own=("hub",))
    steps = [removal(box, "other", disposal=Disposal.QUARANTINE), removal(box, "hub", "mine")]

    done = carry_out(manager(home), plan_of([root], *steps, intent=Intent.MIGRATE))

    assert done.kinds == ["outside", None]
    assert (box / "other").read_text() == "2"


def test_a_commit_is_on_disk_before_the_first_source_goes(
    found: Ground, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: dict[str, int] = {}
    fsync = os.fsync

    def noting(descriptor: int) -> None:
        fsync(descriptor)
        name = os.readlink(f"/proc/self/fd/{descriptor}")
        synced[name] = os.fstat(descriptor).st_size

    if not Path("/proc/self/fd").is_dir():
        pytest.skip("asks /proc which file was flushed")
    monkeypatch.setattr(os, "fsync", noting)
    plan = found.plan(to=elsewhere / "hub")
    seen: list[str] = []

    def look_at(event: RunEvent) -> None:
        if isinstance(event, StepFinished) and isinstance(plan.steps[event.outcome.number].action, Commit):
            assert all(found.hub.folder(name).is_dir() for name in ("ada/two", "bob/all", "eve/set"))
            (record,) = (found.service.state / "runs").glob("*.jsonl")
            assert synced[str(record)] == record.stat().st_size
            seen.append("commit")
        if isinstance(event, StepStarted) and isinstance(plan.steps[event.number].action, Remove):
            assert seen[:1] == ["commit"]
            seen.append("source")

    carry_out(found.service, plan, during=look_at)

    assert seen.count("source") == sum(isinstance(step.action, Copy) for step in plan.steps)
