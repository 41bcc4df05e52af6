"""Hits, misses and what they saved, gathered in memory and handed to the store in batches.

A read must not become a write: an event costs one append, and adding up happens when it is written down.
"""

import threading
from collections import deque
from typing import NamedTuple

from cachemgr.responses.metadata import Metadata
from cachemgr.responses.store import Store
from cachemgr.responses.tally import NANO, Access, Group, Tally, day

_BATCH = 256
_LATEST_KNOWN = 100_000
"""Digests whose last noted access is remembered."""


class _Hit(NamedTuple):
    digest: str
    at_ms: int
    metadata: Metadata


class _Event(NamedTuple):
    counter: str
    at_ms: int
    provider: str
    model: str
    number: int


class Ledger:
    """Of one cache in one process."""

    def __init__(self, *, counting: bool, touch_lag_ms: int) -> None:
        self._counting = counting
        self._lag = touch_lag_ms
        self._waiting: deque[_Hit | _Event] = deque()
        self._touched: dict[str, int] = {}
        self._unnoted: dict[str, int] = {}
        self._writing = threading.Lock()

    def hit(self, digest: str, at_ms: int, metadata: Metadata) -> bool:
        """Whether it is time to write."""
        self._waiting.append(_Hit(digest, at_ms, metadata))
        return len(self._waiting) >= _BATCH

    def event(self, counter: str, at_ms: int, provider: str = "", model: str = "", number: int = 1) -> bool:
        """Whether it is time to write."""
        self._waiting.append(_Event(counter, at_ms, provider, model, number))
        return len(self._waiting) >= _BATCH

    @property
    def empty(self) -> bool:
        return not self._waiting

    def write(self, store: Store) -> None:
        """May raise what the store raises; then the batch is lost, which costs a statistic and no data."""
        with self._writing:
            accesses, tallies = self._take()
            if accesses or tallies:
                store.note(accesses, tallies)

    def after_fork(self) -> None:
        """What waits is the parent's to write, and its lock may have been held."""
        self._waiting.clear()
        self._writing = threading.Lock()

    def _take(self) -> tuple[list[Access], dict[Group, Tally]]:
        hits: dict[str, tuple[int, int]] = {}
        tallies: dict[Group, Tally] = {}
        for _ in range(len(self._waiting)):
            try:
                event = self._waiting.popleft()
            except IndexError:
                break
            if isinstance(event, _Hit):
                number, last = hits.get(event.digest, (0, 0))
                hits[event.digest] = number + 1, max(last, event.at_ms)
                if self._counting:
                    _count_hit(tallies, event)
            elif self._counting:
                group = Group(day(event.at_ms), event.provider, event.model)
                tally = tallies.setdefault(group, Tally())
                setattr(tally, event.counter, getattr(tally, event.counter) + event.number)
        return self._due(hits), tallies

    def _due(self, hits: dict[str, tuple[int, int]]) -> list[Access]:
        """Those whose last noted access lies far enough back; the others' hits wait."""
        if len(self._touched) > _LATEST_KNOWN:
            self._touched.clear()
            self._unnoted.clear()
        due = []
        for digest, (number, at_ms) in hits.items():
            number += self._unnoted.pop(digest, 0)
            if 0 <= at_ms - self._touched.get(digest, -self._lag) < self._lag:
                self._unnoted[digest] = number
            else:
                self._touched[digest] = at_ms
                due.append(Access(digest, at_ms, number))
        return due


def _count_hit(tallies: dict[Group, Tally], hit: _Hit) -> None:
    found = hit.metadata
    tally = tallies.setdefault(Group(day(hit.at_ms), found.provider, found.model), Tally())
    tally.hits += 1
    tally.request_tokens += found.request_tokens
    tally.response_tokens += found.response_tokens
    tally.cost_nano += round(found.cost_usd * NANO)
