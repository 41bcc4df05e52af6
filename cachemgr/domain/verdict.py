"""What rules make of entries: for each one whether it goes, and which rule says so."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cachemgr.domain.inventory import CacheId, EntryId
from cachemgr.domain.policy import CONFIDENCE, Confidence, Criterion, Pin, Policy, Source
from cachemgr.domain.terms import Reason, Rule


class EntryState(StrEnum):
    """What an entry's own record makes of it now."""

    EXPIRED = "expired"
    LIVE = "live"
    NEVER = "never"
    UNKNOWN = "unknown"
    ORPHAN = "orphan"
    UNRECORDED = "unrecorded"
    """Its cache records nothing of the kind."""
    NOT_RECOGNISED = "not-recognised"
    """No entry at all: links, wrong shards and other people's files among them."""


class BrakeKind(StrEnum):
    """Why a run that would expire something stops."""

    MASS = "mass"
    """Nobody watches, and a guess would take more than half of the entries, or more than 10 GB."""
    CLOCK = "clock"
    """The clock says something that the files or the record of runs contradict."""
    NO_ACCESS_TIMES = "no-access-times"
    """A rule asks when something was used, and the mount does not record that."""


@dataclass(frozen=True, slots=True)
class Brake:
    kind: BrakeKind
    detail: str = ""
    """`entries N of M`, `bytes N`; `ahead`, `behind` or `files-ahead`, with a date; a cache's id."""


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A size rule that is not met, because of what has to stay."""

    criterion: Criterion
    missing: int
    """Bytes."""
    where: str = ""
    """The file system that space was to be free on."""
    kept: tuple[tuple[Criterion, int], ...] = ()
    """Bytes that would have been next, by what keeps them."""


@dataclass(frozen=True, slots=True)
class Met:
    """A size rule that is met, before or by what goes."""

    criterion: Criterion
    asked: int
    """Bytes that may be taken, or that are to be free."""
    found: int
    """Bytes that what stays takes, or that are free with what goes."""
    where: str = ""
    """The file system that space was to be free on."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A rule of age, use or record that is not over yet for an entry, or never will be."""

    criterion: Criterion
    source: Source
    when: datetime | None
    """What its clock says: when the entry ends, was changed or used; None: nothing is recorded."""
    due: datetime | None
    """From when on the rule takes it, or stops to keep it; None: never."""


@dataclass(frozen=True, slots=True)
class Clock:
    """What a rule goes by."""

    criterion: Criterion
    source: Source

    @property
    def confidence(self) -> Confidence:
        return CONFIDENCE[self.source]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one entry, and why."""

    entry: EntryId
    cache: CacheId
    size: int
    state: EntryState
    goes: bool
    criterion: Criterion
    """The rule that decided."""
    when: datetime | None = None
    """What its clock says: when it expired, was changed or used."""
    source: Source | None = None
    """Which clock that is; None where the rule asked none."""
    detail: str = ""
    """Why an obstacle keeps it, what is wrong with its record, why it was pinned."""
    reason: Reason | None = None
    """Of an obstacle."""

    @property
    def because(self) -> str:
        """For a step or an exclusion: the rule, and what it saw."""
        stamp = self.when.strftime("%Y-%m-%dT%H:%M:%SZ") if self.when is not None else ""
        return " ".join(part for part in (self.criterion, stamp or self.detail) if part)


@dataclass(frozen=True, slots=True)
class Expiry:
    """What a plan to expire was founded on."""

    policy: str
    rules: tuple[tuple[str, str], ...]
    order: Source
    """What goes first under a size rule: what is past its record, then whatever this clock calls oldest."""
    clocks: tuple[Clock, ...] = ()
    states: tuple[tuple[str, int], ...] = ()
    """How many entries are in each state, those that are no entries included."""
    brakes: tuple[Brake, ...] = ()
    unmet: tuple[Shortfall, ...] = ()
    met: tuple[Met, ...] = ()
    idle_pins: tuple[str, ...] = ()
    """Pins that name nothing here."""
    lapsed_pins: tuple[tuple[str, str], ...] = ()
    """Pins that hold no longer, and the last day on which each did."""

    def held(self, forced: Iterable[Rule]) -> tuple[Brake, ...]:
        """The brakes that nobody has overridden."""
        return () if Rule.MASS_EXPIRY in forced else self.brakes


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a policy makes of a set of entries."""

    policy: Policy
    verdicts: tuple[Verdict, ...]
    """One for each entry, in the order in which they would go."""
    expiry: Expiry
    pinned: tuple[tuple[EntryId, Pin], ...] = ()

    @property
    def going(self) -> tuple[Verdict, ...]:
        return tuple(verdict for verdict in self.verdicts if verdict.goes)

    @property
    def size(self) -> int:
        """Bytes of what goes, shared ones as often as they are held."""
        return sum(verdict.size for verdict in self.verdicts if verdict.goes)
