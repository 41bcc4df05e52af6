"""What goes wrong with a migration: each fault has its exit code, a sentence that says what to do, and leaves
the source whole."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cachemgr.disk.handles import Handle
from cachemgr.domain.errors import Refused
from cachemgr.domain.plan import Plan
from cachemgr.domain.run_event import Announced, Phase, RunEvent
from cachemgr.execute import files
from cachemgr.service import CacheManager
from tests.builders import tree
from tests.cli.conftest import Program
from tests.desk import carry_out
from tests.migration.ground import Ground, ground
from tests.migration.killing import whole
from tests.mounting import fill, mounted

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")


@pytest.fixture
def found(home: Path, project: Path) -> Ground:
    return ground(home, project)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with mounted(tree(tmp_path / "disk", {}), "-t", "tmpfs", "-o", "size=96m", "none") as place:
        yield place


def migrate(program: Program, to: Path, *more: str) -> tuple[int, str]:
    said = program("migrate", "huggingface-hub@home", "--to", str(to), "--yes", "--force", "in-use", *more)
    return said.code, " ".join((said.out + said.err).split())


def test_a_disk_that_is_too_small_is_refused_with_numbers(
    cachemgr: Program, found: Ground, tmp_path: Path
) -> None:
    tmpfs = mounted(tree(tmp_path / "disk", {}), "-t", "tmpfs", "-o", "size=4m", "none")
    with tmpfs as disk, whole(found, disk):
        code, said = migrate(cachemgr, disk / "hub")
        assert list(disk.iterdir()) == []

    assert code == 4
    assert "needs 64.2 MiB and has 4.0 MiB free, 60.2 MiB too little; make room, or name another" in said


def test_a_disk_without_room_for_so_many_files_is_refused_with_numbers(
    cachemgr: Program, found: Ground, tmp_path: Path
) -> None:
    tmpfs = mounted(tree(tmp_path / "disk", {}), "-t", "tmpfs", "-o", "size=96m,nr_inodes=20", "none")
    with tmpfs as disk, whole(found, disk):
        code, said = migrate(cachemgr, disk / "hub")

    assert code == 4
    assert "files and its file system has room for 19; make room, or name another" in said


@pytest.mark.parametrize("what", ["bytes", "inodes"])
def test_a_disk_that_runs_full_in_the_middle_gives_up(found: Ground, disk: Path, what: str) -> None:
    def full(event: RunEvent) -> None:
        if isinstance(event, Announced) and event.phase is Phase.COPYING:
            subprocess.run(["mount", "-o", "remount,nr_inodes=24", str(disk)], check=True) if (
                what == "inodes"
            ) else fill(disk)

    with whole(found, disk):
        plan = found.plan(to=disk / "hub")
        done = carry_out(found.service, plan, during=full)
    troubles = [one.trouble for one in done.outcomes if one.trouble is not None]
    assert any(trouble.errno == 28 for trouble in troubles)
    assert {trouble.kind for trouble in troubles} <= {"os", "given-up", "needs"}
    assert not (disk / "hub").exists()


def test_a_full_disk_says_what_to_do(cachemgr: Program, found: Ground, disk: Path,
                                     monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    def refuses(*arguments: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(files, "create", refuses)
    with whole(found, disk):
        code, said = migrate(cachemgr, disk / "hub")

    assert code == 1
    given_up = said.count("the migration was given up")
    assert given_up > 0
    assert said.count("No space left on device") == said.count("failed: ") + given_up
    assert "Nothing was taken away, and the source is whole; mend that and migrate again." in said


def test_what_another_run_took_meanwhile_is_not_called_whole(
    cachemgr: Program, found: Ground, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute = CacheManager.execute

    def too_late(service: CacheManager, plan: Plan, *rest: Any, **more: Any) -> Iterator[RunEvent]:
        tree(disk / "other", {})
        for path in list(found.hub.root.iterdir()):
            shutil.move(path, disk / "other")
        return execute(service, plan, *rest, **more)

    monkeypatch.setattr(CacheManager, "execute", too_late)
    code, said = migrate(cachemgr, disk / "hub")

    assert code == 1
    assert (
        "What was to move was gone already, so that nothing was done; the history shows what took it." in said
    )
    assert "the source is whole" not in said


def test_a_read_only_source_is_refused(cachemgr: Program, found: Ground, disk: Path) -> None:
    hub = found.hub.root
    with mounted(hub, "--bind", str(hub)) as bound:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(bound)], check=True)
        code, said = migrate(cachemgr, disk / "hub")
        assert list(disk.iterdir()) == []

    assert code == 4
    assert "cannot be written to, so that huggingface-hub@home could be copied, but not moved away" in said


def test_an_immutable_file_stays(cachemgr: Program, home: Path, disk: Path) -> None:
    place = tree(home / ".cache/torch/hub", {"checkpoints/a.pth": b"a" * 5000}) / "checkpoints" / "a.pth"
    if subprocess.run(["chattr", "+i", str(place)], capture_output=True, check=False).returncode:
        pytest.skip("this file system has no immutable files")
    try:
        said = cachemgr("migrate", "torch-hub@home", "--to", str(disk / "hub"), "--yes", "--force", "in-use")
    finally:
        subprocess.run(["chattr", "-i", str(place)], check=True)

    assert said.code == 4
    assert "marked immutable, so that nobody can take it away; `chattr -i`" in said.err
    assert place.read_bytes() == b"a" * 5000
    assert list(disk.iterdir()) == []


def test_a_destination_inside_the_source_through_a_link_is_refused(
    cachemgr: Program, found: Ground, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(found.hub.folder("ada/two"))
    with whole(found):
        code, said = migrate(cachemgr, tmp_path / "link" / "hub")

    assert code == 4
    assert "lies inside huggingface-hub@home, which cannot go into itself" in said


def test_a_destination_that_is_the_source_through_a_bind_mount_is_refused(
    cachemgr: Program, found: Ground, tmp_path: Path
) -> None:
    with mounted(tree(tmp_path / "bound", {}), "--bind", str(found.hub.root)) as bound, whole(found):
        code, said = migrate(cachemgr, bound)

    assert code == 4
    assert "is huggingface-hub@home itself under another name" in said


def test_a_destination_inside_the_source_through_a_bind_mount_of_a_part_is_refused(
    cachemgr: Program, found: Ground, tmp_path: Path
) -> None:
    with (
        mounted(tree(tmp_path / "bound", {}), "--bind", str(found.hub.folder("ada/two"))) as bound,
        whole(found),
    ):
        code, said = migrate(cachemgr, bound / "hub")

    assert code == 4
    assert "lies inside huggingface-hub@home" in said


def test_a_source_inside_the_destination_is_refused(found: Ground) -> None:
    with whole(found), pytest.raises(Refused, match="huggingface-hub@home lies inside"):
        found.plan(to=found.hub.root.parent)


def test_what_somebody_writes_to_meanwhile_stays(
    found: Ground, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = next(found.hub.folder("ada/two").glob(".no_exist/*/*"))
    sync: Callable[[Handle], None] = files.sync_all

    def write(handle: Handle) -> None:
        """Between the copying and the look at what was copied, each time."""
        with written.open("ab") as file:
            file.write(b"x")
        sync(handle)

    monkeypatch.setattr(files, "sync_all", write)
    plan = found.plan(to=disk / "hub")
    done = carry_out(found.service, plan)

    title = "huggingface-hub@home:models/ada/two"
    kinds = {outcome.trouble.kind for outcome in done.outcomes
             if outcome.trouble and plan.steps[outcome.number].entry == title}  # fmt: skip
    assert kinds == {"changed", "needs"}
    assert found.hub.folder("ada/two").is_dir()
    assert not (disk / "hub" / "models--ada--two").exists()
    assert (disk / "hub" / "models--bob--all").is_dir()
    assert not found.hub.folder("bob/all").exists()


def test_a_byte_that_flipped_on_its_way_is_found(
    cachemgr: Program, found: Ground, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync: Callable[[Handle], None] = files.sync_all

    def flip(handle: Handle) -> None:
        for blob in disk.glob("hub/.cachemgr-staging-*/*/blobs/*"):
            content = bytearray(blob.read_bytes())
            content[len(content) // 2] ^= 1
            facts = blob.stat()
            blob.write_bytes(content)
            os.utime(blob, ns=(facts.st_atime_ns, facts.st_mtime_ns))
            break
        sync(handle)

    monkeypatch.setattr(files, "sync_all", flip)
    with whole(found, disk):
        code, said = migrate(cachemgr, disk / "hub")

    assert code == 1
    assert "what was read back from the copy is not what was written; see to that disk" in said
    assert "the source is whole" in said


@pytest.mark.parametrize(
    ("ignore", "taken"),
    [
        ({".gitignore": ".cache/\n"}, False),
        ({".gitignore": "/.cache\n"}, False),
        ({".gitignore": "*/huggingface\n"}, False),
        ({".cache/.gitignore": "*\n"}, False),
        ({".git/info/exclude": "hub\n"}, False),
        ({".gitignore": "models/\n"}, True),
        ({".gitignore": ".cache/*\n!.cache/huggingface\n"}, True),
        ({}, True),
    ],
)
def test_what_git_would_take_up_is_refused(
    cachemgr: Program, found: Ground, ignore: dict[str, str], taken: bool
) -> None:
    subprocess.run(["git", "init", "-q", str(found.project)], check=True)
    tree(found.project, {"cachemgr.toml": "", **ignore})
    git = ["git", "-C", str(found.project), "check-ignore", "-q", ".cache/huggingface/hub/"]
    assert (subprocess.run(git, check=False).returncode != 0) is taken, "git sees it otherwise"

    said = cachemgr("migrate", "huggingface-hub@home", "--dry-run")

    assert said.code == (4 if taken else 0)
    assert ("add .cache/ to .gitignore, or go on with --force tracked" in said.err) is taken
    assert cachemgr("migrate", "huggingface-hub@home", "--dry-run", "--force", "tracked").code == 0
