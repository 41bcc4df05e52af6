"""Interrupted runs: which there are, what may become of them, and what has to wait until that is decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cachemgr.domain.action import Purge
from cachemgr.domain.display import display_name
from cachemgr.domain.errors import Refused, Unavailable
from cachemgr.domain.run import Whereabouts
from cachemgr.domain.run_event import Announced
from cachemgr.domain.terms import REMOVING, Intent, Reason, Where
from cachemgr.journal.ends import FOLDER, unended
from cachemgr.past.runs import RECOVERIES, Runs, new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from cachemgr.domain.inventory import Inventory
    from cachemgr.domain.plan import Plan, Root
    from cachemgr.domain.policy import Pin
    from cachemgr.domain.run import Choices, Run
    from cachemgr.domain.run_event import RunEvent
    from cachemgr.plan.finish import Obstacle


@dataclass(frozen=True, slots=True)
class Recovery:
    """Over the runs of one state directory."""

    runs: Runs
    pins: Sequence[Pin] = ()
    """Of the configuration: what no rule takes, not even one whose run is finished now."""

    def interrupted(self, known: Sequence[Run] = ()) -> tuple[Run, ...]:
        """The runs that were interrupted and not recovered since, newest first; without the one that is
        being executed now. As cheap as can be where there is none. `known` are all runs, where somebody has
        read them already."""
        if not (ids := self._unended()):
            return ()
        from cachemgr.execute.lock import at_work

        if (busy := at_work(self.runs.state)) is not None:
            # Without a name it is the last one that began.
            ids = tuple(run for run in ids if run != (busy or ids[-1]))
        if not ids:
            return ()
        return tuple(run for run in known or self.runs.all() if run.id in ids and run.interrupted)

    def choices(self, run: Run) -> Choices:
        """What recovering a run may mean."""
        from cachemgr.plan.recover import choices

        return choices(run)

    def whereabouts(self, run: Run) -> Mapping[int, Whereabouts]:
        """Where the things lie that a run was about, by step."""
        from cachemgr.disk.whereabouts import whereabouts
        from cachemgr.execute.trash_recovery import on_the_way

        found = dict(whereabouts(run))
        for number in on_the_way(run, self.runs.machine):
            if found[number].where in (Where.NEITHER, Where.OTHER):
                free = found[number].where is Where.NEITHER
                found[number] = found[number]._replace(where=Where.TRASH, free=free)
        for number, arrival in (self.runs.arrivals(run) or {}).items():
            if arrival.there is not None:
                found[number] = Whereabouts(Where.MOVED, free=False)
            elif arrival.staged:
                found[number] = Whereabouts(Where.STAGED)
            elif arrival.at_source:
                found[number] = Whereabouts(Where.PLACE, free=False)
        return found

    def plan(self, run: str, intent: Intent, scan: Callable[[], Inventory]) -> Plan:
        """Finish an interrupted run, or roll it back; a plan without steps where there is nothing to recover.

        `scan` is called when something is still at its place that is to go.

        Raises UnknownTarget, Refused when that choice is not open.
        """
        from cachemgr.plan import recover
        from cachemgr.plan.compose import recovery_plan
        from cachemgr.plan.finish import NOTHING, at_place

        found = self.runs.recovered_by(self.runs.one(run))
        inventory: Inventory | None = None
        if not found.interrupted:
            recovery = recover.Recovery(found, ())
        elif intent is Intent.ROLL_BACK:
            self._refuse_closed(found, intent)
            arrived = self.runs.arrivals(found)
            if arrived is not None:
                recovery = recover.roll_back_migration(found, arrived)
            else:
                recovery = recover.roll_back(found, self.whereabouts(found))
        elif found.plan.intent is Intent.UNDO:
            reverted = self.runs.one(found.plan.reverses)
            recovery = recover.finish_undo(reverted, self.runs.arrivals(reverted))
        elif (arrived := self.runs.arrivals(found)) is not None:
            recovery = recover.finish_migration(found, self.whereabouts(found), arrived)
        elif found.plan.intent is Intent.PURGE:
            recovery = recover.finish_purge(found, {one.id: one for one in self.runs.all()})
        else:
            looks = self.whereabouts(found)
            numbers, ruled = at_place(found, looks), found.plan.intent is Intent.EXPIRE
            if numbers or (ruled and self.pins):
                inventory = scan()
                self._refuse_unknown(found, numbers, inventory)
            kept = self._pinned(found, inventory) if ruled and inventory is not None else NOTHING
            recovery = recover.finish_clear(found, looks, inventory, kept)
        return recovery_plan(new_id(), found, recovery, self.runs.clock(), intent=intent, inventory=inventory)

    def _pinned(self, run: Run, inventory: Inventory) -> Mapping[int, Obstacle]:
        """What an expiry was to take and somebody has pinned since, by step."""
        from cachemgr.plan.pins import pin_of
        from cachemgr.plan.still_free import cache_of

        gone = frozenset(step.entry for step in run.plan.steps if step.entry is not None)
        held = pin_of(inventory, self.pins, self.runs.clock(), gone)
        caches = {root.cache: cache_of(root, inventory) for root in run.plan.roots}
        found = (
            (number, held(caches.get(step.cache), step.entry))
            for number, step in enumerate(run.plan.steps)
            if step.entry is not None
        )
        return {number: (Reason.PINNED, pin.reason) for number, pin in found if pin is not None}

    def recheck(self, plan: Plan, scan: Callable[[], Inventory]) -> None:
        """Raise Refused unless a recovery is, step for step, what it would be if it was planned now."""
        from cachemgr.plan.recheck import is_same

        if not is_same(plan, self.plan(plan.reverses or "", plan.intent, scan)):
            raise Refused("something has changed since the recovery was planned; plan again")

    def refuse(self, plan: Plan) -> None:
        """Raise Refused where a run that was interrupted goes before a plan, naming the command to it."""
        if self._unended():
            self._refuse_newer()
            self._refuse_before(plan, self.interrupted())

    def admit(self, plan: Plan) -> None:
        """The same with the writer's lock in hand, so that whatever has no end was interrupted."""
        waiting: tuple[Run, ...] = ()
        if self._unended():
            self._refuse_newer()
            waiting = tuple(run for run in self.runs.all() if run.interrupted)
            self.note_recovered(waiting)
            self._refuse_before(plan, waiting)
        if plan.intent in RECOVERIES and plan.reverses not in {run.id for run in waiting}:
            raise Refused(f"run {display_name(plan.reverses or '')} was recovered already; plan again")

    def record(self, run: str, plan: Plan, events: Iterator[RunEvent]) -> Iterator[RunEvent]:
        """Pass events on, each written down before the next one is made. Call with the writer's lock.

        Raises Unavailable when one cannot be: then nothing happens after it.
        """
        begun = False
        try:
            for event in self.runs.journal.record(run, plan, events):
                begun = begun or isinstance(event, Announced)
                yield event
        except Unavailable as error:
            if not begun:
                raise
            # What was announced may lie in a quarantine; it is whole, and there is a way on.
            way = self.runs.command("recover", run)
            raise Unavailable(f"run {run} had to stop: {error}; see `{way}` once that is mended") from error
        if plan.intent not in REMOVING:
            self.note_recovered()

    def note_recovered(self, waiting: Sequence[Run] | None = None) -> None:
        """Spare the next look the records that have no end and need none. Call with the writer's lock."""
        if ids := self._unended():
            waiting = [run for run in self.runs.all() if run.interrupted] if waiting is None else waiting
            needed = {run.id for run in waiting} | set(self.runs.newer())
            self.runs.journal.close(run for run in ids if run not in needed)

    def _unended(self) -> tuple[str, ...]:
        return unended(self.runs.state / FOLDER)

    def _refuse_before(self, plan: Plan, waiting: Sequence[Run]) -> None:
        runs = {run.id: run for run in self.runs.all()} if waiting else {}
        for run in waiting:
            place = _shared_root(plan, run)
            if place is not None and not _is_about(plan, run, runs):
                raise Refused(
                    f"run {run.id} was interrupted while it worked on {display_name(place.top)}; "
                    f"see `{self.runs.command('recover', run.id)}` first"
                )

    def _refuse_closed(self, run: Run, intent: Intent) -> None:
        open_to = self.choices(run)
        if not (open_to.finish if intent is Intent.FINISH else open_to.roll_back):
            finish = self.runs.command("recover", run.id, "--finish")
            raise Refused(f"run {run.id} {open_to.why}: {finish}")

    def _refuse_unknown(self, run: Run, numbers: Iterable[int], inventory: Inventory) -> None:
        from cachemgr.plan.still_free import unknown_roots

        unknown = unknown_roots(run.plan, inventory)
        for number in numbers:
            if (root := unknown.get(run.plan.steps[number].cache)) is not None:
                raise Refused(
                    f"{display_name(root.path)} is none of the caches that are looked at here, so nobody can "
                    f"tell what in it may still go; look at it with --project or --config, "
                    f"or bring back what was moved: {self.runs.command('recover', run.id, '--rollback')}"
                )

    def _refuse_newer(self) -> None:
        ids = self._unended()
        for run in self.runs.newer():
            if run in ids:
                raise Refused(
                    f"run {run} was interrupted, and a newer cachemgr recorded it; recover it with that one"
                )


def _shared_root(plan: Plan, run: Run) -> Root | None:
    """A root of an interrupted run that a plan works in as well. A cache may lie below the directory that is
    pinned: one that was not there yet, or whose place a link is to take."""
    inodes = {root.identity.inode for root in plan.roots}
    paths = {path for root in plan.roots for path in (root.path, root.top)}
    for root in run.plan.roots:
        if root.identity.inode in inodes or root.path in paths or root.top in paths:
            return root
    return None


def _is_about(plan: Plan, run: Run, runs: Mapping[str, Run]) -> bool:
    """Whether a plan decides what becomes of an interrupted run, or repeats it."""
    from cachemgr.journal.aftermath import subject

    if plan.intent is Intent.PURGE and run.plan.intent is Intent.MIGRATE:
        return False  # it would only look decided
    if plan.reverses == run.id:
        return True
    if plan.intent is Intent.PURGE:
        named = {step.action.run for step in plan.steps if isinstance(step.action, Purge)}
        return run.id in named or run.plan.intent is Intent.PURGE
    return plan.reverses is not None and subject(plan.reverses, runs) == subject(run.id, runs)
