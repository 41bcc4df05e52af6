"""Directories that are never a root, whatever a setting, a link or a mount calls them."""

import os
from pathlib import Path

import pytest

from cachemgr.domain.inventory import Cache
from cachemgr.domain.machine import Platform
from cachemgr.domain.terms import CacheState
from tests.builders import HERE, Node, fingerprint, tree
from tests.managers import at, manager
from tests.nobody import as_nobody, give_away, needs_permissions, public_directory

POSIX = pytest.mark.skipif(HERE is Platform.WINDOWS, reason="POSIX paths and links")


def refused(cache: Cache, *codes: str) -> None:
    assert cache.state is CacheState.UNUSABLE
    assert tuple(problem.code for problem in cache.problems) in {(code,) for code in codes}
    assert cache.tally is None
    assert cache.real_path is None


@POSIX
@pytest.mark.parametrize(
    ("path", "codes"),
    [
        ("/", ("home", "system")),
        ("/usr", ("system",)),
        ("/usr/", ("system",)),
        ("/tmp", ("system", "home", "project")),
        ("/etc", ("system",)),
        ("/usr/../etc", ("system",)),
        ("{home}", ("home",)),
        ("{home}/..", ("home",)),
        ("{home}/.config", ("system",)),
        ("{home}/.ssh", ("system",)),
        ("{home}/.cache", ("system",)),
        ("{home}/Documents", ("system",)),
        ("{home}/.local/share", ("system",)),
        ("{project}", ("project",)),
        ("{project}/sub", ("working-directory",)),
        ("{state}", ("own-state",)),
        ("{state}/runs", ("own-state",)),
        ("{state}/..", ("own-state",)),
    ],
)
def test_such_a_place_is_refused_by_name_and_through_a_link(
    home: Path, project: Path, tmp_path: Path, path: str, codes: tuple[str, ...]
) -> None:
    if HERE is not Platform.LINUX and path.startswith("/"):
        pytest.skip("the list of system directories is Linux's")
    state = home / ".local" / "state" / "cachemgr"
    for name in (".config", ".ssh", ".cache", "Documents", ".local/share", ".local/state/cachemgr/runs"):
        tree(home / name, {"file": b"x"})
    (project / "sub").mkdir()
    place = Path(path.format(home=home, project=project, state=state))
    (tmp_path / "link").symlink_to(place)
    (tmp_path / "way").symlink_to(place.parent)

    for way in (place, tmp_path / "link", tmp_path / "way" / place.name):
        service = manager(home, project, roots={"cache": way}, cwd=project / "sub", state=state)
        refused(at(service.inventory(), way), *codes)


@POSIX
@pytest.mark.skipif(HERE is Platform.MACOS, reason="the trash there is in the home")
@pytest.mark.parametrize("below", [".", "share", "../data/share"])
def test_a_directory_that_holds_the_trash_is_no_cache(home: Path, tmp_path: Path, below: str) -> None:
    """What went to the trash would be an entry of it, and the next to be deleted."""
    root = tree(tmp_path / "data", {"entry": {"a": "1"}, "share": {}})
    inventory = manager(home, roots={"cache": root}, env={"XDG_DATA_HOME": f"{root}/{below}"}).inventory()
    refused(at(inventory, root), "trash")


@POSIX
def test_what_contains_a_protected_place_by_its_real_way_is_refused(home: Path, tmp_path: Path) -> None:
    tree(tmp_path / "disk" / "work" / "project", {"code.py": "x"})
    tree(tmp_path / "disk" / "people" / "ada", {"thesis": "x"})
    (tmp_path / "project").symlink_to(tmp_path / "disk" / "work" / "project")
    (tmp_path / "ada").symlink_to(tmp_path / "disk" / "people" / "ada")

    roots = {name: tmp_path / "disk" / name for name in ("work", "people")} | {"disk": tmp_path / "disk"}
    inventory = manager(tmp_path / "ada", tmp_path / "project", roots=roots).inventory()

    refused(at(inventory, roots["work"]), "project", "working-directory")
    refused(at(inventory, roots["people"]), "home")
    refused(at(inventory, roots["disk"]), "home")


@pytest.mark.parametrize("among", ["home", "Users"])
def test_homes_are_where_ones_own_is(tmp_path: Path, among: str) -> None:
    """On servers they lie in /export/home and the like, on Windows on whichever drive."""
    own, theirs = (tmp_path / "export" / among / name for name in ("ada", "bob"))
    tree(theirs, {"cache": {"x": b"1"}})
    own.mkdir()
    inventory = manager(own, roots={"theirs": theirs, "shared": theirs / "cache"}).inventory()
    refused(at(inventory, theirs), "other-home")
    assert at(inventory, theirs / "cache").state is CacheState.OK


