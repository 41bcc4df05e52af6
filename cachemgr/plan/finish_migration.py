"""The rest of an interrupted migration: what was copied is taken up, what was published is committed, and the
sources go. What was reported as not done is not tried again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from cachemgr.domain.action import (
    Action,
    Commit,
    Copy,
    Link,
    Match,
    Move,
    Publish,
    Remake,
    Remove,
    Resumed,
    Tidy,
)
from cachemgr.domain.inventory import CacheId
from cachemgr.domain.plan import Step
from cachemgr.domain.run import Arrival, Run, Whereabouts
from cachemgr.domain.terms import StepState, Where

_NOT = Arrival()


def sources(run: Run) -> tuple[CacheId, ...]:
    """The caches that a migration moves, in whose roots it may have a quarantine."""
    kinds = (Remove, Move, Copy, Match)
    return tuple(dict.fromkeys(step.cache for step in run.plan.steps if isinstance(step.action, kinds)))


def destinations(run: Run) -> tuple[CacheId, ...]:
    """The roots in which it may have a staging directory."""
    return tuple(dict.fromkeys(step.action.to for step in run.plan.steps if isinstance(step.action, Copy)))


@dataclass(slots=True)
class Rest:
    """What an interrupted migration left to do."""

    run: Run
    looks: Mapping[int, Whereabouts]
    found: Mapping[int, Arrival]
    positions: dict[int, int] = field(default_factory=dict)
    """Where in the new plan a step of the run is done."""
    met: set[int] = field(default_factory=set)
    """Steps of the run that need not be done again."""

    def steps(self) -> Iterator[Step]:
        for number, step in enumerate(self.run.plan.steps):
            met = self._is_met(number, step)
            if met and not (isinstance(step.action, Copy) and not self.run.committed):
                self.met.add(number)
                continue
            action = self._compared(number, step) if met else self._again(number, step)
            if action is None or not all(need in self.met or need in self.positions for need in step.needs):
                continue
            needs = tuple(self.positions[need] for need in step.needs if need in self.positions)
            self.positions[number] = len(self.positions)
            yield replace(step, action=action, needs=needs)

    @property
    def commit(self) -> tuple[int, ...]:
        """The position of the commit, where it is still to come."""
        return tuple(
            position
            for number, position in self.positions.items()
            if isinstance(self.run.plan.steps[number].action, Commit)
        )

    def _is_met(self, number: int, step: Step) -> bool:
        look, done = self.found.get(number, _NOT), self.run.step_state(number) is StepState.DONE
        match step.action:
            case Remake():
                return look.there is not None
            case Copy():
                return done and (look.staged or self._is_published(number))
            case Publish():
                # Before the commit it has to be known what would have to be taken back.
                return self.run.committed and look.there is not None
            case Move():
                return done and look.there is not None
            case Commit() | Remove() | Tidy():
                return done
            case Link():
                return look.linked
        return False

    def _is_published(self, copy: int) -> bool:
        return any(
            isinstance(step.action, Publish)
            and step.action.copy == copy
            and self.found.get(number, _NOT).there is not None
            for number, step in enumerate(self.run.plan.steps)
        )

    def _compared(self, number: int, step: Step) -> Action | None:
        """A copy that is there counts only as what it is now: before the commit its source still is."""
        assert isinstance(step.action, Copy)
        for one in self.run.plan.steps:
            if isinstance(one.action, Publish) and one.action.copy == number:
                resumed = Resumed(self.run.id, number)
                return Match(step.action.names, step.action.to, one.action.names, resumed)
        return None

    def _again(self, number: int, step: Step) -> Action | None:
        """What of a step is to be done; None where it is not to be tried again."""
        state = self.run.step_state(number)
        gone = state is StepState.NOT_DONE
        resumed = Resumed(self.run.id, number)
        match step.action:
            case Remake() | Match():
                return step.action
            case Copy() | Move() | Remove() if not gone:
                return replace(step.action, resumes=resumed)
            case Publish(copy=copy) if not gone:
                fate = self.run.fates.get(copy)
                staged = self.found.get(copy, _NOT).staged or self.found.get(number, _NOT).there is not None
                made = fate.made if fate is not None and staged else None
                return replace(step.action, made=made, resumes=resumed)
            case Commit() | Link():
                return replace(step.action, resumes=resumed)
            case Tidy() if number in self.looks and self.looks[number].where is Where.PLACE:
                return step.action
        return None
