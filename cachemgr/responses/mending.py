"""What is done about what is wrong with a pair: decided first, which changes nothing, so that it can be shown
before it is done. What may be sound all the same stays."""

import os
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial

from cachemgr.responses import files
from cachemgr.responses.errors import StoreError
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
from cachemgr.responses.report import Remedy
from cachemgr.responses.soundness import UNSETTLED, is_spare, problem_of

AT_WORK = "somebody may be at work on it"
UNBELIEVED = "its record cannot be believed, but its value may be sound: both stay"
NEWER = "a newer version of cachemgr wrote it: it stays"
_BETTER = "a later answer, or one that lives, has its new name"
_WORSE = "an older or expired answer has its new name"
_PARTED = ("value missing", "metadata missing")


def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Mend:
    """What is decided about one thing that is wrong. Deciding changes nothing; `act` does."""

    remedy: Remedy | None
    """None leaves it alone."""
    why: str = ""
    act: Callable[[], object] = _nothing
    """Raises OSError and StoreError; the latter, too, where it is no longer as it was decided about."""


class Mender:
    """Decides what to do about what is wrong. With its shard held nobody changes it before that is done."""

    def __init__(self, places: Places, slots: Slots, index: Index, at_ms: int) -> None:
        self._places = places
        self._slots = slots
        self._index = index
        self._at_ms = at_ms
        self._before_ns = (at_ms - ABANDONED * 1000) * 1_000_000

    def drop(self, shard: str, name: str) -> Mend:
        """What the old code left has no lock to tell whether somebody writes it; it has to be an hour old."""
        path = f"{self._places.root}/{shard}/{name}"
        if not TEMPORARY.fullmatch(name) and name.endswith(OLD_TEMPORARY) and not self._is_old(path):
            return Mend(None, AT_WORK)
        return Mend("remove", act=partial(files.remove, path))

    def drop_spare(self, stem: str, name: str) -> Mend:
        if not is_spare(stem, name):
            return Mend("nothing")
        return Mend("remove", act=partial(files.remove, f"{os.path.dirname(stem)}/{name}"))

    def remove(self, shard: str, key: str) -> Mend:
        stem, digest = f"{self._places.root}/{shard}/{key}", digest_of(key)
        now = problem_of(stem, key)
        if now in _PARTED and are_parted(self._places, digest):
            return Mend("rejoin", act=partial(self._rejoin, shard, digest))
        if now == "foreign file":
            return Mend(None, NEWER)
        if now == "corrupt metadata" and is_somebodys(stem):
            return Mend(None, UNBELIEVED)
        if now not in UNSETTLED:
            return Mend("nothing")
        if is_old(key) and not self._is_old(stem + VALUE):
            return Mend(None, AT_WORK)
        return Mend("remove", act=partial(self._remove, stem, digest))

    def _remove(self, stem: str, digest: str) -> None:
        remove(stem)
        self._index.put(Row(digest, None))

    def _rejoin(self, shard: str, digest: str) -> None:
        """Earlier versions renamed the value first: killed then, they left each half under another name."""
        other = OLD_SHARD if shard == digest[:2] else digest[:2]
        with nullcontext() if other == shard else self._slots.held(int(other, 16)):
            if not are_parted(self._places, digest):
                raise StoreError(AT_WORK)
            files.replace(self._places.old_stem(digest) + METADATA, self._places.stem(digest) + METADATA)
            self._enlist(digest[:2], digest)

    def rename(self, shard: str, key: str) -> Mend:
        """To the shard and the name of its digest, unless a sound entry is there that is better."""
        target = digest_of(key)[:2]
        if files.is_link(f"{self._places.root}/{target}"):
            return Mend(None, f"{target} is a link")
        if is_somebodys(self._places.stem(digest_of(key))):
            return Mend(None, f"what is in {target} cannot be believed, but may be sound: both stay")
        remedy = self._renaming(shard, key)
        why = {"remove": _BETTER, "replace": _WORSE}.get(remedy, "")
        return Mend(remedy, why, partial(self._rename, shard, key, remedy))

    def _renaming(self, shard: str, key: str) -> Remedy:
        source, digest = f"{self._places.root}/{shard}/{key}", digest_of(key)
        target = self._places.stem(digest)
        if problem_of(source, key) != "old name":
            return "nothing"
        if problem_of(target, digest) not in (None, "old form"):
            return "rename"
        return "replace" if self._is_better(source, target) else "remove"

    def _rename(self, shard: str, key: str, remedy: Remedy) -> None:
        """With both shards held: whoever is at work on the new name has finished, or was killed."""
        source, digest = f"{self._places.root}/{shard}/{key}", digest_of(key)
        target, slot = self._places.stem(digest), slot_of(digest[:2])
        with nullcontext() if slot == slot_of(shard) else self._slots.held(slot):
            if self._renaming(shard, key) != remedy:
                raise StoreError(AT_WORK)
            if remedy == "nothing":
                return
            if remedy == "remove":
                remove(source)
            else:
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

    def unlist(self, digest: str) -> Mend:
        return Mend("unlist", act=lambda: self._index.put(Row(digest, None)))

    def enlist(self, shard: str, key: str) -> Mend:
        row = read_row(f"{self._places.root}/{shard}/{key}", key)
        return Mend(None, AT_WORK) if row is None else Mend("list", act=lambda: self._index.put(row))

    def _enlist(self, shard: str, key: str) -> None:
        self.enlist(shard, key).act()

    def _is_old(self, path: str) -> bool:
        try:
            return os.stat(path, follow_symlinks=False).st_mtime_ns < self._before_ns
        except FileNotFoundError:
            return True
