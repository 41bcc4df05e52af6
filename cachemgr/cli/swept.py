"""What an expiry of responses removed, or would: counted, pinned, and on the screen."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from cachemgr.cli.responses import entry_table, show_troubles, where_it_is
from cachemgr.present.text import counted, display_name
from cachemgr.responses.format import OLD_PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    from cachemgr.cli.session import Session
    from cachemgr.domain.policy import Pin
    from cachemgr.responses.cache import Cache
    from cachemgr.responses.entry import Entry
    from cachemgr.responses.report import SweepReport

MOST = 40
"""Lines of what would go; the document has all of them."""


def pinned(session: Session, cache: Cache) -> Mapping[str, Pin]:
    """Which pin of the configuration holds each entry, by digest, of those that one holds. Where the cache
    lies in another project, that one's pins count as well."""
    services = [session.service]
    if cache.backend in ("file", "sqlite"):
        services += session.composition.around(session.options, session.service, Path(cache.place))
    found: dict[str, Pin] = {}
    for service in services:
        if not service.settings.pins:
            continue
        pin_of = service.expiring.pin_within(session.on(service).inventory(), cache.place, "responses")
        for entry in cache.entries():
            names = (entry.digest, OLD_PREFIX + entry.digest, *((entry.own,) if entry.own else ()))
            if (pin := pin_of(names, entry.model)) is not None:
                found.setdefault(entry.digest, pin)
    return found


def rehearsed(
    cache: Cache, pins: Mapping[str, Pin], age: timedelta | None, *, endless: bool
) -> tuple[SweepReport, Mapping[Pin, int]]:
    """What would go, and how many of those that would each pin keeps."""
    report = cache.expire(older_than=age, endless=endless, keep=pins, dry_run=True)
    kept = Counter["Pin"]()
    for pin in dict.fromkeys(pins.values()):
        others = [digest for digest, held in pins.items() if held is not pin]
        without = cache.expire(older_than=age, endless=endless, keep=others, dry_run=True)
        kept[pin] = without.removed.entries - report.removed.entries
    return report, {pin: number for pin, number in kept.items() if number}


def show_sweep(
    session: Session, cache: Cache, report: SweepReport, kept: Mapping[Pin, int], *, older: bool = False
) -> None:
    """`older`: what is older than a time went as well, which need not have expired."""
    if session.options.quiet and report.dry_run:
        for entry in report.entries:
            session.output.line(entry.digest)
        return
    if report.entries:
        _show_going(session, cache, report.entries)
    removed, output, where = report.removed, session.output, where_it_is(session, cache).removesuffix(":")
    what = "expired or older" if older else "expired"
    if not removed.entries and not report.troubles:
        nothing = f"nothing has expired{' or is older' if older else ''}"
        output.line(f"{where}: {'nothing is removed' if kept else nothing}")
    else:
        verb = "would be removed" if report.dry_run else "removed"
        entries = counted(removed.entries, f"{what} entry", f"{what} entries")
        output.line(f"{where}: {entries} {verb} for good, {output.size(removed.disk_bytes)}")
    for pin, number in kept.items():
        why = f" ({display_name(pin.reason)})" if pin.reason else ""
        output.line(
            f"  {counted(number, 'entry', 'entries')} kept: pinned by {display_name(pin.target)}{why}"
        )
    if removed.entries and report.dry_run and cache.backend == "file" and _is_seen(session, cache):
        aside = session.command("expire", "responses", "--ttl")
        output.line(f"That cannot be undone; `{aside}` sets aside what has expired in the project's.")
    if cache.stale_seconds:
        output.line(f"What may still be served stale stays for {cache.stale_seconds:g} s after its end.")
    show_troubles(session, report.troubles)


def _show_going(session: Session, cache: Cache, entries: Sequence[Entry]) -> None:
    entry_table(session, cache, entries[:MOST])
    if len(entries) > MOST:
        session.output.line(f"and {len(entries) - MOST:,} more, which --dry-run --json shows")
    session.output.line()


def _is_seen(session: Session, cache: Cache) -> bool:
    """Whether a scan finds that cache: then what sets aside is about it."""
    place = os.path.realpath(cache.place)
    return any(
        os.path.realpath(found.path) == place
        for found in session.inventory().caches
        if found.type == "responses"
    )
