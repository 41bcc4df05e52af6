"""Containers that a plan empties leave with it, deepest first; never the root itself."""

from collections.abc import Iterator
from dataclasses import dataclass

from cachemgr.domain.action import Move, Remove, Tidy
from cachemgr.domain.inventory import Cache, Inventory
from cachemgr.domain.plan import Step

Names = tuple[str, ...]


def tidy(inventory: Inventory, steps: list[Step]) -> Iterator[Step]:
    """The steps, followed by one for each container in which they leave nothing."""
    yield from steps
    number = len(steps)
    for cache in inventory.caches:
        own = [(position, step) for position, step in enumerate(steps) if step.cache == cache.id]
        if own:
            for step in _containers(cache, own, number):
                yield step
                number += 1


@dataclass(frozen=True, slots=True)
class _Gone:
    """Something that a plan takes out of a container."""

    name: str
    needs: tuple[int, ...]
    """The steps that take it."""
    alone: tuple[Names, ...] = ()
    """What must be removed with the container, because no step of its own does; below the container."""
    allocated: int = 0


def _containers(cache: Cache, own: list[tuple[int, Step]], number: int) -> Iterator[Step]:
    gone: dict[Names, list[_Gone]] = {}
    taken: set[Names] = set()
    for position, step in own:
        if isinstance(step.action, Remove | Move):
            *folder, name = step.action.names
            taken.add(step.action.names)
            gone.setdefault(tuple(folder), []).append(_Gone(name, (position,)))
    for container in sorted(cache.containers, key=lambda container: (-len(container.names), container.names)):
        names = container.names
        parts = gone.get(names, [])
        if not names or len(parts) < container.children:
            continue
        if any(names[:depth] in taken for depth in range(1, len(names) + 1)):
            continue  # it goes with what it is a part of
        needs = tuple(sorted({need for part in parts for need in part.needs}))
        alone = tuple((part.name, *below) for part in parts for below in part.alone)
        allocated = container.allocated + sum(part.allocated for part in parts)
        if names[-1] in cache.bound or not needs:
            # No step of its own: it waits for the container around it.
            waits = _Gone(names[-1], needs, (*alone, ()), allocated)
            gone.setdefault(names[:-1], []).append(waits)
            continue
        yield Step(
            Tidy(names, alone),
            cache.id,
            None,
            container.identity,
            allocated,
            allocated,
            needs,
        )
        gone.setdefault(names[:-1], []).append(_Gone(names[-1], (number,)))
        number += 1
