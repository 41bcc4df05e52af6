"""An answer that does not come, or not whole, is said to be one; and other tools' locks."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock

from cachemgr.domain.terms import Rule
from cachemgr.domain.usage import Unsure, Usage
from cachemgr.scan.in_use import Observer
from tests.builders import Link, tree
from tests.execute.other_user import needs_root
from tests.holders import OPEN, Hold, look, look_from_here, users
from tests.nobody import as_nobody, give_away, needs_permissions, public_directory

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tree(tmp_path / "root", {"unit": {"deep": {"file": "x"}}, "single": "y"})


def look_as_nobody(root: Path) -> tuple[int, int, str | None]:
    """Processes of others and of its own that nobody may not look at, and what follows from that."""
    usage = look_from_here(root)
    return usage.others, usage.own, usage.unsure


@needs_permissions
def test_processes_of_other_users_are_counted_and_leave_a_doubt() -> None:
    with public_directory() as place:
        root = tree(place / "root", {"unit": "x"})
        give_away(place)
        others, _, unsure = as_nobody(lambda: look_as_nobody(root))
    assert (others > 0, unsure) == (True, "unseen")


@needs_root
@linux
def test_threads_of_the_kernel_and_zombies_are_not_among_them() -> None:
    """They have nothing open."""
    zombie = subprocess.Popen(["true"])
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
    with public_directory() as place:
        root = tree(place / "root", {"unit": "x"})
        give_away(place)
        others, own, _ = as_nobody(lambda: look_as_nobody(root))
    running = [pid for pid in os.listdir("/proc") if pid.isdigit() and _has_a_command(pid)]
    zombie.wait()
    # Processes come and go meanwhile; threads of the kernel are dozens.
    assert abs(others + own - len(running)) <= 6


def _has_a_command(pid: str) -> bool:
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        return False


@needs_root
@linux
def test_what_root_holds_is_hidden_from_others_and_their_own_is_not(hold: Hold) -> None:
    with public_directory() as place:
        root = tree(place / "root", {"unit": "x", "mine": "y"})
        give_away(place)
        hold(OPEN, root / "unit")

        def with_a_child() -> list[object]:
            with open(root / "mine") as mine, subprocess.Popen(["sleep", "60"], stdin=mine) as child:
                try:
                    return [users(look_from_here(root), root), child.pid]
                finally:
                    child.kill()

        seen, child = as_nobody(with_a_child)
    assert seen == {"mine": child}


@needs_root
@linux
def test_processes_that_the_system_hides_are_one_at_least(root: Path) -> None:
    code = (
        "import ctypes, os, subprocess, sys; from pathlib import Path\n"
        "from cachemgr.scan.procfs import ProcessFiles\n"
        "sys.exit(77) if ctypes.CDLL(None).unshare(0x20000) else None\n"
        "subprocess.run(['mount', '--make-rprivate', '/'], check=True)\n"
        "subprocess.run(['mount', '-t', 'proc', '-o', 'hidepid=2', 'proc', '/proc'], check=True)\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "watcher = ProcessFiles((Path('/tmp'),), frozenset()); list(watcher.look())\n"
        "print(watcher.others)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    if done.returncode == 77 or b"mount" in done.stderr:
        pytest.skip("this container may not mount")
    assert (done.stdout, done.stderr) == (b"1\n", b"")


SLEEP = "import time; time.sleep(60)"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (SLEEP, Unsure.TIMED_OUT),
        (f"import sys; sys.stdin.read(); print('{{}}', flush=True); {SLEEP}", Unsure.TIMED_OUT),
        (f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}", Unsure.TIMED_OUT),
        ("raise SystemExit(3)", Unsure.FAILED),
        ("import os; os.abort()", Unsure.FAILED),
        ("pass", Unsure.FAILED),
        ("print('no JSON')", Unsure.FAILED),
        ("print('[1]')", Unsure.FAILED),
        ('print(\'{"saw": "place", "root": 7, "names": []}\')', Unsure.FAILED),
        ('print(\'{"saw": "end"}\')', Unsure.FAILED),
    ],
)
def test_an_observer_that_hangs_dies_or_babbles_leaves_a_doubt(answer: str, why: Unsure, root: Path) -> None:
    begun = time.monotonic()
    usage = Observer((sys.executable, "-c", answer), seconds=2.0).look([(root, ())])
    assert time.monotonic() - begun < 10
    assert (usage.unsure, usage.places) == (why, {})


def test_an_observer_that_is_not_there_leaves_a_doubt(root: Path) -> None:
    assert Observer(("/no/such/program",)).look([(root, ())]).unsure is Unsure.FAILED


def test_what_it_said_before_it_hung_counts(root: Path) -> None:
    said = '{"saw": "place", "root": 0, "names": ["unit", "deep"], "pid": 7, "name": "tool"}\n{"saw":'
    code = f"print({said!r}, end='', flush=True); {SLEEP}"
    usage = Observer((sys.executable, "-c", code), seconds=2.0).look([(root, ())])
    assert (usage.unsure, users(usage, root)) == (Unsure.TIMED_OUT, {"unit": 7})


@linux
def test_an_observer_whom_nobody_waits_for_ends_by_itself() -> None:
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "cachemgr.scan.observer"], stdin=-1, stdout=-1
    ) as child:
        assert child.stdin is not None
        child.stdin.write(b'{"roots": [], "locks": [], "processes": true, "leave_out": [], "seconds": -0.9}')
        child.stdin.close()
        assert child.wait(20) in (0, -14)


def test_where_there_is_nothing_to_ask_nobody_is_asked() -> None:
    broken = Observer(("/no/such/program",))
    assert broken.look([]) == Usage()
    assert broken.look([(Path("/box"), ())], [Rule.IN_USE]) == Usage()


LOCKED = "from filelock import FileLock\nlock = FileLock(sys.argv[1]); lock.acquire()"


def test_a_lock_is_named_with_who_holds_it(root: Path, hold: Hold) -> None:
    tree(root, {"locks": {"b.lock": ""}})
    pid = hold(LOCKED, root / "locks" / "a.lock")
    one, other, all_of_them = ("locks", "a.lock"), ("locks", "b.lock"), ("locks",)
    usage = look(root, one, other, all_of_them, ("none",))
    assert set(usage.locks) == {(root, one), (root, all_of_them)}
    who = usage.holder(root, ("unit",), None, all_of_them)
    assert who is not None
    assert (who.pid, who.lock, who.name[:6]) == (pid, True, "python")
    assert usage.holder(root, ("unit",), None, other) is None


@pytest.mark.skipif(sys.platform == "win32", reason="flock(2)")
def test_a_lock_that_is_shared_is_held(root: Path, hold: Hold) -> None:
    """So uv holds its cache's, in every process that works with it."""
    (root / ".lock").touch()
    pid = hold(
        "import fcntl; fd = os.open(sys.argv[1], os.O_RDWR); fcntl.flock(fd, fcntl.LOCK_SH)", root / ".lock"
    )
    assert look(root, (".lock",)).locks[root, (".lock",)].pid == pid


