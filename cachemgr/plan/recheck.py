"""A saved plan against a fresh scan: only what is still recognised, and still the same, may go."""

from collections.abc import Mapping

from cachemgr.domain.action import Remove, Tidy
from cachemgr.domain.inventory import Inventory
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.plan import Plan
from cachemgr.domain.unit import Identity


def recheck(plan: Plan, inventory: Inventory, fresh: Plan) -> Mapping[int, Trouble]:
    """What is wrong with the steps of a saved plan, by number.

    `fresh` is what planning the same entries would give now: a step that it would not contain is refused,
    so that a file that came from elsewhere can do no more than this program itself would.
    """
    allowed: dict[tuple[str, tuple[str, ...]], Identity | None] = {}
    for step in fresh.steps:
        if isinstance(step.action, Remove | Tidy):
            allowed[(step.cache, step.action.names)] = step.identity
    troubles: dict[int, Trouble] = {}
    for number, step in enumerate(plan.steps):
        root = inventory.cache_by_id.get(step.cache)
        planned = plan.root(step.cache)
        if root is None or root.identity is None or root.identity.inode != planned.identity.inode:
            troubles[number] = Trouble("root-changed", step.cache)
        elif not isinstance(step.action, Remove | Tidy):
            troubles[number] = Trouble("outside", step.cache)
        else:
            key = (step.cache, step.action.names)
            if key not in allowed or (isinstance(step.action, Remove) and allowed[key] != step.identity):
                troubles[number] = Trouble("changed", "/".join(step.action.names))
    return troubles
