"""How a directory comes to have encodings: decided first, then done."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from cachemgr.domain.encoding import EncodingFile
from cachemgr.domain.encoding_cache import EncodingCache, FoundFile
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.terms import Status
from cachemgr.domain.unit import Identity


class EncodingAction(StrEnum):
    """How a directory comes to have a file."""

    KEEP = "keep"
    """It has it."""
    COPY = "copy"
    DOWNLOAD = "download"
    NONE = "none"
    """Not at all: the step's trouble says why."""


@dataclass(frozen=True, slots=True)
class EncodingStep:
    """One file of a plan."""

    file: EncodingFile
    action: EncodingAction
    source: Path | None = None
    """The real directory it is copied from."""
    source_file: str = ""
    """Its name there."""
    replaces: Identity | None = None
    """The wrong file under its name, which is renamed first."""
    trouble: Trouble | None = None

    @property
    def writes(self) -> bool:
        return self.action in (EncodingAction.COPY, EncodingAction.DOWNLOAD)


@dataclass(frozen=True, slots=True)
class EncodingPlan:
    """A directory and the files it is to have."""

    directory: EncodingCache
    steps: tuple[EncodingStep, ...]
    passed_over: tuple[tuple[EncodingCache, FoundFile], ...] = ()
    """Wrong files met on the way, for which a right one was found."""

    @property
    def writes(self) -> bool:
        return any(step.writes for step in self.steps)

    @property
    def downloads(self) -> bool:
        return any(step.action is EncodingAction.DOWNLOAD for step in self.steps)


@dataclass(frozen=True, slots=True)
class EncodingOutcome:
    """What came of a step."""

    step: EncodingStep
    status: Status
    trouble: Trouble | None = None
    set_aside: str = ""
    """The new name of a wrong file that was in the way."""


@dataclass(frozen=True, slots=True)
class EncodingStarted:
    step: EncodingStep


@dataclass(frozen=True, slots=True)
class EncodingFinished:
    outcome: EncodingOutcome


EncodingEvent = EncodingStarted | EncodingFinished
