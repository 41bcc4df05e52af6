"""Looking at every byte of a directory of pairs, and having what is wrong with it mended. Who only looks
is told what mending would do, since the same decides it.

A writer of ours holds its shard for as long as anything of it is unfinished. So with the shard held, what is
unfinished was left by somebody who was killed, however young it is.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import TypeVar

from cachemgr.responses import files
from cachemgr.responses.errors import StoreError
from cachemgr.responses.format import METADATA, OLD_SHARD, OWN_SHARD, SHARD, own_keys
from cachemgr.responses.index import Index
from cachemgr.responses.locks import Slots
from cachemgr.responses.members import Members, digest_of, listed, members, old_key, slot_of
from cachemgr.responses.mending import NEWER, Mend, Mender
from cachemgr.responses.places import SHARDS, Places
from cachemgr.responses.report import UNSEEN, Finding, Problem, Remedy, Repairs
from cachemgr.responses.soundness import UNSETTLED, is_spare, problem_of

_T = TypeVar("_T")


class Verifier:
    def __init__(
        self, places: Places, slots: Slots, index: Index, at_ms: int, repairs: Repairs | None
    ) -> None:
        self._places = places
        self._slots = slots
        self._index = index
        self._mender = Mender(places, slots, index, at_ms)
        self._repairs = repairs
        self._moved, self._written = set[str](), set[str]()
        """Digests whose files a mend renames or brings together, and those whose row it writes. So it is for
        who only looks, too: what follows is told as if it were done."""

    def findings(self) -> Iterator[Finding]:
        for shard in SHARDS:
            yield from self._of_shard(shard)
        for shard in sorted(listed(self._places.root)):
            if OWN_SHARD.fullmatch(shard) and not SHARD.fullmatch(shard):
                for key in sorted(own_keys(shard, listed(f"{self._places.root}/{shard}"))):
                    yield from self._of_own_key(shard, key)
        if self._repairs is not None:
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
                drop = partial(self._mender.drop, shard, name)
                yield self._mended(shard, name, "abandoned temporary file", drop)
        for name in there.foreign:
            yield Finding(f"{shard}/{name}", "foreign file")
        yield from self._of_index(shard, there)

    def _of_key(self, shard: str, key: str, there: Members) -> Iterator[Finding]:
        stem = f"{self._places.root}/{shard}/{key}"
        try:
            problem = problem_of(stem, key)
            if problem in UNSETTLED:
                problem = self._settled(shard, partial(problem_of, stem, key))
        except OSError as error:
            # Of the device, of rights: what cannot be read now may be sound.
            yield Finding(f"{shard}/{key}", "unreadable", reason=error.strerror or str(error))
            return
        if problem == "old name":
            yield self._mended(shard, key, problem, partial(self._mender.rename, shard, key))
        elif problem == "old form":
            yield Finding(f"{shard}/{key}", problem)
        elif problem == "foreign file":
            yield Finding(f"{shard}/{key}", problem, reason=NEWER)
        elif problem is not None:
            yield self._mended(shard, key, problem, partial(self._mender.remove, shard, key))
        elif (kept := there.values.get(key, [])) and len(kept) > 1:
            for name in kept:
                if self._settled(shard, partial(is_spare, stem, name)):
                    drop = partial(self._mender.drop_spare, stem, name)
                    yield self._mended(shard, name, "metadata missing", drop)

    def _of_own_key(self, shard: str, key: str) -> Iterator[Finding]:
        """What cannot be understood may be anybody's two files, and is told and left alone."""
        stem = f"{self._places.root}/{shard}/{key}"
        try:
            sound = problem_of(stem, key) == "old name"
        except OSError as error:
            yield Finding(f"{shard}/{key}", "unreadable", reason=error.strerror or str(error))
            return
        if sound:
            yield self._mended(shard, key, "old name", partial(self._mender.rename, shard, key))
            if self._repairs is not None and not SHARD.fullmatch(shard):
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
            if digest_of(key) not in self._written and not os.path.lexists(stem + key + METADATA):
                unlist = partial(self._mender.unlist, digest_of(key))
                yield self._mended(shard, key, "in the index only", unlist)
        for key in sorted(there.described - known):
            if digest_of(key) in self._written:
                continue
            with suppress(OSError):  # told above
                if problem_of(stem + key, key) not in (None, "old form"):
                    continue
                yield self._mended(shard, key, "not in the index", partial(self._mender.enlist, shard, key))

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

    def _mended(self, shard: str, name: str, problem: Problem, decide: Callable[[], Mend]) -> Finding:
        item = f"{shard}/{name}"
        mend = Mend(None)
        try:
            if self._repairs is None:
                mend = Mend("nothing") if digest_of(name) in self._moved else decide()
                self._note(name, mend.remedy)
                return Finding(item, problem, reason=mend.why, remedy=mend.remedy)
            with self._slots.held(slot_of(shard)):
                mend = decide()
                if mend.remedy is None:
                    return Finding(item, problem, reason=mend.why)
                if not self._repairs.allow(item, problem, mend.remedy):
                    return Finding(item, problem, reason=UNSEEN, remedy=mend.remedy)
                mend.act()
                self._note(name, mend.remedy)
        except (OSError, StoreError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            return Finding(item, problem, reason=reason, remedy=mend.remedy)
        removed = mend.remedy == "remove"
        return Finding(item, problem, True, mend.why, removed, mend.remedy)

    def _note(self, name: str, remedy: Remedy | None) -> None:
        if remedy in ("rename", "replace", "rejoin"):
            self._moved.add(digest_of(name))
        if remedy in ("rename", "replace", "rejoin", "remove"):
            self._written.add(digest_of(name))
