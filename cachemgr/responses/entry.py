"""What a cache hands out: hits, results of writing, and entries in listings."""

import enum
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeAlias, Union

import msgspec

from cachemgr.responses.metadata import Encoding, Metadata
from cachemgr.responses.usage import Usage

JSONValue: TypeAlias = Union[bool, int, float, str, "list[JSONValue]", "dict[str, JSONValue]", None]
State = Literal["fresh", "stale", "expired", "corrupt", "orphan", "legacy"]


class Hit(msgspec.Struct, frozen=True):
    """An answer and where it came from."""

    value: JSONValue
    metadata: Metadata
    origin: Literal["cache", "stale", "computed"] = "cache"

    @property
    def cached(self) -> bool:
        return self.origin != "computed"

    @property
    def stale(self) -> bool:
        return self.origin == "stale"

    @property
    def usage(self) -> Usage:
        """What this answer cost now: nothing, unless it was computed."""
        return Usage() if self.cached else self.metadata.usage

    @property
    def saved(self) -> Usage:
        """What it would have cost to ask again."""
        return self.metadata.usage if self.cached else Usage()


class SetResult(enum.Enum):
    """What became of a response. Trouble with a device is a value here, never an exception."""

    STORED = "stored"
    SKIPPED_DISABLED = "caching is off for this provider"
    SKIPPED_TTL0 = "its time to live is 0"
    SKIPPED_TOO_BIG = "larger than max_entry_size_mb"
    SKIPPED_NOT_JSON = "it has no JSON form that reads back as the same"
    FAILED = "the store could not take it"

    def __bool__(self) -> bool:
        return self is SetResult.STORED


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored response in a listing."""

    digest: str
    provider: str
    model: str
    namespace: str
    created_at: datetime
    expires_at: datetime | None
    """None is never."""
    last_access: datetime | None
    """As far as it is known; stores note it at most once a minute."""
    hits: int
    payload_bytes: int
    disk_bytes: int
    encoding: Encoding
    usage: Usage
    state: State
    own: str | None = None
    """The key of somebody's own that its files are named by."""


def moment(milliseconds: int | None) -> datetime | None:
    """A stored moment as a date; None where there is none, or none that a date can say."""
    if milliseconds is None:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        return None
