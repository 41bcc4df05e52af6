"""What the Plan screen says about a plan, as lines: figures, ways back, and what to look at first."""

from collections.abc import Sequence
from datetime import timedelta

from cachemgr.domain.plan import Intent, Plan
from cachemgr.domain.terms import Rebuild
from cachemgr.present.plan_rows import PlanRow
from cachemgr.present.text import counted, day, glyph, rebuild_word, size
from cachemgr.tui.session import Session
from cachemgr.tui.theme import Look, Span
from cachemgr.tui.widgets.panel import Line

_COSTLY = (Rebuild.COSTS, Rebuild.UNIQUE)


def way_back(row: PlanRow, plan: Plan, look: Look) -> Span:
    """How one row comes back, in a word or two."""
    glyphs = look.glyphs
    tone = row.rebuild.value if row.rebuild else "muted"
    if plan.intent is Intent.UNDO:
        return (row.does, "good")
    if not row.permanent:
        days = (plan.keep_until - plan.created_at).days if plan.keep_until else 0
        return (f"{glyphs.undo} {counted(days, 'day')}" if days else f"{glyphs.undo} {row.does}", tone)
    short = {
        Rebuild.REBUILDS: f"{glyphs.again} itself",
        Rebuild.DOWNLOADS: f"{glyphs.down} fetch",
        Rebuild.COSTS: "$ at a price",
        Rebuild.UNIQUE: f"{glyphs.cross} never",
    }
    return (
        (short[row.rebuild], f"{tone} bold" if row.rebuild in _COSTLY else tone)
        if row.rebuild
        else ("gone", "danger")
    )


def figures(plan: Plan, rows: Sequence[PlanRow], look: Look, *, si: bool) -> list[Line]:
    """What happens to the bytes. What is not freed is said, not left out."""
    glyphs = look.glyphs
    total = sum(row.size for row in rows)
    if plan.intent is Intent.UNDO:
        return [_figure("Comes back", size(total, si), "good bold")]
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


def disk(session: Session, plan: Plan, look: Look) -> list[Line]:
    """The volume before and after."""
    found = session.volume()
    if found is None or plan.intent is Intent.UNDO:
        return []
    _, capacity = found
    after = (capacity.total - capacity.free - plan.frees) / capacity.total if capacity.total else 0
    return [
        (
            ("Disk ", ""),
            (f" {capacity.used:.0%}", "danger" if capacity.used >= 0.9 else "bold"),
            (f" {look.glyphs.arrow} ", "muted"),
            (f"{after:.0%}", "bold"),
        )
    ]


def ways_back(plan: Plan, rows: Sequence[PlanRow], look: Look, *, si: bool) -> list[Line]:
    """How many rows come back in which way."""
    made: list[Line] = []
    for rebuild in Rebuild:
        gone = [row for row in rows if row.permanent and row.rebuild is rebuild]
        if gone:
            sign = glyph(rebuild, ascii=look.glyphs.ascii)
            weight = f"  {size(sum(row.size for row in gone), si)}" if rebuild is not Rebuild.REBUILDS else ""
            made.append(((f"{sign} {len(gone)} ", rebuild.value), (f"{rebuild_word(rebuild)}{weight}", "")))
    undoable = sum(not row.permanent for row in rows)
    if undoable and plan.intent is Intent.CLEAR:
        until = f" until {day(plan.keep_until)}" if plan.keep_until else ""
        made.append(((f"{look.glyphs.undo} {undoable} ", "good"), (f"can be undone{until}", "")))
    return made


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
                    f"{counted(len(costly), 'entry', 'entries')} cost money or time, or cannot be had again",
                    "",
                ),
            )
        )
    if plan.quarantined and not plan.frees:
        made.append(
            (
                ("▲ " if not look.glyphs.ascii else "! ", "legacy"),
                ("nothing is freed until the quarantine is purged", ""),
            )
        )
    return made


def _figure(label: str, value: str, tone: str = "") -> Line:
    return ((f"{label:<15}", "muted"), (f"{value:>10}", tone))
