"""Who uses what, seen on real processes that hold real files."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import Link, tree
from tests.execute.other_user import needs_root
from tests.holders import INSIDE, MAPPED, OPEN, Hold, look, users

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tree(tmp_path / "root", {"unit": {"deep": {"file": "x" * 5000}}, "single": "y", "other": "z"})


@pytest.mark.parametrize(
    ("code", "what", "unit"),
    [
        (OPEN, "single", "single"),
        (OPEN, "unit/deep/file", "unit"),
        pytest.param(MAPPED, "unit/deep/file", "unit", marks=linux),
        pytest.param(MAPPED, "single", "single", marks=linux),
        (INSIDE, "unit/deep", "unit"),
        (INSIDE, "unit", "unit"),
    ],
    ids=["open", "open-deep", "mapped-and-closed", "mapped-alone", "inside", "in-it"],
)
def test_what_a_process_holds_is_in_use_by_it(
    code: str, what: str, unit: str, root: Path, hold: Hold
) -> None:
    assert users(look(root), root) == {}
    pid = hold(code, root / what)
    usage = look(root)
    assert users(usage, root) == {unit: pid}
    who = usage.holder(root, (unit,))
    assert who is not None
    assert who.name.startswith("python")


@linux
def test_a_program_that_runs_from_a_cache_is_in_use(root: Path) -> None:
    program = root / "unit" / "tool"
    program.write_bytes(Path("/bin/sleep").read_bytes())
    program.chmod(0o755)
    with subprocess.Popen([program, "60"]) as child:
        try:
            assert users(look(root), root) == {"unit": child.pid}
        finally:
            child.kill()


def test_the_root_itself_and_a_name_that_only_begins_alike_are_no_use_of_a_unit(
    root: Path, hold: Hold
) -> None:
    tree(root, {"unit-2": {"file": "x"}, "2": {"unit": "x"}})
    hold(INSIDE, root)
    hold(OPEN, root / "unit-2" / "file")
    hold(OPEN, tree(root.parent / "root-2", {"unit": "x"}) / "unit")
    assert list(users(look(root), root)) == ["unit-2"]


@linux
@pytest.mark.parametrize("code", [OPEN, MAPPED, INSIDE], ids=["open", "mapped", "inside"])
def test_what_was_deleted_is_used_by_nobody_though_another_has_its_name(
    code: str, root: Path, hold: Hold
) -> None:
    what = root / "unit" / "deep"
    hold(code, what if code == INSIDE else what / "file")
    (what / "file").unlink()
    what.rmdir()
    tree(root, {"unit/deep": {"file": "new"}})
    assert users(look(root), root) == {}


@linux
@pytest.mark.parametrize("code", [OPEN, MAPPED], ids=["open", "mapped"])
def test_a_name_that_ends_like_the_kernels_remark_is_a_name(code: str, root: Path, hold: Hold) -> None:
    tree(root, {"unit": {"file (deleted)": "x"}, "single (deleted)": "x"})
    one = hold(code, root / "unit" / "file (deleted)")
    two = hold(code, root / "single (deleted)")
    assert users(look(root), root) == {"unit": one, "single (deleted)": two}


@linux
@pytest.mark.parametrize("code", [OPEN, MAPPED], ids=["open", "mapped"])
@pytest.mark.parametrize("name", [b"line\nfeed", b"back\\012slash", b"caf\xe9", b"sp ace", b"\x1b[31m"])
def test_odd_names_are_found(code: str, name: bytes, root: Path, hold: Hold) -> None:
    """The map of a process writes a line feed as an escape, and a backslash as itself."""
    place = os.path.join(os.fsencode(root / "unit"), name)
    with open(place, "wb") as file:
        file.write(b"x")
    program = code.replace("sys.argv[1]", repr(place))
    pid = hold(program)
    usage = look(root)
    assert users(usage, root) == {"unit": pid}
    assert usage.holder(root, ("unit", os.fsdecode(name))) is not None


@linux
@pytest.mark.parametrize("code", [OPEN, MAPPED], ids=["open", "mapped"])
def test_a_file_is_found_under_another_name_and_a_trees_files_are_not(
    code: str, root: Path, hold: Hold
) -> None:
    """uv links the files of its archive into environments, which do not miss the archive's names."""
    os.link(root / "single", root.parent / "elsewhere")
    os.link(root / "unit" / "deep" / "file", root.parent / "from-the-tree")
    pid = hold(code, root.parent / "elsewhere")
    hold(code, root.parent / "from-the-tree")
    assert users(look(root), root) == {"single": pid}


@linux
def test_what_was_deleted_under_its_other_name_is_still_the_same_file(root: Path, hold: Hold) -> None:
    os.link(root / "single", root.parent / "elsewhere")
    pid = hold(OPEN, root.parent / "elsewhere")
    (root.parent / "elsewhere").unlink()
    assert users(look(root), root) == {"single": pid}


def test_a_link_is_not_used_by_who_follows_it(root: Path, hold: Hold) -> None:
    tree(root, {"pointer": Link("single")})
    pid = hold(OPEN, root / "pointer")
    assert users(look(root), root) == {"single": pid}


def test_we_and_our_observer_hold_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root / "unit")
    with open(root / "single"):
        assert users(look(root), root) == {}


@needs_root
@pytest.mark.parametrize("target", ["unit", "unit/deep"])
def test_a_bind_mount_leads_to_the_same_unit(target: str, root: Path, hold: Hold, tmp_path: Path) -> None:
    shown = tree(tmp_path / "shown", {})
    if subprocess.run(["mount", "--bind", root / target, shown], check=False).returncode:
        pytest.skip("this container may not mount")
    try:
        pid = hold(OPEN, shown / ("deep/file" if target == "unit" else "file"))
        assert users(look(root), root) == {"unit": pid}
    finally:
        subprocess.run(["umount", "-l", shown], check=True)


CONTAINER = """
import ctypes, subprocess
if ctypes.CDLL(None).unshare(0x20000):
    sys.exit(1)
subprocess.run(['mount', '--make-rprivate', '/'], check=True)
subprocess.run(['mount', '--bind', sys.argv[1], sys.argv[2]], check=True)
sys.argv[1] = os.path.join(sys.argv[2], sys.argv[3])
"""


@needs_root
@linux
@pytest.mark.parametrize("code", [OPEN, MAPPED, INSIDE], ids=["open", "mapped", "inside"])
@pytest.mark.parametrize("what", ["unit/deep/file", "single"])
def test_a_container_that_mounts_the_cache_elsewhere_is_seen(
    code: str, what: str, root: Path, hold: Hold, tmp_path: Path
) -> None:
    """Only it knows that mount: for us, its path names something else."""
    shown = tree(tmp_path / "shown", {"unit": {"deep": {"file": "another"}}, "single": "another"})
    what = "unit/deep" if code == INSIDE else what
    try:
        pid = hold(CONTAINER + code, root, shown, what)
    except AssertionError:
        pytest.skip("this container may not have namespaces of its own")
    assert users(look(root), root) == {what.partition("/")[0]: pid}
    assert users(look(shown), shown) == {}


@needs_root
@linux
def test_a_process_that_sees_another_root_is_told_by_what_it_sees(root: Path, hold: Hold) -> None:
    """The same path, in a container, is another file."""
    other = tree(root.parent / "other", {"single": "another"})
    try:
        hold(CONTAINER + OPEN, other, root, "single")
    except AssertionError:
        pytest.skip("this container may not have namespaces of its own")
    assert users(look(root), root) == {}
