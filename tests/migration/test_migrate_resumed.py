"""What an interrupted migration had copied is the truth only if it is still what its source is."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cachemgr.domain.action import Copy, Match, Move, Publish
from cachemgr.domain.errors import Refused
from cachemgr.domain.plan import Plan
from cachemgr.domain.run_event import Announced, Phase, RunEvent, StepFinished
from cachemgr.domain.terms import Disposal, Intent, Rule, RunState, Status
from cachemgr.execute import relocation
from cachemgr.plan.compose import purge_plan
from tests.cli.conftest import Program
from tests.desk import carry_out, drop, utc_now
from tests.managers import manager
from tests.migration.ground import Ground, ground, look
from tests.migration.killing import ours, without_folder_times

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")


@pytest.fixture
def found(home: Path, project: Path) -> Ground:
    return ground(home, project)


def cut_off(found: Ground, plan: Plan, last: Callable[[RunEvent], bool]) -> str:
    """Carry a plan out to the event that is the last, and no further."""
    events = found.service.execute(plan)
    for event in events:
        if last(event):
            drop(events)
            break
    (run,) = found.service.interrupted()
    return run.id


def publishing(event: RunEvent) -> bool:
    return isinstance(event, Announced) and event.phase is Phase.PUBLISHING


def turn(blob: Path) -> None:
    """As a disk does that lies: the same inode, another byte."""
    content = bytearray(blob.read_bytes())
    content[len(content) // 2] ^= 1
    blob.write_bytes(content)


def test_a_staged_copy_that_is_damaged_since_is_not_published(found: Ground, elsewhere: Path) -> None:
    before, name = look(found.hub.folder("ada/two")), found.hub.folder("ada/two").name
    there = elsewhere / "hub"
    run = cut_off(found, found.plan(to=there), publishing)
    damaged = [max(copy.glob("blobs/*"), key=lambda blob: blob.stat().st_size)
               for copy in there.glob(".cachemgr-staging-*/*") if copy.joinpath("blobs").is_dir()
               and sorted(path.name for path in copy.glob("blobs/*"))
               == sorted(path.name for path in found.hub.folder("ada/two").glob("blobs/*"))]  # fmt: skip
    turn(*damaged)

    plan = found.service.plan_finish(run)
    done = carry_out(found.service, plan)

    assert [kind for kind in done.kinds if kind not in (None, "needs")] == ["conflict"]
    assert look(found.hub.folder("ada/two")) == before
    assert sorted(path.name for path in there.glob("models--*")) == ["models--bob--all", "models--eve--set"]
    assert [path.name for path in found.hub.root.glob("*s--*")] == [name]
    assert found.service.run(run).state is RunState.RECOVERED
    assert ours(elsewhere) == []


def test_a_published_copy_that_changed_since_is_not_committed(found: Ground, elsewhere: Path) -> None:
    there = elsewhere / "hub"
    before = {path.name: look(path) for path in found.hub.root.glob("*s--*")}
    plan = found.plan(to=there)

    def first(event: RunEvent) -> bool:
        return isinstance(event, StepFinished) and isinstance(
            plan.steps[event.outcome.number].action, Publish
        )

    run = cut_off(found, plan, first)
    (copy,) = there.glob("*s--*")
    turn(max(copy.glob("blobs/*"), key=lambda blob: blob.stat().st_size))

    carry_out(found.service, found.service.plan_finish(run))

    assert [path.name for path in found.hub.root.glob("*s--*")] == [copy.name]
    assert look(found.hub.root / copy.name) == before[copy.name]


def test_what_was_copied_is_compared_and_not_copied_again(found: Ground, elsewhere: Path) -> None:
    there = elsewhere / "hub"
    first = found.plan(to=there)
    run = cut_off(found, first, publishing)
    copies = {path.stat().st_ino for path in there.glob(".cachemgr-staging-*/*/blobs")}

    plan = found.service.plan_finish(run)
    done = carry_out(found.service, plan)

    compared = [step.action.names for step in plan.steps if isinstance(step.action, Match)]
    assert compared == [step.action.names for step in first.steps if isinstance(step.action, Copy)]
    assert set(done.statuses) == {Status.DONE}, done.outcomes
    assert {path.stat().st_ino for path in there.glob("*s--*/blobs")} == copies
    assert list(found.hub.root.glob("*s--*")) == []


def test_an_interrupted_migration_is_decided_before_it_is_purged(
    found: Ground, elsewhere: Path, cachemgr: Program
) -> None:
    before, there = without_folder_times(look(found.hub.root)), elsewhere / "hub"
    run = cut_off(found, found.plan(to=there), publishing)

    said = cachemgr("purge", run, "--yes")

    assert said.code == 4
    assert f"run {run} was interrupted; see `cachemgr recover {run}` first" in said.err
    interrupted = found.service.run(run)
    with pytest.raises(Refused, match=f"{run} was interrupted while"):
        carry_out(found.service, purge_plan("p-1", (interrupted,), utc_now(), run=run, due=False,
                                            standing=["huggingface-hub@home"]))  # fmt: skip
    assert [one.id for one in found.service.interrupted()] == [run]
    assert cachemgr("recover", run, "--rollback", "--yes").code == 0
    assert without_folder_times(look(found.hub.root)) == before
    assert ours(elsewhere) == []


@pytest.mark.parametrize("link", [False, True])
@pytest.mark.parametrize("across", [False, True])
def test_while_a_migration_waits_nothing_else_is_done_at_either_end(
    found: Ground, elsewhere: Path, across: bool, link: bool
) -> None:
    before = without_folder_times(look(found.hub.root))
    there = (elsewhere if across else found.home) / "deep" / "hub"
    plan = found.plan(to=there, link=link)
    arrivals = iter(range(9))

    def second(event: RunEvent) -> bool:
        return (
            isinstance(event, StepFinished)
            and isinstance(plan.steps[event.outcome.number].action, Publish | Move)
            and next(arrivals) == 1
        )

    run = cut_off(found, plan, second)

    service = manager(found.home, found.project, roots={"huggingface-hub": there})
    inventory = service.inventory()
    for cache in ("huggingface-hub@home", "huggingface-hub@custom"):
        entries = {entry.id for entry in inventory.entries if entry.cache == cache}
        other = service.plan_clear(inventory, entries, disposal=Disposal.DELETE, force=[Rule.IN_USE])
        assert other.steps
        with pytest.raises(Refused, match=f"run {run} was interrupted while it worked on .*hub; see"):
            carry_out(service, other)
    said = {finding.cache: finding.fix for finding in inventory.findings if finding.detail == run}
    assert said == {"huggingface-hub@home": ("cachemgr", "recover", run)}
    carry_out(found.service, found.service.recovery.plan(run, Intent.ROLL_BACK, found.service.inventory))
    assert without_folder_times(look(found.hub.root)) == before
    assert not there.parent.exists()


def test_a_roll_back_says_what_it_deletes(found: Ground, elsewhere: Path, cachemgr: Program) -> None:
    run = cut_off(found, found.plan(to=elsewhere / "hub"), publishing)

    said = cachemgr("recover", run, "--rollback", "--dry-run")

    assert (
        "What was copied and has no name yet is deleted at the new place; its source is whole.\n" in said.out
    )
    (close,) = (line for line in said.out.splitlines() if "quarantine of" in line)
    assert not close.rstrip().endswith("undo")


def test_finishing_a_migration_says_where_it_goes_and_what_to_set(
    cachemgr: Program, found: Ground, elsewhere: Path
) -> None:
    there = elsewhere / "hub"
    run = cut_off(found, found.plan(to=there), publishing)
    looked = cachemgr("recover", run, "--finish", "--dry-run")
    assert f" to {there} (copied and compared)" in looked.out
    said = cachemgr("recover", run, "--finish", "--yes", "--force", "in-use")
    assert said.code == 0
    assert f" to {there} (copied and compared)" in said.out
    assert f"So that every tool uses the new place, set:\n  HF_HUB_CACHE={there}\n" in said.out


def test_rolling_back_says_what_becomes_of_the_copies(
    cachemgr: Program, found: Ground, elsewhere: Path
) -> None:
    run = cut_off(found, found.plan(to=elsewhere / "hub"), publishing)
    said = cachemgr("recover", run, "--rollback", "--dry-run")
    assert "removes what was copied so far; every source is where it was" in said.out


def test_what_a_killed_run_had_renamed_unseen_is_looked_into(
    found: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token that came into a repository right before it got its new place is nobody's to move."""
    plan, own = found.plan(), found.hub.folder("ada/two")
    assert any(isinstance(step.action, Move) for step in plan.steps)
    (own / "refs" / "token").write_text("secret")

    def killed(*_: object) -> None:
        if (found.there.root / own.name).exists():
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(relocation, "look_through", killed)
        with pytest.raises(KeyboardInterrupt):
            carry_out(found.service, plan)
    (run,) = found.service.interrupted()

    done = carry_out(found.service, found.service.plan_finish(run.id))

    assert "protected" in done.kinds
    assert (own / "refs" / "token").read_text() == "secret"
    assert not (found.there.root / own.name).exists()
