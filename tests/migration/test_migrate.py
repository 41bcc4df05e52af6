"""A cache goes to another place, and everything that its own tool sees of it goes with it."""

from pathlib import Path

from cachemgr.domain.action import Commit, Copy, Move
from cachemgr.domain.terms import RunState, Status
from tests.desk import carry_out
from tests.migration.ground import TOKEN, ground, look, told


def test_within_one_file_system_a_hub_is_renamed(home: Path, project: Path) -> None:
    found = ground(home, project)
    before, whole = told(found.hub.scan()), look(found.hub.root)
    inode = found.hub.folder("ada/two").stat().st_ino

    plan = found.plan()
    done = carry_out(found.service, plan)

    assert {type(step.action) for step in plan.steps} >= {Move}
    assert not {type(step.action) for step in plan.steps} & {Copy, Commit}
    assert set(done.statuses) == {Status.DONE}, done.outcomes
    assert told(found.there.scan()) == before
    assert found.there.scan().warnings == []
    assert found.there.folder("ada/two").stat().st_ino == inode
    assert list(found.hub.root.iterdir()) == []
    assert found.token.read_text() == TOKEN

    undone = carry_out(found.service, found.service.plan_undo(done.run))

    assert set(undone.statuses) == {Status.DONE}, undone.outcomes
    assert look(found.hub.root) == whole
    assert list(project.iterdir()) == []
    assert found.service.run(done.run).state is RunState.UNDONE


def test_across_file_systems_a_hub_is_copied_and_kept(elsewhere: Path, home: Path) -> None:
    found = ground(home, elsewhere / "project")
    before, whole = told(found.hub.scan()), look(found.hub.root)
    found.project.mkdir()

    plan = found.plan()
    done = carry_out(found.service, plan)

    assert {type(step.action) for step in plan.steps} >= {Copy, Commit}
    assert set(done.statuses) == {Status.DONE}, [one for one in done.outcomes if one.trouble]
    assert told(found.there.scan()) == before
    assert found.there.scan().warnings == []
    assert [path.name for path in found.there.root.iterdir() if "staging" in path.name] == []
    assert found.token.read_text() == TOKEN
    assert found.hub.scan().repos == frozenset()

    undone = carry_out(found.service, found.service.plan_undo(done.run))

    assert set(undone.statuses) == {Status.DONE}, [one for one in undone.outcomes if one.trouble]
    assert look(found.hub.root) == whole
    assert list(found.project.iterdir()) == []
    assert found.service.run(done.run).state is RunState.UNDONE
