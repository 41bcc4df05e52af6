"""macOS and Windows: what psutil says, through its own processes here and through values for the others."""

import os
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import TypeVar

import psutil
import pytest

from cachemgr.domain.unit import Identity, Kind
from cachemgr.domain.usage import Holder, Usage, Watch
from cachemgr.scan import lsof
from cachemgr.scan.process_table import ProcessTable
from cachemgr.scan.sight import Seen
from tests.builders import tree
from tests.holders import INSIDE, MAPPED, OPEN, Hold

T = TypeVar("T")
BOX = PureWindowsPath("C:\\Users\\Ada\\AppData\\Local\\box")


@dataclass(frozen=True, slots=True)
class File:
    path: str


@dataclass(frozen=True, slots=True)
class Program:
    """A process as psutil shows one; `None` is what it may not be asked."""

    pid: int
    opened: tuple[str, ...] | None = ()
    mapped: tuple[str, ...] | None = ()
    inside: str | None = "C:\\"
    runs: str | None = "C:\\tool.exe"
    user: str = "ada"

    def name(self) -> str:
        return f"tool-{self.pid}"

    def username(self) -> str:
        return self.user

    def cwd(self) -> str:
        return _given(self.inside)

    def exe(self) -> str:
        return _given(self.runs)

    def open_files(self) -> Iterable[File]:
        return map(File, _given(self.opened))

    def memory_maps(self) -> Iterable[File]:
        return map(File, _given(self.mapped))


def _given(answer: T | None) -> T:
    if answer is None:
        raise psutil.AccessDenied
    return answer


def seen(*programs: Program, root: PureWindowsPath = BOX) -> tuple[dict[tuple[str, ...], int], ProcessTable]:
    table = ProcessTable((root,), programs, lambda process: process.username() == "ada")
    return {one.place[1]: one.pid for one in table.look() if one.place is not None}, table


def test_on_windows_names_are_compared_without_their_case() -> None:
    found, table = seen(
        Program(1, opened=("c:\\users\\ADA\\appdata\\local\\BOX\\Models\\A.bin",)),
        Program(2, mapped=("\\\\?\\C:\\Users\\Ada\\AppData\\Local\\box\\b.bin",)),
        Program(3, inside="C:\\Users\\Ada\\AppData\\Local\\box\\deep\\er"),
        Program(4, runs="C:\\Users\\Ada\\AppData\\Local\\box\\tool.exe"),
        Program(5, opened=("C:\\Users\\Ada\\AppData\\Local\\box-2\\c.bin", "D:\\box\\d.bin", "")),
    )
    assert found == {("models", "a.bin"): 1, ("b.bin",): 2, ("deep", "er"): 3, ("tool.exe",): 4}
    assert (table.name(1), table.folds) == ("tool-1", True)
    usage = Usage(places={(BOX, ("models", "a.bin")): Holder(1)}, folds=True)
    assert usage.holder(BOX, ("Models", "A.BIN")) == Holder(1)
    assert Usage(places=usage.places).holder(BOX, ("Models", "A.BIN")) is None


def test_who_does_not_answer_is_counted_by_whose_it_is_and_the_rest_of_it_is_seen() -> None:
    found, table = seen(
        Program(1, opened=None, mapped=None, inside=None, runs=None, user="SYSTEM"),
        Program(2, opened=None, mapped=(f"{BOX}\\a",)),
        Program(3, opened=(f"{BOX}\\b",), mapped=None, user="bob"),
        Program(4),
    )
    assert found == {("a",): 2, ("b",): 3}
    assert (table.others, table.own) == (2, 1)


def test_who_is_gone_is_not_counted() -> None:
    class Gone(Program):
        def open_files(self) -> Iterable[File]:
            raise psutil.NoSuchProcess(self.pid)

        def cwd(self) -> str:
            raise ProcessLookupError

    found, table = seen(Gone(1, mapped=(f"{BOX}\\a",)))
    assert (found, table.others, table.own) == ({("a",): 1}, 0, 0)