@pytest.mark.skipif(HERE is not Platform.LINUX, reason="other users' homes are in /home there")
def test_another_users_home_is_refused_and_a_cache_in_it_is_not(home: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("making a home in /home needs root")
    theirs = Path("/home") / f"cachemgr-test-{os.getpid()}"
    tree(theirs, {"cache": {"x": b"1"}})
    try:
        roots = {"theirs": theirs, "shared": theirs / "cache"}
        inventory = manager(home, roots=roots).inventory()
        refused(at(inventory, theirs), "other-home")
        assert at(inventory, theirs / "cache").state is CacheState.OK
    finally:
        (theirs / "cache" / "x").unlink()
        (theirs / "cache").rmdir()
        theirs.rmdir()


@POSIX
@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"HF_HOME": ""}, "empty"),
        ({"HF_HOME": "~"}, "home"),
        ({"HF_HOME": "{home}"}, "home"),
        ({"HF_HUB_CACHE": "{home}"}, "home"),
        ({"HF_HUB_CACHE": "$HOME"}, "home"),
        ({"HF_HUB_CACHE": "{parent}"}, "home"),
        ({"HF_HUB_CACHE": "$NOWHERE/hub"}, "unexpanded"),
        ({"HF_HUB_CACHE": "hub"}, "relative"),
        ({"TORCH_HOME": "{home}/Documents"}, "system"),
        ({"TIKTOKEN_CACHE_DIR": "{linked}"}, "home"),
    ],
)
def test_a_variable_that_leads_nowhere_good_is_a_finding_and_no_root(
    home: Path, project: Path, tmp_path: Path, variables: dict[str, str], code: str
) -> None:
    """Structure that looks like a cache does not help: here the home itself holds a `hub`."""
    commit = "0" * 40
    looks: dict[str, Node] = {"models--a--b": {"blobs": {commit: b"x"}, "snapshots": {commit: {}}}}
    for place in (home, home / "hub", home / "Documents" / "hub" / "checkpoints", project / "hub"):
        tree(place, looks)
    (tmp_path / "linked").symlink_to(home)
    words = {"home": home, "parent": home.parent, "linked": tmp_path / "linked"}
    env = {name: text.format(**words) for name, text in variables.items()} | {"HOME": str(home)}
    if code == "system":
        # The directory itself would be Documents/hub; only one that is protected is refused.
        env = {"HF_HUB_CACHE": str(home / "Documents"), "HOME": str(home)}
    before = fingerprint(home)

    inventory = manager(home, project, env=env).inventory()

    caches = [cache for cache in inventory.caches if cache.origin.source == "environment"]
    assert caches
    for cache in caches:
        refused(cache, code)
    findings = [finding for finding in inventory.findings if finding.code == "unusable-root"]
    assert {finding.detail for finding in findings} == {code}
    assert len(findings) == 1
    assert fingerprint(home) == before
    bad = {cache.id for cache in caches}
    assert not [entry for entry in inventory.entries if entry.cache in bad]


def test_a_home_that_is_everybodys_directory_is_not_listed_as_leftovers(home: Path, tmp_path: Path) -> None:
    tree(home / "Documents", {"thesis.txt": b"x", "hub": {}})
    inventory = manager(home, env={"HF_HOME": str(home / "Documents")}).inventory()
    assert [cache.type for cache in inventory.caches if cache.path.name == "thesis.txt"] == []


def test_a_configured_root_that_is_not_there_is_missing_and_has_no_size(home: Path, tmp_path: Path) -> None:
    cache = at(manager(home, roots={"cache": tmp_path / "gone"}).inventory(), tmp_path / "gone")
    assert (cache.state, cache.tally, cache.problems) == (CacheState.MISSING, None, ())


def test_a_root_that_is_a_file_is_unusable(home: Path, tmp_path: Path) -> None:
    path = tree(tmp_path, {"file": b"x"}) / "file"
    refused(at(manager(home, roots={"cache": path}).inventory(), path), "not-a-directory")


@POSIX
def test_a_path_that_no_file_can_have_is_a_problem_and_no_traceback(home: Path, tmp_path: Path) -> None:
    for path in (tmp_path / "a\0b", tmp_path / ("n" * 300)):
        cache = at(manager(home, roots={"cache": path}).inventory(), path)
        assert (cache.state, cache.tally) == (CacheState.UNAVAILABLE, None)


@needs_permissions
def test_what_cannot_be_reached_is_unavailable_and_never_empty() -> None:
    with public_directory() as top:
        tree(top, {"home": {}, "shut": {"cache": {"x": b"1"}}, "closed": {"x": b"1"}})
        give_away(top / "home")
        give_away(top / "closed")
        (top / "shut").chmod(0o700 if os.geteuid() == 0 else 0)
        (top / "closed").chmod(0)
        roots = {"below": top / "shut" / "cache", "itself": top / "closed"}

        def look() -> list[object]:
            inventory = manager(top / "home", roots=roots).inventory()
            caches = [at(inventory, path) for path in roots.values()]
            found = [[cache.state, cache.tally, cache.problems[0].errno] for cache in caches]
            codes = sorted(finding.code for finding in inventory.findings)
            return [found, codes, inventory.complete]

        found, codes, complete = as_nobody(look)

        assert found == [["unavailable", None, 13], ["unavailable", None, 13]]
        assert codes == ["unavailable-root", "unavailable-root"]
        assert complete is False


def test_a_trash_that_turns_into_a_link_while_it_is_looked_for_stops_nothing(
    home: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What CPython's realpath does when a link has become a directory between two of its looks."""
    real = os.path.realpath

    def racing(path: str | Path, **how: bool) -> str:
        if os.fspath(path).endswith("Trash"):
            raise OSError(22, "Invalid argument", os.fspath(path))
        return real(path, **how)

    monkeypatch.setattr(os.path, "realpath", racing)
    tree(home / ".cache" / "pip", {"selfcheck": {"x.json": "{}"}, "http-v2": {"a": "1"}})
    assert [cache.state for cache in manager(home).inventory().caches if cache.type == "pip"] == [
        CacheState.OK
    ]
