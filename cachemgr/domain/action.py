"""The effects a plan can ask for. Data: `execute.effects` performs them, `present.text` words them."""

from dataclasses import dataclass

from cachemgr.domain.terms import Disposal
from cachemgr.domain.unit import Inode

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


@dataclass(frozen=True, slots=True)
class Move:
    """Bring a unit to another directory of the same file system, by a rename that overwrites nothing."""

    names: Names
    to: str
    """The root it goes to, by its cache."""
    place: Names
    """Below that root."""
    lock: Names = ()
    resumes: Resumed | None = None


@dataclass(frozen=True, slots=True)
class Return:
    """Bring a unit that a run moved back to its place, over nothing."""

    names: Names
    of: str
    """The root where it lies, by its cache."""
    place: Names
    run: str
    number: int


@dataclass(frozen=True, slots=True)
class Copy:
    """Copy a unit into the staging directory of another root, and compare what is read back from there.
    Nobody sees it under its name before it is published."""

    names: Names
    to: str
    lock: Names = ()
    leaving: tuple[Names, ...] = ()
    """Links in it, below the root, that lead out of the cache and are copied as they are all the same."""
    resumes: Resumed | None = None
    """Then it goes into that run's staging directory, by its number there."""


@dataclass(frozen=True, slots=True)
class Publish:
    """Give a copy its name, over nothing."""

    names: Names
    copy: int
    """The step that copied it, which is its name in the staging directory."""
    made: Inode | None = None
    """What it has to be, where an interrupted run copied it."""
    resumes: Resumed | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """Compare a unit, byte by byte, with what lies at the place it would go to."""

    names: Names
    to: str
    place: Names
    resumes: Resumed | None = None
    """Then with the copy that run made of it, in its staging directory or at its place already: nobody knows
    what became of that since."""


@dataclass(frozen=True, slots=True)
class Commit:
    """The point of no return of a migration: everything that was published is durable. From here on the
    copies are the truth, and only from here on their sources may go."""

    resumes: Resumed | None = None


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take a published copy away, where it is still what its source is: into the staging directory of the
    run that published it."""

    names: Names
    run: str
    number: int
    """The step of that run that copied it."""
    twin: str
    """The root of its source, by its cache."""
    place: Names
    """Of its source, below that root."""
    lock: Names = ()
    """As of Remove, where the copy is."""


@dataclass(frozen=True, slots=True)
class Discard:
    """Delete the staging directory of a run, with what is left in it."""

    run: str


@dataclass(frozen=True, slots=True)
class Link:
    """Leave a link where a directory was."""

    names: Names
    target: str
    """An absolute path."""
    resumes: Resumed | None = None


@dataclass(frozen=True, slots=True)
class Unlink:
    """Take a link away that a run left, if it is still that one."""

    names: Names
    target: str


Action = (
    Remove
    | Tidy
    | Restore
    | Remake
    | Settle
    | Purge
    | Close
    | Move
    | Return
    | Copy
    | Publish
    | Match
    | Commit
    | Withdraw
    | Discard
    | Link
    | Unlink
)
ASIDE = (Tidy, Remake, Settle, Close, Publish, Commit, Withdraw, Discard, Link, Unlink)
"""Actions that tidy up around what a plan is about."""


def roots_of_action(action: Action) -> tuple[str, ...]:
    """The roots that an action works in besides that of its step, by their caches."""
    match action:
        case Move(to=root) | Copy(to=root) | Match(to=root) | Return(of=root) | Withdraw(twin=root):
            return (root,)
    return ()
