"""JSON files in which applications keep answers of a service: each as old as it says of itself."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from cachemgr.catalogue.layouts.children import Children
from cachemgr.catalogue.layouts.response_metadata import Metadata
from cachemgr.domain.layout import Layout, Reader
from cachemgr.domain.terms import Record
from cachemgr.domain.unit import Draft, Kind, digest

_SILENT = ("unreadable", "not-json")
"""What is no JSON object says nothing of its time, and is as old as its file."""


@dataclass(frozen=True, slots=True)
class Records:
    """A file that is a JSON object with `expires_at`, or `timestamp` and `ttl_seconds`, is as old as these
    say, by the strict rules of response metadata; one that has none of them has no record."""

    inner: Layout = field(default_factory=Children)

    def read(self, reader: Reader) -> Iterator[Draft]:
        for draft in self.inner.read(reader):
            yield _dated(reader, draft)

    def evidence(self, reader: Reader) -> bool:
        return self.inner.evidence(reader)


def _dated(reader: Reader, draft: Draft) -> Draft:
    if len(draft.payload) != 1 or draft.pointers:
        return draft
    (unit,) = draft.payload
    if unit.identity.kind is not Kind.FILE or not unit.names[-1].endswith(".json"):
        return draft
    text = reader.text(*unit.names)
    known = Metadata.read(text)
    if text is None or known.record is Record.NEVER or known.doubt in _SILENT:
        return draft
    unit = replace(unit, digest=digest(text))
    return replace(draft, payload=(unit,), expires=known.expires, record=known.record, doubt=known.doubt)
