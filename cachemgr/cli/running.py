"""Carrying a plan out: events become lines or progress, and a signal stops between two steps."""

import signal
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from cachemgr.cli.progress import ProgressLine
from cachemgr.cli.session import Session
from cachemgr.domain.event import (
    Announced,
    FolderLeft,
    FolderNoted,
    RunEvent,
    RunFinished,
    RunStarted,
    StepFinished,
    StepProgress,
    StepStarted,
)
from cachemgr.domain.outcome import Outcome
from cachemgr.domain.plan import Plan
from cachemgr.present.document.runs import event_document
from cachemgr.present.text import count, size

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


@dataclass(slots=True)
class Execution:
    """What became of a plan."""

    id: str = ""
    outcomes: list[Outcome] = field(default_factory=list)
    undoable: bool = False
    stopped: bool = False
    begun: set[int] = field(default_factory=set)
    """Steps whose effects were announced and are not finished."""
    between: bool = True
    """Whether to stop here leaves no step half done."""


def carry_out(session: Session, plan: Plan, *, events: bool) -> Execution:
    """Every step, unless a signal asks to stop. Raises Refused and Busy before the first one."""
    execution = Execution()
    line = ProgressLine(sys.stderr, shown=session.options.progress and not session.options.quiet)
    shown = 0
    with _stoppable() as stop:
        stream = session.service.execute(plan)
        for event in stream:
            _note(execution, event)
            if events and (document := event_document(event, shown)) is not None:
                session.output.document(document, indent=None)
                shown += 1
            if line.due():
                line.show(_progress(execution, event, len(plan.steps)))
            if stop.asked and execution.between:
                execution.stopped = len(execution.outcomes) < len(plan.steps)
                break
        if isinstance(stream, Generator):
            stream.close()
    line.clear()
    if execution.stopped and execution.id:
        execution.undoable = bool(session.service.run(execution.id).quarantined)
    return execution


def _note(execution: Execution, event: RunEvent) -> None:
    match event:
        case RunStarted(run=run):
            execution.id = run
        case Announced(numbers=numbers):
            # The announced effects are still ahead, so that stopping is safe unless others are under way.
            execution.between = not execution.begun
            execution.begun.update(numbers)
        case StepFinished(outcome=outcome):
            execution.begun.discard(outcome.number)
            execution.between = not execution.begun
            execution.outcomes.append(outcome)
        case RunFinished(outcomes=outcomes, undoable=undoable):
            execution.outcomes = list(outcomes)
            execution.undoable = undoable
        case StepStarted() | StepProgress():
            execution.between = False
        case FolderNoted() | FolderLeft():
            pass


def _progress(execution: Execution, event: RunEvent, steps: int) -> str:
    freed = sum(outcome.freed for outcome in execution.outcomes)
    inside = ""
    if isinstance(event, StepProgress):
        freed += event.freed
        inside = f", {count(event.files)} files of this step"
    return f"Step {len(execution.outcomes) + 1} of {steps}{inside}, freed {size(freed)}"


@dataclass(slots=True)
class _Stop:
    asked: bool = False


@contextmanager
def _stoppable() -> Iterator[_Stop]:
    """The first signal asks to stop, a second one stops at once."""
    stop = _Stop()

    def ask(_number: int, _frame: FrameType | None) -> None:
        if stop.asked:
            raise KeyboardInterrupt
        stop.asked = True

    present = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
    before = {number: signal.signal(number, ask) for number in present}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
