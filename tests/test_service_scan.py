"""A scan through the service: the figures of `du` and `find` for every root, and nothing hidden."""

import sys
from pathlib import Path

import pytest

from cachemgr.domain.event import CacheScanned, Gauge, ScanFinished, ScanStarted, Stopped
from cachemgr.domain.inventory import Inventory
from cachemgr.domain.terms import CacheState
from tests.builders import HardLink, Link, Sparse, access_times, tree, unread
from tests.managers import at, manager
from tests.nobody import as_nobody, give_away, needs_permissions, public_directory
from tests.oracles import apparent, du, find

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="du and find of the GNU kind")


def agrees(inventory: Inventory) -> None:
    """Every measured cache is what du and find say of its real directory, and the totals what one du says."""
    for cache in inventory.caches:
        real = cache.real_path
        if real is None:
            continue
        assert cache.tally is not None
        assert cache.tally.size == du(real), cache.id
        assert cache.tally.apparent == apparent(real), cache.id
        assert cache.tally.files == find(real, "-type", "f") + (real.is_file() and not real.is_symlink())
        assert cache.tally.links == find(real, "-type", "l") + real.is_symlink()
        if real.is_dir() and not real.is_symlink() and cache.type != "other":
            assert cache.tally.directories == find(real, "-type", "d"), cache.id
    tops = [cache.real_path for cache in inventory.caches if cache.inside is None and cache.real_path]
    assert inventory.totals.size == du(*tops)


def test_hard_links_holes_nested_and_linked_roots_count_as_in_du(home: Path, tmp_path: Path) -> None:
    disk = tree(
        tmp_path / "disk",
        {
            "one": {"a": b"x" * 9000, "s": Sparse(10_000_000), "in": HardLink("one/a"), "d": {"e": {}}},
            "two": {"own": b"y" * 5000, "shared": HardLink("one/a"), "l": Link("../one/a")},
            "outer": {
                "file": b"z" * 5000,
                "mid": {"f": b"1" * 7000, "inner": {"g": HardLink("outer/file"), "h": b"2" * 20_000}},
            },
            "empty": {},
        },
    )
    (tmp_path / "linked").symlink_to(disk / "two")
    (tmp_path / "way").symlink_to(disk)
    roots = {
        "one": disk / "one",
        "two": tmp_path / "linked",
        "outer": disk / "outer",
        "mid": tmp_path / "way" / "outer" / "mid",
        "inner": disk / "outer" / "mid" / "inner",
        "empty": disk / "empty",
        "again": tmp_path / "way" / "one",
    }

    inventory = manager(home, roots=roots).inventory()

    agrees(inventory)
    assert len(inventory.caches) == 6
    one, two, outer, mid, inner, _ = inventory.caches
    assert (two.path, two.real_path) == (tmp_path / "linked", disk / "two")
    assert mid.real_path == disk / "outer" / "mid"
    assert [problem.code for problem in one.problems if problem.code == "alias"] == ["alias"]
    assert inventory.totals.size < sum(du(disk / name) for name in ("one", "two", "outer", "empty"))
    assert [cache.inside for cache in inventory.caches] == [None, None, None, outer.id, mid.id, None]
    # What is met here and in an inner cache belongs to the inner one.
    assert inventory.own_size(outer) == du(disk / "outer") - du(disk / "outer" / "mid")
    assert inventory.own_size(mid) == du(disk / "outer" / "mid") - du(disk / "outer" / "mid" / "inner")
    assert inventory.own_size(inner) == du(disk / "outer" / "mid" / "inner")
    own = sum(inventory.own_size(cache) for cache in (outer, mid, inner))
    assert own == du(disk / "outer")


def test_no_entry_and_nothing_unknown_takes_another_cache_along(home: Path, tmp_path: Path) -> None:
    outer = tree(tmp_path / "outer", {"e": {"f": b"1", "inner": {"g": b"2"}}, "plain": {"h": b"3"}})
    roots = {"outer": outer, "inner": outer / "e" / "inner"}

    service = manager(home, roots=roots)
    inventory = service.inventory()
    plan = service.plan_clear(inventory, {entry.id for entry in inventory.entries if "outer" in entry.cache})

    removed = {step.action.names for step in plan.steps}  # type: ignore[union-attr]
    assert removed == {("plain",)}
    assert [exclusion.reason for exclusion in plan.exclusions] == ["protected"]


