"""The main job on a sample that looks like a person's machine: clear, and take it back."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cachemgr.domain.errors import Refused
from cachemgr.domain.event import Gauge
from cachemgr.domain.inventory import Entry, Inventory
from cachemgr.domain.plan import Plan
from cachemgr.domain.run_event import Announced, Phase, RunEvent, StepStarted
from cachemgr.domain.terms import CacheState, Category, Disposal, RunState, Status
from cachemgr.execute.sample import SampleHome, build
from cachemgr.service import CacheManager
from tests.desk import carry_out, clear, drop, du, picture, sample_manager, utc_now

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pictures are made of POSIX facts")

WORDS = ["models", "apps", "responses", "packages", "legacy", "all"]
"""Every group of the sample that can be cleared."""


def chosen(word: str) -> Callable[[Entry, Inventory], bool]:
    def fits(entry: Entry, inventory: Inventory) -> bool:
        cache = inventory.cache_by_id[entry.cache]
        return word in ("all", cache.category) or (word == "legacy" and cache.legacy)

    return fits


@pytest.fixture
def sample(tmp_path: Path) -> SampleHome:
    return build(tmp_path / "sample", utc_now())


@pytest.fixture
def service(sample: SampleHome) -> CacheManager:
    return sample_manager(sample)


def roots(plan: Plan) -> list[Path]:
    return [root.path for root in plan.roots]


@pytest.mark.parametrize("word", WORDS)
def test_quarantine_and_undo_restore_every_byte_mode_time_link_and_hard_link(
    word: str, sample: SampleHome, service: CacheManager
) -> None:
    before = picture(sample.home, sample.project)
    plan = clear(service, chosen(word), Disposal.QUARANTINE)
    cleared = carry_out(service, plan)
    assert set(cleared.statuses) == {Status.DONE}
    held = [service.inventory().cache_by_id[root.cache].quarantined for root in plan.roots]
    assert all(held), "nothing was set aside, so that bringing it back shows nothing"

    back = carry_out(service, service.plan_undo())
    assert set(back.statuses) == {Status.DONE}
    assert picture(sample.home, sample.project) == before
    assert [run.state for run in service.runs()] == [RunState.FINISHED, RunState.UNDONE]


@pytest.mark.parametrize("word", WORDS)
def test_delete_frees_what_it_promised_and_cannot_be_undone(
    word: str, sample: SampleHome, service: CacheManager
) -> None:
    plan = clear(service, chosen(word), Disposal.DELETE)
    assert plan.permanent
    # Of the whole machine: a hard link from a cache to somewhere else keeps its bytes.
    before = du(sample.home, sample.project)
    cleared = carry_out(service, plan)
    assert set(cleared.statuses) == {Status.DONE}
    assert cleared.freed == before - du(sample.home, sample.project) == plan.frees
    with pytest.raises(Refused, match="removed nothing that can be brought back"):
        service.plan_undo()


def test_without_a_disposal_only_what_is_hard_to_get_again_can_be_undone(service: CacheManager) -> None:
    plan = clear(service)
    rebuilds = {
        (str(step.rebuild), step.action.disposal) for step in plan.steps if hasattr(step.action, "disposal")
    }
    assert ("downloads", Disposal.DELETE) in rebuilds
    assert ("costs", Disposal.QUARANTINE) in rebuilds
    assert plan.keep_until is not None
    carry_out(service, plan)
    back = carry_out(service, service.plan_undo())
    assert set(back.statuses) == {Status.DONE}
    kinds = {service.inventory().cache_by_id[entry.cache].rebuild for entry in service.inventory().entries}
    assert kinds == {"costs", "unique"} or kinds == {"costs"}


def test_clearing_leaves_what_nobody_recognised_and_what_is_not_ours(
    sample: SampleHome, service: CacheManager
) -> None:
    stray = sample.home / ".cache" / "huggingface" / "hub" / "thesis"
    stray.mkdir()
    (stray / "chapter-1.txt").write_text("mine")
    plan = clear(service, disposal=Disposal.DELETE)
    left = {exclusion.path: exclusion.reason for exclusion in plan.exclusions}
    assert left[stray] == "not-recognised"
    carry_out(service, plan)
    assert (stray / "chapter-1.txt").read_text() == "mine"
    for name in (".cache/huggingface/token", ".cache/huggingface/stored_tokens", ".cache/uv/CACHEDIR.TAG"):
        assert (sample.home / name).is_file()
    assert (sample.home / ".cache" / "torch" / "hub" / "trusted_list").is_file()
    assert not [name for name in os.listdir(sample.home / ".cache" / "uv") if name.startswith(".cachemgr")]


def test_nothing_outside_the_roots_changes(sample: SampleHome, service: CacheManager) -> None:
    plan = clear(service, disposal=Disposal.DELETE)
    inside = tuple(f"{path}{os.sep}" for path in roots(plan)) + tuple(map(str, roots(plan)))
    before = picture(sample.home, sample.project)
    linked = {look[3:4] for name, look in before.items() if name.startswith(inside)} - {()}
    carry_out(service, plan)
    after = picture(sample.home, sample.project)
    outside = {
        name: look for name, look in before.items() if not name.startswith(inside) and look[3:4] not in linked
    }
    assert outside.items() <= after.items()
    assert set(after) <= set(before)


def test_a_scan_after_a_clearing_finds_nothing_wrong(service: CacheManager) -> None:
    carry_out(service, clear(service, chosen("models"), Disposal.DELETE))
    after = service.inventory()
    assert all(cache.state in (CacheState.OK, CacheState.MISSING) for cache in after.caches)
    models = {cache.id for cache in after.caches if cache.category is Category.MODELS}
    assert not [entry for entry in after.entries if entry.cache in models]


def test_one_of_two_repositories_that_share_a_payload_keeps_it(
    sample: SampleHome, service: CacheManager
) -> None:
    huggingface_hub = pytest.importorskip("huggingface_hub")
    hub = sample.home / ".cache" / "huggingface" / "hub"
    other = hub / "models--unsloth--Qwen3-0.6B"
    before = picture(other, hub / "blobs")
    plan = clear(service, lambda entry, _: "models/Qwen/Qwen3-0.6B@" in entry.id, Disposal.DELETE)
    assert [exclusion.reason for exclusion in plan.exclusions] == ["shared"]
    carry_out(service, plan)
    assert picture(other, hub / "blobs") == before
    info = huggingface_hub.scan_cache_dir(hub)
    assert info.warnings == []
    assert "Qwen/Qwen3-0.6B" not in {repo.repo_id for repo in info.repos}
    # The last holder takes it along.
    carry_out(service, clear(service, lambda entry, _: "unsloth/Qwen3-0.6B@" in entry.id, Disposal.DELETE))
    assert not [path for path in (hub / "blobs").glob("*/*") if path.suffix != ".lock"]
    assert huggingface_hub.scan_cache_dir(hub).warnings == []


def test_stopping_leaves_the_rest_and_finishes_what_was_moved(
    sample: SampleHome, service: CacheManager
) -> None:
    plan = clear(service, disposal=Disposal.DELETE)
    gauge = Gauge()
    seen = 0

    def stop_in_the_middle(event: RunEvent) -> None:
        nonlocal seen
        seen += type(event).__name__ == "StepStarted"
        gauge.stopped = seen > 20

    before = du(sample.home, sample.project)
    done = carry_out(service, plan, gauge=gauge, during=stop_in_the_middle)
    assert done.kinds.count("stopped") == len(plan.steps) - 20
    assert done.statuses.count(Status.DONE) == 20
    assert done.freed == before - du(sample.home, sample.project) > 0
    assert service.run().state is RunState.FINISHED
    assert not list(sample.directory.rglob(".cachemgr-quarantine-*"))


@pytest.mark.parametrize("disposal", [Disposal.QUARANTINE, Disposal.DELETE])
@pytest.mark.parametrize("after", [1, 40, 170])
def test_a_run_that_is_dropped_in_the_middle_can_be_read_and_taken_back(
    after: int, disposal: Disposal, sample: SampleHome, service: CacheManager
) -> None:
    before = picture(sample.home, sample.project)
    plan = clear(service, disposal=disposal)
    events = service.execute(plan)
    started = (event for event in events if isinstance(event, StepStarted))
    for _ in range(after + 1):
        next(started)
    drop(events)
    assert list(sample.directory.rglob(".cachemgr-quarantine-*"))
    assert service.run().state is RunState.INTERRUPTED
    carry_out(service, service.plan_undo(service.run().id))
    now = picture(sample.home, sample.project)
    # Folders' times cannot be known: the run never came to look at what it left.
    assert _without_folder_times(now) == _without_folder_times(before)
    assert service.runs()[1].state is RunState.UNDONE
    again = carry_out(service, clear(service, disposal=disposal))
    assert set(again.statuses) == {Status.DONE}


def test_a_deletion_that_began_can_be_finished_and_not_be_taken_back(
    sample: SampleHome, service: CacheManager
) -> None:
    plan = clear(service, disposal=Disposal.DELETE)
    events = service.execute(plan)
    for event in events:
        if isinstance(event, Announced) and event.phase is Phase.PURGING:
            next(events)
            break
    drop(events)
    with pytest.raises(Refused, match="removed in part"):
        service.plan_undo(service.run().id)
    before = du(sample.home, sample.project)
    done = carry_out(service, service.plan_purge())
    assert set(done.statuses) == {Status.DONE}
    assert done.freed == before - du(sample.home, sample.project) > 0
    assert not list(sample.directory.rglob(".cachemgr-quarantine-*"))
    assert service.runs()[1].state is RunState.PURGED


def _without_folder_times(seen: dict[str, tuple[object, ...]]) -> dict[str, tuple[object, ...]]:
    # A container that had to be made again is another inode.
    folder = 0o040000
    return {name: look[:2] if look[0] == folder else look for name, look in seen.items()}
