"""The effects a plan can ask for. Data: `execute.effects` performs them, `present.text` words them."""

from dataclasses import dataclass

from cachemgr.domain.terms import Disposal

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resumed:
    """The step of an interrupted run that a step takes up again."""

    run: str
    number: int
    begun: bool = False
    """Its deletion had begun: what is left of it lies in that run's quarantine, and is not whole."""


@dataclass(frozen=True, slots=True)
class Remove:
    """Take one unit away from its place."""

    names: Names
    disposal: Disposal
    lock: Names = ()
    """A lock file of the owning tool, or a directory of them, that must be free; empty for none."""
    resumes: Resumed | None = None
    """Then the unit goes into that run's quarantine, by its number there, unless it lies in it already."""


@dataclass(frozen=True, slots=True)
class Tidy:
    """Remove a container, if and only if nothing is left in it."""

    names: Names
    alone: tuple[Names, ...] = ()
    """Empty sub-directories that may still be in it and go first, deepest first. A hub repository
    without `snapshots` counts as corrupt, so that one leaves only together with its repository."""


@dataclass(frozen=True, slots=True)
class Restore:
    """Bring a quarantined unit back to its place, without overwriting what is there now."""

    run: str
    """The run whose quarantine holds it."""
    number: int
    """The step of that run, which is its name in the quarantine."""
    names: Names
    trashed: bool = False
    """That run was taking it to the system trash: it may have come further than the quarantine."""


@dataclass(frozen=True, slots=True)
class Remake:
    """Make a container again that a run removed, with its mode."""

    names: Names
    mode: int
    begun: bool = False
    """It may have been made already, by something that was interrupted before it had its mode."""


@dataclass(frozen=True, slots=True)
class Settle:
    """Give a directory back the times it had before a run changed what it holds."""

    names: Names
    accessed_ns: int
    modified_ns: int
    left_ns: int | None
    """The modification time the run left; with another one now, somebody else was here and it stays.
    None for a directory that was made again."""


@dataclass(frozen=True, slots=True)
class Purge:
    """Delete what one run set aside in one root, for good."""

    run: str
    held: tuple[tuple[int, int, int], ...] = ()
    """The steps whose units are to go, each with the device and inode that it must be."""


@dataclass(frozen=True, slots=True)
class Close:
    """Remove what an interrupted run left of its own in a root, if nothing lies in it any more. The last
    step of a recovery: once it is done the run counts as recovered."""

    run: str


Action = Remove | Tidy | Restore | Remake | Settle | Purge | Close
ASIDE = (Tidy, Remake, Settle, Close)
"""Actions that tidy up around what a plan is about."""
