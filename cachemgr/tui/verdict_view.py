"""What rules make of entries, as rows and lines: which goes, how large it is, and which rule says so."""

from collections.abc import Iterator
from datetime import datetime

from cachemgr.domain.inventory import Inventory
from cachemgr.domain.policy import Criterion, Source
from cachemgr.domain.verdict import EntryState, Judgement, Verdict
from cachemgr.present.expiry import because_briefly, clock_sentence, verdict_sentence
from cachemgr.present.size_rules import met_sentence, shortfall_sentence
from cachemgr.present.text import age, count, counted, display_name, size
from cachemgr.tui.outline import short_name, size_together
from cachemgr.tui.theme import Look
from cachemgr.tui.widgets.cells import words
from cachemgr.tui.widgets.columns import Column
from cachemgr.tui.widgets.fast_table import Row
from cachemgr.tui.widgets.panel import Line
from cachemgr.tui.widgets.split_lines import Split

ENTRIES = (
    Column("sign", "", 1),
    Column("entry", "Entry", 14, grow=3),
    Column("size", "Size", 8, right=True),
    Column("rule", "Rule", 13, drop=1),
    Column("when", "Since", 7, right=True, drop=2),
)


def worth_showing(judgement: Judgement) -> tuple[Verdict, ...]:
    """What goes, in its order, and then what a rule asked for and something keeps."""
    if judgement.policy.empty:
        return ()
    asked = (verdict for verdict in judgement.verdicts if verdict.criterion is not Criterion.NO_RULE)
    return tuple(sorted(asked, key=lambda verdict: not verdict.goes))


def weighed(inventory: Inventory, judgement: Judgement) -> tuple[Judgement, tuple[int, int]]:
    """With the bytes of what goes and of everything, each shared one once."""
    going = size_together(inventory, {verdict.entry for verdict in judgement.going})
    return judgement, (going, size_together(inventory, {verdict.entry for verdict in judgement.verdicts}))


def title(judgement: Judgement, goes: int, look: Look, *, si: bool) -> str:
    """`Would go · 118 entries · 171 MiB · 23 kept`."""
    going = judgement.going
    kept = len(worth_showing(judgement)) - len(going)
    parts = ["Would go", counted(len(going), "entry", "entries"), size(goes, si)]
    parts += [f"{count(kept)} asked for and kept"] if kept else []
    return f" {look.glyphs.dot} ".join(parts)


def unmet(judgement: Judgement, *, si: bool) -> str:
    """Which size rule is not met and by how much; empty where all are. What keeps it from that `foundation`
    says."""
    short = next(iter(judgement.expiry.unmet), None)
    if short is None:
        return ""
    what = "more to be freed" if short.criterion is Criterion.FREE else "too much stay"
    return f"--{short.criterion} is not met: {size(short.missing, si)} {what}"


def order(judgement: Judgement) -> str:
    """In which order they are listed, and would go; empty where nothing is."""
    if not judgement.going:
        return ""
    longest = "unused" if judgement.expiry.order is Source.ACCESSED else "unchanged"
    expired = dict(judgement.expiry.states).get(EntryState.EXPIRED, 0)
    return f"past its record first, then the longest {longest}" if expired else f"the longest {longest} first"


def looked_at(judgement: Judgement, weight: int, *, si: bool) -> str:
    """`of 1,402 entries, 214 MiB`."""
    return f"of {counted(len(judgement.verdicts), 'entry', 'entries')}, {size(weight, si)}"


def entry_row(verdict: Verdict, look: Look, now: datetime, *, alone: bool, si: bool) -> Row:
    """A line of the preview; `alone`: they are all of one cache, which the heading names. A number of days
    is since what the rule's clock saw: it expired, was changed, or was used."""
    name = verdict.entry.removeprefix(f"{verdict.cache}:") if alone else verdict.entry
    tone = "" if verdict.goes else "muted"
    sign = (look.glyphs.cross, "accent-ink") if verdict.goes else (look.glyphs.none, "faint")
    return Row(
        (
            words(*sign),
            words(short_name(display_name(name)), tone),
            words(size(verdict.size, si), "bold" if verdict.goes else "muted"),
            words(because_briefly(verdict.because)[-1], tone or "dim"),
            words(age(verdict.when, now, unknown=look.glyphs.none), "muted"),
        )
    )


def about(verdict: Verdict) -> tuple[Split, Split]:
    """One entry, and what became of it."""
    tone = "accent-ink" if verdict.goes else "muted"
    return (
        Split(((display_name(verdict.entry), "muted"),), shrink=0),
        Split(((_sentence(verdict), tone),)),
    )


def foundation(judgement: Judgement, verdict: Verdict | None, *, si: bool) -> Iterator[Line]:
    """Why an entry goes or stays, what the rules go by, and what they could not reach."""
    if verdict is not None:
        yield ((display_name(verdict.entry), "bold"),)
        yield ((_sentence(verdict), ""),)
        yield ()
    for clock in judgement.expiry.clocks:
        yield ((clock_sentence(clock), "muted"),)
    for met in judgement.expiry.met:
        yield ((met_sentence(met, si, after=bool(judgement.going)), "muted"),)
    for short in judgement.expiry.unmet:
        yield ((shortfall_sentence(short, si), "legacy"),)


def _sentence(verdict: Verdict) -> str:
    return f"{'goes' if verdict.goes else 'stays'}: {verdict_sentence(verdict)}"
