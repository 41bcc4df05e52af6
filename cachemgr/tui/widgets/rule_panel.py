"""Saved policies and rules of one's own, of which one is chosen and can be changed rule by rule."""

from collections.abc import Iterable
from dataclasses import replace

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input

from cachemgr.domain.policy import Policy
from cachemgr.present.expiry import policy_text, policy_title
from cachemgr.present.text import counted, display_name
from cachemgr.tui.rule_form import BLANKS, Blank, filled, text_of
from cachemgr.tui.theme import Span, look
from cachemgr.tui.widgets.cells import prose, words
from cachemgr.tui.widgets.columns import Column
from cachemgr.tui.widgets.fast_table import FastTable, Row

_OWN = "own"
_PATIENCE = 0.15
"""Seconds without a key before what is typed counts."""


class RulePanel(Vertical):
    """A list of policies, the rules of the chosen one, and a line to type one in."""

    DEFAULT_CSS = """
    RulePanel {
        height: auto;
        #policies { height: auto; min-height: 3; }
        #rules { height: 8; }
        #typed { background: $strip; }
    }
    """

    class Changed(Message):
        """Other rules hold, or something else can be done."""

    class Chosen(Message):
        """A policy was clicked twice."""

    def __init__(self, saved: Iterable[Policy], *, id: str | None = None) -> None:  # noqa: A002 - Textual's
        super().__init__(id=id)
        self.own = Policy()
        """One's own rules. Those that were a saved policy keep what it is about."""
        self.wrong = ""
        """Why what is being typed is no rule."""
        self._saved = {str(number): policy for number, policy in enumerate(saved)}
        self._blanks = {blank.name: blank for blank in BLANKS}
        self.borrowed: Policy | None = None
        """The policy of an untrusted project that one's own rules began as, whose values they still have."""
        self._before: tuple[Policy, Policy | None] = (self.own, None)
        self._place = _OWN
        self._wait: Timer | None = None
        self.policies = FastTable(_POLICIES, id="policies")
        self.rules = FastTable(_rules(""), id="rules")
        self.typed = Input(id="typed", compact=True)

    def compose(self) -> ComposeResult:
        self.typed.display = False
        yield self.policies
        yield self.rules
        yield self.typed

    @property
    def policy(self) -> Policy:
        """The rules that hold."""
        return self._saved.get(self.policies.key or _OWN, self.own)

    @property
    def is_own(self) -> bool:
        return self.policy is self.own

    @property
    def typing(self) -> bool:
        return self.typed.has_focus

    @property
    def pending(self) -> bool:
        """Something was typed that does not count yet."""
        return self._wait is not None

    def draw(self, *, narrow: bool = False) -> None:
        """`narrow`: the policies are out of sight, so that the rules say where they are."""
        self.rules.set_columns(_rules(self._elsewhere() if narrow else ""))
        self.policies.show_rows((_OWN, *self._saved), self._policy_row)
        self.rules.show_rows(tuple(self._blanks), self._rule_row)

    def said(self) -> tuple[Span, ...]:
        """A line about what is under the cursor; empty where the cursor is somewhere else."""
        blank = self._blank()
        if self.wrong:
            return ((self.wrong, "danger"),)
        if self.typing and blank is not None:
            return ((f"{blank.meaning}: {blank.example}, or nothing", "muted"),)
        if self.rules.has_focus and blank is not None:
            return ((blank.option, "dim"), (f"  {blank.meaning}", "muted"))
        if self.policies.has_focus:
            own = "rules of your own, saved nowhere"
            return ((own if self.is_own else policy_text(self.policy), "muted"),)
        return ()

    @property
    def lender(self) -> str:
        """The untrusted policy that values of one's own rules are from; empty for none."""
        return display_name(self.borrowed.name) if self.borrowed is not None and self.is_own else ""

    def doubt(self) -> str:
        """A sentence where values are those of a project that nobody trusts."""
        if not self.policy.trusted:
            return "it comes from this project's file; read it, then run cachemgr config trust"
        if lender := self.lender:
            return f"the rest is {lender}'s, of this project's file, which is not trusted; read it first"
        return ""

    def change(self) -> None:
        """Type the rule under the cursor, or turn it on or off. A saved policy is copied first."""
        if (blank := self._blank()) is None or self.policy.wrong:
            return
        if blank.is_switch:
            self._take(filled(self.policy, blank, "" if text_of(self.policy, blank) else "on"))
            return
        self._before, self._place = (self.own, self.borrowed), self.policies.key or _OWN
        self.typed.placeholder = blank.example
        self.typed.value = text_of(self.policy, blank)
        self.typed.display = True
        self.typed.focus()

    def clear(self) -> None:
        """Take the rule under the cursor away."""
        if (blank := self._blank()) is not None and not self.policy.wrong:
            self._take(filled(self.policy, blank, ""))

    def give_up(self) -> None:
        """Stop typing; everything is as it was before."""
        self.own, self.borrowed = self._before
        self.policies.move_to(self._place)
        self._close()

    @on(FastTable.Moved)
    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _moved(self) -> None:
        self.post_message(self.Changed())

    @on(FastTable.Opened)
    def _opened(self, event: FastTable.Opened) -> None:
        event.stop()
        if event.table is self.rules:
            self.change()
        else:
            self.post_message(self.Chosen())

    @on(Input.Changed)
    def _type(self, event: Input.Changed) -> None:
        event.stop()
        self._stop()
        self._wait = self.set_timer(_PATIENCE, self._read)

    @on(Input.Submitted)
    def _keep(self, event: Input.Submitted) -> None:
        event.stop()
        self._read()
        if not self.wrong:
            self._close()

    def _blank(self) -> Blank | None:
        return self._blanks.get(self.rules.key or "")

    def _close(self) -> None:
        self._stop()
        self.wrong = ""
        self.typed.display = False
        self.rules.focus()
        self.post_message(self.Changed())

    def _stop(self) -> None:
        if self._wait is not None:
            self._wait.stop()
            self._wait = None

    def _read(self) -> None:
        """What stands in the line, as a rule."""
        self._stop()
        blank = self._blank()
        if blank is None or not self.typed.display:
            return
        try:
            policy = filled(self.policy, blank, self.typed.value)
        except ValueError as error:
            self.wrong = str(error)
            self.post_message(self.Changed())
            return
        self.wrong = ""
        if policy != self.policy:
            self._take(policy)
        else:
            self.post_message(self.Changed())

    def _take(self, policy: Policy) -> None:
        if not self.is_own:
            self.borrowed = None if self.policy.trusted else self.policy
        self.own = replace(policy, name="", title="", origin=None, trusted=True)
        self.policies.move_to(_OWN)
        self.post_message(self.Changed())

    def _elsewhere(self) -> str:
        if self._saved and self.is_own:
            return f"{counted(len(self._saved), 'saved policy', 'saved policies')}: shift+tab"
        return display_name(self.policy.name)

    def _policy_row(self, key: str) -> Row:
        policy = self._saved.get(key)
        if policy is None:
            return Row((words("your own rules", "bold"), prose("")))
        tone = "danger" if policy.wrong else "" if policy.trusted else "legacy"
        return Row((words(display_name(policy.name), tone), prose(policy_title(policy), "muted")))

    def _rule_row(self, key: str) -> Row:
        blank = self._blanks[key]
        text = text_of(self.policy, blank)
        value = words(text, "accent-ink bold") if text else words(look(self.app).glyphs.none, "faint")
        return Row((words(blank.option, "" if text else "muted"), value))


_POLICIES = (Column("policy", "Policy", 18, grow=1, most=24), Column("title", "", 14, grow=2, drop=1))


def _rules(beside: str) -> tuple[Column, ...]:
    return (Column("rule", "Rule", 16, grow=1, most=24), Column("value", beside, 10, grow=1))
