"""What is in use stays whole: left out of a plan, and held back from its run."""

from dataclasses import replace
from pathlib import Path

import pytest

from cachemgr.domain.action import Purge, Remove, Resumed
from cachemgr.domain.inventory import Inventory
from cachemgr.domain.plan import Plan, Root, Step
from cachemgr.domain.terms import Disposal, Intent, Reason, Rebuild
from cachemgr.domain.unit import Identity, Kind, Obstacle
from cachemgr.domain.usage import Holder, Unsure, Usage
from cachemgr.plan.clear import Clearing, clear, worth_a_look
from cachemgr.plan.in_use import in_use, spots
from tests.values import NOW, ago, cache, entry, inventory, unit

HUB = "huggingface-hub@home"
ROOT = Path("/home/ada/.cache/huggingface-hub")
BASH = Holder(12, "bash")
LOCKS = (".locks", "repo")


def hub(rebuild: Rebuild = Rebuild.DOWNLOADS) -> Inventory:
    """Two revisions that share a blob and have one of their own each, and a third with nothing shared."""
    shared = replace(unit("blobs", "shared"), lock=(*LOCKS, "shared.lock"))
    parts = [
        entry(
            name,
            replace(unit("blobs", name), lock=(*LOCKS, f"{name}.lock")),
            *((shared,) if name != "c" else ()),
            cache=HUB,
            pointers=(replace(unit("refs", name), lock=LOCKS), replace(unit("snap", name), lock=LOCKS)),
        )
        for name in "abc"
    ]
    return inventory([cache(HUB, rebuild=rebuild)], parts)


def plan(found: Inventory, usage: Usage, disposal: Disposal = Disposal.DELETE) -> Clearing:
    return clear(found, found.entries, lambda _: disposal, NOW, usage)


def used(*spots: str, by: Holder = BASH) -> Usage:
    return Usage(places={(ROOT, tuple(spot.split("/"))): by for spot in spots})


def removed(clearing: Clearing) -> list[str]:
    return ["/".join(step.action.names) for step in clearing.steps if isinstance(step.action, Remove)]


@pytest.mark.parametrize("disposal", list(Disposal))
@pytest.mark.parametrize("what", ["refs/a", "snap/a", "blobs/a"])
def test_an_entry_of_which_anything_is_used_stays_whole_whatever_would_become_of_it(
    what: str, disposal: Disposal
) -> None:
    clearing = plan(hub(), used(what), disposal)
    assert removed(clearing) == ["refs/b", "snap/b", "refs/c", "snap/c", "blobs/b", "blobs/c"]
    held, shared = clearing.exclusions
    assert (held.reason, held.entry, held.detail) == (Reason.IN_USE, f"{HUB}:a", "bash (12)")
    assert (shared.reason, shared.entry, shared.detail) == (Reason.SHARED, f"{HUB}:b", f"{HUB}:a")


def test_what_two_share_keeps_both_when_it_is_used() -> None:
    clearing = plan(hub(), used("blobs/shared"))
    assert removed(clearing) == ["refs/c", "snap/c", "blobs/c"]
    assert [(one.reason, one.entry) for one in clearing.exclusions] == [
        (Reason.IN_USE, f"{HUB}:a"),
        (Reason.IN_USE, f"{HUB}:b"),
    ]


def test_another_root_with_the_same_names_is_another_place() -> None:
    usage = Usage(places={(Path("/elsewhere"), ("blobs", "a")): BASH})
    assert plan(hub(), usage).exclusions == ()


def test_a_file_that_is_used_under_another_name_is_found_by_its_number() -> None:
    found = hub()
    blob = found.entries[2].payload[0].identity
    (held,) = plan(found, Usage(inodes={blob.inode: BASH})).exclusions
    assert held.entry == f"{HUB}:c"


def test_a_lock_that_is_held_keeps_all_that_is_behind_it() -> None:
    usage = Usage(locks={(ROOT, LOCKS): Holder(7, "hf", lock=True)})
    clearing = plan(hub(), usage)
    assert clearing.steps == ()
    assert {one.detail for one in clearing.exclusions} == {"lock of hf (7)"}


@pytest.mark.parametrize("gap", list(Unsure))
@pytest.mark.parametrize("rebuild", list(Rebuild))
@pytest.mark.parametrize("disposal", list(Disposal))
def test_a_doubt_keeps_only_what_is_costly_and_would_be_gone_for_good(
    gap: Unsure, rebuild: Rebuild, disposal: Disposal
) -> None:
    usage = Usage(others=3) if gap is Unsure.UNSEEN else Usage(gap=gap)
    clearing = plan(hub(rebuild), usage, disposal)
    stays = disposal is Disposal.DELETE and rebuild in (Rebuild.COSTS, Rebuild.UNIQUE)
    assert (not clearing.steps) is stays
    assert {(one.reason, one.detail) for one in clearing.exclusions} == (
        {(Reason.IN_USE, gap.value)} if stays else set()
    )


def test_what_is_seen_in_use_is_said_rather_than_the_doubt() -> None:
    usage = replace(used("blobs/c"), gap=Unsure.TIMED_OUT)
    details = {one.entry: one.detail for one in plan(hub(Rebuild.COSTS), usage).exclusions}
    assert details == {f"{HUB}:a": "timed-out", f"{HUB}:b": "timed-out", f"{HUB}:c": "bash (12)"}


