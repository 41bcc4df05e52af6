"""A plan and its result as a person reads them."""

from collections.abc import Iterable

import click

from cachemgr.cli.columns import Column
from cachemgr.cli.output import Output
from cachemgr.cli.plan_columns import ENTRY, STAYS, WHY, narrower
from cachemgr.cli.route_view import show_routes
from cachemgr.cli.running import Execution
from cachemgr.domain.action import Purge
from cachemgr.domain.outcome import Outcome
from cachemgr.domain.plan import Plan
from cachemgr.domain.terms import Disposal, Intent, Reason, Rebuild, Status
from cachemgr.present.expiry import expiry_notes
from cachemgr.present.plan_rows import (
    FOLLOWS,
    KeptRow,
    PlanRow,
    emptied,
    kept_rows,
    plan_rows,
    row_of_step,
    way_back,
)
from cachemgr.present.promises import moved, notes, outcome, promise
from cachemgr.present.text import counted, day, display_name, glyph, rebuild_word, trouble_sentence, verb

_LONGEST = 40
"""Lines of each part that nobody has to decide on; `--json` and `--plan` have all of them."""
_FEW = 5
"""Lines of what a run that was stopped did not come to; `--json` and `history` have all of them."""


def show_plan(
    output: Output,
    plan: Plan,
    *,
    quiet: bool = False,
    err: bool = False,
    whole: bool = True,
    route: Plan | None = None,
) -> None:
    """What would be done, what stays and why, and what it would gain. Only where nobody is asked any more
    it need not be the `whole` of it. `route` is the plan of the migration that this is, or finishes."""
    rows, kept = plan_rows(plan), kept_rows(plan)
    if quiet:
        for row in rows:
            output.line(display_name(row.id), err=err)
        return
    if rows:
        _planned(output, plan, rows, most=None if whole else _LONGEST, err=err)
    if kept:
        _kept(output, plan, kept, most=None if whole else _LONGEST, after=bool(rows), err=err)
    if rows or kept:
        output.line(err=err)
    if route is not None:
        show_routes(output, route, err=err)
    output.line(f"{verb(plan.intent)}: {promise(plan, output.si)}.", err=err)
    for note in (*expiry_notes(plan, output.si), *notes(plan)):
        output.line(f"{note[0].upper()}{note[1:]}.", err=err)
    for warning in _warnings(output, plan, rows):
        output.line(click.style(warning, fg="yellow"), err=err)


def show_result(output: Output, plan: Plan, run: Execution, undo: str, *, quiet: bool = False) -> None:
    """What was done, what was not and why, and the way back."""
    if quiet:
        done = {one.number for one in run.outcomes if one.status is Status.DONE}
        ids = (plan.steps[number].entry for number in sorted(done))
        for entry in dict.fromkeys(entry for entry in ids if entry is not None):
            output.line(display_name(entry))
        return
    _failures(output, plan, run)
    sentence = outcome(plan, run.outcomes, output.si)
    stays = {
        one.entry
        for one in plan.exclusions
        if one.entry is not None and one.reason is not Reason.SHARED and one.asked
    }
    also = f"; {counted(len(stays), 'entry stays', 'entries stay')}" if stays else ""
    output.line(f"{sentence[0].upper()}{sentence[1:]}{also}.")
    if plan.intent is Intent.MIGRATE and not run.undoable:
        output.line(_unmoved(run.outcomes))
    if run.undoable:
        kept = f"until {day(plan.keep_until)} " if plan.keep_until else ""
        output.line(f"Undo {kept}with: {undo}")
    if moved(plan, run.outcomes, Disposal.TRASH):
        output.line("To have it back, restore it from the trash; its bytes are freed when that is emptied.")


def _failures(output: Output, plan: Plan, run: Execution) -> None:
    """What went wrong, and a few of those that nobody came to: the end of it is what matters."""
    lines = failures(plan, run.outcomes)
    stopped = set(failures(plan, [one for one in run.outcomes if one.stopped]))
    for kind, most in (
        ([line for line in lines if line not in stopped], _LONGEST),
        ([line for line in lines if line in stopped], _FEW),
    ):
        for line in kind[:most]:
            output.line(line, err=True)
        if len(kind) > most:
            output.line(f"and {len(kind) - most:,} more", err=True)


def _unmoved(outcomes: Iterable[Outcome]) -> str:
    """What a migration that did nothing means for its source, which another run may have moved meanwhile."""
    kinds = {one.trouble.kind for one in outcomes if one.trouble is not None} - {"needs"}
    if kinds == {"missing"}:
        return "What was to move was gone already, so that nothing was done; the history shows what took it."
    way_on = "" if kinds == {"stopped"} else "; mend that and migrate again"
    return f"Nothing was taken away, and the source is whole{way_on}."


