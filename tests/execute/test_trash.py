"""The system trash: to the trash or not at all; nothing is copied, nothing deleted instead."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.builders import tree
from tests.execute.other_user import needs_root

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the freedesktop.org trash")

PROGRAM = """
import sys
from pathlib import Path
from cachemgr.domain.errors import Refused
from cachemgr.domain.terms import Disposal
from tests.desk import carry_out, du, manager, plan_of, removal
home, box, names = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
service = manager(home, state=home.parent / "state", env={"XDG_DATA_HOME": sys.stdin.read()} )
done = carry_out(service, plan_of(box, *(removal(box, name, disposal=Disposal.TRASH) for name in names)))
for outcome in done.outcomes:
    print(outcome.status, outcome.freed, outcome.moved, outcome.trouble and outcome.trouble.detail)
try:
    service.plan_undo()
except Refused as refused:
    print(refused)
"""


@pytest.fixture
def box(tmp_path: Path) -> Path:
    return tree(tmp_path / "box", {"entry": {"a": "1", "deep": {"b": "2"}}, "100% näm\n": "3"})


def send(
    home: Path, box: Path, *names: str, process_home: Path | None = None, data: Path | None = None
) -> list[str]:
    """A run of its own process, for send2trash takes its trash from that of the process."""
    data = data or home / ".local" / "share"
    places = {"HOME": str(process_home or home), "XDG_DATA_HOME": str(data)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, home, box, *map(os.fsencode, names)],
        input=str(data),
        env={**os.environ, **places},
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def everything(path: Path) -> set[Path]:
    return set(path.rglob("*"))


def test_units_arrive_with_their_way_back_and_free_nothing(home: Path, box: Path) -> None:
    inodes = {name: (box / name).lstat().st_ino for name in os.listdir(box)}
    lines = send(home, box, *inodes)
    assert [line.split()[:2] for line in lines[:2]] == [["done", "0"]] * 2
    assert "removed nothing that can be brought back" in lines[2]
    assert os.listdir(box) == []
    trash = home / ".local" / "share" / "Trash"
    assert {(trash / "files" / name).lstat().st_ino for name in inodes} == set(inodes.values())
    assert (trash / "files" / "entry" / "deep" / "b").read_text() == "2"
    for name in inodes:
        info = (trash / "info" / f"{name}.trashinfo").read_text().splitlines()
        assert info[0] == "[Trash Info]"
        assert unquote(info[1].removeprefix("Path=")) == str(box / name)
    assert (trash / "files").stat().st_mode & 0o077 == 0


def test_the_same_name_twice_keeps_both(home: Path, box: Path) -> None:
    send(home, box, "entry")
    tree(box, {"entry": "another"})
    send(home, box, "entry")
    assert len(os.listdir(home / ".local" / "share" / "Trash" / "files")) == 2


def linked_trash(home: Path) -> None:
    elsewhere = tree(home.parent / "elsewhere", {"files": {}, "info": {}})
    (home / ".local" / "share").mkdir(parents=True)
    (home / ".local" / "share" / "Trash").symlink_to(elsewhere)


def linked_files(home: Path) -> None:
    tree(home.parent / "elsewhere", {})
    tree(home / ".local" / "share" / "Trash", {"info": {}})
    (home / ".local" / "share" / "Trash" / "files").symlink_to(home.parent / "elsewhere")


def a_file(home: Path) -> None:
    tree(home, {".local/share/Trash": "not a directory"})


@pytest.mark.parametrize("spoil", [linked_trash, linked_files, a_file])
def test_a_trash_that_is_not_a_directory_of_ours_is_not_used(
    spoil: Callable[[Path], None], home: Path, box: Path
) -> None:
    spoil(home)
    before = everything(home.parent) | everything(box)
    assert send(home, box, "entry")[0] == "refused 0 0 not-a-directory"
    after = everything(home.parent) | everything(box)
    assert {path for path in after - before if "state" not in path.parts} == set()
    assert before <= after


@pytest.mark.parametrize(
    ("name", "why"), [("x" * 246, "name-too-long"), (os.fsdecode(b"caf\xe9"), "name-not-text")]
)
def test_a_name_the_trash_cannot_keep_stays(name: str, why: str, home: Path, box: Path) -> None:
    tree(box, {name: "mine"})
    assert send(home, box, name)[0] == f"refused 0 0 {why}"
    assert (box / name).read_text() == "mine"


def test_the_longest_name_the_trash_can_keep_goes(home: Path, box: Path) -> None:
    tree(box, {"x" * 245: "mine"})
    assert send(home, box, "x" * 245)[0].startswith("done 0")


def test_another_persons_trash_is_not_used(home: Path, box: Path, tmp_path: Path) -> None:
    other = tree(tmp_path / "other", {})
    assert send(home, box, "entry", process_home=other, data=other / "share")[0].startswith("done")
    tree(box, {"entry": "again"})
    # The process would use one trash, the machine we were told about has another.
    code = PROGRAM.replace("sys.stdin.read()", '"/nowhere/else"')
    done = subprocess.run(
        [sys.executable, "-c", code, home, box, "entry"],
        input="", env={**os.environ, "HOME": str(other)}, capture_output=True, text=True, check=True,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.stdout.splitlines()[0] == "refused 0 0 other-home"
    assert (box / "entry").read_text() == "again"


def mount(*arguments: str | Path) -> None:
    if subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode:
        pytest.skip("this container may not mount")


@needs_root
def test_across_mounts_nothing_is_copied(home: Path, box: Path, tmp_path: Path) -> None:
    """A bind mount of the same device: a rename fails there, and send2trash would copy and delete."""
    bound = tree(tmp_path / "bound", {})
    mount("--bind", box, bound)
    try:
        assert send(home, bound, "entry")[0] == "refused 0 0 other-mount"
        assert (box / "entry" / "deep" / "b").read_text() == "2"
        assert not (home / ".local").exists()
    finally:
        subprocess.run(["umount", bound], check=True)


@needs_root
def test_a_trash_on_another_device_than_its_home_is_not_copied_into(home: Path, box: Path) -> None:
    share = tree(home / ".local" / "share", {})
    mount("-t", "tmpfs", "none", share)
    try:
        assert send(home, box, "entry")[0] == "refused 0 0 other-mount"
        assert (box / "entry" / "a").exists()
        assert os.listdir(share) == []
    finally:
        subprocess.run(["umount", share], check=True)


@needs_root
def test_another_device_has_its_own_trash_or_none(home: Path, tmp_path: Path) -> None:
    top = tree(tmp_path / "stick", {})
    mount("-t", "tmpfs", "none", top)
    try:
        box = tree(top / "box", {"one": {"a": "1"}, "two": "2", "three": "3"})
        assert send(home, box, "one")[0].startswith("done 0")
        trash = top / f".Trash-{os.geteuid()}"
        assert (trash / "files" / "one" / "a").read_text() == "1"
        assert not (home / ".local").exists()
        trash.rename(top / "elsewhere")
        trash.symlink_to("elsewhere")
        assert send(home, box, "two")[0] == "refused 0 0 not-a-directory"
        trash.unlink()
        (top / ".Trash").mkdir()
        assert send(home, box, "three")[0] == "refused 0 0 shared-trash"
        assert sorted(os.listdir(box)) == ["three", "two"]
    finally:
        subprocess.run(["umount", top], check=True)
