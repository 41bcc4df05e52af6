"""What the Plan screen says about a plan, as lines: figures, ways back, and what to look at first."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from cachemgr.domain.action import Restore, Return
from cachemgr.domain.destination import Option
from cachemgr.domain.plan import Plan
from cachemgr.domain.terms import REMOVING, Intent, Rebuild
from cachemgr.present.expiry import expiry_notes
from cachemgr.present.plan_rows import PlanRow
from cachemgr.present.promises import notes
from cachemgr.present.text import counted, day, glyph, rebuild_word, size
from cachemgr.tui import move_view
from cachemgr.tui.move_view import is_move
from cachemgr.tui.outline import short_name
from cachemgr.tui.session import LOW, Session
from cachemgr.tui.theme import Look, Span
from cachemgr.tui.widgets.capacity_bar import spans as capacity_spans
from cachemgr.tui.widgets.cells import words
from cachemgr.tui.widgets.columns import Column
from cachemgr.tui.widgets.fast_table import Row
from cachemgr.tui.widgets.panel import Line

SIDE = 28
"""Columns of the side panel's text."""
GOING = (
    Column("tier", "", 1),
    Column("name", "Entry", 16, grow=1),
    Column("size", "Size", 8, right=True, drop=2),
    Column("frees", "Frees now", 9, right=True),
    Column("back", "Way back", 10, drop=1),
)
COMING = (
    Column("tier", "", 1),
    Column("name", "Entry", 16, grow=1),
    Column("size", "Size", 8, right=True, drop=2),
    Column("frees", "Brings back", 11, right=True),
    Column("back", "", 10, drop=1),
)
STAYING = (
    Column("name", "Entry", 14, grow=2, most=44),
    Column("size", "Size", 8, right=True, drop=1),
    Column("why", "Why it stays", 20, grow=3),
)
_COSTLY = (Rebuild.COSTS, Rebuild.UNIQUE)


def way_back(row: PlanRow, plan: Plan, look: Look) -> Span:
    """How one row comes back, in a word or two."""
    glyphs = look.glyphs
    tone = row.rebuild.value if row.rebuild else "muted"
    if plan.brings_back:
        return (row.does, "good")
    if not row.permanent:
        days = (plan.keep_until - plan.created_at).days if plan.keep_until else 0
        return (f"{glyphs.undo} {counted(days, 'day')}" if days else f"{glyphs.undo} {row.does}", tone)
    short = {
        Rebuild.REBUILDS: f"{glyphs.again} itself",
        Rebuild.DOWNLOADS: f"{glyphs.down} fetch",
        Rebuild.COSTS: f"{glyph(Rebuild.COSTS, ascii=glyphs.ascii)} costly",
        Rebuild.UNIQUE: f"{glyphs.cross} never",
    }
    return (
        (short[row.rebuild], f"{tone} bold" if row.rebuild in _COSTLY else tone)
        if row.rebuild
        else ("gone", "danger")
    )


def going_row(row: PlanRow, plan: Plan, look: Look, *, si: bool) -> Row:
    """A row of what goes, or comes back."""
    sign = glyph(row.rebuild, ascii=look.glyphs.ascii) if row.rebuild else look.glyphs.leaf
    promised = row.size if plan.brings_back else row.frees
    about = look.glyphs.about if row.permanent and row.frees < row.size else ""
    return Row(
        (
            words(sign, row.rebuild.value if row.rebuild else "muted"),
            words(short_name(row.name)),
            words(size(row.size, si), "muted"),
            words(
                f"{about}{size(promised, si)}", "accent-ink bold" if about else "bold" if promised else "dim"
            ),
            words(*way_back(row, plan, look)),
        )
    )


def figures(plan: Plan, look: Look, *, si: bool) -> list[Line]:
    """What happens to the bytes. What is not freed is said, not left out."""
    glyphs = look.glyphs
    # Every step, not every row: a directory that goes when it is empty is no row of its own.
    total = sum(step.size for step in plan.steps)
    if plan.brings_back:
        back = sum(step.size for step in plan.steps if isinstance(step.action, Restore | Return))
        return [_figure("Comes back", size(back, si), "good bold")]
    later = (plan.keep_until - plan.created_at) if plan.keep_until else timedelta()
    made = [_figure("Frees now", size(plan.frees, si), "good bold")]
    if plan.quarantined:
        made.append(_figure(f"In {counted(later.days, 'day')}", size(plan.quarantined, si)))
    if plan.trashed:
        made.append(_figure("With the trash", size(plan.trashed, si)))
    made.append(_figure("Size on disk", size(total, si)))
    kept = total - plan.frees - plan.quarantined - plan.trashed
    if kept > 0:
        made.append(_figure("Not freed", size(kept, si), "accent-ink"))
        made.append(((f"  {glyphs.under} shared with what stays", "dim"),))
    return made


