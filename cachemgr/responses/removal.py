"""Removing entries: page by page, each looked at again before it goes, with its shard held.

Nothing is unlinked inside a transaction: a sweep that held the index meanwhile would stop every writer.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import groupby

from cachemgr.responses import files
from cachemgr.responses.errors import Corrupt, Newer, StoreError
from cachemgr.responses.format import ABANDONED, DIGEST, MEMBER, METADATA, TEMPORARY, VALUE
from cachemgr.responses.index import Index
from cachemgr.responses.index_rows import OLD_NAME, Row, Victim, gone
from cachemgr.responses.listing import matches
from cachemgr.responses.locks import Slots
from cachemgr.responses.members import listed, members, slot_of
from cachemgr.responses.metadata import Metadata
from cachemgr.responses.pair import PairMetadata, understand, understand_own
from cachemgr.responses.pair_reading import METADATA_BYTES, are_parted
from cachemgr.responses.places import SHARDS, SUFFIXES, Places
from cachemgr.responses.query import EntryQuery
from cachemgr.responses.reconcile import is_empty
from cachemgr.responses.report import Removed, Trouble

_BATCH = 1000
_ROUND = 100_000
_ROUNDS = 3
Meant = Callable[[str, Metadata], bool]


class Removal:
    def __init__(self, places: Places, slots: Slots, index: Index, own: Callable[[str], None]) -> None:
        """`own` is told what is changed here, so that nobody looks for strangers who did it."""
        self._own = own
        self._places = places
        self._slots = slots
        self._index = index

    def expired(self, at_ms: int) -> Iterator[Removed]:
        """In rounds, so that it need not hold a million entries in memory. Ends with a round in vain."""
        while victims := self._index.expired(at_ms, _ROUND):
            gone = 0
            for page in _pages(victims):
                done = self._remove(page, lambda _, metadata: metadata.expired(at_ms))
                gone += done.entries
                yield done
            if len(victims) < _ROUND or not gone:
                return

    def oldest(self, excess: int, bucket_ms: int, query: EntryQuery, late_ms: int) -> Iterator[Removed]:
        """Again where some turned out to be others by now."""
        for _ in range(_ROUNDS):
            victims = self._index.oldest(bucket_ms, query, excess, late_ms)
            gone, in_trouble = 0, False
            for page in _pages(victims):
                done = self._remove(page, None)
                gone += done.entries
                excess -= done.disk_bytes
                in_trouble |= bool(done.troubles)
                yield done
            if gone == len(victims) or excess <= 0 or in_trouble:
                return

    def meant(self, query: EntryQuery) -> Iterator[Removed]:
        for page in _pages(self._index.matching(query)):
            yield self._remove(page, lambda digest, metadata: matches(query, digest, metadata))

    def everything(self) -> Iterator[Removed]:
        """Shards are moved aside, one rename each, and emptied afterwards. What is not ours stays."""
        for page in _pages(self._index.own()):
            yield self._remove(page, lambda _, __: True)
            for shard in {victim.key[:2] for victim in page}:
                with suppress(OSError):
                    files.remove_directory(f"{self._places.root}/{shard}")
        for shard in SHARDS:
            done = self._move_aside(shard)
            if done.entries or done.troubles:
                yield done
        self._index.drop_old_names()
        yield from self.discarded()

    def discarded(self) -> Iterator[Removed]:
        """Empty what was moved aside, now or by somebody who was stopped."""
        for name in listed(self._places.discarded):
            directory = f"{self._places.discarded}/{name}"
            try:
                remove_members(directory, is_ours)
                files.remove_directory(directory)
            except OSError as error:
                yield Removed(troubles=(Trouble(name, error.strerror or str(error)),))
        files.remove_directory(self._places.discarded)

    def abandoned(self, leftovers: Iterable[tuple[str, str]], at_ms: int) -> Iterator[Removed]:
        """Halves and unfinished files that nobody has touched for an hour."""
        for shard, names in groupby(leftovers, key=lambda one: one[0]):
            directory = f"{self._places.root}/{shard}"
            old = {name for _, name in names if _is_older(f"{directory}/{name}", at_ms - ABANDONED * 1000)}
            if not old:
                continue
            try:
                with self._slots.held(int(shard, 16)):
                    still = set(members(shard, listed(directory)).leftovers())
                    still |= {name for name in old if is_empty(f"{directory}/{name}")}
                    still -= {name for name in old if self._is_parted(name)}
                    remove_members(directory, (old & still).__contains__)
            except OSError as error:
                yield Removed(troubles=(Trouble(shard, error.strerror or str(error)),))

    def _is_parted(self, name: str) -> bool:
        """Whether repairing finds the other half under another name."""
        digest = DIGEST.search(name)
        return digest is not None and are_parted(self._places, digest[0])

    def _move_aside(self, shard: str) -> Removed:
        directory = f"{self._places.root}/{shard}"
        try:
            with self._slots.held(int(shard, 16)):
                names = listed(directory)
                there = members(shard, names)
                if names:
                    strange = {
                        *there.foreign,
                        *(key + tail for key in there.own for tail in (VALUE, METADATA)),
                    }
                    if strange or not self._put_aside(directory):
                        remove_members(directory, lambda name: name not in strange)
                # Now, and not at the end: others go on writing.
                said = self._index.forget_shard(int(shard, 16))
        except FileNotFoundError:
            return Removed()  # somebody else clears, too
        except OSError as error:
            return Removed(troubles=(Trouble(shard, error.strerror or str(error)),))
        return Removed(len(there.keys), *said) if names else Removed()

    def _put_aside(self, directory: str) -> bool:
        """Whether it went as a whole; Windows keeps a directory while somebody reads a file in it."""
        try:
            return files.put_aside(directory, self._places.discarded) is not None
        except PermissionError:
            return False

    def _remove(self, page: Sequence[Victim], meant: Meant | None) -> Removed:
        done: list[int] = []
        troubles: list[Trouble] = []
        for shard, group in groupby(page, key=_shard):
            victims = list(group)
            self._own(shard)
            try:
                slot = slot_of(shard)
                self._slots.acquire(slot)
                try:
                    folder = files.open_directory(f"{self._places.root}/{shard}")
                    try:
                        self._of_shard(victims, folder, meant, done, troubles)
                    finally:
                        if folder is not None:
                            os.close(folder)
                finally:
                    self._slots.release(slot)
            except (FileNotFoundError, NotADirectoryError):
                self._index.put_all([gone(victim.digest) for victim in victims])
            except OSError as error:
                troubles += [Trouble(victim.digest, error.strerror or str(error)) for victim in victims]
        try:
            self._index.flush()
        except StoreError as error:
            troubles.append(Trouble("", str(error)))
        return Removed(len(done), sum(done), sum(map(_on_disk, done)), tuple(troubles))

    def _of_shard(
        self,
        victims: Sequence[Victim],
        folder: int | None,
        meant: Meant | None,
        done: list[int],
        troubles: list[Trouble],
    ) -> None:
        """Remove what is still the file that the index knows; read of others once more what they are, and
        remove them if that is still what is meant. `done` gets the bytes that it said.

        An eviction, without `meant`, takes an entry that was created when the index says.
        """
        rows: list[Row] = []
        try:
            for victim in victims:
                digest, form, encoding, size, created, own, number, stamp = victim
                stem = victim.key if form <= OLD_NAME else digest
                if folder is None:
                    stem = f"{self._places.root}/{stem[:2]}/{stem}"
                described = stem + METADATA
                try:
                    if not stamp or files.stamp(described, folder=folder) != stamp:
                        text = files.read(described, METADATA_BYTES, folder=folder)
                        metadata = understand(text) if own is None else understand_own(text)
                        encoding = metadata.encoding
                        if isinstance(metadata, PairMetadata):
                            size = metadata._payload_bytes
                        else:
                            size = _size(stem + SUFFIXES[encoding], folder)
                        if metadata.created_at_ms > created:
                            created = metadata.created_at_ms
                        if not (_is_of(victim, metadata) if meant is None else meant(digest, metadata)):
                            rows.append(Row(digest, metadata, size, _on_disk(size), form, own=own))
                            continue
                    there = files.remove(described, folder=folder)
                    files.remove(stem + SUFFIXES[encoding], folder=folder)
                except FileNotFoundError:
                    there = False
                except Newer:
                    rows.append(gone(digest))  # none of ours any more, and `verify` tells of it
                    continue
                except Corrupt as error:
                    troubles.append(Trouble(digest, f"{error}; `verify --repair` removes it"))
                    continue
                except OSError as error:
                    troubles.append(Trouble(digest, error.strerror or str(error)))
                    continue
                rows.append(gone(digest, created, number))
                if there:
                    done.append(size)
        finally:
            self._index.put_all(rows)


def remove_members(directory: str, meant: Callable[[str], bool]) -> None:
    """The files of a directory whose names are meant; through the directory itself, which is no link."""
    with files.opened(directory) as folder:
        for name in os.listdir(directory if folder is None else folder):
            if meant(name):
                files.remove(name if folder is not None else f"{directory}/{name}", folder=folder)


def is_ours(name: str) -> bool:
    return bool(MEMBER.fullmatch(name) or TEMPORARY.fullmatch(name))


def _is_of(victim: Victim, metadata: Metadata) -> bool:
    return metadata.created_at_ms == victim.created_ms


def _size(value: str, folder: int | None) -> int:
    """Of an old one, whose metadata does not say it."""
    try:
        return os.stat(value, dir_fd=folder, follow_symlinks=False).st_size
    except FileNotFoundError:
        return 0


@lru_cache(maxsize=4096)
def _on_disk(size: int) -> int:
    return files.allocated(size) + files.allocated(1)


def _pages(victims: Iterable[Victim]) -> Iterator[Sequence[Victim]]:
    """Shard by shard, so that a shard is held once or twice rather than once a page."""
    victims = sorted(victims, key=_key)
    for start in range(0, len(victims), _BATCH):
        yield victims[start : start + _BATCH]


def _key(victim: Victim) -> str:
    return victim.digest if victim.form > OLD_NAME else victim.key


def _shard(victim: Victim) -> str:
    return (victim.digest if victim.form > OLD_NAME else victim.key)[:2]


def _is_older(path: str, moment_ms: int) -> bool:
    try:
        return os.stat(path, follow_symlinks=False).st_mtime_ns < moment_ms * 1_000_000
    except FileNotFoundError:
        return False
