"""A fault of the cache is never a fault of the application: one warning, then quiet for a while."""

import logging
import threading

from cachemgr.domain.display import display_name

LOG = logging.getLogger("cachemgr.responses")
_EVERY = 60.0
"""Seconds between two warnings of one kind."""


class Warnings:
    """Rate-limited by kind of fault. To the log, because `warnings` may be set to raise."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}
        self._lock = threading.Lock()

    def warn(self, doing: str, error: BaseException | str, steady: float) -> None:
        kind = f"{doing}: {type(error).__name__}"
        with self._lock:
            last = self._last.get(kind)
            if last is not None and steady - last < _EVERY:
                return
            self._last[kind] = steady
        what = display_name(str(error) or type(error).__name__)
        LOG.warning("response cache: %s failed: %s", doing, what)

    def after_fork(self) -> None:
        self._lock = threading.Lock()
