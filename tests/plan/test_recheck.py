"""A saved plan may ask for what planning now would give, and for nothing else."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cachemgr.domain.action import Purge, Remove, Tidy
from cachemgr.domain.inventory import Cache, Inventory
from cachemgr.domain.plan import Plan, Root, Step
from cachemgr.domain.terms import Disposal, Intent, Rebuild
from cachemgr.domain.unit import Container, Identity, Kind
from cachemgr.plan.clear import clear
from cachemgr.plan.recheck import is_same, recheck, recheck_return, still_wanted
from tests.values import NOW, cache, entry, inventory, unit

HUB = "huggingface-hub@home"
ROOT = Identity(1, 5, Kind.DIRECTORY, 4096, 0)
SHARED = replace(unit("blobs", "shared"), lock=(".locks", "shared.lock"))
ONE = entry("a", unit("blobs", "a"), SHARED, cache=HUB, pointers=(unit("snap", "a"),))
TWO = entry("b", SHARED, cache=HUB, pointers=(unit("snap", "b"),))


def hub() -> Cache:
    snap = Container(("snap",), Identity(1, 6, Kind.DIRECTORY, 4096, 0), 4096, 2)
    return replace(cache(HUB, path="/hub"), identity=ROOT, containers=(snap,))


def planned(found: Inventory, *ids: str) -> Plan:
    steps = clear(found, [e for e in found.entries if e.name in ids], lambda _: Disposal.DELETE, NOW).steps
    root = Root(HUB, "huggingface-hub", Path("/hub"), ROOT)
    return Plan("p-1", Intent.CLEAR, NOW, NOW, (root,), steps)


def checked(plan: Plan, found: Inventory) -> dict[str, str]:
    """Kind of trouble by what the step acts on."""
    fresh = planned(found, *(found.entry_by_id[name].name for name in still_wanted(plan, found)))
    troubles = recheck(plan, found, fresh)
    return {
        "/".join(getattr(plan.steps[number].action, "names", ())): trouble.kind
        for number, trouble in troubles.items()
    }


@pytest.fixture
def found() -> Inventory:
    return inventory([hub()], [ONE, TWO])


@pytest.mark.parametrize("ids", [("a",), ("b",), ("a", "b")])
def test_a_plan_that_is_still_right_passes(ids: tuple[str, ...], found: Inventory) -> None:
    assert checked(planned(found, *ids), found) == {}


def test_a_plan_that_was_founded_on_other_words_stays(found: Inventory) -> None:
    """Metadata that was written again looks as it did, by every fact but what it says."""
    snap = unit("snap", "a")
    then, now = (
        inventory([hub()], [replace(ONE, pointers=(replace(snap, digest=said),)), TWO]) for said in "xy"
    )
    assert checked(planned(then, "a"), then) == {}
    assert checked(planned(then, "a"), now) == {"snap/a": "changed"}


def test_a_payload_that_somebody_new_shares_stays(found: Inventory) -> None:
    """The plan was right when only one entry held it; the other came later and was never shown."""
    before = inventory([hub()], [ONE])
    assert "blobs/shared" in [
        str(Path(*s.action.names)) for s in planned(before, "a").steps if hasattr(s.action, "names")
    ]
    assert checked(planned(before, "a"), found)["blobs/shared"] == "changed"


def test_an_entry_that_grew_a_pointer_stays_whole(found: Inventory) -> None:
    grown = replace(ONE, pointers=(*ONE.pointers, unit("refs", "new")))
    now = inventory([hub()], [grown, TWO])
    assert set(checked(planned(found, "a"), now)) == {"snap/a", "blobs/a"}


def crafted(change: Callable[[Step], Step]) -> Callable[[Plan], Plan]:
    return lambda plan: replace(plan, steps=tuple(change(step) for step in plan.steps))


def only(*names: str) -> Callable[[Plan], Plan]:
    def keep(plan: Plan) -> Plan:
        steps = [step for step in plan.steps if getattr(step.action, "names", None) == names]
        return replace(plan, steps=tuple(replace(step, needs=()) for step in steps))

    return keep


def without_lock(step: Step) -> Step:
    return replace(step, action=replace(step.action, lock=())) if isinstance(step.action, Remove) else step


def with_more_alone(step: Step) -> Step:
    return (
        replace(step, action=replace(step.action, alone=(("x",),))) if isinstance(step.action, Tidy) else step
    )


def called(**lie: object) -> Callable[[Plan], Plan]:
    """What is shown of the payload, changed."""

    def lied(step: Step) -> Step:
        hit = isinstance(step.action, Remove) and step.action.names == ("blobs", "a")
        return replace(step, **lie) if hit else step  # type: ignore[arg-type]

    return crafted(lied)


@pytest.mark.parametrize(
    ("craft", "refused"),
    [
        (only("blobs", "shared"), {"blobs/shared"}),
        (only("blobs", "a"), {"blobs/a"}),
        (crafted(lambda step: replace(step, needs=())), {"blobs/a", "blobs/shared", "snap"}),
        (crafted(without_lock), {"blobs/shared"}),
        (crafted(with_more_alone), {"snap"}),
        (called(entry=TWO.id), {"blobs/a"}),
        (called(entry=None), {"blobs/a"}),
        (called(rebuild=Rebuild.REBUILDS), {"blobs/a"}),
        (called(size=1), {"blobs/a"}),
        (called(frees=1 << 40), {"blobs/a"}),
        (called(frees=-1), {"blobs/a"}),
    ],
    ids=(
        "only-a-shared-payload only-a-payload no-order no-lock more-folders another-name no-name"
        " another-rebuild another-size frees-more frees-less-than-nothing"
    ).split(),
)
def test_a_crafted_plan_gets_nothing_that_clearing_would_not_do(
    craft: Callable[[Plan], Plan], refused: set[str], found: Inventory
) -> None:
    assert set(checked(craft(planned(found, "a", "b")), found)) == refused


@pytest.mark.parametrize(
    "other",
    [
        {"path": Path("/elsewhere")},
        {"identity": ROOT._replace(ino=99)},
        {"third_party": True},
    ],
)
def test_a_root_is_the_one_the_scan_finds_in_every_respect(
    other: dict[str, object], found: Inventory
) -> None:
    plan = planned(found, "a")
    (root,) = plan.roots
    plan = replace(plan, roots=(replace(root, **other),))  # type: ignore[arg-type]
    assert set(checked(plan, found).values()) == {"root-changed"}


def test_an_action_that_no_clearing_has_is_refused(found: Inventory) -> None:
    plan = replace(planned(found, "a"), steps=(Step(Purge("20261120-150000-0badf00d"), HUB),))
    assert checked(plan, found) == {"": "outside"}


def test_an_undo_or_a_purge_may_hold_what_the_journal_would_ask_for_and_nothing_else(
    found: Inventory,
) -> None:
    fresh = replace(planned(found, "a"), intent=Intent.PURGE, steps=(Step(Purge("run"), HUB),))
    assert recheck_return(fresh, fresh) == {}
    sneaked = replace(fresh, steps=(*fresh.steps, planned(found, "a").steps[0]))
    assert {number: trouble.kind for number, trouble in recheck_return(sneaked, fresh).items()} == {
        1: "changed"
    }
    elsewhere = replace(fresh, roots=(replace(fresh.roots[0], path=Path("/home/ada")),))
    assert set(recheck_return(elsewhere, fresh)) == {0}


def test_a_recovery_holds_what_a_decision_was_read_in_to_what_it_said_then(found: Inventory) -> None:
    steps = tuple(replace(step, digest="read") for step in planned(found, "a").steps)
    fresh = replace(planned(found, "a"), intent=Intent.FINISH, steps=steps)
    assert is_same(fresh, fresh)
    silent = replace(fresh, steps=(replace(steps[0], digest=""), *steps[1:]))
    assert not is_same(silent, fresh)
