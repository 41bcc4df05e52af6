"""What carrying a plan out reports while it runs. Stopping the loop over the events is cancelling."""

from dataclasses import dataclass
from enum import StrEnum

from cachemgr.domain.inventory import CacheId
from cachemgr.domain.outcome import Outcome
from cachemgr.domain.run import Folder


class Phase(StrEnum):
    """What is about to happen to a batch of steps."""

    MOVING = "moving"
    """Out of their places, into the quarantine or the trash."""
    PURGING = "purging"
    """From the quarantine into nothing: no way back from here."""
    RESTORING = "restoring"
    """Back to their places."""
    COPYING = "copying"
    """Into a staging directory; what they are copied from stays as it is."""
    PUBLISHING = "publishing"
    """What was copied gets its name."""


@dataclass(frozen=True, slots=True)
class RunStarted:
    run: str
    steps: int


@dataclass(frozen=True, slots=True)
class FolderNoted:
    """A directory whose content is about to change, as it is now."""

    folder: Folder


@dataclass(frozen=True, slots=True)
class Announced:
    """These steps' effects come next. The journal makes it durable before the loop goes on."""

    phase: Phase
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StepStarted:
    number: int


@dataclass(frozen=True, slots=True)
class StepProgress:
    """A large tree is being removed, or copied."""

    number: int
    files: int
    freed: int
    copied: int = 0
    """Bytes of it that were copied so far, or read back."""
    verifying: bool = False
    """It was copied, and is being read back."""


@dataclass(frozen=True, slots=True)
class StepFinished:
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class FolderLeft:
    """A noted directory's modification time as the run left it; None where it removed the directory."""

    cache: CacheId
    names: tuple[str, ...]
    left_ns: int | None


@dataclass(frozen=True, slots=True)
class RunFinished:
    run: str
    outcomes: tuple[Outcome, ...]
    undoable: bool


RunEvent = (
    RunStarted
    | FolderNoted
    | Announced
    | StepStarted
    | StepProgress
    | StepFinished
    | FolderLeft
    | RunFinished
)
