"""Copying when things go wrong: no copy that is not whole, no remains, and the original as it was."""

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from cachemgr.domain.outcome import Trouble
from cachemgr.execute import content, files
from cachemgr.execute.consignment import CopyProgress, Stage
from cachemgr.execute.copy import copy_all
from tests.builders import HardLink, Link, Node, tree
from tests.desk import content as planned
from tests.desk import drop, identity
from tests.execute.copying import Freight, copied, copy, like, refused, verifying
from tests.execute.other_user import as_other_user, needs_root
from tests.execute.removing import open_files
from tests.mounting import SMALL, mounted, read_only

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")

BIG = 9 << 20


@pytest.mark.parametrize(
    ("options", "files"),
    [(SMALL, {"a": b"x" * 6_000_000}), (SMALL, {str(n): b"x" * 9000 for n in range(900)})],
    ids=["one", "many"],
)
def test_a_full_disk_leaves_no_remains(
    options: tuple[str, ...], files: dict[str, bytes], tmp_path: Path
) -> None:
    root = tree(tmp_path / "root", {"u": {"first": "1", "in": files}, "small": "1"})
    before = like(root)
    (tmp_path / "to").mkdir()
    with mounted(tmp_path / "to", *options), Freight(root, tmp_path / "to") as freight:
        done = refused(freight.copy(freight.unit("u"), freight.unit("small", number=2, stage="s")))
        assert (done.trouble.kind, done.trouble.errno, done.left) == ("os", errno.ENOSPC, False)
        assert done.trouble.detail.startswith("u/in")
        # What fits into the room that is free again still arrives.
        assert copied(freight.events[-1]).number == 2  # type: ignore[arg-type]
        assert os.listdir(tmp_path / "to") == ["s"]
    assert like(root) == before


def test_a_disk_without_free_inodes_leaves_no_remains(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {"u": {str(n): b"" for n in range(100)}})
    (tmp_path / "to").mkdir()
    with mounted(tmp_path / "to", "-t", "tmpfs", "-o", "nr_inodes=40", "none"):
        done = refused(copy(root, tmp_path / "to", "u"))
        assert (done.trouble.kind, done.trouble.errno, done.left) == ("os", errno.ENOSPC, False)
        assert os.listdir(tmp_path / "to") == []


def test_a_read_only_disk_is_good_enough_to_copy_from_and_not_to_copy_to(tmp_path: Path) -> None:
    root, other = tree(tmp_path / "root", {"f": "1"}), tmp_path / "other"
    other.mkdir()
    with mounted(other, *SMALL):
        tree(other, {"u": {"a": "1", "big": b"x" * 900_000}})
        read_only(other)
        done = refused(copy(root, other, "f"))
        assert (done.trouble.errno, done.left) == (errno.EROFS, False)
        copied(copy(other, tmp_path / "to", "u"))
        assert like(tmp_path / "to" / "unit") == like(other / "u")


@needs_root
def test_an_immutable_original_is_copied_and_the_copy_is_not_immutable(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {"u": {"a": "1"}})
    if subprocess.run(["chattr", "+i", root / "u" / "a"], capture_output=True, check=False).returncode:
        pytest.skip("this file system has no immutable files")
    try:
        copied(copy(root, tmp_path / "to", "u"))
    finally:
        subprocess.run(["chattr", "-i", root / "u" / "a"], check=True)
    (tmp_path / "to" / "unit" / "a").write_text("2")


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


@pytest.mark.parametrize("size", [10, BIG])
def test_what_is_written_to_during_the_copy_is_copied_once_more(size: int, tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {"u": {"a": b"x" * size, "b": "1"}})
    with Freight(root, tmp_path / "to") as freight:
        unit = freight.unit("u", seen=identity(root / "u"), content=planned(root, "u"))
        done = copied(freight.copy(unit, during=verifying(lambda: append(root / "u" / "a"))))
    assert (tmp_path / "to" / "unit" / "a").read_bytes() == b"x" * size + b"more"
    assert like(tmp_path / "to" / "unit") == like(root / "u")
    # As it was copied, and not as it was planned.
    assert done.content == planned(root, "u")


