"""Response caches: a value and its metadata, two files in one shard.

Key forms: `<2 hex>/<64 hex>.json`; `ca/cache:<64 hex>.json`, where the shard is the first two letters of a
key that begins with `cache:`; and `te/test_key.json` under a key of somebody's own, which could be anybody's
two files, so that only one whose metadata has all that the old code wrote is an entry.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from cachemgr.catalogue.layouts.evidence import ABANDONED, tagged_or_empty
from cachemgr.catalogue.layouts.response_metadata import Metadata, is_documents
from cachemgr.domain.layout import Reader
from cachemgr.domain.terms import Record
from cachemgr.domain.unit import Draft, Item, Kind, digest
from cachemgr.responses.format import (
    COMPRESSED,
    MEMBER,
    METADATA,
    OLD_TEMPORARY,
    OWN,
    OWN_SHARD,
    TEMPORARY,
    VALUE,
    own_keys,
)

NO_METADATA = "metadata missing"
NO_VALUE = "value missing"
UNFINISHED = "incomplete"


@dataclass(frozen=True, slots=True)
class Pairs:
    """A value and its metadata are one entry; a half that lost the other is an entry of its own."""

    def read(self, reader: Reader) -> Iterator[Draft]:
        for item in reader.list():
            if item.name in OWN:
                reader.keep(item.name)
        for shard in _shards(reader):
            items = reader.list(shard)
            for key, files in _keys(shard, items).items():
                yield from _drafts(reader, shard, key, files)
            for key in _own_keys(reader, shard, items):
                yield from _drafts(reader, shard, key, frozenset((VALUE, METADATA)))
            for item in items:
                if TEMPORARY.fullmatch(item.name) and item.kind is Kind.FILE:
                    yield from _unfinished(reader, shard, item.name)

    def evidence(self, reader: Reader) -> bool:
        if tagged_or_empty(reader):
            return True
        shards = {shard: reader.list(shard) for shard in _shards(reader)}
        if any(_keys(shard, items) for shard, items in shards.items()):
            return True
        return any(next(_own_keys(reader, shard, items), None) for shard, items in shards.items())


def _shards(reader: Reader) -> Iterator[str]:
    for item in reader.list():
        if item.kind is Kind.DIRECTORY and OWN_SHARD.fullmatch(item.name):
            yield item.name


def _own_keys(reader: Reader, shard: str, items: tuple[Item, ...]) -> Iterator[str]:
    there = [item.name for item in items if item.kind is Kind.FILE]
    for key in sorted(own_keys(shard, there)):
        if is_documents(reader.text(shard, key + METADATA)):
            yield key


def _keys(shard: str, items: tuple[Item, ...]) -> dict[str, frozenset[str]]:
    """The files of each key in its own shard. A key with a link or a directory among them is left out."""
    found: dict[str, set[str]] = {}
    foreign: set[str] = set()
    for item in items:
        match = MEMBER.fullmatch(item.name)
        if match is None or match[1][:2] != shard:
            continue
        found.setdefault(match[1], set()).add(match[2])
        if item.kind is not Kind.FILE:
            foreign.add(match[1])
    return {key: frozenset(files) for key, files in found.items() if key not in foreign}


def _drafts(reader: Reader, shard: str, key: str, files: frozenset[str]) -> Iterator[Draft]:
    found = (reader.unit(shard, key + suffix) for suffix in (VALUE, COMPRESSED) if suffix in files)
    values = tuple(unit for unit in found if unit is not None)
    metadata = reader.unit(shard, key + METADATA) if METADATA in files else None
    text = reader.text(shard, key + METADATA) if metadata else None
    known = Metadata.read(text)
    if values and metadata:
        if text is not None:
            metadata = replace(metadata, digest=digest(text))
        # The metadata is the commit point: an interruption leaves a value that nobody believes.
        yield Draft(
            key,
            pointers=(metadata,),
            payload=values,
            group=known.model,
            expires=known.expires,
            record=known.record,
            doubt=known.doubt,
        )
    elif values:
        yield Draft(key, payload=values, notes=(NO_METADATA,), idle=ABANDONED, record=Record.ORPHAN)
    elif metadata:
        yield Draft(
            f"{key}.meta", payload=(metadata,), group=known.model, notes=(NO_VALUE,), record=Record.ORPHAN
        )
    if OLD_TEMPORARY in files:
        yield from _unfinished(reader, shard, key + OLD_TEMPORARY)


def _unfinished(reader: Reader, shard: str, name: str) -> Iterator[Draft]:
    if unit := reader.unit(shard, name):
        yield Draft(name, payload=(unit,), notes=(UNFINISHED,), idle=ABANDONED, record=Record.ORPHAN)
