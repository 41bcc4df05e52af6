"""Caches that are a database: the whole of it is one entry, for a row cannot be taken out from outside."""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from cachemgr.catalogue.layouts.evidence import tagged_or_empty
from cachemgr.domain.layout import Names, Reader
from cachemgr.domain.records import Records, Schema, Trouble
from cachemgr.domain.unit import Draft, Item, Kind, Unit

SUFFIXES = ("*.db", "*.sqlite", "*.sqlite3")
COMPANIONS = ("-wal", "-shm", "-journal")
"""What SQLite writes beside a database; nothing to anybody once the database is gone."""


@dataclass(frozen=True, slots=True)
class Databases:
    """Every SQLite database in the root whose tables are those of the tool; any other may be anybody's."""

    schemas: tuple[Schema, ...]
    beside: tuple[str, ...] = ()
    """Files that say nothing without the database (an index of vectors), where there is just one."""

    def read(self, reader: Reader) -> Iterator[Draft]:
        found = list(self._known(reader))
        for item, records in found:
            more = self.beside if len(found) == 1 else ()
            yield draft(reader, (item.name,), records, tuple(units(reader, more)))

    def evidence(self, reader: Reader) -> bool:
        return any(True for _ in self._known(reader)) or tagged_or_empty(reader)

    def _known(self, reader: Reader) -> Iterator[tuple[Item, Records]]:
        for item in reader.list():
            if item.kind is not Kind.FILE or not any(fnmatchcase(item.name, end) for end in SUFFIXES):
                continue
            if (records := reader.records(item.name, schemas=self.schemas)) and records.tool:
                yield item, records


def draft(
    reader: Reader, names: Names, records: Records, more: tuple[Unit, ...] = (), name: str = ""
) -> Draft:
    """One database with what lies beside it, as an entry. The database goes first: what is left of an
    interruption is then nobody's answer."""
    *way, last = names
    beside = tuple(units(reader, tuple(last + end for end in COMPANIONS), tuple(way)))
    return Draft(
        name or "/".join(names),
        pointers=tuple(units(reader, (last,), tuple(way))),
        payload=(*beside, *more),
        notes=remarks(records),
        records=records,
    )


def units(reader: Reader, files: tuple[str, ...], way: Names = ()) -> Iterator[Unit]:
    """Those of the files that are there and are files."""
    for item in reader.list(*way):
        if item.name in files and item.kind is Kind.FILE and (unit := reader.unit(*way, item.name)):
            yield unit


def remarks(records: Records) -> tuple[str, ...]:
    """What a person is told of the rows."""
    if records.rows is None:
        return (f"not counted: {_WHY.get(records.trouble or Trouble.UNREADABLE, 'unreadable')}",)
    counted = (f"{records.rows} rows",)
    return (*counted, f"{records.expired} expired") if records.expired else counted


_WHY = {
    Trouble.UNMERGED: "in use, or its owner was killed",
    Trouble.CHANGING: "in use",
    Trouble.TOO_LARGE: "too large",
    Trouble.TOO_LONG: "too many rows",
    Trouble.DAMAGED: "damaged",
}
