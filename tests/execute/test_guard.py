"""Every refusal, by plans that nobody would have made: whatever a plan says, these stay."""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cachemgr.domain.action import Remove, Tidy
from cachemgr.domain.plan import Step
from cachemgr.domain.terms import Disposal, Status
from cachemgr.service import CacheManager
from tests.builders import Link, machine, tree
from tests.desk import BOX, asked, carry_out, manager, picture, plan_of, removal, root_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")


@pytest.fixture
def box(tmp_path: Path) -> Path:
    return tree(tmp_path / "box", {"entry": {"a": "1", "deep": {"er": {"b": "2"}}}, "file": "3"})


def refused(service: CacheManager, box: Path, *steps: Step) -> list[str | None]:
    """Why each step was not done, after making sure that nothing changed."""
    before = picture(box)
    done = carry_out(service, plan_of(box, *steps))
    assert Status.DONE not in done.statuses
    assert picture(box) == before
    return done.kinds


@pytest.mark.parametrize(
    "names",
    [
        (),
        ("",),
        (".",),
        ("..",),
        ("..", "sentinel"),
        ("entry", "..", "file"),
        ("entry/a",),
        ("/etc",),
        ("file\0",),
        (".cachemgr-quarantine-20261120-150000-0badf00d",),
        (".cachemgr-quarantine-x", "1"),
    ],
)
@pytest.mark.parametrize("tidy", [False, True])
def test_a_name_is_never_a_way_to_somewhere_else(
    names: tuple[str, ...], tidy: bool, service: CacheManager, box: Path
) -> None:
    sentinel = tree(box.parent / "sentinel", {"precious": "mine"})
    tree(box, {".cachemgr-quarantine-x": {"1": "not ours to take"}})
    step = asked(Tidy(names) if tidy else Remove(names, Disposal.DELETE), box / "file")
    assert refused(service, box, step) == ["outside"]
    assert (sentinel / "precious").read_text() == "mine"


def test_what_goes_along_with_a_container_is_no_way_out_either(service: CacheManager, box: Path) -> None:
    tree(box.parent / "sentinel", {})
    (box / "empty").mkdir()
    step = asked(Tidy(("empty",), (("..", "..", "sentinel"),)), box / "empty")
    assert refused(service, box, step) == ["outside"]
    assert (box.parent / "sentinel").is_dir()


def test_a_lock_is_no_way_out_either(service: CacheManager, box: Path) -> None:
    step = removal(box, "file", lock=("..", "sentinel", "x.lock"))
    assert refused(service, box, step) == ["outside"]


def swap_for_directory(box: Path) -> None:
    box.rename(box.with_name("moved"))
    tree(box, {"entry": {"a": "1"}, "file": "3"})


def swap_for_link(box: Path) -> None:
    box.rename(box.with_name("moved"))
    box.symlink_to("moved")


@pytest.mark.parametrize("swap", [swap_for_directory, swap_for_link])
def test_a_root_is_the_directory_that_was_scanned_and_not_its_name(
    swap: Callable[[Path], None], service: CacheManager, box: Path
) -> None:
    plan = plan_of(box, removal(box, "entry"), removal(box, "file"))
    swap(box)
    before = picture(box.parent)
    assert carry_out(service, plan).kinds == ["root-changed", "root-changed"]
    assert picture(box.parent) == before


def test_an_ancestor_that_became_a_link_leads_nowhere(service: CacheManager, box: Path) -> None:
    sentinel = tree(box.parent / "sentinel", {"er": {"b": "2"}})
    plan = plan_of(box, removal(box, "entry", "deep", "er"))
    (box / "entry" / "deep").rename(box.parent / "aside")
    (box / "entry" / "deep").symlink_to(sentinel)
    assert carry_out(service, plan).kinds == ["changed"]
    assert (sentinel / "er" / "b").read_text() == "2"
    # Not even to the very directory that was meant, which somebody moved out of the cache.
    (box / "entry" / "deep").unlink()
    (box / "entry" / "deep").symlink_to(box.parent / "aside")
    assert carry_out(service, plan).kinds == ["changed"]
    assert (box.parent / "aside" / "er" / "b").read_text() == "2"


def other_inode(path: Path) -> None:
    copy = path.with_name("copy")
    copy.write_bytes(path.read_bytes())
    facts = path.stat()
    copy.replace(path)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def other_size(path: Path) -> None:
    facts = path.stat()
    path.write_text("longer than before")
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def other_time(path: Path) -> None:
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))


