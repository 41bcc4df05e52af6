"""What may be made of an interrupted run: do the rest of it, or bring back what it moved."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from cachemgr.domain.action import Close, Discard, Purge, Remove
from cachemgr.domain.inventory import CacheId, Inventory
from cachemgr.domain.plan import Exclusion, Step
from cachemgr.domain.run import Arrival, Choices, Numbered, Run, Whereabouts
from cachemgr.domain.terms import REMOVING, Disposal, Intent, StepState, Where
from cachemgr.plan.finish import NOTHING, Obstacle, finish
from cachemgr.plan.finish_migration import Rest, destinations, sources
from cachemgr.plan.purge import emptying, removal_caches
from cachemgr.plan.undo import undo
from cachemgr.plan.way_back import way_back


@dataclass(frozen=True, slots=True)
class Recovery:
    """The steps that recover a run, and what stays of what it was to remove. They work in the roots of
    `run`: the one whose quarantine it is about."""

    run: Run
    steps: tuple[Step, ...]
    exclusions: tuple[Exclusion, ...] = ()


def choices(run: Run) -> Choices:
    """Both, unless something of it can no longer be taken back, or was taking something back."""
    if not run.interrupted:
        return Choices(False, False, "was not interrupted, or was recovered since")
    if run.plan.intent is Intent.MIGRATE:
        return Choices(True, not run.committed, "has committed its copies" if run.committed else "")
    if run.plan.intent not in REMOVING:
        kind = "an undo" if run.plan.intent is Intent.UNDO else "a purge"
        return Choices(True, False, f"is {kind}, which can only be finished")
    if run.purge_begun or run.purging or run.purged:
        return Choices(True, False, "has begun to delete for good, so that it can only be finished")
    if any(run.step_state(number) is StepState.DONE for number, _ in _trashed(run)):
        return Choices(True, False, "moved something to the system trash, so that it can only be finished")
    return Choices(True, True)


def roll_back(run: Run, found: Mapping[int, Whereabouts]) -> Recovery:
    """Everything that lies in its quarantine, or may, goes back to its place."""
    # Where a unit on its way to the trash is, the journal cannot tell; this is the place to decide it.
    aside = {n for n, _ in _trashed(run) if n in found and found[n].where in (Where.QUARANTINE, Where.TRASH)}
    known = {number for number, _ in run.quarantined}
    stayed = {number for number, look in found.items() if look.where is Where.PLACE}
    held: Numbered = tuple(
        # What never left brings no bytes back; its step is there for the record.
        (number, replace(step, size=0) if number in stayed else step)
        for number, step in enumerate(run.plan.steps)
        if number in known | aside
    )
    return Recovery(run, (*undo(run, held), *_close(run.id, removal_caches(run))))


def finish_clear(
    run: Run,
    found: Mapping[int, Whereabouts],
    inventory: Inventory | None,
    kept: Mapping[int, Obstacle] = NOTHING,
) -> Recovery:
    """What was not done is done now, entry by entry, where that is still right. `kept`: see `finish`."""
    steps, exclusions = finish(run, found, inventory, kept)
    return Recovery(run, (*steps, *_close(run.id, removal_caches(run))), exclusions)


def roll_back_migration(run: Run, found: Mapping[int, Arrival]) -> Recovery:
    """Everything is where it came from, and nothing of it anywhere else."""
    return Recovery(run, (*way_back(run, found), *_close(run.id, sources(run))))


def finish_migration(run: Run, looks: Mapping[int, Whereabouts], found: Mapping[int, Arrival]) -> Recovery:
    """What was not copied, published, committed or retired yet. Without a commit it stays interrupted."""
    rest = Rest(run, looks, found)
    steps = tuple(rest.steps())
    ends = (
        *(Step(Discard(run.id), cache, needs=rest.commit) for cache in destinations(run)),
        *(Step(Close(run.id), cache, needs=rest.commit) for cache in sources(run)),
    )
    return Recovery(run, (*steps, *ends))


def finish_undo(reversed_run: Run, found: Mapping[int, Arrival] | None = None) -> Recovery:
    """What an undo did not bring back yet; its run is the one that it reverses. `found` where that is a
    migration."""
    if found is not None:
        return roll_back_migration(reversed_run, found)
    caches = removal_caches(reversed_run)
    return Recovery(reversed_run, (*undo(reversed_run), *_close(reversed_run.id, caches)))


def finish_purge(run: Run, others: Mapping[str, Run]) -> Recovery:
    """What a purge did not empty yet."""
    wanted = [
        (number, step, step.action)
        for number, step in enumerate(run.plan.steps)
        if isinstance(step.action, Purge)
    ]
    steps: list[Step] = []
    for number, step, action in wanted:
        if run.step_state(number) is StepState.DONE or action.run not in others:
            continue
        other, root = others[action.run], run.plan.root(step.cache)
        held = [
            (unit, one)
            for unit, one in (*other.quarantined, *other.leftover)
            if other.plan.root(one.cache).path == root.path and one.identity is not None
        ]
        steps.append(emptying(other.id, step.cache, held))
    closing = [Step(Close(action.run), step.cache) for _, step, action in wanted]
    return Recovery(run, (*steps, *closing))


def _close(run: str, caches: Iterable[CacheId]) -> Iterator[Step]:
    return (Step(Close(run), cache) for cache in caches)


def _trashed(run: Run) -> Numbered:
    """The steps that move something to the system trash."""
    return tuple(
        (number, step)
        for number, step in enumerate(run.plan.steps)
        if isinstance(step.action, Remove) and step.action.disposal is Disposal.TRASH
    )
