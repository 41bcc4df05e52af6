"""`cachemgr responses`: a project's response cache, seen from outside of the applications that use it."""

from datetime import date
from pathlib import Path
from typing import cast, get_args

import click

from cachemgr.cli.commands.responses_upkeep import convert, expire, verify
from cachemgr.cli.options import of_a_cache
from cachemgr.cli.responses import (
    as_text,
    directory,
    response_caches,
    show_entries,
    show_stats,
    the_one,
)
from cachemgr.cli.session import Session
from cachemgr.domain.errors import Damaged, UnknownTarget, UsageError
from cachemgr.present.document.responses import (
    entries_document,
    entry_document,
    stats_document,
)
from cachemgr.present.document.values import is_text
from cachemgr.present.text import display_name
from cachemgr.responses.errors import Corrupt
from cachemgr.responses.query import EntryQuery, Grouping, Order


@click.group()
def responses() -> None:
    """Responses of language models: entries, hit rate, money saved."""


@responses.command()
@click.option("--by", multiple=True, type=click.Choice(get_args(Grouping)), help="Group by this; repeatable.")
@click.option("--since", metavar="DAY", help="Traffic from this day on, such as 2026-11-26 (UTC).")
@click.option("--until", metavar="DAY", help="Traffic up to this day.")
@of_a_cache
def stats(
    session: Session, named: Path | None, by: tuple[str, ...], since: str | None, until: str | None
) -> int:
    """How much there is, how often it was hit, and what that saved."""
    groups, first, last = cast(tuple[Grouping, ...], by), _day(since), _day(until)
    if first is not None and last is not None and first > last:
        raise UsageError(f"--since {first} is later than --until {last}; no day is in between")
    with response_caches(session).looking(named) as cache:
        lines, found = cache.status(group_by=groups), cache.analytics(first, last)
        if "day" in groups:
            lines.sort(key=lambda line: line.group[groups.index("day")])
        if session.options.json:
            session.output.document(stats_document(cache, lines, found, groups, session.now()))
        else:
            show_stats(session, cache, lines, found, groups)
    return 0


@responses.command()
@click.option("--provider", metavar="GLOB", help="Only of these providers.")
@click.option("--model", metavar="GLOB", help="Only of these models.")
@click.option("--expired", is_flag=True, help="Only what has expired.")
@click.option("--sort", type=click.Choice(get_args(Order)), default="created", show_default=True)
@click.option("--reverse", is_flag=True, help="The greatest first.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="The first N.")
@of_a_cache
def ls(
    session: Session,
    named: Path | None,
    provider: str | None,
    model: str | None,
    expired: bool,
    sort: str,
    reverse: bool,
    limit: int | None,
) -> int:
    """The entries, oldest first."""
    for glob in filter(None, (provider, model)):
        if not is_text(glob):
            raise UsageError(f"{glob!r} is no text, and every provider and model is called by one")
    now = session.now()
    query = EntryQuery(provider, model, expired_at_ms=int(now.timestamp() * 1000) if expired else None)
    with response_caches(session).looking(named) as cache:
        entries = list(cache.entries(query, order_by=cast(Order, sort), descending=reverse))
        shown = entries[:limit]
        if session.options.json:
            session.output.document(entries_document(cache, shown, len(entries), now))
        else:
            show_entries(session, cache, shown, len(entries), by=cast(Order, sort))
    return 0


@responses.command()
@click.argument("key")
@of_a_cache
def get(session: Session, named: Path | None, key: str) -> int:
    """Print one response. KEY is what the application asks by, a digest, or how a digest begins."""
    if not key.strip():
        raise UsageError("KEY is empty; give a key, a digest, or how a digest begins")
    with response_caches(session).looking(named) as cache:
        entry = the_one(session, cache, key, named)
        try:
            hit = cache.peek(entry.digest)
        except Corrupt as error:
            verify = session.command("responses", "verify", *directory(named))
            what = display_name(str(error))
            raise Damaged(
                f"{entry.digest} cannot be read: {what}; `{verify}` looks at all of them"
            ) from error
        if hit is None:
            raise UnknownTarget(f"{entry.digest} is gone: somebody removed it just now")
        if session.options.json:
            session.output.document(entry_document(cache, entry, hit.value, session.now()))
        else:
            text = as_text(hit.value)
            # A prompt would go on in the answer's last line; what is written to a file is the answer alone.
            closing = "\n" if session.output.out.isatty() and not text.endswith("\n") else ""
            session.output.exact(text + closing)
    return 0


for changing in (expire, verify, convert):
    responses.add_command(changing)


def _day(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise UsageError(f"{text!r} is no day; write it as 2026-11-26") from None
