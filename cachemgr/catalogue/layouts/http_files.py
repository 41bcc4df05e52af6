"""The filesystem backend of requests-cache: one file a response, and a database of redirects beside them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cachemgr.catalogue.layouts.databases import Databases
from cachemgr.domain.layout import Reader
from cachemgr.domain.records import Schema
from cachemgr.domain.terms import Record
from cachemgr.domain.unit import Draft, Item, Kind

_RESPONSE = re.compile(r"[0-9a-f]{16,64}\.(json|yaml|bson|pkl)", re.ASCII)
"""A key is a BLAKE2b digest of 8 bytes, older ones were SHA-256. What is pickled is never opened."""
_INDEXES = {
    "redirects.sqlite": Schema("requests-cache", (("redirects", ("key", "value")),), "SELECT 0, 0, 0, 0"),
    "lru.db": Schema("requests-cache", (("lru", ("key", "access_time", "size")),), "SELECT 0, 0, 0, 0"),
}
_LONGEST = 1 << 20
"""Bytes of a response that is still looked into for its time."""


@dataclass(frozen=True, slots=True)
class HttpFiles:
    """A database is one entry; beside a database of redirects, so is each response."""

    databases: Databases

    def read(self, reader: Reader) -> Iterator[Draft]:
        yield from self.databases.read(reader)
        if not self._files(reader):
            return
        for item in reader.list():
            if item.name in _INDEXES and item.kind is Kind.FILE:
                reader.keep(item.name)
            elif _is_response(item) and (unit := reader.unit(item.name)):
                name, _, form = item.name.partition(".")
                text = reader.text(item.name, limit=_LONGEST) if form == "json" else None
                expires, record = _expires(text)
                yield Draft(name, payload=(unit,), notes=(form,), expires=expires, record=record)

    def evidence(self, reader: Reader) -> bool:
        return self._files(reader) or self.databases.evidence(reader)

    def _files(self, reader: Reader) -> bool:
        for item in reader.list():
            if item.kind is Kind.FILE and (schema := _INDEXES.get(item.name)):
                records = reader.records(item.name, schemas=(schema,))
                if records is not None and records.tool:
                    return True
        return False


def _is_response(item: Item) -> bool:
    return item.kind is Kind.FILE and _RESPONSE.fullmatch(item.name) is not None


def _expires(text: bytes | None) -> tuple[float | None, Record]:
    """When a response stops being valid: an ISO 8601 time with its zone, or nothing that is believed."""
    try:
        found = json.loads(text or b"")
    except (ValueError, RecursionError):
        return None, Record.UNKNOWN
    if not isinstance(found, dict) or "created_at" not in found:
        return None, Record.UNKNOWN
    said = found.get("expires")  # left out where there is none
    if said is None:
        return None, Record.NEVER
    try:
        moment = datetime.fromisoformat(said) if isinstance(said, str) else None
        known = moment.timestamp() if moment is not None and moment.tzinfo else None
    except (ValueError, OverflowError):
        known = None
    return known, Record.UNKNOWN if known is None else Record.DATED
