"""Where the old code's files of an entry may be, asked on every miss and therefore cheaply."""

import os
import stat
from collections.abc import Mapping
from time import monotonic

from cachemgr.responses import files
from cachemgr.responses.errors import Corrupt
from cachemgr.responses.format import METADATA, OWN_SHARD
from cachemgr.responses.members import digest_of, is_own
from cachemgr.responses.pair import understand_own
from cachemgr.responses.places import Places

_POSSIBLE = os.name == "posix"
"""A colon cannot be in a file's name on Windows."""
_BELIEVED = 0.25
"""Seconds for which an answer is believed: what the old code writes beside us is a hit that much later."""


class OldNames:
    def __init__(self, places: Places) -> None:
        self._places = places
        self._own: dict[str, str] = {}
        self._shard = places.old_shard
        self._until = float("-inf")
        self._changed = -1
        self._found = False

    def stems(self, digest: str) -> tuple[str, ...]:
        """The names without suffix that an entry may have besides its own."""
        own = (self._own[digest],) if digest in self._own else ()
        return (*own, self._places.old_stem(digest)) if self.any() else own

    def recall(self, key: str) -> bool:
        """Whether there are files under this very key, somebody's own; they are known from now on."""
        if not is_own(key) or not OWN_SHARD.fullmatch(key[:2]) or {"/", "\0", os.sep} & set(key):
            return False
        stem = f"{self._places.root}/{key[:2]}/{key}"
        if files.is_link(os.path.dirname(stem)):
            return False
        try:
            understand_own(files.read(stem + METADATA))
        except (OSError, ValueError, Corrupt):
            return False
        self._own[digest_of(key)] = stem
        return True

    def learn(self, keys: Mapping[str, str]) -> None:
        """What the index knows of keys of somebody's own, by digest."""
        if keys or self._own:
            self._own = {digest: f"{self._places.root}/{key[:2]}/{key}" for digest, key in keys.items()}

    def any(self) -> bool:
        now = monotonic()
        if now >= self._until:
            self._until = now + _BELIEVED
            self._found = _POSSIBLE and self._look()
        return self._found

    def _look(self) -> bool:
        """All of them lie in one shard, which is listed again when it has changed."""
        try:
            status = os.stat(self._shard, follow_symlinks=False)
            if not stat.S_ISDIR(status.st_mode):
                return False
            changed = status.st_mtime_ns
            if changed != self._changed:
                with os.scandir(self._shard) as names:
                    self._found = any(":" in name.name for name in names)
                self._changed = changed
        except OSError:
            return False
        return self._found
