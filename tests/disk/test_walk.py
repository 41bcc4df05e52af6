"""The walk measures what `du` and `find` measure, and touches nothing."""

import os
import shutil
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cachemgr.disk import walk
from cachemgr.disk.reader import DiskReader
from cachemgr.disk.walk import OPEN_DIRECTORIES
from cachemgr.domain.event import Gauge, Stopped
from cachemgr.domain.terms import Reason
from cachemgr.domain.unit import Kind
from tests.builders import HardLink, Link, Node, Sparse, access_times, tree, unread
from tests.disk.reading import descriptors, read, scope
from tests.oracles import apparent, du, find

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="du and find of the GNU kind, and /proc")

CONTENT: dict[str, Node] = {
    "plain.bin": b"x" * 10_000,
    "empty": b"",
    "sparse": Sparse(50_000_000),
    "a": {"one": b"1" * 5000, "b": {"c": {"deep": b"2" * 9000}}, "none": {}},
    "again": HardLink("plain.bin"),
    "a/third": HardLink("plain.bin"),
    "short": Link("plain.bin"),
    "long": Link("x" * 200 + "/../a"),
    "directory": Link("a"),
    "dangling": Link("nowhere"),
    "loop": Link("loop"),
    "up": Link(".."),
}


class Meanwhile(Gauge):
    """Somebody does something while the walk is between two directories."""

    def __init__(self, do: Callable[[], None], after: int = 1) -> None:
        super().__init__()
        self.left, self.do = after, do

    def add(self, files: int, size: int) -> None:
        super().add(files, size)
        self.left -= 1
        if self.left == 0:
            self.do()


def test_every_figure_is_that_of_du_and_find(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", CONTENT)

    total = read(root).total

    assert total.size == du(root)
    assert total.apparent == apparent(root)
    assert total.files == find(root, "-type", "f") == 7
    assert total.directories == find(root, "-type", "d") == 4
    assert total.links == find(root, "-type", "l") == 6
    assert total.newest == max(int(os.stat(root / name).st_mtime) for name in ("plain.bin", "empty", "a/one"))


def test_where_no_mode_tells_a_plain_file_every_figure_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As on Windows, where each file gets a closer look.
    root = tree(tmp_path / "root", {"deep": {"one": b"1", "two": HardLink("deep/one")}})
    units = read(root).units

    monkeypatch.setattr(walk, "PLAIN", -1)

    assert read(root).units == units
    assert units["deep"].tally.newest


def test_an_empty_root_is_its_own_block(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {})
    total = read(root).total
    assert (total.size, total.files, total.directories, total.links) == (du(root), 0, 0, 0)


def test_a_directory_of_more_names_than_one_batch_is_measured_whole(tmp_path: Path) -> None:
    content: dict[str, Node] = {f"{number}": b"x" * (number * 37 % 9000) for number in range(1200)}
    content |= {f"{number}": HardLink(f"many/{number - 1000}") for number in range(1200, 1500)}
    root = tree(tmp_path / "root", {"many": {**content, "z": {"last": b"x"}}})

    total = read(root).total

    assert (total.size, total.files) == (du(root), find(root, "-type", "f"))
    assert total.apparent == apparent(root)


def test_what_links_lead_to_is_neither_measured_nor_an_obstacle(tmp_path: Path) -> None:
    outside = tree(tmp_path / "outside", {"big": b"x" * 1_000_000, "token": b"secret"})
    root = tree(tmp_path / "root", {"d": {"file": Link(str(outside / "big")), "folder": Link(str(outside))}})

    found = read(root)

    assert found.total.size == du(root) < 50_000
    assert found.units["d"].obstacles == ()


def test_what_is_no_file_is_counted_and_never_opened(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {"d": {"file": b"x"}})
    os.mkfifo(root / "d" / "fifo")
    os.mkfifo(root / "fifo")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(root / "d" / "socket"))

        total = read(root).total

    assert (total.size, total.files, total.links) == (du(root), 1, 0)


def test_names_are_bytes_and_may_be_anything(tmp_path: Path) -> None:
    names = [b"caf\xe9", b"two\nlines", b"\x1b]0;x\x07", b"n" * 255, b" ", b"-rf", "ü".encode()]
    root = tree(tmp_path / "root", {})
    for name in names:
        place = os.path.join(os.fsencode(root), name)
        os.mkdir(place)
        with open(os.path.join(place, name), "wb") as file:
            file.write(b"x" * 5000)

    found = read(root)

    assert (found.total.size, found.total.files) == (du(root), len(names))
    assert {os.fsencode(name) for name in found.units} == set(names)


