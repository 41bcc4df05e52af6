"""A repository of the hub that lies somewhere else, behind a link."""

import sys
from pathlib import Path

import pytest

from cachemgr.domain.terms import Disposal
from tests.builders import commit
from tests.caches import HubOnDisk
from tests.managers import carry_out, manager

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links to directories need a right there")

BIG = b"w" * 70_000
REPO, OTHER = "ada/engine", "bob/copy"


def test_a_repository_behind_a_link_may_hold_what_is_shared(tmp_path: Path, home: Path) -> None:
    """Somebody keeps one on another disk. It is not looked into, and nothing it may lean on goes."""
    hub = HubOnDisk(tmp_path / "hub")
    for repo in (REPO, OTHER):
        hub.download(repo, commit("1"), {"m.bin": BIG}, xet=("m.bin",))
    away = hub.folder(OTHER).rename(tmp_path / hub.folder(OTHER).name)
    hub.folder(OTHER).symlink_to(away)
    (blob,) = (away / "blobs").iterdir()
    stored = (hub.folder(REPO) / "blobs" / blob.name).resolve()
    blob.unlink()
    blob.symlink_to(stored)

    over = manager(home, env={"HF_HUB_CACHE": str(hub.root)})
    inventory = over.inventory()
    carry_out(
        over, over.plan_clear(inventory, {one.id for one in inventory.entries}, disposal=Disposal.DELETE)
    )

    assert not hub.folder(REPO).exists()
    assert (hub.folder(OTHER) / "blobs" / blob.name).read_bytes() == BIG
