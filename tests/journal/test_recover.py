"""Interrupted runs: named, looked at, and recovered on request; what is open, what is refused, what waits."""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from cachemgr.disk.reader import OURS
from cachemgr.domain.action import Remove, Restore
from cachemgr.domain.errors import Refused, UnknownTarget
from cachemgr.domain.event import Gauge
from cachemgr.domain.run import Run
from cachemgr.domain.run_event import RunEvent, StepProgress
from cachemgr.domain.terms import Disposal, RunState, Status, StepState, Where
from tests.builders import tree
from tests.desk import carry_out, drop, picture
from tests.journal.ground import Ground, check, is_there, look, names, plan, quarantines
from tests.journal.recovering import before_step, deleting, interrupt
from tests.managers import manager

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")


def test_looking_at_it_changes_nothing_and_neither_does_time(found: Ground) -> None:
    service = found.service
    run = interrupt(service, "delete", before_step(9))
    before = picture(found.home)
    for _ in range(3):
        service.inventory()
        assert service.interrupted() == (run,)
        service.recovery.whereabouts(run)
        service.plan_finish(run.id)
        service.plan_roll_back(run.id)
        service.plan_purge()
        service.plan_purge(due=True)
    assert picture(found.home) == before


def test_it_says_what_is_done_unknown_and_untouched_and_where_each_thing_lies(found: Ground) -> None:
    service = found.service
    run = interrupt(service, "quarantine", before_step(9))
    looks = service.recovery.whereabouts(run)
    removals = [n for n, step in enumerate(run.plan.steps) if isinstance(step.action, Remove)]
    states = [run.step_state(number) for number in removals]
    assert states == [StepState.DONE] * 9 + [StepState.UNKNOWN] * (len(removals) - 9)
    where = [looks[number].where for number in removals]
    assert where == [Where.QUARANTINE] * 9 + [Where.PLACE] * (len(removals) - 9)
    assert all(looks[number].free for number in removals[:9])
    shutil.rmtree(found.hub.root / f"{OURS}{run.id}" / "0")
    first = run.plan.root(run.plan.steps[2].cache).path.joinpath(*run.plan.steps[2].action.names)  # type: ignore[union-attr]
    tree(first, {"newer": "x"})
    looks = service.recovery.whereabouts(run)
    assert looks[0].where is Where.NEITHER
    assert (looks[2].where, looks[2].free) == (Where.QUARANTINE, False)


