"""Clear, undo and purge through the Windows modules from one end to the other."""

import os
import sys
from pathlib import Path

import pytest

from cachemgr.disk import win32
from cachemgr.domain.terms import Disposal, Status
from cachemgr.service import CacheManager
from tests.builders import tree
from tests.desk import carry_out, manager, picture, plan_of, removal
from tests.windows.machine import Windows

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there the other tests show all of this")


@pytest.fixture
def box(tmp_path: Path) -> Path:
    box = tree(tmp_path / "box", {"way": {"entry": {"a": "1", "deep": {"b": "2"}}, "file": "3"}})
    (box / "way" / "entry" / "link").symlink_to(tree(tmp_path / "mine", {"m": "4"}))
    return box


@pytest.fixture
def service(home: Path, everywhere: Windows) -> CacheManager:
    return manager(home)


def in_the_way(windows: Windows, *places: Path) -> list[Path]:
    """Have somebody try to exchange those directories whenever something in them is renamed; what he got."""
    got: list[Path] = []

    def tries(source: str) -> None:
        for place in places:
            if Path(source).is_relative_to(place) and Path(source) != place:
                try:
                    windows.exchange(str(place), f"{place}-aside")
                except PermissionError:
                    continue
                got.append(place)

    windows.meanwhile.append(tries)
    return got


def test_what_is_set_aside_comes_back(service: CacheManager, box: Path, everywhere: Windows) -> None:
    before = picture(box)
    got = in_the_way(everywhere, box.parent, box, box / "way")
    steps = (removal(box, "way", name, disposal=Disposal.QUARANTINE) for name in ("entry", "file"))
    assert carry_out(service, plan_of(box, *steps)).statuses == [Status.DONE] * 2
    assert os.listdir(box / "way") == []
    assert set(carry_out(service, service.plan_undo()).statuses) == {Status.DONE}
    assert picture(box) == before
    assert got == []
    assert everywhere.held == {}


@pytest.mark.parametrize("disposal", [Disposal.DELETE, Disposal.QUARANTINE])
def test_what_goes_is_gone_and_what_a_link_leads_to_is_not(
    disposal: Disposal, service: CacheManager, box: Path, everywhere: Windows
) -> None:
    for name in ("entry", "entry/a", "entry/deep", "file"):
        everywhere.mark(box / "way" / name, win32.READ_ONLY)
    steps = (removal(box, "way", name, disposal=disposal) for name in ("entry", "file"))
    assert carry_out(service, plan_of(box, *steps)).statuses == [Status.DONE] * 2
    if disposal is Disposal.QUARANTINE:
        assert carry_out(service, service.plan_purge()).statuses == [Status.DONE]
    assert os.listdir(box) == ["way"]
    assert os.listdir(box / "way") == []
    assert (box.parent / "mine" / "m").read_text() == "4"
    assert everywhere.held == {}


def test_a_file_that_stays_open_is_reported_and_stays(
    service: CacheManager, box: Path, everywhere: Windows
) -> None:
    before = picture(box)
    plan = plan_of(box, removal(box, "way", "file"), removal(box, "way", "entry"))
    everywhere.busy["file"] = 1000
    done = carry_out(service, plan)
    assert done.statuses == [Status.FAILED, Status.DONE]
    assert len(everywhere.slept) == 4
    assert picture(box / "way" / "file").items() <= before.items()
    assert not (box / "way" / "entry").exists()


def test_a_unit_with_a_placeholder_in_it_is_refused(
    service: CacheManager, box: Path, everywhere: Windows
) -> None:
    before = picture(box)
    plan = plan_of(box, removal(box, "way", "entry"))
    everywhere.mark(box / "way" / "entry" / "deep" / "b", 0x400000)
    done = carry_out(service, plan)
    assert [(one.status, one.trouble and one.trouble.detail) for one in done.outcomes] == [
        (Status.REFUSED, "online-only")
    ]
    assert picture(box).items() >= {name: before[name] for name in before if name != str(box)}.items()
