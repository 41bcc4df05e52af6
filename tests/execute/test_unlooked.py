"""What a killed run moved and did not come to look into: no way on from there skips the look."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from cachemgr.disk.reader import OURS
from cachemgr.domain.run_event import StepStarted
from cachemgr.domain.terms import Disposal, Status
from cachemgr.execute import effects
from cachemgr.service import CacheManager
from tests.builders import fingerprint, tree
from tests.desk import carry_out, drop
from tests.mounting import mounted
from tests.nobody import as_nobody, give_away, needs_permissions, public_directory
from tests.observers import Foreseen
from tests.test_service_hostile import look_at, thumbnails

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")


@pytest.fixture
def root(home: Path) -> Path:
    return thumbnails(home)


@pytest.fixture
def service(home: Path, root: Path) -> CacheManager:
    return replace(look_at(home), observer=Foreseen())


def interrupted(service: CacheManager, root: Path, disposal: Disposal, closed: str = "") -> str:
    """A run that ended right after it had moved a tree in which a credential had just appeared, and of which
    nobody may list a directory any more."""
    inventory = service.inventory()
    entries = {entry.id for entry in inventory.entries if entry.name == "tree"}
    plan = service.plan_clear(inventory, entries, disposal=disposal)
    (root / "tree" / "a" / "token").write_text("secret")
    if closed:
        (root / closed).chmod(0o300)

    def ends(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(effects, "look_through", ends)
        with pytest.raises(KeyboardInterrupt):
            carry_out(service, plan)
    (moved,) = root.glob(f"{OURS}*/0")
    assert (moved / "a" / "token").read_text() == "secret"
    return service.run().id


@pytest.mark.parametrize("disposal", [Disposal.DELETE, Disposal.QUARANTINE])
def test_finishing_it_looks_first_and_brings_back_what_must_not_go(
    disposal: Disposal, service: CacheManager, root: Path
) -> None:
    run = interrupted(service, root, disposal)
    done = carry_out(service, service.plan_finish(run))
    assert done.kinds[0] == "protected"
    assert (root / "tree" / "a" / "token").read_text() == "secret"
    assert not list(root.glob(f"{OURS}*"))


@pytest.mark.parametrize("disposal", [Disposal.DELETE, Disposal.QUARANTINE])
def test_purging_it_is_refused_before_anything_goes_and_leaves_the_way_back(
    disposal: Disposal, service: CacheManager, root: Path
) -> None:
    run = interrupted(service, root, disposal)
    before = fingerprint(root)
    done = carry_out(service, service.plan_purge(run))
    assert (done.statuses, done.kinds) == ([Status.REFUSED], ["protected"])
    assert fingerprint(root) == before
    assert Status.FAILED not in carry_out(service, service.plan_undo(run)).statuses
    assert (root / "tree" / "a" / "token").read_text() == "secret"


def test_a_run_into_the_trash_can_be_finished(service: CacheManager, home: Path, root: Path) -> None:
    inventory = service.inventory()
    entries = {entry.id for entry in inventory.entries}
    events = service.execute(service.plan_clear(inventory, entries, disposal=Disposal.TRASH))
    for event in events:
        if event == StepStarted(1):
            break
    drop(events)
    done = carry_out(service, service.plan_finish(service.run().id))
    assert set(done.statuses) == {Status.DONE}
    assert list(root.iterdir()) == []
    assert len(list((home / ".local" / "share" / "Trash" / "files").iterdir())) == 2


def test_something_mounted_in_what_was_set_aside_is_seen_before_anything_goes(
    service: CacheManager, root: Path, tmp_path: Path
) -> None:
    """A bind mount of the same file system: only the table of mounts tells, by its place now."""
    inventory = service.inventory()
    entries = {entry.id for entry in inventory.entries}
    run = carry_out(service, service.plan_clear(inventory, entries, disposal=Disposal.QUARANTINE)).run
    (place,) = root.glob(f"{OURS}*/*/a")
    mine = tree(tmp_path / "mine", {"diary": "mine"})
    with mounted(place, "--bind", str(mine)):
        before = fingerprint(root)
        done = carry_out(service, service.plan_purge(run))
        assert (done.statuses, done.kinds) == ([Status.REFUSED], ["mount-point"])
        assert fingerprint(root) == before
    assert (mine / "diary").read_text() == "mine"
    assert Status.FAILED not in carry_out(service, service.plan_undo(run)).statuses
    assert not list(root.glob(f"{OURS}*"))


@needs_permissions
@pytest.mark.parametrize("closed", ["tree", "tree/a"])
def test_what_nobody_can_look_into_is_not_purged_unseen(
    closed: str, service: CacheManager, root: Path
) -> None:
    """A removal lets itself in, which a look does not: what is behind it was seen by neither."""

    def purge(service: CacheManager, root: Path) -> tuple[list[str | None], bool]:
        run = interrupted(service, root, Disposal.DELETE, closed)
        kinds = list(carry_out(service, service.plan_purge(run)).kinds)
        waiting = root / (OURS + run) / "0" / "a"
        stays = (waiting / "token").exists()
        for folder in (waiting.parent, waiting) if stays else ():
            folder.chmod(0o700)
        return kinds, stays

    # Once here, so that nobody has to read modules that are root's.
    assert purge(service, root)[1]
    with public_directory() as home:
        there = thumbnails(home)
        give_away(home)
        kinds, stays = as_nobody(lambda: purge(replace(look_at(home), observer=Foreseen()), there))
    assert (kinds, stays) == (["os"], True)
