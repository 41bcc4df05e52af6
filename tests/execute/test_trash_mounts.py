"""The trash on other file systems: each has its own or none, nothing is copied between them, and a full disk
keeps what it has."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cachemgr.domain.terms import Status
from tests.builders import tree
from tests.desk import picture
from tests.execute.other_trash import listed, places, restore
from tests.execute.other_user import USER, needs_root
from tests.execute.test_trash import pytestmark as linux_only
from tests.execute.test_trash import refused, send, trash_of, unsettled
from tests.mounting import mounted

pytestmark = [linux_only, needs_root]


@pytest.fixture
def stick(tmp_path: Path) -> Iterator[Path]:
    """Another volume."""
    with mounted(tmp_path / "stick", "-t", "tmpfs", "none") as top:
        yield top


@pytest.fixture
def box(stick: Path) -> Path:
    return tree(stick / "way" / "box", {"entry": {"a": "1"}, "100% n\u00e4m\n#": "2"})


def test_a_bind_mount_of_the_same_device_is_another_one(home: Path, tmp_path: Path) -> None:
    """A rename fails between the two, and send2trash would copy and delete."""
    box = tree(tmp_path / "box", {"entry": {"a": "1"}})
    before = picture(box, home)
    with mounted(tmp_path / "bound", "--bind", box) as bound:
        assert refused(send(home, bound, "entry")) == "other-mount"
    assert picture(box, home) == before


@pytest.mark.parametrize("inside", ["", "Trash", "Trash/files"])
def test_a_trash_on_another_device_than_its_home_is_not_copied_into(
    inside: str, home: Path, tmp_path: Path
) -> None:
    box = tree(tmp_path / "box", {"entry": {"a": "1"}})
    share = tree(home / ".local" / "share", {})
    before = picture(box)
    with mounted(share / inside, "-t", "tmpfs", "-o", "mode=700", "none") as other:
        assert refused(send(home, box, "entry")) == "other-mount"
        assert os.listdir(other) == []
    assert picture(box) == before


@pytest.mark.parametrize("shared", [False, True])
def test_another_volume_has_a_trash_of_its_own(shared: bool, home: Path, stick: Path, box: Path) -> None:
    trash = stick / ".Trash-0"
    if shared:
        trash = stick / ".Trash" / "0"
        trash.parent.mkdir()
        os.chmod(trash.parent, 0o1777)
    before, there = picture(box), os.listdir(box)
    assert set(send(home, box, *there).statuses) == {Status.DONE}
    assert set(places(trash).values()) == {Path("way", "box", name) for name in there}
    assert trash.stat().st_mode & 0o777 == 0o700
    assert not (home / ".local").exists()
    said = listed(home, volume=stick)
    for name in there:
        assert str(box / name) in said
        restore(home, box / name, trash=trash)
    assert unsettled(picture(box)) == unsettled(before)


def linked(stick: Path) -> str:
    (stick / ".Trash-0").symlink_to(tree(stick / "elsewhere", {"files": {}, "info": {}}))
    return "not-a-directory"


def foreign(stick: Path) -> str:
    os.chown(tree(stick / ".Trash-0", {"files": {}, "info": {}}), USER, USER)
    return "foreign-owner"


def shared_and_not_sticky(stick: Path) -> str:
    (stick / ".Trash").mkdir()
    os.chmod(stick / ".Trash", 0o777)
    return "shared-trash"


def shared_and_linked(stick: Path) -> str:
    os.chmod(tree(stick / "elsewhere", {}), 0o1777)
    (stick / ".Trash").symlink_to("elsewhere")
    return "shared-trash"


def linked_in_the_shared(stick: Path) -> str:
    os.chmod(tree(stick / ".Trash", {}), 0o1777)
    (stick / ".Trash" / "0").symlink_to(tree(stick / "elsewhere", {}))
    return "not-a-directory"


@pytest.mark.parametrize(
    "spoil", [linked, foreign, shared_and_not_sticky, shared_and_linked, linked_in_the_shared]
)
def test_what_was_planted_at_the_top_of_a_volume_is_not_used(
    spoil: Callable[[Path], str], home: Path, stick: Path, box: Path
) -> None:
    why = spoil(stick)
    before = picture(stick)
    assert refused(send(home, box, "entry")) == why
    assert picture(stick) == before


@pytest.mark.parametrize("free", range(4))
def test_a_full_disk_keeps_everything_at_its_place(free: int, home: Path, tmp_path: Path) -> None:
    """It runs full at the quarantine, at the trash's record, at its correction, or not at all."""
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=4m", "none") as top:
        box = tree(top / "box", {"entry": {"a": "1" * 5000}, "file": "2"})
        trash = tree(top / ".Trash-0", {"files": {}, "info": {}})
        before = picture(box)
        blocks = os.statvfs(top).f_bavail - free
        (top / "filling").write_bytes(b"x" * blocks * os.statvfs(top).f_bsize)
        assert os.statvfs(top).f_bavail == free
        done = send(home, box, "entry")
        if free == 3:
            assert done.statuses == [Status.DONE]
            assert list(places(trash).values()) == [Path("box", "entry")]
            return
        assert done.outcomes[0].status in (Status.FAILED, Status.REFUSED)
        assert done.outcomes[0].trouble is not None
        assert done.outcomes[0].trouble.errno == 28
        assert unsettled(picture(box)) == unsettled(before)
        assert os.listdir(trash / "files") == os.listdir(trash / "info") == []
        assert os.statvfs(top).f_bavail == free


def test_the_home_decides_by_where_its_data_is(home: Path, stick: Path, box: Path) -> None:
    """Somebody keeps his ~/.local on another volume: what lies there goes to the trash there."""
    (home / ".local").symlink_to(tree(stick / "local", {"share": {}}))
    assert send(home, box, "entry").statuses == [Status.DONE]
    assert list(places(stick / "local" / "share" / "Trash").values()) == [box / "entry"]
    assert trash_of(home).is_dir()


def test_a_trash_inside_the_cache_is_not_used(home: Path, stick: Path) -> None:
    """A whole volume that is one cache: the trash at its top would be an entry of it."""
    tree(stick, {"entry": {"a": "1"}})
    before = picture(stick)
    assert refused(send(home, stick, "entry")) == "inside-cache"
    assert picture(stick) == before
