"""Mending what is wrong with a pair, with its shard held. What may be sound all the same stays."""

import os
from contextlib import nullcontext

from cachemgr.responses import files
from cachemgr.responses.format import ABANDONED, METADATA, OLD_SHARD, OLD_TEMPORARY, TEMPORARY, VALUE
from cachemgr.responses.index import Index
from cachemgr.responses.index_rows import Row
from cachemgr.responses.locks import Slots
from cachemgr.responses.members import digest_of, is_old, slot_of
from cachemgr.responses.pair import understand
from cachemgr.responses.pair_reading import are_parted, is_somebodys
from cachemgr.responses.pairs import remove
from cachemgr.responses.places import Places
from cachemgr.responses.reconcile import read_row
from cachemgr.responses.soundness import UNSETTLED, is_spare, problem_of

REMOVED = "removed"
"""What a mend says that had to remove what it was about."""
AT_WORK = "somebody may be at work on it"
UNBELIEVED = "its record cannot be believed, but its value may be sound: both stay"
NEWER = "a newer version of cachemgr wrote it: it stays"
_PARTED = ("value missing", "metadata missing")


class Mender:
    """Each mend says why it did not; nothing when it did, REMOVED when that left nothing."""

    def __init__(self, places: Places, slots: Slots, index: Index, at_ms: int) -> None:
        self._places = places
        self._slots = slots
        self._index = index
        self._at_ms = at_ms
        self._before_ns = (at_ms - ABANDONED * 1000) * 1_000_000

    def drop(self, shard: str, name: str) -> str:
        """What the old code left has no lock to tell whether somebody writes it; it has to be an hour old."""
        path = f"{self._places.root}/{shard}/{name}"
        if not TEMPORARY.fullmatch(name) and name.endswith(OLD_TEMPORARY) and not self._is_old(path):
            return AT_WORK
        files.remove(path)
        return REMOVED

    def drop_spare(self, stem: str, name: str) -> str:
        if is_spare(stem, name):
            files.remove(f"{os.path.dirname(stem)}/{name}")
        return REMOVED

    def remove(self, shard: str, key: str) -> str:
        stem = f"{self._places.root}/{shard}/{key}"
        now = problem_of(stem, key)
        if now in (None, "old form") or (now in _PARTED and self._reunite(shard, digest_of(key))):
            return ""
        if now == "foreign file":
            return NEWER
        if now == "corrupt metadata" and is_somebodys(stem):
            return UNBELIEVED
        if is_old(key) and not self._is_old(stem + VALUE):
            return AT_WORK
        if now in UNSETTLED:
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
                self.enlist(digest[:2], digest)
            return parted

    def rename(self, shard: str, key: str) -> str:
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
        if problem_of(source, key) != "old name":
            return
        if problem_of(target, digest) in (None, "old form") and not self._is_better(source, target):
            remove(source)
            self.enlist(digest[:2], digest)
            return
        remove(target)
        files.make_directory(self._places.shard(digest))
        # Whole under the old name until the metadata moves, and from then on under the new one.
        files.double(source + VALUE, target + VALUE)
        files.replace(source + METADATA, target + METADATA)
        files.remove(source + VALUE)
        self.enlist(digest[:2], digest)

    def _is_better(self, source: str, target: str) -> bool:
        """Of two answers to one question the one that lives, and of those the later."""
        one, other = (understand(files.read(stem + METADATA)) for stem in (source, target))
        return (not one.expired(self._at_ms), one.newness) > (not other.expired(self._at_ms), other.newness)

    def unlist(self, digest: str) -> str:
        self._index.put(Row(digest, None))
        return ""

    def enlist(self, shard: str, key: str) -> str:
        row = read_row(f"{self._places.root}/{shard}/{key}", key)
        if row is not None:
            self._index.put(row)
        return "" if row is not None else AT_WORK

    def _is_old(self, path: str) -> bool:
        try:
            return os.stat(path, follow_symlinks=False).st_mtime_ns < self._before_ns
        except FileNotFoundError:
            return True
