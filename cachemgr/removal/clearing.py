"""The verb that clears named entries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cachemgr.domain.terms import Disposal
from cachemgr.past.runs import new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence, Set
    from datetime import datetime

    from cachemgr.domain.inventory import Entry, EntryId, Inventory
    from cachemgr.domain.machine import Machine
    from cachemgr.domain.plan import Plan
    from cachemgr.domain.settings import Settings
    from cachemgr.domain.terms import Rule
    from cachemgr.domain.usage import Usage
    from cachemgr.scan.in_use import Observer


@dataclass(frozen=True, slots=True)
class Clearing:
    machine: Machine
    settings: Settings
    clock: Callable[[], datetime]
    observer: Observer

    def plan(
        self,
        inventory: Inventory,
        entries: Set[EntryId],
        *,
        targets: Sequence[str] = (),
        disposal: Disposal | None = None,
        force: Collection[Rule] = (),
        usage: Usage | None = None,
    ) -> Plan:
        """What clearing those entries would do, after a look at who uses them, unless `usage` is one."""
        from cachemgr.plan.compose import clear_plan

        untrashable: Mapping[EntryId, str] = {}
        chosen = [entry for entry in inventory.entries if entry.id in entries]
        if (disposal := disposal or self.settings.disposal) is Disposal.TRASH:
            from cachemgr.execute import trash

            untrashable = trash.untrashable(inventory, chosen, self.machine)
        return clear_plan(
            new_id(),
            inventory,
            chosen,
            self.clock(),
            disposal=disposal,
            keep=timedelta(days=self.settings.retention_days),
            targets=targets,
            usage=self.look(inventory, chosen, force) if usage is None else usage,
            forced=force,
            untrashable=untrashable,
        )

    def look(self, inventory: Inventory, chosen: Sequence[Entry], force: Collection[Rule]) -> Usage:
        """Who uses those entries now, in the way that `force` allows."""
        from cachemgr.plan.clear import worth_a_look

        return self.observer.look(worth_a_look(inventory, chosen), force)
