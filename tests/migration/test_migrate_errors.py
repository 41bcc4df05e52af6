"""The system says no, at any call of a migration or of its undo: nothing is lost or half, and there is a way
back."""

import sys
from collections.abc import Iterator
from errno import EACCES, EBUSY, EIO, ENOSPC, EPERM
from itertools import cycle
from pathlib import Path

import pytest

from cachemgr.domain.terms import Intent, RunState
from tests.builders import tree
from tests.desk import carry_out
from tests.journal.recovering import spread
from tests.journal.victim import Killer, killer
from tests.migration.ground import Ground, ground, look
from tests.migration.killing import check_at_any_moment, ours, repos, without_folder_times

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")

NUMBERS = (EACCES, EBUSY, EPERM, EIO, ENOSPC)


@pytest.fixture(scope="module")
def kill() -> Iterator[Killer]:
    with killer() as found:
        yield found


def fresh(top: Path, elsewhere: Path, name: str) -> Ground:
    return ground(tree(top / name / "home", {}), tree(elsewhere / name, {}))


def troubled(tmp_path: Path, elsewhere: Path, kill: Killer, what: str, calls: int | None) -> None:
    def run(found: Ground, what: str, fatal: int = 0, errno: int = EIO) -> int:
        died = kill.run(
            found.home, what, fatal=fatal, project=str(found.project), ground="migration", errno=errno
        )
        assert died.problem == ""
        return died.calls

    trial = fresh(tmp_path, elsewhere, "trial")
    if what == "undo":
        run(trial, "migrate")
    total = run(trial, what)
    for fatal, errno in zip(spread(total, calls), cycle(NUMBERS), strict=False):
        found = fresh(tmp_path, elsewhere, f"{fatal}")
        entries, whole = repos(found.hub.root), without_folder_times(look(found.hub.root))
        if what == "undo":
            run(found, "migrate")
        run(found, what, fatal, errno)
        check_at_any_moment(found, entries)
        last = found.service.run()
        assert last.state is RunState.FINISHED
        assert len(last.outcomes) == len(last.plan.steps)
        moved = next(one for one in found.service.runs() if one.plan.intent is Intent.MIGRATE)
        if moved.undoable:
            carry_out(found.service, found.service.plan_undo(moved.id))
        assert without_folder_times(look(found.hub.root)) == whole
        assert ours(found.home, found.project) == []
        assert not found.service.run(moved.id).undoable


@pytest.mark.parametrize("what", ["migrate", "undo"])
def test_a_call_that_fails_leaves_nothing_half_and_a_way_back(
    what: str, tmp_path: Path, elsewhere: Path, kill: Killer
) -> None:
    troubled(tmp_path, elsewhere, kill, what, 6)


@pytest.mark.soak
@pytest.mark.parametrize("what", ["migrate", "undo"])
def test_any_call_that_fails_leaves_nothing_half_and_a_way_back(
    what: str, tmp_path: Path, elsewhere: Path, kill: Killer
) -> None:
    troubled(tmp_path, elsewhere, kill, what, None)
