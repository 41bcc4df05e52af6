"""Clearing revisions leaves a cache that huggingface_hub finds whole, and gives back what `du` gives back."""

import os
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub.utils._fixes import WeakFileLock

from cachemgr.domain.inventory import Entry, Inventory
from cachemgr.domain.terms import Disposal, Reason, Status
from cachemgr.scan.in_use import Observer
from cachemgr.service import CacheManager
from tests.builders import Link, Node, commit, fingerprint, git_etag, tree
from tests.caches import HubOnDisk
from tests.managers import carry_out, manager
from tests.oracles import du

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="du of the GNU kind")

BIG, SHARED = b"w" * 70_000, b"s" * 50_000
REPO = "ada/engine"


@pytest.fixture
def hub(tmp_path: Path) -> HubOnDisk:
    """Two revisions of one repository that share a blob, and two repositories that share a stored one."""
    hub = HubOnDisk(tmp_path / "hf" / "hub")
    hub.download(
        REPO, commit("1"), {"config.json": b"{1}", "m.bin": BIG, "sub/only.bin": b"1" * 9000}, refs=()
    )
    hub.download(REPO, commit("2"), {"config.json": b"{2}", "m.bin": BIG}, refs=("main", "refs/pr/1"))
    hub.absent(REPO, commit("1"), "adapter_config.json")
    hub.listing(REPO, commit("1"), {"m.bin": BIG})
    hub.download("ada/shared", commit("3"), {"s.bin": SHARED}, xet=("s.bin",))
    hub.download("bob/shared", commit("4"), {"t/s.bin": SHARED, "own": b"x"}, xet=("t/s.bin",))
    tree(hub.root.parent, {"token": "secret", "stored_tokens": "[a]"})
    assert hub.scan().warnings == []
    return hub


def service(home: Path, hub: HubOnDisk) -> CacheManager:
    return manager(home, env={"HF_HUB_CACHE": str(hub.root)})


def chosen(inventory: Inventory, *names: str) -> set[str]:
    found = {entry.id for entry in inventory.entries if entry.name.startswith(names)}
    assert found
    return found


def clear(home: Path, hub: HubOnDisk, *names: str) -> int:
    """Delete the entries whose names begin so; what was measured to be freed, which is what was promised."""
    over = service(home, hub)
    inventory = over.inventory()
    plan = over.plan_clear(inventory, chosen(inventory, *names), disposal=Disposal.DELETE)
    before = du(hub.root)
    outcomes = carry_out(over, plan)
    assert [outcome for outcome in outcomes if outcome.status is not Status.DONE] == []
    freed = sum(outcome.freed for outcome in outcomes)
    # What is left behind of our own is a directory inode that grew, never a file.
    assert freed == before - du(hub.root) == plan.frees
    return freed


def short(label: str) -> str:
    return commit(label)[:7]


def test_one_of_two_revisions_that_share_blobs_goes_alone(home: Path, hub: HubOnDisk) -> None:
    folder = hub.folder(REPO)
    kept = folder / "snapshots" / commit("2")
    content = {path.name: path.read_bytes() for path in kept.iterdir()}
    links = fingerprint(kept)
    others = {name: fingerprint(hub.folder(name)) for name in ("ada/shared", "bob/shared")}

    freed = clear(home, hub, f"models/{REPO}@{short('1')}")

    assert freed >= 9000
    assert hub.scan().warnings == []
    assert {path.name: path.read_bytes() for path in kept.iterdir()} == content
    assert fingerprint(kept) == links
    assert {name: fingerprint(hub.folder(name)) for name in others} == others
    (engine,) = (repo for repo in hub.scan().repos if repo.repo_id == REPO)
    assert {revision.commit_hash for revision in engine.revisions} == {commit("2")}
    assert {blob.name for blob in (folder / "blobs").iterdir()} == {git_etag(BIG), git_etag(b"{2}")}
    assert not (folder / ".no_exist").exists()


def test_all_revisions_take_the_repository_along_and_nothing_beside_it(home: Path, hub: HubOnDisk) -> None:
    clear(home, hub, f"models/{REPO}@")

    assert not hub.folder(REPO).exists()
    info = hub.scan()
    assert info.warnings == []
    assert {repo.repo_id for repo in info.repos} == {"ada/shared", "bob/shared"}
    assert (hub.root.parent / "token").read_text() == "secret"
    assert (hub.root / "CACHEDIR.TAG").exists()


def test_unknown_files_stay_and_keep_their_directories(home: Path, hub: HubOnDisk) -> None:
    mine: dict[str, Node] = {
        "notes.txt": "mine",
        "blobs/not-a-blob": "mine",
        "extra/token": "mine",
        "extra": {"a": "mine"},
    }
    folder = tree(hub.folder(REPO), mine)

    clear(home, hub, f"models/{REPO}@")

    left = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert left == {"notes.txt", "blobs/not-a-blob", "extra/token", "extra/a"}
    assert hub.scan().warnings == []