def test_a_directory_that_vanishes_costs_only_itself(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {"top": {"a": {"x": b"1"}, "b": {"x": b"2"}, "c": {"x": b"3"}}})
    gauge = Meanwhile(lambda: shutil.rmtree(root / "top" / "b"), after=2)

    found = read(root, gauge)

    assert found.total.files == 2
    assert found.problems == ()


def test_a_directory_that_becomes_a_link_is_not_followed(tmp_path: Path) -> None:
    outside = tree(tmp_path / "outside", {"x": b"1" * 100_000})
    root = tree(tmp_path / "root", {"top": {"a": {"x": b"1"}, "b": {"x": b"2"}}})

    def swap() -> None:
        shutil.rmtree(root / "top" / "b")
        (root / "top" / "b").symlink_to(outside)

    found = read(root, Meanwhile(swap, after=2))

    assert found.total.files == 1
    assert found.total.apparent == 1
    assert [problem.code for problem in found.problems] == ["unreadable"]


def test_many_branches_far_down_are_measured_with_few_open_directories(tmp_path: Path) -> None:
    # Each level has a branch before and one after the way down, so that closed ancestors are needed again.
    depth = OPEN_DIRECTORIES * 2
    place = root = tree(tmp_path / "root", {})
    for number in range(depth):
        side = f"{number:03}".encode() * 10
        tree(place, {"a": {"f": side}, "z": {"g": {"f": side}}})
        place = tree(place / "m", {})
    most = 0
    before = descriptors()

    class Watch(Gauge):
        def add(self, files: int, size: int) -> None:
            nonlocal most
            most = max(most, descriptors() - before)

    total = read(root, Watch()).total

    assert (total.size, total.files) == (du(root), depth * 2)
    assert OPEN_DIRECTORIES // 2 < most <= OPEN_DIRECTORIES + 4
    assert descriptors() == before


def test_a_scan_that_is_stopped_ends_at_the_next_directory_and_leaves_nothing_open(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {"top": {"a": {"b": {"c": {"x": b"1"}}}}})
    before = descriptors()
    gauge = Gauge()

    def stop() -> None:
        gauge.stopped = True

    for after in (1, 2, 3, 4):
        gauge = Meanwhile(stop, after)
        with pytest.raises(Stopped):
            read(root, gauge)
        assert descriptors() == before


def test_measuring_changes_no_access_time(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", CONTENT)
    before = unread(root)

    read(root)

    assert access_times(root) == before


def test_a_credential_and_a_foreign_file_anywhere_in_a_tree_are_obstacles(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {"mine": {"a": b""}, "keys": {"a": {"b": {"id_rsa.old": b"", "z": b""}}}})
    if os.geteuid() == 0:
        tree(root, {"theirs": {"a": {"a": b"", "b": b"", "c": b"", "z": b""}}})
        os.chown(root / "theirs" / "a" / "b", 65534, 65534)

    units = read(root).units

    assert units["mine"].obstacles == ()
    assert [(o.reason, o.detail) for o in units["keys"].obstacles] == [
        (Reason.PROTECTED, "keys/a/b/id_rsa.old")
    ]
    if os.geteuid() == 0:
        assert [(o.reason, o.detail) for o in units["theirs"].obstacles] == [
            (Reason.FOREIGN_OWNER, "theirs/a/b")
        ]


def test_among_other_peoples_files_only_a_unit_of_that_name_is_a_credential(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {"package": {"cacert.pem": b""}, "server.pem": {"a": b""}})
    tree(root / "nested" / ".cachemgr-quarantine-20260101-000000-ab", {"0": b"may still be brought back"})

    units = read(root, third_party=True).units

    assert units["package"].obstacles == ()
    assert [obstacle.reason for obstacle in units["server.pem"].obstacles] == [Reason.PROTECTED]
    assert [obstacle.reason for obstacle in units["nested"].obstacles] == [Reason.PROTECTED]


@pytest.mark.parametrize("kind", ["link", "other directory"])
def test_what_took_the_place_of_what_was_listed_is_no_unit(kind: str, tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {"entry": {"a": b""}, "other": {"b": b""}})
    with DiskReader(root, scope(root)) as reader:
        assert [item.kind for item in reader.list()] == [Kind.DIRECTORY, Kind.DIRECTORY]
        (root / "entry").rename(tmp_path / "moved")
        if kind == "link":
            (root / "entry").symlink_to(tmp_path / "moved")
        else:
            tree(root / "entry", {"a": b""})

        assert reader.unit("entry") is None
        assert reader.unit("other") is not None
