"""Filling a directory with encodings: interrupted at every call, raced, refused, on a full disk."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from cachemgr.domain.encoding_plan import EncodingAction, EncodingFinished, EncodingOutcome, EncodingPlan
from cachemgr.domain.errors import Unavailable
from cachemgr.encodings import Encodings
from tests.builders import fingerprint
from tests.encodings import CL100K, cl100k, place
from tests.execute.other_user import as_other_user, needs_root
from tests.managers import manager

PROGRAM = """
import os, signal, sys
from pathlib import Path
from cachemgr.execute import system
from tests.managers import manager

home, source, cache, fatal = *map(Path, sys.argv[1:4]), int(sys.argv[4])
calls = 0
def fatally(name):
    do = getattr(system, name)
    def wrapped(*arguments):
        global calls
        calls += 1
        if calls == fatal:
            if name == "write_new":
                parent, file, content, *rest = arguments
                do(parent, file, content[: len(content) // 2], *rest)
            os.kill(os.getpid(), signal.SIGKILL)
        return do(*arguments)
    setattr(system, name, wrapped)
for name in ("mkdir", "move", "sync", "unlink", "write_new"):
    fatally(name)
encodings = manager(home).encodings
plan = encodings.plan_warm((), encodings.directory(cache), encodings.cache(source))
for event in encodings.execute(plan):
    pass
print(calls)
"""
"""A warm from local files that kills itself at the given call that changes something; at a write, in the
middle of it."""


def warm(home: Path, source: Path, cache: Path, fatal: int = 0) -> int:
    """How many such calls it made; 0 when it was killed."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, home, source, cache, str(fatal)],
        capture_output=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    assert bool(done.returncode) == bool(fatal)
    return int(done.stdout or 0)


def fill(encodings: Encodings, source: Path, cache: Path) -> list[tuple[str, str]]:
    """Status and trouble of each file."""
    plan = encodings.plan_warm((), encodings.directory(cache), encodings.cache(source))
    return kinds(outcomes(encodings, plan))


def outcomes(encodings: Encodings, plan: EncodingPlan) -> list[EncodingOutcome]:
    return [e.outcome for e in encodings.execute(plan) if isinstance(e, EncodingFinished)]


def kinds(found: Iterable[EncodingOutcome]) -> list[tuple[str, str]]:
    return [(one.status.value, one.trouble.kind if one.trouble else "") for one in found]


@pytest.fixture
def encodings(home: Path) -> Encodings:
    return manager(home).encodings


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A directory with the real cl100k_base."""
    return place(tmp_path / "source").parent


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize("wrong", [None, b"wrong"], ids=["empty", "wrong"])
def test_a_kill_at_any_call_leaves_no_half_file_under_its_name(
    wrong: bytes | None, tmp_path: Path, home: Path, source: Path
) -> None:
    def cache(name: str) -> Path:
        if wrong is not None:
            place(tmp_path / name, wrong)
        return tmp_path / name

    total = warm(home, source, cache("trial"))
    assert total >= (5 if wrong is None else 6)
    for fatal in range(1, total + 1):
        killed = cache(f"killed-{fatal}")
        warm(home, source, killed, fatal)
        there = {file.name: file.read_bytes() for file in killed.iterdir()} if killed.exists() else {}
        assert there.get(CL100K.file) in (None, cl100k(), wrong)
        # A wrong file is somebody's until a person clears it.
        assert wrong is None or wrong in there.values()
        fill(manager(home).encodings, source, killed)
        assert (killed / CL100K.file).read_bytes() == cl100k()


def test_somebody_who_was_faster_with_the_right_file_is_no_trouble(
    encodings: Encodings, tmp_path: Path, source: Path
) -> None:
    plan = encodings.plan_warm((), encodings.directory(tmp_path / "cache"), encodings.cache(source))
    place(tmp_path / "cache")

    assert kinds(outcomes(encodings, plan)) == [("done", "")]
    assert os.listdir(tmp_path / "cache") == [CL100K.file]


def test_somebody_who_was_faster_with_another_file_keeps_it(
    encodings: Encodings, tmp_path: Path, source: Path
) -> None:
    plan = encodings.plan_warm((), encodings.directory(tmp_path / "cache"), encodings.cache(source))
    place(tmp_path / "cache", b"theirs")

    assert kinds(outcomes(encodings, plan)) == [("refused", "conflict")]
    assert [file.read_bytes() for file in (tmp_path / "cache").iterdir()] == [b"theirs"]


def test_a_wrong_file_that_changed_since_the_plan_is_not_set_aside(
    encodings: Encodings, tmp_path: Path, source: Path
) -> None:
    place(tmp_path / "cache", b"wrong")
    plan = encodings.plan_warm((), encodings.directory(tmp_path / "cache"), encodings.cache(source))
    place(tmp_path / "cache", b"another")

    assert kinds(outcomes(encodings, plan)) == [("skipped", "changed")]
    assert [file.read_bytes() for file in (tmp_path / "cache").iterdir()] == [b"another"]


def test_a_source_that_changed_since_the_plan_is_not_copied(
    encodings: Encodings, tmp_path: Path, source: Path
) -> None:
    plan = encodings.plan_warm((), encodings.directory(tmp_path / "cache"), encodings.cache(source))
    place(source, cl100k() + b"x")

    assert kinds(outcomes(encodings, plan)) == [("skipped", "changed")]
    assert os.listdir(tmp_path / "cache") == []


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_link_in_the_place_of_a_file_is_neither_followed_nor_replaced(
    encodings: Encodings, tmp_path: Path, source: Path
) -> None:
    outside = place(tmp_path / "outside", b"mine")
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / CL100K.file).symlink_to(outside)
    before = fingerprint(tmp_path)

    plan = encodings.plan_warm((), encodings.directory(tmp_path / "cache"), encodings.cache(source))

    assert kinds(outcomes(encodings, plan)) == [("refused", "conflict")]
    assert fingerprint(tmp_path) == before


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_directory_that_is_reached_by_a_link_is_filled_where_it_is(
    encodings: Encodings, tmp_path: Path, source: Path
) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")

    plan = encodings.plan_warm((), encodings.directory(tmp_path / "link/a/b"), encodings.cache(source))
    assert plan.steps[0].action is EncodingAction.COPY
    assert kinds(outcomes(encodings, plan)) == [("done", "")]
    assert (tmp_path / "real" / "a" / "b" / CL100K.file).read_bytes() == cl100k()


def test_files_are_for_everybody_as_far_as_the_umask_lets_them(
    encodings: Encodings, tmp_path: Path, source: Path
) -> None:
    before = os.umask(0o022)
    try:
        plan = encodings.plan_warm((), encodings.directory(tmp_path / "cache"), encodings.cache(source))
        outcomes(encodings, plan)
    finally:
        os.umask(before)

    if sys.platform != "win32":
        assert (tmp_path / "cache" / CL100K.file).stat().st_mode & 0o777 == 0o644
        assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o755


def test_a_file_in_the_place_of_the_directory_is_said(
    encodings: Encodings, tmp_path: Path, source: Path
) -> None:
    plan = encodings.plan_warm((), encodings.directory(tmp_path / "f" / "cache"), encodings.cache(source))
    (tmp_path / "f").write_text("mine")

    with pytest.raises(Unavailable, match=r"cannot be written to: Not a directory|cannot be written to"):
        outcomes(encodings, plan)
    assert (tmp_path / "f").read_text() == "mine"


@needs_root
def test_a_directory_that_may_not_be_written_to_is_one_sentence(open_box: Path) -> None:
    place(open_box / "source")
    (open_box / "cache").mkdir(mode=0o555)
    code = """
from cachemgr.domain.errors import Unavailable
one = service.encodings
plan = one.plan_warm((), one.directory(box / "cache"), one.cache(box / "source"))
try:
    list(one.execute(plan))
except Unavailable as error:
    print(error)
"""

    said = as_other_user(
        open_box, code, "import cachemgr.encodings, cachemgr.execute.encodings, cachemgr.journal.store"
    )

    assert said == f"{open_box / 'cache'} cannot be written to: Permission denied; name another directory"
    assert os.listdir(open_box / "cache") == []


@needs_root
def test_a_wrong_file_of_another_user_stays(open_box: Path) -> None:
    place(open_box / "source")
    (open_box / "cache").mkdir()
    code = """
from cachemgr.domain.encoding_plan import EncodingFinished
one = service.encodings
plan = one.plan_warm((), one.directory(box / "cache"), one.cache(box / "source"))
for event in one.execute(plan):
    if isinstance(event, EncodingFinished):
        print(event.outcome.trouble.kind)
"""
    before = (
        "import cachemgr.encodings, cachemgr.execute.encodings, cachemgr.journal.store;"
        "wrong = Path(sys.argv[1]) / 'cache' / " + repr(CL100K.file) + "; wrong.write_bytes(b'wrong');"
    )

    assert as_other_user(open_box, code, before) == "foreign-owner"
    assert [file.read_bytes() for file in (open_box / "cache").iterdir()] == [b"wrong"]


@needs_root
@pytest.mark.skipif(shutil.which("mount") is None, reason="there is no mount")
def test_a_full_disk_is_said_and_leaves_nothing_half(
    encodings: Encodings, tmp_path: Path, source: Path
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", small], check=True)
    try:
        there = encodings.directory(small / "cache")
        plan = encodings.plan_warm(("gpt-4", "gpt-4o"), there, encodings.cache(source))
        (first, second) = outcomes(encodings, plan)

        assert kinds([first, second]) == [("failed", "os"), ("failed", "missing")]
        assert first.trouble is not None
        assert first.trouble.errno == 28
        assert os.listdir(small / "cache") == []
    finally:
        subprocess.run(["umount", small], check=True)
