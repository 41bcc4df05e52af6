"""Carrying a plan out: events become lines or progress, and a signal stops between two steps."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from cachemgr.cli.progress import ProgressLine
from cachemgr.cli.session import Session
from cachemgr.domain.errors import Interrupted
from cachemgr.domain.event import Gauge
from cachemgr.domain.outcome import Outcome
from cachemgr.domain.plan import Plan
from cachemgr.domain.run_event import RunFinished, RunStarted, StepFinished, StepProgress
from cachemgr.present.document.runs import event_document
from cachemgr.present.text import size

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


@dataclass(slots=True)
class Execution:
    """What became of a plan."""

    id: str = ""
    outcomes: tuple[Outcome, ...] = ()
    undoable: bool = False

    @property
    def stopped(self) -> bool:
        """Whether somebody stopped it before its end."""
        return any(o.trouble is not None and o.trouble.kind == "stopped" for o in self.outcomes)


def carry_out(session: Session, plan: Plan, *, events: bool, saved: bool) -> Execution:
    """Every step, unless a signal asks to stop. Raises Refused and Busy before the first one."""
    execution = Execution()
    gauge = Gauge()
    line = ProgressLine(sys.stderr, shown=session.shows_progress)
    shown, finished, freed = 0, 0, 0
    copying = ""
    """How far the unit is that was last heard of."""
    removing: dict[int, int] = {}
    """Bytes that the steps at work have freed so far."""
    with stoppable(gauge), _told(session, execution):
        for event in session.service.execute(plan, gauge, saved=saved):
            # Known before anything is said about it, for the saying may be interrupted.
            if isinstance(event, RunStarted):
                execution.id = event.run
            if events and (document := event_document(event, shown, session.service.invocation)) is not None:
                session.output.document(document, indent=None)
                shown += 1
            match event:
                case StepProgress(number=number, copied=so_far, verifying=verifying) if so_far:
                    copying = f", {'read back' if verifying else 'copied'} {size(so_far)} of it"
                case StepProgress(number=number, freed=so_far):
                    removing[number] = so_far
                case StepFinished(outcome=outcome):
                    copying = ""
                    removing.pop(outcome.number, None)
                    finished += 1
                    freed += outcome.freed
                case RunFinished(outcomes=outcomes, undoable=undoable):
                    execution.outcomes, execution.undoable = outcomes, undoable
                case _:
                    pass
            if line.due():
                so_far_freed = f", freed {size(freed + sum(removing.values()))}"
                line.show(f"Step {finished} of {len(plan.steps)}{copying or so_far_freed}")
    line.clear()
    return execution


@contextmanager
def _told(session: Session, execution: Execution) -> Iterator[None]:
    """Where a run was left at once, the way on from there. Raises Interrupted."""
    try:
        yield
    except KeyboardInterrupt as stop:
        if not execution.id:
            raise
        way = session.command("recover", execution.id)
        raise Interrupted(f"interrupted at once; what can be done about it: {way}") from stop


@contextmanager
def stoppable(gauge: Gauge) -> Iterator[None]:
    """The first signal asks to stop between two steps, a second one stops at once."""

    def ask(_number: int, _frame: FrameType | None) -> None:
        if gauge.stopped:
            raise KeyboardInterrupt
        gauge.stopped = True

    present = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
    before = {number: signal.signal(number, ask) for number in present}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
