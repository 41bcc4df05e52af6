"""What `cachemgr responses` refuses to make, to change or to remove, with the way out and exit code 4."""

import os
import sqlite3
import time
from pathlib import Path

import pytest

from cachemgr.responses import open_cache
from cachemgr.responses.clock import Clock
from tests.cli.conftest import Program
from tests.cli.test_schemas import valid


@pytest.fixture
def directory(project: Path) -> Path:
    """The project's cache, with four answers."""
    root = project / ".questfoundry" / "cache"
    with open_cache({"cache_dir": str(root), "cleanup_interval_seconds": 0}) as cache:
        for number in range(4):
            cache.set(f"key {number}", "paid", ttl=None)
    return root


@pytest.mark.parametrize("backend", ["file", "sqlite"])
@pytest.mark.parametrize("empty", [True, False])
def test_a_home_does_not_become_a_cache(
    empty: bool, backend: str, cachemgr: Program, directory: Path, home: Path
) -> None:
    if not empty:
        (home / "letter.txt").write_text("dear")
    before = sorted(os.listdir(home))
    for place in (home, home.parent):
        said = cachemgr("responses", "convert", "--to", backend, "--out", str(place))
        assert said.code == 4
        assert "is no place for a response cache" in said.err
    assert sorted(os.listdir(home)) == before


def test_a_directory_with_other_things_does_not_become_a_cache(
    cachemgr: Program, directory: Path, project: Path
) -> None:
    (project / "mine").mkdir()
    (project / "mine" / "notes.txt").write_text("mine")
    said = cachemgr("responses", "convert", "--to", "sqlite", "--out", "mine")
    assert said.code == 4
    assert "never was a response cache and holds notes.txt" in said.err
    assert len(said.err.splitlines()) == 1
    assert os.listdir(project / "mine") == ["notes.txt"]


def test_a_foreign_database_is_not_mended(cachemgr: Program, project: Path) -> None:
    (project / "mine").mkdir()
    with sqlite3.connect(project / "mine" / "responses.sqlite3") as notes:
        notes.execute("CREATE TABLE notes(t)")
    notes.close()
    before = (project / "mine" / "responses.sqlite3").read_bytes()
    said = cachemgr("responses", "verify", "--repair", "--yes", "--dir", "mine")
    assert said.code == 4
    assert os.listdir(project / "mine") == ["responses.sqlite3"]
    assert (project / "mine" / "responses.sqlite3").read_bytes() == before


@pytest.mark.parametrize("words", [("expire",), ("expire", "--older-than", "30d")])
def test_expiry_by_a_clock_far_ahead_of_all_that_was_stored_wants_force(
    words: tuple[str, ...], cachemgr: Program, project: Path
) -> None:
    long_ago = Clock(now=lambda: time.time() - 3650 * 86_400)
    root = project / ".questfoundry" / "cache"
    with open_cache({"cache_dir": str(root), "cleanup_interval_seconds": 0}, clock=long_ago) as cache:
        for number in range(6):
            cache.set(f"key {number}", "paid")
    said = cachemgr("responses", *words, "--yes")
    assert said.code == 4
    assert "30 days" in said.err
    assert "--force" in said.err
    assert len(list(root.glob("??/*.meta.json"))) == 6
    assert "removed for good" in cachemgr("responses", *words, "--yes", "--force").out


def answers(directory: Path) -> int:
    return len(list(directory.glob("??/*.meta.json")))


@pytest.mark.parametrize("target", ["responses", "responses@project", "responses@project:*"])
def test_what_is_pinned_is_not_expired_here_either(
    target: str, cachemgr: Program, directory: Path, project: Path
) -> None:
    with open_cache({"cache_dir": str(directory), "cleanup_interval_seconds": 0}) as cache:
        cache.set("old", "paid", ttl=0.001)
    time.sleep(0.01)
    (project / "cachemgr.toml").write_text(f'[[pins]]\ntarget = "{target}"\nreason = "paid"\n')
    for words, kept in (
        ((), "1 entry kept"),
        (("--older-than", "0s", "--never-expiring", "--force"), "5 entries kept"),
    ):
        said = cachemgr("responses", "expire", "--yes", *words)
        assert said.code == 0
        assert "nothing is removed" in said.out
        assert f"{kept}: pinned by {target} (paid)" in said.out
        assert answers(directory) == 5


@pytest.mark.parametrize("backend", ["file", "sqlite"])
def test_what_is_not_pinned_goes_all_the_same(
    backend: str, cachemgr: Program, directory: Path, project: Path
) -> None:
    """In a database no scan sees entries; there a pin on the type holds all of it."""
    with open_cache(
        {"cache_dir": str(directory), "backend": backend, "cleanup_interval_seconds": 0}
    ) as cache:
        for key in ("mine", "other"):
            cache.set(key, "paid", ttl=0.001)
        mine, other = cache.digest("mine"), cache.digest("other")
    time.sleep(0.01)
    target = f"responses@project:{mine}" if backend == "file" else "responses"
    (project / "cachemgr.toml").write_text(f'[[pins]]\ntarget = "{target}"\n')
    named = ("--dir", str(directory)) if backend == "sqlite" else ()
    said = cachemgr("responses", "expire", "--yes", "--json", *named)
    assert said.code == 0
    document = valid(said.out, "responses-expire")
    expected = (1, [(target, 1)]) if backend == "file" else (0, [(target, 2)])
    kept = [(pin["target"], pin["entries"]) for pin in document["pinned"]]
    assert (document["removed"]["entries"], kept) == expected
    with open_cache(
        {"cache_dir": str(directory), "backend": backend, "cleanup_interval_seconds": 0}
    ) as cache:
        left = {entry.digest for entry in cache.entries()}
        assert mine in left
        assert (other in left) is (backend == "sqlite")


@pytest.mark.parametrize("holds", ["responses@elsewhere", "tmdb"])
def test_a_pin_on_something_else_holds_nothing(
    holds: str, cachemgr: Program, directory: Path, project: Path
) -> None:
    (project / "cachemgr.toml").write_text(f'[[pins]]\ntarget = "{holds}"\n')
    with open_cache({"cache_dir": str(directory), "cleanup_interval_seconds": 0}) as cache:
        cache.set("old", "paid", ttl=0.001)
    time.sleep(0.01)
    assert cachemgr("responses", "expire", "--yes").code == 0
    assert answers(directory) == 4


def test_what_never_expires_goes_when_that_is_said(cachemgr: Program, directory: Path) -> None:
    with open_cache({"cache_dir": str(directory), "cleanup_interval_seconds": 0}) as cache:
        cache.set("a day", "paid", ttl=86_400)
    time.sleep(0.01)
    words = ("responses", "expire", "--older-than", "0s", "--yes")
    assert "1 expired or older entry removed for good" in cachemgr(*words).out
    assert answers(directory) == 4
    assert cachemgr("responses", "expire", "--never-expiring").code == 2
    assert "4 expired or older entries removed for good" in cachemgr(*words, "--never-expiring").out
