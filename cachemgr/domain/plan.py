"""A decision as a value: what would be done, in which order, and what was left out. Showing it is the
dry run."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cachemgr.domain.action import Action, Move, Purge, Remove, Restore, Return
from cachemgr.domain.inventory import CacheId, EntryId
from cachemgr.domain.policy import Criterion
from cachemgr.domain.terms import Disposal, Intent, Reason, Rebuild, Rule
from cachemgr.domain.unit import Content, Identity
from cachemgr.domain.verdict import Expiry


@dataclass(frozen=True, slots=True)
class Root:
    """A directory a plan may work in, pinned by what it was at the scan."""

    cache: CacheId
    type: str
    path: Path
    """The real path."""
    identity: Identity
    """Compared by device and inode alone: its times change with its content."""
    third_party: bool = False
    below: tuple[str, ...] = ()
    """Where under `path` the cache lies: for one that was not there yet, whose nearest directory is pinned
    instead, and for one whose place a link is to take."""
    own: tuple[str, ...] = ()
    """Where under `path` directories of ours are made."""

    @property
    def top(self) -> Path:
        """Where the cache lies."""
        return self.path.joinpath(*self.below)


@dataclass(frozen=True, slots=True)
class Step:
    """One action, why it is there, and how many bytes it concerns."""

    action: Action
    cache: CacheId
    entry: EntryId | None = None
    identity: Identity | None = None
    """Of what is acted on; compared again right before the effect. None where nothing is there yet."""
    size: int = 0
    frees: int = 0
    """Free space the volume is promised to gain at once."""
    needs: tuple[int, ...] = ()
    """Positions of earlier steps; unless all of them are done this one is skipped."""
    rebuild: Rebuild | None = None
    seen: Content | None = None
    """Of a tree: what was in it; compared again, because its identity says nothing about its depths."""
    holds: tuple[EntryId, ...] = ()
    """Of a purge: the entries that are deleted with the quarantine. Of what moves whole: the paths of what
    nobody recognised in it, which goes along."""
    digest: str = ""
    """Of a file that was read: what it said; compared again once it has left its place, and when what it
    points to has."""
    because: str = ""
    """Of an expiry: the rule that takes it, and what that saw; see `Verdict.because`."""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Something that was asked for and left out, and why."""

    reason: Reason
    cache: CacheId
    entry: EntryId | None = None
    path: Path | None = None
    size: int | None = None
    detail: str = ""

    @property
    def asked(self) -> bool:
        """False for an entry that an expiry looked at, and that no rule of it takes."""
        return not (self.reason is Reason.KEPT_BY_POLICY and self.detail.startswith(Criterion.NO_RULE))


@dataclass(frozen=True, slots=True)
class Plan:
    """An ordered list of steps over pinned roots."""

    id: str
    intent: Intent
    created_at: datetime
    expires_at: datetime
    roots: tuple[Root, ...] = ()
    steps: tuple[Step, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    targets: tuple[str, ...] = ()
    """The words it was asked for with."""
    keep_until: datetime | None = None
    """Until when its quarantine is kept; None where it fills none."""
    reverses: str | None = None
    """The run that an undo reverses, a purge empties, or a recovery finishes or rolls back."""
    scanned_at: datetime | None = None
    """When its facts were read; None where it came from the journal or a file."""
    forced: tuple[Rule, ...] = ()
    """The rules that somebody overrode by name."""
    unseen: int = 0
    """Running processes that could not be looked at: what they use is not known."""
    expiry: Expiry | None = None
    """What an expiry was founded on; None for every other intent."""

    @property
    def frees(self) -> int:
        """Free space promised at once."""
        return sum(step.frees for step in self.steps)

    @property
    def quarantined(self) -> int:
        """Bytes set aside, freed at the purge."""
        return self._disposed(Disposal.QUARANTINE)

    @property
    def trashed(self) -> int:
        """Bytes moved to the system trash, freed when that is emptied."""
        return self._disposed(Disposal.TRASH)

    @property
    def brings_back(self) -> bool:
        """Whether it brings things back and takes none."""
        restores = takes = False
        for step in self.steps:
            restores = restores or isinstance(step.action, Restore | Return)
            takes = takes or isinstance(step.action, Remove | Purge | Move)
        return restores and not takes

    @property
    def permanent(self) -> bool:
        """Whether any step cannot be undone."""
        return any(
            isinstance(step.action, Purge)
            or (isinstance(step.action, Remove) and step.action.disposal is Disposal.DELETE)
            for step in self.steps
        )

    def root(self, cache: CacheId) -> Root:
        """The pinned root of a step's cache. Raises KeyError."""
        for root in self.roots:
            if root.cache == cache:
                return root
        raise KeyError(cache)

    def _disposed(self, disposal: Disposal) -> int:
        return sum(
            step.size
            for step in self.steps
            if isinstance(step.action, Remove) and step.action.disposal is disposal
        )
