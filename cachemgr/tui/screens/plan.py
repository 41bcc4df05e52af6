"""The one place that everything passes through which changes a disk. Showing it is the dry run."""

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widget import Widget

from cachemgr.domain.inventory import EntryId
from cachemgr.domain.plan import Plan
from cachemgr.domain.terms import Disposal, Intent, Reason, Rule
from cachemgr.present.plan_rows import KeptRow, PlanRow, kept_rows, plan_rows
from cachemgr.present.text import age, counted, display_name, rebuild_word, size
from cachemgr.tui import move_view, plan_view
from cachemgr.tui.command_line import command_line
from cachemgr.tui.commands import Fact, Where, bindings
from cachemgr.tui.outline import short_name
from cachemgr.tui.request import DISPOSALS, Request
from cachemgr.tui.screens.confirm import question_for
from cachemgr.tui.screens.notice import NoticeScreen
from cachemgr.tui.screens.reviewing import ask
from cachemgr.tui.screens.run import RunScreen
from cachemgr.tui.screens.view import View
from cachemgr.tui.session import Session
from cachemgr.tui.theme import Span
from cachemgr.tui.widgets.cells import prose, words
from cachemgr.tui.widgets.fast_table import FastTable, Row
from cachemgr.tui.widgets.panel import Panel
from cachemgr.tui.widgets.split_lines import Split, SplitLines

_MODES = {
    Disposal.QUARANTINE: "undoable",
    Disposal.DELETE: "delete now",
    Disposal.TRASH: "to the trash",
}
_RUN = "RUN"
_REVERSALS = {
    Intent.CLEAR: ("clear",),
    Intent.EXPIRE: ("expire",),
    Intent.MIGRATE: ("migrate",),
    Intent.UNDO: ("undo", _RUN),
    Intent.PURGE: ("purge", _RUN),
    Intent.FINISH: ("recover", _RUN, "--finish"),
    Intent.ROLL_BACK: ("recover", _RUN, "--rollback"),
}
"""Commands for plans that cannot be edited."""


