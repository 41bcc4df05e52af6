"""A cache from the inside: its entries as a tree, and everything known about the one under the cursor."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.widget import Widget

from cachemgr.present.text import count, counted, display_name, glyph, size
from cachemgr.tui.commands import Fact, Where, bindings
from cachemgr.tui.details import details
from cachemgr.tui.outline import Kind, Node
from cachemgr.tui.screens.listing import Listing
from cachemgr.tui.tree import Shown, visible
from cachemgr.tui.widgets.cells import Bar, Cell, Words, words
from cachemgr.tui.widgets.columns import Column
from cachemgr.tui.widgets.fast_table import FastTable
from cachemgr.tui.widgets.panel import Panel
from cachemgr.tui.widgets.split_lines import Split, SplitLines


class ExploreScreen(Listing):
    """Everything, or one cache."""

    WHERE = Where.EXPLORE
    CSS_PATH = "explore.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings(Where.EXPLORE)
    tab = "explore"

    def body(self) -> Iterable[Widget]:
        self.opened: set[str] = set()
        yield SplitLines(id="crumbs")
        yield SplitLines(id="summary")
        table = FastTable(_columns({}), marks=True, id="entries")
        yield Container(Vertical(*self.list_widgets(table), id="list"), Panel(id="details"), id="split")

    def on_resize(self, event: events.Resize) -> None:
        width, height = event.size
        self.set_class(width < 96, "lower")
        self.set_class(height < 20 or width < 40, "small")
        self.set_class(height < 8, "tiny")
        self.redraw()

    def scope(self) -> Node | None:
        """The cache that is explored; None for all."""
        return next((node for node in self.session.nodes if node.key == self.session.explored), None)

    def pick(self) -> dict[str, Shown]:
        return visible(self.among(), opened=self.opened, by=self.session.sort, wanted=self.wanted)

    def choice(self) -> tuple[object, ...]:
        return (self.session.explored, frozenset(self.opened))

    def among(self) -> Iterable[Node]:
        scope = self.scope()
        return scope.children if scope else self.session.nodes

    def draw(self) -> None:
        self.table.set_columns(_columns({self.session.sort: self.look.glyphs.down}))
        self.draw_list()
        self._draw_heading()
        self._show_details()

    def nothing(self) -> str:
        if self.scope() is not None and not self.wanted:
            return "this cache has no entries that can be told apart; i says more"
        return super().nothing()

    def current(self) -> Node | None:
        return super().current() or (self.scope() if not self.wanted else None)

    def facts(self) -> set[Fact]:
        made = super().facts()
        node = super().current()
        if node is None:
            made.discard(Fact.ROW)
        return made

    def row(self, shown: Shown) -> tuple[Cell, ...]:
        node, glyphs, si = shown.node, self.look.glyphs, self.session.si
        frees = min(node.frees, node.size or 0)
        return (
            words(glyph(node.tier, ascii=glyphs.ascii), node.tier.value),
            self._entry_name(shown),
            words(size(node.size, si), "bold" if node.children else ""),
            Bar(((node.size or 0) - frees) / self.most, frees / self.most, node.tier.value),
            words(size(node.frees, si) if node.frees else glyphs.none, "" if node.frees else "faint"),
            words(count(node.files), "muted"),
            words(self.age(node), "muted"),
        )

    def status(self) -> Split:
        node = super().current()
        if (marked := self.marked_status()) is not None or node is None:
            return marked or Split()
        if hides := self.shown[node.key].hides:
            taken = f"{count(len(self.taken()))} of {counted(len(node.entries), 'entry', 'entries')} shown"
            return Split(
                ((taken, "accent-ink"), (f"; the {count(hides)} that the filter hides stay", "muted"))
            )
        return Split(((display_name(node.key), "dim"),))

    @on(FastTable.Moved)
    def _show_details(self) -> None:
        node = self.current()
        lines = details(self.session, node, self.look) if node else [()]
        self.query_one("#details", Panel).show_lines(lines, title="Details")

    def action_open(self) -> None:
        node = super().current()
        if node is not None and node.children:
            self.opened ^= {node.key}
            self.redraw()
        elif node is not None:
            self.action_info()

    def action_expand(self) -> None:
        node = super().current()
        if node is not None and node.children and not self.shown[node.key].open:
            self.opened.add(node.key)
            self.redraw()
        else:
            self.table.action_move(1)

    def action_collapse(self) -> None:
        node = super().current()
        if node is not None and self.shown[node.key].open:
            self.opened.discard(node.key)
            self.redraw()
        elif node is not None and (above := self._above(node)) is not None:
            self.table.move_to(above)
        elif self.session.explored is not None:
            before, self.session.explored = self.session.explored, None
            self.redraw()
            self.table.move_to(before)
        else:
            self.app.call_next(self.run_action, "app.view('overview')")

    def action_back(self) -> None:
        if not self.step_back():
            self.app.call_next(self.run_action, "app.view('overview')")

    def _above(self, node: Node) -> str | None:
        """The key of the row that a row lies below."""
        keys = list(self.shown)
        depth = self.shown[node.key].depth
        for key in reversed(keys[: keys.index(node.key)]):
            if self.shown[key].depth < depth:
                return key
        return None

    def _entry_name(self, shown: Shown) -> Words:
        node, glyphs = shown.node, self.look.glyphs
        sign = (glyphs.open if shown.open else glyphs.closed) if node.children else glyphs.leaf
        if shown.depth == 0 and not node.children and node.kind is Kind.ENTRY:
            sign = " "
        tone = "muted" if node.tier.value == "protected" else ""
        spans = [("  " * shown.depth + f"{sign} ", "dim"), (node.name, tone)]
        if node.kind is Kind.ENTRY and node.unused:
            spans.append(("  no ref" if node.note.endswith("detached") else "  expired", "accent-ink"))
        elif node.kind is Kind.ENTRY and node.note:
            spans.append((f"  {glyphs.back} {node.note}", "muted"))
        return Words(tuple(spans), 1)

    def _draw_heading(self) -> None:
        scope, glyphs, si = self.scope(), self.look.glyphs, self.session.si
        if scope is None:
            total = self.session.inventory.totals.size if self.session.inventory else 0
            self.query_one("#crumbs", SplitLines).show_lines(Split((("All caches", "bold"),)))
            line = f"{counted(len(self.session.nodes), 'cache')} {glyphs.dot} {size(total, si)} on disk"
            self.query_one("#summary", SplitLines).show_lines(Split(((line, "muted"),)))
            return
        crumbs = (("All caches ", "muted"), (f"{glyphs.crumb} ", "muted"), (f"{scope.name}  ", "bold"))
        self.query_one("#crumbs", SplitLines).show_lines(Split((*crumbs, (scope.path, "muted"))))
        groups = sum(node.kind is Kind.GROUP for node in scope.children)
        parts = [counted(groups, "group")] if groups else []
        parts += [counted(len(scope.entries), "entry", "entries"), f"{size(scope.size, si)} on disk"]
        line = f" {glyphs.dot} ".join(parts) + f" {glyphs.dot} "
        freed = (f"{size(scope.frees, si)} can be freed", "accent-ink" if scope.frees else "muted")
        self.query_one("#summary", SplitLines).show_lines(Split(((line, "muted"), freed)))


def _columns(down: Mapping[str, str]) -> tuple[Column, ...]:
    return (
        Column("tier", "", 1),
        Column("name", "Entry" + down.get("name", ""), 20, grow=4),
        Column("size", "Size" + down.get("size", ""), 8, right=True),
        Column("bar", "", 6, grow=1, most=24, drop=3),
        Column("frees", "Frees" + down.get("frees", ""), 8, right=True, drop=1),
        Column("files", "Files" + down.get("files", ""), 7, right=True, drop=5),
        Column("used", "Used" + down.get("used", ""), 6, right=True, drop=4),
    )
