"""What a line of a table of past work says, as values with raw numbers."""

from dataclasses import dataclass, replace
from datetime import datetime

from cachemgr.domain.display import display_name
from cachemgr.domain.outcome import Totals
from cachemgr.domain.run import Run
from cachemgr.domain.terms import RunState
from cachemgr.present.plan_rows import entry_totals, row_of_step
from cachemgr.present.words import run_state_word, verb

STOPPED = "stopped"
"""The state of a run that somebody ended before it was done."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run in the history."""

    id: str
    started: datetime
    what: str
    state: str
    totals: Totals
    """Of its steps."""
    entries: Totals
    """The same in entries, which is how people are told."""
    planned: int
    """Entries that its plan was about."""
    quarantined: int
    """Bytes of it that still lie in the quarantine, as far as its record tells."""
    undoable: bool


def run_row(run: Run) -> RunRow:
    quarantined = run.quarantined
    targets = " ".join(display_name(target) for target in run.plan.targets)
    reverses = run.plan.reverses or ""
    stopped = run.state is RunState.FINISHED and any(one.stopped for one in run.outcomes)
    return RunRow(
        id=run.id,
        started=run.started,
        what=f"{verb(run.plan.intent)} {targets or reverses}".rstrip(),
        state=STOPPED if stopped else run_state_word(run.state),
        totals=replace(Totals.of(run.outcomes), freed=Totals.of(run.fates.values()).freed),
        entries=entry_totals(run.plan, run.outcomes),
        planned=len(set(row_of_step(run.plan).values())),
        quarantined=sum(step.size for number, step in quarantined if number not in run.pending),
        undoable=run.undoable,
    )
