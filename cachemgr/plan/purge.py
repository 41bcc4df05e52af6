"""Emptying quarantines: the moment at which their bytes are freed."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from cachemgr.domain.action import Purge, Remove
from cachemgr.domain.inventory import CacheId
from cachemgr.domain.plan import Root, Step
from cachemgr.domain.run import Run
from cachemgr.domain.terms import Rebuild, RunState

SILENCE = timedelta(days=30)


def purge(runs: Iterable[Run], standing: Iterable[CacheId] = ()) -> tuple[tuple[Root, ...], tuple[Step, ...]]:
    """One step for each run and root that still holds something, and the roots they work in.

    A run that was interrupted may have left an empty quarantine in any of its roots; so may another, where
    the system refused to remove it: `standing` names the caches where one was seen.
    """
    roots: dict[CacheId, Root] = {}
    steps: list[Step] = []
    for run in runs:
        held: dict[CacheId, list[tuple[int, Step]]] = {}
        if run.state is RunState.INTERRUPTED:
            held = {cache: [] for cache in removal_caches(run)}
        for cache in standing:
            held.setdefault(cache, [])
        for number, step in (*run.quarantined, *run.leftover):
            held.setdefault(step.cache, []).append((number, step))
        for cache, units in held.items():
            root = run.plan.root(cache)
            # The same cache id may have named another directory in another run.
            name = cache if roots.get(cache, root).path == root.path else f"{cache} ({run.id})"
            roots[name] = root if name == cache else _renamed(root, name)
            steps.append(emptying(run.id, name, units))
    return tuple(roots.values()), tuple(steps)


def emptying(run: str, cache: CacheId, units: Iterable[tuple[int, Step]]) -> Step:
    """The step that deletes those units of a run's, with what it would cost to have the dearest again."""
    held = tuple(units)
    size = sum(step.size for _, step in held)
    return Step(
        Purge(run, tuple((number, *step.identity.inode) for number, step in held if step.identity)),
        cache,
        size=size,
        frees=size,
        rebuild=max(
            (step.rebuild for _, step in held if step.rebuild), key=list(Rebuild).index, default=None
        ),
        holds=tuple(dict.fromkeys(step.entry for _, step in held if step.entry)),
    )


def is_ahead(now: datetime, newest: datetime, runs: Iterable[Run]) -> bool:
    """Whether a clock contradicts what it should have seen: nothing has happened for a month, counted from
    the last day until which anything was kept. `newest` is when something last happened."""
    kept = (
        run.plan.keep_until for run in runs if run.plan.keep_until is not None and run.plan.keep_until <= now
    )
    return now - max((newest, *kept)) > SILENCE


def removal_caches(run: Run) -> tuple[CacheId, ...]:
    """The caches in whose roots a run has a quarantine of its own, or may have."""
    removals = (
        step for step in run.plan.steps if isinstance(step.action, Remove) and step.action.resumes is None
    )
    return tuple(dict.fromkeys(step.cache for step in removals))


def _renamed(root: Root, name: CacheId) -> Root:
    return Root(name, root.type, root.path, root.identity, root.third_party)
