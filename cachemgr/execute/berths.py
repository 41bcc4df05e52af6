"""Where a unit lies once it was moved, also when it was another run that moved it and was interrupted."""

from cachemgr.disk import handles
from cachemgr.domain.action import Remove
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.plan import Step
from cachemgr.domain.terms import Disposal
from cachemgr.domain.unit import Kind
from cachemgr.execute.guard import Guard, Stop
from cachemgr.execute.quarantine import Quarantine


def berth(run: str, number: int, step: Step) -> tuple[str, int, bool]:
    """Whose quarantine, and by which number; and whether the deletion of what lies there has begun."""
    resumes = step.action.resumes if isinstance(step.action, Remove) else None
    return (run, number, False) if resumes is None else (resumes.run, resumes.number, resumes.begun)


def is_taken(quarantine: Quarantine | None, step: Step, action: Remove, guard: Guard) -> bool:
    """Whether the interrupted run had moved a unit already, so that it need not be moved again. One that goes
    to the trash returns to its place first, and goes there from it. Raises Stop, OSError."""
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
    if action.resumes.begun or (same and action.disposal is not Disposal.TRASH):
        return True
    with guard.folder(step, action.names) as parent:
        quarantine.give_back(number, parent, action.names[-1])
    if not same:
        raise Stop(Trouble("changed", "/".join(action.names)))
    return False


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
