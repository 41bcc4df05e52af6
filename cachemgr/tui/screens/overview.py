"""Where did the space go, what is safe to take: the first screen answers without a key being pressed."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget

from cachemgr.domain.inventory import Finding
from cachemgr.domain.terms import Severity
from cachemgr.present.text import count, display_name, finding_sentence, glyph, severity_glyph, size
from cachemgr.tui.commands import Where, bindings
from cachemgr.tui.outline import Node
from cachemgr.tui.screens.listing import Listing
from cachemgr.tui.session import LOW, mending
from cachemgr.tui.theme import Span
from cachemgr.tui.tree import Shown, listed
from cachemgr.tui.widgets.capacity_bar import Capacity, CapacityBar
from cachemgr.tui.widgets.cells import Bar, Cell, Words, prose, words
from cachemgr.tui.widgets.columns import Column
from cachemgr.tui.widgets.fast_table import FastTable
from cachemgr.tui.widgets.split_lines import Split, SplitLines
from cachemgr.tui.widgets.treemap import Tile, Treemap

_FINDINGS = 4
"""How many findings are shown here; the rest is in their own view."""


class OverviewScreen(Listing):
    """Disk, treemap, caches, findings."""

    WHERE = Where.OVERVIEW
    CSS_PATH = "overview.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings(Where.OVERVIEW)
    tab = "overview"

    def body(self) -> Iterable[Widget]:
        yield SplitLines(id="heading")
        yield CapacityBar(id="capacity")
        yield SplitLines(id="legend")
        yield Treemap(id="treemap")
        yield from self.list_widgets(FastTable(_columns("", {}), marks=True, id="caches"))
        findings = Vertical(SplitLines(id="finding-lines"), id="findings")
        findings.border_subtitle = Content.from_text("3 show all", markup=False)
        yield findings

    def on_resize(self, event: events.Resize) -> None:
        width, height = event.size
        self.set_class(height >= 46 and width >= 70, "tall")
        self.set_class(width < 90 or height < 28, "lower")
        self.set_class(width < 70 or height < 24, "small")
        self.set_class(width < 30 or height < 8, "tiny")
        self.set_class(not self.session.nodes, "bare")
        self.redraw()

    def pick(self) -> dict[str, Shown]:
        return listed(self.session.nodes, by=self.session.sort, wanted=self.wanted)

    def draw(self) -> None:
        self._draw_disk()
        glyphs = self.look.glyphs
        self.table.set_columns(
            _columns(f"{glyphs.keep} keep {glyphs.frees} frees", {self.session.sort: glyphs.down})
        )
        self.draw_list()
        self.set_class(not self.session.nodes, "bare")
        self.query_one(Treemap).show_tiles([self._tile(node) for node in self.session.nodes])
        self._light()
        self._draw_findings()

    def row(self, shown: Shown) -> tuple[Cell, ...]:
        node, glyphs, si = shown.node, self.look.glyphs, self.session.si
        frees = min(node.frees, node.size or 0)
        note = "muted" if node.tier.value in ("rebuilds", "downloads") else node.tier.value
        return (
            words(glyph(node.tier, ascii=glyphs.ascii), node.tier.value),
            self._title(node),
            words(size(node.size, si), "bold" if node.ok else "danger bold"),
            Bar(((node.size or 0) - frees) / self.most, frees / self.most, node.tier.value),
            words(size(node.frees, si) if node.frees else glyphs.none, "" if node.frees else "faint"),
            words(count(node.files), "muted"),
            words(self.age(node), "muted"),
            prose(node.note, note if node.ok else "danger"),
        )

    def _title(self, node: Node) -> Words:
        title, at, place = node.name.rpartition(" @")
        if not at:
            return words(node.name, "" if node.ok else "muted")
        return Words(((title, "" if node.ok else "muted"), (f" @{place}", "dim")))

    def status(self) -> Split:
        marked = self.marked_status()
        if marked is not None:
            return marked
        node, dot = self.current(), self.look.glyphs.dot
        there = sum(node.size is not None for node in self.session.nodes)
        total = f"{count(there)} caches {dot} {self._total()}"
        if node is None:
            return Split(((self._waiting(), "muted"),))
        word = (
            (glyph(node.tier, ascii=self.look.glyphs.ascii), node.tier.value),
            (f" {node.note}", node.tier.value),
        )
        return Split((*word, (f" {dot} ", "dim"), (node.path or node.key, "muted")), ((total, "dim"),))

    def action_open(self) -> None:
        if (node := self.current()) is not None:
            self.session.explored = node.cache
            self.app.call_next(self.run_action, "app.view('explore')")

    def action_back(self) -> None:
        self.step_back()

    @on(FastTable.Moved)
    def _light(self) -> None:
        self.query_one(Treemap).light(self.table.key)

    @on(Treemap.Picked)
    def _pick_tile(self, event: Treemap.Picked) -> None:
        self.table.move_to(event.key)
        self.table.focus()

    @on(SplitLines.Clicked, "#finding-lines")
    async def _open_findings(self) -> None:
        await self.run_action("app.view('findings')")

    def _waiting(self) -> str:
        if self.session.relay.scanning:
            return "looking for caches"
        return "nothing matches the filter" if self.session.nodes else "no cache was found on this machine"

    def _total(self) -> str:
        inventory = self.session.inventory
        if inventory is None:
            return f"{size(sum(node.size or 0 for node in self.session.nodes), self.session.si)} so far"
        totals = inventory.totals
        return f"{size(totals.size, self.session.si)} {self.look.glyphs.dot} {count(totals.files)} files"

    def _draw_disk(self) -> None:
        heading, legend = self.query_one("#heading", SplitLines), self.query_one("#legend", SplitLines)
        found = self.session.volume()
        if found is None:
            progress = self.session.relay.scanning
            so_far = f"found so far {size(progress.gauge.size, self.session.si)}" if progress else ""
            heading.show_lines(Split((("Disk", "bold"),), ((so_far, "muted"),)))
            legend.show_lines()
            return
        volume, capacity = found
        self.query_one(CapacityBar).show(capacity)
        heading.show_lines(self._heading(volume.mount or volume.device, capacity))
        legend.show_lines(self._legend(capacity))

    def _heading(self, mount: str, capacity: Capacity) -> Split:
        si, glyphs = self.session.si, self.look.glyphs
        low = capacity.used >= LOW
        used = f"{size(capacity.total - capacity.free, si)} of {size(capacity.total, si)} used"
        left: list[Span] = [("Disk ", "bold"), (display_name(mount), "bold"), (f"  {used} {glyphs.dot} ", "")]
        left.append((f"{capacity.used:.0%}", "danger bold" if low else "bold"))
        if low:
            left.append((f" {glyphs.warn} low", "danger"))
        right: tuple[Span, ...] = (
            ("cleanup could free ", "muted"),
            (size(capacity.reclaimable, si), "accent-ink bold"),
            (f" {glyphs.arrow} {capacity.used_after:.0%}", "muted"),
        )
        if self.has_class("small"):
            right = (("free up to ", "muted"), right[1])
            left = [left[0], left[1], (" ", ""), *left[3:5]]
        return Split(tuple(left), right, shrink=1)

    def _legend(self, capacity: Capacity) -> Split:
        si, glyphs = self.session.si, self.look.glyphs
        gap, kept = ("  ", "kept") if self.has_class("lower") else ("   ", "caches you keep")
        return Split(
            (
                (f"{glyphs.square} ", "faint"),
                (f"other {size(capacity.other, si)}{gap}", "muted"),
                (f"{glyphs.square} ", "downloads"),
                (f"{kept} {size(capacity.kept, si)}{gap}", "muted"),
                (glyphs.stripe * 2, "brand on-stripe"),
                (f" reclaimable {size(capacity.reclaimable, si)}{gap}", "muted"),
                (f"{glyphs.hollow} ", "faint"),
                (f"free {size(capacity.free, si)}", "muted"),
            ),
        )

    def _tile(self, node: Node) -> Tile:
        si = self.session.si
        total = sum(other.size or 0 for other in self.session.nodes) or 1
        text = size(node.size, si)
        share = f"{text}  {(node.size or 0) / total:.0%}"
        lines: tuple[tuple[str, ...], ...] = ((share, text, text.replace(" ", "")),)
        if node.frees:
            freed = size(node.frees, si)
            lines += ((f"{freed} reclaimable", f"{freed} frees"),)
        sign = glyph(node.tier, ascii=self.look.glyphs.ascii)
        return Tile(node.key, node.size or 0, node.tier.value, sign, node.name, lines)

    def _draw_findings(self) -> None:
        found = self.session.inventory.findings if self.session.inventory else ()
        box = self.query_one("#findings")
        self.set_class(not found, "clean")
        box.border_title = Content.from_text(f"Findings {self.look.glyphs.dot} {len(found)}", markup=False)
        lines = self.query_one("#finding-lines", SplitLines)
        lines.styles.height = min(len(found), _FINDINGS)
        lines.show_lines(*(self._finding(finding) for finding in found[:_FINDINGS]))

    def _finding(self, finding: Finding) -> Split:
        machine, project = self.session.service.machine, self.session.service.project
        tone = {Severity.ERROR: "danger", Severity.WARNING: "legacy"}.get(finding.severity, "muted")
        sign = severity_glyph(finding.severity, ascii=self.look.glyphs.ascii)
        extra = f"  {size(finding.size, self.session.si)}" if finding.size else ""
        verb = display_name(" ".join(mending(finding, self.session.service.invocation)[:1]))
        return Split(
            ((f"{sign} ", tone), (finding_sentence(finding, machine.home, project), ""), (extra, "dim")),
            ((verb, "muted"),),
            shrink=1,
        )


def _columns(bar: str, down: Mapping[str, str]) -> tuple[Column, ...]:
    return (
        Column("tier", "", 1),
        Column("name", "Cache" + down.get("name", ""), 22, grow=4, most=40),
        Column("size", "Size" + down.get("size", ""), 8, right=True),
        Column("bar", bar, 16, grow=2, most=44, drop=2),
        Column("frees", "Frees" + down.get("frees", ""), 8, right=True, drop=1),
        Column("files", "Files" + down.get("files", ""), 7, right=True, drop=4),
        Column("used", "Used" + down.get("used", ""), 6, right=True, drop=3),
        Column("note", "If deleted", 19, grow=2, most=44, drop=5),
    )
