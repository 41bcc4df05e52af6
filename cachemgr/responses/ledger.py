"""Hits, misses and what they saved, gathered in memory and handed to the store in batches.

A read must not become a write: an event costs one append, and adding up happens when it is written down.
"""

import threading
from collections import deque
from collections.abc import Iterator
from typing import TypeVar

from cachemgr.responses.metadata import Metadata
from cachemgr.responses.store import Store
from cachemgr.responses.tally import NANO, Access, Group, Tally, day

_T = TypeVar("_T")
_BATCH = 256
_MOST_EVENTS = 4096
"""That wait one by one: where nobody writes, for want of a thread and of hits, they are added up."""
_LATEST_KNOWN = 100_000
"""Digests whose last noted access is remembered."""


_Hit = tuple[str, int, Metadata]
"""Digest, moment, what was hit. Plain tuples: a named one takes longer than all the rest of noting it."""
_Event = tuple[str, int, str, str, int]
"""Counter, moment, provider, model, number."""


class Ledger:
    """Of one cache in one process."""

    def __init__(self, *, counting: bool, touch_lag_ms: int) -> None:
        self._counting = counting
        self._lag = touch_lag_ms
        self._hits: deque[_Hit] = deque()
        self._events: deque[_Event] = deque()
        self._touched: dict[str, int] = {}
        self._unnoted: dict[str, tuple[int, int]] = {}
        """Number of hits, and the moment of the last one."""
        self._counted: dict[Group, Tally] = {}
        self._writing = threading.Lock()

    def hit(self, digest: str, at_ms: int, metadata: Metadata) -> bool:
        """Whether it is time to write."""
        self._hits.append((digest, at_ms, metadata))
        return len(self._hits) >= _BATCH

    def event(self, counter: str, at_ms: int, provider: str = "", model: str = "", number: int = 1) -> None:
        self._events.append((counter, at_ms, provider, model, number))
        if len(self._events) >= _MOST_EVENTS and self._writing.acquire(blocking=False):
            try:
                self._count_events()
            finally:
                self._writing.release()

    @property
    def full(self) -> bool:
        """Whether it is time to write."""
        return len(self._hits) >= _BATCH

    def write(self, store: Store, *, all_of_it: bool = False) -> None:
        """May raise what the store raises; then the batch is lost, which costs a statistic and no data.
        `all_of_it`: nobody writes after this, so that hits need not wait until their entry is due again."""
        with self._writing:
            accesses, tallies = self._take(all_of_it=all_of_it)
            if accesses or tallies:
                store.note(accesses, tallies)

    def after_fork(self) -> None:
        """What waits is the parent's to write, and its lock may have been held."""
        self._hits.clear()
        self._events.clear()
        self._counted = {}
        self._unnoted = {}
        self._writing = threading.Lock()

    def _take(self, *, all_of_it: bool) -> tuple[list[Access], dict[Group, Tally]]:
        seen: dict[str, tuple[int, int]] = {}
        self._count_events()
        tallies, self._counted = self._counted, {}
        for digest, at_ms, metadata in _drain(self._hits):
            number, last = seen.get(digest, (0, 0))
            seen[digest] = number + 1, max(last, at_ms)
            if self._counting:
                _count_hit(tallies, at_ms, metadata)
        return self._due(seen, all_of_it=all_of_it), tallies

    def _count_events(self) -> None:
        for counter, at_ms, provider, model, number in _drain(self._events):
            if self._counting:
                group = Group(day(at_ms), _storable(provider), _storable(model))
                tally = self._counted.setdefault(group, Tally())
                setattr(tally, counter, getattr(tally, counter) + number)

    def _due(self, hits: dict[str, tuple[int, int]], *, all_of_it: bool) -> list[Access]:
        """Those whose last noted access lies far enough back; the others' hits wait."""
        if len(self._touched) > _LATEST_KNOWN:
            self._touched.clear()
            self._unnoted.clear()
        due = []
        for digest, (number, at_ms) in hits.items():
            number += self._unnoted.pop(digest, (0, 0))[0]
            if 0 <= at_ms - self._touched.get(digest, -self._lag) < self._lag:
                self._unnoted[digest] = number, at_ms
            else:
                self._touched[digest] = at_ms
                due.append(Access(digest, at_ms, number))
        if all_of_it:
            due += [Access(digest, at_ms, number) for digest, (number, at_ms) in self._unnoted.items()]
            self._unnoted = {}
        return due


def _drain(waiting: deque[_T]) -> Iterator[_T]:
    """What waits now; what comes meanwhile waits for the next time."""
    for _ in range(len(waiting)):
        try:
            yield waiting.popleft()
        except IndexError:
            return


def _storable(name: str) -> str:
    """A name that has no UTF-8 must not cost the counts of all the others."""
    return name if name.isascii() else name.encode("utf-8", "replace").decode()


def _count_hit(tallies: dict[Group, Tally], at_ms: int, found: Metadata) -> None:
    tally = tallies.setdefault(Group(day(at_ms), found.provider, found.model), Tally())
    tally.hits += 1
    tally.request_tokens += found.request_tokens
    tally.response_tokens += found.response_tokens
    tally.cost_nano += round(found.cost_usd * NANO)
