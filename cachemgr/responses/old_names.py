"""Whether a directory has names of the old form, asked on every miss and therefore cheaply."""

import os
import stat
from time import monotonic

from cachemgr.responses.places import Places

_POSSIBLE = os.name == "posix"
"""A colon cannot be in a file's name on Windows."""
_BELIEVED = 0.25
"""Seconds for which an answer is believed: what the old code writes beside us is a hit that much later."""


class OldNames:
    def __init__(self, places: Places) -> None:
        self._shard = places.old_shard
        self._until = float("-inf")
        self._changed = -1
        self._found = False

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
