"""`cachemgr run`: a program with the variables that put every tool into the configured caches."""

import click

from cachemgr.cli.child import become
from cachemgr.cli.options import everywhere, pass_session
from cachemgr.cli.session import Session

EPILOG = """\b
Examples:
  cachemgr run -- python train.py
  cachemgr run -- pytest -x

The program takes cachemgr's place: signals reach it, and its exit code is the one that is seen. 127: there is
no such program; 126: it cannot be run. No shell is in between; for one, run -- sh -c '…'.
"""


@click.command(epilog=EPILOG, context_settings={"allow_interspersed_args": False})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="CMD...")
@everywhere
@pass_session
def run(session: Session, command: tuple[str, ...]) -> int:
    """Run CMD with the variables of `cachemgr env`."""
    # What follows are CMD's own words: a `--json` among them is no request to us.
    session.arguments = ()
    service = session.service
    return become(command, service.variables.environment().over(service.machine.env))
