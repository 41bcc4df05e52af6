"""Kill -9 on the way to the trash: each unit is in one place, whole, that place can be told, and there are a
way on from it and a way back."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.disk.reader import OURS
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.terms import Status
from cachemgr.execute.parcel import Parcel
from cachemgr.execute.trash_recovery import Sighting, Station, bring_back, finish, locate, sent
from tests.builders import machine, tree
from tests.desk import manager
from tests.execute.other_trash import places, restore
from tests.execute.test_trash import pytestmark as linux_only
from tests.execute.test_trash import trash_of
from tests.journal.test_kill import Entries, inside, spread, there

pytestmark = linux_only

REPOSITORY = Path(__file__).parents[2]

PROGRAM = """
import builtins, os, signal, sys
from pathlib import Path
from send2trash import plat_other
from cachemgr.domain.terms import Disposal
from cachemgr.execute import system
from tests.desk import manager, plan_of, removal

home, box, fatal = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
names = sorted(path.name for path in box.iterdir())
plan = plan_of(box, *(removal(box, name, disposal=Disposal.TRASH) for name in names))
calls = 0

def counted(call, torn=None):
    def counting(*arguments, **options):
        global calls
        calls += 1
        if calls == fatal:
            if torn is not None:
                torn(*arguments)
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*arguments, **options)
    return counting

for name in ("move", "unlink", "rmdir", "mkdir", "write_new", "replace", "sync"):
    setattr(system, name, counted(getattr(system, name)))
write = os.write
os.write = counted(write, lambda descriptor, data: write(descriptor, data[: len(data) // 2]))
os.fsync = counted(os.fsync)
os.rename = counted(os.rename)
plat_other.open = counted(builtins.open)
plat_other.info_for = counted(plat_other.info_for)
for event in manager(home).execute(plan):
    pass
print(calls)
"""
"""One run that kills itself at the given call that changes something; at a write, in the middle of it."""


def run(home: Path, box: Path, fatal: int = 0) -> int:
    """How many such calls the run made; 0 when it was killed."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, home, box, str(fatal)],
        capture_output=True,
        check=False,
        cwd=REPOSITORY,
        env=os.environ | {"HOME": str(home)},
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    assert bool(done.returncode) == bool(fatal)
    return int(done.stdout or 0)


def fill(box: Path) -> Entries:
    tree(box, {f"e{n}": {"a": "1", "deep": {"b": "2"}} for n in range(2)} | {"f.bin": "3"})
    return there(box)


@contextmanager
def opened(box: Path) -> Iterator[Handle]:
    root = handles.open_root(box)
    try:
        yield root
    finally:
        handles.close(root)


def killed(home: Path, box: Path, fatal: int) -> tuple[tuple[Parcel, ...], set[str]]:
    """What a run left on the way when it was killed, and what it reported as gone to the trash."""
    run(home, box, fatal)
    runs = manager(home).runs()
    if not runs:
        return (), set()
    steps = runs[0].plan.steps
    done = {one.number for one in runs[0].outcomes if one.status is Status.DONE}
    gone = {getattr(step.action, "names", ("",))[0] for number, step in enumerate(steps) if number in done}
    return tuple(parcel for parcel in sent(runs[0]) if parcel.number in runs[0].pending), gone


def really(parcel: Parcel, home: Path) -> list[Station]:
    """Station something with the unit's inode lies, found without any of our own code."""
    tops = {
        Station.PLACE: parcel.root,
        Station.QUARANTINE: parcel.root / f"{OURS}{parcel.run}",
        Station.PACKED: parcel.root / f"{OURS}{parcel.run}" / f"{parcel.number}.trash",
        Station.TRASH: trash_of(home) / "files",
    }
    return [
        where
        for where, top in tops.items()
        if top.is_dir() and parcel.identity.ino in {entry.inode() for entry in os.scandir(top)}
    ]


def way_on(parcel: Parcel, root: Handle, home: Path, entries: Entries) -> Sighting:
    found = locate(parcel, root, machine(home))
    assert [found.station] == really(parcel, home)
    trouble = finish(parcel, root, machine(home))
    name = parcel.names[-1]
    if found.station is Station.PLACE:
        assert trouble == Trouble("trash", "not-begun")
    else:
        assert trouble is None
        assert locate(parcel, root, machine(home)) == Sighting(Station.TRASH, remembered=True)
        restore(home, parcel.origin)
    assert inside(parcel.root / name) == entries[name]
    return found


def way_back(parcel: Parcel, root: Handle, home: Path, entries: Entries) -> Sighting:
    found = locate(parcel, root, machine(home))
    assert [found.station] == really(parcel, home)
    assert bring_back(parcel, root, machine(home)) is None
    assert inside(parcel.origin) == entries[parcel.names[-1]]
    assert locate(parcel, root, machine(home)) == Sighting(Station.PLACE)
    return found


def kills(tmp_path: Path, home: Path, number: int | None, *, back: bool) -> set[Sighting]:
    """The states that were met."""
    fill(tmp_path / "trial")
    total = run(tree(home / "trial", {}), tmp_path / "trial")
    assert total > 60
    met: set[Sighting] = set()
    for fatal in spread(total, number):
        box, own = tmp_path / f"box{fatal}", tree(home / f"{fatal}", {})
        entries = fill(box)
        left, gone = killed(own, box, fatal)
        with opened(box) as root:
            for parcel in left:
                met.add((way_back if back else way_on)(parcel, root, own, entries))
        names = {entry for entry in os.listdir(box) if not entry.startswith(OURS)}
        assert names == entries.keys() - gone
        if (trash_of(own) / "info").exists():
            assert {place.name for place in places(trash_of(own)).values()} == gone
            assert len(os.listdir(trash_of(own) / "files")) == len(gone)
        if left and (box / f"{OURS}{left[0].run}").exists():
            # What an interruption left of a quarantine in the making is no parcel's business.
            assert set(os.listdir(box / f"{OURS}{left[0].run}")) <= {".cachemgr"}
    return met


EVERY = {Sighting(where) for where in (Station.PLACE, Station.QUARANTINE, Station.PACKED, Station.TRASH)} | {
    Sighting(Station.TRASH, remembered=True)
}


@pytest.mark.parametrize("back", [False, True])
def test_a_kill_leaves_a_way_on_and_a_way_back(back: bool, tmp_path: Path, home: Path) -> None:
    assert kills(tmp_path, home, 8, back=back) >= {Sighting(Station.PLACE)}


@pytest.mark.soak
@pytest.mark.parametrize("back", [False, True])
def test_a_kill_at_any_call_leaves_a_way_on_and_a_way_back(back: bool, tmp_path: Path, home: Path) -> None:
    assert kills(tmp_path, home, None, back=back) == EVERY
