"""Carrying a plan out: events become lines or progress, and a signal stops between two steps."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from cachemgr.cli.progress import ProgressLine
from cachemgr.cli.session import Session
from cachemgr.domain.event import RunEvent, RunFinished, RunStarted, StepFinished, StepProgress, StepStarted
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


def carry_out(session: Session, plan: Plan, *, events: bool) -> Execution:
    """Every step, unless a signal asks to stop. Raises Refused and Busy before the first one."""
    execution = Execution()
    line = ProgressLine(sys.stderr, shown=session.options.progress and not session.options.quiet)
    with _stoppable() as stop:
        stream = session.service.execute(plan)
        for number, event in enumerate(stream):
            if events:
                session.output.document(event_document(event, number), indent=None)
            _note(execution, event)
            if line.due():
                line.show(_progress(execution, event, len(plan.steps)))
            # In the middle of a step there is nothing to stop at that anybody could go on from.
            if stop.asked and isinstance(event, RunStarted | StepFinished):
                execution.stopped = len(execution.outcomes) < len(plan.steps)
                execution.undoable = execution.undoable or _undoable(session, execution.id)
                stream.close()  # type: ignore[attr-defined]
                break
    line.clear()
    return execution


def _note(execution: Execution, event: RunEvent) -> None:
    match event:
        case RunStarted(run=run):
            execution.id = run
        case StepFinished(outcome=outcome):
            execution.outcomes.append(outcome)
        case RunFinished(outcomes=outcomes, undoable=undoable):
            execution.outcomes = list(outcomes)
            execution.undoable = undoable
        case StepStarted() | StepProgress():
            pass


def _undoable(session: Session, run: str) -> bool:
    return bool(run) and bool(session.service.run(run).quarantined)


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
