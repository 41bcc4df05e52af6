"""What changes a disk on Windows: nothing is overwritten, a scanner is waited for and not for ever, and an
attribute is cleared only of what is on its way out."""

import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from cachemgr.disk import win32
from cachemgr.disk import windows as disk
from cachemgr.disk.reader import OURS, STAGING
from cachemgr.domain.outcome import Trouble
from cachemgr.execute import windows as execute
from tests.builders import tree
from tests.windows.machine import DENIED, SHARING, Windows


@pytest.fixture
def root(tmp_path: Path, windows: Windows) -> disk.Handle:
    tree(tmp_path, {"file": "1", "other": "2", "folder": {"a": "3"}, "empty": {}})
    return disk.open_root(tmp_path)


@pytest.mark.parametrize("there", ["other", "folder", "empty"])
def test_a_move_never_overwrites(there: str, root: disk.Handle, tmp_path: Path) -> None:
    with pytest.raises(FileExistsError):
        execute.move(root, "file", root, there)
    assert (tmp_path / "file").read_text() == "1"
    execute.move(root, "file", root, "new")
    assert (tmp_path / "new").read_text() == "1"


@pytest.mark.parametrize(
    ("error", "times", "pauses"),
    [
        (SHARING, 0, []),
        (SHARING, 1, [0.05]),
        (SHARING, 4, [0.05, 0.1, 0.2, 0.4]),
        (33, 3, [0.05, 0.1, 0.2]),
        (DENIED, 2, [0.05, 0.1]),
    ],
)
def test_somebody_who_has_it_open_is_waited_for(
    error: int, times: int, pauses: list[float], root: disk.Handle, windows: Windows, tmp_path: Path
) -> None:
    windows.error, windows.busy["file"] = error, times
    execute.move(root, "file", root, "moved")
    assert windows.slept == pauses
    assert (tmp_path / "moved").read_text() == "1"


@pytest.mark.parametrize(("error", "pauses"), [(SHARING, 4), (33, 4), (DENIED, 2), (112, 0)])
def test_and_not_for_ever(error: int, pauses: int, root: disk.Handle, windows: Windows) -> None:
    windows.error, windows.busy["file"] = error, 1000
    with pytest.raises(PermissionError):
        execute.move(root, "file", root, "moved")
    assert len(windows.slept) == pauses
    assert 1000 - windows.busy["file"] == pauses + 1


@pytest.mark.parametrize("name", ["file", "empty"])
def test_a_removal_waits_as_well(
    name: str, root: disk.Handle, windows: Windows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows.busy[name] = 2

    def patient(gone: Callable[[str], None]) -> Callable[[str], None]:
        def removing(path: str) -> None:
            windows.look(path)
            gone(path)

        return removing

    for call in ("unlink", "rmdir"):
        monkeypatch.setattr(os, call, patient(getattr(os, call)))
    (execute.unlink if name == "file" else execute.rmdir)(root, name)
    assert windows.slept == [0.05, 0.1]
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("place", [OURS, STAGING])
@pytest.mark.parametrize("name", ["file", "empty"])
def test_a_read_only_attribute_is_cleared_in_our_own_directories_alone(
    name: str, place: str, root: disk.Handle, windows: Windows, tmp_path: Path
) -> None:
    remove = execute.unlink if name == "file" else execute.rmdir
    ours = tmp_path / f"{place}run"
    ours.mkdir()
    windows.mark(tmp_path / name, win32.READ_ONLY)
    mode = stat.S_IMODE((tmp_path / name).stat().st_mode)
    with pytest.raises(PermissionError):
        remove(root, name)
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == mode
    (tmp_path / name).rename(ours / name)
    remove(disk.open_child(root, ours.name), name)
    assert not (ours / name).exists()


def test_the_attribute_of_a_file_with_another_name_is_left_alone(
    root: disk.Handle, windows: Windows, tmp_path: Path
) -> None:
    """It is the file's and not the name's: somebody else's copy would lose it as well."""
    ours = tree(tmp_path, {f"{OURS}run": {}}) / f"{OURS}run"
    os.link(tmp_path / "file", ours / "7")
    windows.mark(ours / "7", win32.READ_ONLY)
    mode = (tmp_path / "file").stat().st_mode
    with pytest.raises(PermissionError):
        execute.unlink(disk.open_child(root, ours.name), "7")
    assert (tmp_path / "file").stat().st_mode == mode


def test_copies_that_came_to_nothing_go_whatever_names_they_share(
    root: disk.Handle, windows: Windows, tmp_path: Path
) -> None:
    """All names of a file that was copied into staging are there, and ours."""
    ours = tree(tmp_path, {f"{STAGING}run": {"7": "1"}}) / f"{STAGING}run"
    os.link(ours / "7", ours / "8")
    windows.mark(ours / "7", win32.READ_ONLY)
    staging = disk.open_child(root, ours.name)
    for name in ("7", "8"):
        execute.unlink(staging, name)
    assert list(ours.iterdir()) == []


def test_a_junction_goes_as_the_link_it_is(root: disk.Handle, windows: Windows, tmp_path: Path) -> None:
    """By rmdir, which a directory with something in it would not survive here: what it leads to stays."""
    for name in ("empty", "folder"):
        windows.mark(tmp_path / name, win32.REPARSE_POINT | win32.READ_ONLY)
    execute.unlink(root, "empty")
    assert not (tmp_path / "empty").exists()
    with pytest.raises(OSError, match="not empty"):
        execute.unlink(root, "folder")
    assert (tmp_path / "folder" / "a").read_text() == "3"


@pytest.mark.parametrize("bit", [0x1000, 0x40000, 0x400000])
def test_what_is_stored_online_is_not_removed(
    bit: int, root: disk.Handle, windows: Windows, tmp_path: Path
) -> None:
    windows.mark(tmp_path / "file", bit)
    with pytest.raises(PermissionError, match="online"):
        execute.unlink(root, "file")
    assert (tmp_path / "file").exists()


def test_times_are_given_to_directories_only(root: disk.Handle, windows: Windows, tmp_path: Path) -> None:
    execute.set_times(root, "folder", 10**18, 2 * 10**18)
    assert (tmp_path / "folder").stat().st_mtime_ns == 2 * 10**18
    windows.mark(tmp_path / "folder", win32.REPARSE_POINT)
    for name in ("folder", "file"):
        with pytest.raises(NotADirectoryError):
            execute.set_times(root, name, 1, 1)
    assert (tmp_path / "folder").stat().st_mtime_ns == 2 * 10**18


@pytest.mark.parametrize("drive", [0, 1, 2, win32.REMOTE, 5, 6])
def test_a_drive_without_a_bin_has_no_trash(drive: int, windows: Windows) -> None:
    for path in ("E:\\cache", "\\\\server\\share\\cache"):
        windows.drives[disk.extended(path)] = drive
        assert execute.bin_trouble(Path(path)) == Trouble("trash", "no-bin")


def test_a_bin_that_cannot_be_asked_is_not_used(windows: Windows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "send2trash.win.modern", None)
    assert execute.bin_trouble(Path("C:\\cache")) == Trouble("trash", "bin-cannot-be-asked")
    monkeypatch.setitem(sys.modules, "send2trash.win.modern", ModuleType("modern"))
    assert execute.bin_trouble(Path("C:\\cache")) is None
