"""Response caches: a value and its metadata, two files in one shard.

Two key forms: `<2 hex>/<64 hex>.json`, and `ca/cache:<64 hex>.json`, where the shard is the first two
letters of a key that begins with `cache:`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from cachemgr.catalogue.layouts.evidence import ABANDONED, tagged_or_empty
from cachemgr.catalogue.layouts.response_metadata import Metadata
from cachemgr.domain.layout import Reader
from cachemgr.domain.terms import Record
from cachemgr.domain.unit import Draft, Item, Kind, digest

_FILE = re.compile(r"((?:cache:)?[0-9a-f]{64})(\.json|\.meta\.json|\.tmp)", re.ASCII)
_SHARD = re.compile(r"[0-9a-f]{2}", re.ASCII)
_VALUE, _META, _TEMPORARY = ".json", ".meta.json", ".tmp"

NO_METADATA = "metadata missing"
NO_VALUE = "value missing"
UNFINISHED = "incomplete"


@dataclass(frozen=True, slots=True)
class Pairs:
    """A value and its metadata are one entry; a half that lost the other is an entry of its own."""

    def read(self, reader: Reader) -> Iterator[Draft]:
        for shard in _shards(reader):
            for key, files in _keys(shard, reader.list(shard)).items():
                yield from _drafts(reader, shard, key, files)

    def evidence(self, reader: Reader) -> bool:
        if tagged_or_empty(reader):
            return True
        return any(_keys(shard, reader.list(shard)) for shard in _shards(reader))


def _shards(reader: Reader) -> Iterator[str]:
    for item in reader.list():
        if item.kind is Kind.DIRECTORY and _SHARD.fullmatch(item.name):
            yield item.name


def _keys(shard: str, items: tuple[Item, ...]) -> dict[str, frozenset[str]]:
    """The files of each key in its own shard. A key with a link or a directory among them is left out."""
    found: dict[str, set[str]] = {}
    foreign: set[str] = set()
    for item in items:
        match = _FILE.fullmatch(item.name)
        if match is None or match[1][:2] != shard:
            continue
        found.setdefault(match[1], set()).add(match[2])
        if item.kind is not Kind.FILE:
            foreign.add(match[1])
    return {key: frozenset(files) for key, files in found.items() if key not in foreign}


def _drafts(reader: Reader, shard: str, key: str, files: frozenset[str]) -> Iterator[Draft]:
    value = reader.unit(shard, key + _VALUE) if _VALUE in files else None
    metadata = reader.unit(shard, key + _META) if _META in files else None
    text = reader.text(shard, key + _META) if metadata else None
    known = Metadata.read(text)
    if value and metadata:
        if text is not None:
            metadata = replace(metadata, digest=digest(text))
        # The metadata is the commit point: an interruption leaves a value that nobody believes.
        yield Draft(
            key,
            pointers=(metadata,),
            payload=(value,),
            group=known.model,
            expires=known.expires,
            record=known.record,
            doubt=known.doubt,
        )
    elif value:
        yield Draft(key, payload=(value,), notes=(NO_METADATA,), idle=ABANDONED, record=Record.ORPHAN)
    elif metadata:
        yield Draft(
            f"{key}.meta", payload=(metadata,), group=known.model, notes=(NO_VALUE,), record=Record.ORPHAN
        )
    if _TEMPORARY in files and (unit := reader.unit(shard, key + _TEMPORARY)):
        yield Draft(
            key + _TEMPORARY, payload=(unit,), notes=(UNFINISHED,), idle=ABANDONED, record=Record.ORPHAN
        )
