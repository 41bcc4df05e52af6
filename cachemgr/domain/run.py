"""A plan that was executed, and remembered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from cachemgr.domain.action import Commit, Move, Publish, Remove
from cachemgr.domain.inventory import CacheId
from cachemgr.domain.outcome import Outcome
from cachemgr.domain.plan import Plan, Step
from cachemgr.domain.terms import Disposal, Intent, RunState, Status, StepState, Where
from cachemgr.domain.unit import Identity

Numbered = tuple[tuple[int, Step], ...]


class Whereabouts(NamedTuple):
    """Where a step's unit lies now: looked at, not remembered."""

    where: Where
    free: bool = True
    """Nothing is at its place."""
    now: Identity | None = None
    """Of what is at its place."""
    gone: frozenset[tuple[str, ...]] = frozenset()
    """Of the empty directories that a container takes along, those that went already."""


class Arrival(NamedTuple):
    """Where something is that a migration brings to another place: looked at, not remembered."""

    at_source: bool = False
    """It is still where it came from."""
    there: Identity | None = None
    """It is at its new place, as this; of a directory that was made, that it is there."""
    taken: bool = False
    """Something else is at its new place."""
    staged: bool = False
    """It was copied, and has no name yet, or none any more."""
    away: Identity | None = None
    """It was taken out of its new place, as this, and nobody has seen yet whether anything in it is new."""
    linked: bool = False
    """The link is there."""
    holds: tuple[str, ...] = ()
    """What is in a directory that was made."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What may be made of an interrupted run."""

    finish: bool
    roll_back: bool
    why: str = ""
    """Why one of the two may not, as a clause with the run as its subject; empty where both may."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A directory whose content a run changed: its times before, and the one the run left."""

    cache: CacheId
    names: tuple[str, ...]
    mode: int
    accessed_ns: int
    modified_ns: int
    left_ns: int | None = None
    """None when the run removed it, or was interrupted before it could look."""


