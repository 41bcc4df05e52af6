"""Copying from and to file systems of several kinds: holes, shared blocks, attributes, and a power cut."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cachemgr.execute import files
from cachemgr.execute.consignment import Copied, Lost
from tests.builders import HardLink, Sparse, tree
from tests.execute.copying import Freight, copied, copy, like, names_together
from tests.mounting import SMALL, mounted

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")


@contextmanager
def disk(place: Path, *make: str, size: int = 400 << 20) -> Iterator[Path]:
    """A file system of one's own in a file; skips where there are no means to make it."""
    if shutil.which(make[0]) is None:
        pytest.skip(f"{make[0]} is not installed")
    image = place.with_name(place.name + ".img")
    with image.open("wb") as file:
        file.truncate(size)
    subprocess.run([*make, str(image)], check=True, capture_output=True)
    place.mkdir()
    with mounted(place, "-o", "loop", str(image)):
        yield place


def du(path: Path) -> int:
    return os.lstat(path).st_blocks * 512


def test_holes_stay_holes(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {"u": {"all": Sparse(1 << 28), "odd": Sparse((5 << 20) + 1), "some": b""}})
    with (root / "u" / "some").open("r+b") as file:
        for offset in (0, 9 << 20, 40 << 20):
            file.seek(offset)
            file.write(b"data" * 3000)
        file.truncate((90 << 20) + 7)
    done = copied(copy(root, tmp_path / "to", "u"))
    assert like(tmp_path / "to" / "unit") == like(root / "u")
    for name in ("all", "odd"):
        assert du(tmp_path / "to" / "unit" / name) <= 1 << 16
    assert 0 < du(tmp_path / "to" / "unit" / "some") <= du(root / "u" / "some") + (1 << 16)
    assert done.lost == ()
    assert done.bytes == sum(place.stat().st_size for place in (root / "u").iterdir())


def test_holes_that_a_file_system_cannot_have_are_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tree(tmp_path / "root", {"u": Sparse(20 << 20)})
    write_at = files.write_at

    def fill(descriptor: int, content: memoryview, offset: int) -> None:
        """As a file system without holes: whatever was not written is filled."""
        write_at(descriptor, memoryview(bytes(os.fstat(descriptor).st_size)), 0)

    monkeypatch.setattr(files, "write_at", fill)
    done = copied(copy(root, tmp_path / "to", "u"))
    assert done.lost == (Lost(("u",), "holes"),)


@pytest.mark.parametrize("make", [("mkfs.xfs",), ("mkfs.btrfs",)], ids=["xfs", "btrfs"])
def test_blocks_are_shared_where_the_file_system_can(make: tuple[str, ...], tmp_path: Path) -> None:
    with disk(tmp_path / "disk", *make) as place:
        root = tree(
            place / "root",
            {"u": {"big": os.urandom(60 << 20), "small": b"x" * 100_000, "s": Sparse(1 << 20)}},
        )
        os.sync()
        before = shutil.disk_usage(place).used
        copied(copy(root, place / "to", "u"))
        os.sync()
        assert shutil.disk_usage(place).used - before < 10 << 20
        assert like(place / "to" / "unit") == like(root / "u")


def test_a_bind_mount_of_the_same_disk_is_copied_to(tmp_path: Path) -> None:
    """There the kernel copies by itself, and what it copied is hashed all the same."""
    root = tree(tmp_path / "root", {"u": os.urandom(20 << 20)})
    behind, front = tree(tmp_path / "behind", {}), tree(tmp_path / "front", {})
    with mounted(front, "--bind", str(behind)):
        copied(copy(root, front, "u"))
        assert like(front / "unit") == like(root / "u")


def test_attributes_go_along(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {"u": {"a": "1", "ro": "2", "d": {}}})
    given = {"u": b"top", "u/a": b"\0\xff", "u/ro": b"", "u/d": b"d" * 500}
    if not hasattr(os, "setxattr"):
        pytest.skip("Python has no extended attributes here")
    try:
        for name, value in given.items():
            os.setxattr(root / name, "user.cachemgr.test", value)
    except OSError as error:
        pytest.skip(f"no extended attributes here: {error}")
    (root / "u" / "ro").chmod(0o400)
    done = copied(copy(root, tmp_path / "to", "u"))
    for name, value in given.items():
        assert os.getxattr(tmp_path / "to" / name.replace("u", "unit", 1), "user.cachemgr.test") == value
    assert done.lost == ()
    bare = tree(tmp_path / "bare", {})
    with mounted(bare, "-t", "ramfs", "none"):
        lost = copied(copy(root, bare, "u")).lost
        assert {one.names for one in lost} == {tuple(name.split("/")) for name in given}
        assert {one.what for one in lost} == {"user.cachemgr.test"}
        assert like(bare / "unit") == like(root / "u")


def test_names_of_one_file_become_files_where_there_are_no_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tree(
        tmp_path / "root", {"u": {"one": "1" * 99}, "u/two": HardLink("u/one"), "u/three": HardLink("u/one")}
    )

    def refuse(*_: object) -> None:
        raise PermissionError(1, os.strerror(1))

    monkeypatch.setattr(files, "add_name", refuse)
    done = copied(copy(root, tmp_path / "to", "u"))
    assert names_together(tmp_path / "to" / "unit") == set()
    assert like(tmp_path / "to" / "unit") == like(root / "u")
    assert {one.names[1] for one in done.lost} == {"one", "two", "three"}
    assert {one.what for one in done.lost} == {"hard-link"}


def test_what_is_copied_survives_a_power_cut(tmp_path: Path) -> None:
    """The disk, as it is at the moment when a copy is said to be there, is looked at by another mount."""
    root = tree(
        tmp_path / "root",
        {
            "u": {f"{n}": {str(m): os.urandom(m * 50) for m in range(40)} for n in range(20)},
            "big": os.urandom(20 << 20),
        },
    )
    for place in (root / "u", root / "u" / "7"):
        os.utime(place, ns=(10**18, 10**18 + 5))
    with disk(tmp_path / "disk", "mkfs.ext4", "-q") as place, Freight(root, place / "to") as freight:

        def cut(event: object) -> None:
            if isinstance(event, Copied) and event.number == 2:
                shutil.copyfile(tmp_path / "disk.img", tmp_path / "cut.img")

        freight.copy(freight.unit("u"), freight.unit("big", number=2, stage="big"), during=cut)
    after = tree(tmp_path / "after", {})
    with mounted(after, "-o", "loop", str(tmp_path / "cut.img")):
        assert like(after / "to" / "unit") == like(root / "u")
        assert like(after / "to" / "big") == like(root / "big")


def test_memory_disks_are_copied_from_and_to(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {"u": {"a": "1" * 500, "hole": Sparse(1 << 20)}})
    there = tree(tmp_path / "there", {})
    with mounted(there, *SMALL):
        copied(copy(root, there, "u"))
        copied(copy(there, tmp_path / "back", "unit"))
        assert du(there / "unit" / "hole") == du(tmp_path / "back" / "unit" / "hole") == 0
    assert like(tmp_path / "back" / "unit") == like(root / "u")
