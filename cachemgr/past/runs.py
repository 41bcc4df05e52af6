"""The runs that were made: find one, undo it, purge what it set aside. What only a verb needs it imports."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cachemgr.domain.action import Link, Purge
from cachemgr.domain.display import display_name
from cachemgr.domain.errors import Refused, UnknownTarget
from cachemgr.domain.terms import REMOVING, Intent, RunState, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from cachemgr.domain.inventory import Inventory
    from cachemgr.domain.machine import Machine
    from cachemgr.domain.plan import Plan
    from cachemgr.domain.run import Arrival, Run
    from cachemgr.journal.store import Journal

RECOVERIES = (Intent.FINISH, Intent.ROLL_BACK)


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs that the journal under one state directory remembers."""

    state: Path
    clock: Callable[[], datetime]
    invocation: tuple[str, ...]
    machine: Machine

    @property
    def journal(self) -> Journal:
        from cachemgr.journal.store import Journal

        return Journal(self.state, self.clock)

    def all(self) -> tuple[Run, ...]:
        """Newest first."""
        return self.journal.runs()

    def one(self, run: str | None = None) -> Run:
        """By its id or an unambiguous beginning of it; the last one by default. Raises UnknownTarget."""
        runs = self.all()
        if run is None:
            if not runs:
                raise UnknownTarget("no run is remembered yet")
            return runs[0]
        found = [one for one in runs if one.id == run]
        found = found or [one for one in runs if run and one.id.startswith(run)]
        if len(found) != 1:
            many = "several runs begin with" if found else "no run is called"
            raise UnknownTarget(f"{many} {display_name(run)}; see `{self.command('history')}`")
        return found[0]

    def undo(self, run: str | None = None) -> Plan:
        """The reverse of a run; by default of the last one that removed something. What a recovery
        finished is undone with the run that it finished. One that was interrupted has to be named.

        Raises UnknownTarget when there is no such run, Refused when nothing of it can be brought back.
        """
        from cachemgr.disk.whereabouts import standing
        from cachemgr.plan.compose import undo_plan

        undone = (*REMOVING, Intent.MIGRATE)
        made = (one.id for one in self.all() if one.plan.intent in undone)
        found = self.recovered_by(self.one(run or next(made, None)))
        if run is None and found.interrupted:
            # Naming it is a decision; "the last one" is none.
            raise Refused(f"run {found.id} was interrupted; see `{self.command('recover', found.id)}` first")
        if not found.undoable:
            raise Refused(_not_undoable(found, self.all()))
        return undo_plan(new_id(), found, self.clock(), self.arrivals(found), standing=standing(found))

    def arrivals(self, run: Run) -> Mapping[int, Arrival] | None:
        """Where the things are that a migration brought to another place; None for any other run."""
        if run.plan.intent is not Intent.MIGRATE:
            return None
        from cachemgr.disk.arrivals import arrivals

        return arrivals(run)

    def purge(self, run: str | None = None, *, due: bool = False) -> Plan:
        """Empty one run's quarantine, all of them, or those whose time has come.

        Raises UnknownTarget; Refused where the clock says that it has come and nothing else does, and for a
        migration that was interrupted: which of its copies are the truth is to be decided first.
        """
        from cachemgr.disk.whereabouts import standing
        from cachemgr.plan.compose import purge_plan

        if run is None:
            plan = purge_plan(new_id(), self.all(), self.clock(), run=None, due=due)
            if due and plan.steps:
                self._refuse_ahead(plan)
            return plan
        found = self.one(run)
        if found.interrupted and found.plan.intent is Intent.MIGRATE:
            raise Refused(f"run {found.id} was interrupted; see `{self.command('recover', found.id)}` first")
        left = standing(found)
        return purge_plan(new_id(), (found,), self.clock(), run=found.id, due=due, standing=left)

    def refuse_saved(self, plan: Plan, inventory: Inventory) -> None:
        """Raise Refused where a plan from a file cannot be carried out here at all, and say what is wrong."""
        from cachemgr.past.saved import refuse

        refuse(plan, inventory, self, self.clock())

    def recovered_by(self, run: Run) -> Run:
        """The run that a recovery is about; any other is about itself. Raises UnknownTarget."""
        return self.one(run.plan.reverses) if run.plan.intent in RECOVERIES else run

    def newer(self) -> tuple[str, ...]:
        """The runs that a newer release recorded, which cannot be read here."""
        return self.journal.newer()

    def _refuse_ahead(self, plan: Plan) -> None:
        """Raise Refused where the clock is far ahead of everything that was recorded or changed."""
        from cachemgr.disk.whereabouts import last_changed
        from cachemgr.plan.purge import is_ahead

        runs, now = self.all(), self.clock()
        newest = last_changed(
            (*self.journal.files(), *(root.path for one in runs for root in one.plan.roots))
        )
        if newest is not None and is_ahead(now, newest, runs):
            first = next(step.action.run for step in plan.steps if isinstance(step.action, Purge))
            raise Refused(
                f"the clock says {now:%Y-%m-%d}, but nothing here is newer than {newest:%Y-%m-%d}, so what "
                f"is due stays; if the clock is right, name the run: {self.command('purge', first)}"
            )

    def command(self, *words: str) -> str:
        """A command line that works where it is shown."""
        return display_name(shlex.join((*self.invocation, *words)))


def new_id() -> str:
    """A plan's id."""
    return f"p-{random_word()}"


def random_word() -> str:
    return os.urandom(4).hex()


def _deleted(run: Run) -> str:
    """What it deleted, where that was all it did with them."""
    done = {run.plan.steps[number].entry for number, one in run.fates.items() if one.status is Status.DONE}
    many = len(done - {None})
    if not many or run.plan.intent not in REMOVING:
        return ""
    what = "1 entry" if many == 1 else f"{many} entries"
    return f"deleted {what} for good, and removed nothing that can be brought back"


def _not_undoable(run: Run, runs: Sequence[Run]) -> str:
    why = {
        RunState.UNDONE: "was undone already",
        RunState.ROLLED_BACK: "was rolled back, so everything is at its place",
        RunState.PURGED: "was purged, so nothing of it is left to bring back",
    }.get(run.state, _deleted(run) or "removed nothing that can be brought back")
    if run.trashed:
        why = "moved what it removed to the system's trash: restore it from the trash"
    if run.plan.intent is Intent.MIGRATE and run.state is RunState.PURGED:
        root = next(root for root in run.plan.roots if not root.own)
        place = display_name(root.top)
        linked = any(isinstance(step.action, Link) and step.cache == root.cache for step in run.plan.steps)
        first = f"remove the link {place} and " if linked else ""
        why = f"had its source purged; to have it back there, {first}migrate it with --to {place}"
    if run.leftover:
        why = "was removed in part already, so that what is left of it is not whole"
    other = next((one.id for one in runs if one.quarantined), None)
    way = "" if other is None else f"; the last one that can be undone is {other}"
    return f"run {run.id} {why}{way}"
