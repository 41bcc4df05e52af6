"""The one place that everything passes through which changes a disk. Showing it is the dry run."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
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
from cachemgr.tui import plan_view
from cachemgr.tui.command_line import command_line
from cachemgr.tui.commands import Fact, Where, bindings
from cachemgr.tui.outline import short_name
from cachemgr.tui.screens.confirm import question_for
from cachemgr.tui.screens.notice import NoticeScreen
from cachemgr.tui.screens.reviewing import ask
from cachemgr.tui.screens.run import RunScreen
from cachemgr.tui.screens.view import View
from cachemgr.tui.session import Session
from cachemgr.tui.widgets.cells import prose, words
from cachemgr.tui.widgets.fast_table import FastTable, Row
from cachemgr.tui.widgets.panel import Panel
from cachemgr.tui.widgets.split_lines import Split, SplitLines

_DISPOSALS = (None, Disposal.QUARANTINE, Disposal.DELETE)
_FLAGS = {Disposal.DELETE: "--delete", Disposal.QUARANTINE: "--quarantine", Disposal.TRASH: "--trash"}


@dataclass(frozen=True, slots=True)
class Request:
    """What a plan to clear was asked for; asked again with another one when the plan is edited."""

    entries: frozenset[EntryId]
    targets: tuple[str, ...]
    disposal: Disposal | None = None
    force: tuple[Rule, ...] = ()


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
            made.add(Fact.CLEAR)
        if self.plan.forced or any(stays.reason is Reason.IN_USE for stays in self.plan.exclusions):
            made.add(Fact.USED)
        if self.plan.steps:
            made.add(Fact.STEPS)
        return made

    def draw(self) -> None:
        self._goes = {str(number): row for number, row in enumerate(plan_rows(self.plan))}
        self._stays = {str(number): row for number, row in enumerate(kept_rows(self.plan))}
        self.going.set_columns(plan_view.COMING if self.plan.brings_back else plan_view.GOING)
        self.going.show_rows(tuple(self._goes), self._going_row, empty="nothing of it can be done; see below")
        self.staying.show_rows(tuple(self._stays), self._staying_row, empty="nothing was left out")
        going = "Will be purged" if self.plan.intent is Intent.PURGE else "Will go"
        verb = "Comes back" if self.plan.brings_back else going
        dot = self.look.glyphs.dot
        _title(self.query_one("#goes"), f"{verb} {dot} {counted(len(self._goes), 'entry', 'entries')}")
        _title(
            self.query_one("#stays"), f"Kept {dot} {counted(len(self._stays), 'entry', 'entries')}, and why"
        )
        self._draw_heading()
        self.set_class(not self._stays, "whole")
        lines = plan_view.compact if self.has_class("lower") else plan_view.side
        rows = tuple(self._goes.values())
        self.query_one("#side", Panel).show_lines(
            lines(self.session, self.plan, rows, self.look), title="If you execute"
        )
        self._draw_about()

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
        (self.staying if self.going.has_focus else self.going).focus()

    def action_drop(self) -> None:
        row = self._goes.get(self.going.key or "")
        if self.asked is not None and row is not None and row.id in self.asked.entries:
            entries = self.asked.entries - {row.id}
            self._replan(replace(self.asked, entries=entries, targets=tuple(sorted(entries))))

    def action_disposal(self) -> None:
        if self.asked is not None:
            following = _DISPOSALS[(_DISPOSALS.index(self.asked.disposal) + 1) % len(_DISPOSALS)]
            self._replan(replace(self.asked, disposal=following))

    def action_force(self) -> None:
        if self.asked is not None:
            self._replan(replace(self.asked, force=() if self.asked.force else (Rule.IN_USE,)))

    def action_copy(self) -> None:
        flag = [_FLAGS[self.asked.disposal]] if self.asked and self.asked.disposal else []
        flag += [word for rule in self.plan.forced for word in ("--force", rule)]
        argv = {
            Intent.CLEAR: ["clear", *(self.asked.targets if self.asked else ()), *flag],
            Intent.UNDO: ["undo", self.plan.reverses or ""],
            Intent.PURGE: ["purge", self.plan.reverses or ""],
            Intent.FINISH: ["recover", self.plan.reverses or "", "--finish"],
            Intent.ROLL_BACK: ["recover", self.plan.reverses or "", "--rollback"],
        }[self.plan.intent]
        line = command_line([*self.session.service.invocation, *(word for word in argv if word)])
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
        make: Callable[[], Plan] = lambda: service.plan_clear(  # noqa: E731 - typed for the relay
            inventory,
            request.entries,
            targets=request.targets,
            disposal=request.disposal,
            force=request.force,
        )
        if (plan := await ask(self, make)) is not None:
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
        facts = [row.does, rebuild_word(row.rebuild) if row.rebuild else "", counted(row.steps, "step")]
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
        since = age(plan.created_at, self.session.now)
        made = f"made {'now' if since == '0 s' else f'{since} ago'}{when}; every entry is checked again"
        title = f"Review plan {display_name(plan.id)}"
        chosen = self.asked.disposal if self.asked else None
        mode = {Disposal.QUARANTINE: "undoable", Disposal.DELETE: "delete now"}.get(chosen) if chosen else ""
        dry = (("DRY RUN  ", "good bold"), ("nothing has been changed yet", "good"))
        chosen_mode = ((f"all {mode}", "accent-ink bold"),) if mode else ()
        self.query_one("#title", SplitLines).show_lines(Split(((f"{title}  ", "bold"), *dry), chosen_mode))
        targets = f" {dot} ".join(map(display_name, plan.targets[:4])) + (
            f" {self.look.glyphs.ellipsis}" if plan.targets[4:] else ""
        )
        what = targets or (f"run {display_name(plan.reverses)}" if plan.reverses else "")
        self.query_one("#made", SplitLines).show_lines(
            Split(((made, "muted"), ("   ", ""), (what, "dim")), shrink=2)
        )

    def _going_row(self, key: str) -> Row:
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
