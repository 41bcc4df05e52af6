"""What a scan sees on Windows: every reparse point a leaf, nothing online opened, any name only a name."""

import os
import sys
from pathlib import Path

import pytest

from cachemgr.disk import handles, win32
from cachemgr.disk import windows as disk
from cachemgr.disk.scope import Scope
from cachemgr.disk.walk import Walk
from cachemgr.domain.terms import Reason
from cachemgr.domain.unit import Kind
from tests.builders import tree
from tests.windows.machine import Windows, opened_files, watch

JUNCTION = win32.REPARSE_POINT | win32.DIRECTORY
PLACEHOLDERS = {"offline": 0x1000, "recall-on-open": 0x40000, "recall-on-data-access": 0x400000}


@pytest.mark.parametrize(
    ("path", "long"),
    [
        ("C:\\Users\\Ada\\cache", "\\\\?\\C:\\Users\\Ada\\cache"),
        ("C:\\" + "deep\\" * 100, "\\\\?\\C:\\" + "deep\\" * 100),
        ("\\\\server\\share\\cache", "\\\\?\\UNC\\server\\share\\cache"),
        ("\\\\?\\C:\\cache", "\\\\?\\C:\\cache"),
        ("\\\\?\\UNC\\server\\share", "\\\\?\\UNC\\server\\share"),
        ("\\\\.\\C:\\cache", "\\\\.\\C:\\cache"),
    ],
)
def test_a_long_path_is_a_path(path: str, long: str) -> None:
    assert disk.extended(path) == long
    assert disk.extended(long) == long


@pytest.mark.parametrize("name", ["nul", "CON.txt", "trailing.", "trailing ", "com1", "a" * 255])
def test_a_name_that_windows_would_rewrite_is_only_a_name(name: str) -> None:
    handle = disk.Handle(disk.extended("C:\\cache"))
    assert handle.to(name) == f"\\\\?\\C:\\cache{os.sep}{name}"


@pytest.mark.parametrize("name", ["", ".", "..", "a\\b", "a/b", "file:stream", "C:", "a\0b"])
def test_a_name_that_leads_elsewhere_is_none(name: str, tmp_path: Path, windows: Windows) -> None:
    tree(tmp_path, {"file": "1", "a": {"b": "2"}})
    if sys.platform != "win32":
        tree(tmp_path, {"a\\b": "3", "file:stream": "4", "C:": "5"})
    handle = disk.open_root(tmp_path)
    for call in (disk.open_child, disk.lstat, disk.read_link):
        with pytest.raises(FileNotFoundError):
            call(handle, name)
    with pytest.raises(FileNotFoundError):
        disk.read_file(handle, name, 10)


@pytest.mark.parametrize("what", [JUNCTION, *PLACEHOLDERS.values()])
def test_what_is_no_directory_of_this_disk_is_not_entered(
    what: int, tmp_path: Path, windows: Windows
) -> None:
    """A junction, a mounted folder and a placeholder have the mode of a directory."""
    box = tree(tmp_path, {"box": {"odd": {"mine": "1"}}}) / "box"
    windows.mark(box / "odd", what)
    root = disk.open_root(box)
    assert disk.kind(disk.lstat(root, "odd")) is (Kind.LINK if what == JUNCTION else Kind.OTHER)
    with pytest.raises(NotADirectoryError):
        disk.open_child(root, "odd")
    with pytest.raises(NotADirectoryError):
        disk.open_below(root, ("odd",))
    with pytest.raises(NotADirectoryError):
        disk.open_root(box / "odd")


@pytest.mark.parametrize("what", PLACEHOLDERS.values())
def test_what_is_stored_online_is_not_opened(what: int, tmp_path: Path, windows: Windows) -> None:
    watch()
    root = disk.open_root(tree(tmp_path, {"here.json": "1", "online.json": "2"}))
    windows.mark(tmp_path / "online.json", what)
    with opened_files() as opened:
        assert disk.read_file(root, "here.json", 100) == b"1"
        assert disk.read_file(root, "online.json", 100) is None
    assert {os.path.basename(path) for path in opened} >= {"here.json"}
    assert "online.json" not in {os.path.basename(path) for path in opened}
    assert disk.allocated(disk.lstat(root, "online.json")) == 0


def walked(root: Path) -> Walk:
    handle = handles.open_root(root)
    walk = Walk(Scope(os.lstat(root).st_dev), ("unit",))
    walk.tree(handle, handles.fstat(handle))
    return walk


def test_a_walk_counts_a_junction_and_does_not_enter_it(tmp_path: Path, everywhere: Windows) -> None:
    tree(tmp_path, {"a": "1", "junction": {"mine": "2" * 9000, "deep": {"more": "3"}}})
    everywhere.mark(tmp_path / "junction", JUNCTION)
    (tmp_path / "link").symlink_to(tmp_path / "junction")
    found = walked(tmp_path)
    assert (found.result().files, found.result().apparent < 9000) == (1, True)
    assert found.found_obstacles() == ()


@pytest.mark.parametrize("name", ["file", "folder"])
def test_a_unit_of_which_a_part_is_online_only_is_kept(
    name: str, tmp_path: Path, everywhere: Windows
) -> None:
    tree(tmp_path, {"a": "1", "deep": {"file": "2", "folder": {"b": "3"}}})
    assert walked(tmp_path).found_obstacles() == ()
    everywhere.mark(tmp_path / "deep" / name, 0x400000)
    (obstacle,) = walked(tmp_path).found_obstacles()
    assert (obstacle.reason, obstacle.detail) == (Reason.REPORT_ONLY, "online-only")


def test_below_a_pinned_root_all_that_is_open_is_held(tmp_path: Path, windows: Windows) -> None:
    tree(tmp_path, {"way": {"deep": {}}})
    root = disk.open_root(tmp_path)
    disk.close(disk.open_below(root, ("way", "deep")))
    assert windows.ever_held == []
    disk.pin(root)
    deep = disk.open_below(root, ("way", "deep"))
    for place in (tmp_path, tmp_path / "way", tmp_path / "way" / "deep"):
        with pytest.raises(PermissionError):
            windows.exchange(str(place), f"{place}-aside")
    disk.close(deep)
    windows.exchange(str(tmp_path / "way"), str(tmp_path / "aside"))
    disk.close(root)
    assert windows.held == {}


def test_what_turns_out_to_be_a_junction_is_let_go_again(tmp_path: Path, windows: Windows) -> None:
    tree(tmp_path, {"junction": {}})
    windows.mark(tmp_path / "junction", JUNCTION)
    root = disk.open_root(tmp_path)
    disk.pin(root)
    for _ in range(3):
        with pytest.raises(NotADirectoryError):
            disk.open_child(root, "junction")
    assert list(windows.held.values()) == [disk.extended(str(tmp_path))]


@pytest.mark.parametrize("path", [os.sep, f"{os.sep}way"])
def test_a_way_has_one_separator_between_names_at_the_top_of_a_drive_too(path: str) -> None:
    assert disk.Handle(path).to("name") == path.removesuffix(os.sep) + os.sep + "name"
