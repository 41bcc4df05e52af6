"""The variables that make tools use the new places: else they were moved for nothing."""

from collections.abc import Iterable
from pathlib import PurePath

from cachemgr.domain.action import Copy, Match, Move
from cachemgr.domain.cache_type import CacheType, Variable
from cachemgr.domain.machine import Platform
from cachemgr.domain.plan import Plan, Root


def variables(plan: Plan, types: Iterable[CacheType], platform: Platform) -> dict[str, PurePath]:
    """By name, for every destination of a migration whose tool has a variable of its own for it."""
    kinds = {kind.id: kind for kind in types}
    found: dict[str, PurePath] = {}
    for root in destinations(plan):
        kind = kinds.get(root.type)
        variable = None if kind is None else _strongest(kind, platform)
        value = None if variable is None else _value(root.top, variable.below)
        if variable is not None and value is not None:
            found.setdefault(variable.name, value)
    return found


def destinations(plan: Plan) -> tuple[Root, ...]:
    """The roots that a migration brings something to."""
    to = [step.action.to for step in plan.steps if isinstance(step.action, Move | Copy | Match)]
    return tuple(plan.root(cache) for cache in dict.fromkeys(to))


def _strongest(kind: CacheType, platform: Platform) -> Variable | None:
    """A weaker one would give way wherever that is set; one that moves many tools is nobody's own."""
    own = (variable for variable in kind.variables if not variable.name.startswith("XDG_"))
    return next((variable for variable in own if platform in variable.platforms), None)


def _value(path: PurePath, below: str) -> PurePath | None:
    """What a variable has to be so that its tool, which appends `below`, gets to `path`."""
    tail = tuple(below.split("/")) if below else ()
    if not tail:
        return path
    return path.parents[len(tail) - 1] if path.parts[-len(tail) :] == tail else None
