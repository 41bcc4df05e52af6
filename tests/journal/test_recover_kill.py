"""Kill -9 at every step of every kind of run, and again while it is recovered: each entry ends up whole."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from cachemgr.domain.terms import RunState
from tests.builders import tree
from tests.desk import carry_out
from tests.journal.ground import Ground, check, ground, is_there, names, quarantines
from tests.journal.recovering import interrupted, recover, settled, spread
from tests.journal.victim import Killer, killer

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors"),
    pytest.mark.usefixtures("temporary"),
]


@pytest.fixture(scope="module")
def kill() -> Iterator[Killer]:
    with killer() as found:
        yield found


@pytest.fixture(scope="module")
def cleared(tmp_path_factory: pytest.TempPathFactory, kill: Killer) -> frozenset[str]:
    """What is left when nobody interrupts, by name."""
    found = ground(tmp_path_factory.mktemp("cleared"))
    kill.run(found.home, "delete")
    return names(found)


def clearing(
    tmp_path: Path, kill: Killer, what: str, wish: str, cleared: frozenset[str], number: int | None
) -> None:
    total = kill.run(ground(tree(tmp_path / "trial", {})).home, what).calls
    assert total > 80
    complete = 0
    calls = list(spread(total, number))
    for fatal in calls:
        found = ground(tree(tmp_path / f"{fatal}", {}))
        kill.run(found.home, what, fatal=fatal)
        run = interrupted(found)
        if run is None:
            # Before anything was announced, or after everything was written down.
            complete += 1
            assert is_there(found) if fatal < total / 2 else names(found) == cleared
            continue
        complete += settled(found, run.id, what, recover(found, wish), cleared)
    # Between a link into the shared store and the payload behind it nobody can tell any more whose it is.
    assert complete >= len(calls) * 0.85


@pytest.mark.parametrize("wish", ["finish", "roll-back"])
@pytest.mark.parametrize("what", ["delete", "quarantine"])
def test_a_clearing_that_was_killed_is_finished_or_rolled_back(
    what: str, wish: str, tmp_path: Path, kill: Killer, cleared: frozenset[str]
) -> None:
    clearing(tmp_path, kill, what, wish, cleared, 7)


@pytest.mark.soak
@pytest.mark.parametrize("wish", ["finish", "roll-back"])
@pytest.mark.parametrize("what", ["delete", "quarantine"])
def test_a_clearing_that_was_killed_at_any_call_is_finished_or_rolled_back(
    what: str, wish: str, tmp_path: Path, kill: Killer, cleared: frozenset[str]
) -> None:
    clearing(tmp_path, kill, what, wish, cleared, None)


def setting_aside(tmp_path: Path, kill: Killer, name: str) -> Ground:
    found = ground(tree(tmp_path / name, {}))
    kill.run(found.home, "quarantine")
    return found


def again(tmp_path: Path, kill: Killer, what: str, number: int | None) -> Iterator[tuple[Ground, str]]:
    """An undo or a purge of a run, killed; and the run that it was about."""
    total = kill.run(setting_aside(tmp_path, kill, "trial").home, what).calls
    for fatal in spread(total, number):
        found = setting_aside(tmp_path, kill, f"{fatal}")
        cleared = found.service.run().id
        kill.run(found.home, what, fatal=fatal)
        if (run := interrupted(found)) is not None:
            assert found.service.recovery.choices(run).roll_back is False
            assert recover(found, "roll-back") == "finish"
            assert found.service.run(run.id).state is RunState.RECOVERED
        check(found)
        yield found, cleared


def undoing(tmp_path: Path, kill: Killer, number: int | None) -> None:
    for found, cleared in again(tmp_path, kill, "undo", number):
        if quarantines(found):
            # It had not begun when it was killed.
            carry_out(found.service, found.service.plan_undo(cleared))
        assert is_there(found)
        assert quarantines(found) == set()
        assert found.service.run(cleared).state is RunState.UNDONE


def purging(tmp_path: Path, kill: Killer, cleared: frozenset[str], number: int | None) -> None:
    for found, run in again(tmp_path, kill, "purge", number):
        if quarantines(found):
            carry_out(found.service, found.service.plan_purge(run))
        assert names(found) == cleared
        assert quarantines(found) == set()
        assert found.service.run(run).state is RunState.PURGED


def test_an_undo_that_was_killed_is_finished(tmp_path: Path, kill: Killer) -> None:
    undoing(tmp_path, kill, 4)


@pytest.mark.soak
def test_an_undo_that_was_killed_at_any_call_is_finished(tmp_path: Path, kill: Killer) -> None:
    undoing(tmp_path, kill, None)


def test_a_purge_that_was_killed_is_finished(tmp_path: Path, kill: Killer, cleared: frozenset[str]) -> None:
    purging(tmp_path, kill, cleared, 4)


@pytest.mark.soak
def test_a_purge_that_was_killed_at_any_call_is_finished(
    tmp_path: Path, kill: Killer, cleared: frozenset[str]
) -> None:
    purging(tmp_path, kill, cleared, None)


def recovering(
    tmp_path: Path,
    kill: Killer,
    what: str,
    first: str,
    cleared: frozenset[str],
    moments: Iterable[float],
    number: int | None,
) -> None:
    """A clearing is killed at some moment, its recovery at a call, and then it is recovered again, one time
    as before, the next time the other way."""
    calls = kill.run(ground(tree(tmp_path / "trial", {})).home, what).calls
    for moment in moments:
        at = max(int(calls * moment), 1)
        found = ground(tree(tmp_path / f"trial-{at}", {}))
        kill.run(found.home, what, fatal=at)
        total = kill.run(found.home, first).calls
        assert total
        for fatal in spread(total, number):
            found = ground(tree(tmp_path / f"{at}-{fatal}", {}))
            kill.run(found.home, what, fatal=at)
            run = interrupted(found)
            assert run is not None
            kill.run(found.home, first, fatal=fatal)
            if interrupted(found) is None:
                did = first
            else:
                did = recover(found, first if fatal % 2 else "roll-back" if first == "finish" else "finish")
            settled(found, run.id, what, did, cleared)
            assert all(one.state is not RunState.INTERRUPTED or not one.begun for one in found.service.runs())


@pytest.mark.parametrize("first", ["finish", "roll-back"])
@pytest.mark.parametrize("what", ["delete", "quarantine"])
def test_a_recovery_that_was_killed_is_recovered(
    what: str, first: str, tmp_path: Path, kill: Killer, cleared: frozenset[str]
) -> None:
    recovering(tmp_path, kill, what, first, cleared, (0.4,), 4)


@pytest.mark.soak
@pytest.mark.parametrize("first", ["finish", "roll-back"])
@pytest.mark.parametrize("what", ["delete", "quarantine"])
def test_a_recovery_that_was_killed_at_any_call_is_recovered(
    what: str, first: str, tmp_path: Path, kill: Killer, cleared: frozenset[str]
) -> None:
    recovering(tmp_path, kill, what, first, cleared, (0.35, 0.45), None)


@pytest.mark.soak
def test_a_deletion_that_began_and_whose_finish_was_killed_at_any_call_is_finished(
    tmp_path: Path, kill: Killer, cleared: frozenset[str]
) -> None:
    recovering(tmp_path, kill, "delete", "finish", cleared, (0.8,), None)
