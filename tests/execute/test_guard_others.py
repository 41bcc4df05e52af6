"""What belongs to others stays: locked files, other users' files, mounts, and other people's homes."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from cachemgr.domain.action import Remove
from cachemgr.domain.errors import Refused
from cachemgr.domain.plan import Step
from cachemgr.domain.terms import Status
from cachemgr.execute.guard import Guard, refuse_foreign_home
from cachemgr.service import CacheManager
from tests.builders import Link, machine, tree
from tests.desk import carry_out, manager, picture, plan_of, removal
from tests.execute.other_user import as_other_user, needs_root
from tests.mounting import mounted

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")

ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


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


@needs_root
@pytest.mark.parametrize("kind", ["bind", "tmpfs"])
def test_a_mount_inside_a_unit_keeps_it(kind: str, service: CacheManager, box: Path) -> None:
    outside = tree(box.parent / "outside", {"precious": "mine"})
    inner = box / "entry" / "deep" / "er"
    how = ("--bind", str(outside)) if kind == "bind" else ("-t", "tmpfs", "none")
    with mounted(inner, *how):
        (inner / "precious").write_text("mine")
        step = replace(removal(box, "entry"), seen=None)
        done = carry_out(service, plan_of(box, step))
        assert done.kinds == ["mount-point"]
        assert (inner / "precious").read_text() == "mine"
    assert (outside / "precious").read_text() == "mine"


@needs_root
def test_nothing_is_taken_out_of_a_mount_below_the_root(service: CacheManager, box: Path) -> None:
    outside = tree(box.parent / "outside", {"er": {"b": "mine"}})
    with mounted(box / "entry" / "deep", "--bind", outside):
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
