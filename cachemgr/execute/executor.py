"""Steps become outcomes. Each effect is announced before it happens; a failure stops only what needs it.

Permanent deletion goes through the quarantine like everything else: first every unit leaves its place by a
rename and is looked into where it lies then, and what must not go returns at once; then what was moved is
removed. An interruption leaves a state that can be named.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from itertools import groupby

from cachemgr.domain.action import (
    Copy,
    Move,
    Publish,
    Remake,
    Remove,
    Restore,
)
from cachemgr.domain.event import Gauge
from cachemgr.domain.machine import Machine
from cachemgr.domain.outcome import Outcome, Totals, Trouble
from cachemgr.domain.plan import Plan, Step
from cachemgr.domain.run_event import (
    Announced,
    Phase,
    RunEvent,
    RunFinished,
    RunStarted,
    StepFinished,
    StepProgress,
    StepStarted,
)
from cachemgr.domain.terms import Disposal, Intent, Status
from cachemgr.execute.effects import Effects
from cachemgr.execute.folders import Folders
from cachemgr.execute.guard import Guard, Stop
from cachemgr.execute.performing import carry_out, work
from cachemgr.execute.phases import changed, phase_of
from cachemgr.execute.remove import Removal, Task
from cachemgr.execute.remove_parallel import remove_all
from cachemgr.execute.shipping import Shipping

BATCH = 256
"""Steps announced together: one flush of the journal for all of them."""

_REFUSED = frozenset(
    ("credential", "protected", "outside", "mount-point", "foreign-owner", "protected-root", "trash")
)
_SKIPPED = frozenset(
    (
        "changed missing needs stopped in-use root-changed not-empty exists"
        " conflict given-up leaving special damaged beside refreshed"
    ).split()
)


@dataclass(slots=True)
class Execution:
    """One plan being carried out."""

    run: str
    plan: Plan
    guard: Guard
    machine: Machine
    refused: dict[int, Trouble]
    """Steps that a check of the whole plan already turned down."""
    gauge: Gauge
    lifeline: int | None = None
    """A descriptor for every process that works for this run; see `lock.writing`."""
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    moved: list[int] = field(default_factory=list)
    """Steps whose units lie in the quarantine and are to be deleted for good."""
    kept: set[int] = field(default_factory=set)
    """Those of them whose units were not deleted after all."""
    shipping: Shipping = field(init=False)

    def events(self) -> Iterator[RunEvent]:
        """Carry the plan out. `gauge.stopped` ends it between steps; what was moved is still finished."""
        yield RunStarted(self.run, len(self.plan.steps))
        effects = Effects(self.run, self.guard, self.machine)
        folders = Folders(self.guard)
        self.shipping = Shipping(
            effects.relocation.copies,
            self.gauge,
            self.outcomes,
            self._held_back,
            self._ended,
            self._done,
            self.lifeline,
        )
        try:
            for start in range(0, len(self.plan.steps), BATCH):
                batch = range(start, min(start + BATCH, len(self.plan.steps)))
                for phase, numbers in groupby(batch, lambda number: phase_of(self.plan.steps[number])):
                    yield from self._batch(phase, tuple(numbers), effects, folders)
            yield from self._purge(effects)
            yield from self.shipping.give_up(self.plan.steps)
            effects.drop_empty()
            yield from self._unmake(effects)
            effects.relocation.flush()
            yield from folders.left()
        finally:
            effects.close()
        outcomes = tuple(self.outcomes[number] for number in sorted(self.outcomes))
        yield RunFinished(self.run, outcomes, self._undoable())

    def _batch(
        self, phase: Phase, numbers: tuple[int, ...], effects: Effects, folders: Folders
    ) -> Iterator[RunEvent]:
        steps = [(number, self.plan.steps[number]) for number in numbers]
        for _, step in steps:
            for cache, names in changed(step, self.plan):
                yield from folders.note(cache, names)
        yield Announced(phase, numbers)
        if isinstance(steps[0][1].action, Copy):
            yield from self.shipping.copy(steps)
            return
        for number, step in steps:
            yield StepStarted(number)
            if (trouble := self._held_back(number, step)) is not None:
                yield self._ended(number, trouble)
            else:
                yield from self._perform(number, step, effects, folders)

    def _perform(self, number: int, step: Step, effects: Effects, folders: Folders) -> Iterator[RunEvent]:
        done = Removal()
        try:
            yield from work(number, step, effects, done)
            moved = carry_out(number, step, effects, folders, done)
        except Stop as stop:
            yield from self._returned(stop)
            yield self._broken_off(number, stop.trouble, done, effects)
        except OSError as error:
            trouble = Trouble("os", error.strerror or "", error.errno)
            yield self._broken_off(number, trouble, done, effects)
        else:
            if isinstance(step.action, Remove) and step.action.disposal is Disposal.DELETE:
                self.moved.append(number)
            else:
                yield self._removed(number, done, moved)

    def _returned(self, stop: Stop) -> Iterator[StepFinished]:
        """Steps that were done, and whose units are at their places again."""
        for number in stop.returned:
            if number in self.moved:
                self.moved.remove(number)
            yield self._ended(number, stop.trouble)

    def _unmake(self, effects: Effects) -> Iterator[RunEvent]:
        """A migration that did not come to its end takes the directories away into which nothing came."""
        if self.plan.intent is not Intent.MIGRATE or Totals.of(self.outcomes.values()).complete:
            return
        why = Trouble("stopped") if self.gauge.stopped else Trouble("needs")
        for number, step in reversed(list(enumerate(self.plan.steps))):
            if isinstance(step.action, Remake):
                with suppress(Stop, OSError):  # an empty directory harms nobody
                    if effects.unmake(step, step.action):
                        yield self._ended(number, why)

    def _purge(self, effects: Effects) -> Iterator[RunEvent]:
        """The point of no return, for what was moved."""
        for start in range(0, len(self.moved), BATCH):
            numbers = tuple(self.moved[start : start + BATCH])
            yield Announced(Phase.PURGING, numbers)
            ended: deque[StepFinished] = deque()
            with closing(remove_all(self._purgeable(numbers, effects, ended))) as news:
                for task in news:
                    while ended:
                        yield ended.popleft()
                    if task.finished:
                        yield self._removed(task.number, task.done, 0)
                    else:
                        yield StepProgress(task.number, task.done.files, task.done.freed)
            yield from ended

    def _purgeable(
        self, numbers: tuple[int, ...], effects: Effects, ended: deque[StepFinished]
    ) -> Iterator[Task]:
        """The units to delete, each made sure of right before; `ended` tells what became of the others."""
        for number in numbers:
            step = self.plan.steps[number]
            names = getattr(step.action, "names", ())
            try:
                if (need := next((need for need in step.needs if need in self.kept), None)) is not None:
                    # What points to it is at its place again, or will be, and must not point to nothing.
                    effects.bring_back(number, step, names)
                    raise Stop(Trouble("needs", str(need)))
                task = effects.purgeable(number, step, names)
            except Stop as stop:
                self.kept.add(number)
                ended.append(self._ended(number, stop.trouble, held=effects.is_held(number, step)))
            except OSError as error:
                ended.append(self._removed(number, Removal(errors=[error]), 0))
            else:
                if task is not None:
                    yield task
                else:
                    ended.append(self._removed(number, Removal(), 0))

    def _held_back(self, number: int, step: Step) -> Trouble | None:
        if self.gauge.stopped:
            return Trouble("stopped")
        if number in self.refused:
            return self.refused[number]
        if (trouble := self.shipping.refused(step)) is not None:
            return trouble
        for need in step.needs:
            if need not in self.moved and not self._is_met(need):
                return Trouble("needs", str(need))
        return None

    def _is_met(self, need: int) -> bool:
        """Whether a step that another waits for was done, or something is at its place, so that what comes
        back points to that."""
        outcome = self.outcomes.get(need)
        if outcome is None or outcome.status is Status.DONE:
            return outcome is not None
        taken = outcome.trouble is not None and outcome.trouble.kind == "exists"
        return taken and isinstance(self.plan.steps[need].action, Restore)

    def _removed(self, number: int, done: Removal, moved: int) -> StepFinished:
        if done.errors:
            first = done.errors[0]
            trouble = Trouble("os", first.strerror or "", first.errno)
            return self._ended(number, trouble, done.freed, held=True, begun=done.begun)
        return self._done(Outcome(number, Status.DONE, done.freed, moved))

    def _done(self, outcome: Outcome) -> StepFinished:
        self.outcomes[outcome.number] = outcome
        self.shipping.note(self.plan.steps[outcome.number], outcome)
        return StepFinished(outcome)

    def _broken_off(self, number: int, trouble: Trouble, done: Removal, effects: Effects) -> StepFinished:
        held = effects.is_held(number, self.plan.steps[number])
        return self._ended(number, trouble, done.freed, held=held, begun=done.begun)

    def _ended(
        self, number: int, trouble: Trouble, freed: int = 0, *, held: bool = False, begun: bool = False
    ) -> StepFinished:
        """A step that was not done; with `held` its unit lies in the quarantine, and with `begun` some of
        what it was to delete is gone."""
        if trouble.kind in _REFUSED:
            status = Status.REFUSED
        else:
            status = Status.SKIPPED if trouble.kind in _SKIPPED else Status.FAILED
        left = self.plan.steps[number].size if held else 0
        return self._done(Outcome(number, status, freed, left, trouble, held, begun=begun))

    def _undoable(self) -> bool:
        if self.plan.intent is Intent.MIGRATE:
            done = (number for number, outcome in self.outcomes.items() if outcome.status is Status.DONE)
            return any(isinstance(self.plan.steps[number].action, Move | Publish) for number in done)
        return any(
            isinstance(action := self.plan.steps[number].action, Remove)
            and (outcome.kept or (action.disposal is Disposal.QUARANTINE and outcome.status is Status.DONE))
            for number, outcome in self.outcomes.items()
        )
