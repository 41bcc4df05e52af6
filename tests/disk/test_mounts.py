"""No walk enters another file system, nor the same one mounted a second time."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cachemgr.disk.reader import DiskReader
from cachemgr.disk.volumes import Mount, mounts_below, volume
from cachemgr.domain.terms import Reason
from tests.builders import tree
from tests.disk.reading import read, scope
from tests.managers import at, manager
from tests.oracles import du

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="mount tables are Linux's")

Mounting = Callable[..., None]


@pytest.fixture
def mount() -> Iterator[Mounting]:
    """Mount something for the length of a test."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting needs root")
    mounted: list[Path] = []

    def do(target: Path, *arguments: str) -> None:
        done = subprocess.run(["mount", *arguments, str(target)], capture_output=True, check=False)
        if done.returncode:
            pytest.skip(f"mounting is not allowed here: {done.stderr.decode().strip()}")
        mounted.append(target)

    yield do
    for target in reversed(mounted):
        subprocess.run(["umount", str(target)], check=True)


TMPFS = ("-t", "tmpfs", "-o", "size=4m", "none")


def test_another_file_system_in_a_tree_is_left_out_and_keeps_it(tmp_path: Path, mount: Mounting) -> None:
    root = tree(tmp_path / "root", {"tree": {"file": b"x" * 5000, "disk": {}}, "plain": {"file": b"x"}})
    before = read(root).total.size
    mount(root / "tree" / "disk", *TMPFS)
    tree(root / "tree" / "disk", {"big": b"x" * 1_000_000})

    found = read(root)

    assert found.total.files == 2
    assert found.total.size <= before
    assert [(o.reason, o.detail) for o in found.units["tree"].obstacles] == [
        (Reason.MOUNT_POINT, "tree/disk")
    ]
    assert found.units["plain"].obstacles == ()
    assert [(problem.code, problem.detail) for problem in found.problems] == [("mount-point", "tree/disk")]


def test_another_device_is_left_out_even_where_the_system_has_no_table(
    tmp_path: Path, mount: Mounting
) -> None:
    root = tree(tmp_path / "root", {"tree": {"disk": {}}, "top": {}})
    mount(root / "tree" / "disk", *TMPFS)
    mount(root / "top", *TMPFS)
    for place in (root / "tree" / "disk", root / "top"):
        tree(place, {"big": b"x" * 1_000_000})
    around = scope(root)
    around.mounts = frozenset()

    with DiskReader(root, around) as reader:
        units = reader.rest()

    assert [[o.reason for o in unit.obstacles] for unit in units] == [[Reason.MOUNT_POINT]] * 2
    assert sum(unit.tally.files for unit in units) == 0


def test_a_bind_mount_of_the_same_device_is_a_mount(tmp_path: Path, mount: Mounting) -> None:
    outside = tree(tmp_path / "outside", {"big": b"x" * 1_000_000})
    root = tree(tmp_path / "root", {"tree": {"a b\n": {}}, "top": {}})
    mount(root / "tree" / "a b\n", "--bind", str(outside))
    mount(root / "top", "--bind", str(outside))
    assert os.stat(root).st_dev == os.stat(root / "top").st_dev

    found = read(root)

    assert found.total.files == 0
    for name in ("tree", "top"):
        assert [o.reason for o in found.units[name].obstacles] == [Reason.MOUNT_POINT]


def test_a_file_that_another_is_mounted_on_keeps_its_tree(tmp_path: Path, mount: Mounting) -> None:
    outside = tree(tmp_path / "outside", {"file": b"x"}) / "file"
    root = tree(tmp_path / "root", {"tree": {"d": {"file": b""}}, "top": b"", "plain": b""})
    mount(root / "tree" / "d" / "file", "--bind", str(outside))
    mount(root / "top", "--bind", str(outside))

    units = read(root).units

    assert [o.detail for o in units["tree"].obstacles] == ["tree/d/file"]
    assert [o.reason for o in units["top"].obstacles] == [Reason.MOUNT_POINT]
    assert units["plain"].obstacles == ()


def test_a_cache_behind_a_mount_point_is_in_no_other_cache(
    home: Path, tmp_path: Path, mount: Mounting
) -> None:
    outer = tree(tmp_path / "outer", {"a": b"x" * 5000, "inner": {}})
    mount(outer / "inner", *TMPFS)
    inner = tree(outer / "inner" / "cache", {"b": b"x" * 9000})

    inventory = manager(home, roots={"outer": outer, "inner": inner}).inventory()

    assert at(inventory, inner).inside is None
    tally = at(inventory, outer).tally
    assert tally is not None
    assert inventory.own_size(at(inventory, outer)) == tally.size
    assert inventory.totals.size == tally.size + du(inner)


def test_a_cache_that_is_reached_through_a_bind_mount_counts_once(
    home: Path, tmp_path: Path, mount: Mounting
) -> None:
    real = tree(tmp_path / "real", {"cache": {"b": b"x" * 9000}, "a": b"x"})
    (tmp_path / "view").mkdir()
    mount(tmp_path / "view", "--bind", str(real))

    service = manager(home, roots={"view": tmp_path / "view", "cache": real / "cache", "same": real})
    inventory = service.inventory()

    assert at(inventory, real / "cache").inside == at(inventory, tmp_path / "view").id
    assert len(inventory.caches) == 2
    assert inventory.totals.size == du(real)


def test_a_bind_mount_of_the_home_is_the_home(home: Path, tmp_path: Path, mount: Mounting) -> None:
    tree(home, {"thesis.txt": b"x"})
    (tmp_path / "cache").mkdir()
    mount(tmp_path / "cache", "--bind", str(home))

    cache = at(manager(home, roots={"cache": tmp_path / "cache"}).inventory(), tmp_path / "cache")

    assert [problem.code for problem in cache.problems] == ["home"]
    assert cache.tally is None


def test_mount_points_are_components_and_never_beginnings_of_names() -> None:
    targets = ("/", "/a/cache2/x", "/a/cache/y/z")
    table = tuple(Mount("8:1", target, "ext4", frozenset(), "/dev/sda1") for target in targets)
    assert mounts_below(Path("/a/cache"), table) == {("y", "z")}


def test_the_last_of_several_mounts_in_one_place_counts(tmp_path: Path) -> None:
    below, above = (
        Mount("8:1", str(tmp_path), kind, frozenset(options), "/dev/sda1")
        for kind, options in (("ext4", ()), ("nfs", ("noatime",)))
    )
    found = volume(tmp_path, (below, above))
    assert found is not None
    assert (found.type, found.network, found.records_access) == ("nfs", True, False)