class PlanScreen(View):
    """A plan before anything has happened."""

    WHERE = Where.PLAN
    CSS_PATH = "plan.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings(Where.PLAN)

    def __init__(self, session: Session, plan: Plan, request: Request | None, tab: str = "") -> None:
        super().__init__(session)
        self.plan = plan
        self.asked = request
        self.tab = tab
        self._read: Plan | None = None
        """The plan that the rows are of."""
        self._goes: dict[str, PlanRow] = {}
        self._stays: dict[str, KeptRow] = {}

    def body(self) -> Iterable[Widget]:
        yield SplitLines(id="title")
        yield SplitLines(id="made")
        self.going = FastTable(plan_view.GOING, id="going")
        self.staying = FastTable(plan_view.STAYING, id="staying")
        goes = Vertical(self.going, SplitLines(id="about", ground="sheet"), id="goes", classes="frame")
        stays = Vertical(self.staying, id="stays", classes="frame")
        yield Container(Vertical(goes, stays, id="lists"), Panel(id="side"), id="sides")

    def on_resize(self, event: events.Resize) -> None:
        width, height = event.size
        self.set_class(width < 96, "lower")
        self.set_class(height < 20, "small")
        self.set_class(height < 10, "tiny")
        self.redraw()

    def facts(self) -> set[Fact]:
        made = super().facts() | {Fact.ROW}
        if self.asked is not None:
            made |= {Fact.EDITABLE} if self.asked.moves else {Fact.EDITABLE, Fact.CLEAR}
        if self.plan.forced or any(stays.reason is Reason.IN_USE for stays in self.plan.exclusions):
            made.add(Fact.USED)
        if self.plan.steps:
            made.add(Fact.STEPS)
        return made

    def draw(self) -> None:
        if self._read is not self.plan:  # the rows of a large one take a while
            self._read = self.plan
            self._goes = {str(number): row for number, row in enumerate(plan_rows(self.plan))}
            self._stays = {str(number): row for number, row in enumerate(kept_rows(self.plan))}
        moving = move_view.MOVING if move_view.is_move(self.plan) else plan_view.GOING
        self.going.set_columns(plan_view.COMING if self.plan.brings_back else moving)
        self.going.show_rows(tuple(self._goes), self._going_row, empty="nothing of it can be done; see below")
        self.staying.show_rows(tuple(self._stays), self._staying_row, empty="nothing was left out")
        words = {Intent.PURGE: "Will be purged", Intent.MIGRATE: "Will move"}
        going = words.get(self.plan.intent, "Will go")
        verb = "Comes back" if self.plan.brings_back else going
        dot = self.look.glyphs.dot
        _title(self.query_one("#goes"), f"{verb} {dot} {counted(len(self._goes), 'entry', 'entries')}")
        _title(
            self.query_one("#stays"), f"Kept {dot} {counted(len(self._stays), 'entry', 'entries')}, and why"
        )
        kept = f"tab {len(self._stays)} kept" if self._stays and self.has_class("small") else ""
        self.query_one("#goes").border_subtitle = Content.from_text(kept, markup=False) if kept else None
        self._draw_heading()
        self.set_class(not self._stays, "whole")
        lines = plan_view.compact if self.has_class("lower") else plan_view.side
        rows = tuple(self._goes.values())
        self.set_class(move_view.is_move(self.plan), "moves")
        self.query_one("#side", Panel).show_lines(
            lines(self.session, self.plan, rows, self.look, self.asked.option if self.asked else None),
            title="If you execute",
            foot="i all of it" if self.has_class("small") else "",
        )
        self._draw_about()

    def pass_time(self) -> None:
        super().pass_time()
        if self.can_draw:
            self._draw_heading()
            self.refresh_chrome()  # a plan gets too old

    def status(self) -> Split:
        if self.session.service.read_only:
            return Split((("read only: c shows the command that would do it", "accent-ink"),))
        if self.session.now > self.plan.expires_at:
            return Split((("this plan is too old; go back and make it again", "danger"),))
        kept = self._stays.get(self.staying.key or "") if self.staying.has_focus else None
        return Split(((f"{kept.name} stays: {kept.why}", "muted"),)) if kept else Split()

    @on(FastTable.Moved, "#staying")
    @on(events.DescendantFocus)
    def _follow_kept(self) -> None:
        self.refresh_chrome()

    def action_back(self) -> None:
        self.app.pop_screen()

    def action_kept(self) -> None:
        """The other list; on a small terminal only one of them is there at a time."""
        kept = self.going.has_focus
        self.set_class(kept, "at-staying")
        self.call_after_refresh((self.staying if kept else self.going).focus)

    def action_info(self) -> None:
        option, rows = self.asked.option if self.asked else None, tuple(self._goes.values())
        lines = plan_view.side(self.session, self.plan, rows, self.look, option)
        self.app.push_screen(NoticeScreen("If you execute", lines))

    def action_drop(self) -> None:
        row = self._goes.get(self.going.key or "")
        if self.asked is not None and row is not None:
            entries = self.asked.entries - self._of(row)
            if entries == self.asked.entries:
                return
            self._replan(replace(self.asked, entries=entries, targets=tuple(sorted(entries))))

    def _of(self, row: PlanRow) -> set[EntryId]:
        """The entries that a row is about: what moves in one piece may be several."""
        inventory = self.session.inventory
        if row.id in (self.asked.entries if self.asked else ()) or inventory is None:
            return {row.id}
        found = inventory.entries_by_cache.get(row.cache, ())
        return {entry.id for entry in found if f"{entry.cache}:{entry.group}" == row.id}

    def action_disposal(self) -> None:
        if self.asked is not None:
            following = DISPOSALS[(DISPOSALS.index(self.asked.disposal) + 1) % len(DISPOSALS)]
            self._replan(replace(self.asked, disposal=following))

    def action_force(self) -> None:
        if self.asked is not None:
            self._replan(replace(self.asked, force=() if self.asked.force else (Rule.IN_USE,)))

    def action_copy(self) -> None:
        words = self.asked.command(self.plan.forced) if self.asked else _REVERSALS[self.plan.intent]
        run = self.plan.reverses or ""
        argv = [run if word is _RUN else word for word in words]
        line = command_line([*self.session.service.invocation, *filter(None, argv)])
        self.app.copy_to_clipboard(line)
        self.app.push_screen(NoticeScreen("The same as a command", [((line, ""),)]))

    def action_execute(self) -> None:
        """Ask as much as the plan is dangerous, and only then begin."""
        plan, rows = self.plan, tuple(self._goes.values())
        question = question_for(plan, rows, si=self.session.si)
        if question is None:
            self._begin(plan)
        else:
            self.app.push_screen(question, lambda agreed: self._begin(plan) if agreed else None)

    def _begin(self, plan: Plan) -> None:
        # The plan that was confirmed, not the one that may have taken its place.
        if plan is self.plan and not self.session.service.read_only:
            self.app.switch_screen(RunScreen(self.session, plan, self.tab))

    def _replan(self, request: Request) -> None:
        self.run_worker(self._ask_again(request), exclusive=True, group="plan")

    async def _ask_again(self, request: Request) -> None:
        inventory, service = self.session.inventory, self.session.service
        if inventory is None:
            return
        if (plan := await ask(self, lambda: request.plan(service, inventory))) is not None:
            self.plan, self.asked = plan, request
            self.redraw()

    @on(FastTable.Moved, "#going")
    def _draw_about(self) -> None:
        if not self.can_draw:
            return
        row = self._goes.get(self.going.key or "")
        lines = self.query_one("#about", SplitLines)
        if row is None:
            lines.show_lines()
            return
        dot = self.look.glyphs.dot
        facts = [row.does, row.why or (rebuild_word(row.rebuild) if row.rebuild else "")]
        tone = row.rebuild.value if row.rebuild else "muted"
        lines.show_lines(
            Split(
                ((display_name(row.cache), "muted"), (f" {dot} ", "dim"), (short_name(row.name), "")),
                shrink=2,
            ),
            Split(((f" {dot} ".join(filter(None, facts)), tone),)),
        )

    def _draw_heading(self) -> None:
        plan, dot = self.plan, self.look.glyphs.dot
        scanned = self.session.inventory
        when = f" from the scan {age(scanned.scanned_at, self.session.now)} ago" if scanned else ""
        when = "" if self.size.width < 70 else when
        since = age(plan.created_at, self.session.now)
        made = f"made {'now' if since == '0 s' else f'{since} ago'}{when}; every entry is checked again"
        title = f"Review plan {display_name(plan.id)}"
        chosen = self.asked.disposal if self.asked else None
        mode = _MODES.get(chosen) if chosen else ""
        # What can be executed from here is no dry run, though nothing has happened yet.
        told: list[Span] = [("nothing has been changed yet", "good")]
        if self.session.service.read_only:
            told.insert(0, ("DRY RUN  ", "good bold"))
        chosen_mode = ((f"all {mode}", "accent-ink bold"),) if mode else ()
        self.query_one("#title", SplitLines).show_lines(Split(((f"{title}  ", "bold"), *told), chosen_mode))
        targets = f" {dot} ".join(map(display_name, plan.targets[:4])) + (
            f" {self.look.glyphs.ellipsis}" if plan.targets[4:] else ""
        )
        what = targets or (f"run {display_name(plan.reverses)}" if plan.reverses else "")
        remark = self.asked.remark if self.asked else ""
        first: tuple[Span, ...] = ((f"{remark} {dot} ", "accent-ink"),) if remark else ()
        self.query_one("#made", SplitLines).show_lines(
            Split((*first, (made, "muted"), ("   ", ""), (what, "dim")), shrink=-1)
        )

    def _going_row(self, key: str) -> Row:
        if move_view.is_move(self.plan):
            return move_view.moving_row(self._goes[key], self.look, si=self.session.si)
        return plan_view.going_row(self._goes[key], self.plan, self.look, si=self.session.si)

    def _staying_row(self, key: str) -> Row:
        row = self._stays[key]
        return Row(
            (
                words(short_name(row.name)),
                words(size(row.size, self.session.si), "muted"),
                prose(row.why.replace(f"{row.cache}:", "")),
            )
        )


def _title(frame: Widget, text: str) -> None:
    frame.border_title = Content.from_text(text, markup=False)
