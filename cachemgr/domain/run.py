"""A plan that was executed, and remembered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cachemgr.domain.action import Remove
from cachemgr.domain.inventory import CacheId
from cachemgr.domain.outcome import Outcome
from cachemgr.domain.plan import Plan, Step
from cachemgr.domain.terms import Disposal, RunState, Status


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


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a plan as the journal tells it."""

    id: str
    plan: Plan
    started: datetime
    finished: datetime | None = None
    outcomes: tuple[Outcome, ...] = ()
    folders: tuple[Folder, ...] = ()
    state: RunState = RunState.FINISHED
    restored: frozenset[int] = frozenset()
    """Steps that an undo brought back."""
    pending: frozenset[int] = frozenset()
    """Steps that were announced and never reported on: their units are at their places or in the
    quarantine, whole either way."""
    purging: frozenset[int] = frozenset()
    """Steps whose units a purge began on, and may have removed in part: nothing to bring back, and
    something to purge."""
    purged: frozenset[int] = frozenset()
    """Steps whose quarantine was emptied."""

    @property
    def by_number(self) -> Mapping[int, Outcome]:
        return {outcome.number: outcome for outcome in self.outcomes}

    @property
    def quarantined(self) -> tuple[tuple[int, Step], ...]:
        """The steps whose units lie in this run's quarantine, or may, and can be brought back."""
        outcomes = self.by_number
        lost = self.restored | self.purging | self.purged
        return tuple(
            (number, step)
            for number, step in enumerate(self.plan.steps)
            if isinstance(step.action, Remove)
            and number not in lost
            and (
                (number in self.pending and step.action.disposal is not Disposal.TRASH)
                or (
                    (outcome := outcomes.get(number)) is not None
                    and (
                        outcome.kept
                        or (step.action.disposal is Disposal.QUARANTINE and outcome.status is Status.DONE)
                    )
                )
            )
        )

    @property
    def leftover(self) -> tuple[tuple[int, Step], ...]:
        """The steps whose units were to be deleted and could not be removed completely."""
        outcomes = self.by_number
        lost = self.restored | self.purged
        return tuple(
            (number, step)
            for number, step in enumerate(self.plan.steps)
            if isinstance(step.action, Remove)
            and number not in lost
            and (
                number in self.purging
                or (
                    step.action.disposal is Disposal.DELETE
                    and (outcome := outcomes.get(number)) is not None
                    and outcome.status is Status.FAILED
                    and outcome.moved > 0
                    and not outcome.kept
                )
            )
        )
