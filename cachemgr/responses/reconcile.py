"""What others did to the files: copied some in, removed some, wrote with the old code, or were killed."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress

from cachemgr.responses import files
from cachemgr.responses.errors import Corrupt, StoreError
from cachemgr.responses.format import METADATA, OLD_SHARD
from cachemgr.responses.index import Index
from cachemgr.responses.index_rows import OLD_FORM, OLD_NAME, OURS, Row
from cachemgr.responses.members import digest_of, is_old, listed, members, old_key, shard_number
from cachemgr.responses.pair import PairMetadata, understand
from cachemgr.responses.places import SHARDS, SUFFIXES, Places

_TICK_NS = 100_000_000
"""A directory that changed this recently may change again without looking different."""
_CHUNK = 1000


class Reconciler:
    """Goes by names alone: an entry that the index knows is not read again."""

    def __init__(self, places: Places, index: Index) -> None:
        self._places = places
        self._index = index
        self._opening = 0
        self._mine: set[int] = set()
        self._leftovers: set[tuple[str, str]] = set()
        self._learned: list[Row] = []

    def own(self, key: str) -> None:
        """A change that the index hears of from us."""
        self._mine.add(int(key[:2], 16))

    @property
    def ran(self) -> bool:
        """Whether this process has looked at the files once, for the index as it is."""
        return self._opening == self._index.openings > 0

    def take_leftovers(self) -> list[tuple[str, str]]:
        """Shards and names of what nobody finished."""
        found, self._leftovers = sorted(self._leftovers), set()
        return found

    def run(self, at_ms: int, *, thoroughly: bool) -> int:
        """Look through shards that changed. What this process changed is skipped, unless `thoroughly`, or the
        first time. How many entries were new or gone. Raises StoreError."""
        changes = self._once(self._index.shards(), at_ms, thoroughly=thoroughly)
        if self._opening != self._index.openings:
            # Meanwhile the index was found damaged, or without room, and begun anew.
            changes += self._once({}, at_ms, thoroughly=True)
        return changes

    def _once(self, looked: dict[int, tuple[int, int]], at_ms: int, *, thoroughly: bool) -> int:
        first, self._opening = self._opening != self._index.openings, self._index.openings
        found: dict[int, tuple[int, int]] = {}
        number_of_changes = 0
        for shard, changed in self._shards():
            number = shard_number(shard)
            before, writes = looked.get(number, (None, 0))
            if before == changed or (number in self._mine and not first and not thoroughly):
                continue
            number_of_changes += self._look_through(shard)
            if at_ms * 1_000_000 - changed > _TICK_NS:
                found[number] = changed, writes
            self._mine.discard(number)
        with suppress(StoreError):
            # Locked for long: what could not be remembered is looked through again.
            self._learn(least=1)
            if found:
                self._index.remember_shards(found)
        return number_of_changes

    def _shards(self) -> Iterator[tuple[str, int]]:
        for shard in SHARDS:
            try:
                status = os.stat(f"{self._places.root}/{shard}", follow_symlinks=False)
            except FileNotFoundError:
                yield shard, 0
                continue
            # Behind a link nothing is ours.
            yield shard, status.st_mtime_ns if stat.S_ISDIR(status.st_mode) else 0

    def _look_through(self, shard: str) -> int:
        directory = f"{self._places.root}/{shard}"
        there, linked = members(shard, listed(directory)), files.is_link(directory)
        self._leftovers |= {(shard, name) for name in there.leftovers()}
        known = self._index.of_shard(shard_number(shard))
        if shard == OLD_SHARD:
            known |= {old_key(digest) for digest in self._index.old_names()}
        changes = 0
        for key in known - there.described:
            if linked or not os.path.lexists(f"{directory}/{key}{METADATA}"):
                self._put(Row(digest_of(key), None))
                changes += 1
        for key in there.described - known:
            if (row := self._row(shard, key)) is not None:
                self._put(row)
                changes += 1
            elif is_empty(f"{self._places.root}/{shard}/{key}{METADATA}"):
                self._leftovers.add((shard, key + METADATA))
        return changes

    def _put(self, row: Row) -> None:
        self._learned.append(row)
        with suppress(StoreError):
            self._learn(least=_CHUNK)

    def _learn(self, *, least: int) -> None:
        if len(self._learned) >= least:
            learned, self._learned = self._learned, []
            self._index.learn(learned)

    def _row(self, shard: str, key: str) -> Row | None:
        digest = digest_of(key)
        if is_old(key) and os.path.lexists(self._places.stem(digest) + METADATA):
            return None
        return read_row(f"{self._places.root}/{shard}/{key}", digest, old_name=is_old(key))


def is_empty(path: str) -> bool:
    """Whether somebody was killed between making a file and writing it."""
    try:
        return os.stat(path, follow_symlinks=False).st_size == 0
    except FileNotFoundError:
        return False


def read_row(stem: str, digest: str, *, old_name: bool) -> Row | None:
    """From the files; None where they say nothing that the index could know."""
    try:
        metadata = understand(files.read(stem + METADATA))
        if isinstance(metadata, PairMetadata):
            size = metadata.payload_bytes
        else:
            size = os.stat(stem + SUFFIXES[metadata.encoding], follow_symlinks=False).st_size
    except (OSError, Corrupt):
        return None
    form = OLD_NAME if old_name else OURS if isinstance(metadata, PairMetadata) else OLD_FORM
    return Row(digest, metadata, size, files.allocated(size) + files.allocated(1), form)
