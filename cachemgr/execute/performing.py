"""What an effect each action of a plan has."""

from collections.abc import Iterator

from cachemgr.domain.action import (
    Close,
    Commit,
    Discard,
    Link,
    Match,
    Move,
    Publish,
    Purge,
    Remake,
    Remove,
    Restore,
    Return,
    Settle,
    Tidy,
    Unlink,
    Withdraw,
)
from cachemgr.domain.plan import Step
from cachemgr.domain.run_event import RunEvent, StepProgress
from cachemgr.execute.effects import Effects
from cachemgr.execute.folders import Folders
from cachemgr.execute.remove import Removal


def work(number: int, step: Step, effects: Effects, done: Removal) -> Iterator[RunEvent]:
    """The part of a step that takes its time, with what it has to tell. Raises Stop, OSError."""
    match step.action:
        case Purge():
            for progress in effects.purge_run(step, step.action, done):
                yield StepProgress(number, progress.files, progress.freed)
        case Discard():
            for progress in effects.relocation.copies.discard(step, step.action, done):
                yield StepProgress(number, progress.files, progress.freed)
        case Match():
            for read in effects.relocation.copies.match(step, step.action):
                yield StepProgress(number, 0, 0, read, verifying=True)
        case Withdraw():
            for read in effects.relocation.copies.withdraw(step, step.action):
                yield StepProgress(number, 0, 0, read, verifying=True)


def carry_out(number: int, step: Step, effects: Effects, folders: Folders, done: Removal) -> int:
    """Bytes that went into the quarantine or the trash, or came back. What is to be deleted is only moved.
    Raises Stop, OSError."""
    match step.action:
        case Remove():
            effects.remove(number, step, step.action)
            return step.size
        case Restore():
            return step.size if effects.restore(step, step.action) else 0
        case Tidy():
            effects.tidy(step, step.action, done)
        case Remake():
            effects.remake(step, step.action)
        case Settle():
            effects.settle(step, step.action, folders)
        case Close():
            effects.close_run(step, step.action, done)
        case _:
            return _relocate(step, effects)
    return 0


def _relocate(step: Step, effects: Effects) -> int:
    """The same for the steps of a migration."""
    match step.action:
        case Move():
            effects.relocation.move(step, step.action)
            return step.size
        case Return():
            return step.size if effects.relocation.give_back(step, step.action) else 0
        case Publish():
            effects.relocation.copies.publish(step, step.action)
        case Commit():
            effects.relocation.flush()
        case Link():
            effects.relocation.link(step, step.action)
        case Unlink():
            effects.relocation.unlink(step, step.action)
    return 0
