"""The steps of a migration that are more than one call: copying many units at a time, and giving up."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from errno import EACCES

from cachemgr.domain.action import Commit, Copy, Publish
from cachemgr.domain.event import Gauge
from cachemgr.domain.outcome import Outcome, Trouble
from cachemgr.domain.plan import Step
from cachemgr.domain.run_event import RunEvent, StepFinished, StepProgress, StepStarted
from cachemgr.domain.terms import Status
from cachemgr.execute.consignment import Consignment, Copied, CopyProgress, NotCopied, Stage
from cachemgr.execute.copies import Copies
from cachemgr.execute.copy import copy_all
from cachemgr.execute.guard import Stop
from cachemgr.execute.remove import Removal

Numbered = Sequence[tuple[int, Step]]


@dataclass(slots=True)
class Shipping:
    """What one run copies and publishes. `ended` makes an outcome of a step that was not done, `done` of one
    that was."""

    copies: Copies
    gauge: Gauge
    outcomes: Mapping[int, Outcome]
    held_back: Callable[[int, Step], Trouble | None]
    ended: Callable[[int, Trouble], StepFinished]
    done: Callable[[Outcome], StepFinished]
    lifeline: int | None = None
    broken: Trouble | None = None
    """Why nothing is published and committed any more: the system refused, on a full disk for example."""
    committed: bool = False
    _news: deque[RunEvent] = field(default_factory=deque)
    _waiting: dict[int, Step] = field(default_factory=dict)

    def copy(self, steps: Numbered) -> Iterator[RunEvent]:
        """Copy and compare, several at a time. Whoever stops the run stops it in the middle of a unit: what
        was copied of that is worth nothing."""
        with closing(copy_all(self._consigned(steps), self.lifeline)) as news:
            for one in news:
                yield from self._drained()
                match one:
                    case CopyProgress(number=number, files=files, bytes=copied, stage=stage):
                        yield StepProgress(number, files, 0, copied, stage is Stage.VERIFYING)
                    case Copied():
                        yield self._copied(one)
                    case NotCopied(number=number, trouble=trouble):
                        yield self._failed(number, trouble)
                if self.gauge.stopped or self.broken:
                    break
        yield from self._drained()
        for number in list(self._waiting):
            yield self._failed(number, Trouble("stopped") if self.gauge.stopped else self._given_up())
        for number, step in steps:
            if number not in self.outcomes:
                trouble = self.held_back(number, step) or self._given_up()
                yield self.ended(number, trouble)

    def refused(self, step: Step) -> Trouble | None:
        """Why a step of a migration is not even tried."""
        if self.broken and isinstance(step.action, Copy | Publish | Commit):
            return self._given_up()
        return None

    def note(self, step: Step, outcome: Outcome) -> None:
        """What a step came to."""
        if isinstance(step.action, Copy | Publish) and outcome.status is Status.FAILED:
            self.broken = self.broken or outcome.trouble
        if isinstance(step.action, Commit):
            self.committed = outcome.status is Status.DONE

    def give_up(self, steps: Sequence[Step]) -> Iterator[RunEvent]:
        """Without a commit nothing that was published stays: the source is whole, and one truth is enough."""
        if not any(isinstance(step.action, Copy | Publish) for step in steps):
            return
        # A plan without a commit goes on from one: what has its name then is the truth.
        if not self.committed and any(isinstance(step.action, Commit) for step in steps):
            for number, step in reversed(list(enumerate(steps))):
                outcome = self.outcomes.get(number)
                if isinstance(step.action, Publish) and outcome is not None and outcome.status is Status.DONE:
                    yield self._unpublish(number, step, step.action)
        with suppress(Stop, OSError):  # what stays, a recovery or the next scan finds
            self.copies.clear_up(Removal())

    def _consigned(self, steps: Numbered) -> Iterator[Consignment]:
        for number, step in steps:
            assert isinstance(step.action, Copy)
            if self.gauge.stopped or self.broken:
                return
            self._news.append(StepStarted(number))
            if (trouble := self.held_back(number, step)) is not None:
                self._news.append(self.ended(number, trouble))
                continue
            self._waiting[number] = step
            try:
                unit = self.copies.consign(number, step, step.action)
            except Stop as stop:
                self._news.append(self._failed(number, stop.trouble))
            except OSError as error:
                self._news.append(self._failed(number, _trouble(error)))
            else:
                yield unit

    def _copied(self, copied: Copied) -> StepFinished:
        step = self._waiting.pop(copied.number)
        assert isinstance(step.action, Copy)
        self.copies.received(copied.number, step.action, copied)
        return self.done(Outcome(copied.number, Status.DONE, 0, step.size, made=copied.inode))

    def _failed(self, number: int, trouble: Trouble) -> StepFinished:
        step = self._waiting.pop(number)
        assert isinstance(step.action, Copy)
        self.copies.received(number, step.action, None)
        return self.ended(number, trouble)

    def _unpublish(self, number: int, step: Step, action: Publish) -> StepFinished:
        try:
            taken = self.copies.unpublish(step, action)
        except Stop as stop:
            return self.ended(number, stop.trouble)
        except OSError as error:
            return self.ended(number, _trouble(error))
        if not taken:
            return self.ended(number, Trouble("changed"))
        return self.ended(number, Trouble("stopped") if self.gauge.stopped else self._given_up())

    def _given_up(self) -> Trouble:
        """What the first failure means for everything else, with its cause."""
        if self.broken is None:
            return Trouble("given-up")
        return Trouble("given-up", self.broken.detail or self.broken.kind, self.broken.errno)

    def _drained(self) -> Iterator[RunEvent]:
        while self._news:
            yield self._news.popleft()


def _trouble(error: OSError) -> Trouble:
    return Trouble("os", error.strerror or "", error.errno or EACCES)
