"""Directories of the diskcache library: a database, and a file for each value that is too large for it.

Values are pickles as often as not, and are never opened. `FanoutCache` has such a directory in each of its
numbered ones.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cachemgr.catalogue.layouts.databases import draft
from cachemgr.catalogue.layouts.evidence import tagged_or_empty
from cachemgr.domain.layout import Names, Reader
from cachemgr.domain.records import Records, Schema
from cachemgr.domain.unit import Draft, Kind, Unit

DATABASE = "cache.db"
_SHARD = re.compile(r"[0-9]{3}", re.ASCII)
_TWO = re.compile(r"[0-9a-f]{2}", re.ASCII)
_VALUE = re.compile(r"[0-9a-f]{28}\.val", re.ASCII)

DISKCACHE = Schema(
    "diskcache",
    (("Settings", ("key", "value")), ("Cache", ("key", "expire_time", "size", "filename", "value"))),
    count="""
        SELECT count(*), coalesce(sum(bytes), 0), coalesce(sum(gone), 0), coalesce(sum(bytes * gone), 0)
        FROM (SELECT length(CAST(key AS BLOB)) + coalesce(length(CAST(value AS BLOB)), 0) + size AS bytes,
                     typeof(expire_time) IN ('real', 'integer') AND expire_time <= :now AS gone
              FROM Cache)
    """,
)


@dataclass(frozen=True, slots=True)
class DiskCache:
    """Each database with its values is one entry."""

    def read(self, reader: Reader) -> Iterator[Draft]:
        for way, records in self._databases(reader):
            name = "/".join((*way, DATABASE))
            yield draft(reader, (*way, DATABASE), records, tuple(_values(reader, way)), name)

    def evidence(self, reader: Reader) -> bool:
        return any(True for _ in self._databases(reader)) or tagged_or_empty(reader)

    def _databases(self, reader: Reader) -> Iterator[tuple[Names, Records]]:
        shards = (
            (item.name,)
            for item in reader.list()
            if item.kind is Kind.DIRECTORY and _SHARD.fullmatch(item.name)
        )
        for way in ((), *shards):
            if any(item.name == DATABASE for item in reader.list(*way)):
                records = reader.records(*way, DATABASE, schemas=(DISKCACHE,))
                if records is not None and records.tool:
                    yield way, records


def _values(reader: Reader, way: Names) -> Iterator[Unit]:
    for names in _below(reader, _below_one(reader, way)):
        for item in reader.list(*names):
            fits = item.kind is Kind.FILE and _VALUE.fullmatch(item.name)
            if fits and (unit := reader.unit(*names, item.name)):
                yield unit


def _below_one(reader: Reader, way: Names) -> Iterator[Names]:
    for item in reader.list(*way):
        if item.kind is Kind.DIRECTORY and _TWO.fullmatch(item.name):
            yield (*way, item.name)


def _below(reader: Reader, ways: Iterator[Names]) -> Iterator[Names]:
    for way in ways:
        yield from _below_one(reader, way)
