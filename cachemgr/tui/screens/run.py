"""A plan being carried out. It can be stopped between two steps, never in the middle of one."""

from collections import Counter
from collections.abc import Iterable
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.widget import Widget

from cachemgr.domain.outcome import Outcome
from cachemgr.domain.plan import Plan
from cachemgr.domain.terms import Status
from cachemgr.present.text import counted, display_name, size
from cachemgr.tui.commands import Where, bindings
from cachemgr.tui.move_view import Load, done_share, is_move
from cachemgr.tui.run_view import RunRows, run_columns, seconds, told_row
from cachemgr.tui.screens.result import ResultScreen
from cachemgr.tui.screens.view import View
from cachemgr.tui.session import Session
from cachemgr.tui.widgets.capacity_bar import ProgressBar
from cachemgr.tui.widgets.fast_table import FastTable, Row
from cachemgr.tui.widgets.split_lines import Split, SplitLines

_JOURNAL = "Everything is in the journal before it happens: 4 History."
_COPYING = "No source is touched before all copies are read back and compared."


class RunScreen(View):
    """Begins when it is mounted; the plan was confirmed before."""

    WHERE = Where.RUN
    CSS_PATH = "run.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings(Where.RUN)

    def __init__(self, session: Session, plan: Plan, tab: str = "") -> None:
        super().__init__(session)
        self.tab = tab
        self.plan = plan
        self.rows = RunRows(plan)
        self._found: dict[int, list[Outcome]] = {}
        """Outcomes by row."""
        self._keys = tuple(map(str, range(len(self.rows.rows))))

    def body(self) -> Iterable[Widget]:
        yield SplitLines(id="doing")
        yield ProgressBar(id="progress")
        yield SplitLines(id="freed")
        self.steps = FastTable(run_columns(self.plan), id="steps")
        yield self.steps
        yield SplitLines(id="advice")

    def on_mount(self) -> None:
        # Textual calls the handler of View after this one.
        self.progress = self.session.relay.start_run(self.app, self.plan)

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.height < 20, "small")

    def draw(self) -> None:
        progress = self.progress
        if progress.over:
            self.app.call_next(self._finish)
        outcomes = progress.outcomes.copy()
        self._found = self.rows.gather(outcomes)
        self.steps.show_rows(self._keys, self._row)
        if (at_work := self.rows.at_work(progress)) is not None:
            self.steps.move_to(str(at_work))
        self._draw_figures(self.rows.counts(outcomes), progress.freed)

    def pass_time(self) -> None:
        self.redraw()  # a long step tells of nothing, and takes its time all the same

    def action_stop(self) -> None:
        self.session.relay.stop_run()
        self.redraw()

    def _finish(self) -> None:
        if self.is_current:
            self.app.switch_screen(ResultScreen(self.session, self.progress, self.tab))

    def _draw_figures(self, counts: Counter[Status], freed: int) -> None:
        progress, look, si = self.progress, self.look, self.session.si
        dot, count = look.glyphs.dot, len(self.rows.rows)
        troubles = (Status.SKIPPED, Status.FAILED, Status.REFUSED)
        trouble = [f"{counts[status]} {status.value}" for status in troubles if counts[status]]
        finished = counts.total()
        name = display_name(self.plan.id)
        said = f" {dot} ".join(
            [f"{counts[Status.DONE]} of {counted(count, 'entry', 'entries')} done", *trouble]
        )
        self.query_one("#doing", SplitLines).show_lines(
            Split(((f"Executing {name}   ", "bold"), (said, "muted")))
        )
        share = freed / self.plan.frees if self.plan.frees else finished / count if count else 1.0
        if is_move(self.plan):
            through, whole = done_share(self.plan, progress)
            share = through / whole if whole else share
        self.query_one(ProgressBar).show(min(share, 1.0))
        took = seconds(progress.started, self.session.now)
        goal = (
            f"{size(freed, si)} of {size(self.plan.frees, si)} freed"
            if self.plan.frees
            else "nothing is freed by this"
        )
        if is_move(self.plan):
            goal = f"{size(Load.of(self.plan).whole, si)} to bring to the new place"
        self.query_one("#freed", SplitLines).show_lines(
            Split(((f"{goal}   ", "bold"), (f"{share:.0%}   {took}", "muted")))
        )
        stop = (
            "stopping after the step at work. " if progress.stopping else "esc stops after the step at work. "
        )
        tone = "accent-ink" if progress.stopping else ""
        self.query_one("#advice", SplitLines).show_lines(
            Split(((stop, tone), ("What is finished stays finished; the rest stays untouched.", "dim"))),
            Split(((_COPYING if is_move(self.plan) else _JOURNAL, "dim"),)),
        )

    def _row(self, key: str) -> Row:
        """Asked for the rows that can be seen, of which there are few."""
        number, si = int(key), self.session.si
        told = self.rows.told(number, self._found.get(number, []), self.progress, self.look, si=si)
        return told_row(told, si=si)
