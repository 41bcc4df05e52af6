"""`cachemgr demo`: a safe sample home and project to try everything on."""

from pathlib import Path

import click

from cachemgr.cli.commands.status import show_status
from cachemgr.cli.options import NEW_DIRECTORY, everywhere, json_option, pass_session
from cachemgr.cli.session import Session
from cachemgr.present.text import display_name

EPILOG = """\b
Examples:
  cachemgr demo                      look around in the app; the sample is removed afterwards
  cachemgr demo --status             print the status of the sample
  cachemgr demo --dir /tmp/try       keep it there, and go on with the commands

Large files are holes, with real names and sizes: `cachemgr tiktoken verify` calls the sample's corrupt.
"""


@click.command(epilog=EPILOG)
@click.option("--dir", "directory", metavar="DIR", type=NEW_DIRECTORY, help="Build it here, and keep it.")
@click.option("--status", "print_status", is_flag=True, help="Print its status instead of opening the app.")
@click.option("--keep", is_flag=True, help="Do not remove it afterwards.")
@json_option
@everywhere
@pass_session
def demo(session: Session, directory: Path | None, print_status: bool, keep: bool) -> int:
    """Build a safe sample home and project, and open the app on it."""
    keep = keep or directory is not None
    with session.composition.sample(session.options, directory, keep=keep) as sample:
        inner = session.on(sample.service)
        if print_status or session.options.json or not session.full_screen:
            code = show_status(inner, (), csv=False)
        else:
            code = session.composition.explore(sample.service)
        if keep and not session.options.json:
            where = display_name(sample.directory)
            session.output.line(f"The sample stays in {where}. Go on with it:", err=True)
            session.output.line(f"    {inner.command('status')}", err=True)
    return code
