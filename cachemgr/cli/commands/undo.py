"""`cachemgr undo`: the reverse of a run, through a plan."""

import click

from cachemgr.cli.action import act
from cachemgr.cli.options import everywhere, pass_session
from cachemgr.cli.session import Session
from cachemgr.cli.wish import Wish, action_options

EPILOG = """\b
Examples:
  cachemgr undo               the last run that removed something
  cachemgr undo RUN           another one; `cachemgr history` has their ids

What was deleted for good does not come back; what was set aside does, until it is purged.
A run that was interrupted is no undo's business unless it is named: see `cachemgr recover`.
"""


@click.command(epilog=EPILOG)
@click.argument("run", required=False)
@action_options()
@everywhere
@pass_session
def undo(session: Session, run: str | None, wish: Wish) -> int:
    """Bring back what a run set aside."""
    return act(session, session.service.plan_undo(run), wish)
