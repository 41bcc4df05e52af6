"""What a backend has to do. Policies live once, above it, in `cache.Cache` and the rooms beside it.

A store keeps bytes and metadata under digests. It does not know clocks, times to live, defaults, providers'
rules, single flight, warnings or JSON: moments come in as arguments, entries come in finished. It may raise
OSError and StoreError, whenever it likes; applications never see either. All methods may be called by many
threads at once, and by a child after a fork.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from cachemgr.responses.entry import Entry
from cachemgr.responses.metadata import Metadata, Stored
from cachemgr.responses.query import EntryQuery, Grouping, Order
from cachemgr.responses.report import Finding, Removed, Repairs, Totals
from cachemgr.responses.tally import Access, Group, Tally


class Store(Protocol):
    """Opening one must touch nothing on disk or network: the first use does, and may fail."""

    @property
    def backend(self) -> str:
        """`file`, `memory`, `sqlite` or `redis`."""

    @property
    def place(self) -> str:
        """The directory, or the server without its password."""

    # -- one entry: what applications wait for

    def read(self, digest: str, at_ms: int) -> Stored | None:
        """None where there is nothing. Without payload where it had expired at that moment; expired entries
        are left alone, since a clock may be wrong. Raises Corrupt."""

    def write(self, digest: str, payload: bytes, metadata: Metadata) -> None:
        """Replaces what was there, whole or not at all. Raises Full, ReadOnly."""

    def write_newer(self, digest: str, payload: bytes, metadata: Metadata) -> bool:
        """The same, unless what is there is as new: by `Metadata.newness`, compared where nobody writes in
        between. Whether it was written."""

    def delete(self, digest: str) -> bool:
        """Whether there was one."""

    def renew(self, digest: str, expires_at_ms: int | None, at_ms: int) -> bool:
        """Give an entry that lives at that moment another end. Whether there was one."""

    # -- what happened, in batches

    def note(self, accesses: Sequence[Access], tallies: Mapping[Group, Tally]) -> None:
        """Add to last accesses and to the counters."""

    def tallies(self, since: str, until: str) -> Iterable[tuple[Group, Tally]]:
        """The counters of the days from `since` to `until`, both included."""

    def forget_tallies(self, before: str) -> None:
        """Drop the counters of days before this one."""

    # -- maintenance: whoever calls it holds `maintenance()`

    def totals(self, at_ms: int, by: tuple[Grouping, ...] = ()) -> Sequence[Totals]:
        """Ungrouped: exactly one."""

    def entries(
        self, query: EntryQuery, at_ms: int, order: Order = "created", *, descending: bool = False
    ) -> Iterator[Entry]:
        """Entries in order, of those that lie equal by digest."""

    def mostly_expired(self, at_ms: int) -> bool:
        """Whether more than half of the entries that ever expire have. Asked before each sweep: it has to be
        cheap."""

    def witness(self, at_ms: int) -> int | None:
        """When something was stored last up to a moment, as `witness.newest` has it."""

    def expire(self, at_ms: int, *, leftovers: bool = False) -> Iterator[Removed]:
        """Remove what has expired, batch by batch; nothing is held locked between batches. Looks at each
        entry again before it goes: it may have been written anew. With `leftovers` also, an hour later, what
        writers left who were killed; it counts as no entry."""

    def reconcile(self, at_ms: int) -> int:
        """Learn what others changed, where they can behind the store's back; hourly. How many entries came or
        went."""

    def evict(self, excess_bytes: int, bucket_ms: int, query: EntryQuery, late_ms: int) -> Iterator[Removed]:
        """Remove at least so many bytes on disk, if there are as many: first what was created after
        `late_ms`, by a clock that was ahead; then oldest first by `created // bucket_ms`, least recently used
        first among those of one bucket. What was written anew meanwhile was not meant, and stays."""

    def clear(self, query: EntryQuery) -> Iterator[Removed]:
        """Remove what the query means. Everything where it means everything, counters apart."""

    def verify(self, at_ms: int, repairs: Repairs | None = None) -> Iterator[Finding]:
        """Look at every byte. Yields what is wrong and how it is mended; mends what may be."""

    # -- who else is at it

    def maintenance(self) -> AbstractContextManager[bool]:
        """Whether one got the one right to sweep this place; does not wait. False: somebody else sweeps."""

    def exclusive(self, digest: str, timeout: float) -> AbstractContextManager[bool]:
        """A lock on one key across processes, for single flight; whether one got it in so many seconds.
        Threads of one process queue above the store."""

    # -- the end

    def flush(self) -> None:
        """Write down what waits in memory."""

    def close(self) -> None:
        """Idempotent. What is used after that opens again."""


class GlancingStore(Protocol):
    """A store that can say what it has without waiting for anybody. Optional."""

    def near(self) -> bool:
        """Whether reading is quick here: nothing of it is on another machine. May take a while."""

    def glance(self, digest: str, at_ms: int) -> Stored | None:
        """As `read`, but None also where a lock or a second look would be needed. Raises nothing."""


@dataclass(slots=True)
class Patience:
    """Of one call of an application, in whichever threads its steps are taken."""

    spent: bool = False
    """Whether a step waited in vain."""


class DistantStore(Protocol):
    """A store that may not answer. Optional."""

    def going_on(self, patience: Patience | None = None) -> AbstractContextManager[None]:
        """What belongs to one call, by default to the one that this thread made last: once a step waited in
        vain, the others are Unreachable at once."""
