"""Copying: the copy is the original in everything a user can see, and what cannot be copied is refused."""

import os
import socket
import sys
from pathlib import Path

import pytest

from cachemgr.domain.leads import Move
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.unit import Kind
from cachemgr.execute.consignment import CopyProgress, Lost, Relinked, Stage
from tests.builders import HardLink, Link, Sparse, tree
from tests.desk import content, identity
from tests.execute.copying import Freight, copied, copy, like, names_together, refused
from tests.execute.removing import deep, open_files, remove
from tests.mounting import mounted

resource = pytest.importorskip("resource", reason="works through POSIX descriptors")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")

OLD_NS = 1_500_000_000_123_456_789


def test_a_tree_arrives_with_modes_times_links_and_content(tmp_path: Path) -> None:
    root = tmp_path / "root"
    tree(root, {"u": {"a": "x" * 9000, "empty": b"", "sub": {"run": "#!", "none": {}}, "l": Link("sub/run")}})
    tree(root, {"u/sub/ro": {"kept": "1"}, "u/big": os.urandom(9 << 20)})
    for name, mode in (("u/a", 0o640), ("u/sub/run", 0o4755), ("u/sub/ro/kept", 0o400), ("u/sub/ro", 0o555)):
        (root / name).chmod(mode)
    for name in ("u/a", "u/l", "u/sub/none", "u/sub", "u"):
        os.utime(root / name, ns=(OLD_NS, OLD_NS + 7), follow_symlinks=False)
    before = like(root / "u")
    done = copied(copy(root, tmp_path / "to", "u", seen=identity(root / "u"), content=content(root, "u")))
    assert like(tmp_path / "to" / "unit") == before
    assert os.listdir(tmp_path / "to") == ["unit"]
    assert done.inode == identity(tmp_path / "to" / "unit").inode
    assert done.identity == identity(root / "u")
    assert done.content == content(root, "u")
    assert (done.files, done.bytes) == (6, 9000 + 2 + 1 + (9 << 20))
    assert (done.lost, done.relinked) == ((), ())


@pytest.mark.parametrize(
    "node",
    ["text", b"", b"9" * (9 << 20), Link("nowhere"), Sparse(1 << 20)],
    ids="text empty large link sparse".split(),
)
def test_a_unit_may_be_a_file_or_a_link(node: str | bytes | Link | Sparse, tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {"deep/u": node})
    os.utime(root / "deep" / "u", ns=(OLD_NS, OLD_NS), follow_symlinks=False)
    done = copied(copy(root, tmp_path / "to", "deep", "u", seen=identity(root / "deep" / "u")))
    assert like(tmp_path / "to" / "unit") == like(root / "deep" / "u")
    assert done.identity == identity(root / "deep" / "u")


def test_access_times_of_the_original_stay_and_go_along(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {"u": {"a": "x", "big": b"y" * (5 << 20)}})
    places = ("u/a", "u/big", "u")
    for name in places:
        os.utime(root / name, ns=(OLD_NS, OLD_NS + 10**12))
    copied(copy(root, tmp_path / "to", "u"))
    for name in places:
        assert os.lstat(root / name).st_atime_ns == OLD_NS
        assert os.lstat(tmp_path / "to" / name.replace("u", "unit", 1)).st_atime_ns == OLD_NS


def test_names_of_any_bytes_arrive(tmp_path: Path) -> None:
    names = [b"-rf", b"*", b"a\nb", b"\x1b]0;x\x07", b"x" * 255, b" ", b"...", b"[@click=app.quit]x"]
    if sys.platform.startswith("linux"):
        names += [b"caf\xe9", b"\xff" * 255]
    top = os.fsencode(tree(tmp_path / "root", {"u": {}}) / "u")
    for name in names:
        os.mkdir(os.path.join(top, name))
        with open(os.path.join(top, name, name), "wb") as file:
            file.write(name)
    copied(copy(tmp_path / "root", tmp_path / "to", "u"))
    assert like(tmp_path / "to" / "unit") == like(tmp_path / "root" / "u")


