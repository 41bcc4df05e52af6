"""Records without an end: found by their last bytes, also where they are torn, newer, or no record at all."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from cachemgr.domain.errors import Refused
from cachemgr.domain.terms import Disposal, RunState
from cachemgr.journal.ends import unended
from cachemgr.service import CacheManager
from tests.builders import tree
from tests.cli.conftest import ROOT
from tests.desk import carry_out, drop, manager, plan_of, removal
from tests.journal.ground import Ground, is_there, plan
from tests.journal.recovering import before_step, interrupt

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")


def records(service: CacheManager) -> list[Path]:
    return sorted((service.state / "runs").glob("*.jsonl"))


def test_every_byte_that_is_missing_at_the_end_makes_it_unended(home: Path, tmp_path: Path) -> None:
    service = manager(home)
    box = tree(tmp_path / "box", {"a": "1"})
    carry_out(service, plan_of(box, removal(box, "a", disposal=Disposal.QUARANTINE)))
    (file,) = records(service)
    whole = file.read_bytes()
    assert unended(file.parent) == ()
    for length in range(len(whole) - 1, whole.index(b"\n"), -7):
        file.write_bytes(whole[:length])
        assert unended(file.parent) == (file.stem,)
    for length in (0, 1, 200):
        # Without its first line it announced nothing.
        file.write_bytes(whole[:length])
        assert unended(file.parent) == ()


@pytest.mark.parametrize("cut", [1, 9, 40])
def test_a_torn_line_is_said_and_what_it_told_is_unknown(cut: int, found: Ground) -> None:
    run = interrupt(found.service, "quarantine", before_step(9))
    (file,) = records(found.service)
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines)[:-cut])
    (torn,) = found.service.interrupted()
    assert torn.torn is (cut > 1)
    assert len(torn.outcomes) == len(run.outcomes) - (cut > 1)
    carry_out(found.service, found.service.plan_roll_back(torn.id))
    assert is_there(found)


def test_two_runs_of_one_second_are_told_apart_also_when_both_were_interrupted(
    home: Path, tmp_path: Path
) -> None:
    service = manager(home)
    now = service.clock()
    service = replace(service, clock=lambda: now)
    boxes = [tree(tmp_path / f"box{n}", {"a": f"{n}", "b": "2"}) for n in range(2)]
    for box in boxes:
        steps = [removal(box, name, disposal=Disposal.QUARANTINE) for name in ("a", "b")]
        events = service.execute(plan_of(box, *steps))
        assert any(map(before_step(1), events))
        drop(events)
    second, first = service.interrupted()
    assert first.id[:15] == second.id[:15]
    assert [run.plan.roots[0].path for run in (first, second)] == boxes
    carry_out(service, service.plan_roll_back(second.id))
    assert [run.state for run in service.runs()] == [
        RunState.FINISHED,
        RunState.ROLLED_BACK,
        RunState.INTERRUPTED,
    ]
    assert sorted(os.listdir(boxes[1])) == ["a", "b"]
    assert sorted(os.listdir(boxes[0])) != ["a", "b"]


def newer(service: CacheManager, *, ended: bool) -> str:
    """The record of a release to come."""
    head = {"schema": "cachemgr.journal/2", "plan": {"what": "nobody knows yet"}, "started": "soon"}
    lines = [head, {"event": "announced"}, *([{"event": "finished"}] if ended else [])]
    file = tree(service.state / "runs", {}) / "20991231-000000-00000000.jsonl"
    file.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))
    return file.stem


def test_a_newer_record_is_named_and_while_it_has_no_end_nothing_is_done(found: Ground) -> None:
    service = found.service
    run = newer(service, ended=True)
    assert service.past.newer() == (run,)
    assert service.runs() == ()
    carry_out(service, plan(service, "quarantine"))
    newer(service, ended=False)
    with pytest.raises(Refused, match=f"run {run} was interrupted, and a newer cachemgr recorded it"):
        carry_out(service, service.plan_undo())
    assert not is_there(found)
    newer(service, ended=True)
    carry_out(service, service.plan_undo())
    assert is_there(found)


def test_what_is_no_record_is_in_nobodys_way(found: Ground) -> None:
    folder = tree(
        found.service.state / "runs", {"20991231-000000-00000000.jsonl": "[]\n[]\n", "x.jsonl": "x\n"}
    )
    os.mkfifo(folder / "20991231-000000-00000001.jsonl")
    assert found.service.interrupted() == ()
    carry_out(found.service, plan(found.service, "quarantine"))
    assert found.service.interrupted() == ()


def test_what_was_recovered_is_not_read_again(found: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    run = interrupt(found.service, "delete", before_step(9))
    assert unended(found.service.state / "runs") == (run.id,)
    carry_out(found.service, found.service.plan_roll_back(run.id))
    assert unended(found.service.state / "runs") == ()
    # Without the note it only takes longer.
    (found.service.state / "runs" / f"{run.id}.closed").unlink()
    assert found.service.interrupted() == ()
    carry_out(found.service, plan(found.service, "quarantine"))
    assert unended(found.service.state / "runs") == ()


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="counts what Linux says was read")
def test_a_status_reads_no_more_than_the_ends(home: Path, project: Path) -> None:
    folder = tree(home / ".local" / "state" / "cachemgr" / "runs", {})
    for number in range(300):
        with open(folder / f"20261120-150000-{number:08x}.jsonl", "wb") as file:
            # A hole in place of a plan: it takes no room, and reading it would take as long.
            file.truncate(1 << 20)
            file.seek(0, os.SEEK_END)
            file.write(b'\n{"event":"finished","undoable":false,"at":"2026-11-20T15:00:00Z"}\n')
    before = read_so_far()
    assert unended(folder) == ()
    assert read_so_far() - before < 300 * 512
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "cachemgr", "status", "--json"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "cachemgr.journal.ends" in done.stderr
    assert "cachemgr.journal.store" not in done.stderr
    assert "filelock" not in done.stderr


def read_so_far() -> int:
    """Bytes that this process has read."""
    return int(Path("/proc/self/io").read_text().split()[1])
