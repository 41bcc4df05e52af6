"""What the scan noticed, each with the command that mends it."""

from collections.abc import Iterable, Iterator
from typing import ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.widget import Widget

from cachemgr.domain.inventory import Finding
from cachemgr.domain.terms import Disposal, Severity
from cachemgr.present.text import counted, display_name, finding_sentence, severity_glyph, size
from cachemgr.tui.command_line import command_line
from cachemgr.tui.commands import Fact, Where, bindings
from cachemgr.tui.request import Request
from cachemgr.tui.screens.notice import NoticeScreen
from cachemgr.tui.screens.reviewing import choose_destination, review, review_request
from cachemgr.tui.screens.view import View
from cachemgr.tui.session import mending
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
        words = self.mends()
        if words:
            made.add(Fact.MENDABLE)
        finding = self.current()
        legacy = finding is not None and finding.code == "legacy-location"
        if (legacy or words[:1] == ("migrate",)) and self.request() is not None:
            made.add(Fact.MOVABLE)
        if words[:1] == ("purge",) or (words[:1] == ("clear",) and self.request() is not None):
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
        panel.set_class(finding is None, "empty")
        if finding is not None:
            panel.show_lines(list(self._about(finding)), title=display_name(finding.code))
        self.refresh_chrome()

    @on(FastTable.Opened)
    def action_open(self) -> None:
        self.action_info()

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

    def mends(self) -> tuple[str, ...]:
        """The command that mends the finding under the cursor, from its verb on."""
        finding = self.current()
        return mending(finding, self.session.service.invocation) if finding else ()

    def request(self) -> Request | None:
        """The entries of the cache that a finding is about."""
        finding, inventory = self.current(), self.session.inventory
        if finding is None or inventory is None or finding.cache is None:
            return None
        entries = frozenset(entry.id for entry in inventory.entries_by_cache.get(finding.cache, ()))
        chosen = Disposal.QUARANTINE if "--quarantine" in self.mends() else None
        return Request(entries, (finding.cache,), chosen) if entries else None

    def action_clean(self) -> None:
        self.action_mend()

    def action_migrate(self) -> None:
        if (request := self.request()) is not None:
            choose_destination(self, request)

    def action_mend(self) -> None:
        """What the finding's command does: through the plan, or where it is decided, or as a command."""
        service, request, words = self.session.service, self.request(), self.mends()
        match words:
            case ("clear", *_) if request is not None:
                review_request(self, request)
            case ("migrate", *_) if request is not None:
                choose_destination(self, request)
            case ("purge", *run):
                review(self, lambda: service.plan_purge(run[0] if run else None))
            case ("recover", *run):
                self.session.looked_at = run[0] if run else None
                self.app.call_next(self.run_action, "app.view('history')")
            case _:
                self.action_copy()

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
                words(display_name(" ".join(mending(finding, self.session.service.invocation)[:1])), "muted"),
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
