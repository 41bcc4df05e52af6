"""Kill -9 at any moment: nothing is half, and there is a way on from everything."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cachemgr.disk.reader import OURS
from cachemgr.domain.errors import Refused
from cachemgr.domain.event import Announced
from cachemgr.domain.outcome import Status
from cachemgr.domain.run import RunState
from cachemgr.domain.terms import Disposal
from tests.builders import tree
from tests.desk import carry_out, drop, manager, picture, plan_of, removal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")

REPOSITORY = Path(__file__).parents[2]

PROGRAM = """
import sys
from pathlib import Path
from cachemgr.domain.terms import Disposal
from tests.desk import manager, plan_of, removal
home, box, disposal = Path(sys.argv[1]), Path(sys.argv[2]), Disposal(sys.argv[3])
names = sorted(path.name for path in box.iterdir() if not path.name.startswith("."))
service = manager(home)
if len(sys.argv) > 4:
    plan = service.plan_undo() if sys.argv[4] == "undo" else service.plan_purge()
else:
    plan = plan_of(box, *(removal(box, name, disposal=disposal) for name in names))
print(flush=True)
for event in service.execute(plan):
    pass
"""


def killed(home: Path, box: Path, after: float, *arguments: str) -> None:
    """A run in another process, killed that many seconds after it began."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, home, box, *arguments], stdout=subprocess.PIPE, cwd=REPOSITORY
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(after)
        child.send_signal(signal.SIGKILL)


def moments(number: int, longest: float) -> Iterator[float]:
    return (longest * n / number for n in range(number))


def many(box: Path) -> dict[str, dict[str, tuple[object, ...]]]:
    """Entries enough for a kill to hit the middle; what each of them is."""
    tree(box, {f"e{n:03}": {"a": "1", "deep": {f"{m}": "2" for m in range(10)}} for n in range(120)})
    return {path.name: inside(path) for path in box.iterdir()}


def inside(entry: Path) -> dict[str, tuple[object, ...]]:
    return {str(Path(name).relative_to(entry)): look for name, look in picture(entry).items()}


def whole(
    home: Path, box: Path, disposal: Disposal, entries: dict[str, dict[str, tuple[object, ...]]]
) -> None:
    """Each entry is at its place or in the quarantine, whole; only what is deleted may be gone."""
    service = manager(home)
    quarantines = list(box.glob(f"{OURS}*"))
    runs = service.runs()
    purging = bool(runs and runs[0].purging)
    for number, name in enumerate(sorted(entries)):
        places = [box / name, *(quarantine / str(number) for quarantine in quarantines)]
        there = [place for place in places if place.exists()]
        assert len(there) <= 1
        if there and (there[0].parent == box or not purging):
            assert inside(there[0]) == entries[name]
        assert there or disposal is Disposal.DELETE


def kills(tmp_path: Path, home: Path, disposal: Disposal, number: int) -> set[RunState]:
    states: set[RunState] = set()
    for attempt, after in enumerate(moments(number, 0.12)):
        box = tmp_path / f"box{attempt}"
        state = tree(home / f"{attempt}", {})
        entries = many(box)
        killed(state, box, after, disposal)
        whole(state, box, disposal, entries)
        service = manager(state)
        if not service.runs():
            assert {path.name: inside(path) for path in box.iterdir()} == entries
            continue
        run = service.run()
        states.add(run.state)
        if run.quarantined and not run.purging:
            kinds = carry_out(service, service.plan_undo()).kinds
            assert set(kinds) == {None}
            assert {path.name: inside(path) for path in box.iterdir()} == entries
        elif run.quarantined or run.leftover:
            carry_out(service, service.plan_purge())
            assert not list(box.glob(f"{OURS}*"))
    return states


@pytest.mark.parametrize("disposal", [Disposal.QUARANTINE, Disposal.DELETE])
def test_a_kill_leaves_nothing_half_and_the_way_back_open(
    disposal: Disposal, tmp_path: Path, home: Path
) -> None:
    assert RunState.INTERRUPTED in kills(tmp_path, home, disposal, 6)


@pytest.mark.soak
@pytest.mark.parametrize("disposal", [Disposal.QUARANTINE, Disposal.DELETE])
def test_many_kills_leave_nothing_half(disposal: Disposal, tmp_path: Path, home: Path) -> None:
    assert RunState.INTERRUPTED in kills(tmp_path, home, disposal, 200)


def test_an_undo_that_is_killed_can_be_repeated(tmp_path: Path, home: Path) -> None:
    box = tmp_path / "box"
    entries = many(box)
    service = manager(home)
    steps = [removal(box, name, disposal=Disposal.QUARANTINE) for name in sorted(entries)]
    run = carry_out(service, plan_of(box, *steps)).run
    for after in moments(4, 0.08):
        killed(home, box, after, "delete", "undo")
        whole(home, box, Disposal.QUARANTINE, entries)
        if not service.run(run).quarantined:
            break
        # The next one by default is the last that anything waits of.
        carry_out(service, service.plan_undo(run)) if after > 0.05 else None
    if service.run(run).quarantined:
        carry_out(service, service.plan_undo(run))
    assert {path.name: inside(path) for path in box.iterdir()} == entries
    assert service.run(run).state is RunState.UNDONE


def test_a_purge_that_is_killed_ends_the_undo_and_can_be_repeated(tmp_path: Path, home: Path) -> None:
    box = tmp_path / "box"
    entries = many(box)
    service = manager(home)
    steps = [removal(box, name, disposal=Disposal.QUARANTINE) for name in sorted(entries)]
    run = carry_out(service, plan_of(box, *steps)).run
    events = service.execute(service.plan_purge())
    next(event for event in events if isinstance(event, Announced))
    drop(events)
    with pytest.raises(Refused, match="removed in part"):
        service.plan_undo(run)
    assert carry_out(service, service.plan_purge(run)).statuses == [Status.DONE]
    assert os.listdir(box) == []
    assert service.run(run).state is RunState.PURGED
