"""`cachemgr tiktoken`: encodings fetched ahead, checked, and copied for use without a network."""

from pathlib import Path

import click

from cachemgr.cli.encodings import carry_out, show_caches, usable
from cachemgr.cli.options import NEW_DIRECTORY, allow_root_option, everywhere, json_option, pass_session
from cachemgr.cli.session import Session
from cachemgr.domain.errors import Unavailable, UnknownTarget
from cachemgr.domain.terms import CacheState
from cachemgr.present.document.encodings import encodings_document, state_of
from cachemgr.present.text import display_name

WARM = """\b
Examples:
  cachemgr tiktoken warm                           the encodings of current models
  cachemgr tiktoken warm cl100k_base gpt-4o        encodings and models by name
  cachemgr tiktoken warm all --dir dist/tiktoken-cache-temp
  cachemgr tiktoken warm --from ~/Downloads        no network: cl100k_base.tiktoken, or tiktoken's own names
  cachemgr tiktoken warm --python .venv/bin/python

\b
TIKTOKEN_CACHE_DIR is set before tiktoken is imported, in a process of its own. What it fetches gets
its name in the directory only when its SHA-256 is the published one; a wrong file is set aside first.
The last line is TIKTOKEN_CACHE_DIR=DIR.
"""
VERIFY = """\b
Examples:
  cachemgr tiktoken verify                         every place tiktoken uses or used
  cachemgr tiktoken verify --dir dist/tiktoken-cache --json

\b
Exit code 1 when a file is corrupt or cannot be read.
"""
BUNDLE = """\b
Examples:
  cachemgr tiktoken bundle dist/tiktoken-cache     every encoding found, from wherever it is right
  cachemgr tiktoken bundle build/encodings gpt-4o text-embedding-3-large

\b
A corrupt file is reported and never copied, and nothing in DIR is overwritten. The last line is
TIKTOKEN_CACHE_DIR=DIR, which makes tiktoken work there without a network.
"""

_names = click.argument("names", nargs=-1, metavar="[NAME]...")
_dry_run = click.option("--dry-run", is_flag=True, help="Show what would happen and stop.")


@click.group()
def tiktoken() -> None:
    """Fetch tiktoken's encodings ahead, check and bundle them."""


@tiktoken.command(epilog=WARM, short_help="Fetch or copy encodings into a directory.")
@_names
@click.option(
    "--dir",
    "named",
    metavar="DIR",
    type=NEW_DIRECTORY,
    help="Where to; default: the configured directory, else tiktoken's own.",
)
@click.option(
    "--from", "source", metavar="DIR", type=NEW_DIRECTORY, help="Copy from there, without a network."
)
@click.option("--python", metavar="PATH", help="The Python whose tiktoken downloads; default: this one.")
@_dry_run
@allow_root_option
@json_option
@everywhere
@pass_session
def warm(
    session: Session,
    names: tuple[str, ...],
    named: Path | None,
    source: Path | None,
    python: str | None,
    dry_run: bool,
) -> int:
    """Give a directory the files of encodings and models (NAME, or `all`)."""
    encodings = session.service.encodings
    directory = usable(encodings.directory(named))
    given = None if source is None else usable(encodings.cache(source, "--from", by_hand=True), there=True)
    plan = encodings.plan_warm(names, directory, given)
    return carry_out(session, "warm", plan, dry_run=dry_run, python=python)


@tiktoken.command(epilog=VERIFY, short_help="Check tiktoken's files in every place.")
@click.option("--dir", "named", metavar="DIR", type=NEW_DIRECTORY, help="Only this directory.")
@json_option
@everywhere
@pass_session
def verify(session: Session, named: Path | None) -> int:
    """Check every file of tiktoken's in every place: name, size, SHA-256."""
    encodings, service = session.service.encodings, session.service
    caches = encodings.caches() if named is None else (usable(encodings.cache(named), there=True),)
    if named is not None and not any(file.known for cache in caches for file in cache.files):
        # A build that checks its bundle has checked nothing.
        raise UnknownTarget(f"{display_name(named)} holds no file of tiktoken's encodings under its name")
    if session.options.json:
        session.output.document(encodings_document(caches, service.project, session.now()))
    else:
        show_caches(session, caches)
    if any(cache.wrong for cache in caches):
        return 1
    out_of_reach = (CacheState.UNAVAILABLE, CacheState.PARTIAL)
    return Unavailable.exit_code if any(state_of(cache) in out_of_reach for cache in caches) else 0


@tiktoken.command(epilog=BUNDLE, short_help="Copy verified encodings into DIR.")
@click.argument("named", metavar="DIR", type=NEW_DIRECTORY)
@_names
@_dry_run
@allow_root_option
@json_option
@everywhere
@pass_session
def bundle(session: Session, named: Path, names: tuple[str, ...], dry_run: bool) -> int:
    """Copy verified encodings into DIR, which is made if need be."""
    encodings = session.service.encodings
    plan = encodings.plan_bundle(names, usable(encodings.directory(named, "DIR")))
    return carry_out(session, "bundle", plan, dry_run=dry_run)
