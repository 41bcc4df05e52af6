"""Filling a directory with encodings: nothing is overwritten, and only what was verified gets a name."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.domain.display import display_name
from cachemgr.domain.encoding import LIMIT, EncodingFile
from cachemgr.domain.encoding_plan import (
    EncodingAction,
    EncodingEvent,
    EncodingFinished,
    EncodingOutcome,
    EncodingPlan,
    EncodingStarted,
    EncodingStep,
)
from cachemgr.domain.errors import Unavailable
from cachemgr.domain.event import Gauge
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.terms import Status
from cachemgr.domain.unit import Identity
from cachemgr.execute import system
from cachemgr.execute.guard import Stop
from cachemgr.execute.tiktoken_download import Download

_SKIPPED = frozenset({"stopped", "changed"})


def fill(plan: EncodingPlan, download: Download | None, gauge: Gauge) -> Iterator[EncodingEvent]:
    """Carry the plan out. `gauge.stopped` stops it between files. Raises Unavailable when the directory
    cannot be made or opened."""
    if not plan.writes:
        for step in plan.steps:
            yield EncodingFinished(_unwritten(step))
        return
    with _directory(plan.directory.path) as folder:
        for step in plan.steps:
            if not step.writes:
                yield EncodingFinished(_unwritten(step))
                continue
            yield EncodingStarted(step)
            yield EncodingFinished(_done(step, folder, download, gauge))


def _unwritten(step: EncodingStep) -> EncodingOutcome:
    if step.action is EncodingAction.KEEP:
        return EncodingOutcome(step, Status.DONE)
    refused = step.trouble is not None and step.trouble.kind == "conflict"
    return EncodingOutcome(step, Status.REFUSED if refused else Status.FAILED, step.trouble)


def _done(step: EncodingStep, folder: Handle, download: Download | None, gauge: Gauge) -> EncodingOutcome:
    try:
        if gauge.stopped:
            raise Stop(Trouble("stopped"))
        content = _content(step, download)
        return EncodingOutcome(step, Status.DONE, set_aside=_publish(step, folder, content))
    except Stop as stop:
        kind = stop.trouble.kind
        status = Status.SKIPPED if kind in _SKIPPED else Status.FAILED
        return EncodingOutcome(step, Status.REFUSED if kind == "conflict" else status, stop.trouble)
    except OSError as error:
        return EncodingOutcome(step, Status.FAILED, Trouble("os", "", error.errno))


def _content(step: EncodingStep, download: Download | None) -> bytes:
    """The bytes of a file, verified. Raises Stop, OSError."""
    file = step.file
    if step.source is not None:
        folder = handles.open_root(step.source)
        try:
            content = handles.read_file(folder, step.source_file, LIMIT)
        finally:
            handles.close(folder)
        if not _is_right(content, file):
            raise Stop(Trouble("changed", str(step.source / step.source_file)))
    else:
        assert download is not None
        content = download.content(file.encodings[0], file.file)
        if not _is_right(content, file):
            raise Stop(Trouble("hash-mismatch"))
    assert content is not None
    return content


def _publish(step: EncodingStep, folder: Handle, content: bytes) -> str:
    """Give verified bytes their name. Returns the new name of a wrong file that was in the way.

    Temporary names are like tiktoken's own, so that what a crash leaves is known for what it is. Raises
    Stop, OSError.
    """
    file, temporary = step.file, _temporary(step.file)
    try:
        system.write_new(folder, temporary, content, 0o644)
        if not _is_right(handles.read_file(folder, temporary, LIMIT), file):
            raise Stop(Trouble("hash-mismatch"))
        aside = "" if step.replaces is None else _set_aside(folder, file, step.replaces)
        try:
            system.move(folder, temporary, folder, file.file)
        except FileExistsError:
            # Somebody was faster; if with the right file, it is what was wanted.
            if not _is_right(handles.read_file(folder, file.file, LIMIT), file):
                raise Stop(Trouble("conflict", file.file)) from None
        except OSError:
            if aside:
                system.move(folder, aside, folder, file.file)
            raise
        system.sync(folder)
        return aside
    finally:
        with suppress(FileNotFoundError):  # it has got its name
            system.unlink(folder, temporary)


def _set_aside(folder: Handle, file: EncodingFile, planned: Identity) -> str:
    """Rename a wrong file, if it is still the one that was looked at. Raises Stop, OSError."""
    status = handles.lstat(folder, file.file)
    if handles.identity(status) != planned:
        raise Stop(Trouble("changed", file.file))
    if (owner := handles.owner()) is not None and status.st_uid != owner:
        raise Stop(Trouble("foreign-owner", file.file))
    aside = _temporary(file)
    system.move(folder, file.file, folder, aside)
    if handles.identity(handles.lstat(folder, aside)) != planned:
        system.move(folder, aside, folder, file.file)
        raise Stop(Trouble("changed", file.file))
    return aside


def _temporary(file: EncodingFile) -> str:
    """As tiktoken names what it is writing (load.py `read_file_cached`)."""
    return f"{file.file}.{uuid4()}.tmp"


def _is_right(content: bytes | None, file: EncodingFile) -> bool:
    return content is not None and hashlib.sha256(content).hexdigest() == file.sha256


@contextmanager
def _directory(path: Path) -> Iterator[Handle]:
    """A directory that can be written to, made with those above it where they are missing.

    Raises Unavailable.
    """
    try:
        folder = _open(Path(os.path.realpath(path)))
    except (OSError, ValueError) as error:
        raise _unavailable(path, error) from error
    try:
        try:
            _try_to_write(folder)
        except OSError as error:
            raise _unavailable(path, error) from error
        yield folder
    finally:
        handles.close(folder)


def _try_to_write(folder: Handle) -> None:
    """Whether there can be a new file at all is known before anything is fetched. Raises OSError."""
    name = f".cachemgr-{uuid4()}"
    system.write_new(folder, name, b"")
    system.unlink(folder, name)


def _unavailable(path: Path, error: Exception) -> Unavailable:
    why = getattr(error, "strerror", None) or "it is not a possible name"
    return Unavailable(f"{display_name(path)} cannot be written to: {why}; name another directory")


def _open(real: Path) -> Handle:
    missing: list[str] = []
    above = real
    while not os.path.lexists(above):
        missing.append(above.name)
        above = above.parent
    folder = handles.open_root(above)
    for name in reversed(missing):
        try:
            with suppress(FileExistsError):  # somebody was faster
                system.mkdir(folder, name, 0o755)
            deeper = handles.open_child(folder, name)
        finally:
            handles.close(folder)
        folder = deeper
    return folder
