"""Kill -9 on the way to the trash, and again while that is recovered: everything ends up in it or is back."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from cachemgr.domain.terms import RunState
from tests.builders import tree
from tests.journal.ground import Ground, check, ground, is_there, names, quarantines
from tests.journal.recovering import interrupted, spread
from tests.journal.victim import Killer, killer

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="asks the trash that freedesktop.org specifies"),
    pytest.mark.usefixtures("temporary"),
]


@pytest.fixture(scope="module")
def kill() -> Iterator[Killer]:
    with killer() as found:
        yield found


def remembered(found: Ground) -> set[str]:
    """The places that the trash would restore its files to; each record has its file, and each file one."""
    trash = found.home / "ada" / ".local" / "share" / "Trash"
    records = {path.stem: path.read_text() for path in (trash / "info").glob("*")}
    assert records.keys() == {path.name for path in (trash / "files").glob("*")}
    return {
        unquote(line.removeprefix("Path="))
        for record in records.values()
        for line in record.splitlines()
        if line.startswith("Path=")
    }


def trashing(tmp_path: Path, kill: Killer, wish: str, number: int | None) -> None:
    trial = ground(tree(tmp_path / "trial", {}))
    total = kill.run(trial.home, "trash").calls
    assert total > 100
    cleared, gone = names(trial), len(remembered(trial))
    recovered = complete = 0
    for fatal in spread(total, number):
        found = ground(tree(tmp_path / f"{fatal}", {}))
        kill.run(found.home, "trash", fatal=fatal)
        if (run := interrupted(found)) is None:
            continue
        recovered += 1
        open_to = found.service.recovery.choices(run)
        did = wish if wish == "finish" or open_to.roll_back else "finish"
        # A recovery is killed as well, and then recovered to its end.
        kill.run(found.home, did, fatal=1 + fatal % 7)
        if interrupted(found) is not None:
            assert kill.run(found.home, did).problem == ""
        check(found)
        assert quarantines(found) == set()
        if did == "roll-back":
            assert found.service.run(run.id).state is RunState.ROLLED_BACK
            assert is_there(found)
            assert remembered(found) == set()
        else:
            assert found.service.run(run.id).state is RunState.RECOVERED
            assert all(not os.path.lexists(place) for place in remembered(found))
            complete += names(found) == cleared and len(remembered(found)) == gone
    assert recovered
    # Between a link into the shared store and the payload behind it nobody can tell any more whose it is.
    assert wish == "roll-back" or complete >= recovered * 0.7


@pytest.mark.parametrize("wish", ["finish", "roll-back"])
def test_what_was_on_its_way_to_the_trash_is_finished_or_brought_back(
    wish: str, tmp_path: Path, kill: Killer
) -> None:
    trashing(tmp_path, kill, wish, 9)


@pytest.mark.soak
@pytest.mark.parametrize("wish", ["finish", "roll-back"])
def test_wherever_it_was_on_its_way_to_the_trash(wish: str, tmp_path: Path, kill: Killer) -> None:
    trashing(tmp_path, kill, wish, None)
