"""`cachemgr responses expire`, `verify` and `convert`: what changes a response cache, or copies it."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import click

from cachemgr.cli.findings import question, show_findings
from cachemgr.cli.options import DIRECTORY, allow_root_option, of_a_cache
from cachemgr.cli.responses import agree, response_caches, show_transfer
from cachemgr.cli.session import Session
from cachemgr.cli.swept import pinned, rehearsed, show_sweep
from cachemgr.domain.errors import Busy, Refused, UsageError
from cachemgr.domain.field import Measure, amount
from cachemgr.domain.policy import Pin
from cachemgr.present.document.responses import sweep_document, transfer_document, verify_document
from cachemgr.present.text import display_name
from cachemgr.responses.cache import Cache
from cachemgr.responses.maintained import BUSY
from cachemgr.responses.report import SweepReport

EXPIRE = """\b
Examples:
  cachemgr responses expire --dry-run              what is over, by what the cache itself noted
  cachemgr responses expire --older-than 30d --yes
  cachemgr responses expire --dir ~/app/.questfoundry/cache --yes

\b
Stops with exit code 4 when more than half would go by a clock that was set, or is
more than 30 days ahead of all that was stored; --force says it is right.
"""
VERIFY = """\b
Examples:
  cachemgr responses verify                        every byte against its digest
  cachemgr responses verify --repair               show what is done about it, ask, and do that alone
  cachemgr responses verify --repair --yes         remove what is broken for good, rename what has an old name

\b
Exit code 1 when something is wrong and was not mended. Old names and records of the old form are
sound; --repair renames the former. `Repair` says for each row what it would do, or did.
"""
CONVERT = """\b
Examples:
  cachemgr responses convert --to sqlite           one database beside the files
  cachemgr responses convert --to file --out backup/responses

\b
What lives is copied; the source stays as it is, and of two answers to one question the later one.
After an interruption the same command goes on. Then set `backend:` in `.questfoundry/config.yml`.
"""

_yes = click.option("--yes", is_flag=True, help="Do not ask.")


@click.command(epilog=EXPIRE)
@click.option("--older-than", metavar="AGE", help="Also what is older than this, such as 30d.")
@click.option("--never-expiring", is_flag=True, help="With --older-than, also what never expires.")
@click.option("--dry-run", is_flag=True, help="Show which entries would go and stop.")
@click.option("--force", is_flag=True, help="Although the clock looks wrong.")
@_yes
@allow_root_option
@of_a_cache
def expire(
    session: Session,
    named: Path | None,
    older_than: str | None,
    never_expiring: bool,
    dry_run: bool,
    force: bool,
    yes: bool,
) -> int:
    """Remove what has expired, for good, but for what is pinned."""
    age, caches = _age(older_than), response_caches(session)
    if never_expiring and age is None:
        raise UsageError("--never-expiring says what --older-than is about; it needs that option")
    with caches.looking(named) as cache:
        report, kept = rehearsed(cache, pins := pinned(session, cache), age, endless=never_expiring)
        if dry_run or not report.removed.entries:
            _say_swept(session, cache, report, kept, older=age is not None)
            refused = caches.refusal(named) if report.removed.entries else ""
            if refused and not session.options.json:
                session.output.line(f"With --yes it would be refused: {display_name(refused)}")
            return 0
        if not (session.options.json or yes):
            show_sweep(session, cache, report, kept, older=age is not None)
    asked = ("--older-than", older_than) if older_than is not None else ()
    flags = [flag for flag, given in (("--never-expiring", never_expiring), ("--force", force)) if given]
    agree(session, ("expire", *asked, *flags), named, yes=yes)
    with caches.changing(named) as cache:
        report = cache.expire(older_than=age, endless=never_expiring, keep=pins, force=force)
        if report.skipped:
            if report.skipped == BUSY:
                raise Busy(f"nothing was removed: {BUSY}")
            raise Refused(f"nothing was removed: {report.skipped}; --force says that it is right")
        _say_swept(session, cache, report, kept, older=age is not None)
    return 1 if report.troubles else 0


@click.command(epilog=VERIFY)
@click.option("--repair", is_flag=True, help="Mend or remove what is wrong.")
@_yes
@allow_root_option
@of_a_cache
def verify(session: Session, named: Path | None, repair: bool, yes: bool) -> int:
    """Check every entry: its digest, its other half, its place in the index."""
    caches = response_caches(session)
    agreed = None
    if repair and not yes:
        caches.admit()
        with caches.looking(named) as cache:
            agreed = cache.verify()
            repair = bool(agreed.mendable)  # where nothing is to be mended nobody is asked
            if repair and not session.options.json:
                show_findings(session, agreed, named, asked=True)
    if repair:
        asks = question(agreed) if agreed is not None else ""
        agree(session, ("verify", "--repair"), named, yes=yes, question=asks)
    with (caches.changing if repair else caches.looking)(named) as cache:
        report = cache.verify(repair=repair, agreed=agreed)
        if report.skipped:
            raise Busy(f"nothing was mended: {report.skipped}")
        if session.options.json:
            session.output.document(verify_document(cache, report, session.now()))
        else:
            show_findings(session, report, named, mended=repair)
    return 0 if report.sound else 1


@click.command(epilog=CONVERT)
@click.option(
    "--to", "backend", type=click.Choice(["file", "sqlite"]), required=True, help="The backend to copy to."
)
@click.option("--out", metavar="DIR", type=DIRECTORY, help="Where to; default: the same directory.")
@allow_root_option
@of_a_cache
def convert(session: Session, named: Path | None, backend: str, out: Path | None) -> int:
    """Copy the cache into another backend."""
    caches = response_caches(session)
    with caches.looking(named) as source:
        target_directory = out or caches.directory(named)
        if source.backend == backend and caches.directory(out or named) == caches.directory(named):
            raise UsageError(f"this cache is kept by `{backend}` already; --out names another directory")
        target, report = caches.convert(source, target_directory, "sqlite" if backend == "sqlite" else "file")
        if session.options.json:
            session.output.document(transfer_document(source, target, report, session.now()))
        else:
            show_transfer(session, source, target, report)
    return 1 if report.troubles else 0


def _say_swept(
    session: Session, cache: Cache, report: SweepReport, kept: Mapping[Pin, int], *, older: bool
) -> None:
    if session.options.json:
        session.output.document(sweep_document(cache, report, kept, session.now()))
    else:
        show_sweep(session, cache, report, kept, older=older)


def _age(text: str | None) -> timedelta | None:
    if text is None:
        return None
    try:
        return timedelta(seconds=amount(text, Measure.SECONDS))
    except ValueError as error:
        raise UsageError(f"--older-than: {error}") from None
    except OverflowError:
        raise UsageError(f"--older-than: {text!r} is no amount that there can be") from None
