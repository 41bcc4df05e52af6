"""Entries as the index knows them, and as rows of its table."""

from typing import Any, NamedTuple

import msgspec

from cachemgr.responses.entry import Entry, State
from cachemgr.responses.format import OLD_PREFIX
from cachemgr.responses.index_sql import COLUMNS, number_of
from cachemgr.responses.listing import entry_of
from cachemgr.responses.metadata import Encoding, Metadata
from cachemgr.responses.tally import NANO

OWN_KEY, OLD_NAME, OLD_FORM, OURS = -1, 0, 1, 2
_EVER = (1 << 63) - 1


class Row(msgspec.Struct, frozen=True, gc=False):
    """One entry, as far as the index knows it; without metadata, one that is gone. A Struct, because there
    are many: one is made in 0.1 µs."""

    digest: str
    metadata: Metadata | None
    payload_bytes: int = 0
    disk_bytes: int = 0
    form: int = OURS
    created_ms: int = _EVER
    """Of one that is gone: a row that was written for a later one stays."""
    own: str | None = None
    """The key of somebody's own that its files are named by."""
    number: int | None = None
    """Where it is known: there are many, and making it of the digest takes a while."""
    stamp: str = ""
    """Of the metadata's file, where we wrote it (`files.stamp`): as long as it has this one, all of the row
    is true."""


def gone(digest: str, created_ms: int = _EVER, number: int | None = None) -> Row:
    """Of an entry that was removed. By position, which takes half the time: there are many."""
    return Row(digest, None, 0, 0, OURS, created_ms, None, number)


class Victim(NamedTuple):
    """An entry that is to go."""

    digest: str
    form: int
    encoding: Encoding
    payload_bytes: int
    created_ms: int
    own: str | None = None
    number: int | None = None
    """Of its row."""
    stamp: str = ""
    """See `Row`."""

    @property
    def key(self) -> str:
        """How its files' names begin."""
        if self.own is not None:
            return self.own
        return OLD_PREFIX + self.digest if self.form == OLD_NAME else self.digest


def values_of(row: Row, found: Metadata) -> tuple[object, ...]:
    """In the order of the columns."""
    return (
        number_of(row.digest),
        row.digest,
        found.namespace,
        found.provider,
        found.model,
        found.created_at_ms,
        found.expires_at_ms,
        None,
        0,
        row.payload_bytes,
        row.disk_bytes,
        round(found.cost_usd * NANO),
        found.request_tokens,
        found.response_tokens,
        found.encoding,
        row.form,
        row.own,
        row.stamp,
    )


def entry_from(row: tuple[Any, ...], at_ms: int) -> Entry:
    named = dict(zip(COLUMNS, row, strict=True))
    metadata = Metadata(
        created_at_ms=named["created"],
        expires_at_ms=named["expires"],
        provider=named["provider"],
        model=named["model"],
        namespace=named["ns"],
        request_tokens=named["rtok"],
        response_tokens=named["otok"],
        cost_usd=named["cost"] / NANO,
        encoding=named["encoding"],
    )
    old: State | None = "legacy" if named["form"] != OURS and not metadata.expired(at_ms) else None
    return entry_of(
        named["digest"],
        metadata,
        at_ms,
        payload_bytes=named["bytes"],
        disk_bytes=named["disk"],
        accessed_ms=named["accessed"],
        hits=named["hits"],
        state=old,
        own=named["own"],
    )
