"""Kill -9 at any moment: nothing is half, and there is a way on from everything."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from cachemgr.disk.reader import OURS
from cachemgr.domain.errors import Refused
from cachemgr.domain.terms import Disposal, RunState, Status
from tests.builders import tree
from tests.desk import carry_out, manager, picture

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")

REPOSITORY = Path(__file__).parents[2]
Entries = dict[str, dict[str, tuple[object, ...]]]
"""What each entry of a root is, by name."""

PROGRAM = """
import os, signal, sys
from pathlib import Path
from cachemgr.domain.terms import Disposal
from cachemgr.execute import system
from tests.desk import manager, plan_of, removal

home, box, what, fatal = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
service = manager(home)
if what == "undo":
    plan = service.plan_undo()
elif what == "purge":
    plan = service.plan_purge()
else:
    names = sorted(path.name for path in box.iterdir() if not path.name.startswith("."))
    plan = plan_of(box, *(removal(box, name, disposal=Disposal(what)) for name in names))

calls = 0

def counted(call, torn=None):
    def counting(*arguments):
        global calls
        calls += 1
        if calls == fatal:
            if torn is not None:
                torn(*arguments)
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*arguments)
    return counting

for name in ("move", "unlink", "rmdir", "mkdir", "write_new", "set_times", "set_own_times"):
    setattr(system, name, counted(getattr(system, name)))
write = os.write
os.write = counted(write, lambda descriptor, data: write(descriptor, data[: len(data) // 2]))
os.fsync = counted(os.fsync)
for event in service.execute(plan):
    pass
print(calls)
"""
"""One run that kills itself at the given call that changes something; at a write, in the middle of it."""


def run(home: Path, box: Path, what: str, fatal: int = 0) -> int:
    """How many such calls the run made; 0 when it was killed."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, home, box, what, str(fatal)],
        capture_output=True,
        check=False,
        cwd=REPOSITORY,
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    assert bool(done.returncode) == bool(fatal)
    return int(done.stdout or 0)


def spread(total: int, number: int | None) -> Iterable[int]:
    """That many calls out of all, the first and the last among them; None for every one."""
    if number is None:
        return range(1, total + 1)
    return sorted({1 + (total - 1) * n // (number - 1) for n in range(number)})


def fill(box: Path) -> Entries:
    tree(box, {f"e{n}": {"a": "1", "deep": {"b": "2", "c": "3"}} for n in range(5)})
    return there(box)


def there(box: Path) -> Entries:
    return {path.name: inside(path) for path in box.iterdir()}


def inside(entry: Path) -> dict[str, tuple[object, ...]]:
    return {str(Path(name).relative_to(entry)): look for name, look in picture(entry).items()}


def whole(home: Path, box: Path, disposal: Disposal, entries: Entries) -> None:
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


def kills(tmp_path: Path, home: Path, disposal: Disposal, number: int | None) -> None:
    fill(tmp_path / "trial")
    total = run(tree(home / "trial", {}), tmp_path / "trial", disposal)
    assert total > 20
    for fatal in spread(total, number):
        box, state = tmp_path / f"box{fatal}", tree(home / f"{fatal}", {})
        entries = fill(box)
        run(state, box, disposal, fatal)
        whole(state, box, disposal, entries)
        service = manager(state)
        if not service.runs():
            assert there(box) == entries
            continue
        # The very last call makes durable what was written already.
        assert (service.run().state is RunState.INTERRUPTED) == (fatal < total)
        if service.run().quarantined and not service.run().purging:
            assert set(carry_out(service, service.plan_undo(service.run().id)).kinds) == {None}
            assert there(box) == entries
            assert service.runs()[1].state is RunState.UNDONE
        elif fatal < total:
            kept = {name: look for name, look in there(box).items() if not name.startswith(OURS)}
            carry_out(service, service.plan_purge())
            assert there(box) == kept
            assert kept in ({}, entries)
            assert service.runs()[1].state is RunState.PURGED
            assert service.plan_purge().steps == ()


@pytest.mark.parametrize("disposal", [Disposal.QUARANTINE, Disposal.DELETE])
def test_a_kill_leaves_nothing_half_and_the_way_back_open(
    disposal: Disposal, tmp_path: Path, home: Path
) -> None:
    kills(tmp_path, home, disposal, 5)


@pytest.mark.soak
@pytest.mark.parametrize("disposal", [Disposal.QUARANTINE, Disposal.DELETE])
def test_a_kill_at_any_call_leaves_nothing_half(disposal: Disposal, tmp_path: Path, home: Path) -> None:
    kills(tmp_path, home, disposal, None)


def undo_kills(tmp_path: Path, home: Path, number: int | None) -> None:
    def set_aside(name: str) -> tuple[Path, Path, Entries]:
        box, state = tmp_path / f"box-{name}", tree(home / name, {})
        entries = fill(box)
        run(state, box, "quarantine")
        return box, state, entries

    box, state, _ = set_aside("trial")
    for fatal in spread(run(state, box, "undo"), number):
        box, state, entries = set_aside(f"{fatal}")
        run(state, box, "undo", fatal)
        whole(state, box, Disposal.QUARANTINE, entries)
        service = manager(state)
        cleared = service.runs()[-1]
        if cleared.quarantined:
            carry_out(service, service.plan_undo(cleared.id))
        assert {name: look for name, look in there(box).items() if not name.startswith(OURS)} == entries
        assert service.run(cleared.id).state is RunState.UNDONE


def test_an_undo_that_is_killed_can_be_repeated(tmp_path: Path, home: Path) -> None:
    undo_kills(tmp_path, home, 4)


@pytest.mark.soak
def test_an_undo_that_is_killed_at_any_call_can_be_repeated(tmp_path: Path, home: Path) -> None:
    undo_kills(tmp_path, home, None)


@pytest.mark.parametrize("part", [0.3, pytest.param(0.6, marks=pytest.mark.soak), 0.9])
def test_a_purge_that_is_killed_ends_the_undo_and_can_be_repeated(
    part: float, tmp_path: Path, home: Path
) -> None:
    box = tmp_path / "trial"
    fill(box)
    run(home, box, "quarantine")
    total = run(home, box, "purge")
    box = tmp_path / "box"
    fill(box)
    run(home, box, "quarantine")
    run(home, box, "purge", int(total * part))
    service = manager(home)
    cleared = service.runs()[1].id
    with pytest.raises(Refused, match="removed in part"):
        service.plan_undo(cleared)
    assert carry_out(service, service.plan_purge(cleared)).statuses == [Status.DONE]
    assert os.listdir(box) == []
    assert service.run(cleared).state is RunState.PURGED
