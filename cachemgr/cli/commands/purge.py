"""`cachemgr purge`: empty the quarantine, through a plan."""

import click

from cachemgr.cli.action import act
from cachemgr.cli.options import everywhere, pass_session
from cachemgr.cli.session import Session
from cachemgr.cli.wish import Wish, action_options

EPILOG = """\b
Examples:
  cachemgr purge --due        what was set aside long enough ago
  cachemgr purge RUN          what one run set aside
  cachemgr purge              everything that was set aside
"""


@click.command(epilog=EPILOG)
@click.argument("run", required=False)
@click.option("--due", is_flag=True, help="Only what was set aside long enough ago.")
@action_options()
@everywhere
@pass_session
def purge(session: Session, run: str | None, due: bool, wish: Wish) -> int:
    """Delete for good what was set aside; frees its bytes."""
    if run is not None and due:
        raise click.UsageError("Name a RUN or say --due, not both.")
    return act(session, session.service.plan_purge(run, due=due), wish)