@dataclass(frozen=True)
class Run:
    """One execution of a plan as the journal tells it, with what later runs did to it."""

    id: str
    plan: Plan
    started: datetime
    finished: datetime | None = None
    outcomes: tuple[Outcome, ...] = ()
    folders: tuple[Folder, ...] = ()
    state: RunState = RunState.FINISHED
    begun: bool = True
    """Something was announced. Without that nothing can have happened."""
    torn: bool = False
    """Its record ends in the middle of a line."""
    purge_begun: bool = False
    """A deletion of the run's own was announced: what it moved to be deleted cannot come back."""
    later: tuple[Outcome, ...] = ()
    """What a recovery made of its steps, by their numbers in this run."""
    restored: frozenset[int] = frozenset()
    """Steps whose units were brought back."""
    pending: frozenset[int] = frozenset()
    """Steps that were announced and never reported on: their units are at their places or in the
    quarantine, whole either way."""
    purging: frozenset[int] = frozenset()
    """Steps whose units a purge began on, and may have removed in part: nothing to bring back, and
    something to purge."""
    purged: frozenset[int] = frozenset()
    """Steps whose quarantine was emptied."""
    littered: bool = False
    """Copies that were taken away could not be removed from its staging directory."""
    remade: frozenset[tuple[CacheId, tuple[str, ...]]] = frozenset()
    """Containers that something which was to bring its units back made again, or may have, before it was
    interrupted itself."""

    @cached_property
    def by_number(self) -> Mapping[int, Outcome]:
        return {outcome.number: outcome for outcome in self.outcomes}

    @cached_property
    def fates(self) -> Mapping[int, Outcome]:
        """What became of each step in the end; none for one that was stopped before it, or taken back."""
        last = {outcome.number: outcome for outcome in (*self.outcomes, *self.later)}
        again = self.restored - {outcome.number for outcome in self.later}
        return {n: outcome for n, outcome in last.items() if not outcome.stopped and n not in again}

    def step_state(self, number: int) -> StepState:
        """What is known of one step."""
        if number in self.pending or number in self.purging:
            return StepState.UNKNOWN
        outcome = self.fates.get(number)
        if outcome is None:
            return StepState.UNTOUCHED
        return StepState.DONE if outcome.status is Status.DONE else StepState.NOT_DONE

    @cached_property
    def away(self) -> Numbered:
        """The steps whose units were renamed to another place, or may have been, and are not back."""
        return tuple(
            (number, step)
            for number, step in enumerate(self.plan.steps)
            if isinstance(step.action, Move)
            and number not in self.restored
            and (number in self.pending or self.step_state(number) is StepState.DONE)
        )

    @cached_property
    def published(self) -> Numbered:
        """The steps whose copies have their names, or may have them, and were not taken away again."""
        return tuple(
            (number, step)
            for number, step in enumerate(self.plan.steps)
            if isinstance(step.action, Publish)
            and number not in self.restored
            and (number in self.pending or self.step_state(number) is StepState.DONE)
        )

    @property
    def committed(self) -> bool:
        """The copies of a migration are the truth, and their sources may have gone."""
        return any(
            isinstance(step.action, Commit) and self.step_state(number) is StepState.DONE
            for number, step in enumerate(self.plan.steps)
        )

    @property
    def undoable(self) -> bool:
        """Whether there is anything that an undo would bring back."""
        if self.plan.intent is Intent.MIGRATE:
            copies = bool(self.published) and not self.purged
            return bool(self.quarantined or self.away) or copies or self.littered
        return bool(self.quarantined)

    @property
    def interrupted(self) -> bool:
        """Whether somebody has to decide what becomes of it. One that had not begun needs no recovery, and
        a recovery that was interrupted is part of what it recovers."""
        recovery = self.plan.intent in (Intent.FINISH, Intent.ROLL_BACK)
        return self.state is RunState.INTERRUPTED and self.begun and not recovery

    @property
    def trashed(self) -> bool:
        """Whether it moved something to the system's trash, which is where that comes back from."""
        steps = self.plan.steps
        return any(
            outcome.status is Status.DONE
            and isinstance(action := steps[outcome.number].action, Remove)
            and action.disposal is Disposal.TRASH
            for outcome in self.outcomes
        )

    @cached_property
    def quarantined(self) -> Numbered:
        """The steps whose units lie in this run's quarantine, or may, and can be brought back."""
        return tuple(
            (number, step)
            for number, step in self._own_removals
            if number not in self.purging and not self._is_fated(number, step) and self._lies(number, step)
        )

    @cached_property
    def leftover(self) -> Numbered:
        """The steps whose units were to be deleted and could not be removed completely."""
        return tuple(
            (number, step)
            for number, step in self._own_removals
            if number in self.purging or (self._is_fated(number, step) and self._lies(number, step))
        )

    @cached_property
    def _own_removals(self) -> Numbered:
        """Removals into its own quarantine that nothing undid or completed since."""
        lost = self.restored | self.purged
        return tuple(
            (number, step)
            for number, step in enumerate(self.plan.steps)
            if isinstance(step.action, Remove) and step.action.resumes is None and number not in lost
        )

    def _is_fated(self, number: int, step: Step) -> bool:
        """Whether it was to be deleted by a run whose deletions have begun: then there is no way back,
        even for what is still whole, because it is a part of what is not. What was to stay has one."""
        assert isinstance(step.action, Remove)
        outcome = self.fates.get(number)
        kept = outcome is not None and outcome.kept
        return self.purge_begun and step.action.disposal is Disposal.DELETE and not kept

    def _lies(self, number: int, step: Step) -> bool:
        """Whether a unit lies in the quarantine, or may."""
        assert isinstance(step.action, Remove)
        disposal = step.action.disposal
        if number in self.pending:
            # Where one on its way to the trash is, only a look can tell: see `Whereabouts`.
            return disposal is not Disposal.TRASH
        outcome = self.fates.get(number)
        if outcome is None:
            return False
        return outcome.held or (disposal is Disposal.QUARANTINE and outcome.status is Status.DONE)
