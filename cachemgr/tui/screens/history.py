"""What was done before, and the way back."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.widget import Widget

from cachemgr.domain.plan import Plan
from cachemgr.domain.run import Run
from cachemgr.domain.terms import Status, StepState
from cachemgr.present.run_rows import RunRow
from cachemgr.present.text import (
    counted,
    day,
    display_name,
    minute,
    size,
    step_state_word,
)
from cachemgr.tui.command_line import command_line
from cachemgr.tui.commands import Fact, Where, bindings
from cachemgr.tui.run_view import RunRows
from cachemgr.tui.screens.notice import NoticeScreen
from cachemgr.tui.screens.reviewing import review, review_undo
from cachemgr.tui.screens.view import View
from cachemgr.tui.widgets.cells import prose, words
from cachemgr.tui.widgets.columns import Column
from cachemgr.tui.widgets.fast_table import FastTable, Row
from cachemgr.tui.widgets.panel import Line, Panel
from cachemgr.tui.widgets.split_lines import Split, SplitLines

_ROWS = 7
"""Entries of a run that are named below the list."""


class HistoryScreen(View):
    """The journal's runs, newest first."""

    WHERE = Where.HISTORY
    CSS_PATH = "history.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings(Where.HISTORY)
    tab = "history"

    def body(self) -> Iterable[Widget]:
        self._past: Mapping[str, tuple[Run, RunRow]] = {}
        self._said: tuple[Run, list[Line]] | None = None
        """What was said of a run last: to look through a large one takes a while."""
        self._waiting: set[str | None] = set()
        """Runs that something was undoing or purging when it was interrupted."""
        yield SplitLines(id="summary")
        self.table = FastTable(_COLUMNS, id="runs")
        yield self.table
        yield Panel(id="run")

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.height < 20, "small")

    def facts(self) -> set[Fact]:
        made = super().facts()
        run = self.current()
        if run is not None:
            made.add(Fact.ROW)
            if not run.interrupted and run.id not in self._waiting:
                made |= {Fact.UNDOABLE} if run.undoable else set()
                made |= {Fact.HELD} if run.quarantined else set()
            choices = self.session.service.recovery.choices(run)
            if choices.finish:
                made.add(Fact.FINISHABLE)
            if choices.roll_back:
                made.add(Fact.REVERSIBLE)
        return made

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        # Undoing is offered where it can be done; asked for elsewhere, it says why not.
        return action == "undo" or super().check_action(action, parameters)

    def status(self) -> Split:
        run = self.current()
        if run is None or not run.interrupted:
            return Split()
        why = self.session.service.recovery.choices(run).why
        said = f"this run {why}" if why else "this run was interrupted"
        return Split(((f"{said}; nothing else is done in its caches before that is decided", "accent-ink"),))

    def current(self) -> Run | None:
        run, _ = self._past.get(self.table.key or "", (None, None))
        return run

    def draw(self) -> None:
        self._past = self.session.relay.past
        runs = tuple(run for run, _ in self._past.values())
        self._waiting = {run.plan.reverses for run in runs if run.interrupted}
        self.table.show_rows(tuple(self._past), self._row, empty="nothing was done yet")
        if (wanted := self.session.looked_at) in self._past:
            self.session.looked_at = None
            self.table.move_to(wanted or "")
        freed = sum(row.totals.freed for _, row in self._past.values())
        held = sum(step.size for run in runs for _, step in run.quarantined)
        dot, si = self.look.glyphs.dot, self.session.si
        line = f" {dot} ".join(
            (
                counted(len(runs), "run"),
                f"{size(freed, si)} freed",
                f"quarantine holds {size(held, si)}",
            )
        )
        self.query_one("#summary", SplitLines).show_lines(Split(((line, "muted"),)))
        self._draw_run()

    @on(FastTable.Moved)
    def _draw_run(self) -> None:
        if not self.can_draw:
            return
        run = self.current()
        panel = self.query_one("#run", Panel)
        panel.set_class(run is None, "empty")
        if run is not None:
            panel.show_lines(self._lines(run), title=display_name(run.id))
        self.refresh_chrome()

    @on(FastTable.Opened)
    def action_info(self) -> None:
        if (run := self.current()) is not None:
            self.app.push_screen(NoticeScreen(display_name(run.id), list(self._about(run, most=1000))))

    def action_back(self) -> None:
        self.app.call_next(self.run_action, "app.view('overview')")

    def action_rescan(self) -> None:
        self.session.relay.start_scan(self.app)

    def action_copy(self) -> None:
        if (run := self.current()) is not None:
            verb = "recover" if run.interrupted else "undo" if run.undoable else "history"
            line = command_line([*self.session.service.invocation, verb, run.id])
            self.app.copy_to_clipboard(line)
            self.app.push_screen(NoticeScreen("The same as a command", [((line, ""),)]))

    def action_undo(self) -> None:
        review_undo(self, self.table.key)

    def action_purge(self) -> None:
        self._review(self.session.service.plan_purge)

    def action_finish(self) -> None:
        self._review(self.session.service.plan_finish)

    def action_roll_back(self) -> None:
        self._review(self.session.service.plan_roll_back)

    def _review(self, plan: Callable[[str], Plan]) -> None:
        if (run := self.current()) is not None:
            review(self, lambda: plan(run.id))

    def _row(self, key: str) -> Row:
        (run, row), si = self._past[key], self.session.si
        totals = row.totals
        if run.interrupted:
            back = (row.state, "accent-ink")
        elif run.id in self._waiting:
            back = ("waits for a recovery", "accent-ink")
        elif row.undoable:
            until = f" until {day(run.plan.keep_until)}" if run.plan.keep_until else ""
            back = (f"{self.look.glyphs.undo} undo{until}", "good")
        else:
            back = (row.state, "muted")
        done = row.entries.done
        entries = f"{done}" + (f" of {row.planned}" if done < row.planned else "")
        return Row(
            (
                words(minute(row.started), "muted"),
                prose(row.what),
                words(entries, "muted"),
                words(size(totals.freed, si) if totals.freed else self.look.glyphs.none, "bold"),
                prose(*back),
                words(display_name(run.id), "dim"),
            )
        )

    def _lines(self, run: Run) -> list[Line]:
        """About a run in short; made once while it stays the same."""
        if self._said is None or self._said[0] is not run:
            self._said = run, list(self._about(run, most=_ROWS))
        return self._said[1]

    def _about(self, run: Run, *, most: int) -> Iterator[Line]:
        rows = RunRows(run.plan)
        found = rows.gather(dict(run.fates))
        unknown = {row for step, row in rows.row_of_step.items() if run.step_state(step) is StepState.UNKNOWN}
        steps = Counter(rows.row_of_step.values())
        for number, row in enumerate(rows.rows[:most]):
            outcomes = found.get(number, [])
            if len(outcomes) < steps[number] and all(one.status is Status.DONE for one in outcomes):
                outcomes = []  # a copy alone moves nothing
            weight = sum(outcome.freed or outcome.moved for outcome in outcomes)
            word = outcomes[-1].status.value if outcomes else step_state_word(StepState.UNTOUCHED)
            if number in unknown:
                word = step_state_word(StepState.UNKNOWN)
            tone = "good" if word == Status.DONE else "accent-ink"
            yield (f"{word:<10}", tone), (f"{size(weight, self.session.si):>9}  ", "muted"), (row.name, "")
        if len(rows.rows) > most:
            yield ((f"and {len(rows.rows) - most} more", "dim"),)
        if not rows.rows:
            yield (("no steps", "dim"),)


_COLUMNS = (
    Column("when", "When (UTC)", 16),
    Column("what", "What", 16, grow=1),
    Column("entries", "Entries", 9, right=True, drop=3),
    Column("freed", "Freed", 9, right=True),
    Column("back", "Way back", 24, drop=2),
    Column("id", "Run", 24, drop=4),
)
