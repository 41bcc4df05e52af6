"""A hub cache that huggingface_hub wrote is listed as huggingface_hub itself lists it."""

import os
import time
from pathlib import Path

import pytest
from huggingface_hub import HFCacheInfo, file_download

from cachemgr.domain.inventory import Cache, Entry, Inventory
from cachemgr.domain.terms import Reason
from cachemgr.domain.unit import Kind, Unit
from tests.builders import commit, git_etag, tree
from tests.caches import HubOnDisk
from tests.managers import manager
from tests.oracles import du

PLURAL = {"model": "models", "dataset": "datasets", "space": "spaces", "kernel": "kernels"}
BIG = b"w" * 70_000


def scan(home: Path, hub: HubOnDisk) -> tuple[Cache, Inventory]:
    inventory = manager(home, env={"HF_HUB_CACHE": str(hub.root)}).inventory()
    (cache,) = (cache for cache in inventory.caches if cache.real_path == hub.root)
    return cache, inventory


def filled(root: Path) -> HubOnDisk:
    """Everything at once: all kinds of repository, shared blobs, several refs, nested files, a store."""
    hub = HubOnDisk(root)
    one = {
        "config.json": b"{}",
        "model.bin": BIG,
        "copy of model.bin": BIG,
        "onnx/q4/model.onnx": b"o" * 9000,
    }
    two = {"config.json": b"{2}", "model.bin": BIG, "onnx/q4/model.onnx": b"O" * 9001}
    hub.download("ada/engine", commit("1"), one, refs=("v1", "refs/pr/1"))
    hub.download("ada/engine", commit("2"), two, refs=("main", "refs/pr/2"))
    hub.download("ada/engine", commit("3"), {"config.json": b"{}"}, refs=())
    hub.absent("ada/engine", commit("2"), "adapter_config.json")
    hub.listing("ada/engine", commit("2"), two)
    hub.download("gpt2", commit("4"), {"x.bin": b"4" * 5000})
    for repo_type in ("dataset", "space", "kernel"):
        hub.download(
            "ada/engine", commit(repo_type), {"a/b.txt": repo_type.encode() * 99}, repo_type=repo_type
        )
    shared = b"s" * 50_000
    hub.download("ada/shared", commit("5"), {"s.bin": shared, "own.txt": b"own"}, xet=("s.bin",))
    hub.download("bob/shared", commit("6"), {"t/s.bin": shared}, xet=("t/s.bin",))
    hub.download("bob/shared", commit("7"), {"s.bin": shared, "t.bin": b"t" * 999}, xet=("s.bin", "t.bin"))
    return hub


def agrees(info: HFCacheInfo, inventory: Inventory, hub: HubOnDisk) -> None:
    """Every revision, ref and size that scan_cache_dir() reports is an entry's."""
    assert info.warnings == []
    entries = {}
    for entry in inventory.entries:
        pointers = [unit.names for unit in entry.pointers if unit.names[1] == "snapshots"]
        if pointers:
            entries[pointers[0]] = entry
    theirs = 0
    for repo in info.repos:
        group = f"{PLURAL[repo.repo_type]}/{repo.repo_id}"
        payload: dict[Path, int] = {}
        for revision in repo.revisions:
            theirs += 1
            entry = entries[(repo.repo_path.name, "snapshots", revision.commit_hash)]
            assert (entry.group, entry.name) == (group, f"{group}@{revision.commit_hash[:7]}")
            assert entry.apparent == revision.size_on_disk
            assert set(entry.notes) == revision.refs
            assert entry.detached is not bool(revision.refs)
            payload |= {file.blob_path.resolve(): file.size_on_disk for file in revision.files}
        ours = {unit.names: unit for e in entries.values() if e.group == group for unit in e.payload}
        assert sum(map(length, ours.values())) == sum(payload.values()) - plain(repo.repo_path)
        assert repo.size_on_disk >= sum(payload.values())
    assert len(entries) == theirs


def length(unit: Unit) -> int:
    """What the unit holds of the payload: not its manifest, and not the link to it."""
    if unit.identity.kind is Kind.LINK or unit.names[-1].endswith(".refs"):
        return 0
    return unit.identity.size


def plain(repository: Path) -> int:
    """Bytes of files that lie in the snapshots themselves."""
    files = (path for path in (repository / "snapshots").rglob("*") if path.is_file())
    return sum(path.stat().st_size for path in files if not path.is_symlink())


def test_repositories_and_revisions_are_those_of_scan_cache_dir(home: Path, tmp_path: Path) -> None:
    hub = filled(tmp_path / "hub")

    cache, inventory = scan(home, hub)

    agrees(hub.scan(), inventory, hub)
    assert len(inventory.entries) == 10
    assert cache.unknown == ()
    assert cache.tally is not None
    assert cache.tally.size == du(hub.root)


def test_without_symbolic_links_each_snapshot_holds_its_own_files(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_download, "are_symlinks_supported", lambda *_: False)
    hub = HubOnDisk(tmp_path / "hub")
    hub.download("ada/engine", commit("1"), {"a": BIG, "b/c": b"x" * 999})
    hub.download("ada/engine", commit("2"), {"a": BIG}, refs=())

    cache, inventory = scan(home, hub)

    agrees(hub.scan(), inventory, hub)
    assert {entry.apparent for entry in inventory.entries} == {len(BIG) + 999, len(BIG)}
    assert cache.unknown == ()


