"""What maintenance did, and what went wrong with which entry."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from cachemgr.responses.entry import Entry

Problem = Literal[
    "corrupt value",
    "corrupt metadata",
    "value missing",
    "metadata missing",
    "old name",
    "old form",
    "abandoned temporary file",
    "not in the index",
    "in the index only",
    "foreign file",
    "unreadable",
]

Remedy = Literal["remove", "rename", "replace", "rejoin", "list", "unlist", "rebuild", "nothing"]
"""What mending does: `replace` renames over an older answer to the same question, `rejoin` brings two halves
together, `list` and `unlist` change the index alone, `rebuild` makes a database anew and keeps the damaged
one; `nothing` is left to do where it is sound by now, or is settled along with another finding."""
FOR_GOOD: frozenset[Remedy] = frozenset({"remove", "replace"})
"""After which something cannot be had again."""
UNSEEN = "it was not so when it was shown, so it stays; look again"


@dataclass(frozen=True, slots=True)
class Trouble:
    """One item that could not be dealt with, and why. The others were."""

    item: str
    """A digest, or a name below the cache's directory; not yet fit to show."""
    reason: str


@dataclass(frozen=True, slots=True)
class Removed:
    """One batch of a sweep."""

    entries: int = 0
    payload_bytes: int = 0
    disk_bytes: int = 0
    troubles: tuple[Trouble, ...] = ()

    def __add__(self, other: "Removed") -> "Removed":
        return Removed(
            self.entries + other.entries,
            self.payload_bytes + other.payload_bytes,
            self.disk_bytes + other.disk_bytes,
            self.troubles + other.troubles,
        )


Progress = Callable[[Removed], None]
"""Called with each batch."""


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What an expiry, an eviction or a clear removed, or would have."""

    removed: Removed = field(default_factory=Removed)
    dry_run: bool = False
    skipped: str = ""
    """Why nothing was done: somebody else is sweeping, a clock that jumped, a server's own limit."""
    entries: tuple[Entry, ...] = ()
    """Of a dry run: what would go, oldest first."""

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        return self.removed.troubles


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that `verify` found."""

    item: str
    problem: Problem
    repaired: bool = False
    reason: str = ""
    """Why it is left alone, or was not repaired; or what there is to know about its remedy."""
    removed: bool = False
    """Repaired by removing it."""
    remedy: Remedy | None = None
    """What mending does about it, or did; None where it is left alone."""

    @property
    def mendable(self) -> bool:
        """Whether a repair would still do something about it."""
        return self.remedy is not None and not self.repaired


@dataclass(frozen=True, slots=True)
class VerifyReport:
    entries: int
    """Entries that were looked at."""
    findings: tuple[Finding, ...]
    skipped: str = ""
    """Why nothing was mended although that was asked for: somebody else is sweeping."""

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong any more. Old names and forms are no fault."""
        return all(found.repaired or found.problem in ("old name", "old form") for found in self.findings)

    @property
    def left(self) -> tuple[Finding, ...]:
        """What mending is about, and has not mended. A record of the old form is sound: it needs none."""
        return tuple(found for found in self.findings if not found.repaired and found.problem != "old form")

    @property
    def old_forms(self) -> int:
        return sum(found.problem == "old form" for found in self.findings)

    @property
    def mendable(self) -> tuple[Finding, ...]:
        return tuple(found for found in self.findings if found.mendable)


@dataclass(frozen=True, slots=True)
class Repairs:
    """What may be mended."""

    shown: frozenset[tuple[str, Problem, Remedy | None]] | None = None
    """Item, problem and remedy of what somebody agreed to; None agrees to all. The index is no matter for
    agreement: it can be made anew."""

    @classmethod
    def of(cls, report: VerifyReport | None) -> "Repairs":
        """Those that a report shows."""
        if report is None:
            return cls()
        return cls(frozenset((found.item, found.problem, found.remedy) for found in report.findings))

    def allow(self, item: str, problem: Problem, remedy: Remedy) -> bool:
        free = remedy in ("list", "unlist", "nothing")
        return free or self.shown is None or (item, problem, remedy) in self.shown


@dataclass(frozen=True, slots=True)
class Totals:
    """How much there is, of one group or altogether."""

    group: tuple[str, ...] = ()
    entries: int = 0
    payload_bytes: int = 0
    disk_bytes: int = 0
    expired: int = 0
    expired_bytes: int = 0
    """On the disk."""
    oldest_ms: int | None = None
    newest_ms: int | None = None
    """When the last one was stored that is not from the future; None also where nobody keeps that."""
