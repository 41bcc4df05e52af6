"""A response cache on the screen: figures, entries, what was removed, what is wrong."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from cachemgr.cli.ask import Declined, confirm
from cachemgr.cli.columns import Column
from cachemgr.domain.errors import NeedsConfirmation, UnknownTarget
from cachemgr.present.document.responses import hits_of
from cachemgr.present.document.values import is_text
from cachemgr.present.text import counted, display_name, minute, short_path
from cachemgr.response_caches import ResponseCaches
from cachemgr.responses.config_reading import USUAL_FILE
from cachemgr.responses.query import EntryQuery

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cachemgr.cli.session import Session
    from cachemgr.responses.analytics import Analytics
    from cachemgr.responses.cache import Cache
    from cachemgr.responses.entry import Entry
    from cachemgr.responses.query import Grouping, Order
    from cachemgr.responses.report import Totals, Trouble
    from cachemgr.responses.transfer import TransferReport

_SHORT = 12
"""Digits of a digest that tell entries apart well enough."""
_TO_SQLITE = ("responses", "convert", "--to", "sqlite")
_MANY_FILES = 20_000
"""Entries from which one database is the better place."""


def response_caches(session: Session) -> ResponseCaches:
    """For the machine, the project and the options of this invocation."""
    service = session.service
    return ResponseCaches(service.machine, service.project, service.read_only, service.allow_root)


def agree(
    session: Session, words: Sequence[str], named: Path | None, *, yes: bool, question: str = "Go on?"
) -> None:
    """`words`: what was asked for. Raises NeedsConfirmation, Declined; Refused where nothing may be changed
    anyway."""
    response_caches(session).admit()
    if yes:
        return
    if session.options.json or not session.interactive:
        allowed = ("--allow-root",) if session.service.allow_root else ()
        command = session.command("responses", *words, *directory(named), *allowed, "--yes")
        raise NeedsConfirmation(f"nothing was changed, since nobody can be asked; run: {command}")
    if not confirm(session.output, question):
        raise Declined("nothing was changed")


def directory(named: Path | None) -> tuple[str, ...]:
    return () if named is None else ("--dir", str(named))


def the_one(session: Session, cache: Cache, key: str, named: Path | None) -> Entry:
    """The entry that is meant by a key, a digest, or the beginning of one. A key comes first: a digest may
    begin so, too."""
    plain = key.removeprefix("cache:")
    # A key may hold bytes that are no text; a digest does not begin with them.
    for digest in (cache.digest(key), *([plain] if plain and is_text(plain) else ())):
        found = list(cache.entries(EntryQuery(digest=digest)))
        if len(found) == 1:
            return found[0]
        if found:
            raise UnknownTarget(f"{key!r} is how {len(found)} digests begin; give more of it")
    ls = session.command("responses", "ls", *directory(named))
    raise UnknownTarget(f"there is no response under {key!r}; `{ls}` lists what there is")


def as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def show_stats(
    session: Session, cache: Cache, lines: Sequence[Totals], found: Analytics, by: tuple[Grouping, ...]
) -> None:
    output = session.output
    if by:
        columns = (
            *(Column(name.capitalize(), shrinks=True) for name in by),
            Column("Entries", right=True),
            Column("Size", right=True),
            Column("On disk", right=True),
            Column("Expired", right=True),
        )
        rows = [
            (
                *(display_name(value) or output.dash() for value in line.group),
                f"{line.entries:,}",
                output.size(line.payload_bytes),
                output.size(line.disk_bytes),
                f"{line.expired:,}" if line.expired else output.dash(),
            )
            for line in lines
        ]
        output.table(columns, rows)
        output.line()
    entries = sum(line.entries for line in lines)
    disk, expired = sum(line.disk_bytes for line in lines), sum(line.expired for line in lines)
    limit = None if cache.backend == "redis" else cache.config.limit_bytes
    of_limit = "" if limit is None else f" of {output.size(limit)}"
    output.line(f"{where_it_is(session, cache)} ({cache.backend})")
    output.line(f"{counted(entries, 'entry', 'entries')}, {output.size(disk)}{of_limit}; {expired:,} expired")
    total, saved = found.total, found.saved
    if found.hit_rate is not None:
        output.line(f"{found.hit_rate:.1%} of {total.hits + total.misses:,} requests were hits")
        tokens = saved.request_tokens + saved.response_tokens
        if tokens or saved.cost_usd:  # else nobody said what an answer costs
            output.line(f"{tokens:,} tokens and {dollars(saved.cost_usd)} saved")
    if total.corrupt or total.failed:
        output.line(f"{total.corrupt:,} reads found corrupt entries, {total.failed:,} writes failed")
    if cache.backend == "redis":
        output.line("No size limit of ours holds here; the server's own `maxmemory` does.")
    if cache.backend == "file" and entries > _MANY_FILES:
        output.line(f"One database holds so many in less room: {session.command(*_TO_SQLITE)}")


def show_entries(
    session: Session, cache: Cache, entries: Sequence[Entry], total: int, *, by: Order = "created"
) -> None:
    output = session.output
    if session.options.quiet:
        for entry in entries:
            output.line(entry.digest)
        return
    if entries:
        entry_table(session, cache, entries, by=by)
        output.line()
    shown = "" if len(entries) == total else f", {len(entries):,} shown"
    output.line(f"{counted(total, 'entry', 'entries')}{shown}")


def entry_table(session: Session, cache: Cache, entries: Sequence[Entry], *, by: Order = "created") -> None:
    """What they are in order `by` is not left out; what each of them cost is shown for that alone."""
    output = session.output
    columns = (
        Column("Digest"),
        Column("Provider", shrinks=True, drops=1),
        Column("Model", shrinks=True),
        Column("Size", right=True),
        *((Column("Cost", right=True),) if by == "cost" else ()),
        Column("Created (UTC)", drops=1),
        Column("Expires (UTC)", drops=1),
        Column("Hits", right=True, drops=int(by != "hits")),
        Column("State"),
    )
    rows = [
        (
            entry.digest[:_SHORT],
            display_name(entry.provider) or output.dash(),
            display_name(entry.model) or output.dash(),
            output.size(entry.payload_bytes),
            *((dollars(entry.usage.cost_usd),) if by == "cost" else ()),
            minute(entry.created_at),
            minute(entry.expires_at) if entry.expires_at else "never",
            output.dash() if (hits := hits_of(cache, entry)) is None else f"{hits:,}",
            entry.state,
        )
        for entry in entries
    ]
    output.table(columns, rows)


def show_transfer(session: Session, source: Cache, target: Cache, report: TransferReport) -> None:
    output = session.output
    left_out = f"; {report.left_out:,} had expired" if report.left_out else ""
    entries = counted(report.entries, "entry", "entries")
    kept = f"; {report.kept:,} kept that {'is' if report.kept == 1 else 'are'} as new" if report.kept else ""
    output.line(f"{entries} copied to {where_it_is(session, target)} ({target.backend}){kept}{left_out}")
    if report.hits:
        output.line(f"Hits stay behind: of these {report.hits:,} the copy has none, and counts from 0.")
    show_troubles(session, report.troubles)
    if report.troubles:
        output.line("The same command again copies what is missing.")
    elif report.entries:
        output.line(f"Applications use it once {_switch(session, source, target)}.")


def _switch(session: Session, source: Cache, target: Cache) -> str:
    """What has to be said, and in which file, for an application to use the copy."""
    machine, project = session.service.machine, session.service.project
    file = short_path((project or Path(machine.cwd)) / USUAL_FILE, machine.home, project)
    where = "" if target.place == source.place else f" and `cache_dir` is {where_it_is(session, target)}"
    return f"`backend` is `{target.backend}`{where} in the `caching` section of {file}"


def dollars(cost: Decimal) -> str:
    """To the hundredth of a cent; less than that is not nothing."""
    return "<$0.0001" if 0 < cost < Decimal("0.00005") else f"${cost:.4f}"


def where_it_is(session: Session, cache: Cache) -> str:
    if cache.backend not in ("file", "sqlite"):
        return display_name(cache.place)
    return short_path(Path(cache.place), session.service.machine.home, session.service.project)


def show_troubles(session: Session, troubles: Sequence[Trouble]) -> None:
    for trouble in troubles:
        session.output.line(f"  {display_name(trouble.item)}: {display_name(trouble.reason)}")
