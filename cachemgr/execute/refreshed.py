"""A value whose metadata says something else now: the entry was refreshed while it was on its way out."""

from collections.abc import Iterator

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.domain.action import Remove
from cachemgr.domain.plan import Step
from cachemgr.execute.depths import look_through
from cachemgr.execute.guard import Guard, Stop
from cachemgr.execute.quarantine import Quarantine

Names = tuple[str, ...]


def metadata_of(guard: Guard, step: Step) -> Iterator[tuple[int, Step, Names]]:
    """The steps that took away what a decision about this one was read in."""
    for need in step.needs:
        needed = guard.plan.steps[need]
        if needed.digest and needed.cache == step.cache and isinstance(needed.action, Remove):
            yield need, needed, needed.action.names


def is_written_anew(guard: Guard, step: Step, names: Names, metadata: Names) -> bool:
    """Whether new metadata is at its place, and no new value that it could be about."""
    return _is_there(guard, step, metadata) and not _is_there(guard, step, names)


def is_rewritten(guard: Guard, needed: Step, names: Names, quarantine: Quarantine | None, place: int) -> bool:
    """Whether metadata that was set aside says something else there, because somebody had it open."""
    if quarantine is None:
        return False
    try:
        look_through(guard.root(needed.cache), needed, names, quarantine.handle, str(place))
    except Stop as stop:
        # It may have gone on to the system trash.
        return stop.trouble.kind == "changed"
    return False


def _is_there(guard: Guard, step: Step, names: Names) -> bool:
    try:
        with guard.folder(step, names) as folder:
            return _has(folder, names[-1])
    except Stop:
        return False  # the directory has gone, or is another one


def _has(folder: Handle, name: str) -> bool:
    try:
        handles.lstat(folder, name)
    except FileNotFoundError:
        return False
    return True
