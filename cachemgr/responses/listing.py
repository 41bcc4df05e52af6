"""Choosing, ordering and adding up entries in Python, for stores that have no SQL to do it."""

from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from itertools import islice
from typing import Any

from cachemgr.responses.entry import Entry, State, moment
from cachemgr.responses.metadata import Metadata
from cachemgr.responses.query import EntryQuery, Grouping, Order
from cachemgr.responses.report import Totals

_FAR = float("inf")


def entry_of(
    digest: str,
    metadata: Metadata,
    at_ms: int,
    *,
    payload_bytes: int,
    disk_bytes: int,
    accessed_ms: int | None = None,
    hits: int = 0,
    state: State | None = None,
    own: str | None = None,
) -> Entry:
    created = moment(metadata.created_at_ms) or moment(0)
    assert created is not None
    return Entry(
        digest=digest,
        provider=metadata.provider,
        model=metadata.model,
        namespace=metadata.namespace,
        created_at=created,
        expires_at=moment(metadata.expires_at_ms),
        last_access=moment(accessed_ms),
        hits=hits,
        payload_bytes=payload_bytes,
        disk_bytes=disk_bytes,
        encoding=metadata.encoding,
        usage=metadata.usage,
        state=state or ("expired" if metadata.expired(at_ms) else "fresh"),
        own=own,
    )


def matches(query: EntryQuery, digest: str, metadata: Metadata) -> bool:
    return (
        (query.provider is None or fnmatchcase(metadata.provider, query.provider))
        and (query.model is None or fnmatchcase(metadata.model, query.model))
        and (query.namespace is None or metadata.namespace == query.namespace)
        and (query.groups is None or (metadata.provider, metadata.model) in query.groups)
        and (query.digest is None or digest.startswith(query.digest))
        and (query.created_before_ms is None or metadata.created_at_ms < query.created_before_ms)
        and (query.expired_at_ms is None or metadata.expired(query.expired_at_ms))
        and digest not in query.keep
        and (not query.ending or metadata.expires_at_ms is not None)
    )


def ordered(entries: Iterable[Entry], order: Order, *, descending: bool) -> list[Entry]:
    """Of those that lie equal, by digest, whichever way the order goes."""
    by_digest = sorted(entries, key=lambda entry: entry.digest)
    return sorted(by_digest, key=_KEYS[order], reverse=descending)


def page(
    entries: Iterator[Entry], order: Order, *, descending: bool, limit: int | None, after: Entry | None
) -> Iterator[Entry]:
    """The first of them, or the first after one."""
    found = entries if after is None else _after(entries, after, _KEYS[order], descending=descending)
    return found if limit is None else islice(found, limit)


def _after(
    entries: Iterator[Entry], last: Entry, key: Callable[[Entry], Any], *, descending: bool
) -> Iterator[Entry]:
    mark = key(last)
    for entry in entries:
        place = key(entry)
        if entry.digest > last.digest if place == mark else (place < mark) == descending:
            yield entry


def totals(entries: Iterable[Entry], by: tuple[Grouping, ...]) -> list[Totals]:
    """One line without groups, even of nothing."""
    found: dict[tuple[str, ...], Totals] = {} if by else {(): Totals()}
    for entry in entries:
        group = tuple(_GROUPS[name](entry) for name in by)
        line = found.get(group, Totals(group))
        expired = entry.state == "expired"
        created = int(entry.created_at.timestamp() * 1000)
        found[group] = Totals(
            group,
            line.entries + 1,
            line.payload_bytes + entry.payload_bytes,
            line.disk_bytes + entry.disk_bytes,
            line.expired + expired,
            line.expired_bytes + entry.disk_bytes * expired,
            created if line.oldest_ms is None else min(line.oldest_ms, created),
        )
    return list(found.values())


_KEYS: dict[Order, Callable[[Entry], Any]] = {
    "created": lambda entry: entry.created_at,
    "expires": lambda entry: entry.expires_at.timestamp() if entry.expires_at else _FAR,
    "accessed": lambda entry: entry.last_access or entry.created_at,
    "size": lambda entry: entry.disk_bytes,
    "hits": lambda entry: entry.hits,
    "cost": lambda entry: entry.usage.cost_usd,
}
_GROUPS: dict[Grouping, Callable[[Entry], str]] = {
    "provider": lambda entry: entry.provider,
    "model": lambda entry: entry.model,
    "namespace": lambda entry: entry.namespace,
    "day": lambda entry: entry.created_at.strftime("%Y-%m-%d"),
}
