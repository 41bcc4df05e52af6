"""What somebody uses stays: a running download, an open file, from the plan to right before the run."""

import json
import os
import sys
import time
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest

from cachemgr.domain.plan import Plan
from cachemgr.domain.run_event import StepStarted
from cachemgr.domain.terms import Disposal, Reason, Rule, Status
from cachemgr.scan.in_use import Observer
from cachemgr.service import CacheManager
from tests.builders import commit, fingerprint, git_etag, tree
from tests.caches import HubOnDisk
from tests.desk import Done, carry_out, drop
from tests.holders import OPEN, Hold
from tests.hub_server import COMMIT, downloading
from tests.managers import manager

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be moved there at all")

FORCE = (Rule.IN_USE,)
REPO, NEW = "ada/engine", b"n" * 300_000


@pytest.fixture
def hub(tmp_path: Path) -> HubOnDisk:
    hub = HubOnDisk(tmp_path / "hf" / "hub")
    hub.download(REPO, commit("old"), {"config.json": b"{}", "m.bin": b"w" * 9000}, refs=("v1",))
    hub.download("bob/other", commit("other"), {"o.bin": b"o" * 5000})
    return hub


def over(home: Path, hub: HubOnDisk) -> CacheManager:
    return replace(manager(home, env={"HF_HUB_CACHE": str(hub.root)}), observer=Observer(seconds=30.0))


def plan(
    service: CacheManager,
    *names: str,
    disposal: Disposal | None = Disposal.DELETE,
    force: Collection[Rule] = (),
) -> Plan:
    inventory = service.inventory()
    chosen = {entry.id for entry in inventory.entries if not names or entry.name.startswith(names)}
    assert chosen
    return service.plan_clear(inventory, chosen, disposal=disposal, force=force)


def stays(plan: Plan) -> dict[str, tuple[Reason, str]]:
    return {str(one.entry).partition(":")[2]: (one.reason, one.detail) for one in plan.exclusions}


class TestDownloads:
    """huggingface_hub's own code, at work on a repository that has an older revision, too."""

    def test_all_of_its_repository_stays_and_nothing_of_any_other(self, home: Path, hub: HubOnDisk) -> None:
        service = over(home, hub)
        with downloading(hub.root, REPO, "new.bin", NEW) as download:
            made = plan(service)
            who = (Reason.IN_USE, f"lock of {_name(made)} ({download.pid})")
            names = (f"{commit('old')[:7]}", f"{COMMIT[:7]}", "incomplete")
            assert stays(made) == {f"models/{REPO}@{name}": who for name in names}
            before = fingerprint(hub.folder(REPO))
            done = carry_out(service, made)
            assert set(done.statuses) == {Status.DONE}
            assert fingerprint(hub.folder(REPO)) == before
            assert not hub.folder("bob/other").exists()
            assert download.finish().read_bytes() == NEW
        assert hub.scan().warnings == []
        assert set(carry_out(service, plan(service, f"models/{REPO}@")).statuses) == {Status.DONE}
        assert not hub.folder(REPO).exists()

    @pytest.mark.parametrize("saved", [False, True])
    @pytest.mark.parametrize("force", [(), FORCE], ids=["plain", "forced"])
    def test_one_that_began_after_the_plan_stops_its_run_and_no_force_helps(
        self, force: Collection[Rule], saved: bool, home: Path, hub: HubOnDisk
    ) -> None:
        service = over(home, hub)
        made = plan(service, f"models/{REPO}@", force=force)
        assert made.steps
        with downloading(hub.root, REPO, "new.bin", NEW) as download:
            before = fingerprint(hub.root)
            done = carry_out(service, made, saved=saved)
            # What changed since a saved plan was made says so itself.
            assert set(done.kinds) <= ({"in-use", "changed"} if saved else {"in-use"})
            assert fingerprint(hub.root) == before
            assert download.finish().read_bytes() == NEW
        assert hub.scan().warnings == []

    def test_no_force_makes_a_plan_for_it_either(self, home: Path, hub: HubOnDisk) -> None:
        with downloading(hub.root, REPO, "new.bin", NEW):
            made = plan(over(home, hub), f"models/{REPO}@", force=FORCE)
        assert (made.steps, {reason for reason, _ in stays(made).values()}) == ((), {Reason.IN_USE})

    def test_one_whose_process_was_killed_is_waited_for_by_the_age_of_its_file(
        self, home: Path, hub: HubOnDisk
    ) -> None:
        service = over(home, hub)
        with downloading(hub.root, REPO, "new.bin", NEW) as download:
            download.kill()
        old, new, partial = (
            f"models/{REPO}@{name}" for name in (commit("old")[:7], COMMIT[:7], "incomplete")
        )
        waits = (Reason.TOO_YOUNG, "downloading")
        assert stays(plan(service, f"models/{REPO}@")) == {
            old: waits,
            new: waits,
            partial: (Reason.TOO_YOUNG, "in-progress"),
        }
        (file,) = hub.folder(REPO).glob("blobs/*.incomplete")
        os.utime(file, (time.time() - 3700,) * 2)
        later = plan(service, f"models/{REPO}@")
        assert stays(later) == {partial: (Reason.TOO_YOUNG, "in-progress")}
        assert set(carry_out(service, later).statuses) == {Status.DONE}
        assert hub.scan().warnings == []
        os.utime(file, (time.time() - 90_000,) * 2)
        carry_out(service, plan(service, partial))
        assert not hub.folder(REPO).exists()

    def test_one_of_a_file_that_is_there_already_counts_as_well(self, home: Path, hub: HubOnDisk) -> None:
        """`force_download` writes beside the blob that it is about to replace."""
        etag = git_etag(b"w" * 9000)
        tree(hub.folder(REPO) / "blobs", {f"{etag}.0badf00d.incomplete": "half"})
        assert stays(plan(over(home, hub), f"models/{REPO}@{commit('old')[:7]}")) == {
            f"models/{REPO}@{commit('old')[:7]}": (Reason.TOO_YOUNG, "downloading")
        }


