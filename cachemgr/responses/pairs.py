"""Reading, writing and removing the pairs of a directory. Knows no index and no policy."""

import os
import threading
from itertools import count

from cachemgr.responses import files
from cachemgr.responses.anchor import Anchor
from cachemgr.responses.errors import Corrupt, Newer
from cachemgr.responses.format import METADATA
from cachemgr.responses.locks import Slots
from cachemgr.responses.metadata import Metadata, Stored
from cachemgr.responses.old_names import OldNames
from cachemgr.responses.pair import describe, understand
from cachemgr.responses.pair_reading import read_pair
from cachemgr.responses.places import SUFFIXES, Places, other_suffix, suffix

_numbers = count()
_OURS = os.urandom(4).hex()
"""Tells processes apart that have the same number, on two machines or after a restart."""
_STREAK = 64
"""Misses in a row after the first of which one looks for a name before opening it. The next one is opened,
so that a fault which looking does not tell from a miss shows soon."""
_EFFECTIVE = os.access in os.supports_effective_ids
"""Whether looking can be done with the rights that opening has."""


class Pairs:
    def __init__(self, places: Places, slots: Slots, *, sync: bool, writer: str, compressing: bool) -> None:
        self._places = places
        self._root = places.root
        self._anchor = Anchor(places.root)
        self._slots = slots
        self._sync = sync
        self._writer = writer
        self.old_names = self._old = OldNames(places)
        self.compressing = compressing
        """Whether some values may be compressed; until then nobody looks for the other kind."""
        self._streak = 0
        """How many more misses are expected: they come in rows. Looking costs a hit 2 µs, and spares a miss
        the exception of opening, another 2."""

    # -- reading, without any lock

    def read(self, digest: str, at_ms: int) -> Stored | None:
        """Raises Corrupt where the halves do not belong together, and nobody is at work on them."""
        name = f"{digest[:2]}/{digest}"
        if self._streak and not os.access(
            f"{self._root}/{name}{METADATA}", os.F_OK, effective_ids=_EFFECTIVE
        ):
            self._streak -= 1
            return self._by_old_names(digest, at_ms)
        start = self._anchor.start()
        flags = files.READ if at_ms > 0 else files.LOOK
        try:
            found = read_pair(start.prefix + name, at_ms, flags, start.descriptor)
            if found is None and self._anchor.look():
                found = read_pair(f"{self._root}/{name}", at_ms, flags)
        except Corrupt:
            found = self._patiently(digest, f"{self._root}/{name}", at_ms)
        if found is None:
            self._streak = _STREAK
            return self._by_old_names(digest, at_ms)
        if self._streak:
            self._streak = 0
        if found.payload is None:
            # The old code may have written a later answer, beside us.
            other = self._by_old_names(digest, at_ms)
            return other if other is not None and other.payload is not None else found
        if found.metadata.encoding != "identity":
            self.compressing = True
        return found

    def _by_old_names(self, digest: str, at_ms: int) -> Stored | None:
        found = None
        for other in self._old.stems(digest):
            there = read_pair(other, at_ms)
            if there is not None and (found is None or there.payload is not None):
                found = there
            if found is not None and found.payload is not None:
                break
        return found

    def glance(self, digest: str, at_ms: int) -> Stored | None:
        """Without a second look, which may have to wait for a writer."""
        start = self._anchor.start()
        try:
            return read_pair(f"{start.prefix}{digest[:2]}/{digest}", at_ms, files.READ, start.descriptor)
        except (OSError, Corrupt):
            return None

    def _patiently(self, digest: str, stem: str, at_ms: int) -> Stored | None:
        """The halves differ: most likely a writer is between its two renames. The second look is taken with
        the shard held; looking again without holding it missed twice in a thousand (measured)."""
        try:
            return read_pair(stem, at_ms)
        except Corrupt:
            pass
        try:
            self._slots.acquire(int(digest[:2], 16))
        except OSError:
            # Where nothing can be locked nothing is written either, by us.
            return read_pair(stem, at_ms)
        try:
            return read_pair(stem, at_ms)
        finally:
            self._slots.release(int(digest[:2], 16))

    def close(self) -> None:
        """Nothing stays open; a later read opens again."""
        self._anchor.close()

    # -- writing and removing, with the shard held

    def write(self, digest: str, payload: bytes, metadata: Metadata) -> str:
        """The metadata comes last and commits the pair. Whoever fails leaves what was there before. The stamp
        of the metadata."""
        self._anchor.drift()
        stem = self._places.stem(digest)
        value = stem + suffix(metadata)
        described = describe(digest, payload, metadata, self._writer)
        if self._create(value, payload):
            stamp = self._commit(stem, described, value)
        else:
            over = self._has_expired(stem, metadata.created_at_ms)
            stamp = self._rewrite(stem, payload, described, value, over=over)
        if self.compressing:
            files.remove(stem + other_suffix(metadata))
        if self._sync:
            files.sync_directory(self._places.shard(digest))
        for other in self._old.stems(digest):
            remove(other)
        return stamp

    def write_newer(self, digest: str, payload: bytes, metadata: Metadata) -> str | None:
        """Unless what is there, by any of its names, is as new and whole: then None."""
        stems = (self._places.stem(digest), self._places.old_stem(digest), *self._old.stems(digest))
        for stem in dict.fromkeys(stems):
            try:
                there = read_pair(stem, 0)
            except Newer:
                return None
            except Corrupt:
                continue
            if there is not None and there.metadata.newness >= metadata.newness:
                return None
        return self.write(digest, payload, metadata)

    def _commit(self, stem: str, described: bytes, value: str) -> str:
        """Of a new entry: under its own name at once, which saves a renaming. Whoever reads it half written
        finds no metadata in it, and looks again."""
        try:
            try:
                return files.create(stem + METADATA, described, sync=self._sync, stamped=True)
            except FileExistsError:
                # Its value is missing or kept in the other encoding, or a writer was killed right here.
                return self._replace(stem + METADATA, described)
        except BaseException:
            files.remove(value)
            raise

    def _replace(self, target: str, content: bytes) -> str:
        temporary = self._temporary(target)
        try:
            stamp = files.create(temporary, content, sync=self._sync, stamped=True)
            files.replace(temporary, target)
        except BaseException:
            files.remove(temporary)
            raise
        return stamp

    def _create(self, value: str, payload: bytes) -> bool:
        """A new value under its own name at once: without metadata nobody believes it yet."""
        try:
            files.create(value, payload, sync=self._sync)
        except FileExistsError:
            return False
        except FileNotFoundError:
            files.make_directory(os.path.dirname(value))
            files.create(value, payload, sync=self._sync)
        return True

    def _has_expired(self, stem: str, at_ms: int) -> bool:
        try:
            return understand(files.read(stem + METADATA)).expired(at_ms)
        except (FileNotFoundError, Corrupt):
            return False

    def _rewrite(self, stem: str, payload: bytes, described: bytes, value: str, *, over: bool) -> str:
        """Both halves are whole on the disk before either takes its name: a full disk changes nothing. What
        is `over` is removed first: ext4 writes a file out when another takes its name by renaming, which
        costs milliseconds on a busy disk."""
        first, second = self._temporary(value), self._temporary(value)
        try:
            files.create(first, payload, sync=self._sync)
            stamp = files.create(second, described, sync=self._sync, stamped=True)
            if over:
                remove(stem)
            files.replace(first, value)
            files.replace(second, stem + METADATA)
        except BaseException:
            files.remove(first)
            files.remove(second)
            raise
        return stamp

    def renew(self, digest: str, expires_at_ms: int | None, at_ms: int) -> tuple[Metadata, int, str] | None:
        """The metadata as it is now, the value's bytes, and the metadata's stamp; None where no entry lives
        at that moment. One that has another name gets ours."""
        self._anchor.drift()
        stem = self._places.stem(digest)
        try:
            stored = read_pair(stem, at_ms)
            ours = stored is not None and stored.payload is not None
            if not ours:
                stored = self._by_old_names(digest, at_ms)
        except Corrupt:
            return None
        if stored is None or stored.payload is None:
            return None
        found, payload = stored.metadata, stored.payload
        values = {name: getattr(found, name) for name in Metadata.__struct_fields__}
        renewed = Metadata(**values | {"expires_at_ms": expires_at_ms})
        if ours:
            stamp = self._replace(stem + METADATA, describe(digest, payload, renewed, self._writer))
        else:
            stamp = self.write(digest, payload, renewed)
        return renewed, len(payload), stamp

    def delete(self, digest: str) -> bool:
        self._anchor.drift()
        found = remove(self._places.stem(digest))
        for other in self._old.stems(digest):
            found |= remove(other)
        return found

    def _temporary(self, target: str) -> str:
        where, _, name = target.rpartition("/")
        writer = f"{os.getpid()}.{threading.get_ident()}.{next(_numbers)}.{_OURS}"
        return f"{where}/.{name[:64]}.{writer}.tmp"


def remove(stem: str, *, folder: int | None = None) -> bool:
    """The metadata first: whatever happens then, no half is taken for a whole."""
    found = files.remove(stem + METADATA, folder=folder)
    for one in SUFFIXES.values():
        found |= files.remove(stem + one, folder=folder)
    return found
