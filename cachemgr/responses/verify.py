"""Looking at every byte of a directory of pairs, and mending what is wrong with it.

A writer of ours holds its shard for as long as anything of it is unfinished. So with the shard held, what is
unfinished was left by somebody who was killed, however young it is.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from functools import partial
from typing import TypeVar

from cachemgr.responses import files
from cachemgr.responses.errors import Corrupt, Newer, StoreError
from cachemgr.responses.format import (
    ABANDONED,
    METADATA,
    OLD_SHARD,
    OLD_TEMPORARY,
    OWN_SHARD,
    SHARD,
    TEMPORARY,
    VALUE,
    own_keys,
)
from cachemgr.responses.index import Index
from cachemgr.responses.index_rows import Row
from cachemgr.responses.locks import Slots
from cachemgr.responses.members import Members, digest_of, is_old, is_own, listed, members, old_key, slot_of
from cachemgr.responses.pair import PairMetadata, check, understand, understand_own
from cachemgr.responses.pair_reading import are_parted, is_somebodys
from cachemgr.responses.pairs import remove
from cachemgr.responses.places import SHARDS, SUFFIXES, Places
from cachemgr.responses.reconcile import read_row
from cachemgr.responses.report import Finding, Problem

_T = TypeVar("_T")
REMOVED = "removed"
"""What a mend says that had to remove what it was about."""
AT_WORK = "somebody may be at work on it"
UNBELIEVED = "its record cannot be believed, but its value may be sound: both stay"
NEWER = "a newer version of cachemgr wrote it: it stays"
_PARTED = ("value missing", "metadata missing")
_UNSETTLED = ("corrupt metadata", "corrupt value", "value missing", "metadata missing")


class Verifier:
    def __init__(self, places: Places, slots: Slots, index: Index, at_ms: int, *, repair: bool) -> None:
        self._places = places
        self._slots = slots
        self._index = index
        self._at_ms = at_ms
        self._before_ns = (at_ms - ABANDONED * 1000) * 1_000_000
        self._repair = repair

    def findings(self) -> Iterator[Finding]:
        for shard in SHARDS:
            yield from self._of_shard(shard)
        for shard in sorted(listed(self._places.root)):
            if OWN_SHARD.fullmatch(shard) and not SHARD.fullmatch(shard):
                for key in sorted(own_keys(shard, listed(f"{self._places.root}/{shard}"))):
                    yield from self._of_own_key(shard, key)
        if self._repair:
            self._index.flush()

    def _of_shard(self, shard: str) -> Iterator[Finding]:
        directory = f"{self._places.root}/{shard}"
        try:
            there = members(shard, listed(directory))
        except OSError as error:
            yield Finding(shard, "unreadable", reason=error.strerror or str(error))
            return
        for key in sorted(there.keys):
            yield from self._of_key(shard, key, there)
        for key in sorted(there.own):
            yield from self._of_own_key(shard, key)
        for name in there.temporary:
            if self._settled(shard, partial(os.path.lexists, f"{directory}/{name}")):
                yield self._mended(shard, name, "abandoned temporary file", partial(self._drop, shard, name))
        for name in there.foreign:
            yield Finding(f"{shard}/{name}", "foreign file")
        yield from self._of_index(shard, there)

    def _of_key(self, shard: str, key: str, there: Members) -> Iterator[Finding]:
        stem = f"{self._places.root}/{shard}/{key}"
        try:
            problem = _problem(stem, key)
            if problem in _UNSETTLED:
                problem = self._settled(shard, partial(_problem, stem, key))
        except OSError as error:
            # Of the device, of rights: what cannot be read now may be sound.
            yield Finding(f"{shard}/{key}", "unreadable", reason=error.strerror or str(error))
            return
        if problem == "old name":
            yield self._mended(shard, key, problem, partial(self._rename, shard, key))
        elif problem == "old form":
            yield Finding(f"{shard}/{key}", problem)
        elif problem == "foreign file":
            yield Finding(f"{shard}/{key}", problem, reason=NEWER)
        elif problem is not None:
            yield self._mended(shard, key, problem, partial(self._remove, shard, key))
        elif (kept := there.values.get(key, [])) and len(kept) > 1:
            for name in kept:
                if self._settled(shard, partial(_spare, stem, name)):
                    yield self._mended(shard, name, "metadata missing", partial(self._drop_spare, stem, name))

    def _of_own_key(self, shard: str, key: str) -> Iterator[Finding]:
        """What cannot be understood may be anybody's two files, and is told and left alone."""
        stem = f"{self._places.root}/{shard}/{key}"
        try:
            sound = _problem(stem, key) == "old name"
        except OSError as error:
            yield Finding(f"{shard}/{key}", "unreadable", reason=error.strerror or str(error))
            return
        if sound:
            yield self._mended(shard, key, "old name", partial(self._rename, shard, key))
            if self._repair and not SHARD.fullmatch(shard):
                with suppress(OSError):
                    files.remove_directory(f"{self._places.root}/{shard}")
        else:
            yield Finding(f"{shard}/{key}", "foreign file")

    def _of_index(self, shard: str, there: Members) -> Iterator[Finding]:
        """Rows and files that do not know each other."""
        known = self._index.of_shard(int(shard, 16))
        if shard == OLD_SHARD:
            known |= {old_key(digest) for digest in self._index.old_names()}
        stem = f"{self._places.root}/{shard}/"
        for key in sorted(known - there.described):
            if not os.path.lexists(stem + key + METADATA):
                yield self._mended(shard, key, "in the index only", partial(self._unlist, digest_of(key)))
        for key in sorted(there.described - known):
            with suppress(OSError):  # told above
                if _problem(stem + key, key) not in (None, "old form"):
                    continue
                yield self._mended(shard, key, "not in the index", partial(self._enlist, shard, key))

    def _settled(self, shard: str, look: Callable[[], _T]) -> _T:
        """Looked at again with the shard held: it may have been a writer at work."""
        try:
            self._slots.acquire(slot_of(shard))
        except OSError:
            return look()
        try:
            return look()
        finally:
            self._slots.release(slot_of(shard))

    def _mended(self, shard: str, name: str, problem: Problem, mend: Callable[[], str]) -> Finding:
        """`mend` says why it did not; nothing when it did, REMOVED when that left nothing."""
        item = f"{shard}/{name}"
        if not self._repair:
            return Finding(item, problem)
        try:
            with self._slots.held(slot_of(shard)):
                reason = mend()
        except (OSError, StoreError) as error:
            return Finding(item, problem, reason=getattr(error, "strerror", None) or str(error))
        if reason == REMOVED:
            return Finding(item, problem, repaired=True, removed=True)
        return Finding(item, problem, repaired=not reason, reason=reason)

    # -- mending, with the shard held

    def _drop(self, shard: str, name: str) -> str:
        """What the old code left has no lock to tell whether somebody writes it; it has to be an hour old."""
        path = f"{self._places.root}/{shard}/{name}"
        if not TEMPORARY.fullmatch(name) and name.endswith(OLD_TEMPORARY) and not self._is_old(path):
            return AT_WORK
        files.remove(path)
        return REMOVED

    def _drop_spare(self, stem: str, name: str) -> str:
        if _spare(stem, name):
            files.remove(f"{os.path.dirname(stem)}/{name}")
        return REMOVED

    def _remove(self, shard: str, key: str) -> str:
        stem = f"{self._places.root}/{shard}/{key}"
        now = _problem(stem, key)
        if now in (None, "old form") or (now in _PARTED and self._reunite(shard, digest_of(key))):
            return ""
        if now == "foreign file":
            return NEWER
        if now == "corrupt metadata" and is_somebodys(stem):
            return UNBELIEVED
        if is_old(key) and not self._is_old(stem + VALUE):
            return AT_WORK
        if now in _UNSETTLED:
            remove(stem)
            self._index.put(Row(digest_of(key), None))
            return REMOVED
        return ""

    def _reunite(self, shard: str, digest: str) -> bool:
        """Earlier versions renamed the value first: killed then, they left each half under another name."""
        other = OLD_SHARD if shard == digest[:2] else digest[:2]
        with nullcontext() if other == shard else self._slots.held(int(other, 16)):
            parted = are_parted(self._places, digest)
            if parted:
                files.replace(self._places.old_stem(digest) + METADATA, self._places.stem(digest) + METADATA)
                self._enlist(digest[:2], digest)
            return parted

    def _rename(self, shard: str, key: str) -> str:
        """To the shard and the name of its digest, unless a sound entry is there that is better."""
        digest = digest_of(key)
        target = digest[:2]
        if files.is_link(f"{self._places.root}/{target}"):
            return f"{target} is a link"
        if is_somebodys(self._places.stem(digest)):
            return f"what is in {target} cannot be believed, but may be sound: both stay"
        slot = slot_of(target)
        with nullcontext() if slot == slot_of(shard) else self._slots.held(slot):
            self._rename_alone(f"{self._places.root}/{shard}/{key}", key)
        return ""

    def _rename_alone(self, source: str, key: str) -> None:
        """With both shards held: whoever is at work on the new name has finished, or was killed."""
        digest = digest_of(key)
        target = self._places.stem(digest)
        if _problem(source, key) != "old name":
            return
        if _problem(target, digest) in (None, "old form") and not self._is_better(source, target):
            remove(source)
            self._enlist(digest[:2], digest)
            return
        remove(target)
        files.make_directory(self._places.shard(digest))
        # Whole under the old name until the metadata moves, and from then on under the new one.
        files.double(source + VALUE, target + VALUE)
        files.replace(source + METADATA, target + METADATA)
        files.remove(source + VALUE)
        self._enlist(digest[:2], digest)

    def _is_better(self, source: str, target: str) -> bool:
        """Of two answers to one question the one that lives, and of those the later."""
        one, other = (understand(files.read(stem + METADATA)) for stem in (source, target))
        return (not one.expired(self._at_ms), one.newness) > (not other.expired(self._at_ms), other.newness)

    def _unlist(self, digest: str) -> str:
        self._index.put(Row(digest, None))
        return ""

    def _enlist(self, shard: str, key: str) -> str:
        row = read_row(f"{self._places.root}/{shard}/{key}", key)
        if row is not None:
            self._index.put(row)
        return "" if row is not None else AT_WORK

    def _is_old(self, path: str) -> bool:
        try:
            return os.stat(path, follow_symlinks=False).st_mtime_ns < self._before_ns
        except FileNotFoundError:
            return True


def _spare(stem: str, name: str) -> bool:
    """Whether the value of that name is not the one that the metadata means, where it can be told."""
    try:
        used = understand(files.read(stem + METADATA)).encoding
    except (OSError, Corrupt):
        return False
    return name != os.path.basename(stem) + SUFFIXES[used]


def _problem(stem: str, key: str) -> Problem | None:
    """Raises OSError where it cannot be read."""
    try:
        text = files.read(stem + METADATA)
        metadata = understand_own(text) if is_own(key) else understand(text)
    except FileNotFoundError:
        return "metadata missing"
    except Newer:
        return "foreign file"
    except Corrupt:
        return "corrupt metadata"
    try:
        payload = files.read(stem + SUFFIXES[metadata.encoding])
    except FileNotFoundError:
        return "value missing"
    except Corrupt:
        return "corrupt value"
    if not check(payload, metadata):
        return "corrupt value"
    if is_old(key) or is_own(key):
        return "old name"
    return None if isinstance(metadata, PairMetadata) else "old form"
