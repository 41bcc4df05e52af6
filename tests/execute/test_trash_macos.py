"""The trash of macOS: which volumes have one, and what is done when the system only says that it did it."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from cachemgr.disk import macos as disk
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.terms import Disposal, Status
from cachemgr.execute import macos, parcel, trash
from cachemgr.service import CacheManager
from tests.builders import tree
from tests.desk import carry_out, manager, picture, plan_of, removal
from tests.disk.statfs import statfs

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")


@pytest.mark.parametrize(
    ("flags", "trouble"),
    [
        (0x1000 | 0x4000, None),
        (0x8, Trouble("trash", "network-volume")),
        (0x1000 | 0x1, Trouble("trash", "not-writable")),
    ],
)
def test_only_a_volume_of_this_computer_has_a_trash(
    flags: int, trouble: Trouble | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "statfs", lambda _: statfs(flags))
    assert macos.trash_trouble(Path()) == trouble


@pytest.mark.skipif(sys.platform != "darwin", reason="asks macOS")
def test_the_home_is_on_such_a_volume(tmp_path: Path) -> None:
    assert macos.trash_trouble(tmp_path) is None


@pytest.fixture
def box(tmp_path: Path) -> Path:
    return tree(tmp_path / "box", {"way": {"entry.bin": "1"}})


@pytest.fixture
def service(home: Path, monkeypatch: pytest.MonkeyPatch) -> CacheManager:
    """The way through the system's own trash, on any system."""
    for module in (parcel, trash):
        monkeypatch.setattr(module, "sys", SimpleNamespace(platform="darwin"))
    monkeypatch.setattr(trash, "_FREEDESKTOP", False)
    monkeypatch.setattr(disk, "statfs", lambda _: statfs(0x1000))
    return manager(home)


def trashed(
    service: CacheManager, box: Path, system: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> tuple[Status, Trouble | None]:
    monkeypatch.setattr(trash, "_library", lambda: SimpleNamespace(send2trash=system))
    done = carry_out(service, plan_of(box, removal(box, "way", "entry.bin", disposal=Disposal.TRASH)))
    (outcome,) = done.outcomes
    return outcome.status, outcome.trouble


def test_it_arrives_under_its_own_name(
    service: CacheManager, box: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bin_ = tree(tmp_path / "bin", {})

    def takes(path: str) -> None:
        shutil.move(path, bin_)

    assert trashed(service, box, takes, monkeypatch) == (Status.DONE, None)
    assert (bin_ / "entry.bin").read_text() == "1"
    assert os.listdir(box) == ["way"]


def says_it_did(path: str) -> None:
    """And did nothing, as with what is in the trash already."""


def raises(path: str) -> None:
    raise OSError("localized text without a number")


@pytest.mark.parametrize("system", [says_it_did, raises])
def test_what_the_system_did_not_take_is_at_its_place(
    system: Callable[[str], None], service: CacheManager, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = picture(box / "way" / "entry.bin")
    why = "still-there" if system is says_it_did else ""
    assert trashed(service, box, system, monkeypatch) == (Status.REFUSED, Trouble("trash", why))
    assert picture(box / "way" / "entry.bin") == before
    assert os.listdir(box) == ["way"]