def test_revisions_that_share_a_blob_say_so(home: Path, tmp_path: Path) -> None:
    hub = filled(tmp_path / "hub")

    _, inventory = scan(home, hub)

    names = {entry.id: entry.name.rpartition("@")[2] for entry in inventory.entries}
    blob = (hub.folder("ada/engine").name, "blobs", git_etag(BIG))
    (holders,) = (ids for key, ids in inventory.holders.items() if key[1] == blob)
    assert {names[entry] for entry in holders} == {commit("1")[:7], commit("2")[:7]}
    stored = [ids for key, ids in inventory.holders.items() if key[1][0] == "blobs" and len(key[1][2]) == 64]
    assert [{names[entry] for entry in ids} for ids in stored] == [{commit(n)[:7] for n in ("5", "6", "7")}]


def test_two_commits_that_begin_alike_have_names_of_their_own(home: Path, tmp_path: Path) -> None:
    hub = HubOnDisk(tmp_path / "hub")
    first, second = "abcdef0" + "1" * 33, "abcdef0" + "2" * 33
    hub.download("ada/engine", first, {"a": b"1"})
    hub.download("ada/engine", second, {"a": b"2"}, refs=())
    hub.download("ada/engine", commit("3"), {"a": b"3"}, refs=())

    _, inventory = scan(home, hub)

    wanted = {f"models/ada/engine@{name}" for name in (first, second, commit("3")[:7])}
    assert {entry.name for entry in inventory.entries} == wanted


def test_blobs_that_no_snapshot_links_are_an_entry_and_settle_for_an_hour(home: Path, tmp_path: Path) -> None:
    hub = HubOnDisk(tmp_path / "hub")
    hub.download("ada/engine", commit("1"), {"a": BIG})
    left = tree(
        hub.folder("ada/engine") / "blobs", {git_etag(b"left"): b"left", "f" * 64: b"more", "mine": b"x"}
    )

    service = manager(home, env={"HF_HUB_CACHE": str(hub.root)})
    inventory = service.inventory()
    entry = named(inventory, "models/ada/engine@unreferenced")

    assert {unit.names[-1] for unit in entry.payload} == {git_etag(b"left"), "f" * 64}
    assert (entry.notes, entry.detached) == (("unreferenced",), True)
    assert [exclusion.reason for exclusion in service.plan_clear(inventory, {entry.id}).exclusions] == [
        Reason.TOO_YOUNG
    ]
    (cache,) = (cache for cache in inventory.caches if cache.real_path == hub.root)
    assert [unit.names[-1] for unit in cache.unknown] == ["mine"]

    for blob in left.iterdir():
        os.utime(blob, (time.time() - 3700,) * 2)
    inventory = service.inventory()
    plan = service.plan_clear(inventory, {entry.id})
    assert plan.exclusions == ()
    assert plan.frees == 2 * 4096


def test_partial_downloads_stay_until_nobody_wrote_to_them_for_a_day(home: Path, tmp_path: Path) -> None:
    hub = HubOnDisk(tmp_path / "hub")
    hub.download("ada/engine", commit("1"), {"a": BIG})
    old = hub.incomplete("ada/engine", b"old")
    (old.parent / f"{'e' * 64}.incomplete").write_bytes(b"of huggingface_hub 0.x")
    service = manager(home, env={"HF_HUB_CACHE": str(hub.root)})

    def reasons() -> list[Reason]:
        inventory = service.inventory()
        entry = named(inventory, "models/ada/engine@incomplete")
        assert len(entry.payload) == 2
        assert len(hub.scan().incomplete_files) == 2
        return [exclusion.reason for exclusion in service.plan_clear(inventory, {entry.id}).exclusions]

    assert reasons() == [Reason.TOO_YOUNG]
    for file in old.parent.glob("*.incomplete"):
        os.utime(file, (time.time() - 90_000,) * 2)
    assert reasons() == []
    # One that is being written keeps them all: they are one entry.
    os.utime(old, (time.time() - 60,) * 2)
    assert reasons() == [Reason.TOO_YOUNG]


def test_what_is_noted_about_commits_without_a_snapshot_is_unreferenced(home: Path, tmp_path: Path) -> None:
    hub = HubOnDisk(tmp_path / "hub")
    hub.download("ada/engine", commit("1"), {"a": BIG})
    hub.absent("ada/engine", commit("9"), "adapter_config.json")
    hub.listing("ada/engine", commit("8"), {"a": b"x"})

    cache, inventory = scan(home, hub)

    entry = named(inventory, "models/ada/engine@unreferenced")
    assert {unit.names[1:] for unit in entry.units} == {
        (".no_exist", commit("9")),
        ("trees", f"{commit('8')}.json"),
    }
    assert cache.unknown == ()


def named(inventory: Inventory, name: str) -> Entry:
    (entry,) = (entry for entry in inventory.entries if entry.name == name)
    return entry
