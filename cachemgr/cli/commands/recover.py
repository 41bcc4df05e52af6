"""`cachemgr recover`: look at runs that were interrupted, and finish them or roll them back."""

from collections.abc import Sequence

import click

from cachemgr.cli.action import act
from cachemgr.cli.columns import Column
from cachemgr.cli.options import everywhere, pass_session
from cachemgr.cli.session import Session
from cachemgr.cli.wish import Wish, action_options
from cachemgr.domain.errors import UsageError
from cachemgr.domain.terms import StepState
from cachemgr.present.document.recover import Told, recover_document
from cachemgr.present.recovery_rows import judgement, name, progress, reachable, step_rows, unknown
from cachemgr.present.run_rows import run_row
from cachemgr.present.text import minute, step_state_word, trouble_sentence, where_word

EPILOG = """\b
Examples:
  cachemgr recover                   runs that were interrupted, and what can be done about each
  cachemgr recover RUN               step by step: done, unknown, untouched, and where things lie now
  cachemgr recover RUN --finish      do the rest of it, after looking again at every item
  cachemgr recover RUN --rollback    bring back what it moved

Nothing is recovered by itself. Until it is decided, nothing else is done in the caches of that run. Each
entry is there as a whole afterwards, or gone as a whole; one that cannot be finished comes back.
"""
_LONGEST = 40
"""Steps on a screen; `--json` has all of them."""


@click.command(epilog=EPILOG)
@click.argument("run", required=False)
@click.option("--finish", is_flag=True, help="Do what the run did not come to.")
@click.option("--rollback", is_flag=True, help="Bring back what the run moved.")
@action_options()
@everywhere
@pass_session
def recover(session: Session, run: str | None, finish: bool, rollback: bool, wish: Wish) -> int:
    """Look at interrupted runs; finish them or roll them back."""
    if finish and rollback:
        raise click.UsageError("--finish and --rollback exclude each other; choose one.")
    if finish or rollback:
        service = session.service
        wanted = run or _only(session)
        if wanted is None:
            return _nothing(session)
        return act(session, (service.plan_finish if finish else service.plan_roll_back)(wanted), wish)
    if wish.yes or wish.events or wish.plan is not None:
        raise click.UsageError("Say --finish or --rollback; without one of them this only looks.")
    return _look(session, run)


def _only(session: Session) -> str | None:
    """The one interrupted run, where there is no other that could be meant."""
    runs = session.service.interrupted()
    if len(runs) > 1:
        raise UsageError(f"{len(runs)} runs were interrupted; name one, see `{session.command('recover')}`")
    return runs[0].id if runs else None


def _look(session: Session, run: str | None) -> int:
    service, output = session.service, session.output
    runs = service.interrupted() if run is None else (service.past.recovered_by(service.run(run)),)
    told = [Told(one, service.recovery.choices(one), service.recovery.whereabouts(one)) for one in runs]
    newer = service.past.newer()
    if session.options.json:
        document = recover_document(told, newer, service.invocation, session.now(), detailed=run is not None)
        output.document(document)
        return 0
    if session.options.quiet:
        for one in told:
            if one.run.interrupted:
                output.line(one.run.id)
        return 0
    for unread in newer:
        output.line(f"cachemgr: run {unread} was recorded by a newer cachemgr, so it is left out", err=True)
    if run is not None:
        _detail(session, told[0])
    elif told:
        _table(session, told)
    else:
        return _nothing(session)
    return 0


def _nothing(session: Session) -> int:
    if session.options.json:
        newer = session.service.past.newer()
        document = recover_document((), newer, session.service.invocation, session.now(), detailed=False)
        session.output.document(document)
    elif not session.options.quiet:
        session.output.line("No run waits for its recovery.")
    return 0


def _table(session: Session, told: Sequence[Told]) -> None:
    output = session.output
    columns = (
        Column("Interrupted run"),
        Column("When (UTC)"),
        Column("What", shrinks=True),
        *(Column(step_state_word(state).capitalize(), right=True) for state in StepState),
    )
    rows = []
    for one in told:
        row, found = run_row(one.run), judgement(one.run, one.looks)
        numbers = (f"{found[state]:,}" if found[state] else output.dash() for state in StepState)
        rows.append((row.id, minute(row.started), row.what, *numbers))
    output.table(columns, rows)
    for one in told:
        output.line()
        _ways(session, one)
    output.line()
    output.line(f"Step by step: {session.command('recover')} RUN")


def _ways(session: Session, told: Told) -> None:
    """What may be done about a run, as commands."""
    output, run, choices = session.output, told.run, told.choices
    if choices.why:
        output.line(f"Run {run.id} {choices.why}.")
    if not reachable(told.looks):
        output.line("Its caches are not there now, or are not the ones that it worked on.")
    if choices.finish:
        output.line(f"Do the rest of it:          {session.command('recover', run.id, '--finish')}")
    if choices.roll_back:
        output.line(f"Bring back what was moved:  {session.command('recover', run.id, '--rollback')}")


def _detail(session: Session, told: Told) -> None:
    output, run = session.output, told.run
    row = run_row(run)
    output.line(f"{row.id}  {row.what}  {minute(row.started)} UTC  {row.state}")
    where = unknown(run, told.looks)
    output.line(f"Steps: {progress(run, told.looks)}" + (f"; of the unknown {where}" if where else ""))
    if run.torn:
        output.line("Its record ends in the middle of a line; what that line said counts as unknown.")
    output.line()
    rows = list(step_rows(run, told.looks))
    # Where not all of them fit, what nobody knows comes first.
    chosen = sorted(rows, key=lambda row: row.judged is not StepState.UNKNOWN)[:_LONGEST]
    lines = [
        (
            str(row.number),
            click.style(step_state_word(row.judged), fg=None if row.judged is StepState.DONE else "yellow"),
            output.dash() if row.where is None else where_word(row.where),
            row.does,
            output.size(row.size),
            name(row),
            trouble_sentence(row.trouble) if row.trouble else "",
        )
        for row in sorted(chosen, key=lambda row: row.number)
    ]
    columns = (
        Column("Step", right=True),
        Column("State"),
        Column("Now"),
        Column("What"),
        Column("Size", right=True, drops=1),
        Column("Entry", shrinks=True),
        Column("Why", drops=1),
    )
    if lines:
        output.table(columns, lines)
    if len(rows) > len(lines):
        output.line(f"and {len(rows) - len(lines):,} more steps, which --json shows")
    output.line()
    _ways(session, told)
