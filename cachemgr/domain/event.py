"""What long work reports while it runs. Stopping the loop over the events is cancelling."""

from dataclasses import dataclass
from enum import StrEnum

from cachemgr.domain.inventory import CacheId, Inventory
from cachemgr.domain.outcome import Outcome
from cachemgr.domain.run import Folder


class Stopped(Exception):
    """Somebody asked a gauge's work to stop."""


class Gauge:
    """How far a scan is, for a face to look at while it runs: written by one thread, pulled by another.

    The only mutable object that crosses rooms: an event for every directory would make the scan as slow
    as the screen.
    """

    __slots__ = ("cache", "files", "size", "stopped")

    def __init__(self) -> None:
        self.files = 0
        self.size = 0
        self.cache: CacheId | None = None
        self.stopped = False
        """Set by a face to end the scan at the next directory."""

    def add(self, files: int, size: int) -> None:
        """Count what one directory held. Raises Stopped."""
        self.files += files
        self.size += size
        if self.stopped:
            raise Stopped


@dataclass(frozen=True, slots=True)
class ScanStarted:
    caches: int
    """How many roots there are to measure."""


@dataclass(frozen=True, slots=True)
class CacheScanned:
    cache: CacheId
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class ScanFinished:
    inventory: Inventory


ScanEvent = ScanStarted | CacheScanned | ScanFinished


class Phase(StrEnum):
    """What is about to happen to a batch of steps."""

    MOVING = "moving"
    """Out of their places, into the quarantine or the trash."""
    PURGING = "purging"
    """From the quarantine into nothing: no way back from here."""
    RESTORING = "restoring"
    """Back to their places."""


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
    """A large tree is being removed."""

    number: int
    files: int
    freed: int


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
