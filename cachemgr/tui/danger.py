"""How much a plan has to be confirmed: in proportion to what it would cost to have it back."""

from dataclasses import dataclass
from enum import IntEnum

from cachemgr.domain.action import Purge, Remove
from cachemgr.domain.plan import Plan, Step
from cachemgr.domain.terms import Disposal, Rebuild

_COSTLY = (Rebuild.COSTS, Rebuild.UNIQUE)


class Level(IntEnum):
    """What has to happen between `x` and the first effect."""

    NOTHING = 1
    """All of it can be undone: the plan was the question."""
    DIALOG = 2
    """It cannot be undone, and can be had again."""
    WORD = 3
    """It cannot be undone, and is costly to have again or cannot be had at all."""


@dataclass(frozen=True, slots=True)
class Danger:
    """The level, and the word that has to be typed for the highest one."""

    level: Level
    word: str = ""


def danger(plan: Plan) -> Danger:
    """Judged by the worst step of a plan."""
    if any(isinstance(step.action, Purge) for step in plan.steps):
        return Danger(Level.WORD, "purge")
    gone = [step for step in plan.steps if _permanent(step)]
    costly = [step for step in gone if step.rebuild in _COSTLY]
    if costly:
        largest = max(costly, key=lambda step: step.size)
        return Danger(Level.WORD, plan.root(largest.cache).type)
    return Danger(Level.DIALOG if gone else Level.NOTHING)


def _permanent(step: Step) -> bool:
    return isinstance(step.action, Remove) and step.action.disposal is Disposal.DELETE
