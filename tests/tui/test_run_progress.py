"""What Run shows while several entries are removed at once."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cachemgr.domain.action import Remove
from cachemgr.domain.outcome import Outcome
from cachemgr.domain.plan import Step
from cachemgr.domain.run_event import RunEvent, StepFinished, StepProgress, StepStarted
from cachemgr.domain.terms import Disposal, Status
from cachemgr.tui.glyphs import UNICODE
from cachemgr.tui.relay import Relay, RunProgress
from cachemgr.tui.run_view import RunRows
from cachemgr.tui.theme import Look
from tests.desk import BOX, manager, plan_of

EVENTS: tuple[RunEvent, ...] = (
    StepStarted(0),
    StepStarted(1),
    StepStarted(2),
    StepProgress(0, 600, 1000),
    StepProgress(1, 700, 2000),
    StepProgress(0, 1200, 3000),
)


@pytest.mark.parametrize(
    ("more", "states", "freed"),
    [
        ((), ["deleting 1,200 files", "deleting 700 files", "out of its place, not deleted yet"], 5000),
        (
            (StepFinished(Outcome(0, Status.DONE, 4000)),),
            ["deleted", "deleting 700 files", "out of its place, not deleted yet"],
            6000,
        ),
    ],
)
def test_each_entry_at_work_says_how_far_it_is_and_the_sum_is_of_all(
    more: tuple[RunEvent, ...], states: list[str], freed: int, tmp_path: Path
) -> None:
    steps = [Step(Remove((name,), Disposal.DELETE), BOX, f"{BOX}:{name}", size=9000) for name in "abc"]
    plan = plan_of(tmp_path, *steps)
    progress = RunProgress(plan, datetime.now(UTC))
    relay = Relay(manager(tmp_path))
    for event in (*EVENTS, *more):
        relay._note_run(progress, event)
    rows = RunRows(plan)
    gathered = rows.gather(progress.outcomes)
    told = [
        rows.told(number, gathered.get(number, []), progress, Look({}, UNICODE), si=False)
        for number in range(3)
    ]
    assert [row.state[0] for row in told] == states
    assert sum(row.freed or 0 for row in told) == freed
    assert progress.freed == freed