def _planned(output: Output, plan: Plan, rows: tuple[PlanRow, ...], *, most: int | None, err: bool) -> None:
    # What comes back frees nothing, and is itself the way back.
    undoing, expiring = plan.brings_back or plan.intent is Intent.MIGRATE, plan.expiry is not None
    columns = (
        Column(""),
        Column("What happens"),
        Column("Size", right=True, drops=2),
        *(() if undoing else (Column("Frees now", right=True, drops=int(expiring)),)),
        Column(ENTRY, shrinks=True),
        *((Column(WHY),) if expiring else ()),
        *(() if undoing else (Column("Way back", drops=3),)),
    )
    lines = [
        (
            glyph(row.rebuild, ascii=output.ascii) if row.rebuild else " ",
            row.does,
            output.size(row.size),
            *(() if undoing else (output.size(row.frees),)),
            f"{display_name(row.cache)}:{row.name}",
            *((row.why,) if expiring else ()),
            *(() if undoing else (way_back(row),)),
        )
        for row in rows[:most]
    ]
    if any(row.holds for row in rows):
        lines = [
            line
            for row, made in zip(rows, lines, strict=False)
            for line in (made, *_held(row, made, undoing))
        ]
    if (folders := emptied(plan)) is not None and not undoing:
        name = counted(folders.directories, "emptied directory", "emptied directories")
        lines.append((" ", "remove", output.size(folders.size), output.size(folders.frees), name, "", ""))
        lines[-1] = lines[-1][: len(columns)]
    briefly = {row.why: row.briefly for row in rows}
    if output.bounded(err=err):
        columns = narrower(columns, lines, plan, briefly, ellipsis=output.ellipsis())
    output.table(columns, lines, err=err)
    _more(output, len(rows), most, err=err)


def _held(row: PlanRow, line: tuple[str, ...], short: bool) -> list[tuple[str, ...]]:
    """What a quarantine holds, or goes along with a repository, below it in the column of the entries."""
    before = 3 if short else 4
    return [("",) * before + (f"  {entry}",) + ("",) * (len(line) - before - 1) for entry in row.holds]


def _kept(
    output: Output, plan: Plan, kept: tuple[KeptRow, ...], *, most: int | None, after: bool, err: bool
) -> None:
    if after:
        output.line(err=err)
    expiring = plan.expiry is not None
    columns: tuple[Column, ...] = (
        Column(STAYS, shrinks=True),
        Column("Size", right=True, drops=int(expiring)),
        Column(WHY),
    )
    lines = [(row.id, output.size(row.size), row.why) for row in kept[:most]]
    briefly = {row.why: row.briefly for row in kept if expiring}
    if output.bounded(err=err):
        columns = narrower(columns, lines, plan, briefly, ellipsis=output.ellipsis())
    output.table(columns, lines, err=err)
    _more(output, len(kept), most, err=err)


def _more(output: Output, total: int, most: int | None, *, err: bool) -> None:
    if most is not None and total > most:
        output.line(f"and {counted(total - most, 'more line')}, which --dry-run shows", err=err)


def _warnings(output: Output, plan: Plan, rows: tuple[PlanRow, ...]) -> list[str]:
    permanent = sum(row.permanent for row in rows)
    if not permanent:
        return []
    if plan.intent is Intent.PURGE:
        return ["A purge cannot be undone.", *_price(output, rows)]
    if plan.intent is Intent.FINISH and any(isinstance(step.action, Purge) for step in plan.steps):
        return ["What is purged cannot be brought back.", *_price(output, rows)]
    which = counted(permanent, "entry", "entries")
    if permanent < len(rows):
        which = f"{permanent:,} of these {counted(len(rows), 'entry', 'entries')}"
    return [f"This deletes {which} for good; that cannot be undone."]


def _price(output: Output, rows: tuple[PlanRow, ...]) -> list[str]:
    """What it would cost to have again what is purged, where that is more than a download."""
    costs = {
        rebuild: sum(row.size for row in rows if row.permanent and row.rebuild is rebuild)
        for rebuild in (Rebuild.COSTS, Rebuild.UNIQUE)
    }
    return [f"{output.size(size)} of it {rebuild_word(rebuild)}." for rebuild, size in costs.items() if size]


def failures(plan: Plan, outcomes: Iterable[Outcome]) -> list[str]:
    """What went wrong, once. That a step waited in vain for another is said where nothing else tells why
    its entry stays; of what only tidies up it is not said at all, where an entry tells."""
    failed = [one for one in outcomes if one.trouble is not None]
    rows = row_of_step(plan)
    if any(one.number in rows for one in failed):
        failed = [
            one
            for one in failed
            if one.number in rows or (one.trouble is not None and one.trouble.kind not in FOLLOWS)
        ]
    waited = {one.number for one in failed if one.trouble is not None and one.trouble.kind == "needs"}
    told = {plan.steps[one.number].entry for one in failed if one.number not in waited} - {None}
    lines = [
        _failure(plan, one)
        for one in failed
        if one.number not in waited or plan.steps[one.number].entry not in told
    ]
    return list(dict.fromkeys(lines))


def _failure(plan: Plan, failed: Outcome) -> str:
    step = plan.steps[failed.number]
    action = step.action
    name = step.entry or step.cache
    if step.entry is None and (names := getattr(action, "names", ())):
        name = f"{step.cache}:{'/'.join(names)}"
    why = trouble_sentence(failed.trouble) if failed.trouble else ""
    return f"{failed.status.value}: {display_name(name)}: {why}"