def test_two_thousand_levels_arrive_with_few_open_files(abyss: Path) -> None:
    root = tree(abyss / "root", {})
    deep(root / "u", 2000)
    files = open_files()
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (150, allowed[1]))
    try:
        done = copied(copy(root, abyss / "to", "u"))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, allowed)
    assert done.files == 2000
    assert done.content.entries == 4001
    assert open_files() == files
    # Deeper than any path: what arrived is counted by the way down.
    handle, levels = os.open(abyss / "to" / "unit", os.O_RDONLY), 0
    while "d" in os.listdir(handle):
        assert "f" in os.listdir(handle)
        deeper = os.open("d", os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle, levels = deeper, levels + 1
    os.close(handle)
    assert levels == 2000
    for place in (root, abyss / "to"):  # pytest cannot
        for name in os.listdir(place):
            assert remove(place, name).errors == []


def test_hard_links_of_a_unit_stay_together(tmp_path: Path) -> None:
    root = tree(
        tmp_path / "root",
        {
            "u": {"one": "x" * 5000, "big": b"y" * (9 << 20), "single": "1"},
            "u/a/two": HardLink("u/one"),
            "u/b/three": HardLink("u/one"),
            "u/b/big": HardLink("u/big"),
            "elsewhere": HardLink("u/single"),
        },
    )
    done = copied(copy(root, tmp_path / "to", "u", content=content(root, "u")))
    assert names_together(tmp_path / "to" / "unit") == {
        frozenset({"one", "a/two", "b/three"}),
        frozenset({"big", "b/big"}),
    }
    assert like(tmp_path / "to" / "unit") == like(root / "u")
    assert done.lost == (Lost(("u", "single"), "other-names"),)
    assert os.listdir(tmp_path / "to") == ["unit"]


def test_many_hard_links_stay_together_while_two_threads_copy(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {"u": {f"{n:03}": {"f": os.urandom(300)} for n in range(200)}})
    for number in range(2000):
        (root / "u" / f"{number % 131:03}" / f"l{number}").hardlink_to(
            root / "u" / f"{number % 200:03}" / "f"
        )
    copied(copy(root, tmp_path / "to", "u"))
    assert names_together(tmp_path / "to" / "unit") == names_together(root / "u")
    assert like(tmp_path / "to" / "unit") == like(root / "u")


def test_links_are_copied_rewritten_or_refused_by_where_they_lead(tmp_path: Path) -> None:
    root = tree(
        tmp_path / "root", {"u": {"f": "1", "rel": Link("../u/f"), "abs": Link(f"{tmp_path}/root/u/f")}}
    )
    moves = (Move(str(root), "/new/place"),)
    done = copied(copy(root, tmp_path / "to", "u", moves=moves))
    assert os.readlink(tmp_path / "to" / "unit" / "rel") == "../u/f"
    assert os.readlink(tmp_path / "to" / "unit" / "abs") == "/new/place/u/f"
    assert done.relinked == (Relinked(("u", "abs"), f"{tmp_path}/root/u/f", "/new/place/u/f"),)


def test_links_out_of_the_tree_are_all_listed_and_copied_once_they_are_accepted(tmp_path: Path) -> None:
    root = tree(
        tmp_path / "root",
        {"u": {"f": "1", "out": Link("../../x"), "d": {"abs": Link("/etc/hostname"), "in": Link("../f")}}},
    )
    leaving = (("u", "d", "abs"), ("u", "out"))
    done = refused(copy(root, tmp_path / "to", "u"))
    assert (done.trouble.kind, done.leaving, done.left) == ("leaving", leaving, False)
    assert os.listdir(tmp_path / "to") == []
    assert refused(copy(root, tmp_path / "to", "u", accepted=leaving[:1])).leaving == leaving[1:]
    copied(copy(root, tmp_path / "to", "u", accepted=leaving))
    assert os.readlink(tmp_path / "to" / "unit" / "out") == "../../x"
    assert os.readlink(tmp_path / "to" / "unit" / "d" / "abs") == "/etc/hostname"


@pytest.mark.parametrize("what", ["fifo", "socket", "device"])
def test_what_is_no_file_is_refused_without_being_opened(what: str, tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {"u": {"a": "1", "sub": {}}})
    place = root / "u" / "sub" / what
    with socket.socket(socket.AF_UNIX) as server:
        if what == "fifo":
            os.mkfifo(place)
        elif what == "socket":
            here = os.open(place.parent, os.O_RDONLY)
            server.bind(f"/proc/self/fd/{here}/{what}")
            os.close(here)
        else:
            try:
                os.mknod(place, 0o020600, os.makedev(1, 3))
            except PermissionError:
                pytest.skip("devices need root")
        done = refused(copy(root, tmp_path / "to", "u"))
    assert done.trouble == Trouble("special", f"u/sub/{what}")
    assert os.listdir(tmp_path / "to") == []


def test_another_mount_in_the_unit_is_refused(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {"u": {"a": "1", "sub": {"mount": {}}}})
    other = tree(tmp_path / "other", {"theirs": "1"})
    with mounted(root / "u" / "sub" / "mount", "--bind", str(other)):
        done = refused(copy(root, tmp_path / "to", "u"))
    assert done.trouble == Trouble("mount-point", "u/sub/mount")
    assert os.listdir(tmp_path / "to") == []


def test_what_is_missing_or_another_thing_than_planned_is_not_copied(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {"u": {"a": "1"}, "f": "1"})
    seen, inside = identity(root / "f"), content(root, "u")
    assert refused(copy(root, tmp_path / "to", "none")).trouble == Trouble("missing", "none")
    (root / "f").write_text("22")
    assert refused(copy(root, tmp_path / "to", "f", seen=seen)).trouble == Trouble("changed", "f")
    (root / "u" / "a").write_text("22")
    done = refused(copy(root, tmp_path / "to", "u", seen=identity(root / "u"), content=inside))
    assert done.trouble == Trouble("changed", "u")
    assert os.listdir(tmp_path / "to") == []


def test_what_lies_in_staging_already_is_not_touched(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {"u": {"a": "1"}, "f": "1"})
    tree(tmp_path / "to", {"unit": {"theirs": "1"}, "file": "2"})
    assert refused(copy(root, tmp_path / "to", "u")).trouble.errno == 17
    assert refused(copy(root, tmp_path / "to", "f", stage="file")).trouble.errno == 17
    assert (tmp_path / "to" / "unit" / "theirs").read_text() == "1"
    assert (tmp_path / "to" / "file").read_text() == "2"


def test_many_units_are_copied_and_the_good_ones_do_not_suffer_from_the_bad(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {f"f{n}": f"{n}" for n in range(500)})
    os.mkfifo(root / "f77x")
    with Freight(root, tmp_path / "to") as freight:
        units = [freight.unit(f"f{n}", number=n, stage=str(n)) for n in range(500)]
        units.insert(77, freight.unit("f77x", number=777, stage="x"))
        freight.copy(*units)
        ends = {event.number: event for event in freight.events if not isinstance(event, CopyProgress)}
    assert refused(ends.pop(777)).trouble.kind == "special"
    assert {number: copied(event).files for number, event in ends.items()} == dict.fromkeys(range(500), 1)
    assert {n: (tmp_path / "to" / n).read_text() for n in os.listdir(tmp_path / "to")} == {
        str(n): str(n) for n in range(500)
    }


def test_progress_grows_and_ends_with_the_unit(tmp_path: Path) -> None:
    root = tree(
        tmp_path / "root", {"u": {str(n): b"x" * 100 for n in range(3000)}, "u/big": b"x" * (40 << 20)}
    )
    with Freight(root, tmp_path / "to") as freight:
        done = copied(freight.copy(freight.unit("u")))
    for stage in Stage:
        told = [e for e in freight.events if isinstance(e, CopyProgress) and e.stage is stage]
        assert 10 < len(told) < 400
        for facts in ([e.files for e in told], [e.bytes for e in told]):
            assert facts == sorted(facts)
    assert (done.files, done.bytes) == (3001, 300_000 + (40 << 20))
    assert done.identity.kind is Kind.DIRECTORY
