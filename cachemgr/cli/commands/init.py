"""`cachemgr init`: directories, .gitignore lines and a configuration for a project's caches."""

import os

import click

from cachemgr.cli.options import everywhere, json_option, pass_session
from cachemgr.cli.session import Session
from cachemgr.domain.setup import Made, Part, SetupItem
from cachemgr.present.document.setup import init_document
from cachemgr.present.text import display_name, short_path

EPILOG = """\b
Examples:
  cachemgr init --dry-run     what would be made
  cachemgr init               make it, in the project around or in this directory
  eval "$(cachemgr env)"      and lead the tools there

A project that has a configuration gets the directories that it names; one without gets .cache/huggingface,
.cache/torch and a cachemgr.toml that names them. What is there stays as it is: run it again at any time.
"""
_WORDS = {
    Made.CREATED: ("created", "would create"),
    Made.ADDED: ("added to", "would add to"),
    Made.PRESENT: ("already there", "already there"),
    Made.FAILED: ("failed", "failed"),
}


@click.command(epilog=EPILOG)
@click.option("--dry-run", is_flag=True, help="Show what would be made and stop.")
@click.option(
    "--allow-root",
    is_flag=True,
    help="Write although the home or the project is somebody else's, or under sudo.",
)
@json_option
@everywhere
@pass_session
def init(session: Session, dry_run: bool, allow_root: bool) -> int:
    """Set a project up: cache directories, .gitignore, configuration."""
    session.options.allow_root = allow_root
    setup, output = session.service.setup, session.output
    items = setup.survey() if dry_run else tuple(setup.carry_out())
    failed = any(item.state is Made.FAILED for item in items)
    if session.options.json:
        output.document(init_document(items, setup.directory, session.now(), dry_run=dry_run))
        return int(failed)
    made = [item for item in items if item.state in (Made.CREATED, Made.ADDED)]
    if not session.options.quiet:
        output.line(f"Project {short_path(setup.directory, session.service.machine.home)}")
    width = max(len(words[dry_run]) for words in _WORDS.values())
    for item in items:
        _item(session, item, width, dry_run=dry_run)
    if not made and not failed and not session.options.quiet:
        output.line("All of it was there already; nothing was changed.")
    elif not dry_run and not session.options.quiet:
        output.line(f"`{session.command('env')}` leads the tools there.")
    return int(failed)


def _item(session: Session, item: SetupItem, width: int, *, dry_run: bool) -> None:
    output = session.output
    shown = short_path(item.path, None, session.service.setup.directory)
    if item.part is Part.DIRECTORY:
        shown += os.sep
    if session.options.quiet:
        if item.state in (Made.CREATED, Made.ADDED):
            output.line(shown)
        return
    why = f": {os.strerror(item.errno)}" if item.errno is not None else ""
    output.line(f"  {_WORDS[item.state][dry_run].ljust(width)}  {shown}{why}")
    for line in item.lines:
        output.line(f"  {''.ljust(width)}    {display_name(line)}")
    for line in item.left_out:
        output.line(f"  {''.ljust(width)}    not {display_name(line)}, which holds source files")
