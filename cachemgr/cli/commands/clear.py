"""`cachemgr clear`: remove entries, through a plan."""

from collections.abc import Sequence

import click

from cachemgr.cli.action import act
from cachemgr.cli.options import everywhere, nul_option, pass_session, targets_argument, where_option
from cachemgr.cli.session import Session
from cachemgr.cli.targets import matching, out_of_reach, read_targets, refuse_unusable, say_packed, selected
from cachemgr.cli.wish import Wish, action_options
from cachemgr.domain.errors import Unavailable
from cachemgr.present.text import display_name

EPILOG = """\b
Examples:
  cachemgr clear pip --dry-run                    show the plan and stop
  cachemgr clear models --where 'unused>90d'      asks before it does anything
  cachemgr clear huggingface-hub@home:models/org/name --delete --yes
  cachemgr clear legacy --quarantine              undoable until it is purged
  cachemgr clear all --plan plan.json             to look at now and apply later

\b
Without --delete, --quarantine or --trash the cost decides: what rebuilds itself or downloads
again is deleted; what costs money or time, or is unique, goes to quarantine for 7 days.
"""


@click.command(epilog=EPILOG)
@targets_argument(required=True)
@where_option
@action_options(disposal=True)
@nul_option
@everywhere
@pass_session
def clear(session: Session, targets: tuple[str, ...], where: str | None, nul: bool, wish: Wish) -> int:
    """Remove entries: shows the plan, asks, then does exactly that."""
    return _clear(session, targets, where, wish, nul=nul)


@click.command("clear-models", hidden=True)
@action_options(disposal=True)
@everywhere
@pass_session
def clear_models(session: Session, wish: Wish) -> int:
    """The same as `clear models`."""
    return _clear(session, ("models",), None, wish)


@click.command("clear-app", hidden=True)
@action_options(disposal=True)
@everywhere
@pass_session
def clear_app(session: Session, wish: Wish) -> int:
    """The same as `clear apps`."""
    return _clear(session, ("apps",), None, wish)


@click.command("clear-all", hidden=True)
@action_options(disposal=True)
@everywhere
@pass_session
def clear_all(session: Session, wish: Wish) -> int:
    """The same as `clear all`."""
    return _clear(session, ("all",), None, wish)


def _clear(
    session: Session, targets: Sequence[str], where: str | None, wish: Wish, *, nul: bool = False
) -> int:
    words = read_targets(targets, nul=nul)
    inventory = session.inventory()
    selection = selected(session, inventory, words)
    refuse_unusable(inventory, selection)
    say_packed(session, inventory, selection)
    entries = matching(session, inventory, selection, where)
    plan = session.service.plan_clear(
        inventory,
        frozenset(entry.id for entry in entries),
        targets=tuple(words or ()),
        disposal=wish.disposal,
        force=wish.forced,
    )
    if where is not None and selection.entries and not entries:
        session.output.line(f"cachemgr: no entry matches {display_name(where)!r}", err=True)
    code = act(session, plan, wish)
    lost = out_of_reach(session, inventory, selection)
    return code or (Unavailable.exit_code if lost else 0)
