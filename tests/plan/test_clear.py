"""What a selection becomes: which steps, in which order, what stays and why."""

from dataclasses import replace
from pathlib import Path

import pytest

from cachemgr.domain.action import Remove, Tidy
from cachemgr.domain.inventory import Entry, Inventory, Volume
from cachemgr.domain.plan import Step
from cachemgr.domain.terms import CacheState, Disposal, Knowledge, Reason, Rebuild
from cachemgr.domain.unit import Container, Identity, Kind, Linked, Obstacle, Unit
from cachemgr.plan.clear import Clearing, clear, default_disposal
from tests.values import NOW, ago, cache, entry, inventory, unit

HUB = "huggingface-hub@home"


def plan(found: Inventory, *entries: Entry, disposal: Disposal = Disposal.DELETE) -> Clearing:
    return clear(found, entries or found.entries, lambda _: disposal, NOW)


def removed(clearing: Clearing) -> list[str]:
    return ["/".join(step.action.names) for step in clearing.steps if isinstance(step.action, Remove)]


def tidied(clearing: Clearing) -> list[str]:
    return ["/".join(step.action.names) for step in clearing.steps if isinstance(step.action, Tidy)]


def reasons(clearing: Clearing) -> list[tuple[Reason, str]]:
    return [(exclusion.reason, exclusion.detail) for exclusion in clearing.exclusions]


def container(*names: str, children: int) -> Container:
    return Container(names, Identity(1, hash(names) % 9999, Kind.DIRECTORY, 4096, 0), 4096, children)


def linked(found: Unit, inode: int, nlink: int, size: int = 4096) -> Unit:
    """The unit as one more name of a file that has `nlink` of them."""
    names = {(1, inode): Linked(size, size, nlink, 1)}
    return replace(found, tally=replace(found.tally, size=size, linked=names))


def test_pointers_of_all_entries_go_before_any_payload_and_payload_needs_them() -> None:
    shared = unit("blobs", "shared")
    one = entry("a", unit("blobs", "a"), shared, cache=HUB, pointers=(unit("refs", "a"), unit("snap", "a")))
    two = entry("b", shared, cache=HUB, pointers=(unit("snap", "b"),))
    clearing = plan(inventory(entries=[one, two]))
    assert removed(clearing) == ["refs/a", "snap/a", "snap/b", "blobs/a", "blobs/shared"]
    assert [step.needs for step in clearing.steps] == [(), (0,), (), (0, 1), (0, 1, 2)]


def test_what_several_hold_goes_after_what_each_of_them_holds_alone() -> None:
    shared = unit("store", "shared")
    one, two = entry("a", unit("a", "link"), shared), entry("b", unit("b", "link"), shared)
    assert removed(plan(inventory(entries=[one, two]))) == ["a/link", "b/link", "store/shared"]


def test_a_shared_payload_stays_while_somebody_keeps_it_and_the_exclusion_names_them() -> None:
    shared = unit("blobs", "shared", size=8192)
    one = entry("a", shared, cache=HUB, pointers=(unit("snap", "a"),))
    two = entry("b", shared, cache=HUB, pointers=(unit("snap", "b"),))
    found = inventory(entries=[one, two])
    clearing = plan(found, one)
    assert removed(clearing) == ["snap/a"]
    (exclusion,) = clearing.exclusions
    assert (exclusion.reason, exclusion.entry, exclusion.detail) == (Reason.SHARED, one.id, two.id)
    assert exclusion.size == 8192
    assert "blobs/shared" in removed(plan(found, one, two))


def test_an_entry_that_is_held_back_keeps_what_it_shares_alive() -> None:
    shared = unit("blobs", "shared")
    one = entry("a", shared, cache=HUB, pointers=(unit("snap", "a"),))
    two = entry("b", shared, cache=HUB, pointers=(unit("snap", "b"),))
    two = replace(two, obstacles=(Obstacle(Reason.PROTECTED, "token"),))
    clearing = plan(inventory(entries=[one, two]))
    assert removed(clearing) == ["snap/a"]
    assert reasons(clearing) == [(Reason.PROTECTED, "token"), (Reason.SHARED, two.id)]


@pytest.mark.parametrize(
    "reason",
    [Reason.PROTECTED, Reason.FOREIGN_OWNER, Reason.MOUNT_POINT, Reason.SHARED, Reason.NOT_RECOGNISED],
)
def test_an_obstacle_excludes_the_whole_entry_with_its_reason(reason: Reason) -> None:
    held = replace(entry("a", unit("x"), unit("y")), obstacles=(Obstacle(reason, "why"),))
    clearing = plan(inventory(entries=[held]))
    assert (clearing.steps, reasons(clearing)) == ((), [(reason, "why")])


