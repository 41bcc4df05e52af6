"""A list of nodes with marks, a filter and an order; from it a plan is asked for. Nothing here destroys."""

from collections.abc import Iterable, Sequence

from textual import events, on
from textual.widget import Widget
from textual.widgets import Input

from cachemgr.domain.inventory import EntryId
from cachemgr.present.text import age, count, size
from cachemgr.tui.command_line import command_line
from cachemgr.tui.commands import Fact
from cachemgr.tui.details import details
from cachemgr.tui.outline import Node
from cachemgr.tui.request import Request
from cachemgr.tui.screens.notice import NoticeScreen
from cachemgr.tui.screens.reviewing import (
    build_rules,
    choose_destination,
    last_undoable,
    review_request,
    review_undo,
)
from cachemgr.tui.screens.view import View
from cachemgr.tui.session import SORT_ORDER
from cachemgr.tui.tree import Shown
from cachemgr.tui.widgets.cells import Cell
from cachemgr.tui.widgets.fast_table import FastTable, Row
from cachemgr.tui.widgets.key_bar import Hint
from cachemgr.tui.widgets.split_lines import Split

_ON_ROWS = frozenset(("clean", "migrate", "expire", "copy"))
"""The actions on what is marked, or on the row under the cursor."""


class Listing(View):
    """What Overview and Explore have in common."""

    wanted = ""
    """The text of the filter."""
    shown: dict[str, Shown]
    most = 1
    """The size that a full bar stands for."""
    _stamp: tuple[object, ...] = ()
    _keys: tuple[str, ...] = ()

    def pick(self) -> dict[str, Shown]:
        """The nodes to show, in order."""
        raise NotImplementedError

    def row(self, shown: Shown) -> tuple[Cell, ...]:
        """The cells of one node."""
        raise NotImplementedError

    def list_widgets(self, table: FastTable) -> Iterable[Widget]:
        """The table and the filter's line below it."""
        self.table = table
        self.shown = {}
        yield table
        wanted = Input(placeholder="show only what contains this", id="wanted", compact=True)
        wanted.display = False
        yield wanted

    def draw_list(self) -> None:
        """Show the rows again. They are picked again only when what decides about them has changed."""
        relay = self.session.relay
        seen = (relay.scans, relay.scanned is None and relay.revision)
        stamp = (seen, self.session.sort, self.wanted, *self.choice())
        if stamp != self._stamp:
            self._stamp = stamp
            self.shown = self.pick()
            self.most = max((node.size or 0 for node in self.among()), default=0) or 1
            self._keys = tuple(self.shown)
        self.table.show_rows(self._keys, self._row, empty=self.nothing())

    def choice(self) -> tuple[object, ...]:
        """What else decides which rows are shown."""
        return ()

    def among(self) -> Iterable[Node]:
        """The nodes that the bars compare."""
        return self.session.nodes

    def nothing(self) -> str:
        """What is said when no row is there."""
        if self.wanted:
            return "nothing contains that text; esc shows all again"
        return "looking" if self.session.relay.scanning else "nothing found; r looks again"

    def taken(self) -> tuple[EntryId, ...]:
        """The entries that a key takes which acts on the row under the cursor: those that are shown."""
        node = self.current()
        shown = self.shown.get(node.key) if node else None
        return shown.entries if shown else node.entries if node else ()

    def current(self) -> Node | None:
        """The node under the cursor."""
        shown = self.shown.get(self.table.key or "")
        return shown.node if shown else None

    def age(self, node: Node) -> str:
        return age(node.used, self.session.now, unknown=self.look.glyphs.none)

    def facts(self) -> set[Fact]:
        made = super().facts()
        node = self.current()
        if node is not None:
            made.add(Fact.ROW)
        if self.session.marks:
            made.add(Fact.MARKS)
        if self.session.marks or self.taken():
            made |= {Fact.ENTRIES, Fact.MOVABLE} if self.session.inventory else {Fact.ENTRIES}
        if last_undoable(self.session) is not None:
            made.add(Fact.UNDOABLE)
        if self.session.unused:
            made.add(Fact.UNUSED)
        if self.session.inventory is not None:
            made.add(Fact.SCANNED)
        return made

    def marked_status(self) -> Split | None:
        """What is marked, in place of what is under the cursor."""
        if not self.session.marks:
            return None
        on_disk, frees = self.session.weight()
        hidden = f", {count(self.hidden_marks())} hidden by the filter" if self.hidden_marks() else ""
        glyphs, si = self.look.glyphs, self.session.si
        return Split(
            (
                (f"{glyphs.mark} {count(len(self.session.marks))} marked{hidden}  ", "accent-ink bold"),
                (f"{size(on_disk, si)} on disk, frees about ", "muted"),
                (size(frees, si), "bold"),
            ),
            ((f"d review plan {glyphs.dot} esc clear marks", "muted"),),
        )

    def hidden_marks(self) -> int:
        """How many marked entries the filter hides."""
        if not self.wanted:
            return 0
        seen = {entry for shown in self.shown.values() for entry in shown.node.entries}
        return len(self.session.marks - seen)

    @on(FastTable.Moved)
    def _follow(self) -> None:
        self.refresh_chrome()

    @on(FastTable.Opened)
    async def _open_row(self) -> None:
        await self.run_action("open")

    def action_mark(self) -> None:
        node = self.current()
        if node is None:
            return
        if not node.entries:
            self.notify("nothing in it can be cleared", markup=False)
            return
        self.session.toggle(self.taken())
        self.draw_list()
        self.table.action_move(1)
        self.refresh_chrome()

    def action_mark_unused(self) -> None:
        self.session.marks.update(self.session.unused)
        self.redraw()

    def action_sort(self) -> None:
        order = SORT_ORDER
        self.session.sort = order[(order.index(self.session.sort) + 1) % len(order)]
        self.redraw()

    def action_rescan(self) -> None:
        self.session.relay.start_scan(self.app)

    def action_filter(self) -> None:
        wanted = self.query_one("#wanted", Input)
        wanted.display = True
        wanted.focus()

    @on(Input.Changed, "#wanted")
    def _narrow(self, event: Input.Changed) -> None:
        self.wanted = event.value
        self.redraw()

    @on(Input.Submitted, "#wanted")
    def _keep_filter(self) -> None:
        self.table.focus()

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _follow_focus(self) -> None:
        self.refresh_chrome()

    def keys(self) -> Sequence[Hint]:
        """While somebody types into the filter, no letter is a command."""
        if not self.query_one("#wanted", Input).has_focus:
            return super().keys()
        back = Hint("esc", "Show all again", "back", 1)
        return (Hint(self.look.glyphs.enter, "Keep the filter", "filter", 2), back)

    def step_back(self) -> bool:
        """Undo one step of narrowing down: the filter, then the marks. False when there was none."""
        wanted = self.query_one("#wanted", Input)
        if wanted.display:
            wanted.display = False
            wanted.value = ""
            self.table.focus()
        elif self.session.marks:
            self.session.marks.clear()
            self.redraw()
        else:
            return False
        return True

    def action_info(self) -> None:
        if (node := self.current()) is not None:
            lines = details(self.session, node, self.look, whole=True)
            self.app.push_screen(NoticeScreen("Info", lines))

    def action_copy(self) -> None:
        if (request := self.wish("clear")) is not None:
            line = command_line([*self.session.service.invocation, "clear", *request.targets])
            self.app.copy_to_clipboard(line)
            self.app.push_screen(
                NoticeScreen(
                    "The same as a command",
                    [
                        ((line, ""),),
                        (),
                        (("Sent to the terminal's clipboard, where it allows that.", "dim"),),
                    ],
                )
            )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key that would act on a row in which nothing is says so, though no hint offers it."""
        told = action in _ON_ROWS and self.session.inventory is not None and self.current() is not None
        return told or super().check_action(action, parameters)

    def wish(self, verb: str) -> Request | None:
        """The request; where the row holds nothing, that is said, and never more taken in its place."""
        request, node = self.request(), self.current()
        if request is None and node is not None:
            why = (
                f"{node.name} is {node.note}"
                if node.size is None and node.note
                else f"{node.name} has no entries"
            )
            self.notify(f"{why}, so there is nothing to {verb}", markup=False)
        return request

    def request(self) -> Request | None:
        """What a plan would be asked for: the marks, or the row under the cursor."""
        node, entries = self.current(), self.taken()
        if self.session.marks:
            hidden = self.hidden_marks()
            remark = f"{count(hidden)} of them hidden by the filter" if hidden else ""
            return Request(frozenset(self.session.marks), self.session.marked_words(), remark=remark)
        if node is None or not entries:
            return None
        if hides := len(node.entries) - len(entries):
            remark = f"only what the filter shows; {count(hides)} more are left alone"
            return Request(frozenset(entries), entries, remark=remark)
        return Request(frozenset(entries), self.session.words((node,)))

    def action_clean(self) -> None:
        if (request := self.wish("clear")) is not None:
            review_request(self, request)

    def action_migrate(self) -> None:
        if (request := self.wish("move")) is not None:
            choose_destination(self, request)

    def action_expire(self) -> None:
        if (request := self.wish("expire")) is not None:
            build_rules(self, request)

    def action_undo(self) -> None:
        review_undo(self, last_undoable(self.session))

    def _row(self, key: str) -> Row:
        shown = self.shown[key]
        return Row(self.row(shown), self.session.mark_of(shown.node))
