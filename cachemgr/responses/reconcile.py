"""What others did to the files: copied some in, removed some, wrote with the old code, or were killed."""

import os
import stat
from collections.abc import Container
from contextlib import suppress

from cachemgr.responses import files
from cachemgr.responses.errors import Corrupt, StoreError
from cachemgr.responses.format import METADATA, OLD_SHARD, OWN_SHARD, SHARD, own_keys
from cachemgr.responses.index import Index
from cachemgr.responses.index_rows import OLD_FORM, OLD_NAME, OURS, OWN_KEY, Row
from cachemgr.responses.members import digest_of, is_old, is_own, listed, members, old_key, shard_number
from cachemgr.responses.pair import PairMetadata, understand, understand_own
from cachemgr.responses.places import SHARDS, SUFFIXES, VALUE, Places

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
        self._own_keys: set[str] = set()
        self._looked_for_own: set[str] = set()

    def own(self, key: str) -> None:
        """A change that the index hears of from us."""
        if SHARD.fullmatch(key[:2]):
            self._mine.add(int(key[:2], 16))

    def look_again(self) -> None:
        """At all shards, the next time: of what we changed others may have changed something meanwhile."""
        self._mine.clear()

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
        skipped = set() if first or thoroughly else self._mine
        for number, shard, changed in self._shards(skipped):
            before, writes = looked.get(number, (None, 0))
            if before == changed:
                continue
            number_of_changes += self._look_through(shard)
            if at_ms * 1_000_000 - changed > _TICK_NS:
                found[number] = changed, writes
            self._mine.discard(number)
        number_of_changes += self._look_for_own_keys()
        with suppress(StoreError):
            # Locked for long: what could not be remembered is looked through again.
            self._learn(least=1)
            if found:
                self._index.remember_shards(found)
        return number_of_changes

    def _shards(self, skipped: Container[int]) -> list[tuple[int, str, int]]:
        """Number, name and time of change. A list, and few words: it is made for every look at the cache."""
        found, look, directory = [], os.stat, self._places.root + "/"
        for number, shard in enumerate(SHARDS):
            if number in skipped:
                continue
            try:
                status = look(directory + shard, follow_symlinks=False)
            except FileNotFoundError:
                found.append((number, shard, 0))
                continue
            # Behind a link nothing is ours.
            found.append((number, shard, status.st_mtime_ns if stat.S_ISDIR(status.st_mode) else 0))
        return found

    def _look_through(self, shard: str) -> int:
        directory = f"{self._places.root}/{shard}"
        names = listed(directory)
        self._looked_for_own.add(shard)
        known = self._index.of_shard(shard_number(shard))
        if _are_whole_pairs(known, names):
            return 0  # mostly, and then no name need be understood
        there = members(shard, names)
        self._own_keys |= there.own
        self._leftovers |= {(shard, name) for name in there.leftovers()}
        if shard == OLD_SHARD:
            known |= {old_key(digest) for digest in self._index.old_names()}
        changes, gone = 0, known - there.described
        linked = bool(gone) and files.is_link(directory)
        for key in gone:
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

    def _look_for_own_keys(self) -> int:
        """Those in shards that were looked through just now, and in directories that only such keys have."""
        for shard in set(listed(self._places.root)).difference(SHARDS):
            if OWN_SHARD.fullmatch(shard):
                self._own_keys |= own_keys(shard, listed(f"{self._places.root}/{shard}"))
                self._looked_for_own.add(shard)
        there, looked = self._own_keys, self._looked_for_own
        self._own_keys, self._looked_for_own = set(), set()
        known = self._index.own_keys()
        changes = 0
        for digest, key in known.items():
            gone = key not in there if key[:2] in looked else not SHARD.fullmatch(key[:2])
            if gone and not os.path.lexists(f"{self._places.root}/{key[:2]}/{key}{METADATA}"):
                self._put(Row(digest, None))
                changes += 1
        for key in there - set(known.values()):
            if (row := self._row(key[:2], key)) is not None:
                self._put(row)
                changes += 1
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
        if (is_old(key) or is_own(key)) and os.path.lexists(self._places.stem(digest) + METADATA):
            return None
        return read_row(f"{self._places.root}/{shard}/{key}", key)


def _are_whole_pairs(keys: set[str], names: list[str]) -> bool:
    """Whether the names are those of both halves of each, uncompressed, and no others."""
    there = frozenset(names)
    return (
        len(names) == 2 * len(keys)
        and there.issuperset([key + METADATA for key in keys])
        and there.issuperset([key + VALUE for key in keys])
    )


def is_empty(path: str) -> bool:
    """Whether somebody was killed between making a file and writing it."""
    try:
        return os.stat(path, follow_symlinks=False).st_size == 0
    except FileNotFoundError:
        return False


def read_row(stem: str, key: str) -> Row | None:
    """From the files; None where they say nothing that the index could know."""
    own = is_own(key)
    try:
        text = files.read(stem + METADATA)
        metadata = understand_own(text) if own else understand(text)
        if isinstance(metadata, PairMetadata):
            size = metadata._payload_bytes
        else:
            size = os.stat(stem + SUFFIXES[metadata.encoding], follow_symlinks=False).st_size
    except (OSError, Corrupt):
        return None
    disk = files.allocated(size) + files.allocated(1)
    if own:
        return Row(digest_of(key), metadata, size, disk, OWN_KEY, own=key)
    form = OLD_NAME if is_old(key) else OURS if isinstance(metadata, PairMetadata) else OLD_FORM
    return Row(digest_of(key), metadata, size, disk, form)
