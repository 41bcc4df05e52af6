"""`cachemgr apply`: a saved plan, exactly as it stands."""

import os
import sys
from pathlib import Path

import click

from cachemgr.cli.action import act
from cachemgr.cli.options import PLAN_FILE, everywhere, pass_session
from cachemgr.cli.session import Session
from cachemgr.cli.wish import Wish, action_options
from cachemgr.domain.errors import UsageError
from cachemgr.present.text import display_name

EPILOG = """\b
Example:
  cachemgr clear models --plan plan.json
  cachemgr apply plan.json

A plan that is older than 15 minutes, was carried out already, or is about caches that are not looked at
here (give the same --home and --project) is refused before it is shown.
Every item is checked again right before it is touched: what changed since the plan was made stays.
"""
_LARGEST = 256 * 2**20
"""Bytes of a plan; a file beyond it is something else."""


@click.command(epilog=EPILOG)
@click.argument("plan_file", metavar="PLAN.json", type=PLAN_FILE)
@action_options()
@everywhere
@pass_session
def apply(session: Session, plan_file: Path, wish: Wish) -> int:
    """Carry out a saved plan, or refuse."""
    plan = session.service.decode_plan(_read(plan_file))
    session.service.past.refuse_saved(plan, session.inventory())
    return act(session, plan, wish, saved=True)


def _read(path: Path) -> bytes:
    try:
        if str(path) == "-":
            document = sys.stdin.buffer.read(_LARGEST + 1)
        else:
            with open(path, "rb") as file:
                document = file.read(_LARGEST + 1)
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise UsageError(f"cannot read the plan {display_name(path)}: {why}") from error
    if len(document) > _LARGEST:
        raise UsageError(f"{display_name(path)} is too large to be a plan")
    return document
