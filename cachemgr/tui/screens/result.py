"""What was done and what was not, measured, and the ways back."""

from collections.abc import Iterable, Iterator
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import BindingType
from textual.widget import Widget

from cachemgr.domain.outcome import Totals
from cachemgr.domain.terms import Disposal, Rebuild, Status
from cachemgr.present.plan_rows import FOLLOWS
from cachemgr.present.text import counted, day, display_name, size, trouble_sentence
from cachemgr.tui.command_line import command_line
from cachemgr.tui.commands import Fact, Where, bindings
from cachemgr.tui.move_view import is_move, variables
from cachemgr.tui.relay import RunProgress
from cachemgr.tui.run_view import RunRows, headline, moved, run_columns, seconds, told_row
from cachemgr.tui.screens.notice import NoticeScreen
from cachemgr.tui.screens.reviewing import review_undo
from cachemgr.tui.screens.view import View
from cachemgr.tui.session import Session
from cachemgr.tui.widgets.fast_table import FastTable, Row
from cachemgr.tui.widgets.panel import Line, Lines, hanging
from cachemgr.tui.widgets.split_lines import Split, SplitLines


class ResultScreen(View):
    """An execution that is over."""

    WHERE = Where.RESULT
    CSS_PATH = "result.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings(Where.RESULT)

    def __init__(self, session: Session, progress: RunProgress, tab: str = "") -> None:
        super().__init__(session)
        self.tab = tab
        self.progress = progress
        self.rows = RunRows(progress.plan)
        self._found = self.rows.gather(progress.outcomes)
        """Outcomes by row."""
        self._keys = tuple(map(str, range(len(self.rows.rows))))

    def body(self) -> Iterable[Widget]:
        yield SplitLines(id="headline")
        yield Lines(id="summary")
        self.steps = FastTable(run_columns(self.progress.plan), id="steps")
        yield self.steps

    def on_mount(self) -> None:
        self.session.conclude(self.app)

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.height < 20, "small")
        self.redraw()

    def facts(self) -> set[Fact]:
        made = super().facts() | {Fact.ROW}
        if self._undoable():
            made.add(Fact.UNDOABLE)
        return made

    def draw(self) -> None:
        progress, look = self.progress, self.look
        totals = Totals.of(progress.outcomes.values())
        if not progress.outcomes:
            sign, said = (f"{look.glyphs.cross} ", "danger bold"), "Nothing was done"
        elif totals.complete and not progress.error and len(progress.outcomes) == len(progress.plan.steps):
            sign, said = (f"{look.glyphs.mark} Done: ", "good bold"), headline(progress, si=self.session.si)
        else:
            sign = (f"{look.glyphs.warn} Done in part: ", "accent-ink bold")
            said = headline(progress, si=self.session.si)
        self.query_one("#headline", SplitLines).show_lines(
            Split((sign, (said, "bold")), (("measured, not estimated", "dim"),))
        )
        room = max(self.size.width - 4, 20)
        self.query_one("#summary", Lines).show_lines(list(hanging(self._summary(room), room)))
        self.set_class(is_move(progress.plan), "moved")
        self.steps.show_rows(self._keys, self._row)

    def action_info(self) -> None:
        self.app.push_screen(NoticeScreen("Result", list(self._summary())))

    def action_close(self) -> None:
        self.app.call_next(self.run_action, "app.view('overview')")

    def action_rescan(self) -> None:
        self.session.relay.start_scan(self.app)

    def action_undo(self) -> None:
        review_undo(self, self.progress.run, instead=True)

    def _undoable(self) -> bool:
        finished = self.progress.finished
        if finished is not None:
            return finished.undoable
        return bool(moved(self.progress.plan, self.progress.outcomes, Disposal.QUARANTINE))

    def _summary(self, room: int | None = None) -> Iterator[Line]:
        """`room`: the columns that a line has where few lines do."""
        progress, plan, si = self.progress, self.progress.plan, self.session.si
        dot = self.look.glyphs.dot
        if progress.error:
            yield ((progress.error, "danger"),)
        if not progress.outcomes:
            return
        counts = self.rows.counts(progress.outcomes)
        parts = [f"{counts[Status.DONE]} of {counted(len(self.rows.rows), 'entry', 'entries')}"]
        parts += [f"{counts[status]} {status.value}" for status in (Status.SKIPPED, Status.FAILED)]
        if counts[Status.REFUSED]:
            parts.append(f"{counts[Status.REFUSED]} refused")
        if rest := len(self.rows.rows) - counts.total():
            parts.append(f"{rest} untouched")
        took = seconds(progress.started, progress.ended or self.session.now)
        yield ((f" {dot} ".join([*parts, took]), "muted"),)
        if is_move(plan):
            # Before the troubles: what is to be done now must not be cut off by them.
            yield from self._move_back()
            yield from variables(self.session.service, plan, tuple(progress.outcomes.values()))
            yield from self._record(room)
            yield from self._troubles()
            return
        yield from self._troubles()
        if room is None or not self.has_class("small"):
            yield ()
        if aside := moved(plan, progress.outcomes, Disposal.QUARANTINE):
            until = f" until {day(plan.keep_until)}" if plan.keep_until else ""
            yield (
                ("Undo   ", "dim"),
                (f"u brings back {size(aside, si)}{until}; the disk gains it only after that", ""),
            )
        if moved(plan, progress.outcomes, Disposal.TRASH):
            yield (
                ("Undo   ", "dim"),
                ("restore it from the trash; the disk gains it when that is emptied", ""),
            )
        elif not aside and plan.permanent and Totals.of(progress.outcomes.values()).freed:
            yield ("Undo   ", "dim"), ("what was deleted cannot be undone", "")
        yield from self._ways_back()
        yield from self._record(room)

    def _record(self, room: int | None) -> Iterator[Line]:
        record = command_line([*self.session.service.invocation, "history", self.progress.run])
        line = f"4 History {self.look.glyphs.dot} {record}"
        if room is not None and self.has_class("small") and cell_len(line) > room - len("Record "):
            line = f"4 History {self.look.glyphs.dot} run {display_name(self.progress.run)}"
        yield ("Record ", "dim"), (line, "muted")

    def _move_back(self) -> Iterator[Line]:
        plan, si = self.progress.plan, self.session.si
        if not self._undoable():
            yield ("Undo   ", "dim"), ("nothing was taken away, and the source is whole", "")
            return
        until = f" until {day(plan.keep_until)}" if plan.quarantined and plan.keep_until else ""
        kept = f"; the source, {size(plan.quarantined, si)}, is kept till then" if until else ""
        yield ("Undo   ", "dim"), (f"u moves it back{until}{kept}", "")

    def _troubles(self) -> Iterator[Line]:
        """The reasons for what was not done, each once with the number of its entries."""
        reasons: dict[str, set[int]] = {}
        rows = self.rows.row_of_step
        failed = [one for one in self.progress.outcomes.values() if one.trouble is not None]
        entries = any(one.number in rows for one in failed)
        for one in failed:
            if one.trouble is None or (entries and one.number not in rows and one.trouble.kind in FOLLOWS):
                continue
            sentence = f"{one.status.value}: {trouble_sentence(one.trouble)}"
            reasons.setdefault(sentence, set()).add(rows.get(one.number, -1 - one.number))
        for sentence, found in list(reasons.items())[:3]:
            yield (f"{self.look.glyphs.skip} {len(found)} ", "accent-ink"), (sentence, "")

    def _ways_back(self) -> Iterator[Line]:
        outcomes = self.progress.outcomes
        fetched = sum(
            outcome.freed
            for number, outcome in outcomes.items()
            if self.progress.plan.steps[number].rebuild is Rebuild.DOWNLOADS
        )
        if fetched:
            weight = size(fetched, self.session.si)
            yield ("Back   ", "dim"), (f"{weight} will be downloaded again when they are next needed", "")

    def _row(self, key: str) -> Row:
        number, si = int(key), self.session.si
        told = self.rows.told(number, self._found.get(number, []), self.progress, self.look, si=si)
        return told_row(told, si=si)
