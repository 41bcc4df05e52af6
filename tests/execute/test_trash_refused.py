"""What the trash is not used for: a directory that is not what it should be, a name it cannot keep."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders import tree
from tests.desk import picture
from tests.execute.other_user import USER
from tests.execute.test_trash import box, refused, send, trash_of
from tests.execute.test_trash import pytestmark as linux_only

__all__ = ["box"]
pytestmark = linux_only


def linked_trash(home: Path) -> str:
    elsewhere = tree(home.parent / "elsewhere", {"files": {}, "info": {}})
    (home / ".local" / "share").mkdir(parents=True)
    trash_of(home).symlink_to(elsewhere)
    return "not-a-directory"


def linked_part(part: str) -> Callable[[Path], str]:
    def spoil(home: Path) -> str:
        tree(trash_of(home), {"files": {}, "info": {}})
        (trash_of(home) / part).rmdir()
        (trash_of(home) / part).symlink_to(tree(home.parent / "elsewhere", {}))
        return "not-a-directory"

    return spoil


def dangling_trash(home: Path) -> str:
    (home / ".local" / "share").mkdir(parents=True)
    trash_of(home).symlink_to(home.parent / "elsewhere")
    return "not-a-directory"


def a_file(home: Path) -> str:
    tree(home, {".local/share/Trash": "not a directory"})
    return "not-a-directory"


def open_to_all(home: Path) -> str:
    tree(trash_of(home), {"files": {}, "info": {}})
    os.chmod(trash_of(home) / "info", 0o777)
    return "open-to-all"


def foreign(home: Path) -> str:
    tree(trash_of(home), {"files": {}, "info": {}})
    if os.geteuid() != 0:
        pytest.skip("only root can give a directory away")
    os.chown(trash_of(home), USER, USER)
    return "foreign-owner"


@pytest.mark.parametrize(
    "spoil",
    [linked_trash, linked_part("files"), linked_part("info"), dangling_trash, a_file, open_to_all, foreign],
)
def test_a_trash_that_is_not_a_directory_of_ours_is_not_used(
    spoil: Callable[[Path], str], home: Path, box: Path
) -> None:
    why = spoil(home)
    before = picture(home, box, *home.parent.glob("elsewhere"))
    assert refused(send(home, box, "entry")) == why
    assert picture(home, box, *home.parent.glob("elsewhere")) == before


@pytest.mark.parametrize(
    ("name", "why"), [("x" * 250, "name-too-long"), (os.fsdecode(b"caf\xe9"), "name-not-text")]
)
def test_a_name_the_trash_cannot_keep_stays(name: str, why: str, home: Path, box: Path) -> None:
    tree(box, {name: "mine"})
    before = picture(box)
    assert refused(send(home, box, name)) == why
    assert picture(box) == before


def test_a_place_the_trash_cannot_remember_stays(home: Path, tmp_path: Path) -> None:
    box = tree(tmp_path / os.fsdecode(b"b\xf6x"), {"entry": "mine"})
    assert refused(send(home, box, "entry")) == "name-not-text"
    assert (box / "entry").read_text() == "mine"
