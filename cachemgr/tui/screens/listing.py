"""A list of nodes with marks, a filter and an order; from it a plan is asked for. Nothing here destroys."""

from collections.abc import Iterable

from textual import on
from textual.widget import Widget
from textual.widgets import Input

from cachemgr.present.text import age, count, size
from cachemgr.tui.command_line import command_line
from cachemgr.tui.commands import Fact
from cachemgr.tui.details import details
from cachemgr.tui.outline import Node
from cachemgr.tui.screens.notice import NoticeScreen
from cachemgr.tui.screens.plan import Request
from cachemgr.tui.screens.reviewing import review, review_clearing
from cachemgr.tui.screens.view import View
from cachemgr.tui.session import SORT_ORDER
from cachemgr.tui.tree import Shown
from cachemgr.tui.widgets.cells import Cell
from cachemgr.tui.widgets.fast_table import FastTable, Row
from cachemgr.tui.widgets.split_lines import Split


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
            made |= {Fact.MARKS, Fact.ENTRIES}
        if node is not None and node.entries:
            made.add(Fact.ENTRIES)
        if any(run.undoable for run in self.session.relay.runs):
            made.add(Fact.UNDOABLE)
        if self.session.unused:
            made.add(Fact.UNUSED)
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
        self.session.toggle(node)
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
        if (request := self.request()) is not None:
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

    def request(self) -> Request | None:
        """What a plan would be asked for: the marks, or the row under the cursor."""
        node = self.current()
        if self.session.marks:
            return Request(frozenset(self.session.marks), self.session.marked_words())
        if node is not None and node.entries:
            return Request(frozenset(node.entries), self.session.words((node,)))
        return None

    def action_clean(self) -> None:
        if (request := self.request()) is not None:
            review_clearing(self, request)

    def action_undo(self) -> None:
        run = next((run.id for run in self.session.relay.runs if run.undoable), None)
        review(self, lambda: self.session.service.plan_undo(run))

    def _row(self, key: str) -> Row:
        shown = self.shown[key]
        return Row(self.row(shown), self.session.mark_of(shown.node))
