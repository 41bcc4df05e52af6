"""The system trash: to the trash or not at all; nothing is copied, nothing deleted instead."""

import importlib
import os
import sys
from pathlib import Path

import pytest

from cachemgr.disk.reader import OURS
from cachemgr.domain.errors import Refused
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.terms import Disposal, Status
from tests.builders import tree
from tests.desk import Done, Look, carry_out, manager, picture, plan_of, removal
from tests.execute.other_trash import listed, places, restore
from tests.execute.other_user import USER, needs_root

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the freedesktop.org trash")

NAMES = (
    *("plain.bin", ".hidden", "v1.5", "a\nb", "100% \u00e4#?&=+.txt", " ", "-rf", "%41", "a\\b"),
    "\u0432\u0435\u0441\u044b",
    "x" * 245,
    "x" * 200 + "." + "y" * 40,
    "\u00e4" * 122,
)  # fmt: skip
"""What an entry may be called and come back as."""


@pytest.fixture
def box(tmp_path: Path) -> Path:
    return tree(tmp_path / "box", {"entry": {"a": "1", "deep": {"b": "2"}}, "file": "3"})


def trash_of(home: Path) -> Path:
    return home / ".local" / "share" / "Trash"


def send(home: Path, box: Path, *names: str, data: Path | None = None) -> Done:
    env = {} if data is None else {"XDG_DATA_HOME": str(data)}
    service = manager(home, state=home.parent / "state", env=env)
    steps = (removal(box, *Path(name).parts, disposal=Disposal.TRASH) for name in names)
    return carry_out(service, plan_of(box, *steps))


def refused(done: Done, *, held: bool = False) -> str:
    """Why the only step of a run was refused; `held` where its unit waits in the quarantine all the same."""
    (outcome,) = done.outcomes
    assert (outcome.status, outcome.freed, outcome.held) == (Status.REFUSED, 0, held)
    assert bool(outcome.moved) is held
    assert isinstance(outcome.trouble, Trouble)
    assert outcome.trouble.kind == "trash"
    return outcome.trouble.detail


def unsettled(found: dict[str, Look]) -> dict[str, Look]:
    """A picture without the times of its top, which change with what comes and goes in it."""
    top = min(found)
    return found | {top: found[top][:2]}


def odd_things(box: Path) -> None:
    """Entries of every name and kind, with modes and times of their own."""
    for number, name in enumerate(NAMES):
        (box / name).write_bytes(os.urandom(50 + number))
        os.chmod(box / name, 0o600 | number)
    deep = tree(box / "tree", {"private": {"f": "1"}, "sub": {"g": "2"}})
    (deep / "link").symlink_to("sub/g")
    os.link(deep / "sub" / "g", deep / "second")
    os.chmod(deep / "private", 0o711)
    (box / "dangling").symlink_to("nowhere/at all")
    (box / "relative").symlink_to("tree/sub")
    os.mkfifo(box / "fifo", 0o620)
    (box / "empty").mkdir(mode=0o750)
    for number, path in enumerate(sorted(box.rglob("*"))):
        os.utime(path, ns=(10**18 + number, 10**18 + 7 * number), follow_symlinks=False)


@pytest.mark.parametrize("moved", [False, True])
def test_another_tool_brings_everything_back_as_it_was(moved: bool, home: Path, box: Path) -> None:
    data = home.parent / "my data" if moved else None
    odd_things(box)
    before, there = picture(box), sorted(os.listdir(box))
    done = send(home, box, *there, data=data)
    assert (set(done.statuses), done.freed) == ({Status.DONE}, 0)
    assert os.listdir(box) == []
    said = listed(home, data)
    for name in there:
        assert str(box / name) in said
        restore(home, box / name, data)
    assert unsettled(picture(box)) == unsettled(before)
    trash = data / "Trash" if data else trash_of(home)
    assert os.listdir(trash / "files") == os.listdir(trash / "info") == []
    assert trash.stat().st_mode & 0o077 == 0


