"""Every refusal, by plans that nobody would have made: whatever a plan says, these stay."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from cachemgr.domain.action import Remove, Tidy
from cachemgr.domain.errors import Refused
from cachemgr.domain.plan import Step
from cachemgr.domain.terms import Disposal, Status
from cachemgr.execute.guard import refuse_foreign_home
from cachemgr.service import CacheManager
from tests.builders import Link, machine, tree
from tests.desk import BOX, asked, carry_out, manager, picture, plan_of, removal, root_of
from tests.execute.other_user import as_other_user, needs_root

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")

ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture
def service(home: Path) -> CacheManager:
    return manager(home)


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


@contextmanager
def held(lock: Path) -> Iterator[None]:
    """The lock, held by another process in the way huggingface_hub does."""
    code = (
        "import sys; from filelock import FileLock;"
        f"lock = FileLock({str(lock)!r}); lock.acquire(); print(flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=-1, stdout=-1) as child:
        assert child.stdout is not None
        child.stdout.readline()
        try:
            yield
        finally:
            assert child.stdin is not None
            child.stdin.close()


def test_what_another_process_has_locked_is_in_use(service: CacheManager, box: Path) -> None:
    lock = tree(box / ".locks", {}) / "x.lock"
    with held(lock):
        facts = lock.stat()
        assert refused(service, box, removal(box, "file", lock=(".locks", "x.lock"))) == ["in-use"]
        assert (lock.stat().st_ino, lock.stat().st_mtime_ns) == (facts.st_ino, facts.st_mtime_ns)


def test_a_lock_that_is_free_is_neither_removed_nor_written(service: CacheManager, box: Path) -> None:
    lock = tree(box / ".locks", {"x.lock": "whatever its owner wrote"}) / "x.lock"
    facts = lock.stat()
    done = carry_out(service, plan_of(box, removal(box, "file", lock=(".locks", "x.lock"))))
    assert done.statuses == [Status.DONE]
    assert lock.read_text() == "whatever its owner wrote"
    assert (lock.stat().st_ino, lock.stat().st_mtime_ns) == (facts.st_ino, facts.st_mtime_ns)


def test_the_owner_waits_while_its_file_goes(service: CacheManager, box: Path) -> None:
    """The lock is really taken, so that a download cannot begin in the middle."""
    lock = tree(box / ".locks", {"x.lock": ""}) / "x.lock"
    from cachemgr.execute.guard import Guard

    plan = plan_of(box, step := removal(box, "file", lock=(".locks", "x.lock")))
    with Guard(plan, service._protected()) as guard:
        assert isinstance(step.action, Remove)
        with guard.lock(step, step.action):
            other = FileLock(lock)
            with pytest.raises(TimeoutError):
                other.acquire(timeout=0)
        other.acquire(timeout=0)
        other.release()


def test_a_lock_that_is_a_link_is_not_followed(service: CacheManager, box: Path) -> None:
    tree(box / ".locks", {"x.lock": Link("../file")})
    assert refused(service, box, removal(box, "entry", lock=(".locks", "x.lock"))) == ["in-use"]


@needs_root
def test_files_of_another_user_stay(service: CacheManager, box: Path) -> None:
    os.chown(box / "file", 12345, 12345)
    os.chown(box / "entry" / "deep" / "er" / "b", 12345, 12345)
    steps = removal(box, "file"), removal(box, "entry")
    assert refused(service, box, *steps) == ["foreign-owner", "foreign-owner"]


@contextmanager
def mounted(*arguments: str) -> Iterator[None]:
    place = arguments[-1]
    if subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode:
        pytest.skip("this container may not mount")
    try:
        yield
    finally:
        subprocess.run(["umount", place], check=True)


@needs_root
@pytest.mark.parametrize("kind", ["bind", "tmpfs"])
def test_a_mount_inside_a_unit_keeps_it(kind: str, service: CacheManager, box: Path) -> None:
    outside = tree(box.parent / "outside", {"precious": "mine"})
    inner = box / "entry" / "deep" / "er"
    how = ("--bind", str(outside)) if kind == "bind" else ("-t", "tmpfs", "none")
    with mounted(*how, str(inner)):
        (inner / "precious").write_text("mine")
        step = replace(removal(box, "entry"), seen=None)
        done = carry_out(service, plan_of(box, step))
        assert done.kinds == ["mount-point"]
        assert (inner / "precious").read_text() == "mine"
    assert (outside / "precious").read_text() == "mine"


@needs_root
def test_nothing_is_taken_out_of_a_mount_below_the_root(service: CacheManager, box: Path) -> None:
    outside = tree(box.parent / "outside", {"er": {"b": "mine"}})
    with mounted("--bind", str(outside), str(box / "entry" / "deep")):
        done = carry_out(service, plan_of(box, replace(removal(box, "entry", "deep", "er"), seen=None)))
        assert done.kinds == ["mount-point"]
    assert (outside / "er" / "b").read_text() == "mine"


@needs_root
def test_a_directory_that_cannot_be_looked_into_keeps_its_tree(open_box: Path) -> None:
    """It may hold a credential."""
    tree(open_box, {"entry": {"a": "1", "deep": {"er": {"token": "secret"}}}})
    os.chmod(open_box / "entry" / "deep", 0)
    assert (
        as_other_user(open_box, "print(carry_out(service, plan_of(box, removal(box, 'entry'))).kinds)")
        == "['os']"
    )
    assert (open_box / "entry" / "deep" / "er" / "token").read_text() == "secret"


class TestForeignHome:
    """Who may write at all."""

    def test_under_sudo_writing_needs_to_be_allowed(
        self, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        os.chown(home, 0, 0) if ROOT else None
        with pytest.raises(Refused, match="sudo"):
            refuse_foreign_home(machine(home, env={"SUDO_UID": "1000"}), allow_root=False)
        refuse_foreign_home(machine(home, env={"SUDO_UID": "1000"}), allow_root=True)

    def test_somebody_elses_home_needs_to_be_allowed(
        self, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        user = os.geteuid() + 1
        monkeypatch.setattr(os, "geteuid", lambda: user)
        with pytest.raises(Refused, match="another user"):
            refuse_foreign_home(machine(home), allow_root=False)
        refuse_foreign_home(machine(home), allow_root=True)

    def test_root_in_a_container_with_its_own_home_is_nobody_else(self, home: Path) -> None:
        refuse_foreign_home(machine(home, env={"SUDO_UID": "0"}), allow_root=False)

    def test_nothing_is_written_when_it_is_refused(
        self, home: Path, box: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = picture(home, box)
        service = manager(home, env={"SUDO_UID": "1000"})
        plan = plan_of(box, removal(box, "file"))
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        with pytest.raises(Refused):
            carry_out(service, plan)
        assert picture(home, box) == before


def test_a_plan_names_no_root_it_does_not_pin(service: CacheManager, box: Path) -> None:
    step = removal(box, "file")
    with pytest.raises(KeyError):
        carry_out(service, plan_of([], step))
    assert (box / "file").exists()
    assert step.cache == BOX
