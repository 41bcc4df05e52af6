"""A unit that the trash did not take and that could not be brought back either: an undo finds it."""

import importlib
import os
from pathlib import Path

import pytest

from cachemgr.disk.reader import OURS
from cachemgr.domain.terms import Disposal, Status
from tests.builders import tree
from tests.desk import carry_out, manager, picture, plan_of, removal
from tests.execute.test_trash import pytestmark as linux_only
from tests.execute.test_trash import trash_of

pytestmark = linux_only


@pytest.mark.parametrize("arrived", [False, True], ids=["packed", "in-the-trash"])
def test_what_is_stranded_on_its_way_to_the_trash_comes_back_by_an_undo(
    arrived: bool, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its number in the quarantine is taken, and the trash does not let its record be written."""
    box = tree(tmp_path / "box", {"entry": {"a": "1", "deep": {"b": "2"}}, "file": "3"})
    rename, whole = os.rename, picture(box / "entry")

    def away(source: bytes, target: bytes) -> None:
        (quarantine,) = box.glob(f"{OURS}*")
        (quarantine / "0").write_text("somebody else's")
        if not arrived:
            raise PermissionError(13, os.strerror(13))
        rename(source, target)
        info = Path(os.fsdecode(target)).parents[1] / "info"
        tree(info, {f".{os.fsdecode(os.path.basename(target))}.new": {"in the way": ""}})

    with monkeypatch.context() as patch:
        patch.setattr(importlib.import_module("send2trash.plat_other").os, "rename", away)
        service = manager(home, state=tmp_path / "state")
        done = carry_out(service, plan_of(box, removal(box, "entry", disposal=Disposal.TRASH)))

    (outcome,) = done.outcomes
    assert (outcome.status, outcome.held, (box / "entry").exists()) == (Status.FAILED, True, False)
    (quarantine,) = box.glob(f"{OURS}*")
    stranded = next((trash_of(home) / "files").iterdir()) if arrived else quarantine / "0.trash"
    assert stranded.is_dir()
    (run,) = (run for run in service.runs() if run.id == done.run)
    assert [number for number, _ in run.quarantined] == [0]

    purged = carry_out(service, service.plan_purge(done.run))
    assert (set(purged.statuses), stranded.is_dir()) == ({Status.FAILED}, True)
    for obstacle in (trash_of(home) / "info").glob(".*.new"):
        (obstacle / "in the way").unlink()
        obstacle.rmdir()
    undone = carry_out(service, service.plan_undo(done.run))

    assert undone.outcomes[0].status is Status.DONE
    assert picture(box / "entry") == whole
    assert (quarantine / "0").read_text() == "somebody else's"
    assert os.listdir(trash_of(home) / "files") == os.listdir(trash_of(home) / "info") == []
