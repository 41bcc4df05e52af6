"""A plan that was executed, and remembered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cachemgr.domain.inventory import CacheId
from cachemgr.domain.outcome import Outcome, Status
from cachemgr.domain.plan import Plan, Step
from cachemgr.domain.terms import Disposal


class RunState(StrEnum):
    """How far a run got."""

    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    """Its journal has no end: it was killed, or is running now."""
    UNDONE = "undone"
    PURGED = "purged"


@dataclass(frozen=True, slots=True)
class Folder:
    """A directory whose content a run changed: its times before, and the one the run left."""

    cache: CacheId
    names: tuple[str, ...]
    mode: int
    accessed_ns: int
    modified_ns: int
    left_ns: int | None = None
    """None when the run removed it."""


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

    @property
    def by_number(self) -> Mapping[int, Outcome]:
        return {outcome.number: outcome for outcome in self.outcomes}

    @property
    def quarantined(self) -> tuple[tuple[int, Step], ...]:
        """The steps whose units still lie in this run's quarantine."""
        if self.state is RunState.PURGED:
            return ()
        outcomes = self.by_number
        return tuple(
            (number, step)
            for number, step in enumerate(self.plan.steps)
            if getattr(step.action, "disposal", None) is Disposal.QUARANTINE
            and number not in self.restored
            and (outcome := outcomes.get(number)) is not None
            and outcome.status is Status.DONE
        )

    @property
    def leftover(self) -> tuple[tuple[int, Step], ...]:
        """The steps whose units were moved for deletion and could not be removed completely."""
        if self.state is RunState.PURGED:
            return ()
        outcomes = self.by_number
        return tuple(
            (number, step)
            for number, step in enumerate(self.plan.steps)
            if getattr(step.action, "disposal", None) is Disposal.DELETE
            and (outcome := outcomes.get(number)) is not None
            and outcome.status is Status.FAILED
            and outcome.moved
        )