def other_kind(path: Path) -> None:
    path.unlink()
    path.symlink_to("entry")


@pytest.mark.parametrize("change", [other_inode, other_size, other_time, other_kind])
def test_a_unit_that_is_not_what_was_shown_stays(
    change: Callable[[Path], None], service: CacheManager, box: Path
) -> None:
    step = removal(box, "file")
    change(box / "file")
    assert refused(service, box, step) == ["changed"]


@pytest.mark.parametrize("name", ["new", "deep/er/new", "deep/link"])
def test_a_tree_that_got_something_new_in_its_depths_stays(
    name: str, service: CacheManager, box: Path
) -> None:
    step = removal(box, "entry")
    top = (box / "entry").stat()
    tree(box / "entry", {name: Link("a") if name.endswith("link") else "written after the plan was shown"})
    os.utime(box / "entry", ns=(top.st_atime_ns, top.st_mtime_ns))
    assert refused(service, box, step) == ["changed"]


def test_a_tree_in_whose_depths_something_was_written_stays(service: CacheManager, box: Path) -> None:
    for name in ("a", "deep/er/b"):
        os.utime(box / "entry" / name, (1, 1))
    step = removal(box, "entry")
    (box / "entry" / "deep" / "er" / "b").write_text("4")
    assert refused(service, box, step) == ["changed"]


def test_what_is_gone_is_skipped(service: CacheManager, box: Path) -> None:
    step = removal(box, "file")
    (box / "file").unlink()
    assert refused(service, box, step) == ["missing"]


CREDENTIALS = [
    "token",
    "stored_tokens",
    ".env",
    "prod.env",
    "server.pem",
    "id_rsa",
    "credentials.json",
    "Token",
]


@pytest.mark.parametrize("name", CREDENTIALS)
def test_a_credential_is_no_unit(name: str, service: CacheManager, box: Path) -> None:
    tree(box, {name: "secret"})
    assert refused(service, box, removal(box, name)) == ["credential"]


@pytest.mark.parametrize("name", CREDENTIALS)
def test_a_tree_that_holds_a_credential_stays(name: str, service: CacheManager, box: Path) -> None:
    tree(box, {"entry": {"deep": {"er": {name: "secret"}}}})
    assert refused(service, box, removal(box, "entry")) == ["protected"]


def test_a_tree_below_a_credential_stays(service: CacheManager, box: Path) -> None:
    tree(box, {"credentials": {"of": "somebody"}})
    assert refused(service, box, removal(box, "credentials", "of")) == ["credential"]


def test_other_peoples_packages_may_hold_such_names(service: CacheManager, box: Path) -> None:
    tree(box, {"entry": {"deep": {"credentials.py": "a module"}}})
    plan = plan_of([root_of(box, third_party=True)], removal(box, "entry"))
    assert carry_out(service, plan).statuses == [Status.DONE]


@pytest.mark.parametrize(
    "place", [".", "..", "../..", ".config", ".ssh", ".cache", "Documents", ".local/share", "work", "project"]
)
def test_a_protected_directory_is_no_root(place: str, home: Path, project: Path, tmp_path: Path) -> None:
    here = home / "work"
    target = Path(os.path.normpath(project if place == "project" else home / place))
    target.mkdir(parents=True, exist_ok=True)
    here.mkdir(exist_ok=True)
    victim = target / "victim"
    victim.write_text("mine")
    service = manager(home, state=tmp_path / "state")
    service = replace(service, machine=machine(home, cwd=here), project=project)
    done = carry_out(service, plan_of(target, removal(target, "victim")))
    assert done.kinds == ["protected-root"]
    assert victim.read_text() == "mine"


def test_a_unit_that_holds_the_working_directory_or_our_own_state_stays(home: Path, box: Path) -> None:
    inside = tree(box / "entry" / "deep" / "state", {})
    service = manager(home, state=inside)
    step = removal(box, "entry")
    assert carry_out(service, plan_of(box, replace(step, seen=None))).kinds[0] in (
        "protected-root",
        "protected",
    )
    assert (box / "entry" / "a").is_file()


def test_a_plan_names_no_root_it_does_not_pin(service: CacheManager, box: Path) -> None:
    step = removal(box, "file")
    with pytest.raises(KeyError):
        carry_out(service, plan_of([], step))
    assert (box / "file").exists()
    assert step.cache == BOX
