"""Kill -9 at random moments, of runs and of their recoveries, by a process beside them."""

import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from cachemgr.domain.run import Run
from cachemgr.domain.terms import RunState, StepState
from tests.builders import tree
from tests.desk import carry_out
from tests.journal.ground import Ground, check, ground, is_there, names, plan, quarantines
from tests.journal.recovering import recover, settled
from tests.journal.victim import Killer, killer

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors"),
    pytest.mark.usefixtures("temporary"),
]

SEED = 20261120


@pytest.fixture(scope="module")
def kill() -> Iterator[Killer]:
    with killer() as found:
        yield found


def moment(run: Run | None) -> str:
    """Where a kill hit."""
    if run is None:
        return "before or after"
    if run.purge_begun:
        return "deleting"
    known = {run.step_state(number) for number in range(len(run.plan.steps))}
    return "moving" if StepState.UNKNOWN in known else "at the end"


def kills(tmp_path: Path, kill: Killer, runs: int, seed: int = SEED) -> Counter[str]:
    """That many clearings, each killed after a random time, and two out of three recoveries of it as well."""
    chance = random.Random(seed)
    told: Counter[str] = Counter()
    reference = ground(tree(tmp_path / "cleared", {}))
    trials = (ground(tree(tmp_path / f"trial-{number}", {})) for number in range(3))
    slow = sorted(kill.run(trial.home, "delete").seconds for trial in trials)[1]
    # How long a run takes is another time of the day: half of them are to be hit.
    reach = {"delete": slow, "quarantine": slow}
    kill.run(reference.home, "delete")
    cleared = names(reference)
    for number in range(runs):
        found = ground(tree(tmp_path / f"{number}", {}))
        what = chance.choice(("delete", "quarantine"))
        # What is most worth a kill comes last: the deletion.
        kill.run(found.home, what, after=chance.triangular(0, reach[what], reach[what]))
        first = next(iter(found.service.interrupted()), None)
        reach[what] *= 0.93 if found.service.runs() and first is None else 1.07
        told[f"{what}: {moment(first)}"] += 1
        if first is None:
            whole(found, what, cleared)
            continue
        for _ in range(chance.choice((0, 1, 2))):
            waiting = found.service.interrupted()
            if not waiting:
                break
            open_to = found.service.recovery.choices(waiting[0])
            wish = chance.choice(("finish", "roll-back")) if open_to.roll_back else "finish"
            kill.run(found.home, wish, after=chance.uniform(0, reach[what]))
            told["recovery killed" if found.service.interrupted() else "recovery came through"] += 1
        if found.service.interrupted():
            did = recover(found, chance.choice(("finish", "roll-back")))
        else:
            rolled = found.service.run(first.id).state is RunState.ROLLED_BACK
            did = "roll-back" if rolled else "finish"
        complete = settled(found, first.id, what, did, cleared)
        told[did if complete else "finish, some of it came back"] += 1
    return told


def whole(found: Ground, what: str, cleared: frozenset[str]) -> None:
    """A run that was killed before it began, or after it had ended."""
    check(found)
    if not is_there(found):
        assert names(found) == cleared
        if what == "quarantine":
            carry_out(found.service, plan(found.service, "undo"))
            assert is_there(found)
    assert quarantines(found) == set()


def test_a_run_that_is_killed_at_some_moment_is_recovered(tmp_path: Path, kill: Killer) -> None:
    assert kills(tmp_path, kill, 6).total() >= 6


@pytest.mark.soak
def test_300_runs_that_are_killed_at_random_moments_are_recovered(tmp_path: Path, kill: Killer) -> None:
    told = kills(tmp_path, kill, 300)
    print(*(f"{number:4} {words}" for words, number in sorted(told.items())), sep="\n")
    # Kills hit every phase.
    assert told["delete: deleting"] > 5
    assert told["delete: moving"] > 5
    assert told["quarantine: moving"] > 5
    assert told["recovery killed"] > 20
