"""Where something is to move to. Each place is planned for while it is looked at: what is said about it is
what the plan would do, and a refusal is the planner's own sentence."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input

from cachemgr.domain.inventory import Inventory
from cachemgr.present.text import counted, display_name, short_path, size
from cachemgr.tui.command_line import command_line
from cachemgr.tui.commands import Fact, Where, bindings
from cachemgr.tui.destinations import Place, Verdict, caches_of, judge, lines, places
from cachemgr.tui.request import Request
from cachemgr.tui.screens.notice import NoticeScreen
from cachemgr.tui.screens.reviewing import review_request
from cachemgr.tui.screens.view import View
from cachemgr.tui.session import Session
from cachemgr.tui.widgets.cells import prose, words
from cachemgr.tui.widgets.columns import Column
from cachemgr.tui.widgets.fast_table import FastTable, Row
from cachemgr.tui.widgets.key_bar import Hint
from cachemgr.tui.widgets.panel import Panel
from cachemgr.tui.widgets.split_lines import Split, SplitLines

_PATIENCE = 0.3
"""Seconds without a key before a typed directory is looked at."""

_FRESH = timedelta(minutes=1)
"""A plan that was made longer ago is made again before it is opened."""


class DestinationScreen(View):
    """Known places, and a line for any other. Nothing here changes a disk."""

    WHERE = Where.DESTINATION
    CSS_PATH = "destination.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings(Where.DESTINATION)

    def __init__(self, session: Session, inventory: Inventory, request: Request, tab: str = "") -> None:
        super().__init__(session)
        self.tab = tab
        self.found = inventory
        self.asked = request
        self._caches = caches_of(inventory, request)
        offers = places(session.service, inventory, request)
        self._places: dict[str, Place] = {str(number): place for number, place in enumerate(offers)}
        self._verdicts: dict[Request, Verdict] = {}
        self._looking: Request | None = None
        self._wait: Timer | None = None

    def body(self) -> Iterable[Widget]:
        yield SplitLines(id="what")
        yield SplitLines(id="from")
        self.table = FastTable(_COLUMNS, id="places")
        yield self.table
        self.typed = Input(placeholder="or type a directory", id="typed", compact=True)
        self.typed.display = len(self._caches) == 1
        yield self.typed
        yield Panel(id="verdict")

    def on_mount(self) -> None:
        if not self._places:
            self.typed.focus()

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.height < 20, "small")
        self.redraw()

    @property
    def typing(self) -> bool:
        return self.typed.has_focus or (not self._places and self.typed.display)

    def request(self) -> Request | None:
        """What a plan would be asked for now."""
        if self.typing:
            text = self.typed.value.strip()
            return replace(self.asked, to=self._directory(text)) if text else None
        place = self._places.get(self.table.key or "")
        return place.request if place else None

    @property
    def looking(self) -> bool:
        """What is wanted was not looked at yet."""
        return self.request() is not None and self.verdict() is None

    def verdict(self) -> Verdict | None:
        request = self.request()
        return self._verdicts.get(request) if request is not None else None

    def facts(self) -> set[Fact]:
        made = super().facts()
        verdict = self.verdict()
        if self.request() is not None:
            made.add(Fact.ROW)
        if verdict is not None and verdict.open:
            made.add(Fact.OPEN)
        if self.typed.display and not self.typing:
            made.add(Fact.TYPING)
        return made

    def keys(self) -> list[Hint]:
        if not self.typing:
            return list(super().keys())
        back = "Known places" if self._places else "Back, nothing changed"
        made = [Hint("esc", back, "back", 1)]
        if Fact.OPEN in self.facts():
            made.insert(0, Hint(self.look.glyphs.enter, "Plan…", "plan", 1))
        return made

    def draw(self) -> None:
        machine, project, si = self.session.service.machine, self.session.service.project, self.session.si
        dot = self.look.glyphs.dot
        titles = ", ".join(display_name(cache.title) for cache in self._caches[:3])
        entries = [
            self.found.entry_by_id[entry] for entry in self.asked.entries if entry in self.found.entry_by_id
        ]
        weight = sum(unit.tally.size for _, unit in self.found.removable_units(entries))
        many = counted(len(entries), "entry", "entries")
        self.query_one("#what", SplitLines).show_lines(
            Split(
                (("Move ", "bold"), (titles, "bold"), (f"  {many} {dot} {size(weight, si)}", "muted")),
                shrink=1,
            )
        )
        where = ", ".join(short_path(cache.path, machine.home, project) for cache in self._caches[:3])
        remark = f"{self.asked.remark} {dot} " if self.asked.remark else ""
        self.query_one("#from", SplitLines).show_lines(
            Split(((remark, "accent-ink"), ("from ", "dim"), (where, "")), shrink=2)
        )
        nothing = "nothing says where it should be; type a directory"
        self.table.show_rows(tuple(self._places), self._row, empty=nothing)
        self._draw_verdict()

    def status(self) -> Split:
        if self.session.service.read_only:
            return Split((("read only: c shows the command that would do it", "accent-ink"),))
        return Split((("nothing moves before the plan is shown and executed", "muted"),))

    @on(FastTable.Moved)
    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _draw_verdict(self) -> None:
        if not self.can_draw:
            return
        request, panel = self.request(), self.query_one("#verdict", Panel)
        verdict = self.verdict()
        if verdict is not None:
            panel.show_lines(list(lines(self.session, verdict, self.look)), title="If it goes there")
        elif request is None:
            said = "a directory of its own, which need not exist yet"
            panel.show_lines([((said, "muted"),)], title="If it goes there")
        else:
            panel.show_lines([(("looking at it", "muted"),)], title="If it goes there")
            self._look_soon()
        self.refresh_chrome()

    @on(Input.Changed, "#typed")
    def _typed(self) -> None:
        self._draw_verdict()

    @on(Input.Submitted, "#typed")
    async def _submit(self) -> None:
        await self.run_action("plan")

    @on(FastTable.Opened)
    async def _open(self) -> None:
        await self.run_action("plan")

    def _look_soon(self) -> None:
        """One look at a time, at what is wanted then; while somebody types, only when they pause."""
        if self._wait is not None:
            self._wait.stop()
        if self.typing:
            self._wait = self.set_timer(_PATIENCE, self._look)
        else:
            self._look()

    def _look(self) -> None:
        request = self.request()
        if request is not None and request not in self._verdicts and self._looking is None:
            self._looking = request
            self.run_worker(self._judge(request), group="plan")

    async def _judge(self, request: Request) -> None:
        service, found = self.session.service, self.found
        try:
            self._verdicts[request] = await self.session.relay.ask(lambda: judge(service, found, request))
        finally:
            self._looking = None
        self._draw_verdict()

    def action_plan(self) -> None:
        verdict = self.verdict()
        if verdict is not None and verdict.open:
            fresh = verdict.plan is not None and self.session.now - verdict.plan.created_at < _FRESH
            review_request(self, verdict.request, verdict.plan if fresh else None)

    def action_info(self) -> None:
        if (verdict := self.verdict()) is not None:
            self.app.push_screen(
                NoticeScreen("If it goes there", list(lines(self.session, verdict, self.look)))
            )

    def action_type(self) -> None:
        if self.typed.display:
            self.typed.focus()

    def action_copy(self) -> None:
        if (request := self.request()) is not None:
            line = command_line([*self.session.service.invocation, *request.command()])
            self.app.copy_to_clipboard(line)
            self.app.push_screen(NoticeScreen("The same as a command", [((line, ""),)]))

    def action_back(self) -> None:
        if self.typed.has_focus and self._places:
            # What is on the screen is what a plan would be asked for.
            self.typed.value = ""
            self.table.focus()
        else:
            self.app.pop_screen()

    def _directory(self, text: str) -> Path:
        """An absolute path; `~` is home, as a person expects who types it."""
        machine = self.session.service.machine
        if text == "~" or text.startswith("~/"):
            return Path(str(machine.home), text[2:])
        return Path(str(machine.cwd)) / text

    def _row(self, key: str) -> Row:
        place = self._places[key]
        machine, project = self.session.service.machine, self.session.service.project
        path = short_path(place.path, machine.home, project) if place.path else "as it is configured"
        return Row((words(path), prose(place.what, "muted")))


_COLUMNS = (Column("path", "To", 24, grow=3), Column("what", "What is there", 20, grow=2, drop=1))