def test_a_cache_that_only_general_knowledge_describes_is_reported_and_never_cleared() -> None:
    name = "guess@home"
    found = inventory([cache(name, knowledge=Knowledge.UNVERIFIED)], [entry("a", cache=name)])
    assert reasons(plan(found)) == [(Reason.REPORT_ONLY, "unregistered")]
    named = inventory(
        [cache(name, knowledge=Knowledge.UNVERIFIED, registered=True)], [entry("a", cache=name)]
    )
    assert removed(plan(named)) == ["a"]


def test_a_directory_without_evidence_needs_somebody_who_named_it() -> None:
    box = cache()
    found = inventory([replace(box, evident=False)], [entry("a")])
    assert reasons(plan(found)) == [(Reason.NOT_RECOGNISED, "no-evidence")]
    assert removed(plan(inventory([replace(box, evident=False, registered=True)], [entry("a")]))) == ["a"]


@pytest.mark.parametrize("state", [CacheState.UNAVAILABLE, CacheState.UNUSABLE, CacheState.MISSING])
def test_a_root_that_could_not_be_read_is_not_cleared(state: CacheState) -> None:
    clearing = plan(inventory([cache(state=state)], [entry("a")]))
    assert (clearing.steps, reasons(clearing)) == ((), [(Reason.REPORT_ONLY, state)])


def test_a_read_only_file_system_is_not_tried() -> None:
    room = Volume("dev", "ext4", 0, 0, read_only=True)
    clearing = plan(inventory([replace(cache(), volume=room)], [entry("a")]))
    assert (clearing.steps, reasons(clearing)) == ((), [(Reason.READ_ONLY, "")])


@pytest.mark.parametrize(("age", "goes"), [(None, False), (3599, False), (3601, True)])
def test_what_may_still_be_written_has_to_rest_first(age: float | None, goes: bool) -> None:
    partial = entry("a", modified=None if age is None else ago(seconds=age))
    clearing = plan(inventory(entries=[replace(partial, idle=3600)]))
    assert removed(clearing) == (["a"] if goes else [])
    assert reasons(clearing) == ([] if goes else [(Reason.TOO_YOUNG, "in-progress")])


def test_what_nobody_recognised_is_listed_when_a_cache_is_cleared_whole() -> None:
    box = replace(cache(path="/box"), unknown=(unit("thesis", size=4096), unit("Token")))
    one, two = entry("a"), entry("b")
    found = inventory([box], [one, two])
    assert [(exclusion.reason, exclusion.path) for exclusion in plan(found).exclusions] == [
        (Reason.NOT_RECOGNISED, Path("/box/thesis")),
        (Reason.PROTECTED, Path("/box/Token")),
    ]
    assert plan(found, one).exclusions == ()
    assert "thesis" not in removed(plan(found))


def test_a_step_carries_the_lock_and_the_identity_of_its_unit() -> None:
    blob = replace(unit("blobs", "a"), lock=(".locks", "a.lock"))
    (step,) = plan(inventory(entries=[entry("a", blob)])).steps
    assert isinstance(step.action, Remove)
    assert (step.action.lock, step.identity, step.seen) == ((".locks", "a.lock"), blob.identity, None)


def test_a_step_remembers_what_a_tree_held() -> None:
    tree = unit("tree", kind=Kind.DIRECTORY)
    (step,) = plan(inventory(entries=[entry("a", tree)])).steps
    assert step.seen == tree.tally.content


class TestContainers:
    """Directories that group units go when the plan empties them, and only then."""

    def test_deepest_first_and_never_the_root(self) -> None:
        box = replace(
            cache(),
            containers=(container(children=1), container("a", children=1), container("a", "b", children=1)),
        )
        clearing = plan(inventory([box], [entry("x", unit("a", "b", "x"))]))
        assert tidied(clearing) == ["a/b", "a"]
        assert [step.needs for step in clearing.steps] == [(), (0,), (1,)]
        assert [step.frees for step in clearing.steps] == [4096, 4096, 4096]

    def test_one_that_keeps_something_stays(self) -> None:
        box = replace(cache(), containers=(container(children=1), container("a", children=2)))
        assert tidied(plan(inventory([box], [entry("x", unit("a", "x"))]))) == []

    def test_one_whose_entry_is_held_back_stays(self) -> None:
        box = replace(cache(), containers=(container(children=1), container("a", children=2)))
        one, two = entry("x", unit("a", "x")), entry("y", unit("a", "y"))
        two = replace(two, obstacles=(Obstacle(Reason.PROTECTED, ""),))
        assert tidied(plan(inventory([box], [one, two]))) == []

    def test_a_bound_one_leaves_only_with_the_one_around_it(self) -> None:
        repo = (container("repo", children=2), container("repo", "snapshots", children=1))
        box = replace(cache(), containers=(container(children=1), *repo), bound=("snapshots",))
        snapshot, blob = entry("s", unit("repo", "snapshots", "s")), entry("b", unit("repo", "blob"))
        assert tidied(plan(inventory([box], [snapshot, blob]), snapshot)) == []
        clearing = plan(inventory([box], [snapshot, blob]))
        (step,) = [step for step in clearing.steps if isinstance(step.action, Tidy)]
        assert step.action == Tidy(("repo",), (("snapshots",),))
        assert (step.needs, step.frees) == ((0, 1), 8192)

    def test_one_that_was_empty_before_goes_along(self) -> None:
        boxes = (container("a", children=2), container("a", "empty", children=0))
        box = replace(cache(), containers=(container(children=1), *boxes))
        clearing = plan(inventory([box], [entry("x", unit("a", "x"))]))
        assert clearing.steps[-1].action == Tidy(("a",), (("empty",),))

    def test_one_that_was_empty_before_does_not_go_by_itself(self) -> None:
        boxes = (container("a", children=1), container("empty", children=0))
        box = replace(cache(), containers=(container(children=2), *boxes))
        assert tidied(plan(inventory([box], [entry("x", unit("a", "x"))]))) == ["a"]


