"""Who uses what, as a test says: the look at real processes has tests of its own, and takes its time."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from cachemgr.domain.terms import Rule
from cachemgr.domain.usage import NOT_LOOKED, Spot, Usage
from cachemgr.scan.in_use import Observer


@dataclass(frozen=True, slots=True)
class Foreseen(Observer):
    """Sees what it was told; by default that nobody uses anything."""

    usage: Usage = NOT_LOOKED

    def look(self, spots: Iterable[Spot], forced: Collection[Rule] = ()) -> Usage:
        return NOT_LOOKED if forced else self.usage
