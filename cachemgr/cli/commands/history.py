"""`cachemgr history`: what was done."""

import click

from cachemgr.cli.columns import Column
from cachemgr.cli.options import everywhere, json_option, pass_session
from cachemgr.cli.session import Session
from cachemgr.domain.run import Run
from cachemgr.domain.terms import Status
from cachemgr.present.document.runs import history_document
from cachemgr.present.plan_rows import does
from cachemgr.present.promises import outcome
from cachemgr.present.run_rows import run_row
from cachemgr.present.text import counted, display_name, exclusion_sentence, minute, trouble_sentence


@click.command()
@click.argument("run", required=False)
@json_option
@everywhere
@pass_session
def history(session: Session, run: str | None) -> int:
    """Runs, newest first; with RUN what each step of it did."""
    runs = (session.service.run(run),) if run is not None else session.service.runs()
    if not session.options.json:
        for unread in session.service.past.newer() if run is None else ():
            session.output.line(
                f"cachemgr: run {unread} was recorded by a newer cachemgr, so it is left out", err=True
            )
    if session.options.json:
        session.output.document(
            history_document(
                runs, session.now(), detailed=run is not None, invocation=session.service.invocation
            )
        )
    elif session.options.quiet:
        for known in runs:
            session.output.line(known.id)
    elif run is not None:
        _detail(session, runs[0])
    else:
        _table(session, runs)
    return 0


def _table(session: Session, runs: tuple[Run, ...]) -> None:
    output = session.output
    if not runs:
        output.line("Nothing was done yet.")
        return
    columns = (
        Column("Run"),
        Column("When (UTC)"),
        Column("What", shrinks=True),
        Column("Done", right=True),
        Column("Not done", right=True),
        Column("Freed", right=True),
        Column("Set aside", right=True),
        Column("State"),
    )
    rows, past = [], tuple(map(run_row, runs))
    for row in past:
        left = row.entries.failed + row.entries.refused + row.entries.skipped
        rows.append(
            (
                row.id,
                minute(row.started),
                row.what,
                f"{row.entries.done:,}",
                f"{left:,}" if left else output.dash(),
                output.size(row.totals.freed),
                output.size(row.quarantined) if row.quarantined else output.dash(),
                row.state,
            )
        )
    output.table(columns, rows)
    if any(known.interrupted for known in runs):
        output.line()
        output.line("`cachemgr recover RUN` finishes what was interrupted, or brings back what it moved.")
    if any(row.undoable for row in past):
        output.line()
        output.line(
            "`cachemgr undo RUN` brings back what is set aside; `cachemgr purge RUN` frees its bytes."
        )


def _detail(session: Session, run: Run) -> None:
    output, row = session.output, run_row(run)
    output.line(f"{row.id}  {row.what}  {minute(run.started)} UTC  {row.state}")
    output.line(outcome(run.plan, run.outcomes, output.si))
    output.line()
    rows = []
    for one in (run.fates[number] for number in sorted(run.fates)):
        step = run.plan.steps[one.number]
        why = trouble_sentence(one.trouble) if one.trouble else ""
        name = display_name(step.entry or step.cache)
        state = one.status.value
        if one.status is not Status.DONE:
            state = click.style(state, fg="yellow")
        rows.append((str(one.number), state, does(step), output.size(one.freed), name, why))
    columns = (
        Column("Step", right=True),
        Column("Status"),
        Column("What"),
        Column("Freed", right=True),
        Column("Entry", shrinks=True),
        Column("Why"),
    )
    output.table(columns, rows)
    for exclusion in run.plan.exclusions:
        output.line(
            f"stayed: {display_name(exclusion.entry or exclusion.cache)}: {exclusion_sentence(exclusion)}"
        )
    waiting = run.quarantined
    if run.interrupted:
        output.line()
        output.line(f"It was interrupted; what can be done: {session.command('recover', run.id)}")
    elif waiting:
        output.line()
        way = session.command("undo", run.id)
        entries = {step.entry or number for number, step in waiting}
        output.line(f"{counted(len(entries), 'entry', 'entries')} can be undone with: {way}")
