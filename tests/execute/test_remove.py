"""Permanent removal: everything below a directory of ours, nothing beside it, measured and not guessed."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cachemgr.disk import handles
from cachemgr.execute.remove import Removal
from cachemgr.execute.remove_parallel import remove_tree
from tests.builders import HardLink, Link, Sparse, tree
from tests.desk import drop, du, picture
from tests.execute.other_user import as_other_user, needs_root
from tests.execute.removing import deep, open_files, remove

resource = pytest.importorskip("resource", reason="works through POSIX descriptors")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")


def test_a_tree_of_two_thousand_levels_goes_without_recursion_or_many_open_files(abyss: Path) -> None:
    deep(abyss / "tree", 2000)
    before, files = du(abyss), open_files()
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (150, allowed[1]))
    try:
        done = remove(abyss, "tree")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, allowed)
    assert done.errors == []
    assert os.listdir(abyss) == []
    assert done.freed == before - du(abyss)
    assert open_files() == files


def test_what_an_interrupted_removal_left_beside_the_tree_is_not_in_the_way(tmp_path: Path) -> None:
    deep(tmp_path / "tree", 120)
    tree(tmp_path, {"tree.deep1": {"left": "over"}})
    assert remove(tmp_path, "tree").errors == []
    assert os.listdir(tmp_path) == ["tree.deep1"]
    assert (tmp_path / "tree.deep1" / "left").exists()


@pytest.mark.parametrize("levels", [3, 120])
def test_a_removal_that_is_dropped_closes_what_it_held(levels: int, tmp_path: Path) -> None:
    deep(tmp_path / "tree", levels)
    bottom = tree(tmp_path / "many", {"sub": {str(number): "" for number in range(1500)}})
    (tmp_path / "tree").rename(bottom / "z")
    files = open_files()
    handle = handles.open_root(tmp_path)
    removal = remove_tree(handle, "many", Removal())
    next(removal)
    drop(removal)
    handles.close(handle)
    assert open_files() == files
    assert remove(tmp_path, "many").errors == []


def test_names_of_every_kind_go(tmp_path: Path) -> None:
    names = ["-rf", "*", "a\nb", "\x1b]0;x\x07", "x" * 255, " ", "..."]
    raw = [os.fsencode(name) for name in names]
    if sys.platform.startswith("linux"):
        raw += [b"caf\xe9", b"\xff" * 255]
    top = os.fsencode(tmp_path / "tree")
    os.mkdir(top)
    for name in raw:
        os.mkdir(os.path.join(top, name))
        with open(os.path.join(top, name, name), "wb"):
            pass
    assert remove(tmp_path, "tree").errors == []
    assert os.listdir(tmp_path) == []


def test_links_are_leaves(tmp_path: Path) -> None:
    sentinel = tree(tmp_path / "sentinel", {"precious": "mine", "deep": {"er": "mine"}})
    before = picture(sentinel)
    tree(
        tmp_path / "tree",
        {"dir": Link("../sentinel"), "file": Link("../sentinel/precious"), "loop": Link(".")},
    )
    tree(tmp_path, {"tree/absolute": Link(str(sentinel)), "tree/dangling": Link("nowhere")})
    (tmp_path / "link").symlink_to("sentinel")
    for name in ("tree", "link"):
        assert remove(tmp_path, name).errors == []
    assert os.listdir(tmp_path) == ["sentinel"]
    assert picture(sentinel) == before


def test_fifos_and_sockets_go_without_being_opened(tmp_path: Path) -> None:
    top = tree(tmp_path / "tree", {})
    os.mkfifo(top / "fifo")
    with socket.socket(socket.AF_UNIX) as server:
        here = os.open(top, os.O_RDONLY)
        try:
            server.bind(f"/proc/self/fd/{here}/socket" if sys.platform.startswith("linux") else "socket")
        finally:
            os.close(here)
        assert remove(tmp_path, "tree").errors == []
    assert os.listdir(tmp_path) == []


def test_a_hard_link_from_elsewhere_keeps_its_bytes_and_everything_else(tmp_path: Path) -> None:
    tree(tmp_path, {"partner": "x" * 9000, "tree/one": HardLink("partner"), "tree/two": "y" * 9000})
    os.chmod(tmp_path / "partner", 0o440)
    before, facts = du(tmp_path), (tmp_path / "partner").stat()
    done = remove(tmp_path, "tree")
    assert done.freed == before - du(tmp_path)
    now = (tmp_path / "partner").stat()
    assert (now.st_ino, now.st_mode, now.st_mtime_ns, now.st_size) == (
        facts.st_ino,
        facts.st_mode,
        facts.st_mtime_ns,
        facts.st_size,
    )


def test_hard_links_inside_count_once_and_holes_not_at_all(tmp_path: Path) -> None:
    tree(tmp_path, {"tree": {"one": "x" * 9000, "hole": Sparse(10 << 30)}, "tree/two": HardLink("tree/one")})
    before = du(tmp_path)
    done = remove(tmp_path, "tree")
    assert 8192 < done.freed == before - du(tmp_path) < 65536


def test_ten_thousand_files_go_and_say_how_far_they_are(tmp_path: Path) -> None:
    tree(tmp_path, {f"tree/{shard:02x}": {str(n): b"" for n in range(100)} for shard in range(100)})
    handle = handles.open_root(tmp_path)
    done = Removal()
    seen = [progress.files for progress in remove_tree(handle, "tree", done)]
    handles.close(handle)
    assert done.files == 10_101
    assert 10 < len(seen) < 40
    assert seen == sorted(seen)


def test_what_is_missing_is_no_error(tmp_path: Path) -> None:
    assert remove(tmp_path, "nothing").errors == []


@needs_root
def test_read_only_and_closed_directories_of_ours_go(open_box: Path) -> None:
    tree(
        open_box,
        {"tree": {"r": {"file": "1"}, "n": {"deep": {"file": "2"}}, "w": {"file": "3"}}, "keep": "4"},
    )
    for name, mode in (("r", 0o555), ("n/deep", 0o111), ("n", 0), ("w", 0o300)):
        os.chmod(open_box / "tree" / name, mode)
    os.chmod(open_box / "tree", 0o555)
    code, imports = "print(remove(box, 'tree').errors)", "from tests.execute.removing import remove"
    assert as_other_user(open_box, code, imports) == "[]"
    assert os.listdir(open_box) == ["keep"]


@needs_root
def test_one_thing_that_cannot_go_hides_nothing_else(tmp_path: Path) -> None:
    tree(tmp_path, {"tree": {"a": {"1": ""}, "b": {"stuck": "", "free": ""}, "c": {"1": ""}}})
    stuck = tmp_path / "tree" / "b" / "stuck"
    if subprocess.run(["chattr", "+i", str(stuck)], capture_output=True, check=False).returncode:
        pytest.skip("this file system has no immutable files")
    try:
        done = remove(tmp_path, "tree")
    finally:
        subprocess.run(["chattr", "-i", str(stuck)], check=True)
    assert [error.errno for error in done.errors] == [1]
    assert [str(path.relative_to(tmp_path)) for path in sorted(tmp_path.rglob("*"))] == [
        "tree",
        "tree/b",
        "tree/b/stuck",
    ]


@needs_root
def test_a_mount_is_not_entered(tmp_path: Path) -> None:
    outside = tree(tmp_path / "outside", {"precious": "mine"})
    inner = tree(tmp_path / "tree", {"sub": {"mount": {}}, "file": ""}) / "sub" / "mount"
    if subprocess.run(["mount", "--bind", outside, inner], capture_output=True, check=False).returncode:
        pytest.skip("this container may not mount")
    try:
        done = remove(tmp_path, "tree")
    finally:
        subprocess.run(["umount", inner], check=True)
    assert done.errors
    assert (outside / "precious").read_text() == "mine"
    assert not (tmp_path / "tree" / "file").exists()
