"""What one step really did, and the sum of many."""

from collections.abc import Iterable
from dataclasses import dataclass

from cachemgr.domain.terms import Status
from cachemgr.domain.unit import Inode

NOT_RETURNED = "not-returned"
"""The kind of trouble with a unit that was moved, was to stay after all and could not go back to its place:
it lies in the quarantine, whole."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a step was not done."""

    kind: str
    """`changed` `missing` `exists` `needs` `stopped` `credential` `protected` `outside` `mount-point`
    `foreign-owner` `root-changed` `protected-root` `trash` `in-use` `not-empty` `no-quarantine`
    `not-returned` `refreshed` `beside` `special` `leaving` `damaged` `corrupt` `conflict` `given-up` `os`.
    Encodings have some of their own (`present.encodings`)."""
    detail: str = ""
    errno: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one step did; `freed` is measured, never expected."""

    number: int
    """The step's position in its plan."""
    status: Status
    freed: int = 0
    """Measured gain of free space in bytes."""
    moved: int = 0
    """Bytes that went into the quarantine or the trash, or came back from it."""
    trouble: Trouble | None = None
    held: bool = False
    """It was not done, and yet its unit, or what is left of it, lies in the quarantine."""
    begun: bool = False
    """It was not done, and yet some of what was to be deleted is gone, or may be."""
    made: Inode | None = None
    """What a copy is: nothing else is taken for it later."""

    @property
    def stopped(self) -> bool:
        """Somebody stopped the run before this step."""
        return self.trouble is not None and self.trouble.kind == "stopped"

    @property
    def kept(self) -> bool:
        """Whether its unit was to stay and lies in the quarantine, from where it can be brought back."""
        return self.trouble is not None and self.trouble.kind == NOT_RETURNED


@dataclass(frozen=True, slots=True)
class Totals:
    """A run's outcomes, summed."""

    done: int = 0
    failed: int = 0
    refused: int = 0
    skipped: int = 0
    freed: int = 0

    @classmethod
    def of(cls, outcomes: Iterable[Outcome]) -> "Totals":
        counts = dict.fromkeys(Status, 0)
        freed = 0
        for outcome in outcomes:
            counts[outcome.status] += 1
            freed += outcome.freed
        return cls(
            counts[Status.DONE], counts[Status.FAILED], counts[Status.REFUSED], counts[Status.SKIPPED], freed
        )

    @property
    def complete(self) -> bool:
        return not (self.failed or self.refused or self.skipped)
