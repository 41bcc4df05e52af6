"""Kill -9 at every call that changes something: nothing is lost or cut off, and recover ends it."""

import hashlib
import os
import random
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from cachemgr.domain.terms import RunState
from tests.builders import tree
from tests.desk import carry_out
from tests.journal.recovering import spread
from tests.journal.victim import Killer, killer
from tests.migration.ground import Ground, ground, look, told
from tests.migration.killing import check_at_any_moment, ours, plan, repos, without_folder_times

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")

SEED = int(os.environ.get("CACHEMGR_TEST_SEED", "20261125"))


@pytest.fixture(scope="module")
def kill() -> Iterator[Killer]:
    with killer() as found:
        yield found


def fresh(top: Path, elsewhere: Path, name: str, crowd: int = 0) -> Ground:
    """`crowd` more blobs in one repository: enough of them are copied by two processes."""
    found = ground(tree(top / name / "home", {}), tree(elsewhere / name, {}))
    blobs = found.hub.root / "models--bob--all" / "blobs"
    for number in range(crowd):
        content = b"%d" % number
        blob = blobs / hashlib.sha256(content).hexdigest()
        blob.write_bytes(content)
        os.utime(blob, (10**9, 10**9))  # younger ones may be on their way
    return found


def run(kill: Killer, found: Ground, what: str, *, fatal: int = 0, after: float | None = None) -> int:
    died = kill.run(
        found.home, what, fatal=fatal, after=after, project=str(found.project), ground="migration"
    )
    assert not died.problem
    return died.calls


def settled(found: Ground, wish: str, before: object, whole: object) -> str:
    """Recover what was interrupted, as is wished where that is open, and see that it is as was wished."""
    waiting = found.service.interrupted()
    if not waiting:
        # Before anything was announced, or after everything was written down.
        wish = "finish" if repos(found.there.root) else "roll-back"
    elif wish == "roll-back" and not found.service.recovery.choices(waiting[0]).roll_back:
        wish = "finish"
    if waiting:
        done = carry_out(found.service, plan(found, wish))
        assert [one for one in done.outcomes if one.trouble is not None] == []
        state = found.service.run(waiting[0].id).state
        assert state is (RunState.RECOVERED if wish == "finish" else RunState.ROLLED_BACK)
    assert found.service.interrupted() == ()
    if wish == "finish":
        assert told(found.there.scan()) == before
        assert repos(found.hub.root) == {}
        carry_out(found.service, found.service.plan_undo(found.service.runs()[-1].id))
    assert without_folder_times(look(found.hub.root)) == whole
    assert list(found.project.iterdir()) == []
    assert ours(found.home, found.project) == []
    return wish


def killed(
    tmp_path: Path, elsewhere: Path, kill: Killer, wish: str, calls: int | None, what: str = "migrate"
) -> None:
    trial = fresh(tmp_path, elsewhere, "trial")
    if what != "migrate":
        run(kill, trial, "migrate")
    total = run(kill, trial, what)
    assert total > 30
    for fatal in spread(total, calls):
        found = fresh(tmp_path, elsewhere, f"{fatal}")
        before, whole = told(found.hub.scan()), without_folder_times(look(found.hub.root))
        entries = repos(found.hub.root)
        if what != "migrate":
            run(kill, found, "migrate")
        run(kill, found, what, fatal=fatal)
        check_at_any_moment(found, entries)
        if what == "migrate":
            settled(found, wish, before, whole)
            continue
        if found.service.interrupted():
            carry_out(found.service, plan(found, "finish"))
        elif repos(found.there.root):
            carry_out(found.service, found.service.plan_undo())
        assert without_folder_times(look(found.hub.root)) == whole
        assert list(found.project.iterdir()) == []
        assert ours(found.home, found.project) == []


@pytest.mark.parametrize("wish", ["finish", "roll-back"])
def test_a_migration_across_that_was_killed_is_finished_or_rolled_back(
    wish: str, tmp_path: Path, elsewhere: Path, kill: Killer
) -> None:
    killed(tmp_path, elsewhere, kill, wish, 8)


@pytest.mark.parametrize("wish", ["finish", "roll-back"])
def test_a_migration_within_that_was_killed_is_finished_or_rolled_back(
    wish: str, tmp_path: Path, kill: Killer
) -> None:
    killed(tmp_path, tmp_path / "projects", kill, wish, 6)


def test_an_undo_of_a_migration_that_was_killed_is_finished(
    tmp_path: Path, elsewhere: Path, kill: Killer
) -> None:
    killed(tmp_path, elsewhere, kill, "finish", 5, "undo")


@pytest.mark.soak
@pytest.mark.parametrize("wish", ["finish", "roll-back"])
def test_a_migration_that_was_killed_at_any_call_is_finished_or_rolled_back(
    wish: str, tmp_path: Path, elsewhere: Path, kill: Killer
) -> None:
    killed(tmp_path, elsewhere, kill, wish, None)


@pytest.mark.soak
def test_an_undo_that_was_killed_at_any_call_is_finished(
    tmp_path: Path, elsewhere: Path, kill: Killer
) -> None:
    killed(tmp_path, elsewhere, kill, "finish", None, "undo")


def moments(seconds: float, number: int) -> Iterable[float]:
    chance = random.Random(SEED)
    return [chance.uniform(0, seconds) for _ in range(number)]


def at_random(tmp_path: Path, elsewhere: Path, kill: Killer, number: int, crowd: int = 0) -> set[str]:
    """The ways in which they ended."""
    trial = fresh(tmp_path, elsewhere, "trial", crowd)
    died = kill.run(trial.home, "migrate", project=str(trial.project), ground="migration")
    wishes: set[str] = set()
    for turn, moment in enumerate(moments(died.seconds * 1.05, number)):
        found = fresh(tmp_path, elsewhere, f"{turn}", crowd)
        before, whole = told(found.hub.scan()), without_folder_times(look(found.hub.root))
        entries = repos(found.hub.root)
        run(kill, found, "migrate", after=moment)
        check_at_any_moment(found, entries)
        wishes.add(settled(found, ("finish", "roll-back")[turn % 2], before, whole))
    return wishes


def test_a_migration_that_is_killed_at_random_moments_loses_nothing(
    tmp_path: Path, elsewhere: Path, kill: Killer
) -> None:
    assert at_random(tmp_path, elsewhere, kill, 6) == {"finish", "roll-back"}


@pytest.mark.soak
def test_a_migration_that_is_killed_at_three_hundred_random_moments_loses_nothing(
    tmp_path: Path, elsewhere: Path, kill: Killer
) -> None:
    assert at_random(tmp_path, elsewhere, kill, 300) == {"finish", "roll-back"}


def test_nor_does_one_that_two_processes_copy(tmp_path: Path, elsewhere: Path, kill: Killer) -> None:
    assert at_random(tmp_path, elsewhere, kill, 1, crowd=500)


@pytest.mark.soak
def test_nor_does_one_that_two_processes_copy_at_sixty_moments(
    tmp_path: Path, elsewhere: Path, kill: Killer
) -> None:
    assert at_random(tmp_path, elsewhere, kill, 60, crowd=1500) == {"finish", "roll-back"}
