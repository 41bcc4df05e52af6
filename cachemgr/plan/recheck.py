"""A saved plan against what planning the same now would give: a file can ask for no more than that."""

from collections.abc import Mapping, Sequence, Set

from cachemgr.domain.action import Remove, Tidy
from cachemgr.domain.inventory import Cache, Entry, EntryId, Inventory, UnitKey
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.plan import Plan, Root, Step

Names = tuple[str, ...]


def still_wanted(plan: Plan, inventory: Inventory) -> Set[EntryId]:
    """The entries of this inventory that a saved plan clears as a whole.

    One that grew a unit since is not among them, and neither is one of which the plan names only what it
    shares with others: it would be broken rather than cleared.
    """
    paths = {(step.cache, step.action.names) for step in plan.steps if isinstance(step.action, Remove)}
    return {entry.id for entry in inventory.entries if _cleared(entry, paths, inventory)}


def recheck(plan: Plan, inventory: Inventory, fresh: Plan) -> Mapping[int, Trouble]:
    """What is wrong with the steps of a saved plan to clear, by number.

    `fresh` is what planning the same entries would give now: a step that it would not contain, just so,
    with the same lock and after the same others, is refused.
    """
    allowed = {key: step for step in fresh.steps if (key := _key(step)) is not None}
    needs = {key: _needed(fresh.steps, step) for key, step in allowed.items()}
    troubles: dict[int, Trouble] = {}
    for number, step in enumerate(plan.steps):
        key = _key(step)
        if not _same_root(plan.root(step.cache), inventory.cache_by_id.get(step.cache)):
            troubles[number] = Trouble("root-changed", step.cache)
        elif key is None:
            troubles[number] = Trouble("outside", step.cache)
        elif key not in allowed or not (
            _same(step, allowed[key]) and needs[key] <= _needed(plan.steps[:number], step)
        ):
            troubles[number] = Trouble("changed", "/".join(key[1]))
    return troubles


def recheck_return(plan: Plan, fresh: Plan) -> Mapping[int, Trouble]:
    """What is wrong with the steps of a saved undo or purge: whatever the journal would not ask for now, just
    so and after the same others."""
    allowed = {
        _exactly(fresh, step): {fresh.steps[need].action for need in step.needs} for step in fresh.steps
    }
    troubles: dict[int, Trouble] = {}
    for number, step in enumerate(plan.steps):
        needs = allowed.get(_exactly(plan, step))
        waits = {plan.steps[need].action for need in step.needs if 0 <= need < number}
        if needs is None or not needs <= waits:
            troubles[number] = Trouble("changed", step.cache)
    return troubles


def is_same(plan: Plan, fresh: Plan) -> bool:
    """Whether a plan is, step for step, what planning now would give. A part of a recovery could leave an
    entry half."""
    missing = {_exactly(fresh, step) for step in fresh.steps} - {_exactly(plan, step) for step in plan.steps}
    return not missing and not recheck_return(plan, fresh)


def _cleared(entry: Entry, paths: Set[UnitKey], inventory: Inventory) -> bool:
    keys = {(entry.cache, unit.names) for unit in entry.units}
    return (keys - inventory.holders.keys() or keys) <= paths


def _key(step: Step) -> UnitKey | None:
    """What a step of a clearing acts on; None for one that no clearing has."""
    return (step.cache, step.action.names) if isinstance(step.action, Remove | Tidy) else None


def _needed(steps: Sequence[Step], step: Step) -> Set[UnitKey | None]:
    return {_key(steps[need]) for need in step.needs if 0 <= need < len(steps)}


def _same(step: Step, fresh: Step) -> bool:
    """Whether both mean the same thing in the same state. How it is disposed of is the person's choice."""
    match step.action, fresh.action:
        case Remove(lock=lock), Remove(lock=other):
            return lock == other and step.identity == fresh.identity and step.seen == fresh.seen
        case Tidy(alone=alone), Tidy(alone=other):
            return alone == other
    return False


def _same_root(planned: Root, cache: Cache | None) -> bool:
    if cache is None or cache.identity is None:
        return False
    return (planned.identity.inode, planned.path, planned.third_party) == (
        cache.identity.inode,
        cache.real_path,
        cache.third_party,
    )


def _exactly(plan: Plan, step: Step) -> tuple[object, ...]:
    """A step with all that decides what it does."""
    root = plan.root(step.cache)
    return (root.path, root.identity.inode, root.third_party, step.action, step.identity, step.seen)