def test_a_root_inside_another_is_the_one_that_counts() -> None:
    table = ProcessTable((BOX, BOX / "inner"), [Program(1, opened=(f"{BOX}\\inner\\a",))], lambda _: True)
    assert [one for one in table.look() if one.place] == [Seen(1, (1, ("a",)))]


class OnMacOS(Program):
    """There, psutil knows no maps."""

    __slots__ = ()
    memory_maps = None  # type: ignore[assignment]


def test_without_a_word_on_maps_there_is_a_doubt_and_with_lsofs_there_is_none(tmp_path: Path) -> None:
    program = OnMacOS(7, inside=str(tmp_path), runs="/bin/tool")
    table = ProcessTable((tmp_path,), [program], lambda _: True)
    assert (list(table.look()), table.maps) == ([Seen(7, (0, ()))], False)
    told = ProcessTable((tmp_path,), [program], lambda _: True, {7: [f"{tmp_path}/a"], 8: [f"{tmp_path}/b"]})
    assert [one.place for one in told.look()] == [(0, ()), (0, ("a",))]
    assert told.maps


def test_what_lsof_says_is_read_to_the_last_byte() -> None:
    said = "p1\0\nftxt\0n/a b\0\nfmem\0n/li\\nfeed\0\np22\0\nftxt\0n/caf\udce9\0\nftxt\0nno path\0\n"
    assert lsof.read(said) == {1: ["/a b", "/li\\nfeed"], 22: ["/caf\udce9"]}
    assert lsof.read("") == {}


@pytest.mark.skipif(shutil.which("lsof") is None, reason="lsof is not here")
def test_lsofs_own_words_are_understood(tmp_path: Path, hold: Hold) -> None:
    file = tree(tmp_path, {"weights": "x" * 5000}) / "weights"
    pid = hold(MAPPED, file)
    done = subprocess.run(["lsof", *lsof.OPTIONS, "-p", str(pid), "-a"], capture_output=True, check=False)
    assert str(file) in lsof.read(os.fsdecode(done.stdout))[pid]


@pytest.mark.parametrize("code", [OPEN, MAPPED, INSIDE], ids=["open", "mapped", "inside"])
def test_psutils_own_processes_are_understood(code: str, tmp_path: Path, hold: Hold) -> None:
    root = tree(tmp_path / "root", {"unit": {"deep": {"file": "x" * 5000}}})
    if code == MAPPED and not hasattr(psutil.Process, "memory_maps"):
        pytest.skip("psutil does not know that here")
    pid = hold(code, root / "unit" / ("deep" if code == INSIDE else "deep/file"))
    table = ProcessTable.current((root,), frozenset((os.getpid(),)))
    found = {one.place for one in table.look() if one.pid == pid and one.place is not None}
    assert {names[:2] for _, names in found} == {("unit", "deep")}
    assert table.name(pid).startswith("python")


def test_a_file_with_other_names_is_known_by_its_number(tmp_path: Path, hold: Hold) -> None:
    root = tree(tmp_path / "root", {"single": "x"})
    os.link(root / "single", tmp_path / "elsewhere")
    pid = hold(OPEN, tmp_path / "elsewhere")
    table = ProcessTable.current((root,), frozenset((os.getpid(),)))
    facts = (root / "single").stat()
    assert Seen(pid, inode=(facts.st_dev, facts.st_ino)) in set(table.look())


def test_a_unit_is_found_by_its_number_only_where_it_is_a_file() -> None:
    identity = Identity(1, 2, Kind.FILE, 0, 0)
    usage = Usage(inodes={(1, 2): Holder(7)})
    assert Watch((BOX,)).processes
    assert usage.holder(BOX, ("a",), identity) == Holder(7)
    assert usage.holder(BOX, ("a",), identity._replace(kind=Kind.DIRECTORY)) is None
