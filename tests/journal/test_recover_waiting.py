"""What waits while a run is interrupted, what does not, and who says so."""

import shutil
import sys
from dataclasses import replace

import pytest

from cachemgr.disk.reader import OURS
from cachemgr.domain.action import Restore
from cachemgr.domain.errors import Refused
from cachemgr.domain.run_event import FolderLeft
from cachemgr.domain.terms import Disposal, RunState, Status, Where
from tests.builders import commit
from tests.desk import carry_out, drop, picture
from tests.journal.ground import Ground, is_there, look, plan, quarantines
from tests.journal.recovering import before_step, interrupt

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")


def test_another_run_in_the_same_cache_waits_and_one_elsewhere_does_not(found: Ground) -> None:
    service = replace(found.service, invocation=("cachemgr", "--home", str(found.home / "ada")))
    inventory = service.inventory()

    def clearing(word: str) -> set[str]:
        return {entry.id for entry in inventory.entries if word in entry.id}

    events = service.execute(service.plan_clear(inventory, clearing("bob/all"), disposal=Disposal.DELETE))
    assert any(map(before_step(3), events))
    drop(events)
    (run,) = service.interrupted()
    before = look(found.home)
    way = f"cachemgr --home {found.home / 'ada'} recover {run.id}"
    for word in ("ada/two", "bob/all"):
        with pytest.raises(Refused) as refusal:
            carry_out(service, service.plan_clear(service.inventory(), clearing(word)))
        assert way in str(refusal.value)
        with pytest.raises(Refused):
            service.recovery.refuse(service.plan_clear(service.inventory(), clearing(word)))
    assert look(found.home) == before
    done = carry_out(service, service.plan_clear(service.inventory(), clearing("responses")))
    assert set(done.statuses) == {Status.DONE}
    for decided in (service.plan_undo(run.id), service.plan_purge(run.id), service.plan_finish(run.id)):
        service.recovery.refuse(decided)
    carry_out(service, service.plan_roll_back(run.id))
    assert set(carry_out(service, service.plan_clear(service.inventory(), clearing("bob/all"))).statuses) == {
        Status.DONE
    }


def test_a_run_that_is_being_executed_now_was_not_interrupted(found: Ground) -> None:
    events = found.service.execute(plan(found.service, "delete"))
    assert any(map(before_step(3), events))
    assert found.service.interrupted() == ()
    assert "interrupted-run" not in {one.code for one in found.service.inventory().findings}
    drop(events)
    assert len(found.service.interrupted()) == 1


def test_the_finding_names_the_command_and_goes_with_the_recovery(found: Ground) -> None:
    service = replace(found.service, invocation=("cachemgr", "--home", "/x"))
    run = interrupt(service, "quarantine", before_step(9))
    (finding,) = service.inventory().findings
    assert finding.code == "interrupted-run"
    assert finding.fix == ("cachemgr", "--home", "/x", "recover", run.id)
    carry_out(service, service.plan_roll_back(run.id))
    assert service.inventory().findings == ()


def test_a_run_that_had_not_begun_needs_no_recovery(found: Ground) -> None:
    events = found.service.execute(plan(found.service, "delete"))
    next(events)
    drop(events)
    assert found.service.run().state is RunState.INTERRUPTED
    assert found.service.interrupted() == ()
    assert found.service.plan_finish(found.service.run().id).steps == ()
    assert set(carry_out(found.service, plan(found.service, "delete")).kinds) == {None}


def test_purging_everything_leaves_an_interrupted_run_its_choice(found: Ground) -> None:
    run = interrupt(found.service, "quarantine", before_step(9))
    everything = found.service.plan_purge()
    assert everything.steps == ()
    assert {exclusion.detail for exclusion in everything.exclusions} == {run.id}
    assert carry_out(found.service, found.service.plan_purge(run.id)).statuses == [Status.DONE] * 2


def test_a_run_whose_caches_are_out_of_reach_is_listed_and_stands_in_nobodys_way(found: Ground) -> None:
    run = interrupt(found.service, "quarantine", before_step(9))
    away = [root.path.rename(root.path.with_name("away")) for root in run.plan.roots]
    found.hub.root.mkdir()
    found.hub.download("new/one", commit("9"), {"x": b"x"})
    looks = found.service.recovery.whereabouts(run)
    assert {one.where for one in looks.values()} == {Where.UNREACHABLE}
    assert found.service.interrupted() == (run,)
    assert "interrupted-run" not in {one.code for one in found.service.inventory().findings}
    kinds = carry_out(found.service, found.service.plan_roll_back(run.id)).kinds
    assert set(kinds) == {"root-changed", "needs"}
    assert found.service.interrupted() == (run,)
    shutil.rmtree(found.hub.root)
    for root, place in zip(run.plan.roots, away, strict=True):
        place.rename(root.path)
    carry_out(found.service, found.service.plan_roll_back(run.id))
    assert is_there(found)


def test_a_quarantine_that_nothing_remembers_is_shown_and_left_alone(found: Ground) -> None:
    carry_out(found.service, plan(found.service, "quarantine"))
    shutil.rmtree(found.service.state)
    aside = sorted(found.home.rglob(f"{OURS}*"))
    before = picture(*aside)
    findings = [one for one in found.service.inventory().findings if one.code == "unknown-quarantine"]
    assert sorted(one.path for one in findings if one.path) == aside
    assert all(one.fix == () and one.size for one in findings)
    assert found.service.plan_purge().steps == ()
    assert found.service.interrupted() == ()
    inventory = found.service.inventory()
    rest = {entry.id for entry in inventory.entries}
    carry_out(found.service, found.service.plan_clear(inventory, rest, disposal=Disposal.DELETE))
    assert picture(*aside) == before


def test_under_sudo_nothing_is_recovered_unasked(found: Ground) -> None:
    run = interrupt(found.service, "delete", before_step(9))
    machine = replace(found.service.machine, env={**found.service.machine.env, "SUDO_UID": "12345"})
    before = picture(found.home)
    with pytest.raises(Refused, match="under sudo"):
        carry_out(replace(found.service, machine=machine), found.service.plan_finish(run.id))
    assert picture(found.home) == before


@pytest.mark.parametrize("first", ["roll-back", "undo"])
def test_an_undo_after_a_return_that_was_interrupted_leaves_no_empty_quarantine(
    first: str, found: Ground
) -> None:
    """Of a cache in which all was back nothing was asked any more, and its quarantine stood there."""
    service = found.service
    if first == "undo":
        run = carry_out(service, plan(service, "quarantine")).run
    else:
        run = interrupt(service, "quarantine", lambda event: isinstance(event, FolderLeft)).id
    assert len(quarantines(found)) == 1
    planned = plan(service, first)
    back = [(number, step) for number, step in enumerate(planned.steps) if isinstance(step.action, Restore)]
    last, step = back[-1]
    assert {one.cache for _, one in back} != {step.cache}
    events = service.execute(planned)
    assert any(map(before_step(last), events))
    drop(events)
    done = carry_out(service, service.plan_undo(run))
    assert set(done.statuses) == {Status.DONE}
    assert is_there(found)
    assert quarantines(found) == set()
    assert service.interrupted() == ()
