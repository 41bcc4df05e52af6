"""A run's own directory inside a root: only what is marked as that run's is opened, emptied or removed."""

import errno
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cachemgr.disk import handles
from cachemgr.disk.reader import OURS
from cachemgr.domain.action import Purge, Restore
from cachemgr.domain.plan import Step
from cachemgr.domain.terms import Disposal, Intent, Status
from cachemgr.execute import system
from cachemgr.execute.quarantine import Quarantine
from cachemgr.service import CacheManager
from tests.builders import tree
from tests.desk import BOX, carry_out, du, identity, picture, plan_of, removal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")


@pytest.fixture
def box(tmp_path: Path) -> Path:
    return tree(tmp_path / "box", {"entry": {"a": "1", "deep": {"b": "2"}}, "file": "3"})


def set_aside(service: CacheManager, box: Path, *names: str) -> str:
    done = carry_out(
        service, plan_of(box, *(removal(box, name, disposal=Disposal.QUARANTINE) for name in names))
    )
    assert set(done.statuses) == {Status.DONE}
    return done.run


def foreign_mark(quarantine: Path) -> None:
    (quarantine / ".cachemgr").write_text(json.dumps({"run": "another"}))


def no_mark(quarantine: Path) -> None:
    (quarantine / ".cachemgr").unlink()


def linked_mark(quarantine: Path) -> None:
    (quarantine / ".cachemgr").rename(quarantine.parent / "mark")
    (quarantine / ".cachemgr").symlink_to("../mark")


def no_json(quarantine: Path) -> None:
    (quarantine / ".cachemgr").write_bytes(b"\xff{")


def linked_quarantine(quarantine: Path) -> None:
    quarantine.rename(quarantine.parent / "elsewhere")
    quarantine.symlink_to("elsewhere")


@pytest.mark.parametrize("spoil", [foreign_mark, no_mark, linked_mark, no_json, linked_quarantine])
def test_a_quarantine_that_is_not_marked_as_that_runs_own_is_not_touched(
    spoil: Callable[[Path], None], service: CacheManager, box: Path
) -> None:
    set_aside(service, box, "entry", "file")
    (quarantine,) = box.glob(f"{OURS}*")
    spoil(quarantine)
    before = picture(box)
    assert set(carry_out(service, service.plan_undo()).kinds) == {"no-quarantine", "needs"}
    assert carry_out(service, service.plan_purge()).kinds == ["no-quarantine"]
    assert picture(box) == before


@pytest.mark.parametrize("mark", [None, b"", b'{"ru', b"another"])
def test_a_quarantine_that_was_only_begun_goes_and_one_of_somebody_else_stays(
    mark: bytes | None, service: CacheManager, box: Path
) -> None:
    run = set_aside(service, box, "file")
    (quarantine,) = box.glob(f"{OURS}*")
    (quarantine / "0").rename(box / "file")
    (quarantine / ".cachemgr").unlink()
    if mark is not None:
        (quarantine / ".cachemgr").write_bytes(mark)
    kinds = carry_out(service, service.plan_undo(run)).kinds
    assert quarantine.exists() == (mark == b"another") == (kinds[0] == "no-quarantine")


def test_one_that_was_only_begun_is_made_anew_at_once(box: Path) -> None:
    (box / f"{OURS}r1").mkdir(mode=0o700)
    root = handles.open_root(box)
    try:
        made = Quarantine.create(root, "r1")
        made.close()
        opened = Quarantine.open(root, "r1")
        opened.close()
    finally:
        handles.close(root)
    assert (box / f"{OURS}r1" / ".cachemgr").exists()


def test_one_that_cannot_be_opened_is_taken_back(box: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stale(*_: object) -> None:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    root = handles.open_root(box)
    monkeypatch.setattr(handles, "open_child", stale)
    try:
        with pytest.raises(OSError, match=os.strerror(errno.ESTALE)):
            Quarantine.create(root, "r1")
    finally:
        handles.close(root)
    assert not (box / f"{OURS}r1").exists()


@pytest.mark.parametrize("run", ["../box", "x/../../sentinel", "\0", ""])
def test_a_runs_name_is_no_path(run: str, service: CacheManager, box: Path) -> None:
    tree(box.parent / "sentinel", {".cachemgr": json.dumps({"run": run}), "0": "mine"})
    steps = Step(Purge(run), BOX), Step(Restore(run, 0, ("new",)), BOX, None, identity(box / "file"))
    before = picture(box.parent)
    done = carry_out(service, plan_of(box, *steps, intent=Intent.PURGE))
    assert Status.DONE not in done.statuses or run in ("", "\0")
    assert picture(box.parent) == before


def test_a_purge_frees_what_du_says_and_ends_the_undo(service: CacheManager, box: Path) -> None:
    set_aside(service, box, "entry", "file")
    before = du(box)
    done = carry_out(service, service.plan_purge())
    assert done.freed == before - du(box) > 0
    assert not list(box.glob(f"{OURS}*"))


@pytest.mark.parametrize("name", ["0.deep-backup", "0.deep", "0.deep1x", "0.deep\u0663", "0.other", "x"])
def test_what_somebody_put_into_a_quarantine_stays(name: str, service: CacheManager, box: Path) -> None:
    """But for the parts of a unit that a removal brought up, which are called by it and counted."""
    set_aside(service, box, "entry")
    (quarantine,) = box.glob(f"{OURS}*")
    tree(quarantine, {name: {"mine": "1"}, "0.deep3": {"part": "of it"}})
    assert carry_out(service, service.plan_purge()).statuses == [Status.FAILED]
    assert sorted(os.listdir(quarantine)) == sorted([".cachemgr", name])
    assert (quarantine / name / "mine").read_text() == "1"


def test_a_quarantine_that_cannot_be_made_leaves_nothing_behind(
    service: CacheManager, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(system, "write_new", full)
    before = picture(box)
    done = carry_out(service, plan_of(box, removal(box, "file")))
    assert [outcome.trouble and outcome.trouble.errno for outcome in done.outcomes] == [errno.ENOSPC]
    assert {name: look for name, look in picture(box).items() if name != str(box)} == {
        name: look for name, look in before.items() if name != str(box)
    }
