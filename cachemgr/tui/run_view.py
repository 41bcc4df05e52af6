"""What the Run and Result screens say about an execution: the steps, told as the rows of the plan."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from cachemgr.domain.action import Copy
from cachemgr.domain.outcome import Outcome, Totals
from cachemgr.domain.plan import Plan
from cachemgr.domain.terms import Disposal, Status
from cachemgr.present.plan_rows import PlanRow, plan_rows, row_of_step
from cachemgr.present.text import counted, size, trouble_sentence
from cachemgr.tui import move_view
from cachemgr.tui.move_view import is_move
from cachemgr.tui.outline import short_name
from cachemgr.tui.relay import RunProgress, Shipped
from cachemgr.tui.theme import Look, Span
from cachemgr.tui.widgets.cells import prose, words
from cachemgr.tui.widgets.columns import Column
from cachemgr.tui.widgets.fast_table import Row

_COPY = "copy and verify"
_DOING = {
    "delete": "deleting",
    "set aside": "setting aside",
    "bring back": "bringing back",
    "purge": "purging",
    "move": "moving",
    "move back": "moving back",
    _COPY: "copying",
    "compare": "comparing",
}
_DONE = {"delete": "deleted", "set aside": "set aside", "trash": "in the trash", "bring back": "brought back",
         "purge": "purged", "move": "moved", "move back": "moved back",
         _COPY: "copied and verified", "compare": "was there, compared"}  # fmt: skip

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
        self._steps: dict[int, list[int]] = {}
        for step, row in self.row_of_step.items():
            self._steps.setdefault(row, []).append(step)
        self._copied = {number for number, step in enumerate(plan.steps) if isinstance(step.action, Copy)}
        self._copies = Counter(self.row_of_step[number] for number in self._copied)

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

    def counts(self, outcomes: dict[int, Outcome]) -> Counter[Status]:
        """How many rows are over, by what became of them: one is done when all of its steps are."""
        made: Counter[Status] = Counter()
        for row, found in self.gather(outcomes).items():
            bad = next((outcome.status for outcome in found if outcome.status is not Status.DONE), None)
            if bad is not None or len(found) >= self.rows[row].steps:
                made[bad or Status.DONE] += 1
        return made

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
            aside = row.size if is_move(progress.plan) else sum(outcome.moved for outcome in found)
            word = _DONE.get(row.does, row.does) + (f", {size(aside, si)}" if aside else "")
            return RunRow(row, (glyphs.mark, "good"), (word, "good"), None if aside else freed)
        if is_move(progress.plan) and (moving := self._moving(number, found, progress, look, si=si)):
            return moving
        removing = progress.removing.copy().items()
        parts = [part for step, part in removing if self.row_of_step.get(step) == number]
        if parts or number == self.at_work(progress):
            files, more = (sum(figures) for figures in zip((0, 0), *parts, strict=True))
            many = f" {counted(files, 'file')}" if files else ""
            state = (f"{_DOING.get(row.does, row.does)}{many}", "downloads")
            return RunRow(row, (glyphs.again, "downloads"), state, (freed or 0) + more)
        if not progress.over and self._begun(number, progress):
            return RunRow(
                row, (glyphs.dot, "downloads"), ("out of its place, not deleted yet", "muted"), freed
            )
        if progress.over:
            return RunRow(row, (glyphs.dot, "faint"), ("untouched", "muted"), freed)
        return RunRow(row, (glyphs.dot, "faint"), ("waiting", "dim"), freed)

    def _moving(
        self, number: int, found: list[Outcome], progress: RunProgress, look: Look, *, si: bool
    ) -> RunRow | None:
        """A row of a migration that is on its way; None for one that is not."""
        row, glyphs = self.rows[number], look.glyphs
        shipping = progress.shipping.copy().items()
        for step, at in ((step, at) for step, at in shipping if self.row_of_step.get(step) == number):
            verifying = at.verifying and row.does == _COPY
            doing = "verifying" if verifying else _DOING.get(row.does, row.does)
            state = (
                f"{doing} {_measured(at, si=si)} of {size(move_view.content(progress.plan.steps[step]), si)}"
            )
            return RunRow(row, (glyphs.again, "downloads"), (state, "downloads"), None)
        if progress.over:
            return None
        copied = sum(outcome.number in self._copied for outcome in found)
        if found and copied < self._copies[number]:
            word = f"{copied} of {self._copies[number]} parts copied and verified"
        elif found:
            word = f"{_DONE.get(row.does, row.does)}, waits for the others"
        elif row.does == _COPY and self._begun(number, progress):
            word = "copying"
        else:
            return None
        return RunRow(row, (glyphs.dot, "downloads"), (word, "muted"), None)

    def _begun(self, number: int, progress: RunProgress) -> bool:
        """Whether a step of a row was begun."""
        return not progress.begun.isdisjoint(self._steps[number])


def _measured(at: Shipped, *, si: bool) -> str:
    files = f"{counted(at.files, 'file')}, " if at.files else ""
    return f"{files}{size(at.bytes, si)}"


def run_columns(plan: Plan) -> tuple[Column, ...]:
    """Nothing is freed by what moves."""
    return RUN_COLUMNS[:-1] if is_move(plan) else RUN_COLUMNS


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
    if is_move(progress.plan):
        return move_view.headline(progress.plan, outcomes, si=si)
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
    freed = words("" if told.freed is None else size(told.freed, si), "bold")
    return Row((words(*told.sign), words(short_name(told.row.name)), prose(*told.state), freed))
