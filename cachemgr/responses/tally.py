"""What is counted, by day, provider and model."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

NANO = 1_000_000_000
"""Money is counted in whole billionths of a dollar: sums of floats drift, and a token costs millionths."""


class Group(NamedTuple):
    """One line of the counters."""

    day: str
    """`2026-11-26`, in UTC."""
    provider: str
    model: str


@dataclass(slots=True)
class Tally:
    """Counters that are added up. Tokens and money are what hits saved."""

    hits: int = 0
    misses: int = 0
    expired: int = 0
    """Misses on an entry whose time was over; they count as misses too."""
    corrupt: int = 0
    sets: int = 0
    failed: int = 0
    """Writes that a device refused."""
    evicted: int = 0
    request_tokens: int = 0
    response_tokens: int = 0
    cost_nano: int = 0

    def add(self, other: "Tally") -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


class Access(NamedTuple):
    """Reads of one entry since they were last noted."""

    digest: str
    at_ms: int
    hits: int


def day(at_ms: int) -> str:
    """Of a moment, in UTC."""
    return _day(at_ms // 86_400_000)


@lru_cache(maxsize=16)
def _day(number: int) -> str:
    try:
        return datetime.fromtimestamp(number * 86_400, UTC).strftime("%Y-%m-%d")
    except (OverflowError, OSError, ValueError):
        return "1970-01-01"
