"""Plans of a migration: saved, applied, stale, forged; what is there already; what stays and why."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from cachemgr.domain.action import Copy, Match, Move, Remake
from cachemgr.domain.errors import Refused, UsageError
from cachemgr.domain.terms import Reason, Rule, Status
from tests.builders import commit, tree
from tests.caches import ResponseCacheOnDisk
from tests.desk import Clock, carry_out
from tests.holders import Hold
from tests.managers import manager
from tests.migration.ground import Ground, ground, look, told


@pytest.fixture
def found(home: Path, project: Path) -> Ground:
    return ground(home, project)


def test_a_saved_plan_is_read_back_as_it_was(found: Ground, elsewhere: Path) -> None:
    service = found.service
    for plan in (found.plan(), found.plan(to=elsewhere / "hub"), found.plan(link=True)):
        document = json.dumps(service.encode_plan(plan)).encode()
        again = service.decode_plan(document)
        assert (again.roots, again.steps, again.intent) == (plan.roots, plan.steps, plan.intent)


@pytest.mark.parametrize("across", [False, True])
def test_a_saved_plan_is_applied(found: Ground, elsewhere: Path, across: bool) -> None:
    before = told(found.hub.scan())
    to = elsewhere / "hub" if across else None
    plan = found.service.decode_plan(json.dumps(found.service.encode_plan(found.plan(to=to))).encode())

    done = carry_out(found.service, plan, saved=True)

    assert set(done.statuses) == {Status.DONE}, [one for one in done.outcomes if one.trouble]
    assert told((found.there if to is None else type(found.hub)(to)).scan()) == before


def test_a_plan_that_nobody_would_make_now_is_refused_step_by_step(found: Ground) -> None:
    plan = found.plan()
    (found.hub.folder("ada/two") / "refs" / "new").write_text(commit("2"))

    done = carry_out(found.service, plan, saved=True)

    moved = {plan.steps[one.number].entry: one.status for one in done.outcomes
             if isinstance(plan.steps[one.number].action, Move)}  # fmt: skip
    assert moved["huggingface-hub@home:models/ada/two"] is Status.SKIPPED
    assert found.hub.folder("ada/two").is_dir()


def test_a_plan_whose_scan_is_old_is_looked_at_again(home: Path, project: Path) -> None:
    found, clock = ground(home, project), Clock()
    service = manager(home, project, clock=clock)
    inventory = service.inventory()
    plan = service.plan_migrate(inventory, {entry.id for entry in inventory.entries})
    clock.ahead = 60

    done = carry_out(service, plan)

    assert set(done.statuses) == {Status.DONE}
    assert found.there.scan().warnings == []


@pytest.mark.parametrize("across", [False, True])
def test_what_is_there_already_by_content_is_retired(found: Ground, elsewhere: Path, across: bool) -> None:
    target = type(found.hub)(elsewhere / "hub" if across else found.project / "hub")
    ground(found.home / "again", found.project)  # the same content, written once more
    again = found.home / "again" / ".cache" / "huggingface" / "hub"
    target.root.parent.mkdir(parents=True, exist_ok=True)
    tree(target.root, {})
    shutil.copytree(again / "models--ada--two", target.folder("ada/two"), symlinks=True)
    before, whole = told(found.hub.scan()), look(found.hub.root)

    plan = found.plan(to=target.root)
    done = carry_out(found.service, plan)

    kinds = {step.entry: type(step.action) for step in plan.steps if isinstance(step.action, Match)}
    assert kinds == {"huggingface-hub@home:models/ada/two": Match}
    assert set(done.statuses) == {Status.DONE}, [one for one in done.outcomes if one.trouble]
    assert told(target.scan()) == before
    assert not found.hub.folder("ada/two").exists()

    carry_out(found.service, found.service.plan_undo())
    assert look(found.hub.root) == whole
    assert target.folder("ada/two").is_dir()


def test_the_same_shape_with_other_content_is_a_conflict(found: Ground, elsewhere: Path) -> None:
    target = type(found.hub)(elsewhere / "hub")
    shutil.copytree(found.hub.folder("ada/two"), target.folder("ada/two"), symlinks=True)
    blob = next((target.folder("ada/two") / "blobs").iterdir())
    blob.write_bytes(bytes(reversed(blob.read_bytes()))[:-1] + b"!")
    there, here = look(target.folder("ada/two")), look(found.hub.folder("ada/two"))

    plan = found.plan(to=target.root)
    done = carry_out(found.service, plan)

    troubles = {plan.steps[one.number].entry: one.trouble.kind for one in done.outcomes if one.trouble}
    assert troubles["huggingface-hub@home:models/ada/two"] in ("conflict", "needs")
    assert look(target.folder("ada/two")) == there
    assert look(found.hub.folder("ada/two")) == here
    assert (target.folder("bob/all") / "refs" / "main").is_file()


def test_a_repository_that_is_in_both_places_is_merged(found: Ground, elsewhere: Path) -> None:
    """What the destination has of it stays, and what only the source has comes to it."""
    target = type(found.hub)(elsewhere / "hub")
    shutil.copytree(found.hub.folder("ada/two"), target.folder("ada/two"), symlinks=True)
    snapshot = target.folder("ada/two") / "snapshots" / commit("1")
    shutil.rmtree(snapshot)
    shutil.rmtree(target.folder("ada/two") / ".no_exist")
    before, whole = told(found.hub.scan()), look(found.hub.root)

    done = carry_out(found.service, found.plan(to=target.root))

    assert set(done.statuses) == {Status.DONE}, [one for one in done.outcomes if one.trouble]
    assert told(target.scan()) == before
    assert target.scan().warnings == []
    assert not found.hub.folder("ada/two").exists()

    carry_out(found.service, found.service.plan_undo())
    assert look(found.hub.root) == whole
    assert target.folder("ada/two").is_dir()
    assert not snapshot.exists()


def test_an_entry_that_conflicts_stays_with_all_it_leans_on(found: Ground, elsewhere: Path) -> None:
    target = type(found.hub)(elsewhere / "hub")
    shutil.copytree(found.hub.folder("ada/two"), target.folder("ada/two"), symlinks=True)
    shutil.rmtree(target.folder("ada/two") / "snapshots" / commit("1"))
    (target.folder("ada/two") / "refs" / "main").write_text(commit("1"))
    here, there = look(found.hub.folder("ada/two")), look(target.folder("ada/two"))

    plan = found.plan(to=target.root)
    done = carry_out(found.service, plan)

    kinds = {one.trouble.kind for one in done.outcomes if one.trouble}
    assert kinds == {"conflict", "needs"}
    assert look(found.hub.folder("ada/two")) == here
    assert look(target.folder("ada/two")) == there
    assert (target.folder("bob/all") / "refs" / "main").is_file()


def test_what_has_another_shape_there_is_a_conflict_in_the_plan(found: Ground, elsewhere: Path) -> None:
    target = type(found.hub)(elsewhere / "hub")
    tree(target.root, {"models--ada--two": "a file"})
    here = look(found.hub.folder("ada/two"))

    plan = found.plan(to=target.root)
    carry_out(found.service, plan)

    assert {one.reason for one in plan.exclusions} == {Reason.CONFLICT}
    assert look(found.hub.folder("ada/two")) == here
    assert (target.root / "models--ada--two").read_text() == "a file"


def test_one_revision_of_two_does_not_move_alone(found: Ground) -> None:
    plan = found.plan(f"huggingface-hub@home:models/ada/two@{commit('1')[:7]}")

    assert plan.steps == ()
    assert [exclusion.reason for exclusion in plan.exclusions] == [Reason.SHARED]


def test_repositories_that_lean_on_a_store_move_with_it_or_not_at_all(
    home: Path, project: Path, elsewhere: Path
) -> None:
    found = ground(home, project, shared=True)
    before, whole = told(found.hub.scan()), look(found.hub.root)
    alone = found.plan("huggingface-hub@home:models/bob/all", to=elsewhere / "hub")
    assert alone.steps == ()
    assert {exclusion.reason for exclusion in alone.exclusions} == {Reason.SHARED}
    by_itself = found.plan("huggingface-hub@home:models/ada/two", to=elsewhere / "hub")
    assert [step for step in by_itself.steps if isinstance(step.action, Copy)]

    done = carry_out(found.service, found.plan(to=elsewhere / "hub"))

    assert set(done.statuses) == {Status.DONE}, [one for one in done.outcomes if one.trouble]
    assert told(type(found.hub)(elsewhere / "hub").scan()) == before
    carry_out(found.service, found.service.plan_undo())
    assert look(found.hub.root) == whole


@pytest.mark.parametrize("across", [False, True])
def test_pairs_move_as_pairs_and_what_is_unknown_stays(
    home: Path, project: Path, elsewhere: Path, across: bool
) -> None:
    answers = ResponseCacheOnDisk(home / "answers")
    for number in range(5):
        answers.put({"prompt": number}, f'"{number}"', written=1.7e9)
    (answers.root / "notes.txt").write_text("mine")
    whole = look(answers.root)
    service = manager(home, project, roots={"responses": answers.root})
    inventory = service.inventory()
    to = (elsewhere if across else project) / "answers"
    plan = service.plan_migrate(
        inventory, {entry.id for entry in inventory.entries}, to=to, force=[Rule.IN_USE]
    )

    done = carry_out(service, plan)

    assert set(done.statuses) == {Status.DONE}, [one for one in done.outcomes if one.trouble]
    assert [one.reason for one in plan.exclusions] == [Reason.NOT_RECOGNISED]
    assert sorted(path.name for path in answers.root.iterdir() if "quarantine" not in path.name) == [
        "notes.txt"
    ]
    assert len(list(to.glob("*/*.json"))) == 10
    carry_out(service, service.plan_undo())
    assert look(answers.root) == whole
    assert not to.exists()


def test_several_caches_and_one_directory_are_a_mistake(found: Ground) -> None:
    tree(found.home / ".cache/torch/hub", {"checkpoints/a.pth": b"a"})
    with pytest.raises(UsageError, match="--to takes one cache at a time, and 2 were named"):
        found.plan("huggingface-hub@home", "torch-hub@home", to=found.project / "x")


def test_a_home_is_no_destination(found: Ground) -> None:
    with pytest.raises(Refused, match="holds more than one cache may"):
        found.plan(to=found.project)


def test_after_a_purge_the_way_back_is_another_migration(found: Ground, elsewhere: Path) -> None:
    before, hub = told(found.hub.scan()), type(found.hub)(elsewhere / "hub")
    done = carry_out(found.service, found.plan(to=hub.root))
    service = manager(found.home, found.project, roots={"huggingface-hub": hub.root})
    carry_out(service, service.plan_purge(done.run))

    with pytest.raises(Refused, match=f"had its source purged; .* migrate it with --to {found.hub.root}"):
        service.plan_undo(done.run)
    inventory = service.inventory()
    chosen = {entry.id for entry in inventory.entries if entry.cache == "huggingface-hub@custom"}
    back = service.plan_migrate(inventory, chosen, to=found.hub.root, force=[Rule.IN_USE])

    assert set(carry_out(service, back).statuses) == {Status.DONE}
    assert told(found.hub.scan()) == before


def test_where_it_may_go_is_told_with_the_space_on_both_sides(found: Ground) -> None:
    service = found.service
    inventory = service.inventory()
    chosen = {entry.id for entry in inventory.entries}

    (option,) = service.migration.options(inventory, chosen)

    assert (option.cache, option.path) == ("huggingface-hub@home", found.there.root)
    assert option.size > 0
    assert option.free == option.free_after == option.source_free


def test_units_with_one_lock_do_not_stand_in_each_others_way(
    found: Ground, elsewhere: Path, hold: Hold
) -> None:
    """A blob and its store in pieces: each piece asks for the lock that another one holds already."""
    hub = type(found.hub)(elsewhere / "hub")
    plan = found.plan(to=hub.root)
    lock = (".locks", "models--ada--two", "one.lock")
    (found.hub.root.joinpath(*lock)).touch()
    steps = tuple(
        replace(step, action=replace(step.action, lock=lock)) if isinstance(step.action, Copy) else step
        for step in plan.steps
        if getattr(step.action, "names", ("",))[-1] != ".locks"
    )
    names = [step.action.names for step in steps if isinstance(step.action, Copy)]
    assert len(names) > 2
    only = tuple(step for step in steps if isinstance(step.action, Copy | Remake))

    done = carry_out(found.service, replace(plan, steps=only))
    assert set(done.statuses) == {Status.DONE}, [one for one in done.outcomes if one.trouble]

    hold("import fcntl; f = open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_EX)", found.hub.root.joinpath(*lock))
    done = carry_out(found.service, replace(plan, id="p-2", steps=only))
    kinds = [one.trouble.kind if one.trouble else None for one in done.outcomes
             if isinstance(only[one.number].action, Copy)]  # fmt: skip
    assert set(kinds) == {"in-use"}
