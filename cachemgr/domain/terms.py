"""The words of the command-line contract, as enumerations."""

from enum import StrEnum


class Category(StrEnum):
    """The five groups a person thinks in."""

    MODELS = "models"
    APPS = "apps"
    RESPONSES = "responses"
    PACKAGES = "packages"
    BUILDS = "builds"


class Rebuild(StrEnum):
    """What deleting costs, cheapest first."""

    REBUILDS = "rebuilds"
    """Comes back by itself."""
    DOWNLOADS = "downloads"
    """Comes back over the network when it is next needed."""
    COSTS = "costs"
    """Comes back for money, hours, or against a rate limit."""
    UNIQUE = "unique"
    """Cannot be had again."""


CHEAP = (Rebuild.REBUILDS, Rebuild.DOWNLOADS)
"""What comes back without money or hours: deleted at once, where nothing else is said."""


class Place(StrEnum):
    """Where a root was found."""

    PROJECT = "project"
    HOME = "home"
    ENV = "env"
    LEGACY = "legacy"
    SYSTEM = "system"
    CUSTOM = "custom"


class Knowledge(StrEnum):
    """How well the catalogue's facts are founded; it gates what may be removed."""

    VERIFIED = "verified"
    """Read in the tool's own source or documentation: its units may be cleared."""
    PARTIAL = "partial"
    """Some fact is second-hand: only the named sub-paths may be cleared."""
    UNVERIFIED = "unverified"
    """General knowledge: reported, and cleared only where the user registered the root."""


class CacheState(StrEnum):
    """What became of a root when it was looked at."""

    OK = "ok"
    MISSING = "missing"
    """Configured, and not there."""
    UNAVAILABLE = "unavailable"
    """Cannot be reached; never treated as empty."""
    UNUSABLE = "unusable"
    """The setting makes no sense; see the cache's problems."""
    PARTIAL = "partial"
    """Something in it could not be read: its sizes are lower bounds."""


class Severity(StrEnum):
    """How much a finding matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Disposal(StrEnum):
    """What becomes of a removed entry."""

    DELETE = "delete"
    """Permanent; frees its bytes now."""
    QUARANTINE = "quarantine"
    """Set aside on the same file system; can be undone, frees its bytes at the purge."""
    TRASH = "trash"
    """Moved to the system's trash, which frees its bytes when it is emptied."""


class Record(StrEnum):
    """What a cache itself wrote down about when an entry stops being valid."""

    NONE = "none"
    """This kind of cache writes nothing of the kind."""
    DATED = "dated"
    """Unanimous and strictly typed: `expires` has it."""
    NEVER = "never"
    """The record is sound and sets no end."""
    UNKNOWN = "unknown"
    """It is there and cannot be believed."""
    ORPHAN = "orphan"
    """A half that lost the other."""


class Reason(StrEnum):
    """Why something that was asked for stays."""

    SHARED = "shared"
    PINNED = "pinned"
    IN_USE = "in-use"
    PROTECTED = "protected"
    FOREIGN_OWNER = "foreign-owner"
    NOT_RECOGNISED = "not-recognised"
    TOO_YOUNG = "too-young"
    KEPT_BY_POLICY = "kept-by-policy"
    MOUNT_POINT = "mount-point"
    READ_ONLY = "read-only"
    REPORT_ONLY = "report-only"
    CHANGED = "changed"
    """No longer what an interrupted run was planned for."""
    INTERRUPTED = "interrupted"
    """Set aside by a run that was interrupted: what becomes of it is decided by recovering that run."""
    NO_TRASH = "no-trash"
    """It was to go to the trash, and cannot."""
    NOT_WRITABLE = "not-writable"
    """Nothing can be taken out of a directory around it or in it."""
    CONFLICT = "conflict"
    """Something else has the name that it would get."""
    LEAVING = "leaving"
    """It holds links that would lead elsewhere, or nowhere, from another place."""
    NO_PLACE = "no-place"
    """Nothing says where it should be."""


class Rule(StrEnum):
    """The safety rules that a person may override by name (`--force RULE`)."""

    IN_USE = "in-use"
    """What a running process has open, mapped or as its working directory stays."""
    NETWORK = "network"
    """Nothing moves to a network file system."""
    LEAVING_LINKS = "leaving-links"
    """What holds links that lead out of its cache stays where it is."""
    TRACKED = "tracked"
    """Nothing moves to where git would take it up."""
    MASS_EXPIRY = "mass-expiry"
    """What looks like a mistake of a clock or a rule expires nothing."""


class Intent(StrEnum):
    """The verb a plan carries out."""

    CLEAR = "clear"
    EXPIRE = "expire"
    MIGRATE = "migrate"
    UNDO = "undo"
    PURGE = "purge"
    FINISH = "finish"
    """Do what an interrupted run did not come to."""
    ROLL_BACK = "roll-back"
    """Bring back what an interrupted run moved."""


REMOVING = (Intent.CLEAR, Intent.EXPIRE)
"""The verbs that take entries away, whoever chose them."""


class Status(StrEnum):
    """How a step ended."""

    DONE = "done"
    FAILED = "failed"
    """The system said no; see the error."""
    REFUSED = "refused"
    """A safety rule said no."""
    SKIPPED = "skipped"
    """Not tried: it changed since the plan, needed a step that was not done, or the run was stopped."""


class RunState(StrEnum):
    """How far a run got."""

    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    """Its journal has no end: it was killed, or is running now."""
    RECOVERED = "recovered"
    """It was interrupted, and finished later."""
    ROLLED_BACK = "rolled-back"
    """It was interrupted, and what it had moved was brought back."""
    UNDONE = "undone"
    PURGED = "purged"


class StepState(StrEnum):
    """What a journal knows of one step."""

    DONE = "done"
    NOT_DONE = "not-done"
    """Tried and reported: it failed, was refused or was skipped."""
    UNKNOWN = "unknown"
    """Announced and never reported on: it happened or it did not, and nothing is half of it, unless its
    deletion had begun."""
    UNTOUCHED = "untouched"


class Where(StrEnum):
    """Where the thing that a step is about lies now."""

    PLACE = "place"
    QUARANTINE = "quarantine"
    TRASH = "trash"
    """In the system trash, or packed for it."""
    OTHER = "other"
    """In no quarantine, and something else is at its place."""
    NEITHER = "neither"
    MOVED = "moved"
    """At the place that a migration gave it."""
    STAGED = "staged"
    """Copied, and without a name yet."""
    UNREACHABLE = "unreachable"
    """Its root is not there, or is another one, or cannot be read."""
