"""What long work reports while it runs. Stopping the loop over the events is cancelling."""

from dataclasses import dataclass

from cachemgr.domain.inventory import CacheId, Inventory
from cachemgr.domain.outcome import Outcome


@dataclass(frozen=True, slots=True)
class ScanStarted:
    caches: int
    """How many roots there are to measure."""


@dataclass(frozen=True, slots=True)
class CacheProgress:
    """A root is being measured; figures so far."""

    cache: CacheId
    files: int
    size: int


@dataclass(frozen=True, slots=True)
class CacheScanned:
    cache: CacheId
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class ScanFinished:
    inventory: Inventory


ScanEvent = ScanStarted | CacheProgress | CacheScanned | ScanFinished


@dataclass(frozen=True, slots=True)
class RunStarted:
    run: str
    steps: int


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
class RunFinished:
    run: str
    outcomes: tuple[Outcome, ...]
    undoable: bool


RunEvent = RunStarted | StepStarted | StepProgress | StepFinished | RunFinished
