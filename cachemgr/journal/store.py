"""The record of every run: append-only JSON Lines, one file a run, durable before each effect."""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from cachemgr import __version__
from cachemgr.domain.action import Commit
from cachemgr.domain.display import display_name
from cachemgr.domain.errors import Unavailable
from cachemgr.domain.plan import Plan
from cachemgr.domain.run import Run
from cachemgr.domain.run_event import Announced, FolderLeft, FolderNoted, RunEvent, RunFinished, StepFinished
from cachemgr.journal.aftermath import aftermath
from cachemgr.journal.codec import encode, timestamp
from cachemgr.journal.ends import CLOSED, FOLDER, RECORD
from cachemgr.journal.reading import SCHEMA, is_newer, read
from cachemgr.journal.values import exact

_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{1,16}", re.ASCII)
"""A run's id, as the service makes them; a file of another name is not ours to read."""


class Journal:
    """The runs under one state directory. Nothing is written before the first run."""

    def __init__(self, state: Path, clock: Callable[[], datetime]) -> None:
        self.folder = state / FOLDER
        self.clock = clock

    def record(self, run: str, plan: Plan, events: Iterator[RunEvent]) -> Iterator[RunEvent]:
        """Pass events on, each written down before the loop that makes them goes on.

        What announces an effect is flushed to the disk first. Raises Unavailable when it cannot be: then
        that effect does not happen.
        """
        make_private(self.folder.parent)
        make_private(self.folder)
        file = self.folder / (run + RECORD)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
        with _said(self.folder):
            descriptor = os.open(file, flags | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            head: dict[str, object] = {
                "schema": SCHEMA,
                "run": run,
                "started": timestamp(self.clock()),
                "version": __version__,
                "pid": os.getpid(),
                "plan": encode(plan),
            }
            with _said(self.folder):
                try:
                    _append(descriptor, head, durable=True)
                    _sync_folder(self.folder)
                except OSError:
                    # Nothing has happened, and half a line is no record of it.
                    with suppress(OSError):
                        file.unlink()
                    raise
            for event in events:
                line = _line(event)
                if line is not None:
                    if isinstance(event, RunFinished):
                        line["at"] = timestamp(self.clock())
                    with _said(self.folder):
                        _append(descriptor, line, durable=_counts(event, plan))
                yield event
        finally:
            os.close(descriptor)

    def runs(self) -> tuple[Run, ...]:
        """Every run, newest first. A file that cannot be understood is left out."""
        read_runs = (read(file) for file in self.files())
        return aftermath(run for run in read_runs if run is not None)[::-1]

    def newer(self) -> tuple[str, ...]:
        """The runs that a newer release recorded, which only that one understands."""
        return tuple(file.stem for file in self.files() if is_newer(file))

    def close(self, runs: Iterable[str]) -> None:
        """Note that records without an end need none any more, so that the next look at what was
        interrupted need not read them. Without the note it only takes longer."""
        for run in runs:
            with suppress(OSError):
                (self.folder / (run + CLOSED)).touch(mode=0o600)

    def files(self) -> list[Path]:
        """Every run's file, oldest first."""
        try:
            # Ids tell the second; within one, the order of writing does, for only one run writes at a time.
            ours = (file for file in self.folder.glob("*" + RECORD) if _ID.fullmatch(file.stem))
            return sorted(ours, key=_written)
        except OSError:
            return []


def _counts(event: RunEvent, plan: Plan) -> bool:
    """Whether something depends on a line: what it announces, or that a migration is committed."""
    if isinstance(event, StepFinished):
        return isinstance(plan.steps[event.outcome.number].action, Commit)
    return isinstance(event, Announced | RunFinished)


def _written(file: Path) -> tuple[str, int, str]:
    return (file.name[: len("YYYYMMDD-HHMMSS")], file.lstat().st_mtime_ns, file.name)


def _line(event: RunEvent) -> dict[str, object] | None:
    match event:
        case FolderNoted(folder):
            return {
                "event": "folder",
                "cache": folder.cache,
                "names": [exact(name) for name in folder.names],
                "mode": folder.mode,
                "accessed_ns": folder.accessed_ns,
                "modified_ns": folder.modified_ns,
            }
        case Announced(phase, numbers):
            return {"event": "announced", "phase": phase, "steps": list(numbers)}
        case StepFinished(outcome):
            trouble = outcome.trouble
            return {
                "event": "outcome",
                "n": outcome.number,
                "status": outcome.status,
                "freed": outcome.freed,
                "moved": outcome.moved,
                "held": outcome.held,
                "begun": outcome.begun,
                **({} if outcome.made is None else {"made": list(outcome.made)}),
                "trouble": None
                if trouble is None
                else {"kind": trouble.kind, "detail": exact(trouble.detail), "errno": trouble.errno},
            }
        case FolderLeft(cache, names, left_ns):
            return {
                "event": "left",
                "cache": cache,
                "names": [exact(name) for name in names],
                "left_ns": left_ns,
            }
        case RunFinished():
            return {"event": "finished", "undoable": event.undoable}
        case _:
            return None


_OURS = (FOLDER, "writer.json", "writer.lock", "workers.lock")
"""What a state directory of ours holds, and no other."""


def make_private(folder: Path) -> None:
    """A directory for us alone. Raises Unavailable, also when it is a link or another user's."""
    with _said(folder):
        _make(folder)
        status = os.lstat(folder)
        if os.path.islink(folder) or (hasattr(os, "geteuid") and status.st_uid != os.geteuid()):
            raise PermissionError(1, "it is a link or belongs to another user")
        if os.name == "posix" and status.st_mode & 0o077:
            if all(name in _OURS or name.endswith((RECORD, CLOSED)) for name in os.listdir(folder)):
                folder.chmod(0o700)  # made by somebody less careful; it lists what a person has
            elif status.st_mode & 0o022:
                # Some directory that a variable named: its modes are not ours to change.
                raise PermissionError(1, "other users may write to it; name a directory of your own")


def _make(folder: Path, mode: int = 0o700) -> None:
    """A directory that is still there after a power failure, and so are those above it. Raises OSError."""
    if folder.is_dir():
        return
    if not folder.parent.is_dir():
        _make(folder.parent, 0o777)
    folder.mkdir(mode=mode, exist_ok=True)
    with suppress(PermissionError):  # one may make things in a directory that one may not read
        _sync_folder(folder.parent)


@contextmanager
def _said(folder: Path) -> Iterator[None]:
    """Trouble with the record, in a sentence: a full disk is when somebody needs this program most."""
    try:
        yield
    except OSError as error:
        why = error.strerror or "the system said no"
        raise Unavailable(f"no run can be recorded in {display_name(folder)}: {why}") from error


def _append(descriptor: int, line: dict[str, object], *, durable: bool) -> None:
    data = (json.dumps(line, ensure_ascii=True, separators=(",", ":")) + "\n").encode("ascii")
    while data:
        data = data[os.write(descriptor, data) :]
    if durable:
        os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
