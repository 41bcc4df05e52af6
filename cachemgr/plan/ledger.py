"""Bytes that a shrinking set of entries still holds, and what its going gives back: shared ones once."""

from collections.abc import Iterable

from cachemgr.domain.inventory import Entry, Inventory, UnitKey
from cachemgr.domain.unit import Inode, Unit


class Ledger:
    """The units and inodes of some entries, counted down as they are released."""

    def __init__(self, inventory: Inventory, entries: Iterable[Entry]) -> None:
        self.held = 0
        """Allocated bytes of what is left."""
        self._inventory = inventory
        self._left: dict[UnitKey, int] = {}
        """Entries that hold a unit and stay, those that nobody asked about included."""
        self._units_of: dict[Inode, int] = {}
        """Units that are left and have a name of the inode."""
        self._links: dict[Inode, int] = {}
        """Names of an inode that nothing which was deleted had."""
        for entry in entries:
            for key, unit in _units(entry):
                if key not in self._left:
                    self._left[key] = len(inventory.holders.get(key, ())) or 1
                    self._add(unit)

    def _add(self, unit: Unit) -> None:
        self.held += _alone(unit)
        for inode, link in unit.tally.linked.items():
            if inode not in self._units_of:
                self.held += link.allocated
                self._links[inode] = link.nlink
            self._units_of[inode] = self._units_of.get(inode, 0) + 1

    def release(self, entry: Entry, *, deletes: bool) -> int:
        """Call once for each entry that goes. Bytes of free space that it gives if it `deletes`: what others
        hold, here or under names elsewhere, gives none."""
        gain = 0
        for key, unit in _units(entry):
            self._left[key] -= 1
            if self._left[key]:
                continue
            self.held -= _alone(unit)
            gain += _alone(unit)
            for inode, link in unit.tally.linked.items():
                self._units_of[inode] -= 1
                if not self._units_of[inode]:
                    self.held -= link.allocated
                if deletes:
                    self._links[inode] -= link.seen
                    gain += link.allocated if self._links[inode] <= 0 else 0
        return gain if deletes else 0


def _units(entry: Entry) -> Iterable[tuple[UnitKey, Unit]]:
    return {(entry.cache, unit.names): unit for unit in entry.units}.items()


def _alone(unit: Unit) -> int:
    """Bytes of inodes with a single name."""
    return unit.tally.size - sum(link.allocated for link in unit.tally.linked.values())
