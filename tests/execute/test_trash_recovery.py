"""A unit in the trash that nobody reported on: told apart from all else, and never put over anything."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.terms import Disposal, Status
from cachemgr.execute.parcel import Parcel
from cachemgr.execute.trash_recovery import Sighting, Station, bring_back, finish, locate, sent
from tests.builders import machine, tree
from tests.desk import carry_out, identity, manager, picture, plan_of, removal
from tests.execute.other_trash import places, restore
from tests.execute.test_trash import pytestmark as linux_only
from tests.execute.test_trash import trash_of

pytestmark = linux_only


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Handle]:
    handle = handles.open_root(tree(tmp_path / "box", {"way": {"model.bin": "1"}}))
    yield handle
    handles.close(handle)


@pytest.fixture
def parcel(home: Path, tmp_path: Path, root: Handle) -> Parcel:
    """One that has arrived, as if its run had been killed before it could say so."""
    box = tmp_path / "box"
    names = ("way", "model.bin")
    was = identity(box.joinpath(*names))
    done = carry_out(manager(home), plan_of(box, removal(box, *names, disposal=Disposal.TRASH)))
    assert done.statuses == [Status.DONE]
    return Parcel(done.run, 0, box, names, was)


def test_what_has_arrived_needs_nothing_and_can_come_back(parcel: Parcel, root: Handle, home: Path) -> None:
    before = picture(trash_of(home))
    assert locate(parcel, root, machine(home)) == Sighting(Station.TRASH, remembered=True)
    assert finish(parcel, root, machine(home)) is None
    assert picture(trash_of(home)) == before
    assert bring_back(parcel, root, machine(home)) is None
    assert parcel.origin.read_text() == "1"
    assert places(trash_of(home)) == {}


@pytest.mark.parametrize("wrong", ["Path=/elsewhere\n", "", "[Trash Info]\nPath=/elsewhere\n"])
def test_a_record_that_is_wrong_is_mended(wrong: str, parcel: Parcel, root: Handle, home: Path) -> None:
    """The power failed before the library's own record was on the disk."""
    (record,) = (trash_of(home) / "info").iterdir()
    record.write_text(wrong)
    os.utime(record, (1_700_000_000, 1_700_000_000))
    assert locate(parcel, root, machine(home)) == Sighting(Station.TRASH, remembered=False)
    assert finish(parcel, root, machine(home)) is None
    assert list(places(trash_of(home)).values()) == [parcel.origin]
    assert "DeletionDate=2023-11-1" in record.read_text()


def test_a_record_that_leads_elsewhere_is_replaced_and_not_followed(
    parcel: Parcel, root: Handle, home: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    mine.write_text("[Trash Info]\nPath=/mine\n")
    (record,) = (trash_of(home) / "info").iterdir()
    record.unlink()
    record.symlink_to(mine)
    assert finish(parcel, root, machine(home)) is None
    assert mine.read_text() == "[Trash Info]\nPath=/mine\n"
    assert not record.is_symlink()
    assert list(places(trash_of(home)).values()) == [parcel.origin]


def test_nothing_that_took_its_place_is_overwritten(parcel: Parcel, root: Handle, home: Path) -> None:
    parcel.origin.write_text("newer")
    before = picture(trash_of(home), parcel.root)
    assert bring_back(parcel, root, machine(home)) == Trouble("exists", "way/model.bin")
    assert picture(trash_of(home), parcel.root) == before


def test_without_the_way_to_its_place_it_stays(parcel: Parcel, root: Handle, home: Path) -> None:
    parcel.origin.parent.rename(parcel.root / "gone")
    before = picture(trash_of(home))
    assert bring_back(parcel, root, machine(home)) == Trouble("missing", "way")
    assert picture(trash_of(home)) == before


def test_what_another_tool_did_is_seen(parcel: Parcel, root: Handle, home: Path) -> None:
    restore(home, parcel.origin)
    assert locate(parcel, root, machine(home)) == Sighting(Station.PLACE)
    assert bring_back(parcel, root, machine(home)) is None
    parcel.origin.unlink()
    assert locate(parcel, root, machine(home)) == Sighting(Station.NOWHERE)
    for way in (finish, bring_back):
        assert way(parcel, root, machine(home)) == Trouble("missing", "way/model.bin")


def test_another_thing_of_that_name_or_that_inode_is_not_it(parcel: Parcel, root: Handle, home: Path) -> None:
    other = replace(parcel, identity=identity(parcel.root))
    assert locate(other, root, machine(home)).station is Station.NOWHERE
    # The number of an inode that is gone is used again soon.
    (thing,) = (trash_of(home) / "files").iterdir()
    thing.rename(thing.with_name("model.bin"))
    assert locate(parcel, root, machine(home)).station is Station.NOWHERE


def test_a_trash_that_cannot_be_trusted_is_said(parcel: Parcel, root: Handle, home: Path) -> None:
    trash_of(home).rename(home / "aside")
    trash_of(home).symlink_to(home / "aside")
    found = locate(parcel, root, machine(home))
    assert found == Sighting(Station.NOWHERE, trouble=Trouble("trash", "not-a-directory"))
    assert finish(parcel, root, machine(home)) == bring_back(parcel, root, machine(home)) == found.trouble
    assert len(os.listdir(home / "aside" / "files")) == 1


def test_what_a_run_reported_on_can_be_brought_back_as_well(parcel: Parcel, root: Handle, home: Path) -> None:
    (arrived,) = sent(manager(home).run())
    assert arrived == parcel
    assert bring_back(arrived, root, machine(home)) is None
    assert locate(arrived, root, machine(home)) == Sighting(Station.PLACE)
