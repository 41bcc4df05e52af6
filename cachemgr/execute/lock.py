"""One writer at a time for each user; readers need no lock."""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cachemgr.domain.display import display_name
from cachemgr.domain.errors import Busy, Unavailable

_PAUSES = (0.05, 0.1, 0.2, 0.4)
"""Seconds between looks at who holds the lock."""
_SAME = 5.0
"""Seconds by which the start of one process may seem to move when the clock is set."""


_PATIENCE = 10.0
"""Seconds that what a killed run has started may take to notice it."""


@contextmanager
def writing(state: Path, run: str) -> Iterator[int | None]:
    """Hold the writer's lock while a plan is executed. Gives the descriptor that every process has to have
    which works for the run: until all of them have ended nobody else writes. None where there is no such
    thing.

    Raises Busy, naming who holds it."""
    # filelock costs as much to import as a whole `status`: only writers load it.
    from filelock import FileLock, Timeout

    holder = state / "writer.json"
    # A face may start a run in one thread and end it in another: the lock belongs to the process.
    lock = FileLock(state / "writer.lock", mode=0o600, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise Busy(f"another cachemgr is writing{_who(holder)}; try again when it has finished") from error
    except OSError as error:
        why = error.strerror or "the system said no"
        raise Unavailable(f"the writer's lock cannot be taken in {display_name(state)}: {why}") from error
    try:
        with suppress(OSError, LookupError):  # a courtesy; on a full disk it goes unsaid
            holder.write_text(json.dumps({"pid": os.getpid(), "started": _started(os.getpid()), "run": run}))
        lifeline = _lifeline(state)
        try:
            yield lifeline
        finally:
            if lifeline is not None:
                os.close(lifeline)
    finally:
        with suppress(OSError):  # what a killed run leaves here says nothing either, once the lock is free
            holder.unlink(missing_ok=True)
        lock.release()


def at_work(state: Path) -> str | None:
    """The run that is being executed now, empty when it is not known which; None when there is none.

    Asked by readers, and only where a record without an end was met: it takes the lock for an instant.
    """
    place = state / "writer.lock"
    if not place.exists():
        return None
    from filelock import FileLock, Timeout

    try:
        with FileLock(place, mode=0o600, timeout=0, thread_local=False):
            return None
    except Timeout:
        return _holder(state / "writer.json")[1]
    except OSError:
        return None


def _lifeline(state: Path) -> int | None:
    """Once nothing works any more that an earlier run has started. Raises Busy when that takes too long."""
    if sys.platform == "win32":
        return None
    import fcntl  # only writers need it

    try:
        descriptor = os.open(state / "workers.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return None
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                os.close(descriptor)
                why = "a process of an earlier run is still copying; try again when it has ended"
                raise Busy(why) from None
            time.sleep(0.02)
        except OSError:
            return descriptor  # a file system without such locks
        else:
            return descriptor


def _who(holder: Path) -> str:
    process, run = _holder(holder)
    return f" (process {process}, run {display_name(run)})" if process else ""


def _holder(holder: Path) -> tuple[int, str]:
    """The process and the run that hold the lock, as they wrote themselves down; nothing where that is not
    to be had.

    One that was killed left its name behind. Whoever holds the lock now writes its own in a moment.
    """
    for pause in (*_PAUSES, None):
        try:
            who = json.loads(holder.read_text())
            pid, run = int(who["pid"]), str(who["run"])[:40]
            if abs(_started(pid) - who["started"]) < _SAME:
                return pid, run
        except (OSError, ValueError, TypeError, LookupError):
            pass
        if pause is not None:
            time.sleep(pause)
    return 0, ""


def _started(pid: int) -> float:
    """When a process began, seconds since the epoch: another one may have its number by now.

    Raises LookupError when there is none.
    """
    import psutil  # as above

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            raise LookupError(pid)  # it ended, and nobody asked how
        return process.create_time()
    except psutil.Error as error:
        raise LookupError(pid) from error
