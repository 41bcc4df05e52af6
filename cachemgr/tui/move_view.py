"""What is said about a migration before it is made, while it goes on and afterwards: routes, disks, bytes,
and the variables that make tools use the new place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cachemgr.domain.action import Copy, Match, Move
from cachemgr.domain.destination import Option
from cachemgr.domain.outcome import Outcome
from cachemgr.domain.plan import Plan, Step
from cachemgr.domain.terms import Intent
from cachemgr.present.plan_rows import PlanRow
from cachemgr.present.remarks import unled_sentence
from cachemgr.present.routes import migrated, route_rows
from cachemgr.present.text import counted, day, glyph, short_path, size
from cachemgr.service import CacheManager
from cachemgr.tui.command_line import command_line
from cachemgr.tui.outline import short_name
from cachemgr.tui.relay import RunProgress
from cachemgr.tui.session import Session
from cachemgr.tui.theme import Look
from cachemgr.tui.widgets.cells import prose, words
from cachemgr.tui.widgets.columns import Column
from cachemgr.tui.widgets.fast_table import Row
from cachemgr.tui.widgets.panel import Line

MOVING = (
    Column("tier", "", 1),
    Column("name", "Entry", 16, grow=1),
    Column("size", "Size", 8, right=True),
    Column("how", "How", 15, drop=1),
)


@dataclass(frozen=True, slots=True)
class Load:
    """Bytes of a plan by the way they go, or come back."""

    renamed: int = 0
    copied: int = 0
    there: int = 0
    """Compared with what is there already."""

    @classmethod
    def of(cls, plan: Plan) -> "Load":
        rows = route_rows(plan)
        return cls(*(sum(getattr(row, name) for row in rows) for name in ("moves", "copies", "there")))

    @property
    def whole(self) -> int:
        return self.renamed + self.copied + self.there


def is_move(plan: Plan) -> bool:
    """Whether a plan brings something to another place."""
    return plan.intent is Intent.MIGRATE


def moving_row(row: PlanRow, look: Look, *, si: bool) -> Row:
    """A row of what moves."""
    sign = glyph(row.rebuild, ascii=look.glyphs.ascii) if row.rebuild else look.glyphs.leaf
    return Row(
        (
            words(sign, row.rebuild.value if row.rebuild else "muted"),
            words(short_name(row.name)),
            words(size(row.size, si), "bold"),
            prose(row.does, "good" if row.does == "move" else "downloads"),
        )
    )


def routes(session: Session, plan: Plan) -> Iterator[Line]:
    """From where to where, and how."""
    machine, project = session.service.machine, session.service.project
    for row in route_rows(plan):
        yield ("From  ", "dim"), (short_path(row.source, machine.home, project), "")
        yield ("To    ", "dim"), (short_path(row.target, machine.home, project), "bold")
        yield ("Route ", "dim"), (row.how, "good" if row.how == "renamed" else "downloads")


def figures(plan: Plan, *, si: bool) -> list[Line]:
    """The bytes by the way they go, and what becomes of the source."""
    load = Load.of(plan)
    pairs = [("Renamed", load.renamed), ("Copied", load.copied), ("There already", load.there)]
    made: list[Line] = [_figure(label, size(part, si)) for label, part in pairs if part]
    if plan.quarantined and plan.keep_until is not None:
        days = counted((plan.keep_until - plan.created_at).days, "day")
        made.append(_figure(f"Frees in {days}", size(plan.quarantined, si)))
    return made or [_figure("Moved", size(0, si))]


def disks(plan: Plan, option: Option | None, look: Look, *, si: bool) -> list[Line]:
    """Free space on both sides now and afterwards."""
    if option is None:
        return []
    arrow, copied = look.glyphs.arrow, Load.of(plan).copied
    after = size(option.free - copied, si)
    if option.free == option.free_after:  # one disk holds both
        if not copied:
            return [(("Disk  ", "dim"), (f"{size(option.free, si)} free, and stays so", ""))]
        later = f" {arrow} {size(option.free, si)} once the source is purged"
        return [
            (("Disk  ", "dim"), (f"{size(option.free, si)} free {arrow} {after}", "bold"), (later, "muted"))
        ]
    freed = size(option.source_free + plan.quarantined, si)
    return [
        (("There ", "dim"), (f"{size(option.free, si)} free {arrow} {after}", "bold")),
        (("Here  ", "dim"), (f"{size(option.source_free, si)} free {arrow} {freed}", "bold"),
         (" once purged", "muted")),
    ]  # fmt: skip


def way_back(plan: Plan, look: Look) -> list[Line]:
    """How it is undone."""
    until = f" until {day(plan.keep_until)}" if plan.quarantined and plan.keep_until else ""
    return [((f"{look.glyphs.undo} u moves it back{until}", "good"),)]


def done_share(plan: Plan, progress: RunProgress) -> tuple[int, int]:
    """Bytes of content that are through, of how many. A copy counts twice: written, read back."""
    through = whole = 0
    outcomes, shipping = progress.outcomes.copy(), progress.shipping.copy()
    for number, step in enumerate(plan.steps):
        if isinstance(step.action, Copy | Match | Move):
            weight = content(step) * (2 if isinstance(step.action, Copy) else 1)
            whole += weight
            if number in outcomes:
                through += weight
            elif (at := shipping.get(number)) is not None:
                again = at.verifying and isinstance(step.action, Copy)
                through += min(at.bytes, content(step)) + (content(step) if again else 0)
    return through, whole


def content(step: Step) -> int:
    """What is read of something while it is copied or compared: holes count, as they do for who reads it."""
    if step.seen is not None:
        return step.seen.apparent
    return step.identity.size if step.identity is not None else step.size


def headline(plan: Plan, outcomes: Mapping[int, Outcome], *, si: bool) -> str:
    """What came of it, in a sentence."""
    load, arrived = Load.of(plan), migrated(plan, outcomes.values())
    planned = f" of {size(load.whole, si)}" if arrived != load.whole else ""
    return f"{size(arrived, si)}{planned} at the new place"


def variables(service: CacheManager, plan: Plan, outcomes: Sequence[Outcome]) -> Iterator[Line]:
    """What has to be set so that tools use the new places."""
    if not is_move(plan) or not migrated(plan, outcomes):
        return
    rows = route_rows(plan)
    found = service.variables.leading({row.type: row.target for row in rows}).assignments
    configured = {(one.name, str(one.value)) for one in service.variables.environment().assignments}
    if found:
        yield ("Set    ", "accent-ink"), ("so that tools use the new place:", "")
    for one in found:
        yield ("       ", ""), (f"{one.name}={command_line([str(one.value)])}", "bold")
    if found and configured.issuperset((one.name, str(one.value)) for one in found):
        env = command_line([*service.invocation, "env"])
        yield ("       ", ""), (f"{env} prints it for a shell", "muted")
    yield from unled(service, plan, "Set    ")


def unled(service: CacheManager, plan: Plan, label: str) -> Iterator[Line]:
    """The new places that no tool finds by itself, whatever is set."""
    for one in service.variables.unled({row.type: row.target for row in route_rows(plan)}):
        yield (label, "accent-ink"), (unled_sentence(one), "")


def _figure(label: str, value: str) -> Line:
    return ((f"{label:<15}", "muted"), (f"{value:>10}", "good bold"))