def test_a_download_beside_it_keeps_an_entry_for_a_while() -> None:
    young, old = (replace(entry(name), busy_until=when) for name, when in (("a", ago(hours=-1)), ("b", NOW)))
    clearing = clear(inventory(entries=[young, old]), [young, old], lambda _: Disposal.DELETE, NOW)
    assert removed(clearing) == ["b"]
    assert [(one.reason, one.detail) for one in clearing.exclusions] == [(Reason.TOO_YOUNG, "downloading")]


def test_only_what_may_go_is_worth_a_look() -> None:
    found = hub()
    held = replace(found.entries[0], obstacles=(Obstacle(Reason.PROTECTED, "token"),))
    spots_of = list(
        worth_a_look(replace(found, entries=(held, *found.entries[1:])), [held, found.entries[2]])
    )
    assert spots_of == [(ROOT, LOCKS), (ROOT, LOCKS), (ROOT, (*LOCKS, "c.lock"))]
    assert not list(worth_a_look(found, [held]))


class TestRightBeforeTheRun:
    """The same for steps: the world may have turned since the plan."""

    def plan(self, disposal: Disposal = Disposal.DELETE, rebuild: Rebuild = Rebuild.DOWNLOADS) -> Plan:
        found = hub(rebuild)
        steps = clear(found, found.entries, lambda _: disposal, NOW).steps
        root = Root(HUB, "huggingface-hub", ROOT, Identity(1, 1, Kind.DIRECTORY, 0, 0))
        return Plan("p-1", Intent.CLEAR, NOW, NOW, (root,), steps)

    def held(self, usage: Usage, plan: Plan | None = None) -> set[str]:
        plan = plan or self.plan()
        troubles = in_use(plan, usage)
        assert {trouble.kind for trouble in troubles.values()} <= {"in-use"}
        return {
            "/".join(step.action.names)
            for number, step in enumerate(plan.steps)
            if number in troubles and isinstance(step.action, Remove)
        }

    def test_nothing_is_held_back_when_nothing_is_used(self) -> None:
        assert self.held(Usage()) == set()

    @pytest.mark.parametrize("name", ["a", "b"])
    @pytest.mark.parametrize("place", ["refs", "snap", "blobs"])
    def test_all_of_an_entry_is_held_back_and_what_it_shares(self, place: str, name: str) -> None:
        held = self.held(used(f"{place}/{name}"))
        assert held == {f"refs/{name}", f"snap/{name}", f"blobs/{name}", "blobs/shared"}

    def test_what_two_share_holds_both_back(self) -> None:
        together = {f"{place}/{name}" for place in ("refs", "snap", "blobs") for name in "ab"}
        assert self.held(used("blobs/shared")) == together | {"blobs/shared"}

    def test_a_lock_does_the_same(self) -> None:
        spot = (ROOT, (*LOCKS, "c.lock"))
        usage = Usage(locks={spot: Holder(7, "hf", lock=True)})
        assert self.held(usage) == {"refs/c", "snap/c", "blobs/c"}

    def test_a_doubt_does_it_for_what_is_costly_and_would_be_gone(self) -> None:
        doubt = Usage(gap=Unsure.TIMED_OUT)
        assert self.held(doubt) == set()
        assert self.held(doubt, self.plan(Disposal.QUARANTINE, Rebuild.COSTS)) == set()
        assert len(self.held(doubt, self.plan(Disposal.DELETE, Rebuild.COSTS))) == 10

    def test_it_is_asked_for_every_root_and_lock_of_the_plan(self) -> None:
        names = {"/".join(lock) for root, lock in spots(self.plan()) if root == ROOT}
        locks = {"/".join((*LOCKS, f"{name}.lock")) for name in ("a", "b", "c", "shared")}
        assert names == {"/".join(LOCKS), *locks}

    def test_a_quarantine_in_which_something_is_used_is_not_emptied(self) -> None:
        purge = Step(Purge("20261120-150000-aa", ((7, 1, 99),)), HUB)
        plan = replace(self.plan(), intent=Intent.PURGE, steps=(purge,))
        place = ".cachemgr-quarantine-20261120-150000-aa"
        assert dict(in_use(plan, used("blobs/a"))) == {}
        assert in_use(plan, used(place))[0].detail == "bash (12)"
        assert in_use(plan, Usage(inodes={(1, 99): BASH}))[0].detail == "bash (12)"
        assert dict(in_use(plan, Usage(gap=Unsure.TIMED_OUT))) == {}
        assert list(spots(plan)) == [(ROOT, ())]

    def test_what_an_interrupted_run_moved_is_looked_for_where_it_lies(self) -> None:
        run = "20261120-150000-aa"
        resumed = Remove(("blobs", "c"), Disposal.DELETE, resumes=Resumed(run, 7))
        plan = replace(self.plan(), steps=(Step(resumed, HUB),))
        assert self.held(used(f".cachemgr-quarantine-{run}/8"), plan) == set()
        assert self.held(used(f".cachemgr-quarantine-{run}/7"), plan) == {"blobs/c"}
        assert self.held(used("blobs/c"), plan) == {"blobs/c"}

    def test_a_plan_that_somebody_wrote_may_need_what_is_not_there(self) -> None:
        plan = self.plan()
        steps = tuple(replace(step, needs=(999, -1)) for step in plan.steps)
        assert "blobs/a" in self.held(used("blobs/a"), replace(plan, steps=steps))


def test_a_label_is_never_taken_for_a_doubt() -> None:
    labels = {Holder(3, str(why)).label for why in Unsure} | {Holder(None, lock=True).label}
    assert not labels & set(Unsure)
    assert Holder(3, "hf", lock=True).label == "lock of hf (3)"
