"""What Run shows while several entries are removed at once."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cachemgr.domain.action import Copy, Remove
from cachemgr.domain.outcome import Outcome, Trouble
from cachemgr.domain.plan import Step
from cachemgr.domain.run_event import RunEvent, StepFinished, StepProgress, StepStarted
from cachemgr.domain.terms import Disposal, Intent, Status
from cachemgr.domain.unit import Content
from cachemgr.tui.glyphs import UNICODE
from cachemgr.tui.move_view import done_share
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


def test_a_copy_says_how_much_is_written_and_then_read_back(tmp_path: Path) -> None:
    """Bytes and files of each, the bar counts both passes, and holes count as what is read of them."""
    steps = (
        Step(Copy(("a",), "x@custom"), BOX, f"{BOX}:a", size=1000, seen=Content(9, 4096, None)),
        Step(Copy(("b",), "x@custom"), BOX, f"{BOX}:b", size=4096),
        Step(Remove(("a",), Disposal.QUARANTINE), BOX, f"{BOX}:a", size=1000),
        Step(Remove(("b",), Disposal.QUARANTINE), BOX, f"{BOX}:b", size=4096),
    )
    plan = replace(plan_of(tmp_path, *steps), intent=Intent.MIGRATE)
    progress = RunProgress(plan, datetime.now(UTC))
    relay = Relay(manager(tmp_path))
    rows, seen = RunRows(plan), Look({}, UNICODE)

    def after(*events: RunEvent) -> tuple[list[str], tuple[int, int]]:
        for event in events:
            relay._note_run(progress, event)
        gathered = rows.gather(progress.outcomes)
        told = [rows.told(n, gathered.get(n, []), progress, seen, si=False).state[0] for n in range(2)]
        return told, done_share(plan, progress)

    whole = 4 * 4096
    assert after(StepStarted(0), StepProgress(0, 3, 0, 1024)) == (
        ["copying 3 files, 1.0 KiB of 4.0 KiB", "waiting"], (1024, whole))  # fmt: skip
    assert after(StepProgress(0, 2, 0, 2048, verifying=True)) == (
        ["verifying 2 files, 2.0 KiB of 4.0 KiB", "waiting"], (4096 + 2048, whole))  # fmt: skip
    assert after(StepFinished(Outcome(0, Status.DONE, moved=1000)), StepStarted(1)) == (
        ["copied and verified, waits for the others", "copying"], (8192, whole))  # fmt: skip
    assert after(StepFinished(Outcome(2, Status.DONE, moved=1000)))[0][0] == "copied and verified, 1000 B"
    assert after(StepFinished(Outcome(1, Status.SKIPPED, trouble=Trouble("damaged", "b"))))[0][1].startswith(
        "skipped: a file in it is not what its name promises"
    )
