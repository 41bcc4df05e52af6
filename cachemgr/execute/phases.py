"""What is announced together, and which directories a step changes."""

from collections.abc import Iterator

from cachemgr.domain.action import (
    Commit,
    Copy,
    Discard,
    Match,
    Move,
    Publish,
    Purge,
    Remake,
    Restore,
    Return,
    Settle,
    Tidy,
    Unlink,
    Withdraw,
)
from cachemgr.domain.inventory import CacheId
from cachemgr.domain.plan import Plan, Step
from cachemgr.domain.run_event import Phase

Names = tuple[str, ...]

_PHASES: tuple[tuple[tuple[type, ...], Phase], ...] = (
    ((Purge,), Phase.PURGING),
    ((Restore, Remake, Settle, Return, Withdraw, Discard, Unlink), Phase.RESTORING),
    ((Copy,), Phase.COPYING),
    ((Match, Publish, Commit), Phase.PUBLISHING),
)


def phase_of(step: Step) -> Phase:
    return next((phase for kinds, phase in _PHASES if isinstance(step.action, kinds)), Phase.MOVING)


def changed(step: Step, plan: Plan) -> Iterator[tuple[CacheId, Names]]:
    """The directories that a step changes, or may, outermost first."""
    places: list[tuple[CacheId, Names]] = []
    names: Names | None = getattr(step.action, "names", None)
    if names is not None and not isinstance(step.action, Settle | Copy | Match):
        places.append((step.cache, names))
    match step.action:
        case Copy(to=to):
            # Directories of ours come into both.
            places += [(cache, (*plan.root(cache).own, "")) for cache in (step.cache, to)]
        case Move(to=to, place=place):
            places.append((to, place))
        case Return(of=of, place=place):
            places.append((of, place))
    for cache, place in places:
        for depth in range(len(place)):
            yield cache, place[:depth]
    if isinstance(step.action, Tidy):
        for below in ((), *step.action.alone):
            yield step.cache, (*step.action.names, *below)