@needs_root
@linux
def test_the_kernel_says_who_holds_a_lock_though_we_may_not_look_at_them(hold: Hold) -> None:
    with public_directory() as place:
        root = tree(place / "root", {"a.lock": ""})
        give_away(place)
        pid = hold(LOCKED, root / "a.lock")
        seen = as_nobody(lambda: [who.label for who in look_from_here(root, ("a.lock",)).locks.values()])
    assert len(seen) == 1
    assert seen[0].startswith("lock of python")
    assert seen[0].endswith(f" ({pid})")


def test_a_lock_is_seen_even_where_processes_are_not_asked(root: Path) -> None:
    with FileLock(root / "a.lock"):
        usage = Observer(seconds=30.0).look([(root, ("a.lock",))], [Rule.IN_USE])
    assert set(usage.locks) == {(root, ("a.lock",))}
    assert (usage.places, usage.unsure) == ({}, None)


def test_trying_a_lock_changes_nothing_and_keeps_nothing(root: Path) -> None:
    lock = root / "a.lock"
    lock.write_text("its owner's")
    os.utime(lock, (1, 2))
    assert not look(root, ("a.lock",)).locks
    assert (lock.stat().st_atime, lock.stat().st_mtime) == (1, 2)
    assert lock.read_text() == "its owner's"
    with FileLock(lock, timeout=0):
        assert look(root, ("a.lock",)).locks


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")
def test_a_lock_that_cannot_be_tried_may_be_held_and_keeps_nobody_waiting(root: Path) -> None:
    os.mkfifo(root / "fifo.lock")
    tree(root, {"link.lock": Link("single"), "loop": Link("loop")})
    usage = look(root, ("fifo.lock",), ("link.lock",), ("loop", "x.lock"), ("loop", "locks"))
    assert (usage.gap, {names: who.label for (_, names), who in usage.locks.items()}) == (
        None,
        {("link.lock",): "lock out of reach", ("loop", "x.lock"): "lock out of reach"},
    )
