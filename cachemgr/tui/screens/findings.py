"""What the scan noticed, each with the command that mends it."""

from collections.abc import Iterable, Iterator
from typing import ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.widget import Widget

from cachemgr.domain.inventory import Finding
from cachemgr.domain.terms import Severity
from cachemgr.present.text import counted, display_name, finding_sentence, severity_glyph, size
from cachemgr.tui.command_line import command_line
from cachemgr.tui.commands import Fact, Where, bindings
from cachemgr.tui.screens.notice import NoticeScreen
from cachemgr.tui.screens.plan import Request
from cachemgr.tui.screens.reviewing import review_clearing
from cachemgr.tui.screens.view import View
from cachemgr.tui.widgets.cells import prose, words
from cachemgr.tui.widgets.columns import Column
from cachemgr.tui.widgets.fast_table import FastTable, Row
from cachemgr.tui.widgets.panel import Line, Panel
from cachemgr.tui.widgets.split_lines import Split, SplitLines

_TONES = {Severity.ERROR: "danger", Severity.WARNING: "legacy", Severity.INFO: "muted"}


class FindingsScreen(View):
    """A plain list; one finding in full below it."""

    WHERE = Where.FINDINGS
    CSS_PATH = "findings.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings(Where.FINDINGS)
    tab = "findings"

    def body(self) -> Iterable[Widget]:
        self._found: dict[str, Finding] = {}
        yield SplitLines(id="summary")
        self.table = FastTable(_COLUMNS, id="findings-list")
        yield self.table
        yield Panel(id="finding")

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.height < 18, "small")

    def current(self) -> Finding | None:
        return self._found.get(self.table.key or "")

    def facts(self) -> set[Fact]:
        made = super().facts()
        if self.current() is not None:
            made.add(Fact.ROW)
        if self.request() is not None:
            made.add(Fact.ENTRIES)
        return made

    def draw(self) -> None:
        inventory = self.session.inventory
        found = inventory.findings if inventory else ()
        self._found = {f"{f.code} {f.cache} {f.path} {n}": f for n, f in enumerate(found)}
        self.table.show_rows(tuple(self._found), self._row, empty="nothing was noticed")
        self.query_one("#summary", SplitLines).show_lines(Split(((counted(len(found), "finding"), "muted"),)))
        self._draw_finding()

    @on(FastTable.Moved)
    def _draw_finding(self) -> None:
        if not self.can_draw:
            return
        finding = self.current()
        panel = self.query_one("#finding", Panel)
        panel.display = finding is not None
        if finding is not None:
            panel.show_lines(list(self._about(finding)), title=display_name(finding.code))
        self.refresh_chrome()

    @on(FastTable.Opened)
    def action_info(self) -> None:
        if (finding := self.current()) is not None:
            self.app.push_screen(NoticeScreen(display_name(finding.code), list(self._about(finding))))

    def action_back(self) -> None:
        self.app.call_next(self.run_action, "app.view('overview')")

    def action_rescan(self) -> None:
        self.session.relay.start_scan(self.app)

    def action_copy(self) -> None:
        finding = self.current()
        if finding is not None and finding.fix:
            line = command_line(finding.fix)
            self.app.copy_to_clipboard(line)
            self.app.push_screen(NoticeScreen("The command that mends it", [((line, ""),)]))

    def request(self) -> Request | None:
        """The entries of the cache that a finding is about, when clearing it is what mends it."""
        finding, inventory = self.current(), self.session.inventory
        if finding is None or inventory is None or finding.cache is None or finding.fix[1:2] != ("clear",):
            return None
        entries = frozenset(entry.id for entry in inventory.entries_by_cache.get(finding.cache, ()))
        return Request(entries, (finding.cache,)) if entries else None

    def action_clean(self) -> None:
        if (request := self.request()) is not None:
            review_clearing(self, request)

    def _sentence(self, finding: Finding) -> str:
        return finding_sentence(finding, self.session.service.machine.home, self.session.service.project)

    def _row(self, key: str) -> Row:
        finding = self._found[key]
        weight = size(finding.size, self.session.si) if finding.size is not None else self.look.glyphs.none
        return Row(
            (
                words(
                    severity_glyph(finding.severity, ascii=self.look.glyphs.ascii), _TONES[finding.severity]
                ),
                prose(self._sentence(finding)),
                words(weight, "bold" if finding.size else "faint"),
                words(finding.fix[1] if finding.fix[1:] else "", "muted"),
            )
        )

    def _about(self, finding: Finding) -> Iterator[Line]:
        yield ((self._sentence(finding), "bold"),)
        if finding.path is not None:
            yield ("Path  ", "dim"), (display_name(finding.path), "")
        if finding.cache is not None:
            yield ("Cache ", "dim"), (display_name(finding.cache), "")
        if finding.size is not None:
            yield ("Size  ", "dim"), (size(finding.size, self.session.si), "")
        if finding.fix:
            yield ("Mend  ", "dim"), (command_line(finding.fix), "accent-ink")


_COLUMNS = (
    Column("sign", "", 1),
    Column("what", "Finding", 24, grow=1),
    Column("size", "Size", 9, right=True, drop=2),
    Column("fix", "Mends it", 9, drop=1),
)