def test_what_was_not_announced_is_untouched(found: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cachemgr.execute.executor.BATCH", 4)
    run = interrupt(found.service, "quarantine", before_step(5))
    states = [run.step_state(number) for number in range(len(run.plan.steps))]
    assert states[:8] == [StepState.DONE] * 5 + [StepState.UNKNOWN] * 3
    assert set(states[8:]) == {StepState.UNTOUCHED}
    assert carry_out(found.service, found.service.plan_finish(run.id)).statuses.count(Status.DONE) > 20
    check(found)


@pytest.mark.parametrize("what", ["delete", "quarantine"])
def test_it_can_be_rolled_back_until_its_deletion_begins(what: str, found: Ground) -> None:
    run = interrupt(found.service, what, before_step(9))
    choices = found.service.recovery.choices(run)
    assert (choices.finish, choices.roll_back, choices.why) == (True, True, "")
    done = carry_out(found.service, found.service.plan_roll_back(run.id))
    assert set(done.kinds) == {None}
    assert is_there(found)
    assert found.service.run(run.id).state is RunState.ROLLED_BACK
    assert found.service.interrupted() == ()
    with pytest.raises(Refused, match="was rolled back"):
        found.service.plan_undo(run.id)


def test_after_that_the_refusal_names_the_command_that_works(found: Ground) -> None:
    service = replace(found.service, invocation=("cachemgr", "--home", "/some where"))
    run = interrupt(service, "delete", deleting)
    before = picture(found.home)
    with pytest.raises(Refused, match="has begun to delete") as refusal:
        service.plan_roll_back(run.id)
    assert f"cachemgr --home '/some where' recover {run.id} --finish" in str(refusal.value)
    with pytest.raises(Refused, match="removed in part"):
        service.plan_undo(run.id)
    assert picture(found.home) == before
    assert set(carry_out(service, service.plan_finish(run.id)).kinds) == {None}
    check(found)
    assert quarantines(found) == set()
    assert service.run(run.id).state is RunState.RECOVERED


@pytest.mark.parametrize("what", ["undo", "purge"])
def test_an_undo_and_a_purge_can_only_be_finished(what: str, found: Ground) -> None:
    carry_out(found.service, plan(found.service, "quarantine"))
    begun = before_step(20) if what == "undo" else before_step(1)
    run = interrupt(found.service, what, begun)
    with pytest.raises(Refused, match="can only be finished"):
        found.service.plan_roll_back(run.id)
    assert set(carry_out(found.service, found.service.plan_finish(run.id)).kinds) == {None}
    check(found)
    assert quarantines(found) == set()
    assert is_there(found) == (what == "undo")
    assert [one.state for one in found.service.runs()][1] is RunState.RECOVERED


def test_units_set_aside_stay_undoable_when_others_of_the_run_are_being_deleted(found: Ground) -> None:
    service = found.service
    inventory = service.inventory()
    plans = [
        service.plan_clear(
            inventory, {one.id for one in inventory.entries if cache in one.cache}, disposal=disposal
        )
        for cache, disposal in (("responses", Disposal.QUARANTINE), ("hub", Disposal.DELETE))
    ]
    first = len(plans[0].steps)
    hub = (replace(step, needs=tuple(need + first for need in step.needs)) for step in plans[1].steps)
    mixed = replace(plans[0], roots=(*plans[0].roots, *plans[1].roots), steps=(*plans[0].steps, *hub))
    events = service.execute(mixed)
    assert any(map(deleting, events))
    drop(events)
    (run,) = service.interrupted()
    assert {step.cache for _, step in run.quarantined} == {"responses@custom"}
    assert {step.cache for _, step in run.leftover} == {"huggingface-hub@env"}
    carry_out(service, service.plan_finish(run.id))
    carry_out(service, service.plan_undo(run.id))
    answers = {name: facts for name, facts in found.before.items() if "/answers" in name}
    assert answers.items() <= look(found.home).items()
    assert quarantines(found) == set()


def test_recovering_twice_is_nothing_to_do(found: Ground) -> None:
    run = interrupt(found.service, "delete", before_step(9))
    old = found.service.plan_finish(run.id)
    carry_out(found.service, found.service.plan_roll_back(run.id))
    for made in (found.service.plan_finish(run.id), found.service.plan_roll_back(run.id)):
        assert made.steps == ()
    with pytest.raises(Refused, match="recovered already"):
        carry_out(found.service, old)
    assert is_there(found)
    with pytest.raises(UnknownTarget):
        found.service.plan_finish("20200101-000000-00000000")


def test_a_recovery_that_is_stopped_is_not_over(found: Ground) -> None:
    run = interrupt(found.service, "quarantine", before_step(9))
    gauge = Gauge()

    def stop(event: RunEvent) -> None:
        gauge.stopped = gauge.stopped or before_step(4)(event)

    carry_out(found.service, found.service.plan_finish(run.id), gauge=gauge, during=stop)
    (again,) = found.service.interrupted()
    assert again.id == run.id
    carry_out(found.service, found.service.plan_finish(run.id))
    check(found)
    carry_out(found.service, found.service.plan_undo(run.id))
    assert is_there(found)


def test_undo_of_the_recovery_is_undo_of_what_it_finished(found: Ground) -> None:
    run = interrupt(found.service, "quarantine", before_step(9))
    finished = carry_out(found.service, found.service.plan_finish(run.id)).run
    carry_out(found.service, found.service.plan_undo(finished))
    assert is_there(found)
    assert found.service.run(run.id).state is RunState.UNDONE


def test_a_trash_step_that_is_unknown_is_shown_where_it_lies(found: Ground) -> None:
    service = found.service
    inventory = service.inventory()
    made = service.plan_clear(
        inventory, {one.id for one in inventory.entries if "responses" in one.id}, disposal=Disposal.TRASH
    )
    events = service.execute(made)
    assert any(map(before_step(0), events))
    drop(events)
    (run,) = service.interrupted()
    assert run.step_state(0) is StepState.UNKNOWN
    assert service.recovery.whereabouts(run)[0].where is Where.PLACE
    assert run.quarantined == ()
    carry_out(service, service.plan_roll_back(run.id))
    assert is_there(found)
    assert names(found) == frozenset(name.removeprefix(str(found.home)) for name in found.before)


def returning(found: Ground, run: Run) -> None:
    """A roll-back that ends when its folders were made again, and the innermost had no modes yet."""
    before = {path for path in found.home.rglob("*") if path.is_dir()}
    events = found.service.execute(found.service.plan_roll_back(run.id))
    plan_of_it = found.service.plan_roll_back(run.id).steps
    first = next(n for n, step in enumerate(plan_of_it) if isinstance(step.action, Restore))
    assert any(map(before_step(first), events))
    drop(events)
    made = [path for path in found.home.rglob("*") if path.is_dir() and path not in before]
    made = [path for path in made if found.hub.root in path.parents or "answers" in str(path)]
    assert len(made) > 5
    for path in made:
        if not any(path.iterdir()):
            path.chmod(0o700)


def test_folders_that_were_being_made_again_go_with_the_rest_or_get_their_modes(found: Ground) -> None:
    for path in found.home.rglob("*"):
        if path.is_dir():
            path.chmod(0o751)
    before = look(found.home)
    run = interrupt(found.service, "quarantine", before_step(30))
    without = names(found)
    returning(found, run)
    carry_out(found.service, found.service.plan_finish(run.id))
    assert names(found) == without - {name for name in without if name.endswith("/ef")}
    assert [warning for warning in found.hub.scan().warnings if OURS not in str(warning)] == []
    carry_out(found.service, found.service.plan_undo(run.id))
    assert look(found.home) == before

    run = interrupt(found.service, "quarantine", before_step(30))
    returning(found, run)
    carry_out(found.service, found.service.plan_roll_back(run.id))
    assert look(found.home) == before


def test_a_deep_tree_that_was_being_deleted_is_deleted_to_its_last_part(home: Path, tmp_path: Path) -> None:
    """What lies deep is brought up beside the tree first, under names of its own."""
    box = tree(tmp_path / "box", {"entry": {}, "other": "1"})
    folder = box / "entry"
    for _ in range(150):
        folder = tree(folder / "d", {f"{number}": "x" for number in range(6)})
    service = manager(home, roots={"box": box})
    inventory = service.inventory()
    chosen = {entry.id for entry in inventory.entries}
    events = service.execute(service.plan_clear(inventory, chosen, disposal=Disposal.DELETE))
    assert any(isinstance(event, StepProgress) and event.files > 500 for event in events)
    drop(events)
    (run,) = service.interrupted()
    (aside,) = box.iterdir()
    assert any(".deep" in path.name for path in aside.iterdir())
    assert set(carry_out(service, service.plan_finish(run.id)).kinds) == {None}
    assert list(box.iterdir()) == []
    assert service.run(run.id).state is RunState.RECOVERED