def test_units_arrive_by_a_rename_and_free_nothing(home: Path, box: Path) -> None:
    inodes = {(box / name).lstat().st_ino for name in os.listdir(box)}
    done = send(home, box, *os.listdir(box))
    assert [(one.status, one.freed) for one in done.outcomes] == [(Status.DONE, 0)] * 2
    assert all(one.moved > 0 for one in done.outcomes)
    trash = trash_of(home)
    assert {path.lstat().st_ino for path in (trash / "files").iterdir()} == inodes
    assert set(places(trash).values()) == {box / "entry", box / "file"}
    assert places(trash).keys() == set(os.listdir(trash / "files"))
    with pytest.raises(Refused, match="restore it from the trash"):
        manager(home, state=home.parent / "state").plan_undo(done.run)


def test_three_hundred_of_one_name_keep_their_places(home: Path, box: Path) -> None:
    for number in range(300):
        tree(box, {f"d{number}": {"model.bin": str(number)}})
    done = send(home, box, *(f"d{number}/model.bin" for number in range(300)))
    assert set(done.statuses) == {Status.DONE}
    files = trash_of(home) / "files"
    for name, place in places(trash_of(home)).items():
        assert place == box / f"d{(files / name).read_text()}" / "model.bin"
    for number in (0, 7, 299):
        restore(home, box / f"d{number}" / "model.bin")
        assert (box / f"d{number}" / "model.bin").read_text() == str(number)


def test_what_is_in_the_trash_already_stays_as_it_is(home: Path, box: Path) -> None:
    trash = tree(trash_of(home), {"files": {"file": "theirs"}, "info": {"file.trashinfo": "[Trash Info]\n"}})
    before = picture(trash / "files" / "file", trash / "info" / "file.trashinfo")
    assert send(home, box, "file").statuses == [Status.DONE]
    assert picture(trash).items() >= before.items()
    assert len(os.listdir(trash / "files")) == 2


def test_the_home_that_is_meant_decides_and_not_that_of_the_process(
    home: Path, box: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tree(tmp_path / "other", {})
    monkeypatch.setenv("XDG_DATA_HOME", str(other / "share"))
    assert send(other, box, "file").statuses == [Status.DONE]
    assert places(trash_of(other)).values()
    assert not (other / "share").exists()
    assert not (home / ".local").exists()


@pytest.mark.parametrize("known", [True, False])
def test_what_fails_on_the_way_is_brought_back(
    known: bool, home: Path, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trash is closed between the look and the deed, or the library is not the one that was known."""
    plat_other = importlib.import_module("send2trash.plat_other")

    def away(source: bytes, target: bytes) -> None:
        raise PermissionError(13, os.strerror(13))

    before = picture(box)
    if known:
        monkeypatch.setattr(plat_other.os, "rename", away)
    else:
        monkeypatch.delattr(plat_other, "trash_move")
    done = send(home, box, "entry")
    assert refused(done) == ""
    assert done.outcomes[0].trouble == Trouble("trash", "", 13 if known else None)
    assert unsettled(picture(box)) == unsettled(before)
    trash = trash_of(home)
    assert os.listdir(trash / "files") == os.listdir(trash / "info") == []


def test_a_place_that_was_taken_meanwhile_is_not_overwritten(
    home: Path, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plat_other = importlib.import_module("send2trash.plat_other")

    def away(source: bytes, target: bytes) -> None:
        (box / "file").write_text("somebody else's")
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr(plat_other.os, "rename", away)
    assert refused(send(home, box, "file"), held=True) == "set-aside"
    assert (box / "file").read_text() == "somebody else's"
    (quarantine,) = box.glob(f"{OURS}*")
    assert (quarantine / "0").read_text() == "3"


@needs_root
def test_a_person_without_privileges_has_a_trash_too(open_box: Path) -> None:
    from tests.execute.other_user import as_other_user

    tree(open_box, {"file": "1"})
    (open_box.parent / "home").mkdir()
    os.chown(open_box.parent / "home", USER, USER)
    said = as_other_user(
        open_box,
        "done = carry_out(service, plan_of(box, removal(box, 'file', disposal=Disposal.TRASH)))\n"
        "print(done.outcomes[0].status)",
        imports="from send2trash import plat_other",
    )
    assert said == "done"
    assert list(places(trash_of(open_box.parent / "home")).values()) == [open_box / "file"]
