"""The thread behind a cache: writes down what waits, a quarter of a second later, and sweeps every hour."""

import atexit
import random
import threading
import weakref
from time import monotonic
from typing import Protocol

_FIRST_SWEEP = 1.0
"""Seconds after the first use, since many programs do not run for an hour."""
_GOODBYE = 2.0
"""Seconds that closing waits for a sweep to come to an end."""


class Kept(Protocol):
    def flush(self) -> None: ...
    def close(self) -> None: ...
    def sweep_quietly(self) -> None: ...


_used: "weakref.WeakSet[Kept]" = weakref.WeakSet()
"""One registration for all: each of its own would stay when its cache has gone."""


class Background:
    """A daemon with a weak reference: it keeps no cache alive, and no program running."""

    def __init__(self, kept: Kept, *, interval: float, flush_after: float) -> None:
        self._kept = weakref.ref(kept, lambda _: self._end())
        self._interval = interval
        self._flush_after = flush_after
        self.after_fork()

    def after_fork(self) -> None:
        self._starting = threading.Lock()
        self._bell = threading.Event()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._sweep_wanted = False
        self.rung = False

    def ring(self, *, sweep: bool = False) -> None:
        """There is something to write down or, with `sweep`, too much on the disk."""
        if sweep:
            self._sweep_wanted = True
        self.rung = True
        if self._interval <= 0:
            self._at_once()
            return
        if self._thread is None:
            self._start()
        self._bell.set()

    def stop(self) -> None:
        thread, self._thread = self._thread, None
        self._end()
        self.rung = False
        if thread is not None and thread is not threading.current_thread():
            thread.join(_GOODBYE)

    def _at_once(self) -> None:
        """Without a thread, whoever rings does the work that cannot wait for `sweep` to be called."""
        kept = self._kept()
        if kept is not None and self._sweep_wanted:
            self._sweep_wanted = False
            kept.sweep_quietly()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                ended, bell = self._ended, self._bell = threading.Event(), threading.Event()
                thread = threading.Thread(
                    target=self._run, args=(ended, bell), name="cachemgr-responses", daemon=True
                )
                try:
                    thread.start()
                except RuntimeError:
                    return  # the program is ending: what waits is written down by whoever closes
                self._thread = thread
                if (kept := self._kept()) is not None:
                    _used.add(kept)

    def _end(self) -> None:
        self._ended.set()
        self._bell.set()

    def _run(self, ended: threading.Event, bell: threading.Event) -> None:
        due = monotonic() + _FIRST_SWEEP
        while not ended.is_set():
            # No wait is longer: on Windows, 49 days.
            rung = bell.wait(min(max(0.0, due - monotonic()), threading.TIMEOUT_MAX))
            if rung and not ended.is_set():
                # What comes in the meantime is written down together.
                ended.wait(self._flush_after)
                bell.clear()
                self.rung = False
            kept = self._kept()
            if kept is None or ended.is_set():
                return
            if rung:
                kept.flush()
            if self._sweep_wanted or monotonic() >= due:
                self._sweep_wanted = False
                kept.sweep_quietly()
                # Processes that started together must not all wake together.
                due = monotonic() + self._interval * random.uniform(0.9, 1.1)  # noqa: S311
            del kept


@atexit.register
def _close_at_exit() -> None:
    for kept in tuple(_used):
        kept.close()
