"""Rules with a live preview: what they would take, how many bytes, and which rule says so. Saved policies are
listed beside rules of one's own. Nothing here destroys."""

from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widget import Widget

from cachemgr.domain.inventory import Inventory
from cachemgr.domain.policy import Policy
from cachemgr.domain.verdict import Judgement, Verdict
from cachemgr.present.text import display_name
from cachemgr.tui import verdict_view
from cachemgr.tui.chosen import Chosen
from cachemgr.tui.command_line import command_line
from cachemgr.tui.commands import Fact, Where, bindings
from cachemgr.tui.request import Request
from cachemgr.tui.screens.notice import NoticeScreen
from cachemgr.tui.screens.reviewing import review_request
from cachemgr.tui.screens.view import View
from cachemgr.tui.session import Session
from cachemgr.tui.widgets.fast_table import FastTable, Row
from cachemgr.tui.widgets.key_bar import Hint
from cachemgr.tui.widgets.rule_panel import RulePanel
from cachemgr.tui.widgets.split_lines import Split, SplitLines

_NAMES = 3
"""How many targets are named in the heading."""


class ExpireScreen(View):
    """Policies, rules, and what they would take."""

    WHERE = Where.EXPIRE
    CSS_PATH = "expire.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings(Where.EXPIRE)

    def __init__(self, session: Session, inventory: Inventory, request: Request, tab: str = "") -> None:
        super().__init__(session)
        self.tab = tab
        self.found = inventory
        self.chosen = Chosen(session, inventory, request)
        self._shown: tuple[Request, Judgement] | None = None
        self._verdicts: tuple[Verdict, ...] = ()
        self._sizes = (0, 0)
        """Bytes of what goes, and of all that was looked at."""
        self._alone = False
        self._looking = False

    def body(self) -> Iterable[Widget]:
        yield SplitLines(id="what")
        yield SplitLines(id="sense")
        self.panel = RulePanel(self.session.service.expiring.policies, id="panel")
        self.entries = FastTable(verdict_view.ENTRIES, id="entries")
        preview = Vertical(self.entries, SplitLines(id="about", ground="sheet"), id="preview")
        yield Container(self.panel, preview, id="sides")

    def on_mount(self) -> None:
        self.panel.rules.focus()

    def on_resize(self, event: events.Resize) -> None:
        width, height = event.size
        self.set_class(width < 96, "lower")
        self.set_class(height < 20, "small")
        self.set_class(height < 13, "tiny")
        self.redraw()

    @property
    def policy(self) -> Policy:
        return self.panel.policy

    def request(self) -> Request:
        """What a plan would be asked for now: a policy narrows what was chosen, and never takes its place."""
        return self.chosen.narrowed(self.policy, self.panel.lender)

    def facts(self) -> set[Fact]:
        made = super().facts() | {Fact.ROW}
        if not self.panel.typing:
            if self.policy.trusted and not self.policy.empty and not self._none_meant():
                made.add(Fact.OPEN)
            if self.chosen.partial:
                made.add(Fact.CHOSEN)
            if self.panel.rules.has_focus and not self.policy.wrong:
                made.add(Fact.EDITABLE)
        return made

    def keys(self) -> Sequence[Hint]:
        if not self.panel.typing:
            return super().keys()
        return (Hint(self.look.glyphs.enter, "Keep", "change", 1), Hint("esc", "As it was", "back", 1))

    def draw(self) -> None:
        request, judgement, glyphs = self.request(), self.judgement, self.look.glyphs
        names = ", ".join(map(display_name, request.targets[:_NAMES])) or "everything"
        more = f" {glyphs.ellipsis}" if request.targets[_NAMES:] else ""
        looked_at = (
            verdict_view.looked_at(judgement, self._sizes[1], si=self.session.si) if judgement else "looking"
        )
        remark = f"{request.remark} {glyphs.dot} " if request.remark else ""
        self.query_one("#what", SplitLines).show_lines(
            Split(
                (("Expire ", "bold"), (names + more, "bold")),
                ((remark, "accent-ink"), (looked_at, "muted")),
                shrink=1,
            )
        )
        sense = "an entry goes if a rule asks for it and nothing keeps it"
        self.query_one("#sense", SplitLines).show_lines(Split(((sense, "dim"),)))
        self.panel.draw(narrow=self.has_class("small"))
        self._draw_preview(judgement)

    def status(self) -> Split:
        nothing = "nothing goes before the plan is shown and executed"
        return Split(self.panel.said() or ((nothing, "muted"),))

    def status_lines(self) -> tuple[Split, ...]:
        wrong, other = self.panel.wrong, self._none_meant() if not self.panel.typing else ""
        said = self._wrapped(wrong or other, "danger" if wrong else "legacy") or (self.status(),)
        return (*said, *self._wrapped(self.panel.doubt(), "legacy"))

    def _wrapped(self, sentence: str, tone: str) -> tuple[Split, ...]:
        return tuple(Split(((line, tone),)) for line in wrap(sentence, max(self.size.width - 2, 20)))

    @on(RulePanel.Changed)
    def _follow(self) -> None:
        self.set_class(bool(self.panel.wrong), "wrong")
        self.set_class(self.panel.typing, "typing")
        self.redraw()

    @on(FastTable.Moved, "#entries")
    def _draw_about(self) -> None:
        if self.can_draw:
            verdict = self._verdict()
            lines = verdict_view.about(verdict) if verdict is not None else ()
            self.query_one("#about", SplitLines).show_lines(*lines)

    @on(RulePanel.Chosen)
    async def _choose(self) -> None:
        await self.run_action("plan")

    @on(FastTable.Opened, "#entries")
    async def _open(self) -> None:
        await self.run_action("info")

    def action_change(self) -> None:
        self.panel.change()

    def action_clear_rule(self) -> None:
        self.panel.clear()

    def action_plan(self) -> None:
        review_request(self, self.request())

    def action_pane(self) -> None:
        """The next list; on a small terminal only one of them is there at a time."""
        self._go(1)

    def action_pane_back(self) -> None:
        self._go(-1)

    def action_widen(self) -> None:
        self.chosen.widen()
        self.redraw()

    def _go(self, step: int) -> None:
        panes = (self.panel.rules, self.entries, self.panel.policies)
        at = next((number for number, pane in enumerate(panes) if pane.has_focus), 0)
        following = (at + step) % len(panes)
        for number, pane in enumerate(panes):
            self.set_class(number == following, f"at-{pane.id}")
        if self.has_class("small"):
            self.call_after_refresh(panes[following].focus)  # it is not there before
        else:
            panes[following].focus()

    def action_info(self) -> None:
        if (judgement := self.judgement) is not None:
            lines = list(verdict_view.foundation(judgement, self._verdict(), si=self.session.si))
            self.app.push_screen(NoticeScreen("Which rule says so", lines))

    def action_copy(self) -> None:
        line = command_line([*self.session.service.invocation, *self.request().command()])
        self.app.copy_to_clipboard(line)
        self.app.push_screen(NoticeScreen("The same as a command", [((line, ""),)]))

    def action_back(self) -> None:
        if self.panel.typing:
            self.panel.give_up()
        else:
            self.app.pop_screen()

    def _none_meant(self) -> str:
        """That nothing of what was chosen is meant, or can be, where that is so."""
        if self.policy.wrong:
            return self.policy.wrong
        return self.chosen.none_meant(self.policy) if self.policy.trusted else ""

    @property
    def looking(self) -> bool:
        """What is wanted was not looked at yet, or not read yet."""
        return self.judgement is None or self.panel.pending

    @property
    def judgement(self) -> Judgement | None:
        """What was made of what is asked now; None while that is being looked at."""
        return self._shown[1] if self._shown is not None and self._shown[0] == self.request() else None

    def _verdict(self) -> Verdict | None:
        """The one under the cursor."""
        number = int(self.entries.key or 0)
        return self._verdicts[number] if number < len(self._verdicts) else None

    def _draw_preview(self, judgement: Judgement | None) -> None:
        if judgement is None:
            self._look_soon()
        else:
            self._verdicts = verdict_view.worth_showing(judgement)
            self._alone = len({verdict.cache for verdict in self._verdicts}) == 1
            title = verdict_view.title(judgement, self._sizes[0], self.look, si=self.session.si)
            preview = self.query_one("#preview")
            preview.border_title = Content.from_text(title, markup=False)
            below = verdict_view.unmet(judgement, si=self.session.si)
            preview.set_class(bool(below), "unmet")
            below = below or verdict_view.order(judgement)
            preview.border_subtitle = Content.from_text(below, markup=False) if below else None
        keys = tuple(str(number) for number in range(len(self._verdicts)))
        nothing = "no rule says what goes yet" if self.policy.empty else "nothing goes by these rules"
        self.entries.show_rows(keys, self._entry_row, empty=nothing)
        self._draw_about()

    def _look_soon(self) -> None:
        """One look at a time, at what is wanted then."""
        if not self._looking:
            self._looking = True
            self.run_worker(self._judge(self.request()), group="preview")

    async def _judge(self, request: Request) -> None:
        expiring, found, policy = self.session.service.expiring, self.found, request.policy
        assert policy is not None
        try:
            judgement, self._sizes = await self.session.relay.ask(
                lambda: verdict_view.weighed(
                    found, expiring.preview(found, policy, request.entries, disposal=request.disposal)
                )
            )
            self._shown = (request, judgement)
        finally:
            self._looking = False
        self.redraw()

    def _entry_row(self, key: str) -> Row:
        verdict = self._verdicts[int(key)]
        return verdict_view.entry_row(
            verdict, self.look, self.session.now, alone=self._alone, si=self.session.si
        )
