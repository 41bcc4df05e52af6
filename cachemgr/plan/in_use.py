"""Which steps of a plan must wait, because somebody uses what they act on."""

from collections.abc import Iterator, Mapping

from cachemgr.disk.reader import OURS
from cachemgr.domain.action import Purge, Remove
from cachemgr.domain.inventory import EntryId
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.plan import Plan, Step
from cachemgr.domain.terms import Disposal, Rebuild
from cachemgr.domain.usage import Holder, Spot, Usage

_COSTLY = (Rebuild.COSTS, Rebuild.UNIQUE)


def counts_as_used(disposal: Disposal, rebuild: Rebuild | None) -> bool:
    """Whether "could not tell" is reason enough to keep something: where it would be gone for good, and
    is more than a download."""
    return disposal is Disposal.DELETE and rebuild in _COSTLY


def spots(plan: Plan) -> Iterator[Spot]:
    """Where a plan takes something away for good or for a while, with the lock that has to be free for it."""
    for step in plan.steps:
        if isinstance(step.action, Remove | Purge):
            yield plan.root(step.cache).path, getattr(step.action, "lock", ())


def in_use(plan: Plan, usage: Usage) -> Mapping[int, Trouble]:
    """The steps that must not happen now, by number, each with who is in the way.

    With a step go all of its entry, what points to it, and what needs one of these to be done: nothing is
    left in halves.
    """
    troubles: dict[int, Trouble] = {}
    entries: dict[EntryId, Trouble] = {}
    for number, step in enumerate(plan.steps):
        if (trouble := _trouble(plan, step, usage)) is not None:
            troubles[number] = trouble
            for together in (step, *_needed(plan, step)):
                if together.entry is not None:
                    entries.setdefault(together.entry, trouble)
    for number, step in enumerate(plan.steps):
        if step.entry in entries:
            troubles.setdefault(number, entries[step.entry])
        # What is needed comes first, so that one pass sees all that follows from it.
        if (held := next((troubles[need] for need in step.needs if need in troubles), None)) is not None:
            troubles.setdefault(number, held)
    return troubles


def _needed(plan: Plan, step: Step) -> Iterator[Step]:
    return (plan.steps[need] for need in step.needs if 0 <= need < len(plan.steps))


def _trouble(plan: Plan, step: Step, usage: Usage) -> Trouble | None:
    root = plan.root(step.cache).path
    who: Holder | None = None
    match step.action:
        case Remove(names, disposal, lock, resumes):
            who = usage.holder(root, names, step.identity, lock)
            if who is None and resumes is not None:
                who = usage.holder(root, (OURS + resumes.run, str(resumes.number)))
            if who is None and usage.unsure is not None and counts_as_used(disposal, step.rebuild):
                return Trouble("in-use", usage.unsure)
        case Purge(run, held):
            waiting = (usage.inodes.get((dev, ino)) for _, dev, ino in held)
            who = usage.holder(root, (OURS + run,)) or next(filter(None, waiting), None)
    return None if who is None else Trouble("in-use", who.label)
