"""The system says no, at any call that changes something: one failure hides no other, says its number, leaves
nothing half, and there is a way on."""

import subprocess
import sys
from collections.abc import Iterator
from errno import EACCES, EBUSY, EIO, EPERM, ESTALE
from itertools import cycle
from pathlib import Path

import pytest

from cachemgr.disk.reader import OURS
from cachemgr.domain.terms import Disposal, RunState, Status
from tests.builders import commit, tree
from tests.desk import carry_out
from tests.execute.other_user import needs_root
from tests.journal.ground import Ground, ground, is_there, look, names, quarantines
from tests.journal.recovering import before_step, interrupt, spread
from tests.journal.victim import Killer, killer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")

NUMBERS = (EACCES, EBUSY, EPERM, ESTALE, EIO)


@pytest.fixture(scope="module")
def kill() -> Iterator[Killer]:
    with killer() as found:
        yield found


def troubled(
    tmp_path: Path, kill: Killer, what: str, number: int | None, *, looks: int = 0
) -> Iterator[tuple[Ground, int]]:
    """The ground after a run of which one call failed, and with which number: a call that changes something
    or, with `looks`, so many in a row that look at something."""

    def prepared(name: str) -> Ground:
        found = ground(tree(tmp_path / name, {}))
        if what in ("undo", "purge"):
            kill.run(found.home, "quarantine")
        return found

    total = kill.run(prepared("trial").home, what, errno=EIO, looks=looks).calls
    assert total > 20
    for fatal, errno in zip(spread(total, number), cycle(NUMBERS), strict=False):
        found = prepared(f"{fatal}")
        died = kill.run(found.home, what, fatal=fatal, errno=errno, looks=looks, times=looks or 1)
        assert died.problem == ""
        run = found.service.run()
        assert run.state is RunState.FINISHED
        assert len(run.outcomes) == len(run.plan.steps)
        failed = [one for one in run.outcomes if one.status is Status.FAILED]
        # With several in a row, what was moved and was to stay could not go back either: it lies there whole.
        strays = [one for one in failed if one.kept]
        assert not strays or looks > 1
        failed = [one for one in failed if one not in strays]
        assert {one.trouble and one.trouble.errno for one in failed} <= {errno}
        # What is left alone because of it says so, and nothing else is.
        others = {one.trouble.kind for one in run.outcomes if one.trouble and one not in (*failed, *strays)}
        assert others <= {"needs", "not-empty"} | ({"changed", "in-use", "root-changed"} if looks else set())
        yield found, errno


def whole(found: Ground) -> None:
    """Everything that there is, at its place or aside, is as it was: no unit is half."""
    runs = {run.id: run for run in found.service.runs()}
    for name, facts in look(found.home).items():
        place, mark, aside = name.partition(f"/{OURS}")
        if not mark:
            assert found.before[name] == facts
            continue
        run, _, below = aside.partition("/")
        number, _, rest = below.partition("/")
        if number.isdigit() and int(number) not in runs[run].purging:
            original = Path(place).joinpath(*runs[run].plan.steps[int(number)].action.names)  # type: ignore[union-attr]
            assert found.before[str(original / rest) if rest else str(original)] == facts


def clearing(tmp_path: Path, kill: Killer, what: str, number: int | None, *, looks: int = 0) -> None:
    seen: set[int] = set()
    for found, errno in troubled(tmp_path, kill, what, number, looks=looks):
        run = found.service.run()
        seen |= {errno for one in run.outcomes if one.trouble and one.trouble.errno == errno}
        if what == "quarantine":
            whole(found)
            if run.quarantined:
                assert set(carry_out(found.service, found.service.plan_undo(run.id)).kinds) == {None}
            assert is_there(found)
            assert quarantines(found) == set()
        elif quarantines(found):
            # Something in it could not be removed, or it itself could not.
            assert set(carry_out(found.service, found.service.plan_purge(run.id)).kinds) == {None}
            assert quarantines(found) == set()
            whole(found)
        else:
            whole(found)
    assert number is not None or looks or seen == set(NUMBERS)


@pytest.mark.parametrize("what", ["delete", "quarantine"])
def test_one_failure_of_a_clearing_hides_no_other_and_leaves_nothing_half(
    what: str, tmp_path: Path, kill: Killer
) -> None:
    clearing(tmp_path, kill, what, 7)


@pytest.mark.parametrize("looks", [1, 4])
@pytest.mark.parametrize("what", ["delete", "quarantine"])
def test_looks_that_fail_leave_nothing_half_either(
    what: str, looks: int, tmp_path: Path, kill: Killer
) -> None:
    clearing(tmp_path, kill, what, 6, looks=looks)


