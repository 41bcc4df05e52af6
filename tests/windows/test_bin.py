"""The recycle bin: handed a path that nobody can exchange, and believed only when the path is empty then."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from cachemgr.disk import win32
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.terms import Disposal, Status
from cachemgr.execute import parcel, trash
from cachemgr.service import CacheManager
from tests.builders import tree
from tests.desk import carry_out, manager, picture, plan_of, removal
from tests.windows.machine import Windows

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the machine's own bin is left alone")

Shell = Callable[[str], None]


@pytest.fixture
def box(tmp_path: Path) -> Path:
    return tree(tmp_path / "box", {"way": {"entry": {"a": "1", "deep": {"b": "2"}}}})


@pytest.fixture
def service(home: Path, everywhere: Windows, monkeypatch: pytest.MonkeyPatch) -> CacheManager:
    for module in (parcel, trash):
        monkeypatch.setattr(module, "sys", SimpleNamespace(platform="win32"))
    monkeypatch.setattr(trash, "_FREEDESKTOP", False)
    return manager(home)


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Callable[[Shell], None]:
    """Puts another shell under send2trash."""

    def install(deletes: Shell) -> None:
        modern = ModuleType("modern")
        modern.send2trash = deletes  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "send2trash.win.modern", modern)

    return install


def trashed(service: CacheManager, box: Path) -> tuple[Status, Trouble | None]:
    done = carry_out(service, plan_of(box, removal(box, "way", "entry", disposal=Disposal.TRASH)))
    (outcome,) = done.outcomes
    return outcome.status, outcome.trouble


def test_the_bin_takes_it_from_its_place_while_that_is_held(
    service: CacheManager, box: Path, tmp_path: Path, everywhere: Windows, shell: Callable[[Shell], None]
) -> None:
    """Only so does it go back there."""
    asked = []

    def recycles(path: str) -> None:
        asked.append(Path(path))
        with pytest.raises(PermissionError):
            everywhere.exchange(str(box / "way"), str(tmp_path / "aside"))
        shutil.move(path, tmp_path / "bin")

    shell(recycles)
    assert trashed(service, box) == (Status.DONE, None)
    assert asked == [box / "way" / "entry"]
    assert (tmp_path / "bin" / "deep" / "b").read_text() == "2"
    assert [path.name for path in box.iterdir()] == ["way"]


def does_nothing(path: str) -> None:
    """As the shell does with what is in the bin already."""


def refuses(path: str) -> None:
    raise OSError(None, "the bin does not take it", path)


def fails(path: str) -> None:
    raise RuntimeError("an error of the bindings to the system")


@pytest.mark.parametrize("deletes", [does_nothing, refuses, fails])
def test_what_the_bin_did_not_take_is_at_its_place(
    deletes: Shell, service: CacheManager, box: Path, everywhere: Windows, shell: Callable[[Shell], None]
) -> None:
    before = picture(box / "way" / "entry")
    shell(deletes)
    why = "still-there" if deletes is does_nothing else ""
    assert trashed(service, box) == (Status.REFUSED, Trouble("trash", why))
    assert picture(box / "way" / "entry") == before
    assert [path.name for path in box.iterdir()] == ["way"]
    assert everywhere.held == {}


def test_where_there_is_no_bin_the_shell_is_not_asked(
    service: CacheManager, box: Path, everywhere: Windows, shell: Callable[[Shell], None]
) -> None:
    before = picture(box)
    shell(lambda path: shutil.rmtree(path))
    everywhere.drives[str(box)] = win32.REMOTE
    assert trashed(service, box) == (Status.REFUSED, Trouble("trash", "no-bin"))
    assert picture(box) == before
