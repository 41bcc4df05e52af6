"""What a unit holds, looked at in the quarantine: nobody finds it there by its name, so that what is seen is
what goes."""

from errno import EACCES

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.disk.walk import Walk
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.plan import Step
from cachemgr.domain.terms import Reason
from cachemgr.domain.unit import DECIDING, Kind, digest
from cachemgr.execute.guard import OpenRoot, Stop

Names = tuple[str, ...]

_KINDS = {
    Reason.PROTECTED: "protected",
    Reason.MOUNT_POINT: "mount-point",
    Reason.FOREIGN_OWNER: "foreign-owner",
    Reason.REPORT_ONLY: "protected",
}


def look_through(root: OpenRoot, step: Step, names: Names, parent: Handle, name: str) -> None:
    """Whether a unit is in all its depth what was planned, and may go. Raises Stop.

    It is called `name` in `parent`; `names` says where below the root it belongs.
    """
    try:
        now = handles.identity(handles.lstat(parent, name))
    except FileNotFoundError as error:
        raise Stop(Trouble("missing", "/".join(names))) from error
    except OSError as error:
        raise Stop(Trouble("os", "/".join(names), error.errno)) from error
    planned = step.identity
    # A directory's own times may change with its place; a file's do not.
    tree = now.kind is Kind.DIRECTORY
    if planned is None or (now.inode != planned.inode if tree else now != planned):
        raise Stop(Trouble("changed", "/".join(names)))
    if tree:
        _look_into(root, step, names, parent, name)
    elif step.digest:
        _read_again(step, names, parent, name)


def _read_again(step: Step, names: Names, parent: Handle, name: str) -> None:
    """Whether a file says what it said when it was decided that it goes: it can be written to and look the
    same from outside. Raises Stop."""
    try:
        text = handles.read_file(parent, name, DECIDING)
    except OSError as error:
        raise Stop(Trouble("os", "/".join(names), error.errno)) from error
    if text is None or digest(text) != step.digest:
        raise Stop(Trouble("changed", "/".join(names)))


def look_for_obstacles(root: OpenRoot, names: Names, parent: Handle, name: str) -> None:
    """Whether a unit of an earlier run holds nothing that must not go. Raises Stop.

    A run that was killed right after it had moved it never came to look into it; and something may have been
    mounted in it since, which the table of mounts knows by its place now: `names`, below the root.
    """
    known = len(root.scope.problems)
    try:
        if handles.kind(handles.lstat(parent, name)) is Kind.DIRECTORY:
            _refuse_obstacles(_walked(root, names, parent, name))
    except FileNotFoundError:
        return  # it has gone
    except OSError as error:
        raise Stop(Trouble("os", "/".join(names), error.errno)) from error
    _refuse_unseen(root, known)


def _look_into(root: OpenRoot, step: Step, names: Names, parent: Handle, name: str) -> None:
    known = len(root.scope.problems)
    try:
        walk = _walked(root, names, parent, name)
    except OSError as error:
        raise Stop(Trouble("os", "/".join(names), error.errno)) from error
    _refuse_obstacles(walk)
    _refuse_unseen(root, known)
    if step.seen is not None and not walk.result().content.is_still(step.seen):
        raise Stop(Trouble("changed", "/".join(names)))


def _refuse_unseen(root: OpenRoot, known: int) -> None:
    """What cannot be looked into may hold what must not go."""
    for problem in root.scope.problems[known:]:
        raise Stop(Trouble("os", problem.detail, problem.errno))


def _walked(root: OpenRoot, names: Names, parent: Handle, name: str) -> Walk:
    walk = Walk(root.scope, names)
    handle = handles.open_child(parent, name)
    try:
        walk.tree(handle, handles.fstat(handle))
    finally:
        handles.close(handle)
    return walk


def _refuse_obstacles(walk: Walk) -> None:
    for obstacle in walk.found_obstacles():
        if obstacle.reason is Reason.NOT_WRITABLE:
            raise Stop(Trouble("os", obstacle.detail, EACCES))
        raise Stop(Trouble(_KINDS[obstacle.reason], obstacle.detail))