def changes(root: Path) -> dict[str, Callable[[], object]]:
    u = root / "u"
    return {
        "appended": lambda: append(u / "a"),
        "same size and time": lambda: rewrite(u / "a"),
        "replaced": lambda: tree(root, {"new": "x" * 10}) and (root / "new").rename(u / "a"),
        "new": lambda: tree(u, {f"new{len(os.listdir(u))}": "1"}),
        "gone": lambda: min(place for place in u.iterdir() if place.is_file()).unlink(),
        "link": lambda: instead(u / "l", Link("b")),
        "directory": lambda: instead(u / "d", {}),
        "mode": lambda: (u / "a").chmod(0o600 if (u / "a").stat().st_mode & 0o77 else 0o644),
    }


def instead(path: Path, node: Node) -> None:
    """Put something in the place of something else."""
    path.rename(path.parent.parent.parent / f"away{os.urandom(4).hex()}")
    tree(path.parent, {path.name: node})


def rewrite(path: Path) -> None:
    status = path.stat()
    with path.open("r+b") as file:
        file.write(os.urandom(1))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.parametrize("change", list(changes(Path())))
def test_what_changes_again_and_again_is_given_up(change: str, tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {"u": {"a": "x" * 10, "b": "1", "l": Link("a"), "d": {}}})
    times = 0

    def during(event: object) -> None:
        nonlocal times
        if isinstance(event, CopyProgress) and event.stage is Stage.VERIFYING and event.files == 0:
            times += 1
            changes(root)[change]()

    with Freight(root, tmp_path / "to") as freight:
        done = refused(freight.copy(freight.unit("u"), during=during))
    assert (done.trouble.kind, done.left, times) == ("changed", False, 2)
    assert os.listdir(tmp_path / "to") == []


def test_a_log_that_somebody_keeps_writing_to_is_never_taken_for_copied_while_it_lacks_lines(
    tmp_path: Path,
) -> None:
    root = tree(tmp_path / "root", {"u": {"log": b"", "rest": {str(n): b"x" * 2000 for n in range(300)}}})
    code = "import sys\nwhile True:\n with open(sys.argv[1], 'a') as f: f.write('line\\n')"
    with subprocess.Popen([sys.executable, "-c", code, str(root / "u" / "log")]) as writer:
        try:
            while not (root / "u" / "log").stat().st_size:
                pass
            done = refused(copy(root, tmp_path / "to", "u"))
        finally:
            writer.kill()
    assert done.trouble == Trouble("changed", "u/log")
    assert os.listdir(tmp_path / "to") == []


