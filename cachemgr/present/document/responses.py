"""Response caches as documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachemgr.domain.display import display_name
from cachemgr.present.document.values import Document, exact, head, time
from cachemgr.responses.entry import moment
from cachemgr.responses.report import FOR_GOOD

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from cachemgr.domain.policy import Pin
    from cachemgr.responses.analytics import Analytics
    from cachemgr.responses.cache import Cache
    from cachemgr.responses.entry import Entry
    from cachemgr.responses.query import Grouping
    from cachemgr.responses.report import SweepReport, Totals, Trouble, VerifyReport
    from cachemgr.responses.tally import Tally
    from cachemgr.responses.transfer import TransferReport
    from cachemgr.responses.usage import Usage


def stats_document(
    cache: Cache, lines: Sequence[Totals], found: Analytics, by: tuple[Grouping, ...], now: datetime
) -> Document:
    return {
        **_head("responses-stats", cache, now),
        "limit_bytes": None if cache.backend == "redis" else cache.config.limit_bytes,
        "group_by": list(by),
        "totals": [_totals(line, by) for line in lines],
        "traffic": _traffic(found.total, found.hit_rate, found.saved),
        "days": [
            {
                "day": line.group.day,
                "provider": exact(line.group.provider),
                "model": exact(line.group.model),
                **_traffic(line.tally, line.hit_rate, line.saved),
            }
            for line in found.lines
        ],
    }


def entries_document(cache: Cache, entries: Sequence[Entry], total: int, now: datetime) -> Document:
    return {
        **_head("responses-ls", cache, now),
        "total": total,
        "entries": [_entry(cache, entry) for entry in entries],
    }


def entry_document(cache: Cache, entry: Entry, value: object, now: datetime) -> Document:
    return {**_head("responses-get", cache, now), "entry": _entry(cache, entry), "value": value}


def sweep_document(cache: Cache, report: SweepReport, kept: Mapping[Pin, int], now: datetime) -> Document:
    removed = report.removed
    return {
        **_head("responses-expire", cache, now),
        "dry_run": report.dry_run,
        "removed": {
            "entries": removed.entries,
            "payload_bytes": removed.payload_bytes,
            "disk_bytes": removed.disk_bytes,
        },
        "pinned": [
            {"target": display_name(pin.target), "reason": display_name(pin.reason), "entries": number}
            for pin, number in kept.items()
        ],
        "entries": [_entry(cache, entry) for entry in report.entries],
        "troubles": _troubles(report.troubles),
    }


def verify_document(cache: Cache, report: VerifyReport, now: datetime) -> Document:
    return {
        **_head("responses-verify", cache, now),
        "entries": report.entries,
        "sound": report.sound,
        "findings": [
            {
                "item": display_name(finding.item),
                "problem": finding.problem,
                "repaired": finding.repaired,
                "removed": finding.removed,
                "reason": display_name(finding.reason) or None,
                "remedy": finding.remedy,
                "for_good": finding.remedy in FOR_GOOD,
            }
            for finding in report.findings
        ],
    }


def transfer_document(source: Cache, target: Cache, report: TransferReport, now: datetime) -> Document:
    return {
        **_head("responses-convert", source, now),
        "target": _place(target),
        "entries": report.entries,
        "payload_bytes": report.payload_bytes,
        "left_out": report.left_out,
        "kept": report.kept,
        "hits_left": report.hits if _counts_hits(source) else None,
        "troubles": _troubles(report.troubles),
    }


def _head(schema: str, cache: Cache, now: datetime) -> Document:
    return {**head(f"cachemgr.{schema}/1", now), "cache": _place(cache)}


def _place(cache: Cache) -> Document:
    return {"backend": cache.backend, "place": exact(cache.place)}


def _totals(line: Totals, by: tuple[Grouping, ...]) -> Document:
    return {
        "group": {name: exact(value) for name, value in zip(by, line.group, strict=True)},
        "entries": line.entries,
        "payload_bytes": line.payload_bytes,
        "disk_bytes": line.disk_bytes,
        "expired": line.expired,
        "expired_bytes": line.expired_bytes,
        "oldest": time(moment(line.oldest_ms)),
    }


def _traffic(tally: Tally, rate: float | None, saved: Usage) -> Document:
    return {
        "hits": tally.hits,
        "misses": tally.misses,
        "expired": tally.expired,
        "corrupt": tally.corrupt,
        "sets": tally.sets,
        "failed": tally.failed,
        "evicted": tally.evicted,
        "hit_rate": rate,
        "saved": _usage(saved),
    }


def _usage(usage: Usage) -> Document:
    return {
        "request_tokens": usage.request_tokens,
        "response_tokens": usage.response_tokens,
        "cost_usd": str(usage.cost_usd),
    }


def hits_of(cache: Cache, entry: Entry) -> int | None:
    """None where nobody counts them by entry."""
    return entry.hits if _counts_hits(cache) else None


def _counts_hits(cache: Cache) -> bool:
    """A server that did would write for each read."""
    return cache.backend != "redis"


def _entry(cache: Cache, entry: Entry) -> Document:
    return {
        "digest": entry.digest,
        "provider": exact(entry.provider),
        "model": exact(entry.model),
        "namespace": exact(entry.namespace),
        "created_at": time(entry.created_at),
        "expires_at": time(entry.expires_at),
        "last_access": time(entry.last_access),
        "hits": hits_of(cache, entry),
        "payload_bytes": entry.payload_bytes,
        "disk_bytes": entry.disk_bytes,
        "encoding": entry.encoding,
        "usage": _usage(entry.usage),
        "state": entry.state,
    }


def _troubles(troubles: Sequence[Trouble]) -> list[Document]:
    return [{"item": display_name(one.item), "reason": display_name(one.reason)} for one in troubles]
