"""`cachemgr migrate`: bring caches to where they should be, through a plan."""

from collections.abc import Sequence
from pathlib import Path

import click

from cachemgr.cli.action import act
from cachemgr.cli.options import (
    DIRECTORY,
    everywhere,
    nul_option,
    pass_session,
    targets_argument,
    where_option,
)
from cachemgr.cli.session import Session
from cachemgr.cli.targets import matching, out_of_reach, read_targets, selected
from cachemgr.cli.wish import Wish, action_options
from cachemgr.domain.errors import Unavailable, UsageError
from cachemgr.present.text import display_name

EPILOG = """\b
Examples:
  cachemgr migrate --dry-run                     what of home belongs into the project, and stop
  cachemgr migrate huggingface-hub@home          asks before it does anything
  cachemgr migrate legacy --yes
  cachemgr migrate torch-hub@home --to /data/torch/hub --keep-source 30
  cachemgr undo                                  back to where it was

\b
On one file system everything is moved by a rename. Across file systems it is copied, read back and
compared; only when all of it is safe the source goes into the quarantine, where it is kept for 7
days. Nothing is overwritten: what is at the destination already is compared, and a conflict stays.
Tokens and unknown files stay where they are.
"""


@click.command(epilog=EPILOG)
@targets_argument(required=False)
@where_option
@click.option(
    "--to",
    metavar="DIR",
    type=DIRECTORY,
    help="The directory one cache is to be in; by default where the project's configuration says.",
)
@click.option("--link", is_flag=True, help="Leave a link at the old place, once that is empty.")
@click.option(
    "--keep-source",
    metavar="DAYS",
    type=click.IntRange(0, 3650),
    help="How long the source of a copy is kept in the quarantine (7, unless configured).",
)
@nul_option
@action_options()
@everywhere
@pass_session
def migrate(
    session: Session,
    targets: Sequence[str],
    where: str | None,
    to: Path | None,
    link: bool,
    keep_source: int | None,
    nul: bool,
    wish: Wish,
) -> int:
    """Move caches to where they should be; verified first."""
    words = read_targets(targets, nul=nul)
    inventory = session.inventory()
    selection = selected(session, inventory, words)
    entries = matching(session, inventory, selection, where)
    plan = session.service.plan_migrate(
        inventory,
        frozenset(entry.id for entry in entries),
        to=None if to is None else _absolute(session, to),
        link=link,
        keep_days=keep_source,
        targets=tuple(words or ()),
        force=wish.forced,
    )
    code = act(session, plan, wish)
    lost = out_of_reach(session, inventory, selection)
    return code or (Unavailable.exit_code if lost else 0)


def _absolute(session: Session, to: Path) -> Path:
    if to.parts[:1] and to.parts[0].startswith("~"):
        raise UsageError(f"--to {display_name(to)}: nothing expands the ~ here; write the directory out")
    return Path(session.service.machine.cwd) / to
