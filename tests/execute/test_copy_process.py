"""The second process that copies small files: what it does is right, and whatever becomes of it nothing is
lost."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from cachemgr.disk import handles
from cachemgr.execute.consignment import Copied, CopyProgress, NotCopied, Stage, mark
from cachemgr.execute.copy_process import CopyProcess, Done
from cachemgr.execute.small_files import Order, copy
from tests.builders import fingerprint
from tests.execute.copying import Freight

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="no process can be handed open directories there"
)
FILES = 4000


def many(root: Path, files: int = FILES) -> Path:
    unit = root / "unit"
    for number in range(files):
        place = unit / f"{number % 7}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number}").write_bytes(b"%d\n" % number * (number % 90))
        os.utime(place / f"{number}", ns=(number, number * 10**9))
        (place / f"{number}").chmod(0o600 + number % 8)
    (unit / "0" / os.fsdecode(b"\xff\n")).write_bytes(b"a name that is no text")
    return root


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with many files, for tests that only read them."""
    return many(tmp_path_factory.mktemp("crowd") / "root")


def others() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def all_of(process: CopyProcess) -> Done:
    done = process.take(20)
    assert done is not None
    return done


def ordered(source: Path, name: str, how: str = "") -> Order:
    return Order(name, name, mark((source / name).lstat()), how)


def test_a_second_process_takes_part_and_is_gone_at_the_end(crowd: Path, tmp_path: Path) -> None:
    seen: set[int] = set()
    with Freight(crowd, tmp_path / "staging") as freight:
        end = freight.copy(freight.unit("unit"), during=lambda _: seen.update(one.pid for one in others()))
    assert isinstance(end, Copied)
    assert end.files == FILES + 1
    assert fingerprint(tmp_path / "staging" / "unit") == fingerprint(crowd / "unit")
    assert len(seen) == 1
    assert not others()


@pytest.mark.parametrize("stage", list(Stage), ids=str)
def test_if_it_is_killed_the_copy_is_complete_all_the_same(stage: Stage, crowd: Path, tmp_path: Path) -> None:
    killed: list[int] = []

    def kill(event: object) -> None:
        if isinstance(event, CopyProgress) and event.stage is stage and event.files > 3000 and not killed:
            for one in others():
                one.kill()
                killed.append(one.pid)

    with Freight(crowd, tmp_path / "staging") as freight:
        end = freight.copy(freight.unit("unit"), during=kill)
    assert isinstance(end, Copied)
    assert (end.files, len(killed)) == (FILES + 1, 1)
    assert fingerprint(tmp_path / "staging" / "unit") == fingerprint(crowd / "unit")


def test_it_does_not_outlive_whoever_is_killed(crowd: Path, tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from tests.execute.copying import Freight\n"
        "def stay(event):\n"
        f"    getattr(event, 'files', 0) > {FILES // 2} and (print('now', flush=True), time.sleep(60))\n"
        "with Freight(Path(sys.argv[1]), Path(sys.argv[2])) as freight:\n"
        "    freight.copy(freight.unit('unit'), during=stay)\n"
    )
    argv = [sys.executable, "-c", code, str(crowd), str(tmp_path / "staging")]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"now\n"
        (worker,) = psutil.Process(process.pid).children()
        process.send_signal(signal.SIGKILL)
    worker.wait(10)


def test_what_goes_wrong_there_is_said_here(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    for place in (source, target):
        place.mkdir()
    for name in ("first", "changed", "link", "last"):
        (source / name).write_text(name)
    orders = {name: ordered(source, name) for name in ("first", "changed", "link", "last")}
    (source / "changed").write_text("another")
    (source / "link").unlink()
    (source / "link").symlink_to(source / "first")
    (target / "first").write_text("somebody else's")
    process = CopyProcess()
    folders = [handles.open_root(place) for place in (source, target)]
    try:
        for name, kind in (("changed", "changed"), ("link", "changed"), ("first", "os")):
            process.give("copy", folders[0], folders[1], [orders["last"], orders[name], orders["last"]])
            done = all_of(process)
            assert [len(answer.digest) for answer in done.answers] == [32]
            assert done.failure is not None, name
            assert done.failure.trouble.kind == kind, name
            (target / "last").unlink()
        assert (target / "first").read_text() == "somebody else's"
        assert sorted(os.listdir(target)) == ["first"]
        process.give("read", folders[0], folders[1], [orders["first"]])
        failure = all_of(process).failure
        assert failure is not None
        assert failure.trouble.kind == "corrupt"  # it has another length
    finally:
        process.close()
        for folder in folders:
            handles.close(folder)


@pytest.mark.parametrize("number", [2222, 3999])
def test_a_copy_that_was_damaged_is_found_whoever_reads_it(number: int, tmp_path: Path) -> None:
    root, staging = many(tmp_path / "root"), tmp_path / "staging"
    place = f"{number % 7}/{number}"
    (root / "unit" / place).write_bytes(b"right")

    def damage(event: object) -> None:
        if isinstance(event, CopyProgress) and event.stage is Stage.VERIFYING and not event.files:
            (staging / "unit" / place).write_bytes(b"wrong")

    with Freight(root, staging) as freight:
        end = freight.copy(freight.unit("unit"), during=damage)
    assert isinstance(end, NotCopied)
    assert (end.trouble.kind, end.trouble.detail) == ("corrupt", f"unit/{place}")
    assert not os.listdir(staging)


def test_a_copy_that_is_dropped_takes_the_process_with_it(crowd: Path, tmp_path: Path) -> None:

    class Enough(Exception):
        pass

    def stop(event: object) -> None:
        if others():
            raise Enough

    with Freight(crowd, tmp_path / "staging") as freight, pytest.raises(Enough):
        freight.copy(freight.unit("unit"), during=stop)
    begun = time.monotonic()
    while others():
        assert time.monotonic() < begun + 10
        time.sleep(0.01)


def test_it_runs_this_package_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a variable nor the working directory leads to another one."""
    for word in ("cwd", "path"):
        other = tmp_path / word / "cachemgr"
        other.mkdir(parents=True)
        (other / "__init__.py").write_text(f"open({str(tmp_path / 'run')!r}, 'w')")
    monkeypatch.chdir(tmp_path / "cwd")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'path'}:")
    source, target = tmp_path / "source", tmp_path / "target"
    for place in (source, target):
        place.mkdir()
    (source / "name").write_text("content")
    process = CopyProcess()
    folders = [handles.open_root(place) for place in (source, target)]
    try:
        process.give("copy", folders[0], folders[1], [ordered(source, "name")])
        assert all_of(process).failure is None
    finally:
        process.close()
        for folder in folders:
            handles.close(folder)
    assert (target / "name").read_text() == "content"
    assert not (tmp_path / "run").exists()


def test_a_copy_that_could_not_be_written_leaves_nothing(tmp_path: Path) -> None:
    import resource  # there is none on Windows

    source, target = tmp_path / "source", tmp_path / "target"
    for place in (source, target):
        place.mkdir()
    (source / "name").write_bytes(b"x" * 9000)
    folders = [handles.open_root(place) for place in (source, target)]
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            copy(folders[0], folders[1], ordered(source, "name"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        for folder in folders:
            handles.close(folder)
    assert os.listdir(target) == []
