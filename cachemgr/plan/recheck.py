"""A saved plan against what planning the same now would give: a file can ask for no more than that."""

from collections.abc import Mapping, Sequence, Set
from pathlib import Path

from cachemgr.domain.action import Copy, Match, Move, Remove, Tidy
from cachemgr.domain.display import display_name
from cachemgr.domain.inventory import Cache, CacheId, Entry, EntryId, Inventory, UnitKey
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.plan import Plan, Root, Step
from cachemgr.domain.terms import Disposal

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


def still_moving(plan: Plan, inventory: Inventory) -> Set[EntryId]:
    """The entries of this inventory that a saved plan moves as a whole."""
    tops: dict[CacheId, set[Names]] = {}
    for step in plan.steps:
        if isinstance(step.action, Move | Copy | Match):
            below = len(plan.root(step.cache).below)
            tops.setdefault(step.cache, set()).add(step.action.names[below:])
    return {
        entry.id
        for entry in inventory.entries
        if entry.cache in tops and all(_below(unit.names, tops[entry.cache]) for unit in entry.units)
    }


def destinations_of(plan: Plan) -> Mapping[CacheId, Path]:
    """For each cache that a plan moves the directory that it is to be in."""
    return {
        step.cache: plan.root(step.action.to).top
        for step in plan.steps
        if isinstance(step.action, Move | Copy | Match)
    }


def _below(names: Names, tops: Set[Names]) -> bool:
    return any(names[:depth] in tops for depth in range(1, len(names) + 1))


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
    """Whether both mean the same thing in the same state, and it is called what it is: a person said yes to
    what was shown. How it is disposed of is the person's choice."""
    if not _honest(step, fresh):
        return False
    match step.action, fresh.action:
        case Remove(lock=lock), Remove(lock=other):
            return lock == other and _state(step) == _state(fresh)
        case Tidy(alone=alone), Tidy(alone=other):
            return alone == other
    return False


def _state(step: Step) -> tuple[object, ...]:
    return step.identity, step.seen, step.digest


def _honest(step: Step, fresh: Step) -> bool:
    """Whether what is shown of a step is what a scan says. How much it frees depends on what goes along and
    on the disposal; it is never more than there is."""
    # A document has what can be shown of a name, where that is not text.
    names = (None,) if fresh.entry is None else (fresh.entry, display_name(fresh.entry))
    deletes = not isinstance(step.action, Remove) or step.action.disposal is Disposal.DELETE
    return (
        step.entry in names
        and step.rebuild == fresh.rebuild
        and (step.size == fresh.size or isinstance(step.action, Tidy))
        and 0 <= step.frees <= (step.size if deletes else 0)
    )


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
    place = (root.path, root.identity.inode, root.third_party, root.below, root.own)
    return (place, step.action, *_state(step))