def flip(path: Path, offset: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        byte = file.read(1)
        file.seek(offset)
        file.write(bytes([byte[0] ^ 1]))


def damages(unit: Path) -> dict[str, Callable[[], object]]:
    return {
        "small": lambda: flip(unit / "small", 77),
        "big": lambda: flip(unit / "big", BIG - 1),
        "named": lambda: flip(unit / "blobs" / "x", 5),
        "hole": lambda: flip(unit / "hole", 1 << 19),
        "short": lambda: os.truncate(unit / "small", 99),
        "gone": (unit / "small").unlink,
        "more": lambda: tree(unit, {"more": "1"}),
        "link": lambda: instead(unit / "l", Link("big")),
        "apart": lambda: instead(unit / "two", b"t" * 50),
        "directory": lambda: instead(unit / "d", Link("blobs")),
        "file": lambda: instead(unit / "small", Link("big")),
    }


@pytest.mark.parametrize("damage", list(damages(Path())))
def test_a_copy_that_is_not_what_was_read_is_given_up(damage: str, tmp_path: Path) -> None:
    root = tree(
        tmp_path / "root",
        {"u": {"small": b"s" * 100, "big": os.urandom(BIG), "l": Link("small"), "d": {}, "one": b"t" * 50}},
    )
    tree(root, {"u/two": HardLink("u/one"), "u/blobs/x": "y" * 10, "u/hole": ""})
    os.truncate(root / "u" / "hole", 1 << 20)
    before = like(root)
    with Freight(root, tmp_path / "to") as freight:
        spoil = damages(tmp_path / "to" / "unit")[damage]
        done = refused(freight.copy(freight.unit("u"), during=verifying(spoil)))
    assert (done.trouble.kind, done.left) == ("corrupt", False)
    assert os.listdir(tmp_path / "to") == []
    assert like(root) == before


@pytest.mark.parametrize(
    "number", [0, 1, pytest.param(3, marks=pytest.mark.soak), 9, pytest.param(20, marks=pytest.mark.soak)]
)
def test_a_copy_that_is_dropped_stops_its_threads_and_can_be_removed(number: int, tmp_path: Path) -> None:
    content = {f"{n}": {str(m): b"x" * 3000 for m in range(30)} for n in range(50)}
    root = tree(
        tmp_path / "root", {"u": {**content, "big": b"x" * (30 << 20)}, "u/0/link": HardLink("u/0/1")}
    )
    before, opened = like(root), open_files()
    with Freight(root, tmp_path / "to") as freight:
        copying = copy_all(iter([freight.unit("u")]))
        for _ in range(number):
            next(copying)
        drop(copying)
        assert not [thread for thread in threading.enumerate() if thread.name == "copy"]
        assert freight.discard().errors == []
    assert os.listdir(tmp_path / "to") == []
    assert open_files() == opened
    assert like(root) == before


def test_a_disk_that_could_not_write_everything_has_no_copies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tree(tmp_path / "root", {"u": {"a": "1"}, "f": "1"})

    def fail(handle: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(files, "sync_all", fail)
    with Freight(root, tmp_path / "to") as freight:
        freight.copy(freight.unit("u"), freight.unit("f", number=2, stage="f"))
        ends = [event for event in freight.events if not isinstance(event, CopyProgress)]
    assert [refused(end).trouble.errno for end in ends] == [errno.EIO, errno.EIO]
    assert os.listdir(tmp_path / "to") == []


@needs_root
def test_what_may_not_be_read_is_said_and_nothing_of_the_unit_remains(open_box: Path) -> None:
    tree(open_box, {"root": {"u": {"a": "1", "secret": "2"}}, "to": {}})
    code = (
        "os.chmod(box / 'root/u/secret', 0); done = copy(box / 'root', box / 'to', 'u')\n"
        "print(done.trouble.kind, done.trouble.detail, done.trouble.errno, os.listdir(box / 'to'))"
    )
    said = as_other_user(
        open_box, code, "from tests.execute.copying import copy; import tests.execute.copying"
    )
    assert said == f"os u/secret {errno.EACCES} []"


@needs_root
def test_a_directory_its_owner_may_not_write_to_is_settled_at_its_place(open_box: Path) -> None:
    tree(open_box, {"root": {"u": {"a": "1", "in": {"b": "2"}}}, "to": {}})
    code = (
        "os.chmod(box / 'root/u/in', 0o555); os.chmod(box / 'root/u', 0o500)\n"
        "os.utime(box / 'root/u', ns=(5, 7)); before = like(box / 'root/u')\n"
        "done = copied(copy(box / 'root', box / 'to', 'u'))\n"
        "os.rename(box / 'to/unit', box / 'u'); handle = handles.open_root(box)\n"
        "settle(handle, 'u', done.settling); settle(handle, 'u', done.settling)\n"
        "print(like(box / 'u') == before)"
    )
    imports = "from tests.execute.copying import *; from cachemgr.execute.copy import settle"
    assert as_other_user(open_box, code, imports) == "True"


def test_a_file_system_that_is_wrong_about_holes_does_not_spoil_the_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As some were: data that was not on the disk yet was said to be a hole."""
    root = tree(tmp_path / "root", {"u": ""})
    os.truncate(root / "u", 3 * content.CHUNK)
    flip(root / "u", content.CHUNK + 12345)
    monkeypatch.setattr(files, "data", lambda descriptor, start, end: [])
    copied(copy(root, tmp_path / "to", "u"))
    assert like(tmp_path / "to" / "unit") == like(root / "u")