def disk(session: Session, plan: Plan, look: Look, *, width: int = 0) -> list[Line]:
    """The volume before and after; in a width also as a bar."""
    found = session.volume()
    if found is None or plan.brings_back:
        return []
    _, capacity = found
    planned = replace(
        capacity,
        other=capacity.other + capacity.kept + capacity.reclaimable - min(plan.frees, capacity.reclaimable),
        kept=0,
        reclaimable=min(plan.frees, capacity.reclaimable),
    )
    made: list[Line] = [
        (
            ("Disk ", ""),
            (f" {capacity.used:.0%}", "danger" if capacity.used >= LOW else "bold"),
            (f" {look.glyphs.arrow} ", "muted"),
            (f"{planned.used_after:.0%}", "bold"),
        )
    ]
    return [*made, capacity_spans(planned, width, look)] if width else made


def ways_back(plan: Plan, rows: Sequence[PlanRow], look: Look, *, si: bool) -> list[Line]:
    """How many rows come back in which way."""
    made: list[Line] = []
    for rebuild in Rebuild:
        gone = [row for row in rows if row.permanent and row.rebuild is rebuild]
        if gone:
            sign = glyph(rebuild, ascii=look.glyphs.ascii)
            word = f"{sign} {rebuild_word(rebuild)}"
            made.append(
                ((f"{word:<18}", rebuild.value), (f"{size(sum(row.size for row in gone), si):>9}", ""))
            )
    trashed = [row for row in rows if row.trashed]
    if trashed:
        word = f"{look.glyphs.undo} from the trash"
        made.append(((f"{word:<18}", "good"), (f"{size(sum(row.size for row in trashed), si):>9}", "")))
    undoable = [row for row in rows if not (row.permanent or row.trashed)]
    if undoable and plan.intent in (*REMOVING, Intent.FINISH) and plan.quarantined:
        aside = size(sum(row.size for row in undoable), si)
        made.append(((f"{look.glyphs.undo + ' can be undone':<18}", "good"), (f"{aside:>9}", "")))
        if plan.keep_until:
            made.append(((f"  until {day(plan.keep_until)}", "dim"),))
    return made


def side(
    session: Session, plan: Plan, rows: Sequence[PlanRow], look: Look, option: Option | None = None
) -> list[Line]:
    """The whole of it, in a column. `option`: the free space on both sides of a migration."""
    si = session.si
    if is_move(plan):
        made = list(move_view.routes(session, plan))
        blocks = [move_view.figures(plan, si=si), move_view.disks(plan, option, look, si=si)]
        blocks.append(move_view.way_back(plan, look))
    else:
        made = figures(plan, look, si=si)
        blocks = [disk(session, plan, look, width=SIDE)]
    if not is_move(plan) and (back := ways_back(plan, rows, look, si=si)):
        blocks.append([(("Way back", "bold"),), *back])
    if alerts := warnings(plan, rows, look):
        blocks.append([(("Check before you go", "bold"),), *alerts])
    if founded := [((note, "muted"),) for note in expiry_notes(plan, si)]:
        blocks.append([(("Founded on", "bold"),), *founded])
    for block in filter(None, blocks):
        made += [(), *block]
    return made


_ONE_WAY = 2
"""Lines of a plan with one route: from where, and to where."""


def compact(
    session: Session, plan: Plan, rows: Sequence[PlanRow], look: Look, option: Option | None = None
) -> list[Line]:
    """The same in as few lines as there may be."""
    if is_move(plan):
        disks = move_view.disks(plan, option, look, si=session.si)
        ways = [line for line in move_view.routes(session, plan) if line[0][0].strip() != "Route"]
        if len(ways) == _ONE_WAY:
            ways.reverse()  # where to comes first, since the end may be cut off
        # What cannot be seen is below: first where it goes.
        made = [_joined(ways), _joined(move_view.figures(plan, si=session.si)), _joined(disks)]
        made += move_view.way_back(plan, look)
        return [line for line in [*made, *warnings(plan, rows, look)] if line]
    made = [_joined(figures(plan, look, si=session.si))]
    made.append(_joined([*disk(session, plan, look), *ways_back(plan, rows, look, si=session.si)]))
    return [line for line in [*made, *warnings(plan, rows, look)] if line]


def _joined(lines: Sequence[Line]) -> Line:
    """Lines after each other, without the blanks that made columns of them."""
    made: list[Span] = []
    for line in lines:
        made += [(" ".join(words.split()) + " ", tone) for words, tone in line if words.strip()]
        made.append(("  ", ""))
    return tuple(made[:-1])


def warnings(plan: Plan, rows: Sequence[PlanRow], look: Look) -> list[Line]:
    """What to look at before going on."""
    made: list[Line] = []
    costly = [row for row in rows if row.permanent and row.rebuild in _COSTLY]
    if costly:
        sign = glyph(Rebuild.COSTS, ascii=look.glyphs.ascii)
        made.append(
            (
                (f"{sign} ", "costs"),
                (
                    f"{counted(len(costly), 'entry', 'entries')}: costly to have again, or gone for good",
                    "",
                ),
            )
        )
    if plan.quarantined and not plan.frees and not is_move(plan):
        made.append(
            (
                (f"{look.glyphs.warn} ", "legacy"),
                ("nothing is freed until the quarantine is purged", ""),
            )
        )
    made += [((f"{look.glyphs.warn} ", "legacy"), (note, "")) for note in notes(plan)]
    return made


def _figure(label: str, value: str, tone: str = "") -> Line:
    return ((f"{label:<15}", "muted"), (f"{value:>10}", tone))