class TestFrees:
    """The promise counts an inode once, and only when its last name goes."""

    def test_two_names_in_two_units_count_once(self) -> None:
        one, two = linked(unit("a"), 7, 2), linked(unit("b"), 7, 2)
        assert plan(inventory(entries=[entry("a", one), entry("b", two)])).frees == 4096

    def test_two_names_in_two_caches_count_once(self) -> None:
        one, two = linked(unit("a"), 7, 2), linked(unit("a"), 7, 2)
        found = inventory(entries=[entry("a", one), entry("a", two, cache="uv@home")])
        assert plan(found).frees == 4096

    def test_one_name_of_two_frees_nothing(self) -> None:
        found = inventory(entries=[entry("a", linked(unit("a"), 7, 2)), entry("b", linked(unit("b"), 7, 2))])
        assert plan(found, found.entries[0]).frees == 0

    def test_a_name_elsewhere_keeps_the_bytes(self) -> None:
        one, two = linked(unit("a"), 7, 3), linked(unit("b"), 7, 3)
        assert plan(inventory(entries=[entry("a", one), entry("b", two)])).frees == 0

    @pytest.mark.parametrize("disposal", [Disposal.QUARANTINE, Disposal.TRASH])
    def test_what_is_set_aside_frees_nothing(self, disposal: Disposal) -> None:
        assert plan(inventory(entries=[entry("a")]), disposal=disposal).frees == 0

    def test_a_name_that_is_only_set_aside_keeps_the_bytes(self) -> None:
        one, two = entry("a", linked(unit("a"), 7, 2)), entry("b", linked(unit("b"), 7, 2))
        found = inventory(entries=[one, two])
        split = {one.id: Disposal.DELETE, two.id: Disposal.QUARANTINE}
        assert clear(found, found.entries, lambda e: split[e.id], NOW).frees == 0


@pytest.mark.parametrize(
    ("rebuild", "disposal"),
    [
        (Rebuild.REBUILDS, Disposal.DELETE),
        (Rebuild.DOWNLOADS, Disposal.DELETE),
        (Rebuild.COSTS, Disposal.QUARANTINE),
        (Rebuild.UNIQUE, Disposal.QUARANTINE),
    ],
)
def test_what_is_costly_to_have_again_is_set_aside(rebuild: Rebuild, disposal: Disposal) -> None:
    assert default_disposal(rebuild) is disposal


def test_what_cannot_go_to_the_trash_stays_only_where_it_was_to_go_there() -> None:
    found = inventory(entries=[entry("a"), entry("b")])
    why = {found.entries[0].id: "name-too-long"}
    trashed, deleted = (
        clear(found, found.entries, lambda e, d=disposal: d, NOW, untrashable=why)  # type: ignore[misc]
        for disposal in (Disposal.TRASH, Disposal.DELETE)
    )
    assert [step.entry for step in trashed.steps if step.entry] == [found.entries[1].id]
    assert [(out.reason, out.entry, out.detail) for out in trashed.exclusions] == [
        (Reason.NO_TRASH, found.entries[0].id, "name-too-long")
    ]
    assert len([step for step in deleted.steps if step.entry]) == 2
    assert not deleted.exclusions


def test_a_step_says_what_it_costs_to_have_again() -> None:
    found = inventory([cache(rebuild=Rebuild.UNIQUE)], [entry("a")])
    steps: list[Step] = [*plan(found).steps]
    assert [step.rebuild for step in steps] == [Rebuild.UNIQUE]
