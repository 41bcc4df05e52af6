"""From where to where a plan moves caches, as rows with raw numbers."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cachemgr.domain.action import Copy, Match, Move, Publish
from cachemgr.domain.inventory import CacheId
from cachemgr.domain.outcome import Outcome
from cachemgr.domain.plan import Plan
from cachemgr.domain.terms import Status


@dataclass(frozen=True, slots=True)
class RouteRow:
    """One cache on its way."""

    cache: CacheId
    to: CacheId
    type: str
    """What kind of cache it is there."""
    source: Path
    target: Path
    moves: int = 0
    """Bytes that only get another name."""
    copies: int = 0
    """Bytes that are copied, read back and compared."""
    there: int = 0
    """Bytes that seem to be there already."""

    @property
    def how(self) -> str:
        """`renamed`, `copied and compared` or both."""
        words = []
        if self.moves or not (self.copies or self.there):
            words.append("renamed")
        if self.copies:
            words.append("copied and compared")
        if self.there:
            words.append("compared with what is there")
        return ", ".join(words)


def route_rows(plan: Plan) -> tuple[RouteRow, ...]:
    """One row for each cache that a plan brings elsewhere, in its order."""
    sums: dict[tuple[CacheId, CacheId], list[int]] = {}
    for step in plan.steps:
        if isinstance(step.action, Move | Copy | Match):
            row = sums.setdefault((step.cache, step.action.to), [0, 0, 0])
            row[(Move, Copy, Match).index(type(step.action))] += step.size
    return tuple(
        RouteRow(cache, to, plan.root(to).type, plan.root(cache).top, plan.root(to).top, *row)
        for (cache, to), row in sums.items()
    )


def migrated(plan: Plan, outcomes: Iterable[Outcome]) -> int:
    """Bytes that really got to their new place."""
    total = 0
    for outcome in outcomes:
        step = plan.steps[outcome.number]
        if outcome.status is not Status.DONE:
            continue
        if isinstance(step.action, Move | Match):
            total += step.size
        elif isinstance(step.action, Publish) and step.action.resumes is None:
            total += plan.steps[step.action.copy].size
    return total
