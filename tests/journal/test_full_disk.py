"""Where nothing can be written down, nothing is done; where that happens in the middle, there is a way on."""

import os
import subprocess
import sys
from collections.abc import Iterator
from errno import EROFS
from pathlib import Path

import pytest

from cachemgr.domain.errors import Unavailable
from cachemgr.domain.run_event import RunEvent, StepStarted
from cachemgr.domain.terms import Disposal, RunState, Status
from cachemgr.service import CacheManager
from tests.builders import fingerprint, tree
from tests.cli.conftest import ROOT
from tests.desk import carry_out, picture, plan_of, removal
from tests.managers import manager
from tests.mounting import SMALL, fill, mounted, read_only

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")

ENTRIES = 130


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with mounted(tree(tmp_path / "disk", {}), *SMALL) as place:
        yield place


@pytest.fixture
def box(tmp_path: Path) -> Path:
    return tree(tmp_path / "box", {f"e{n:03}": {"a": "1"} for n in range(ENTRIES)})


def service_of(home: Path, box: Path, state: Path) -> CacheManager:
    return manager(home, roots={"box": box}, state=state)


def clearing(service: CacheManager, disposal: Disposal) -> Iterator[RunEvent]:
    inventory = service.inventory()
    chosen = {entry.id for entry in inventory.entries}
    assert len(chosen) == ENTRIES
    return service.execute(service.plan_clear(inventory, chosen, disposal=disposal))


def inside(box: Path) -> dict[str, object]:
    """What is in a directory; its own times nobody can vouch for once a run was cut short."""
    return {name: facts for name, facts in fingerprint(box).items() if name != "."}


def test_a_full_disk_is_unavailable_and_nothing_happens(home: Path, box: Path, disk: Path) -> None:
    service = service_of(home, box, disk / "state")
    tree(disk / "state", {})
    fill(disk)
    before = picture(box)
    with pytest.raises(Unavailable, match="No space left on device"):
        list(clearing(service, Disposal.DELETE))
    assert picture(box) == before
    assert service.runs() == ()
    assert list((disk / "state").rglob("*.jsonl")) == []


@pytest.mark.parametrize("wish", ["finish", "roll-back"])
@pytest.mark.parametrize("disposal", [Disposal.DELETE, Disposal.QUARANTINE])
@pytest.mark.parametrize("step", [3, 60])
def test_a_disk_that_fills_up_in_the_middle_stops_the_run_and_it_is_recovered(
    step: int, disposal: Disposal, wish: str, home: Path, box: Path, disk: Path
) -> None:
    service = service_of(home, box, disk / "state")
    before = inside(box)
    fillers: list[Path] = []

    def carry_on() -> None:
        steps = (event.number for event in clearing(service, disposal) if isinstance(event, StepStarted))
        fillers.extend(fill(disk) for number in steps if number == step)

    with pytest.raises(Unavailable, match="No space left on device") as said:
        carry_on()
    (run,) = service.interrupted()
    assert f"cachemgr recover {run.id}" in str(said.value)
    # The record has room in its last page; what it cannot take any more is not done.
    assert disposal is Disposal.DELETE or len(run.outcomes) < step + 60
    fillers[0].unlink()
    if run.purge_begun:
        wish = "finish"
    plan = service.plan_finish(run.id) if wish == "finish" else service.plan_roll_back(run.id)
    assert set(carry_out(service, plan).kinds) == {None}
    if wish == "roll-back":
        assert inside(box) == before
        assert service.run(run.id).state is RunState.ROLLED_BACK
    else:
        assert [name for name in os.listdir(box) if not name.startswith(".cachemgr")] == []
        assert service.run(run.id).state is RunState.RECOVERED
    if wish == "finish" and disposal is Disposal.QUARANTINE:
        carry_out(service, service.plan_undo(run.id))
        assert inside(box) == before


def test_a_record_on_a_read_only_file_system_is_exit_8_and_nothing_happens(
    home: Path, project: Path, disk: Path
) -> None:
    tree(home, {".cache/torch/hub/checkpoints/alexnet.pth": b"\x01" * 9000})
    read_only(disk)
    before = fingerprint(home)
    done = subprocess.run(
        [sys.executable, "-m", "cachemgr", "clear", "torch-hub", "--yes"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT), "CACHEMGR_STATE_DIR": str(disk / "state")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 8
    assert done.stderr.splitlines()[-1].startswith("cachemgr: no run can be recorded in ")
    assert "Read-only file system" in done.stderr
    assert fingerprint(home) == before


def test_a_cache_that_became_read_only_keeps_everything_and_says_so_item_by_item(
    home: Path, disk: Path
) -> None:
    box = tree(disk / "box", {"a": "1", "b": {"c": "2"}})
    service = service_of(home, box, home / "state")
    plan = plan_of(box, removal(box, "a"), removal(box, "b", disposal=Disposal.QUARANTINE))
    before = picture(box)
    read_only(disk)
    done = carry_out(service, plan)
    assert done.statuses == [Status.FAILED] * 2
    assert [one.trouble and one.trouble.errno for one in done.outcomes] == [EROFS] * 2
    assert picture(box) == before
    assert service.run().state is RunState.FINISHED