def test_a_stored_payload_goes_with_the_last_repository_that_links_it(home: Path, hub: HubOnDisk) -> None:
    store = hub.root / "blobs"
    (payload,) = (path for path in store.rglob("*") if path.is_file() and len(path.name) == 64)

    assert clear(home, hub, "models/ada/shared@") < len(SHARED)
    assert payload.read_bytes() == SHARED
    assert hub.scan().warnings == []

    assert clear(home, hub, "models/bob/shared@") > len(SHARED)
    assert not payload.exists()
    assert (store / ".huggingface-shared-blobs").exists()
    assert hub.scan().warnings == []


def spoil_marker(store: Path, _payload: Path) -> None:
    (store / ".huggingface-shared-blobs").unlink()


def spoil_version(store: Path, _payload: Path) -> None:
    (store / ".huggingface-shared-blobs").unlink()
    (store / ".huggingface-shared-blobs").write_text("2\n")


def spoil_manifest(_store: Path, payload: Path) -> None:
    payload.with_name(f"{payload.name}.refs").unlink()


def spoil_text(_store: Path, payload: Path) -> None:
    payload.with_name(f"{payload.name}.refs").write_bytes(b"models--caf\xe9/blobs/x\n")


@pytest.mark.parametrize("spoil", [spoil_marker, spoil_version, spoil_manifest, spoil_text])
def test_a_store_that_is_not_understood_keeps_its_payloads(home: Path, hub: HubOnDisk, spoil: object) -> None:
    store = hub.root / "blobs"
    (payload,) = (path for path in store.rglob("*") if path.is_file() and len(path.name) == 64)
    assert callable(spoil)
    spoil(store, payload)

    clear(home, hub, "models/ada/shared@", "models/bob/shared@")

    assert payload.read_bytes() == SHARED
    assert not hub.folder("ada/shared").exists()
    assert not hub.folder("bob/shared").exists()


def test_a_stored_payload_behind_a_link_that_is_no_entry_stays(home: Path, hub: HubOnDisk) -> None:
    (blob,) = (path for path in (hub.folder("bob/shared") / "blobs").iterdir() if path.is_symlink())
    tree(hub.folder("gpt2"), {"blobs": {"an etag": Link(os.readlink(blob))}, "snapshots": {}})

    clear(home, hub, "models/ada/shared@", "models/bob/shared@")

    assert (hub.folder("gpt2") / "blobs" / "an etag").read_bytes() == SHARED


def test_what_is_left_of_interrupted_downloads_goes_with_its_repository(home: Path, hub: HubOnDisk) -> None:
    hub.incomplete("ada/gone", b"partial")
    hub.absent("ada/gone", commit("9"), "adapter_config.json")
    tree(hub.folder("ada/gone"), {"refs": {"main": commit("9")}, "snapshots": {}})
    for path in hub.folder("ada/gone").rglob("*"):
        os.utime(path, (time.time() - 90_000,) * 2)

    clear(home, hub, "models/ada/gone@")

    assert not hub.folder("ada/gone").exists()
    assert hub.scan().warnings == []


def test_a_revision_stays_whole_when_somebody_holds_the_lock_of_one_of_its_blobs(
    home: Path, hub: HubOnDisk
) -> None:
    over = replace(service(home, hub), observer=Observer(seconds=30.0))
    inventory = over.inventory()
    entries: Iterable[Entry] = inventory.entries
    plan = over.plan_clear(
        inventory,
        {entry.id for entry in entries if entry.name == f"models/{REPO}@{short('1')}"},
        disposal=Disposal.DELETE,
    )
    before = fingerprint(hub.root)
    with WeakFileLock(hub.lock(REPO, b"1" * 9000)):
        outcomes = carry_out(over, plan)

    assert {outcome.trouble.kind for outcome in outcomes if outcome.trouble is not None} == {"in-use"}
    assert len(outcomes) == len(plan.steps)
    assert fingerprint(hub.root) == before
    assert hub.scan().warnings == []


def test_where_locks_are_out_of_reach_what_has_blobs_stays_whole(
    home: Path, hub: HubOnDisk, tmp_path: Path
) -> None:
    """Somebody keeps them elsewhere, behind a link that is not followed."""
    (hub.root / ".locks").rename(tmp_path / "elsewhere")
    (hub.root / ".locks").symlink_to(tmp_path / "elsewhere")
    over = replace(service(home, hub), observer=Observer(seconds=30.0))
    inventory = over.inventory()
    plan = over.plan_clear(inventory, chosen(inventory, f"models/{REPO}@"), disposal=Disposal.DELETE)

    assert plan.steps == ()
    assert {one.detail for one in plan.exclusions} == {"lock out of reach"}


def test_what_a_kept_revision_shares_is_named_as_the_reason_it_stays(home: Path, hub: HubOnDisk) -> None:
    over = service(home, hub)
    inventory = over.inventory()
    plan = over.plan_clear(inventory, chosen(inventory, f"models/{REPO}@{short('1')}"))

    (shared,) = plan.exclusions
    assert (shared.reason, shared.size) == (Reason.SHARED, du(hub.folder(REPO) / "blobs" / git_etag(BIG)))
    assert shared.detail.endswith(short("2"))
