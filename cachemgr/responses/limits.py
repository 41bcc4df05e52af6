"""How large a cache may be, altogether and by rules of `per_provider`, and what goes when it is larger."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from cachemgr.responses.config import MEGABYTE, CacheConfig
from cachemgr.responses.entry import Entry
from cachemgr.responses.query import ALL, EntryQuery
from cachemgr.responses.report import Removed, Totals
from cachemgr.responses.rules import matches, rank

_SKEW_MS = 3_600_000
"""By which two machines' clocks may differ."""
_LOOK = 64 * 1024
"""Bytes that are written at least before somebody looks again: a look costs a millisecond."""


@dataclass(frozen=True, slots=True)
class Excess:
    """What is over a limit, and by how much."""

    query: EntryQuery
    disk_bytes: int


class Limits:
    def __init__(self, config: CacheConfig) -> None:
        self._config = config
        self.bucket_ms = int(config.age_granularity_seconds * 1000) or 1
        """Entries whose ages lie in one of these are of the same age."""
        self._own = {
            pattern: None if (limit := rule["max_cache_size_mb"]) is None else int(limit * MEGABYTE)
            for pattern in sorted(config.per_provider, key=rank, reverse=True)
            if "max_cache_size_mb" in (rule := config.per_provider[pattern])
        }
        """The most specific first: what one is about the others are not."""
        self._most = 0
        """Bytes that there were on a full device."""

    @property
    def headroom(self) -> int | None:
        """Bytes that may be written until somebody should look; None where there is no limit."""
        limits = [limit for limit in (self._config.limit_bytes, *self._own.values()) if limit is not None]
        return max(_LOOK, int(min(limits) * (1 - self._config.low_water))) if limits else None

    def measured(self, line: Totals) -> int:
        """What a limit is a limit of."""
        return line.disk_bytes if self._config.size_basis == "allocated" else line.payload_bytes

    def excesses(self, totals: Callable[..., list[Totals]], to_bytes: int | None) -> Iterator[Excess]:
        """What is over its limit now, against the low water it has to come down to; all of it at last.

        With `to_bytes` only all of it counts, against that number.
        """
        if to_bytes is None and self._own:
            of_rules: dict[str, list[Totals]] = {pattern: [] for pattern in self._own}
            for line in totals(group_by=("provider", "model")):
                if pattern := next((one for one in self._own if matches(one, *line.group)), None):
                    of_rules[pattern].append(line)
            for pattern, lines in of_rules.items():
                limit, groups = self._own[pattern], sorted((line.group[0], line.group[1]) for line in lines)
                if limit is not None:
                    yield from self._over(EntryQuery(groups=tuple(groups)), lines, limit)
        if to_bytes is not None:
            yield from self._down(ALL, totals(), to_bytes)
        elif (whole := self._config.limit_bytes) is not None:
            yield from self._over(ALL, totals(), whole)

    def met(self, excess: Excess, done: Removed) -> bool:
        """Whether so much went that nobody need look again; by a share of it that cannot be said."""
        return self._config.size_basis == "allocated" and done.disk_bytes >= excess.disk_bytes

    def emergency(self, line: Totals) -> int | None:
        """To how many bytes a full device makes us shrink; None where that would be no less. Others may
        fill it, and take what we free: so never below half of the most that there was when it was full."""
        limit, size = self._config.limit_bytes, self.measured(line)
        room = size if limit is None else min(size, limit)
        self._most = max(self._most, room)
        target = max(int(room * self._config.low_water), self._most // 2)
        return target if target < size else None

    @staticmethod
    def late(now_ms: int) -> int:
        """What was created after this moment was so by a clock that was ahead, and is not young."""
        return now_ms + _SKEW_MS

    def first(self, entries: list[Entry], excess: Excess, now_ms: int) -> set[Entry]:
        """What an eviction would take."""
        taken, freed = set[Entry](), 0
        late_ms = self.late(now_ms)
        for entry in sorted(entries, key=lambda entry: _age(entry, self.bucket_ms, late_ms)):
            if freed >= excess.disk_bytes:
                break
            taken.add(entry)
            freed += entry.disk_bytes
        return taken

    def _over(self, query: EntryQuery, lines: list[Totals], limit: int) -> Iterator[Excess]:
        if sum(map(self.measured, lines)) > limit:
            yield from self._down(query, lines, int(limit * self._config.low_water))

    def _down(self, query: EntryQuery, lines: list[Totals], target: int) -> Iterator[Excess]:
        """What entries say and what they take on a disk may part: the share is the same, about."""
        size, disk = sum(map(self.measured, lines)), sum(line.disk_bytes for line in lines)
        if size > target:
            yield Excess(query, -(-(size - target) * disk // size))


def removed(entries: Collection[Entry]) -> Removed:
    return Removed(
        len(entries),
        sum(entry.payload_bytes for entry in entries),
        sum(entry.disk_bytes for entry in entries),
    )


def _age(entry: Entry, bucket_ms: int, late_ms: int) -> tuple[bool, int, float, str]:
    created = entry.created_at.timestamp()
    used = entry.last_access.timestamp() if entry.last_access else created
    created_ms = round(created * 1000)
    return created_ms <= late_ms, created_ms // bucket_ms, used, entry.digest