def test_what_lies_in_a_home_beside_its_caches_is_listed_with_its_size(home: Path, tmp_path: Path) -> None:
    hf = tree(
        tmp_path / "hf",
        {
            "hub": {"models--a--b": {"blobs": {}, "snapshots": {}}},
            "token": "secret",
            "stray": {"a": b"x" * 9000, "b": HardLink("stray/a")},
            "note.txt": "x",
            "link": Link("stray"),
            "deep": {"er": {"here": {"x": b"1" * 5000}, "beside.bin": b"2" * 6000}},
        },
    )
    torch = tree(tmp_path / "torch", {"hub": {"checkpoints": {"m.pth": b"x"}}, "mine": {"x": b"y"}})
    homes = {"hf_home": hf, "torch_home": torch}

    inventory = manager(home, homes=homes, roots={"inner": hf / "deep" / "er" / "here"}).inventory()

    agrees(inventory)
    other = {cache.path: cache for cache in inventory.caches if cache.type == "other"}
    beside = hf / "deep" / "er" / "beside.bin"
    assert set(other) == {hf / "token", hf / "stray", hf / "note.txt", hf / "link", beside, torch / "mine"}
    assert not [entry for entry in inventory.entries if entry.cache in {c.id for c in other.values()}]
    # Nothing is hidden: only the directories on the way are counted nowhere.
    way = sum(path.stat().st_blocks * 512 for path in (hf, torch, hf / "deep", hf / "deep" / "er"))
    assert inventory.totals.size + way == du(hf, torch)


@needs_permissions
def test_a_gap_makes_the_cache_partial_and_the_inventory_incomplete() -> None:
    with public_directory() as top:
        tree(top, {"home": {}, "cache": {"open": {"x": b"1" * 5000}, "shut": {"y": b"2"}}})
        for name in ("home", "cache"):
            give_away(top / name)
        (top / "cache" / "shut").chmod(0)

        def look() -> list[object]:
            inventory = manager(top / "home", roots={"cache": top / "cache"}).inventory()
            cache = at(inventory, top / "cache")
            assert cache.tally is not None
            problems = [problem.detail for problem in cache.problems if problem.code == "unreadable"]
            codes = [finding.code for finding in inventory.findings]
            return [cache.state, cache.tally.files, problems, inventory.complete, codes]

        assert as_nobody(look) == [CacheState.PARTIAL, 1, ["shut"], False, ["unreadable"]]


@needs_permissions
@pytest.mark.parametrize("shut", ["", "deep"])
def test_a_home_that_cannot_be_listed_is_said_to_be(shut: str) -> None:
    with public_directory() as top:
        tree(
            top,
            {
                "home": {},
                "hf": {"hub": {"models--a--b": {"snapshots": {}}}, "deep": {"here": {}, "secret": b"x"}},
            },
        )
        homes, roots = {"hf_home": top / "hf"}, {"inner": top / "hf" / "deep" / "here"}
        for name in ("home", "hf"):
            give_away(top / name)
        (top / "hf" / shut).chmod(0o311)

        def look() -> list[object]:
            inventory = manager(top / "home", homes=homes, roots=roots).inventory()
            return [
                at(inventory, top / "hf" / "hub").state,
                sorted({c.state for c in inventory.caches if c.type == "other"}),
                inventory.complete,
            ]

        assert as_nobody(look) == [CacheState.OK, [CacheState.UNAVAILABLE], False]


def test_a_scan_reports_each_root_and_ends_when_it_is_told_to(home: Path, tmp_path: Path) -> None:
    roots = {name: tree(tmp_path / name, {"d": {"x": b"1" * 5000}}) for name in ("a", "b", "c")}
    service = manager(home, roots=roots)
    gauge = Gauge()

    events = list(service.scan(gauge))

    assert events[0] == ScanStarted(3)
    assert [(e.done, e.total) for e in events if isinstance(e, CacheScanned)] == [(1, 3), (2, 3), (3, 3)]
    assert isinstance(events[-1], ScanFinished)
    assert gauge.files == 3

    stopped = Gauge()
    scan = service.scan(stopped)
    assert [type(next(scan)) for _ in range(2)] == [ScanStarted, CacheScanned]
    stopped.stopped = True
    with pytest.raises(Stopped):
        next(scan)


def test_a_scan_changes_no_access_time(home: Path, tmp_path: Path) -> None:
    """Links included, where no layout has to read them."""
    root = tree(tmp_path / "cache", {"a": {"b": b"x", "l": Link("b")}, "c": b"y", "d": Link("a")})
    torch = tree(tmp_path / "torch", {"hub": {"checkpoints": {"m-01234567.pth": b"x"}}, "l": Link("hub")})
    before = unread(root), unread(torch)

    manager(home, roots={"cache": root}, homes={"torch_home": torch}).inventory()

    assert (access_times(root), access_times(torch)) == before