def _name(plan: Plan) -> str:
    detail = next(one.detail for one in plan.exclusions)
    return detail.removeprefix("lock of ").rpartition(" ")[0]


@pytest.fixture
def box(home: Path, tmp_path: Path) -> Path:
    """A cache of costly things, in which each entry is a tree or a file."""
    return tree(tmp_path / "box", {"one": {"a": "1", "b": "2"}, "two": "3" * 5000, "three": "4"})


@pytest.fixture
def service(home: Path, box: Path) -> CacheManager:
    return replace(manager(home, roots={"thumbs": box}), observer=Observer(seconds=30.0))


class TestOpenFiles:
    """Between the plan and the run, and whatever somebody says about it."""

    def test_an_entry_in_which_a_file_is_open_is_left_out_by_name(
        self, service: CacheManager, box: Path, hold: Hold
    ) -> None:
        pid = hold(OPEN, box / "one" / "b")
        made = plan(service, disposal=Disposal.QUARANTINE)
        ((name, (reason, detail)),) = stays(made).items()
        assert (name, reason, detail.endswith(f" ({pid})")) == ("one", Reason.IN_USE, True)
        assert set(carry_out(service, made).statuses) == {Status.DONE}
        assert sorted(path.name for path in box.iterdir() if path.name[0] != ".") == ["one"]

    @pytest.mark.parametrize("saved", [False, True])
    def test_one_that_was_opened_since_the_plan_stays(
        self, saved: bool, service: CacheManager, box: Path, hold: Hold
    ) -> None:
        made = plan(service, disposal=Disposal.QUARANTINE)
        hold(OPEN, box / "one" / "b")
        done = carry_out(service, _through_a_file(service, made) if saved else made, saved=saved)
        assert sorted(map(str, done.kinds)) == ["None", "None", "in-use"]
        assert (box / "one" / "a").exists()

    @pytest.mark.parametrize("saved", [False, True])
    def test_whoever_forces_it_has_it_gone(
        self, saved: bool, service: CacheManager, box: Path, hold: Hold
    ) -> None:
        hold(OPEN, box / "one" / "b")
        made = plan(service, disposal=Disposal.QUARANTINE, force=FORCE)
        assert (made.forced, made.exclusions) == (FORCE, ())
        done = carry_out(service, _through_a_file(service, made) if saved else made, saved=saved)
        assert set(done.statuses) == {Status.DONE}
        assert not (box / "one").exists()

    def test_a_quarantine_in_which_a_file_is_open_is_not_emptied(
        self, service: CacheManager, box: Path, hold: Hold
    ) -> None:
        pid = hold(OPEN, box / "one" / "b")
        carry_out(service, plan(service, disposal=Disposal.QUARANTINE, force=FORCE))
        done = carry_out(service, service.plan_purge())
        assert done.kinds == ["in-use"]
        assert done.outcomes[0].trouble is not None
        assert done.outcomes[0].trouble.detail.endswith(f" ({pid})")
        assert set(carry_out(service, service.plan_undo()).statuses) == {Status.DONE}
        assert (box / "one" / "b").read_text() == "2"


