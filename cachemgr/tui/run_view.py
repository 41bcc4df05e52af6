"""What the Run and Result screens say about an execution: the steps, told as the rows of the plan."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cachemgr.domain.outcome import Outcome, Totals
from cachemgr.domain.plan import Plan
from cachemgr.domain.terms import Disposal, Status
from cachemgr.present.plan_rows import PlanRow, plan_rows, row_of_step
from cachemgr.present.text import counted, size, trouble_sentence
from cachemgr.tui.outline import short_name
from cachemgr.tui.relay import RunProgress
from cachemgr.tui.theme import Look, Span
from cachemgr.tui.widgets.cells import prose, words
from cachemgr.tui.widgets.columns import Column
from cachemgr.tui.widgets.fast_table import Row

_DOING = {
    "delete": "deleting",
    "set aside": "setting aside",
    "bring back": "bringing back",
    "purge": "purging",
}
_DONE = {"delete": "deleted", "set aside": "set aside", "trash": "in the trash", "bring back": "brought back",
         "purge": "purged"}  # fmt: skip

RUN_COLUMNS = (
    Column("sign", "", 1),
    Column("name", "Entry", 16, grow=3, most=60),
    Column("state", "State", 16, grow=3),
    Column("freed", "Freed", 9, right=True, drop=1),
)


@dataclass(frozen=True, slots=True)
class RunRow:
    """A row of the plan with what became of it."""

    row: PlanRow
    sign: Span
    state: Span
    freed: int | None
    """Measured; None where nothing was done yet."""


class RunRows:
    """A plan's rows, kept up to date with an execution."""

    def __init__(self, plan: Plan) -> None:
        self.rows = plan_rows(plan)
        self.row_of_step = row_of_step(plan)

    def at_work(self, progress: RunProgress) -> int | None:
        """The row of the step at work."""
        return None if progress.number is None else self.row_of_step.get(progress.number)

    def gather(self, outcomes: dict[int, Outcome]) -> dict[int, list[Outcome]]:
        """Outcomes by row."""
        found: dict[int, list[Outcome]] = {}
        for number, outcome in outcomes.items():
            if (row := self.row_of_step.get(number)) is not None:
                found.setdefault(row, []).append(outcome)
        return found

    def finished(self, outcomes: dict[int, Outcome]) -> int:
        """How many rows are over, well or badly."""
        return sum(
            len(found) >= self.rows[row].steps or any(o.status is not Status.DONE for o in found)
            for row, found in self.gather(outcomes).items()
        )

    def told(
        self, number: int, found: list[Outcome], progress: RunProgress, look: Look, *, si: bool
    ) -> RunRow:
        """One row with its sign, its state in words, and what it freed."""
        row, glyphs = self.rows[number], look.glyphs
        freed = sum(outcome.freed for outcome in found) if found else None
        bad = next((outcome for outcome in found if outcome.status is not Status.DONE), None)
        if bad is not None:
            tone = "accent-ink" if bad.status is Status.SKIPPED else "danger"
            why = f": {trouble_sentence(bad.trouble)}" if bad.trouble else ""
            sign = glyphs.skip if bad.status is Status.SKIPPED else glyphs.cross
            return RunRow(row, (sign, tone), (f"{bad.status.value}{why}", tone), freed)
        if len(found) >= row.steps:
            aside = sum(outcome.moved for outcome in found)
            word = _DONE.get(row.does, row.does) + (f", {size(aside, si)}" if aside else "")
            return RunRow(row, (glyphs.mark, "good"), (word, "good"), None if aside else freed)
        removing = progress.removing.copy().items()
        parts = [part for step, part in removing if self.row_of_step.get(step) == number]
        if parts or number == self.at_work(progress):
            files, more = (sum(figures) for figures in zip((0, 0), *parts, strict=True))
            many = f" {counted(files, 'file')}" if files else ""
            state = (f"{_DOING.get(row.does, row.does)}{many}", "downloads")
            return RunRow(row, (glyphs.again, "downloads"), state, (freed or 0) + more)
        if not progress.over and row_begun(self.row_of_step, number, progress):
            return RunRow(
                row, (glyphs.dot, "downloads"), ("out of its place, not deleted yet", "muted"), freed
            )
        if progress.over:
            return RunRow(row, (glyphs.dot, "faint"), ("untouched", "muted"), freed)
        return RunRow(row, (glyphs.dot, "faint"), ("waiting", "dim"), freed)


def row_begun(row_of_step: Mapping[int, int], number: int, progress: RunProgress) -> bool:
    """Whether a step of a row was begun."""
    return any(row_of_step.get(step) == number for step in progress.begun.copy())


def moved(plan: Plan, outcomes: dict[int, Outcome], disposal: Disposal) -> int:
    """Bytes that were set aside in one way."""
    return sum(
        outcome.moved
        for number, outcome in outcomes.items()
        if getattr(plan.steps[number].action, "disposal", None) is disposal
    )


def headline(progress: RunProgress, *, si: bool) -> str:
    """The result in a sentence."""
    outcomes = progress.outcomes
    totals = Totals.of(outcomes.values())
    if progress.plan.brings_back:
        return f"{size(sum(outcome.moved for outcome in outcomes.values()), si)} brought back"
    if not totals.freed and (aside := moved(progress.plan, outcomes, Disposal.QUARANTINE)):
        return f"{size(aside, si)} set aside, nothing freed yet"
    planned = f" (planned {size(progress.plan.frees, si)})" if progress.plan.frees != totals.freed else ""
    return f"{size(totals.freed, si)} freed{planned}"


def seconds(start: datetime, end: datetime) -> str:
    """A duration as `4.1 s` or `2 min 5 s`."""
    took = max((end - start).total_seconds(), 0.0)
    return f"{took:.1f} s" if took < 100 else f"{int(took) // 60} min {int(took) % 60} s"


def told_row(told: RunRow, *, si: bool) -> Row:
    """A row of Run and of Result."""
    return Row(
        (
            words(*told.sign),
            words(short_name(told.row.name)),
            prose(*told.state),
            words("" if told.freed is None else size(told.freed, si), "bold"),
        )
    )
