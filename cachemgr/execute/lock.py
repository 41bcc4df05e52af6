"""One writer at a time for each user; readers need no lock."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cachemgr.domain.display import display_name
from cachemgr.domain.errors import Busy, Unavailable


@contextmanager
def writing(state: Path, run: str) -> Iterator[None]:
    """Hold the writer's lock while a plan is executed. Raises Busy, naming who holds it."""
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
        with suppress(OSError):  # who holds the lock is a courtesy; on a full disk it goes unsaid
            holder.write_text(json.dumps({"pid": os.getpid(), "run": run}))
        yield
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


def _who(holder: Path) -> str:
    process, run = _holder(holder)
    return f" (process {process}, run {run})" if run else ""


def _holder(holder: Path) -> tuple[int, str]:
    """The process and the run that hold the lock; nothing where nobody said so."""
    try:
        who = json.loads(holder.read_text())
        return int(who["pid"]), str(who["run"])[:40]
    except (OSError, ValueError, KeyError, TypeError):
        return 0, ""