def test_what_was_forced_is_finished_as_it_was_begun(service: CacheManager, box: Path, hold: Hold) -> None:
    """Or else, once interrupted, it could neither be finished nor would anybody know why."""
    hold(OPEN, box / "one" / "b")
    made = plan(service, disposal=Disposal.QUARANTINE, force=FORCE)
    events = service.execute(made)
    for event in events:
        if isinstance(event, StepStarted):
            break
    drop(events)
    rest = service.plan_finish(service.runs()[0].id)
    assert rest.forced == FORCE
    assert set(carry_out(service, rest).statuses) == {Status.DONE}
    assert not (box / "one").exists()


class TestDoubts:
    """Where it could not be told, what costs money is not deleted; it can be set aside."""

    @pytest.fixture
    def blind(self, service: CacheManager) -> CacheManager:
        """With an observer that hangs."""
        observer = Observer((sys.executable, "-c", "import time; time.sleep(60)"), seconds=0.5)
        return replace(service, observer=observer)

    def test_nothing_costly_is_deleted(self, blind: CacheManager, box: Path) -> None:
        made = plan(blind)
        assert made.steps == ()
        assert {*stays(made).values()} == {(Reason.IN_USE, "timed-out")}

    def test_it_is_set_aside_all_the_same(self, blind: CacheManager, box: Path) -> None:
        assert set(carry_out(blind, plan(blind, disposal=None)).statuses) == {Status.DONE}
        assert not (box / "two").exists()
        assert set(carry_out(blind, blind.plan_undo()).statuses) == {Status.DONE}
        assert (box / "two").exists()

    def test_what_only_has_to_be_downloaded_is_deleted(self, home: Path, hub: HubOnDisk) -> None:
        observer = Observer(("/no/such/program",))
        blind = replace(over(home, hub), observer=observer)
        assert set(carry_out(blind, plan(blind)).statuses) == {Status.DONE}
        assert not hub.folder(REPO).exists()

    def test_a_lock_is_respected_by_the_run_without_any_observer(self, home: Path, hub: HubOnDisk) -> None:
        """It looks for itself, and takes what leads to a blob only when all of its locks are free."""
        blind = replace(over(home, hub), observer=Observer(("/no/such/program",)))
        made = plan(blind, f"models/{REPO}@")
        with downloading(hub.root, REPO, "new.bin", NEW) as download:
            before = fingerprint(hub.root)
            done = carry_out(blind, made)
            assert set(done.kinds) == {"in-use", "needs"}
            assert fingerprint(hub.root) == before
            download.kill()

    def test_a_doubt_that_came_after_the_plan_counts(
        self, service: CacheManager, blind: CacheManager, box: Path
    ) -> None:
        made = replace(plan(service, force=FORCE), forced=())
        done: Done = carry_out(blind, made)
        assert {(one.trouble.kind, one.trouble.detail) for one in done.outcomes if one.trouble} == {
            ("in-use", "timed-out")
        }
        assert len(list(box.iterdir())) == 3

    def test_whoever_forces_it_is_asked_nothing(self, blind: CacheManager, box: Path) -> None:
        begun = time.monotonic()
        assert set(carry_out(blind, plan(blind, force=FORCE)).statuses) == {Status.DONE}
        assert not (box / "two").exists()
        assert time.monotonic() - begun < 60


def test_a_status_asks_nobody(service: CacheManager, box: Path, tmp_path: Path) -> None:
    """A look would leave its mark."""
    mark = tmp_path / "asked"
    observer = Observer((sys.executable, "-c", f"open({str(mark)!r}, 'w')"))
    looking = replace(service, observer=observer)
    inventory = looking.inventory()
    assert looking.reclaimable(inventory)[None] > 0
    assert not mark.exists()
    plan(looking)
    assert mark.exists()


def _through_a_file(service: CacheManager, plan: Plan) -> Plan:
    return service.decode_plan(json.dumps(service.encode_plan(plan)).encode())
