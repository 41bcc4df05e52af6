"""What pins hold in `cachemgr responses expire`, however an answer is kept and wherever one stands."""

import json
import os
import time
from pathlib import Path

import pytest

from cachemgr.responses import open_cache
from tests.builders import tree
from tests.cli.conftest import Program

DIRECTORY = ".questfoundry/cache"


def own(root: Path, key: str) -> None:
    """An answer under a key of somebody's own that ended long ago, as the old code wrote it."""
    record = {"timestamp": 1000.0, "ttl_seconds": 1.0, "expires_at": 1001.0}
    tree(root / key[:2], {f"{key}.json": "PAID", f"{key}.meta.json": json.dumps(record)})


def over(root: Path, backend: str, *keys: str) -> list[str]:
    """Answers that have expired; their digests."""
    with open_cache({"cache_dir": str(root), "backend": backend, "cleanup_interval_seconds": 0}) as cache:
        for key in keys:
            cache.set(key, "PAID", ttl=0.001, model="gpt-4o")
        time.sleep(0.01)
        return [cache.digest(key) for key in keys]


def pin(project: Path, target: str) -> None:
    (project / "cachemgr.toml").write_text(f'[[pins]]\ntarget = "{target}"\n')


@pytest.mark.parametrize(
    "target",
    [
        "responses",
        "responses@project",
        "responses@project:*",
        "responses@project:test_key",
        "responses@project:te*",
    ],
)
def test_an_answer_under_a_key_of_ones_own(target: str, cachemgr: Program, project: Path) -> None:
    root = project / DIRECTORY
    own(root, "test_key")
    own(root, "other")
    pin(project, target)
    assert cachemgr("responses", "expire", "--yes", "--force").code == 0
    assert (root / "te" / "test_key.json").exists()
    assert (root / "ot" / "other.json").exists() is (not target.partition(":te")[1])


@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside files"])
@pytest.mark.parametrize(
    "target",
    [
        "responses",
        "responses@project",
        "responses@project:*",
        "resp*",
        "{digest}",
        "responses@project:gpt-4o",
    ],
)
def test_an_answer_that_only_the_database_has(
    target: str, beside: bool, cachemgr: Program, project: Path
) -> None:
    root = project / DIRECTORY
    if beside:
        over(root, "file", "copied")
    (digest,) = over(root, "sqlite", "mine")
    tree(project, {".questfoundry/config.yml": "caching:\n  backend: sqlite\n"})
    pin(project, target.format(digest=f"responses@project:{digest}"))
    said = cachemgr("responses", "expire", "--yes")
    assert said.code == 0
    assert "1 entry kept" in said.out


@pytest.mark.parametrize(
    "linked",
    [False, pytest.param(True, marks=pytest.mark.skipif(os.name == "nt", reason="links need a right there"))],
    ids=["named", "linked"],
)
@pytest.mark.parametrize("target", ["responses", "responses@project", "{digest}"])
def test_the_pins_of_the_project_that_the_directory_lies_in(
    target: str, linked: bool, cachemgr: Program, project: Path
) -> None:
    other = project.parent / "other"
    root = other / DIRECTORY
    digest, _ = over(root, "file", "mine", "not pinned")
    pin(other, target.format(digest=f"responses@project:{digest}"))
    if linked:
        (project / "link").symlink_to(root)
    named = project / "link" if linked else root
    said = cachemgr("responses", "expire", "--yes", "--dir", str(named))
    assert said.code == 0
    kept = 2 if target.startswith("responses") else 1
    assert len(list(root.glob("??/*.meta.json"))) == kept