@pytest.mark.soak
@pytest.mark.parametrize("looks", [0, 1, 2, 4])
@pytest.mark.parametrize("what", ["delete", "quarantine"])
def test_a_failure_at_any_call_of_a_clearing_leaves_nothing_half(
    what: str, looks: int, tmp_path: Path, kill: Killer
) -> None:
    clearing(tmp_path, kill, what, None, looks=looks)


def undoing(tmp_path: Path, kill: Killer, number: int | None) -> None:
    for found, _ in troubled(tmp_path, kill, "undo", number):
        whole(found)
        cleared = found.service.runs()[-1]
        if cleared.quarantined:
            assert set(carry_out(found.service, found.service.plan_undo(cleared.id)).kinds) == {None}
        assert is_there(found)


def test_an_undo_of_which_one_call_failed_is_repeated(tmp_path: Path, kill: Killer) -> None:
    undoing(tmp_path, kill, 5)


@pytest.mark.soak
def test_an_undo_of_which_any_call_failed_is_repeated(tmp_path: Path, kill: Killer) -> None:
    undoing(tmp_path, kill, None)


def purging(tmp_path: Path, kill: Killer, number: int | None) -> None:
    for found, _ in troubled(tmp_path, kill, "purge", number):
        cleared = found.service.runs()[-1]
        kept = names(found)
        carry_out(found.service, found.service.plan_purge(cleared.id))
        assert quarantines(found) == set()
        assert names(found) == kept


def test_a_purge_of_which_one_call_failed_is_repeated(tmp_path: Path, kill: Killer) -> None:
    purging(tmp_path, kill, 5)


@pytest.mark.soak
def test_a_purge_of_which_any_call_failed_is_repeated(tmp_path: Path, kill: Killer) -> None:
    purging(tmp_path, kill, None)


def rolling_back(tmp_path: Path, kill: Killer, what: str, number: int | None) -> None:
    def prepared(name: str) -> Ground:
        found = ground(tree(tmp_path / name, {}))
        interrupt(found.service, what, before_step(12))
        return found

    total = kill.run(prepared("trial").home, "roll-back", errno=EIO).calls
    for fatal, errno in zip(spread(total, number), cycle(NUMBERS), strict=False):
        found = prepared(f"{fatal}")
        assert kill.run(found.home, "roll-back", fatal=fatal, errno=errno).problem == ""
        whole(found)
        run = found.service.runs()[-1]
        if found.service.interrupted():
            carry_out(found.service, found.service.plan_roll_back(run.id))
        elif run.quarantined:
            assert set(carry_out(found.service, found.service.plan_undo(run.id)).kinds) == {None}
        assert is_there(found)
        assert quarantines(found) == set()


@pytest.mark.parametrize("what", ["delete", "quarantine"])
def test_a_roll_back_of_which_one_call_failed_is_repeated(what: str, tmp_path: Path, kill: Killer) -> None:
    rolling_back(tmp_path, kill, what, 5)


@pytest.mark.soak
@pytest.mark.parametrize("what", ["delete", "quarantine"])
def test_a_roll_back_of_which_any_call_failed_is_repeated(what: str, tmp_path: Path, kill: Killer) -> None:
    rolling_back(tmp_path, kill, what, None)


@needs_root
def test_what_is_immutable_stays_whole_and_the_rest_goes(found: Ground) -> None:
    """A unit that cannot be moved, and a tree that can be moved and not emptied."""
    inventory = found.service.inventory()
    answer = next(iter(found.home.joinpath("answers").rglob("*.meta.json")))
    inner = found.hub.folder("ada/two") / ".no_exist" / commit("1") / "adapter_config.json"
    for place in (answer, inner):
        if subprocess.run(["chattr", "+i", place], capture_output=True, check=False).returncode:
            pytest.skip("this file system has no immutable files")
    aside = inner
    try:
        made = found.service.plan_clear(inventory, found.cleared, disposal=Disposal.DELETE)
        done = carry_out(found.service, made)
        run = found.service.run()
        (aside,) = found.hub.root.glob(f"{OURS}*/*/adapter_config.json")
        failed = [one for one in done.outcomes if one.status is Status.FAILED]
        assert [one.trouble and one.trouble.errno for one in failed] == [EPERM, EPERM]
        assert answer.exists()
        assert answer.with_name(answer.name.replace(".meta", "")).exists()
        assert [step.action.names[-1] for _, step in run.leftover] == [commit("1")]  # type: ignore[union-attr]
        assert done.statuses.count(Status.DONE) > 20
    finally:
        for place in (answer, aside):
            subprocess.run(["chattr", "-i", place], check=True)
    assert carry_out(found.service, found.service.plan_purge(run.id)).statuses == [Status.DONE]
    assert quarantines(found) == set()
