"""What a question before an irreversible run says, and the one that wants a word typed."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Button, Input

from cachemgr.domain.action import Purge
from cachemgr.domain.plan import Plan
from cachemgr.domain.terms import Rebuild
from cachemgr.present.plan_rows import PlanRow
from cachemgr.present.text import counted, day, size
from cachemgr.tui.danger import Level, danger
from cachemgr.tui.outline import short_name
from cachemgr.tui.screens.notice import Question, button
from cachemgr.tui.theme import look
from cachemgr.tui.widgets.key_bar import Hint
from cachemgr.tui.widgets.panel import Line

_NAMED = 3
"""Entries of a quarantine that are named before it is purged."""


def question_for(plan: Plan, rows: Sequence[PlanRow], *, si: bool) -> Question | None:
    """The question that a plan's danger asks for; None where all of it can be undone."""
    found = danger(plan)
    if found.level is Level.NOTHING:
        return None
    lines, yes = about(plan, rows, si=si), verb_of(plan, rows)
    if found.level is Level.DIALOG:
        made = Question("Cannot be undone", lines, yes=yes)
    else:
        purges = any(isinstance(step.action, Purge) for step in plan.steps)
        costly = "" if purges else ", and is costly to have again"
        made = TypeQuestion(f"Cannot be undone{costly}", lines, word=found.word, yes=yes)
    made.add_class("danger")
    return made


def verb_of(plan: Plan, rows: Sequence[PlanRow]) -> str:
    """What the button says: never "OK"."""
    if any(isinstance(step.action, Purge) for step in plan.steps):
        return f"Purge {len(rows)}"
    gone = sum(row.permanent for row in rows)
    kept = len(rows) - gone
    return f"Delete {gone}" + (f" + set {kept} aside" if kept else "")


def about(plan: Plan, rows: Sequence[PlanRow], *, si: bool) -> list[Line]:
    """Verb, number, bytes, and what it costs to have it back."""
    gone = [row for row in rows if row.permanent]
    aside = len(rows) - len(gone)
    if any(isinstance(step.action, Purge) for step in plan.steps):
        question = f"Purge {counted(len(rows), 'quarantine')} for good?"
    else:
        question = f"Delete {counted(len(gone), 'entry', 'entries')} permanently"
        question += f", set {aside} aside?" if aside else "?"
    made: list[Line] = [((question, "bold"),), ()]
    freed = f"Frees {size(plan.frees, si)} now."
    cost = _cost(gone, si=si)
    made.append(((f"{freed} ", ""), (cost, "accent-ink")))
    if held := [name for row in rows for name in row.holds]:
        more = f" and {len(held) - _NAMED:,} more" if held[_NAMED:] else ""
        made.append((("In it: ", "muted"), (", ".join(map(short_name, held[:_NAMED])) + more, "")))
    if plan.quarantined:
        made.append(
            ((f"{size(plan.quarantined, si)} can be brought back until {day(plan.keep_until)} with u.", ""),)
        )
    made += [
        (),
        (("Nothing outside of this plan is touched. esc stops at any time; "
          "finished entries stay finished.", "muted"),),
    ]  # fmt: skip
    return made


def _cost(gone: Sequence[PlanRow], *, si: bool) -> str:
    def weight(rebuild: Rebuild) -> int:
        return sum(row.size for row in gone if row.rebuild is rebuild)

    parts = []
    if fetched := weight(Rebuild.DOWNLOADS):
        parts.append(f"{size(fetched, si)} would have to be downloaded again.")
    if costly := weight(Rebuild.COSTS):
        parts.append(f"{size(costly, si)} cost money or time to have again.")
    if unique := weight(Rebuild.UNIQUE):
        parts.append(f"{size(unique, si)} cannot be had again.")
    return " ".join(parts) or ("What rebuilds itself comes back when it is needed." if gone else "")


class TypeQuestion(Question, inherit_bindings=False):
    """A question that is answered by typing a word, for what cannot be had again or only at a price."""

    AUTO_FOCUS = "#word"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "no", show=False, priority=True),
        Binding("tab,shift+tab", "other", show=False, priority=True),
    ]

    def __init__(self, title: str, lines: Sequence[Line], *, word: str, yes: str) -> None:
        asked: Line = (("Type  ", "muted"), (word, "danger bold"), ("  to go on:", "muted"))
        super().__init__(title, [*lines, (), asked], yes=yes)
        self._word = word
        self.add_class("asking")

    def hints(self) -> Iterable[Hint]:
        yield Hint("esc", self._no, "no", 1)
        if self.armed and self._typed():
            yield Hint(look(self.app).glyphs.enter, self._yes, "yes", 2)

    def extra(self) -> Iterable[Widget]:
        yield Input(id="word", compact=True)

    def buttons(self) -> Iterable[Button]:
        yield button("esc Cancel", "no")
        yield button(self._yes, "yes", disabled=True)

    def arm(self) -> None:
        self.armed = True
        self._compare()

    def action_yes(self) -> None:
        if self.armed and self._typed():
            self.dismiss(True)

    def action_other(self) -> None:
        self.focus_next()

    @on(Input.Changed, "#word")
    def _compare(self) -> None:
        self.query_one("#yes", Button).disabled = not (self.armed and self._typed())
        self.show_keys()

    @on(Input.Submitted, "#word")
    def _submit(self) -> None:
        self.action_yes()

    def _typed(self) -> bool:
        return self.query_one("#word", Input).value.strip() == self._word
