"""Where a unit lies once it was moved, also when it was another run that moved it and was interrupted."""

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.domain.action import Remove, Restore
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.plan import Step
from cachemgr.domain.unit import Kind
from cachemgr.execute.guard import Guard, Stop
from cachemgr.execute.quarantine import Quarantine


def berth(run: str, number: int, step: Step) -> tuple[str, int, bool]:
    """Whose quarantine, and by which number; and whether the deletion of what lies there has begun."""
    resumes = step.action.resumes if isinstance(step.action, Remove) else None
    return (run, number, False) if resumes is None else (resumes.run, resumes.number, resumes.begun)


def is_taken(quarantine: Quarantine | None, step: Step, action: Remove, guard: Guard) -> bool:
    """Whether the interrupted run had moved a unit already, so that it need not be moved again. Raises
    Stop, OSError."""
    assert action.resumes is not None
    guard.check_names(step, action.names)
    number = action.resumes.number
    if step.identity is None:
        raise Stop(Trouble("changed", "/".join(action.names)))
    if quarantine is None or not quarantine.holds(number, step.identity.inode):
        # What is not here is at its place; but of what was being deleted nothing is there any more.
        return action.resumes.begun
    moved = handles.identity(handles.lstat(quarantine.handle, str(number)))
    same = moved.kind is Kind.DIRECTORY or moved == step.identity
    if action.resumes.begun or same:
        return True
    with guard.folder(step, action.names) as parent:
        quarantine.give_back(number, parent, action.names[-1])
    raise Stop(Trouble("changed", "/".join(action.names)))


def is_held(quarantine: Quarantine | None, number: int, step: Step) -> bool:
    """Whether the unit of a step that failed lies in the quarantine all the same, or may."""
    if quarantine is None or step.identity is None:
        return False
    try:
        return quarantine.holds(number, step.identity.inode)
    except FileExistsError:
        return False
    except OSError:
        return True


def restore(quarantine: Quarantine | None, step: Step, action: Restore, guard: Guard) -> bool:
    """Bring a unit back from a run's quarantine, over nothing; False where it is at its place already.

    What is brought back is the very file or directory that was moved. That somebody who had it open wrote to
    it meanwhile is no reason to keep it from its place. Raises Stop, OSError.
    """
    waits = quarantine is not None and _waits(quarantine, step, action)
    with guard.folder(step, action.names) as parent:
        if quarantine is None or not waits:
            if _is_back(step, action, parent):
                return False
            raise Stop(Trouble("missing", "/".join(action.names)))
        try:
            quarantine.give_back(action.number, parent, action.names[-1])
        except FileExistsError as error:
            raise Stop(Trouble("exists", "/".join(action.names))) from error
    return True


def _waits(quarantine: Quarantine, step: Step, action: Restore) -> bool:
    """Whether the unit lies in the quarantine. Raises Stop where something else does."""
    try:
        status = handles.lstat(quarantine.handle, str(action.number))
    except FileNotFoundError:
        return False
    if step.identity is None or handles.identity(status).inode != step.identity.inode:
        raise Stop(Trouble("changed", "/".join(action.names)))
    return True


def _is_back(step: Step, action: Restore, parent: Handle) -> bool:
    try:
        status = handles.lstat(parent, action.names[-1])
    except FileNotFoundError:
        return False
    return step.identity is not None and handles.identity(status).inode == step.identity.inode
